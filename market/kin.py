"""Who is close to whom: the funds with companies that weigh most in them, and companies of one trade, whose news is read across.

Membership is as in the issuers' fact sheets of 2025, without weights: it says whom a headline may concern, and prices say how much.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_CHIPS = ("NVDA", "AVGO", "AMD", "QCOM", "INTC", "MU", "TXN")
_HUNDRED = ("NVDA", "MSFT", "AAPL", "AMZN", "AVGO", "META", "GOOGL", "GOOG", "TSLA", "COST", "NFLX")
_FUNDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "SPY": ("NVDA", "MSFT", "AAPL", "AMZN", "META", "AVGO", "GOOGL", "GOOG", "TSLA", "JPM"),
        "QQQ": _HUNDRED,
        "TQQQ": _HUNDRED,
        "SMH": _CHIPS,
        "SOXL": _CHIPS,
        "XLK": ("NVDA", "MSFT", "AAPL", "AVGO", "ORCL", "CRM", "AMD", "CSCO", "NOW", "ADBE"),
        "XLF": ("JPM", "V", "MA", "BAC", "GS"),
        "XLE": ("XOM",),
        "XLV": ("UNH", "ISRG"),
    }
)
_TRADES: tuple[frozenset[str], ...] = tuple(
    frozenset(names.split())
    for names in (
        "NVDA AMD AVGO QCOM INTC MU TXN",
        "MSFT ORCL CRM NOW ADBE PLTR",
        "JPM BAC GS",
        "V MA",
        "GOOGL GOOG META",
        "NFLX DIS",
        "WMT COST AMZN",
        "CEG NRG D",
        "BTC ETH SOL COIN",
    )
)

_HELD_BY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {symbol: tuple(fund for fund, held in _FUNDS.items() if symbol in held) for held in _FUNDS.values() for symbol in held}
)
_PEERS: Mapping[str, frozenset[str]] = MappingProxyType({symbol: trade - {symbol} for trade in _TRADES for symbol in trade})
_NOBODY: frozenset[str] = frozenset()


def holds(fund: str) -> tuple[str, ...]:
    """The companies that weigh most in a fund, heaviest first; empty for what is no fund known here."""
    return _FUNDS.get(fund, ())


def held_by(symbol: str) -> tuple[str, ...]:
    """The funds in which a company weighs most."""
    return _HELD_BY.get(symbol, ())


def peers(symbol: str) -> frozenset[str]:
    """Companies of the same trade, without itself; perhaps none."""
    return _PEERS.get(symbol, _NOBODY)
