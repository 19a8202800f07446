"""How much a record of hits and misses says: intervals, calibration, and what a few outcomes add to a prior."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import sqrt

Z95 = 1.959964  # the 97.5% quantile of the normal distribution
PRIOR_WEIGHT = Decimal(20)
"""How many outcomes a prior counts for; a record of as many moves the confidence half of the way to its own rate."""

_FINE = Decimal("0.0001")
BUCKETS = tuple(Decimal(k) / 10 for k in (0, 4, 5, 6, 7, 10))
"""The edges of the confidence buckets, narrower in the middle, where the rules live."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """The outcomes said with a confidence in [`low`, `high`): how many, what was said on average, and what share came true."""

    low: Decimal
    high: Decimal
    count: int
    said: Decimal
    came: Decimal


def wilson(hits: int, count: int) -> tuple[Decimal, Decimal]:
    """The 95% interval of a hit rate, as fractions: Wilson (1927), score interval without continuity correction. (0, 1) for no outcomes."""
    if count <= 0:
        return Decimal(0), Decimal(1)
    rate, square = hits / count, Z95 * Z95
    middle = (rate + square / (2 * count)) / (1 + square / count)
    half = Z95 / (1 + square / count) * sqrt(rate * (1 - rate) / count + square / (4 * count * count))
    return _fraction(middle - half), _fraction(middle + half)


def brier(said: Sequence[tuple[Decimal, bool]]) -> Decimal | None:
    """The mean of (confidence - outcome)^2, an outcome being 0 or 1: Brier (1950) for two classes. 0.25 is what "50%" always gets."""
    if not said:
        return None
    return (sum(((p - (1 if came else 0)) ** 2 for p, came in said), Decimal(0)) / len(said)).quantize(_FINE)


def reliability(said: Sequence[tuple[Decimal, bool]]) -> tuple[Bucket, ...]:
    """What was said against what came true, by confidence; empty buckets are left out."""
    found = []
    for low, high in pairwise(BUCKETS):
        inside = [(p, came) for p, came in said if low <= p < high or (p == high == 1)]
        if inside:
            mean = sum((p for p, _ in inside), Decimal(0)) / len(inside)
            found.append(Bucket(low, high, len(inside), mean.quantize(_FINE), Decimal(sum(c for _, c in inside)) / len(inside)))
    return tuple(found)


def updated(prior: Decimal, hits: int, count: int) -> Decimal:
    """A prior probability after so many outcomes: the mean of a Beta(prior * 20 + hits, (1 - prior) * 20 + misses)."""
    return ((prior * PRIOR_WEIGHT + hits) / (PRIOR_WEIGHT + count)).quantize(_FINE)


def _fraction(value: float) -> Decimal:
    return Decimal(str(min(max(value, 0.0), 1.0))).quantize(_FINE)
