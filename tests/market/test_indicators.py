"""Indicators: checked against published reference series where they are at hand, and against their definitions everywhere."""

from __future__ import annotations

import csv
import gzip
import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.market import Bar
from market import indicators

REFERENCES = Path(__file__).parents[2] / "../shared/data/indicator_refs"
needs_references = pytest.mark.skipif(not REFERENCES.is_dir(), reason="the reference series of ../shared/data are not here")


def bar(number: int, high: str, low: str, close: str) -> Bar:
    start = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=number)
    price = Decimal(close)
    return Bar("X", start, start + timedelta(hours=6), price, Decimal(high), Decimal(low), price, Decimal(1))


def spy() -> list[Bar]:
    with (REFERENCES / "default_quotes_SPY_2017_2018.csv").open(newline="") as file:
        return [bar(i, r["high"], r["low"], r["close"]) for i, r in enumerate(csv.DictReader(file))]


def reference(name: str) -> list[float | None]:
    with gzip.open(REFERENCES / f"{name}.standard.json.gz", "rt") as file:
        rows: list[dict[str, Any]] = json.load(file)
    return [row[name] for row in rows]


@needs_references
def test_every_value_of_the_reference_series() -> None:
    bars = spy()
    closes = [b.close for b in bars]
    assert len(bars) == 502
    computed: dict[str, Sequence[float | Decimal | None]] = {
        "atr": [indicators.atr(bars[: i + 1]) for i in range(len(bars))],
        "sma": [indicators.sma(closes[: i + 1], 20) for i in range(len(bars))],
        "ema": [indicators.ema(closes[: i + 1], 20) for i in range(len(bars))],
        "rsi": [indicators.rsi(closes[: i + 1]) for i in range(len(bars))],
    }
    for name, values in computed.items():
        for mine, theirs in zip(values, reference(name), strict=True):
            assert (mine is None) == (theirs is None), name
            if theirs is not None and mine is not None:
                assert float(mine) == pytest.approx(theirs, abs=1e-7), name


def test_the_range_reaches_over_a_gap() -> None:
    bars = [bar(0, "10", "9", "10"), bar(1, "15", "14", "14"), bar(2, "9", "8", "8")]
    assert indicators.true_ranges(bars) == [Decimal(5), Decimal(6)]
    assert indicators.atr(bars, 2) == Decimal("5.5")


def test_too_little_data_is_none_not_zero() -> None:
    bars = [bar(i, "10", "9", "10") for i in range(14)]
    assert indicators.atr(bars) is None
    assert indicators.atr([]) is None
    assert indicators.sma([1.0], 2) is None
    assert indicators.ema([], 1) is None
    assert indicators.rsi([1.0] * 14) is None
    assert indicators.volatility([0.1]) is None
    assert indicators.beta([0.1], [0.1]) is None
    assert indicators.beta([0.1, 0.2], [0.3, 0.3]) is None
    assert indicators.log_returns([]) == []


def test_strength_without_moves_and_without_losses() -> None:
    assert indicators.rsi([5.0] * 20) == 50.0
    assert indicators.rsi([float(i) for i in range(20)]) == 100.0
    assert indicators.rsi([float(-i) for i in range(20)]) == 0.0


def test_volatility_is_the_annualised_sample_deviation() -> None:
    assert indicators.volatility([0.01, -0.01], 252) == pytest.approx(math.sqrt(0.0002 * 252))


def test_series_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="2 returns cannot be held against 1"):
        indicators.beta([0.1, 0.2], [0.1])


@settings(deadline=None)
@given(
    st.lists(st.floats(-0.2, 0.2), min_size=3, max_size=60),
    st.floats(-3, 3),
    st.floats(-0.01, 0.01),
)
def test_beta_of_a_line_is_its_slope(market: list[float], slope: float, shift: float) -> None:
    if max(market) - min(market) < 1e-3:
        return
    assert indicators.beta([slope * m + shift for m in market], market) == pytest.approx(slope, abs=1e-6)


@settings(deadline=None)
@given(st.lists(st.integers(1, 10_000), min_size=15, max_size=60))
def test_averages_stay_within_the_values(values: list[int]) -> None:
    prices = [Decimal(v) / 100 for v in values]
    low, high = float(min(prices)) - 1e-9, float(max(prices)) + 1e-9
    assert low <= (indicators.sma(prices, 15) or 0) <= high
    assert low <= (indicators.ema(prices, 15) or 0) <= high
    assert 0 <= (indicators.rsi(prices) or 0) <= 100
