"""The return matrix: days by positions as one array, from which the figures of a large book come in one step each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from trading.arrays import numpy
from trading.risk.metrics import BookReturns
from trading.risk.tails import ENOUGH

SESSIONS_A_YEAR = 252


@dataclass(frozen=True, slots=True)
class Share:
    """What one position brings to the book's risk, as fractions of equity.

    `alone` is the historical value at risk of the position by itself; `marginal` how the book's parametric value at risk changes per unit
    of weight; `component` = weight x marginal, which sums to the book's; `tail` its part of the historical expected shortfall, which sums
    to that.
    """

    symbol: str
    weight: float
    volatility: float
    alone: float
    marginal: float
    component: float
    tail: float


class ReturnMatrix:
    """Daily returns (days x symbols, fractions) with the weights of a book over equity; symbols without returns are not in it."""

    def __init__(self, symbols: Sequence[str], values: Any, weights: Sequence[float]) -> None:
        np = numpy()
        self.symbols = tuple(symbols)
        self.values = np.ascontiguousarray(values, dtype=np.float64)
        self.weights = np.asarray(weights, dtype=np.float64)

    @classmethod
    def of(cls, returns: BookReturns) -> ReturnMatrix:
        """The matrix of the held symbols of a book."""
        symbols = [s for s in returns.weights if s in returns.by_symbol]
        columns = [returns.by_symbol[s] for s in symbols]
        return cls(symbols, numpy().array(columns).T if columns else numpy().empty((0, 0)), [returns.weights[s] for s in symbols])

    def __len__(self) -> int:
        return len(self.symbols)

    def series(self) -> Any:
        """The book's return on each day at its weights, over equity: an array of floats."""
        return self.values @ self.weights

    def volatilities(self) -> Mapping[str, float]:
        """Annualised volatility of each symbol: sample deviation (n - 1) times the square root of 252."""
        return dict(zip(self.symbols, (self._deviations() * math.sqrt(SESSIONS_A_YEAR)).tolist(), strict=True))

    def correlation(self) -> Any:
        """Pearson's correlation of every pair of symbols, symbols x symbols; a symbol that never moved has none with others (nan)."""
        np = numpy()
        centred = self.values - self.values.mean(axis=0)
        found = centred.T @ centred  # one array with itself: half the work of any other product
        scale = np.sqrt(np.diagonal(found)).copy()
        with np.errstate(divide="ignore", invalid="ignore"):
            found /= scale
            found /= scale[:, None]
        np.fill_diagonal(found, 1.0)
        return np.clip(found, -1.0, 1.0, out=found)

    def to_the_rest(self) -> Mapping[str, float]:
        """Correlation of each symbol with the rest of the book (all other positions at their weights); zero where either never moved."""
        np = numpy()
        book = self.series()
        out = {}
        for index, symbol in enumerate(self.symbols):
            own = self.values[:, index]
            rest = book - own * self.weights[index]
            a, b = own - own.mean(), rest - rest.mean()
            scale = math.sqrt(float(a @ a) * float(b @ b))
            out[symbol] = float(np.clip(float(a @ b) / scale, -1.0, 1.0)) if scale > 0 else 0.0
        return out

    def diversification(self) -> float | None:
        """Choueifaty and Coignard's ratio (2008): the weighted sum of volatilities over the book's own; 1 when all move as one.

        Weights count without sign. None for a book that never moved or has too few days.
        """
        np = numpy()
        if len(self.values) < ENOUGH or not len(self):
            return None
        own = float(self.series().std(ddof=1))
        return float(np.abs(self.weights) @ self._deviations()) / own if own > 0 else None

    def shares(self, level: float = 0.95) -> tuple[Share, ...]:
        """Each position's part of the risk, the largest tail part first; empty with fewer than 60 days.

        Marginal value at risk is -(mean_i + z cov(i, book) / deviation of the book) (Jorion, Value at Risk, 3rd ed., ch. 7); by Euler's
        theorem the components sum to the book's parametric figure before it is cut at zero, and the tail parts to the historical shortfall.
        """
        np = numpy()
        days = len(self.values)
        if days < ENOUGH or not len(self):
            return ()
        book = self.series()
        away = book - book.mean()
        deviation = float(book.std(ddof=1))
        means = self.values.mean(axis=0)
        covariance = (self.values - means).T @ away / (days - 1)
        z = NormalDist().inv_cdf(1 - level)
        marginal = -(means + z * covariance / deviation) if deviation > 0 else -means
        place = (days - 1) * (1 - level)
        below = int(place)
        worst = np.argpartition(book, below)[: below + 1]
        tail = -(self.values[worst].mean(axis=0)) * self.weights
        sides = np.sort(self.values * np.sign(self.weights), axis=0)
        quantile = sides[below] + (sides[min(below + 1, days - 1)] - sides[below]) * (place - below)
        alone = np.maximum(-quantile * np.abs(self.weights), 0.0)
        columns = (self.weights, self._deviations() * math.sqrt(SESSIONS_A_YEAR), alone, marginal, self.weights * marginal, tail)
        rows = zip(self.symbols, *(c.tolist() for c in columns), strict=True)
        return tuple(sorted((Share(*row) for row in rows), key=lambda s: (-s.tail, s.symbol)))

    def _deviations(self) -> Any:
        return self.values.std(axis=0, ddof=1)
