"""Stops at the broker are watched: one that is gone, or does not act, is told once and in time; what to do about it follows."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain.events import ActionProposed, Event, StopFailed, StopRestored
from domain.mandates import Mandate, Scope
from domain.orders import CancelIntent, OrderStatus
from domain.tickets import TicketStatus
from storage import mandates, preferences
from tests.trading.stage import ACCOUNT, START, Stage, close, stage, stop
from trading.exits.failed_stops import ACT, ACTS_WITHIN, EMERGENCY_EXIT, OFF, PROPOSE

D = Decimal


def heard(made: Stage, kind: type[Event]) -> list[Any]:
    return made.heard(kind)


async def protected(made: Stage, price: str = "175") -> str:
    """AAPL with a stop at the broker; the stop's client id."""
    ticket = await made.do(stop("AAPL", "10", price))
    await made.pass_time(1)
    return f"{ticket.id}-1"


async def vanishes(made: Stage, order: str) -> None:
    """The broker ends an order of its own accord."""
    await made.broker.inner.cancel(order)
    await made.pass_time(1)


async def prefer(made: Stage, wish: str) -> None:
    async with made.store.write() as tx:
        await preferences.set(tx, ACCOUNT, EMERGENCY_EXIT, wish)


async def test_a_stop_the_broker_ended_is_told_within_ten_seconds_and_only_once():
    made = await stage()
    await prefer(made, PROPOSE)
    order = await protected(made)
    await vanishes(made, order)
    since = made.clock.now()
    await made.pass_time(9, step=1)
    (failed,) = heard(made, StopFailed)
    assert failed.quantity == 10
    assert failed.at - failed.since <= timedelta(seconds=10)
    assert abs(failed.since - since) <= timedelta(seconds=1)
    assert order in failed.reason
    (proposed,) = heard(made, ActionProposed)
    assert (proposed.line, proposed.urgent) == ("#AAPL close", True)
    await made.restart()
    await made.pass_time(60, step=5)
    assert len(heard(made, StopFailed)) == 1
    assert made.floor.book.holdings.quantity("AAPL") == 10, "without a word nothing is closed"
    await made.do(stop("AAPL", "10", "174"))
    await made.pass_time(5, step=1)
    assert [e.symbol for e in heard(made, StopRestored)] == ["AAPL"]
    await made.restart()
    await made.pass_time(10, step=1)
    assert len(heard(made, StopRestored)) == 1


async def test_what_ended_while_nobody_looked_is_found_at_the_start():
    made = await stage()
    order = await protected(made)
    await made.broker.inner.cancel(order)
    await made.restart()
    await made.pass_time(5, step=1)
    assert len(heard(made, StopFailed)) == 1

    late = await stage()
    order = await protected(late)
    await late.broker.inner.cancel(order)
    await late.floor.execution.poll()  # the end is booked, and the program dies before it is told
    await late.restart()
    await late.pass_time(5, step=1)
    assert len(heard(late, StopFailed)) == 1


async def test_a_person_who_takes_the_stop_back_is_not_told_that_it_failed():
    made = await stage()
    order = await protected(made)
    await made.do(CancelIntent(order, "AAPL"))
    await made.pass_time(20, step=1)
    assert heard(made, StopFailed) == []


async def test_a_stop_that_filled_or_went_with_its_position_is_no_failure():
    made = await stage()
    await protected(made)
    await made.do(close("AAPL", "10"))
    await made.pass_time(20, step=1)
    assert heard(made, StopFailed) == []
    assert all(o.status is not OrderStatus.ACCEPTED for o in made.floor.book.orders)


async def test_another_stop_that_stands_makes_it_no_failure():
    made = await stage()
    order = await protected(made)
    await made.do(stop("AAPL", "10", "170"))
    await vanishes(made, order)
    await made.pass_time(10, step=1)
    assert heard(made, StopFailed) == []


async def test_a_failure_another_part_told_is_not_told_again_and_its_end_is():
    made = await stage()
    async with made.floor.bus.unit(who="execution") as unit:
        unit.emit(StopFailed(made.clock.now(), ACCOUNT, "AAPL", D(10), made.clock.now(), "refused"))
    await made.pass_time(3, step=1)
    await made.restart()
    assert "AAPL" in made.floor.monitor.failed_stops.failed, "kept over a restart"
    await made.pass_time(5, step=1)
    assert len(heard(made, StopFailed)) == 1
    assert (await made.floor.monitor.watch("AAPL")).health == "unprotected"
    await made.do(close("AAPL", "10"))
    await made.pass_time(2, step=1)
    assert made.floor.monitor.failed_stops.failed == {}
    assert heard(made, StopRestored) == []


async def test_a_broker_that_does_not_act_on_its_stop_is_told_once(monkeypatch):
    made = await stage()
    monkeypatch.setattr(made.market, "_simulated", False)
    await protected(made)
    made.market.quote("AAPL", "172", "172.02", "172.01")
    await made.pass_time(ACTS_WITHIN.total_seconds() - 10, step=6)
    assert heard(made, StopFailed) == []
    await made.pass_time(30, step=6)
    (failed,) = heard(made, StopFailed)
    assert "has not acted" in failed.reason
    assert made.floor.book.holdings.quantity("AAPL") == 10, "the venue's stop is the venue's: nothing is sold twice"
    await made.restart()
    await made.pass_time(20, step=6)
    assert len(heard(made, StopFailed)) == 1
    assert heard(made, StopRestored) == []
    made.market.quote("AAPL", "180", "180.02", "180.01")
    await made.pass_time(12, step=6)
    assert len(heard(made, StopRestored)) == 1, "the price came back, and the stop stands"


async def test_a_price_that_comes_back_in_time_is_no_failure(monkeypatch):
    made = await stage()
    monkeypatch.setattr(made.market, "_simulated", False)
    await protected(made)
    for price in ("172", "180", "172", "180"):
        made.market.quote("AAPL", price, price, price)
        await made.pass_time(40, step=6)
    assert heard(made, StopFailed) == []


async def test_the_account_says_whether_a_failed_stop_closes_the_position():
    made = await stage()
    await prefer(made, OFF)
    await vanishes(made, await protected(made))
    await made.pass_time(6, step=1)
    assert len(heard(made, StopFailed)) == 1
    assert heard(made, ActionProposed) == []

    made = await stage()
    await prefer(made, ACT)
    await vanishes(made, await protected(made))
    await made.pass_time(6, step=1)
    assert len(heard(made, ActionProposed)) == 1, "no mandate: it is only proposed"
    assert made.floor.book.holdings.quantity("AAPL") == 10

    made = await stage()
    await prefer(made, ACT)
    signed = Mandate("m1", ACCOUNT, (Scope.STOPS,), "t", "terminal:me", START, START + timedelta(days=9))
    async with made.store.write() as tx:
        await mandates.add(tx, signed)
    await made.floor.guards.mandates.load()
    await vanishes(made, await protected(made))
    await made.pass_time(6, step=1)
    assert made.floor.book.holdings.quantity("AAPL") == 0
    ticket = next(t for t in await made.tickets() if t.mandate == "m1")
    assert (ticket.line, ticket.status) == ("#AAPL close", TicketStatus.EXECUTED)


async def test_an_emergency_exit_that_cannot_be_drawn_up_hurts_nothing():
    made = await stage()
    order = await protected(made)
    await made.broker.inner.cancel(order)
    made.market.no_quote("AAPL")
    await made.pass_time(6, step=1)
    assert len(heard(made, StopFailed)) == 1
    assert heard(made, ActionProposed) == []
    assert (await made.floor.monitor.watch("AAPL")).health == "stale"
