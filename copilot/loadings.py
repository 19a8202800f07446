"""How each symbol moved with the market and its sector's fund before a span, from daily closes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from statistics import fmean

from copilot.attribution import Loading
from domain.money import ONE, ZERO
from domain.portfolio import Portfolio
from market import sectors
from market.hub import Hub
from trading.risk import metrics

SESSIONS = 60
_FINE = Decimal("0.000001")
_STEEPEST = 5.0  # a slope beyond this comes from too few moves
_FURTHEST_TILT = 2.0


async def loadings(hub: Hub, before: Portfolio, symbols: Sequence[str]) -> Mapping[str, Loading]:
    """The loading of each symbol over the 60 sessions up to `before`; symbols with less history are left out.

    The market itself is always there, with the daily deviation of all its moves.
    """
    funds = {s: fund for s in symbols if (fund := fund_of(hub, s)) is not None}
    extra = tuple(dict.fromkeys([*symbols, *funds.values(), metrics.MARKET]))
    returns = (await metrics.book_returns(before, hub, SESSIONS, extra=extra)).by_symbol
    market = returns.get(metrics.MARKET)
    if market is None:
        return {}
    found = {
        s: _loading(returns[s], market, funds.get(s), returns.get(funds.get(s, "")))
        for s in symbols
        if s in returns and s != metrics.MARKET
    }
    sigma = metrics.volatility(market) or 0.0
    found[metrics.MARKET] = Loading(ONE, ZERO, _fine(sigma / math.sqrt(metrics.SESSIONS_A_YEAR)), None)
    return found


def fund_of(hub: Hub, symbol: str) -> str | None:
    """The fund that stands for the symbol's sector, where this market lists it and the symbol is not itself a fund of the whole market."""
    instrument = hub.instrument(symbol)
    if instrument is None or instrument.sector == sectors.BROAD:
        return None
    fund = sectors.ETF_OF.get(instrument.sector)
    return fund if fund is not None and fund != symbol and hub.instrument(fund) is not None else None


def _loading(own: Sequence[float], market: Sequence[float], fund: str | None, fund_returns: Sequence[float] | None) -> Loading:
    slope = _slope(own, market, _STEEPEST)
    rest = [o - slope * m for o, m in zip(own, market, strict=True)]
    tilt, fund_beta = 0.0, 1.0
    if fund_returns is not None:
        fund_beta = _slope(fund_returns, market, _STEEPEST)
        fund_own = [f - fund_beta * m for f, m in zip(fund_returns, market, strict=True)]
        tilt = max(_slope(rest, fund_own, _FURTHEST_TILT), 0.0)
        rest = [r - tilt * f for r, f in zip(rest, fund_own, strict=True)]
    mean = fmean(rest)
    sigma = math.sqrt(math.fsum((r - mean) ** 2 for r in rest) / max(len(rest) - 1, 1))
    return Loading(_fine(slope), _fine(tilt), _fine(sigma), fund if fund_returns is not None else None, _fine(fund_beta))


def _slope(own: Sequence[float], market: Sequence[float], furthest: float) -> float:
    found = metrics.beta(own, market)
    return 0.0 if found is None else max(-furthest, min(furthest, found))


def _fine(value: float) -> Decimal:
    return Decimal(str(value)).quantize(_FINE)
