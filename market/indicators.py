"""Indicators over closed bars: ATR, moving averages, RSI, log returns, volatility and beta, in plain Python.

Border: prices come in as Decimals or floats. `atr` is a price and comes back as a Decimal of at most eight decimals, computed in
Decimals; everything else is a ratio or a smoothed figure and comes back as a float. None means too little data, never zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from domain.market import Bar

SESSIONS_A_YEAR = 252
_FINE = Decimal("0.00000001")

Number = Decimal | float


def true_ranges(bars: Sequence[Bar]) -> list[Decimal]:
    """True range of each bar after the first: the largest of high - low, |high - close before| and |low - close before| (Wilder 1978)."""
    return [
        max(bar.high, before.close) - min(bar.low, before.close)  # the same as Wilder's three-way maximum
        for before, bar in pairwise(bars)
    ]


def atr(bars: Sequence[Bar], n: int = 14) -> Decimal | None:
    """Average true range of the last bar: Wilder's smoothing, seeded by the mean of the first n true ranges.

    Needs n + 1 bars, oldest first, else None. The result is in the price's unit.
    """
    ranges = true_ranges(bars)
    if n < 1 or len(ranges) < n:
        return None
    value = sum(ranges[:n], Decimal(0)) / n
    for extent in ranges[n:]:
        value += (extent - value) / n
    return value.quantize(_FINE)


def sma(values: Sequence[Number], n: int) -> float | None:
    """Mean of the last n values, or None when there are fewer."""
    if n < 1 or len(values) < n:
        return None
    return math.fsum(values[-n:]) / n


def ema(values: Sequence[Number], n: int) -> float | None:
    """Exponential moving average of the last value with weight 2/(n+1), seeded by the mean of the first n values; None below n values."""
    if n < 1 or len(values) < n:
        return None
    weight = 2 / (n + 1)
    value = math.fsum(values[:n]) / n
    for x in values[n:]:
        value += (float(x) - value) * weight
    return value


def rsi(values: Sequence[Number], n: int = 14) -> float | None:
    """Wilder's relative strength index of the last value, 0 to 100; needs n + 1 values. Without any move it is 50, without a loss 100."""
    if n < 1 or len(values) <= n:
        return None
    moves = [float(b) - float(a) for a, b in pairwise(values)]
    gain = math.fsum(max(m, 0.0) for m in moves[:n]) / n
    loss = math.fsum(max(-m, 0.0) for m in moves[:n]) / n
    for move in moves[n:]:
        gain += (max(move, 0.0) - gain) / n
        loss += (max(-move, 0.0) - loss) / n
    if gain + loss == 0:
        return 50.0
    return 100 * gain / (gain + loss)


def log_returns(closes: Sequence[Number]) -> list[float]:
    """ln(close / close before) of each close after the first; a close that is not positive raises ValueError."""
    return [math.log(float(b) / float(a)) for a, b in pairwise(closes)]


def volatility(returns: Sequence[float], periods: int = SESSIONS_A_YEAR) -> float | None:
    """Annualised volatility as a fraction: sample standard deviation times the root of `periods` a year; None below two returns."""
    count = len(returns)
    if count < 2:
        return None
    mean = math.fsum(returns) / count
    return math.sqrt(math.fsum((r - mean) ** 2 for r in returns) / (count - 1) * periods)


def beta(returns: Sequence[float], market: Sequence[float]) -> float | None:
    """Slope of the least-squares line of returns on the market's of the same periods; None below two or when the market stood still.

    Series of different length raise ValueError: they cannot be of the same periods.
    """
    if len(returns) != len(market):
        raise ValueError(f"{len(returns)} returns cannot be held against {len(market)} of the market")
    count = len(returns)
    if count < 2:
        return None
    mean, mean_market = math.fsum(returns) / count, math.fsum(market) / count
    spread = math.fsum((m - mean_market) ** 2 for m in market)
    if spread == 0:
        return None
    return math.fsum((r - mean) * (m - mean_market) for r, m in zip(returns, market, strict=True)) / spread
