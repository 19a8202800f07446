"""Risk figures of a book from daily closes: its returns, volatility, beta, drawdown and concentration, in plain Python."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from statistics import fmean

from domain.portfolio import Portfolio
from market.hub import Hub
from trading.risk.tails import ENOUGH

SESSIONS_A_YEAR = 252
MARKET = "SPY"


@dataclass(frozen=True, slots=True)
class BookReturns:
    """What today's positions would have returned on past days, as fractions (0.01 is 1%).

    `at` are the instants of the closes that end each return, `by_symbol` each symbol's returns over the same days, `weights` its signed
    value over equity now, `missing` the held symbols without enough closes; they are in no figure.
    """

    at: tuple[datetime, ...]
    by_symbol: Mapping[str, tuple[float, ...]]
    weights: Mapping[str, float]
    missing: tuple[str, ...] = ()

    @property
    def series(self) -> tuple[float, ...]:
        """The book's return on each day, over equity, with today's weights."""
        return self.weighted(self.weights)

    def weighted(self, weights: Mapping[str, float]) -> tuple[float, ...]:
        """The same days with other weights, for what an order would change; symbols without returns count nothing."""
        known = [(weights[s], r) for s, r in self.by_symbol.items() if weights.get(s)]
        return tuple(sum(w * r[day] for w, r in known) for day in range(len(self.at)))


async def book_returns(portfolio: Portfolio, hub: Hub, sessions: int = 250, *, extra: Sequence[str] = ()) -> BookReturns:
    """Daily returns of the symbols held (and of `extra` ones) over the last sessions up to the portfolio's instant.

    Days are exchange sessions: a round-the-clock instrument is taken at its last daily close at or before each session's close, so its
    weekend is one return. A book of such instruments alone uses their own days. Only days that every symbol has are used.
    """
    held = [p.symbol for p in portfolio.positions]
    closes: dict[str, tuple[tuple[datetime, ...], tuple[float, ...]]] = {}
    missing = []
    for symbol in dict.fromkeys([*held, *extra]):
        # a weekend-trading symbol has seven bars to an exchange's five
        wanted = (sessions + 1) * 3 // 2 if _round_the_clock(portfolio, hub, symbol) else sessions + 1
        bars = await hub.closes(symbol, wanted, portfolio.at)
        if len(bars) <= ENOUGH:
            missing.append(symbol)
        else:
            closes[symbol] = tuple(b.end for b in bars), tuple(float(b.close) for b in bars)
    at = _days(portfolio, hub, closes)[-(sessions + 1) :]
    by_symbol = {symbol: _returns([prices[bisect_right(ends, t) - 1] for t in at]) for symbol, (ends, prices) in closes.items()}
    weights = {symbol: float(portfolio.weight(symbol)) for symbol in held if symbol in closes}
    return BookReturns(at[1:], by_symbol, weights, tuple(missing))


def volatility(returns: Sequence[float]) -> float | None:
    """Annualised volatility: the sample standard deviation (n - 1) times the square root of 252. None with fewer than 2 returns."""
    if len(returns) < 2:
        return None
    mean = fmean(returns)
    return math.sqrt(math.fsum((r - mean) ** 2 for r in returns) / (len(returns) - 1) * SESSIONS_A_YEAR)


def beta(returns: Sequence[float], market: Sequence[float]) -> float | None:
    """Slope of the returns on the market's, covariance over variance (Sharpe 1964); lengths must be equal.

    None with fewer than 2 days or a market that never moved.
    """
    if len(returns) < 2:
        return None
    mine, theirs = fmean(returns), fmean(market)
    variance = math.fsum((m - theirs) ** 2 for m in market)
    if variance == 0:
        return None
    return math.fsum((r - mine) * (m - theirs) for r, m in zip(returns, market, strict=True)) / variance


def max_drawdown(returns: Sequence[float]) -> float:
    """The deepest fall from a peak of the compounded series, as a positive fraction; zero when it never fell below its start or a peak."""
    value = peak = 1.0
    deepest = 0.0
    for r in returns:
        value *= 1 + r
        peak = max(peak, value)
        deepest = max(deepest, 1 - value / peak)
    return deepest


@dataclass(frozen=True, slots=True)
class Concentration:
    """How a book is spread: the Herfindahl-Hirschman index of gross weights (1/n when equal, 1 when single) and its inverse."""

    index: Decimal
    effective: Decimal
    largest: str
    share: Decimal


def concentration(portfolio: Portfolio) -> Concentration | None:
    """Sum of squared shares of gross exposure (Hirschman 1945); `effective` = 1 / index is the number of equal positions as concentrated.

    None for a book without a priced position.
    """
    gross = portfolio.gross_exposure
    if gross == 0:
        return None
    shares = {p.symbol: abs(portfolio.value(p.symbol)) / gross for p in portfolio.positions}
    index = sum((s * s for s in shares.values()), Decimal(0))
    largest = max(shares, key=lambda s: (shares[s], s))
    return Concentration(index, 1 / index, largest, shares[largest])


def _round_the_clock(portfolio: Portfolio, hub: Hub, symbol: str) -> bool:
    instrument = portfolio.instruments.get(symbol) or hub.instrument(symbol)
    return instrument is not None and instrument.round_the_clock


def _days(portfolio: Portfolio, hub: Hub, closes: Mapping[str, tuple[tuple[datetime, ...], object]]) -> tuple[datetime, ...]:
    """The closes every symbol has a price for: those of session instruments, or of all where there are none."""
    bound = {s: ends for s, (ends, _) in closes.items() if not _round_the_clock(portfolio, hub, s)}
    axis = bound or {s: ends for s, (ends, _) in closes.items()}
    if not axis:
        return ()
    common = set.intersection(*(set(ends) for ends in axis.values()))
    first = max(ends[0] for ends, _ in closes.values())
    return tuple(sorted(t for t in common if t >= first))


def _returns(prices: Sequence[float]) -> tuple[float, ...]:
    return tuple(b / a - 1 for a, b in pairwise(prices))
