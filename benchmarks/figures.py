"""Risk figures of a large book: value at risk and expected shortfall of 500 positions, and the correlation of 500 symbols."""

from __future__ import annotations

import numpy as np

from benchmarks.timing import Row, calls, milliseconds
from trading.arrays import numpy
from trading.risk.matrix import ReturnMatrix
from trading.risk.tails import historical

POSITIONS, DAYS = 500, 1000
TAIL_GOAL, MATRIX_GOAL = 0.0002, 0.010


def rows() -> list[Row]:
    """Both figures, beside the same steps in plain numpy and numpy's own corrcoef."""
    numpy()  # BLAS is pinned to one thread before numpy is loaded, where this runs first
    draw = np.random.default_rng(7)
    common = draw.standard_normal((DAYS, 1)) * 0.01
    values = common * draw.uniform(0.5, 1.5, POSITIONS) + draw.standard_normal((DAYS, POSITIONS)) * 0.015
    matrix = ReturnMatrix([f"S{n}" for n in range(POSITIONS)], values, [1 / POSITIONS] * POSITIONS)
    tail, _ = calls(lambda _: historical(matrix.series()), rounds=400)
    plain, _ = calls(lambda _: _plainly(values), rounds=400)
    pairs, _ = calls(lambda _: matrix.correlation(), rounds=30)
    peer, _ = calls(lambda _: np.corrcoef(values, rowvar=False), rounds=30)
    return [
        Row(
            f"value at risk and expected shortfall, {POSITIONS} positions, {DAYS} days",
            f"p50 {milliseconds(tail)}",
            f"under {milliseconds(TAIL_GOAL)}",
            f"numpy percentile and mean {milliseconds(plain)}",
            met=tail < TAIL_GOAL,
        ),
        Row(
            f"correlation of {POSITIONS} symbols, {DAYS} days",
            f"p50 {milliseconds(pairs)}",
            f"under {milliseconds(MATRIX_GOAL)}",
            f"numpy corrcoef {milliseconds(peer)}",
            met=pairs < MATRIX_GOAL,
        ),
    ]


def _plainly(values: np.ndarray) -> tuple[float, float]:
    book = values @ np.full(POSITIONS, 1 / POSITIONS)
    cut = np.percentile(book, 5)
    return -float(cut), -float(book[book <= cut].mean())
