"""The risk score: its parts, its levels, and what is not known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.risk.score import Level, score, scores

fractions = st.floats(-1, 1, allow_nan=False)


@pytest.mark.parametrize(
    ("volatility", "correlation", "tone", "points", "level"),
    [
        (0.0, 0.0, 0.0, 0.0, Level.LOW),
        (0.16, 0.5, 0.0, 25.0, Level.LOW),
        (0.32, 0.5, 0.5, 35.0, Level.MEDIUM),
        (0.48, 0.5, -0.25, 50.0, Level.HIGH),
        (0.80, 0.5, -0.25, 70.0, Level.CRITICAL),
        (2.00, 1.0, -1.0, 100.0, Level.CRITICAL),
        (0.40, -0.8, 0.9, 25.0, Level.LOW),
    ],
)
def test_the_parts_add_up_to_a_level(volatility: float, correlation: float, tone: float, points: float, level: Level) -> None:
    found = score("AAPL", volatility=volatility, correlation=correlation, tone=tone)
    assert found.points == pytest.approx(points)
    assert found.level is level


@given(volatility=st.floats(0, 3), correlation=fractions, tone=fractions)
def test_a_score_lies_between_nothing_and_a_hundred(volatility: float, correlation: float, tone: float) -> None:
    assert 0 <= score("AAPL", volatility=volatility, correlation=correlation, tone=tone).points <= 100.000001


def test_what_is_not_known_is_none_and_gives_no_points() -> None:
    found = score("AAPL", volatility=0.4, correlation=None, tone=None)
    assert (found.correlation, found.news) == (None, None)
    assert found.points == pytest.approx(25.0)


def test_a_book_is_listed_with_the_worst_first_then_the_heavier() -> None:
    found = scores({"A": 0.1, "B": 0.3, "C": 0.2}, {"A": 0.2, "B": 0.2, "C": 0.6}, {"A": 0.0, "B": 0.0, "C": 0.0}, {})
    assert [s.symbol for s in found] == ["C", "B", "A"]
    assert found[0].news is None
