"""The checks on what was lost and how often was traded: they stop opening, never closing, and say nothing of what is not known."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.tickets import Severity
from tests.trading.risk.books import book, buy, found, sell
from trading.risk.limits import Limits
from trading.risk.surroundings import Surroundings

D = Decimal


@pytest.mark.parametrize(("day", "blocked"), [("-0.0499", False), ("-0.05", True), ("-0.2", True), ("0.3", False)])
def test_a_day_that_lost_too_much_opens_nothing_more(day: str, blocked: bool) -> None:
    around = Surroundings(day=D(day))
    findings = found(book(AAPL="10"), buy("AAPL", "1"), around=around)
    assert ("daily_loss" in findings) is blocked
    assert "daily_loss" not in found(book(AAPL="10"), sell("AAPL", "10"), around=around)


def test_the_loss_of_the_day_is_told() -> None:
    finding = found(book(), buy("AAPL", "1"), around=Surroundings(day=D("-0.061234")))["daily_loss"]
    assert finding.severity is Severity.BLOCKING
    assert finding.sentence == (
        "You are down 6.12% today, at or beyond the limit of 5%: nothing is opened until the next session; closing goes on."
    )
    assert finding.details == (("day", "-0.0612"), ("limit", "0.05"))


@pytest.mark.parametrize(("fallen", "blocked"), [("0", False), ("0.1499", False), ("0.15", True), ("0.6", True)])
def test_far_below_the_peak_nothing_is_opened(fallen: str, blocked: bool) -> None:
    around = Surroundings(drawdown=D(fallen))
    assert ("drawdown" in found(book(), buy("AAPL", "1"), around=around)) is blocked
    assert "drawdown" not in found(book(AAPL="1"), sell("AAPL", "1"), around=around)


def test_the_fall_is_told() -> None:
    finding = found(book(), buy("AAPL", "1"), around=Surroundings(drawdown=D("0.171")))["drawdown"]
    assert finding.sentence == ("Your equity is 17.10% below its peak, at or beyond the limit of 15%: nothing is opened; closing goes on.")
    assert finding.details == (("drawdown", "0.171"), ("limit", "0.15"))


@pytest.mark.parametrize(("traded", "orders", "blocked"), [(49, 1, False), (50, 1, True), (48, 2, False), (49, 2, True)])
def test_the_day_has_a_number_of_trades(traded: int, orders: int, blocked: bool) -> None:
    findings = found(book(AAPL="5"), *[buy("XOM", "1")] * orders, sell("AAPL", "5"), around=Surroundings(trades=traded))
    assert ("trades_a_day" in findings) is blocked


def test_the_trades_of_the_day_are_told() -> None:
    finding = found(book(), buy("AAPL", "1"), around=Surroundings(trades=3), limits=Limits(trades_a_day=3))["trades_a_day"]
    assert finding.sentence == "3 orders have traded today, and the limit is 3: nothing more is opened today; closing goes on."
    assert finding.details == (("traded", "3"), ("opening", "1"), ("limit", "3"))


def test_what_is_not_known_is_not_judged() -> None:
    assert found(book(), buy("AAPL", "1"), around=Surroundings()) == {}
    assert found(book(), buy("AAPL", "1"), around=Surroundings(), automated=True) == {}
