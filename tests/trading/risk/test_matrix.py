"""The return matrix: its parts sum to the book, and its figures are numpy's own."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from tests.fakes.market import utc
from trading.risk.matrix import ReturnMatrix
from trading.risk.metrics import BookReturns
from trading.risk.tails import historical, parametric

RNG = np.random.default_rng(5)
COMMON = RNG.normal(0, 0.01, 250)
VALUES = np.column_stack([COMMON * b + RNG.normal(0, s, 250) for b, s in ((1.0, 0.005), (1.5, 0.02), (-0.5, 0.01), (0.0, 0.0))])
NAMES = ("AAA", "BBB", "CCC", "FLAT")
WEIGHTS = (0.4, 0.3, -0.2, 0.1)
START = utc("2025-01-02 21:00")


def matrix(weights: tuple[float, ...] = WEIGHTS) -> ReturnMatrix:
    return ReturnMatrix(NAMES, VALUES, weights)


def test_the_series_is_the_weighted_sum_and_the_same_as_the_light_way() -> None:
    returns = BookReturns(
        tuple(START + timedelta(days=n) for n in range(250)),
        {n: tuple(VALUES[:, i].tolist()) for i, n in enumerate(NAMES)},
        dict(zip(NAMES, WEIGHTS, strict=True)),
    )
    built = ReturnMatrix.of(returns)
    assert built.symbols == NAMES
    assert built.series().tolist() == pytest.approx(list(returns.series), abs=1e-15)


def test_component_and_tail_parts_sum_to_the_book() -> None:
    found, book = matrix().shares(), matrix().series()
    normal, past = parametric(book), historical(book)
    assert normal is not None
    assert past is not None
    assert sum(s.component for s in found) == pytest.approx(normal.var, abs=1e-12)
    assert sum(s.tail for s in found) == pytest.approx(past.shortfall, abs=1e-12)
    assert [s.tail for s in found] == sorted((s.tail for s in found), reverse=True)


def test_marginal_is_how_the_book_changes_with_a_weight() -> None:
    step = 1e-6
    by_name = {s.symbol: s for s in matrix().shares()}
    for index, name in enumerate(NAMES):
        moved = list(WEIGHTS)
        moved[index] += step
        before, after = parametric(matrix().series()), parametric(matrix(tuple(moved)).series())
        assert before is not None
        assert after is not None
        assert by_name[name].marginal == pytest.approx((after.var - before.var) / step, abs=1e-5)


def test_a_position_alone_is_judged_on_its_own_side() -> None:
    by_name = {s.symbol: s for s in matrix().shares()}
    for index, name in enumerate(NAMES):
        column: Any = VALUES[:, index] * WEIGHTS[index]
        own = historical(column)
        assert own is not None
        assert by_name[name].alone == pytest.approx(own.var, abs=1e-12)


def test_correlation_is_numpys_and_a_flat_symbol_has_none() -> None:
    found = matrix().correlation()
    assert found[:3, :3] == pytest.approx(np.corrcoef(VALUES[:, :3].T), abs=1e-12)
    assert np.isnan(found[3, :3]).all()
    assert found[3, 3] == 1.0


def test_correlation_with_the_rest_leaves_the_position_itself_out() -> None:
    found = matrix().to_the_rest()
    rest = matrix().series() - VALUES[:, 1] * WEIGHTS[1]
    assert found["BBB"] == pytest.approx(float(np.corrcoef(VALUES[:, 1], rest)[0, 1]), abs=1e-12)
    assert found["FLAT"] == 0.0


def test_diversification_is_one_for_a_book_that_moves_as_one() -> None:
    twins = ReturnMatrix(("A", "B"), np.column_stack([COMMON, COMMON * 2]), (0.5, 0.5))
    assert twins.diversification() == pytest.approx(1.0)
    apart = ReturnMatrix(("A", "B"), RNG.normal(0, 0.01, (5000, 2)), (0.5, 0.5)).diversification()
    assert apart == pytest.approx(math.sqrt(2), abs=0.02)


def test_too_few_days_or_nothing_that_moves_say_nothing() -> None:
    short = ReturnMatrix(("A",), VALUES[:59, :1], (1.0,))
    assert short.shares() == ()
    assert short.diversification() is None
    flat = ReturnMatrix(("FLAT",), VALUES[:, 3:], (1.0,))
    assert flat.diversification() is None
    assert flat.shares()[0].marginal == 0.0
    assert len(ReturnMatrix.of(BookReturns((), {}, {}))) == 0
