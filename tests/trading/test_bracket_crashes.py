"""A program that stops while a bracket fills: whatever filled meanwhile is protected exactly when it is back, and nothing twice."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest

from domain.orders import OrderType, Side
from domain.tickets import TicketStatus
from tests.fakes.faulty_broker import Crash
from tests.fakes.plain_venue import PlainVenue
from tests.trading.stage import Stage, bracket, limit, stage
from tests.trading.test_execution_crashes import Breaker

D = Decimal
TICKET = "r1x1"


def exits(venue: PlainVenue, kind: OrderType) -> Decimal:
    return sum((o.left for o in venue.orders.values() if o.open and o.reduce_only and o.type is kind), D(0))


def fill(venue: PlainVenue, quantity: str) -> None:
    """That much of the entry, if the venue has it."""
    if f"{TICKET}-1" in venue.orders:
        venue.fill(f"{TICKET}-1", quantity, "109")


async def story(world: Stage, venue: PlainVenue) -> None:
    """Confirmed, filled in three parts, a part of it sold by the target."""
    await world.confirm(await world.propose(*bracket(limit("XOM", Side.BUY, "10", "109"), at_stop="100", at_target="120")))
    fill(venue, "3")
    await world.floor.pulse()
    fill(venue, "2")
    await world.floor.pulse()


async def settled(world: Stage, venue: PlainVenue) -> None:
    """At rest: protected for what is held, the ticket true, a look more changes nothing."""
    for _ in range(4):
        await world.pass_time(65)
    sent = len(venue.orders)
    await world.restart()
    await world.floor.pulse()
    assert len(venue.orders) == sent
    held = venue.positions.get("XOM", D(0))
    assert (exits(venue, OrderType.STOP), exits(venue, OrderType.LIMIT)) == (held, held)
    waiting = [o for o in venue.orders.values() if o.open and o.reduce_only]
    assert len(waiting) == (2 if held else 0), "at most one order a leg"
    assert await world.agrees()
    status = await world.status(TICKET)
    if f"{TICKET}-1" in venue.orders:
        assert status is (TicketStatus.EXECUTED if venue.orders[f"{TICKET}-1"].filled == 10 and not held else TicketStatus.WORKING)
    else:
        assert status in (TicketStatus.EXPIRED, TicketStatus.FAILED, TicketStatus.CANCELLED)


@pytest.mark.parametrize("can_replace", [True, False])
@pytest.mark.parametrize("unique", [True, False])
async def test_a_crash_at_every_step_of_filling(unique: bool, can_replace: bool) -> None:
    at, reached = 0, True
    while reached:
        at += 1
        venue = PlainVenue(can_replace, unique=unique)
        breaker = Breaker(0)
        world = await stage(venue=venue, unique=unique, failpoint=breaker)
        breaker.at, breaker.steps = at, []
        with contextlib.suppress(Crash):
            await story(world, venue)
        reached = len(breaker.steps) >= at
        breaker.at = 0
        fill(venue, "1")  # while the program is away
        await world.restart()
        await settled(world, venue)
        if venue.positions.get("XOM"):
            fill(venue, str(10 - venue.orders[f"{TICKET}-1"].filled))
            await world.floor.pulse()
            stop = next(n for n, o in venue.orders.items() if o.open and o.type is OrderType.STOP)
            venue.fill(stop, "10", "100")
            await settled(world, venue)
    assert at > 15
