"""A risk score for each position, from how much it moves, how much it moves with the rest of the book, and how its news sounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

VOLATILITY_FULL = 0.80  # annualised: from here on the volatility part is full
VOLATILITY_POINTS, CORRELATION_POINTS, NEWS_POINTS = 50.0, 30.0, 20.0


class Level(StrEnum):
    """What a score amounts to."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


LEVELS: tuple[tuple[float, Level], ...] = ((70.0, Level.CRITICAL), (50.0, Level.HIGH), (30.0, Level.MEDIUM), (0.0, Level.LOW))
"""From how many points on each level begins, the highest first."""


@dataclass(frozen=True, slots=True)
class Score:
    """0 to 100 points with their parts: at most 50 for volatility, 30 for correlation with the rest of the book, 20 for bad news.

    The parts are linear: volatility over 80% a year, a positive correlation, a negative tone; what is not known gives no points and is
    None here, so that nobody takes it for calm.
    """

    symbol: str
    volatility: float | None
    correlation: float | None
    news: float | None

    @property
    def points(self) -> float:
        """The sum of the parts that are known."""
        return sum(part for part in (self.volatility, self.correlation, self.news) if part is not None)

    @property
    def level(self) -> Level:
        """The level of the sum."""
        return next(level for least, level in LEVELS if self.points >= least)


def score(symbol: str, *, volatility: float | None, correlation: float | None, tone: float | None) -> Score:
    """The score of one position from annualised volatility (0.30 is 30%), correlation with the rest and mean tone of its news (-1 to 1)."""
    return Score(
        symbol,
        None if volatility is None else min(volatility / VOLATILITY_FULL, 1.0) * VOLATILITY_POINTS,
        None if correlation is None else max(correlation, 0.0) * CORRELATION_POINTS,
        None if tone is None else max(-tone, 0.0) * NEWS_POINTS,
    )


def scores(
    symbols: Mapping[str, float], volatilities: Mapping[str, float], correlations: Mapping[str, float], tones: Mapping[str, float]
) -> tuple[Score, ...]:
    """The scores of a book (`symbols` with their weights), the highest first, then by the larger weight."""
    found = [score(s, volatility=volatilities.get(s), correlation=correlations.get(s), tone=tones.get(s)) for s in symbols]
    return tuple(sorted(found, key=lambda f: (-f.points, -abs(symbols[f.symbol]), f.symbol)))
