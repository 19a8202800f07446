"""The order buckets: a loop gets exactly its limit through, a crash that fires every stop is no loop, and a person is seldom held back."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.events import COUNT, LimitNeared
from domain.mandates import Scope
from domain.orders import CancelIntent, OrderIntent, OrderType, ReplaceIntent, Side
from domain.tickets import Proposer, Ticket, TicketStatus
from tests.trading.guards.stage import act, limit, mandate, sign
from tests.trading.stage import START, Stage, bought, buy, close, deposit, stage, stop
from trading.guards.buckets import CODE

D = Decimal
MUCH = (deposit("10000000"), bought("AAPL", "1000", "170"))
ASKED = int(os.environ.get("ASKED", "1000"))


async def looping(*, reduces_only: bool = False, **limits: object) -> Stage:
    """A rich account with a mandate that lets strategies do nearly anything."""
    world = await stage(*MUCH)
    limit(world, **limits)
    await sign(world, mandate(scopes=tuple(Scope), reduce_only=reduces_only, orders_a_day=1_000_000))
    return world


async def asks(world: Stage, *intents: OrderIntent | ReplaceIntent | CancelIntent) -> Ticket:
    return await act(world, *(intents or (buy("XOM", "1"),)), scope=Scope.STRATEGIES, proposer=Proposer.STRATEGY)


def overflows(world: Stage) -> list[LimitNeared]:
    return [e for e in world.events if isinstance(e, LimitNeared) and e.code == CODE]


async def test_a_strategy_that_asks_without_end_gets_exactly_the_limit_through() -> None:
    world = await looping(orders_a_minute=7, orders_a_day=25)
    ends: Counter[TicketStatus] = Counter()
    for number in range(ASKED):
        if number % (ASKED // 10) == 0:
            world.clock.set(world.clock.now() + timedelta(seconds=61))
        ends[(await asks(world)).status] += 1
    assert ends == {TicketStatus.EXECUTED: 25, TicketStatus.DENIED: ASKED - 25}
    assert world.broker.delivered.total() == 25
    assert [e.about for e in overflows(world)] == ["automation, orders a minute", "automation, orders a day"], "the owner hears each once"
    assert [(e.value, e.limit, e.unit) for e in overflows(world)] == [(8, 7, COUNT), (26, 25, COUNT)]


@pytest.mark.parametrize("together", [1, 3, 40])
async def test_many_at_once_never_exceed_it_together_and_a_restart_forgets_nothing(together: int) -> None:
    world = await looping(orders_a_minute=5)
    found = []
    for _ in range(40 // together):
        found += await asyncio.gather(*(asks(world) for _ in range(together)))
    assert sum(t.status is TicketStatus.EXECUTED for t in found) == 5
    await world.restart()
    limit(world, orders_a_minute=5)
    denied = await asks(world)
    assert (denied.status, denied.findings[0].code, denied.mandate) == (TicketStatus.DENIED, CODE, None)
    assert "at most 5 orders a minute" in denied.reason
    assert len(overflows(world)) == 1
    world.clock.set(START + timedelta(seconds=61))
    assert (await asks(world)).status is TicketStatus.EXECUTED


async def test_a_day_begins_anew() -> None:
    world = await looping(orders_a_day=2, orders_a_minute=100)
    assert [(await asks(world)).status.value for _ in range(3)] == ["EXECUTED", "EXECUTED", "DENIED"]
    world.clock.set(START + timedelta(days=3))
    assert (await asks(world)).status is TicketStatus.EXECUTED


async def test_money_a_day() -> None:
    world = await looping(notional_a_day=D("0.00005"))  # about 500
    assert [(await asks(world, buy("XOM", "2"))).status.value for _ in range(4)] == ["EXECUTED", "EXECUTED", "DENIED", "DENIED"]
    assert (await asks(world, buy("XOM", "2"))).reason.startswith("Too many orders (automation): at most $500.")
    (told,) = overflows(world)
    assert (told.about, told.value, told.unit) == ("automation, money a day", D("660.06"), "USD")


async def test_a_ticket_goes_whole_or_not_at_all() -> None:
    world = await looping(orders_a_minute=3)
    both = [buy("XOM", "1"), buy("SPY", "1")]
    assert (await asks(world, *both)).status is TicketStatus.EXECUTED
    assert (await asks(world, *both)).status is TicketStatus.DENIED
    assert (await asks(world)).status is TicketStatus.EXECUTED


async def test_changing_an_order_over_and_over_is_a_loop_too() -> None:
    world = await looping(orders_a_minute=4)
    resting = await world.do(OrderIntent("SPY", Side.BUY, OrderType.LIMIT, D(1), limit=D(550)))
    found = [await asks(world, ReplaceIntent(f"{resting.id}-1", "SPY", limit=D(540 + n % 2))) for n in range(8)]
    assert Counter(t.status for t in found)[TicketStatus.DENIED] == 4
    assert (await asks(world, CancelIntent(f"{resting.id}-1", "SPY"))).status is TicketStatus.EXECUTED, "taking back is no order"
    world.clock.set(START + timedelta(seconds=61))
    assert [(await asks(world)).status.value for _ in range(5)] == ["EXECUTED"] * 4 + ["DENIED"]


class TestReducing:
    async def test_every_stop_of_a_book_at_once_is_no_loop(self) -> None:
        world = await stage(*MUCH, bought("NVDA", "100", "100"), bought("SPY", "100", "500"), bought("XOM", "100", "100"))
        limit(world, orders_a_minute=1)
        await sign(world, mandate(orders_a_day=1000))
        found = [await act(world, close(symbol, "1")) for symbol in ("AAPL", "NVDA", "SPY", "XOM")]
        assert {t.status for t in found} == {TicketStatus.EXECUTED}

    async def test_a_loop_on_one_symbol_is(self) -> None:
        world = await looping(orders_a_minute=1, reduces_only=True)
        found = [await act(world, close("AAPL", "1")) for _ in range(15)]
        assert [t.status for t in found].count(TicketStatus.EXECUTED) == 10
        assert [e.about for e in overflows(world)] == ["AAPL, orders a minute"]

    async def test_a_loop_that_opens_does_not_use_up_what_protects(self) -> None:
        world = await looping(orders_a_minute=2)
        for _ in range(10):
            await asks(world)
        assert (await act(world, close("AAPL", "1"))).status is TicketStatus.EXECUTED
        assert (await act(world, stop("AAPL", "1", "100"))).status is TicketStatus.WORKING


class TestPeople:
    async def test_have_ten_times_as_much(self) -> None:
        world = await looping(orders_a_minute=1)
        assert (await asks(world)).status is TicketStatus.EXECUTED
        found = [await world.do(buy("XOM", "1")) for _ in range(11)]
        assert [t.status for t in found] == [TicketStatus.EXECUTED] * 10 + [TicketStatus.DENIED]
        assert found[-1].findings[0].code == CODE
        assert found[-1].reason.endswith("Nothing was sent.")
        assert [e.about for e in overflows(world)] == ["by hand, orders a minute"]

    async def test_are_never_kept_from_reducing(self) -> None:
        world = await looping(orders_a_minute=1)
        for _ in range(12):
            assert (await world.do(close("AAPL", "1"))).status is TicketStatus.EXECUTED

    async def test_a_card_nobody_confirmed_is_no_order(self) -> None:
        world = await looping(orders_a_minute=1)
        for _ in range(9):
            await world.do(buy("XOM", "1"))
        said_no = await world.propose(buy("XOM", "1"))
        await world.floor.desk.cancel(said_no.id, said_no.origin)
        done = await world.do(OrderIntent("SPY", Side.BUY, OrderType.LIMIT, D(1), limit=D(550)))
        assert done.status is TicketStatus.WORKING
        await world.broker.inner.cancel(f"{done.id}-1")
        await world.pass_time(1)
        assert await world.status(done.id) is TicketStatus.CANCELLED
        assert (await world.do(buy("XOM", "1"))).status is TicketStatus.DENIED, "an order that came to nothing was one"


async def test_cards_of_automation_are_counted_too() -> None:
    world = await stage(*MUCH)
    limit(world, orders_a_minute=3)
    found = [await asks(world) for _ in range(10)]
    assert Counter(t.status for t in found) == {TicketStatus.PROPOSED: 3, TicketStatus.DENIED: 7}
    assert [e.about for e in overflows(world)] == ["cards of automation, orders a minute"]


async def test_an_overflow_that_lasts_is_told_once_an_hour() -> None:
    world = await looping(orders_a_day=1, orders_a_minute=100)
    for _ in range(8):
        await asks(world)
        world.clock.set(world.clock.now() + timedelta(minutes=20))
    assert len(overflows(world)) == 3
