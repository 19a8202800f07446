"""Tails against independent references: numpy, a numerical integral of the density, published normal figures, and each other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.risk.tails import (
    Moments,
    cornish_fisher,
    corrected_quantile,
    edgeworth_tail_mean,
    expected_shortfall,
    historical,
    historical_var,
    moments,
    parametric,
)

series = st.lists(st.floats(-0.2, 0.2, allow_nan=False), min_size=60, max_size=200)
NORMAL = np.random.default_rng(11).standard_normal(400) * 0.01


def standardised(deviation: float = 1.0) -> list[float]:
    """A series with mean zero and exactly that sample deviation."""
    drawn = NORMAL - NORMAL.mean()
    return [float(r) for r in drawn / drawn.std(ddof=1) * deviation]


# quantile and tail mean of the standard normal law, as printed in textbooks (and the Basel committee's 2.338 for 97.5%)
@pytest.mark.parametrize(
    ("level", "quantile", "beyond"), [(0.95, 1.644854, 2.062713), (0.975, 1.959964, 2.337803), (0.99, 2.326348, 2.665214)]
)
def test_the_normal_law_gives_the_published_figures(level: float, quantile: float, beyond: float) -> None:
    found = parametric(standardised(), level)
    assert found is not None
    assert found.var == pytest.approx(quantile, abs=1e-6)
    assert found.shortfall == pytest.approx(beyond, abs=1e-6)


def test_without_skewness_and_fat_tails_the_correction_changes_nothing() -> None:
    assert corrected_quantile(0.05, 0.0, 0.0) == pytest.approx(-1.644854, abs=1e-6)
    assert edgeworth_tail_mean(-1.6448536269514722, 0.05, 0.0, 0.0) == pytest.approx(-2.062713, abs=1e-6)


def test_the_cornish_fisher_quantile_of_a_worked_example() -> None:
    # z = -2.326348, S = -0.5, K = 1, term by term: z, (z²-1)S/6, (z³-3z)K/24, -(2z³-5z)S²/36
    assert corrected_quantile(0.01, -0.5, 1.0) == pytest.approx(-2.3263479 - 0.3676579 - 0.2337877 + 0.0940844, abs=1e-5)


@pytest.mark.parametrize(("g", "skew", "kurtosis"), [(-1.7, -0.5, 2.0), (-2.5, 0.3, 1.0), (-1.6, 0.0, 0.0), (-2.1, -1.0, 4.0)])
def test_the_tail_mean_is_the_integral_of_the_density(g: float, skew: float, kurtosis: float) -> None:
    x = np.linspace(-14, g, 400_001)
    phi = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    density = phi * (
        1 + skew / 6 * (x**3 - 3 * x) + kurtosis / 24 * (x**4 - 6 * x**2 + 3) + skew**2 / 72 * (x**6 - 15 * x**4 + 45 * x**2 - 15)
    )
    assert edgeworth_tail_mean(g, 0.05, skew, kurtosis) == pytest.approx(float(np.trapezoid(x * density, x)) / 0.05, abs=1e-6)


@given(returns=series)
def test_an_array_and_a_list_of_the_same_returns_agree(returns: list[float]) -> None:
    array: Any = np.array(returns)
    for method in (historical, parametric, cornish_fisher):
        plain, fast = method(returns), method(array)
        assert plain is not None
        assert fast is not None
        assert (fast.var, fast.shortfall) == pytest.approx((plain.var, plain.shortfall), abs=1e-9)


@given(returns=series)
def test_a_shortfall_is_never_below_its_value_at_risk(returns: list[float]) -> None:
    for method in (historical, parametric, cornish_fisher):
        found = method(returns)
        assert found is not None
        assert found.shortfall >= found.var - 1e-12
        assert found.var >= 0


@given(returns=series)
def test_the_moments_are_numpys(returns: list[float]) -> None:
    array: Any = np.array(returns)
    found = moments(returns)
    assert found.mean == pytest.approx(float(array.mean()), abs=1e-12)
    if array.std() < 1e-9:
        return
    assert found.deviation == pytest.approx(float(array.std(ddof=1)), rel=1e-9)
    z = (array - array.mean()) / array.std()
    assert found.skewness == pytest.approx(float((z**3).mean()), abs=1e-6)
    assert found.kurtosis == pytest.approx(float((z**4).mean()) - 3, abs=1e-6)


def test_too_little_history_has_no_tail() -> None:
    short = [0.01] * 59
    assert [m(short) for m in (historical, parametric, cornish_fisher, historical_var, expected_shortfall)] == [None] * 5


def test_a_series_that_never_moves_has_no_moments_but_its_mean() -> None:
    flat = Moments(0.5, 0.0, 0.0, 0.0)
    still: Any = np.full(60, 0.5)
    assert moments([0.5] * 60) == moments(still) == flat
