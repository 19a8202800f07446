"""The line to the broker: deadlines, what counts as an answer, when it is dead, and how often a dead one is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from itertools import pairwise
from typing import TypeVar

import pytest

from domain.errors import BrokerDown, OutcomeUnknown, Rejected, Throttled
from domain.events import BrokerDown as Lost
from domain.events import BrokerUp
from domain.orders import OrderStatus, Side
from domain.ports import OrderReport
from domain.tickets import TicketStatus
from tests.trading.reconciling.elsewhere import found, order, shelve
from tests.trading.stage import START, Stage, buy, close, stage
from trading.line import LONGEST_WAIT, Line

T = TypeVar("T")


async def after(world: Stage, seconds: float, work: Awaitable[T]) -> T:
    """Start something, let so much time pass on the clock with sleepers woken, and give its result."""
    task = asyncio.ensure_future(work)
    for _ in range(20):
        await asyncio.sleep(0)
    await world.clock.advance(timedelta(seconds=seconds))
    for _ in range(20):
        await asyncio.sleep(0)
    assert task.done()
    return task.result()


async def test_a_call_that_hangs_is_given_up_after_its_time() -> None:
    world = await stage()
    line = Line(world.broker, world.clock)
    for call in ("submit", "cancel", "replace", "find", "state", "updates"):
        world.broker.faults[call].append("hang")
    sent = order("x-1", Side.BUY, "1")
    for work in (line.submit(sent), line.cancel("x-1"), line.replace(sent)):
        with pytest.raises(OutcomeUnknown, match="no answer within 5 s"):
            await after(world, 5, work)
    for ask in (line.find("x-1"), line.state(), line.updates()):
        with pytest.raises(BrokerDown, match="no answer within 5 s"):
            await after(world, 5, ask)
    assert line.silence is not None
    assert line.silence.since == START
    assert not line.heard


async def test_a_refusal_is_an_answer() -> None:
    world = await stage()
    line = Line(world.broker, world.clock)
    world.broker.faults["submit"].extend(["down", "reject"])
    with pytest.raises(BrokerDown):
        await line.submit(order("x-1", Side.BUY, "1"))
    with pytest.raises(Rejected):
        await line.submit(order("x-1", Side.BUY, "1"))
    assert line.silence is None

    async def busy(client_id: str) -> OrderReport | None:
        raise Throttled("too many")

    world.broker.find = busy  # type: ignore[method-assign]
    with pytest.raises(Throttled):
        await line.find("x-1")
    assert line.silence is None


async def test_many_failures_in_one_second_are_one_and_five_seconds_of_them_are_enough() -> None:
    world = await stage()
    line = Line(world.broker, world.clock)
    world.broker.faults["find"].extend(["down"] * 40)
    for second in range(5):
        assert not line.is_dead(), second
        for _ in range(6):
            with pytest.raises(BrokerDown):
                await line.find("x-1")
        world.clock.set(world.clock.now() + timedelta(seconds=1))
    assert line.is_dead()


async def test_a_dead_line_is_asked_more_and_more_rarely_but_always_takes_what_is_sent() -> None:
    world = await stage()
    line = Line(world.broker, world.clock)
    world.broker.faults["state"].extend(["down"] * 200)
    tried = []
    for second in range(100):
        before = len(world.broker.calls)
        with pytest.raises(BrokerDown):
            await line.state()
        if len(world.broker.calls) > before:
            tried.append(second)
        line.is_dead()
        world.clock.set(world.clock.now() + timedelta(seconds=1))
    waits = [b - a for a, b in pairwise(tried)]
    assert waits[:8] == [1, 1, 1, 1, 1, 2, 4, 8]
    assert set(waits[8:]) == {int(LONGEST_WAIT)}
    assert (await line.submit(order("x-1", Side.BUY, "1"))).status is OrderStatus.FILLED
    assert not line.is_dead()
    world.broker.faults["state"].clear()
    assert (await line.state()).positions["AAPL"] == 11


class TestOutage:
    async def test_it_is_told_once_with_what_is_held_and_its_end_after_the_books_were_compared(self) -> None:
        world = await stage()
        cut(world)
        await world.pass_time(120, step=1)
        lost = world.heard(Lost)
        assert [(e.since, e.positions) for e in lost if isinstance(e, Lost)] == [(START + timedelta(seconds=1), 3)]
        await shelve(world, cash=world.floor.book.holdings.cash - 5000)
        mend(world)
        await world.pass_time(16, step=1)
        assert [type(e).__name__ for e in world.events] == ["BrokerDown", "ReconciliationFound", "BrokerUp"]
        await world.pass_time(60, step=1)
        assert len(world.heard(BrokerUp)) == 1

    async def test_it_is_known_within_fifteen_seconds_when_calls_hang(self) -> None:
        world = await stage()
        for call in ("updates", "state", "find"):
            world.broker.faults[call].extend(["hang"] * 50)
        began = world.clock.now()
        pulsing = asyncio.ensure_future(rounds(world))
        while not world.heard(Lost):
            await world.clock.advance(timedelta(seconds=0.5))
            for _ in range(40):
                await asyncio.sleep(0)
        pulsing.cancel()
        assert world.clock.now() - began <= timedelta(seconds=15)

    async def test_a_short_one_is_not_told(self) -> None:
        world = await stage()
        world.broker.faults["updates"].extend(["down"] * 3)
        await world.pass_time(30, step=1)
        assert world.events == []

    async def test_a_restart_does_not_repeat_it_and_its_end_still_comes(self) -> None:
        world = await stage()
        cut(world)
        await world.pass_time(20, step=1)
        await world.restart()
        await world.pass_time(60, step=1)
        await world.restart()
        assert len(world.heard(Lost)) == 1
        assert world.floor.outages.reason == "the venue is unreachable"
        mend(world)
        await world.pass_time(16, step=1)
        assert [type(e) for e in world.events] == [Lost, BrokerUp]
        await world.restart()
        await world.pass_time(60, step=1)
        assert len(world.events) == 2

    async def test_its_end_found_by_the_start_itself_is_told(self) -> None:
        world = await stage()
        cut(world)
        await world.pass_time(20, step=1)
        mend(world)
        await world.restart()
        assert [type(e) for e in world.events] == [Lost, BrokerUp]
        await world.floor.outages.end()
        assert len(world.events) == 2

    async def test_meanwhile_nothing_is_opened_and_closing_is_tried(self) -> None:
        world = await stage()
        cut(world)
        await world.pass_time(20, step=1)
        denied = await world.propose(buy("XOM", "1"))
        assert denied.status is TicketStatus.DENIED
        assert denied.findings[0].code == "not_reconciled"
        assert denied.reason.startswith("The broker has not answered since 14:30 UTC: until they agree only closing")
        assert (await world.do(close("AAPL", "10"))).status is TicketStatus.EXECUTED
        mend(world)
        await world.pass_time(16, step=1)
        assert (await world.do(buy("XOM", "1"))).status is TicketStatus.EXECUTED
        assert await world.agrees()

    async def test_a_broker_that_answers_only_half_keeps_the_outage(self) -> None:
        world = await stage()
        cut(world)
        await world.pass_time(20, step=1)
        world.broker.faults["updates"].clear()
        await world.pass_time(30, step=1)
        assert not world.heard(BrokerUp)
        mend(world)
        await world.pass_time(16, step=1)
        assert len(world.heard(BrokerUp)) == 1


async def test_without_a_comparison_at_the_start_nothing_is_opened_until_there_is_one() -> None:
    world = await stage(started=False)
    world.broker.faults["updates"].extend(["down"] * 4)
    await world.floor.start()
    denied = await world.propose(buy("XOM", "1"))
    assert denied.reason.startswith("Book and broker were not compared yet: until they agree")
    assert (await world.propose(close("AAPL", "1"))).status is TicketStatus.PROPOSED
    await world.pass_time(12, step=1)
    assert (await world.do(buy("XOM", "1"))).status is TicketStatus.EXECUTED
    assert found(world) == []


async def test_a_confirmation_is_refused_when_the_line_died_after_the_card() -> None:
    world = await stage()
    ticket = await world.propose(buy("XOM", "1"))
    cut(world)
    await world.pass_time(20, step=1)
    assert (await world.confirm(ticket)).status is TicketStatus.DENIED
    assert world.broker.delivered.total() == 0


async def test_a_hanging_order_is_unknown_after_five_seconds_and_then_asked_for() -> None:
    world = await stage()
    world.broker.faults["submit"].append("hang")
    ticket = await world.propose(close("AAPL", "10"))
    confirmed = await after(world, 5, world.confirm(ticket))
    assert confirmed.status is TicketStatus.CONFIRMED
    await world.pass_time(1)
    assert await world.status(ticket.id) is TicketStatus.EXECUTED
    assert await world.agrees()


def cut(world: Stage) -> None:
    for call in ("updates", "state", "find"):
        world.broker.faults[call].extend(["down"] * 1000)


def mend(world: Stage) -> None:
    world.broker.faults.clear()


async def rounds(world: Stage) -> None:
    while True:
        await world.clock.sleep(1)
        await world.floor.pulse()
