"""Exposure: gross, net and by sector, as the book stands and as it would stand with a ticket and every open entry filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from domain.money import ZERO
from domain.orders import OrderType, Side
from domain.portfolio import Portfolio
from market.sectors import BROAD
from trading.risk.proposal import Proposal

UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Exposure:
    """Fractions of equity: `gross` of absolute values, `net` of signed ones, `sectors` of absolute ones by sector.

    A broad index fund is in no sector: it is the market itself. What has no sector is in none either.
    """

    gross: Decimal
    net: Decimal
    sectors: Mapping[str, Decimal]


def standing(portfolio: Portfolio) -> Exposure | None:
    """The exposure of what is held now; None without equity."""
    return _exposure(portfolio, {p.symbol: p.quantity for p in portfolio.positions}, {})


class _Same:
    """A proposal as a key: equal only to itself, so that the checks that ask one after the other share one answer."""

    __slots__ = ("proposal",)

    def __init__(self, proposal: Proposal) -> None:
        self.proposal = proposal

    def __hash__(self) -> int:
        return id(self.proposal)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.proposal is self.proposal


def change(proposal: Proposal) -> tuple[Exposure, Exposure] | None:
    """The exposure before and after a ticket, every open entry filled in both; None without equity. Kept for the next check that asks.

    Before: as if the ticket did not exist. After: everything it opens has filled, and an exit counts where it trades at once.
    """
    return _change(_Same(proposal))


@lru_cache(maxsize=2)
def _change(same: _Same) -> tuple[Exposure, Exposure] | None:
    before, after = _before(same.proposal), _after(same.proposal)
    return None if before is None or after is None else (before, after)


def _before(proposal: Proposal) -> Exposure | None:
    portfolio = proposal.portfolio
    held = {p.symbol: p.quantity for p in portfolio.positions}
    working = [(o.symbol, o.side, o.left) for o in portfolio.orders if o.open and not o.reduce_only]
    return _exposure(portfolio, _filled(held, working), _prices(proposal))


def _after(proposal: Proposal) -> Exposure | None:
    portfolio = proposal.portfolio
    held = {p.symbol: p.quantity for p in portfolio.positions}
    for leg in proposal.legs:
        if leg.type is OrderType.MARKET:
            held[leg.symbol] = leg.after
        elif not leg.is_exit:
            held[leg.symbol] = held.get(leg.symbol, ZERO) + leg.side.sign * leg.quantity
    left = (o for o in portfolio.orders if o.open and not o.reduce_only and o.client_id not in proposal.released)
    return _exposure(portfolio, _filled(held, [(o.symbol, o.side, o.left) for o in left]), _prices(proposal))


def _filled(held: Mapping[str, Decimal], working: list[tuple[str, Side, Decimal]]) -> dict[str, Decimal]:
    """Each holding at its largest: with its open buys filled or its open sells, whichever leaves more; never less than now."""
    quantities = dict(held)
    for symbol in dict.fromkeys(s for s, _, _ in working):
        now = held.get(symbol, ZERO)
        bought = sum((q for s, side, q in working if s == symbol and side is Side.BUY), ZERO)
        sold = sum((q for s, side, q in working if s == symbol and side is Side.SELL), ZERO)
        quantities[symbol] = max(now, now + bought, now - sold, key=abs)
    return quantities


def _prices(proposal: Proposal) -> dict[str, Decimal]:
    """What legs without a quote are expected to trade at."""
    return {leg.symbol: leg.price for leg in proposal.legs if leg.price is not None}


def _exposure(portfolio: Portfolio, quantities: Mapping[str, Decimal], prices: Mapping[str, Decimal]) -> Exposure | None:
    equity = portfolio.equity
    if equity <= 0:
        return None
    gross = net = ZERO
    sectors: dict[str, Decimal] = {}
    for symbol, quantity in quantities.items():
        quote, instrument = portfolio.quotes.get(symbol), portfolio.instruments.get(symbol)
        price = quote.last if quote is not None else prices.get(symbol, ZERO)
        weight = quantity * price * portfolio.multiplier(symbol) / equity
        gross, net = gross + abs(weight), net + weight
        sector = instrument.sector if instrument is not None else UNKNOWN
        if weight and sector not in (BROAD, UNKNOWN):
            sectors[sector] = sectors.get(sector, ZERO) + abs(weight)
    return Exposure(gross, net, dict(sorted(sectors.items(), key=lambda pair: (-pair[1], pair[0]))))
