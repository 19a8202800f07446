"""Tails: value at risk and expected shortfall of a return series, three ways each, over one day.

Conventions of all of them: returns are fractions (0.01 is 1%), a figure is the loss as a positive fraction and never below zero, `level` is
the confidence (0.95: the loss that one day in twenty exceeds). With fewer than 60 returns a tail says nothing, and the answer is None.

- Historical: what happened. The (1 - level) quantile with linear interpolation between order statistics (Hyndman and Fan 1996, type 7;
  Jorion, Value at Risk, 3rd ed., ch. 10); the shortfall is the mean of the floor((n - 1)(1 - level)) + 1 lowest returns (Acerbi and
  Tasche 2002).
- Parametric: a normal law of the sample's mean and standard deviation (n - 1), z its quantile: VaR = -(m + z s),
  ES = -m + s phi(z)/(1 - level) (McNeil, Frey and Embrechts, Quantitative Risk Management, 2.2.2).
- Cornish-Fisher: the same corrected for skewness and excess kurtosis (population moments): the quantile by Cornish and Fisher (1938),
  the shortfall as the tail mean of the second-order Edgeworth density below it (Boudt, Peterson and Croux 2008), at least the VaR.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean
from typing import Any

from trading.arrays import numpy

ENOUGH = 60
"""Fewer daily returns than this say nothing about a tail."""

STILL = 1e-24  # a variance below this is the rounding of a series that never moves

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Tail:
    """A pair of figures for one level: the loss one day exceeds with probability 1 - level, and the mean loss on such days."""

    var: float
    shortfall: float


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean, standard deviation (n - 1), skewness and excess kurtosis (population moments) of a series."""

    mean: float
    deviation: float
    skewness: float
    kurtosis: float


def historical(returns: Sequence[float], level: float = 0.95) -> Tail | None:
    """Both figures from what happened, in one selection of the lowest returns; takes a sequence or a numpy array of floats."""
    count = len(returns)
    if count < ENOUGH:
        return None
    place = (count - 1) * (1 - level)
    below = math.floor(place)
    lowest = _lowest(returns, min(below + 2, count))
    quantile = lowest[below] + (lowest[min(below + 1, count - 1)] - lowest[below]) * (place - below)
    return Tail(max(-quantile, 0.0), max(-fmean(lowest[: below + 1]), 0.0))


def historical_var(returns: Sequence[float], level: float = 0.95) -> float | None:
    """The loss one day in 1/(1 - level) exceeded; None with fewer than 60 returns."""
    found = historical(returns, level)
    return None if found is None else found.var


def expected_shortfall(returns: Sequence[float], level: float = 0.95) -> float | None:
    """The mean loss of the worst days; None with fewer than 60 returns."""
    found = historical(returns, level)
    return None if found is None else found.shortfall


def parametric(returns: Sequence[float], level: float = 0.95) -> Tail | None:
    """Both figures of a normal law with the sample's mean and deviation."""
    if len(returns) < ENOUGH:
        return None
    found = moments(returns)
    z = _NORMAL.inv_cdf(1 - level)
    shortfall = -found.mean + found.deviation * _NORMAL.pdf(z) / (1 - level)
    return Tail(max(-(found.mean + z * found.deviation), 0.0), max(shortfall, 0.0))


def cornish_fisher(returns: Sequence[float], level: float = 0.95) -> Tail | None:
    """Both figures of the normal law corrected for skewness and excess kurtosis; the shortfall is never below the value at risk."""
    if len(returns) < ENOUGH:
        return None
    found = moments(returns)
    g = corrected_quantile(1 - level, found.skewness, found.kurtosis)
    var = -(found.mean + g * found.deviation)
    beyond = edgeworth_tail_mean(g, 1 - level, found.skewness, found.kurtosis)
    shortfall = -(found.mean + min(beyond, g) * found.deviation)
    return Tail(max(var, 0.0), max(shortfall, 0.0))


def corrected_quantile(probability: float, skewness: float, kurtosis: float) -> float:
    """The Cornish-Fisher quantile of a standardised variable: z + (z²-1)S/6 + (z³-3z)K/24 - (2z³-5z)S²/36, K the excess kurtosis."""
    z = _NORMAL.inv_cdf(probability)
    return z + (z**2 - 1) * skewness / 6 + (z**3 - 3 * z) * kurtosis / 24 - (2 * z**3 - 5 * z) * skewness**2 / 36


def edgeworth_tail_mean(g: float, probability: float, skewness: float, kurtosis: float) -> float:
    """The mean, over `probability`, of what lies below g under the second-order Edgeworth density (Boudt, Peterson and Croux 2008, eq. 17).

    The integral of x f(x) up to g with f = phi (1 + S/6 He3 + K/24 He4 + S²/72 He6), He the Hermite polynomials, in closed form: x He_n is
    He_{n+1} + n He_{n-1}, and He_k phi has the antiderivative -He_{k-1} phi, so each term becomes -(He_n + n He_{n-2}) phi at g.
    """
    he2, he3, he4 = g**2 - 1, g**3 - 3 * g, g**4 - 6 * g**2 + 3
    he6 = g**6 - 15 * g**4 + 45 * g**2 - 15
    skew, tails, square = (he3 + 3 * g) * skewness / 6, (he4 + 4 * he2) * kurtosis / 24, (he6 + 6 * he4) * skewness**2 / 72
    return -(1 + skew + tails + square) * _NORMAL.pdf(g) / probability


def moments(returns: Sequence[float]) -> Moments:
    """The four moments; skewness and kurtosis are zero for a series that never moves."""
    if hasattr(returns, "mean"):
        return _array_moments(returns)
    count, mean = len(returns), fmean(returns)
    away = [r - mean for r in returns]
    second = math.fsum(a * a for a in away) / count
    if second < STILL:
        return Moments(mean, 0.0, 0.0, 0.0)
    third, fourth = math.fsum(a**3 for a in away) / count, math.fsum(a**4 for a in away) / count
    return Moments(mean, math.sqrt(second * count / (count - 1)), third / second**1.5, fourth / second**2 - 3)


def _array_moments(returns: Any) -> Moments:
    count, mean = len(returns), float(returns.mean())
    away = returns - mean
    square = away * away
    second = float(square.mean())
    if second < STILL:
        return Moments(mean, 0.0, 0.0, 0.0)
    third, fourth = float((square * away).mean()), float((square * square).mean())
    return Moments(mean, math.sqrt(second * count / (count - 1)), third / second**1.5, fourth / second**2 - 3)


def _lowest(returns: Any, count: int) -> list[float]:
    """The lowest returns in order; an array is partitioned, so that only these few are sorted."""
    if hasattr(returns, "dtype"):
        np = numpy()
        few: list[float] = sorted(np.partition(returns, count - 1)[:count].tolist())
        return few
    return heapq.nsmallest(count, returns)
