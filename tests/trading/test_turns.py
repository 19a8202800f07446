"""Two tickets that open, answered at the same instant: together they never pass where only one fits, and nobody else waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.mandates import Scope
from domain.orders import Intent, Order, OrderIntent, OrderType, ReplaceIntent, Side
from domain.ports import OrderReport
from domain.tickets import Proposer, Ticket, TicketStatus
from tests.trading.guards.stage import act, mandate, sign
from tests.trading.stage import LIMITS, Stage, buy, close, limit, stage, stop
from trading.assessment import Assessment
from trading.turns import Turns

D = Decimal


async def narrow() -> Stage:
    """A book at 37% of its equity that may go up to 100%."""
    world = await stage()
    world.floor.limits.current = replace(LIMITS, gross=D(1))
    return world


def ponder(world: Stage) -> None:
    """What is judged is acted on only a while later, as with a database and sources that take their time."""
    judge = world.floor.desk._assessor.assess

    async def assess(intents: Sequence[Intent], **how: Any) -> Assessment:
        found = await judge(intents, **how)
        for _ in range(50):
            await asyncio.sleep(0)
        return found

    world.floor.desk._assessor.assess = assess  # type: ignore[method-assign]


def statuses(tickets: list[Ticket]) -> list[str]:
    return sorted(t.status.value for t in tickets)


@pytest.mark.parametrize("kind", ["market", "limit"])
async def test_of_two_cards_tapped_at_once_only_one_passes(kind: str) -> None:
    world = await narrow()
    orders = {"market": lambda s, q: buy(s, q), "limit": lambda s, q: limit(s, Side.BUY, q, {"XOM": "100", "SPY": "500"}[s])}
    first, second = await world.propose(orders[kind]("XOM", "450")), await world.propose(orders[kind]("SPY", "85"))
    assert first.open
    assert second.open, "each of them fits alone"
    ponder(world)
    done = await asyncio.gather(world.confirm(first), world.confirm(second))
    assert statuses(list(done)) == sorted(["DENIED", "EXECUTED" if kind == "market" else "WORKING"])
    (denied,) = [t for t in done if t.status is TicketStatus.DENIED]
    assert {f.code for f in denied.findings} >= {"gross_exposure"}
    assert world.broker.delivered.total() == 1


async def test_what_a_person_taps_and_what_automation_does_at_once_is_judged_one_after_the_other() -> None:
    world = await narrow()
    await sign(world, mandate(scopes=tuple(Scope), reduce_only=False, orders_a_day=100))
    card = await world.propose(buy("XOM", "450"))
    ponder(world)
    done = await asyncio.gather(act(world, buy("SPY", "85"), scope=Scope.STRATEGIES, proposer=Proposer.STRATEGY), world.confirm(card))
    assert statuses(list(done)) == ["DENIED", "EXECUTED"]


async def test_the_next_is_judged_as_soon_as_the_rows_are_written_however_long_the_broker_takes() -> None:
    world = await narrow()
    world.broker.faults["submit"].append("hang")
    send, reached = world.broker.submit, asyncio.Event()

    async def submit(order: Order) -> OrderReport:
        reached.set()
        return await send(order)

    world.broker.submit = submit  # type: ignore[method-assign]
    first, second = await world.propose(buy("XOM", "450")), await world.propose(buy("SPY", "85"))
    slow = asyncio.ensure_future(world.confirm(first))
    await reached.wait()
    denied = await world.confirm(second)
    assert denied.status is TicketStatus.DENIED
    assert not slow.done()
    while not slow.done():
        await world.clock.advance(timedelta(seconds=1))
    assert (await slow).status is TicketStatus.CONFIRMED, "nobody knows yet whether it arrived"


async def test_closing_protecting_and_cancelling_never_wait_for_one_that_opens() -> None:
    world = await narrow()
    resting = await world.do(stop("AAPL", "5", "150"))
    opening = await world.propose(buy("XOM", "1"))
    reducing = [
        await world.propose(close("AAPL", "1")),
        await world.propose(stop("NVDA", "5", "100")),
        await world.propose(ReplaceIntent(f"{resting.id}-1", "AAPL", stop=D(151))),
    ]
    judge, begun, go = world.floor.desk._assessor.assess, asyncio.Event(), asyncio.Event()

    async def slow(intents: Sequence[Intent], **how: Any) -> Assessment:
        if intents == opening.intents:
            begun.set()
            await go.wait()
        return await judge(intents, **how)

    world.floor.desk._assessor.assess = slow  # type: ignore[method-assign]
    waiting = asyncio.ensure_future(world.confirm(opening))
    await begun.wait()
    done = [await world.confirm(ticket) for ticket in reducing]
    assert {t.status for t in done} <= {TicketStatus.EXECUTED, TicketStatus.WORKING}
    assert not waiting.done()
    go.set()
    assert (await waiting).status is TicketStatus.EXECUTED


async def test_a_turn_that_breaks_off_lets_the_next_one_in() -> None:
    turns = Turns()
    with pytest.raises(RuntimeError, match="broken"):
        async with turns.turn([buy("XOM", "1")], ()):
            raise RuntimeError("broken")
    async with turns.turn([OrderIntent("XOM", Side.SELL, OrderType.MARKET, D(1))], ()) as over:
        over()
        async with turns.turn([ReplaceIntent("unknown", "XOM", limit=D(1))], ()):
            over()  # its own has ended: this ends nobody else's
            nobody = asyncio.ensure_future(turns.turn([buy("XOM", "1")], ()).__aenter__())
            await asyncio.sleep(0)
            assert not nobody.done()
            nobody.cancel()
