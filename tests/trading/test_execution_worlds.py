"""Seeded worlds of random trouble: whatever happened, in the end every ticket is true, no leg is at the venue twice and the books agree."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

import pytest

from domain.errors import UserError
from domain.events import StopFailed
from domain.orders import CancelIntent, Intent, OrderIntent, OrderStatus, OrderType, ReplaceIntent, ResumeIntent, Side
from domain.tickets import TicketStatus
from tests.fakes.faulty_broker import Crash
from tests.trading.stage import Stage, bracket, buy, close, limit, stage, stop
from tests.trading.test_execution_crashes import Breaker, row, tells_the_truth

T = TypeVar("T")

WORLDS = 60
STEPS = 14
FAULTS = {
    "submit": ("lost_request", "lost_response", "late", "down", "throttled", "reject", "odd", "crash_before", "crash_after"),
    "cancel": ("lost_request", "lost_response", "down", "throttled", "reject", "crash_before", "crash_after"),
    "replace": ("lost_request", "lost_response", "down", "throttled", "reject", "crash_after"),
    "find": ("down", "odd", "throttled"),
    "state": ("down", "throttled"),
    "updates": ("down", "throttled"),
}


class Dice:
    """The same throws for the same seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._thrown = 0

    def below(self, sides: int) -> int:
        self._thrown += 1
        digest = hashlib.sha256(f"{self._seed}/{self._thrown}".encode()).digest()
        return int.from_bytes(digest[:4], "big") % sides

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]


def intents(world: Stage, dice: Dice) -> tuple[Intent, ...]:
    waiting = list(world.floor.book.orders)
    made: list[tuple[Intent, ...]] = [
        (close("AAPL", "3"),),
        (close("NVDA", "5"), buy("XOM", "2")),
        (stop("NVDA", "5", "100"),),
        (limit("SPY", Side.BUY, "1", "550"),),
        bracket(buy("XOM", "3"), at_stop="100", at_target="120"),
        bracket(limit("SPY", Side.BUY, "1", "551"), at_stop="500"),
        (OrderIntent("AAPL", Side.SELL, OrderType.TRAILING, Decimal(2), trail_percent=Decimal("0.03"), reduce_only=True),),
    ]
    if waiting:
        order = dice.one_of(waiting)
        made += [(CancelIntent(order.client_id, order.symbol),), (CancelIntent(order.client_id, order.symbol), close("AAPL", "1"))]
        if order.type is OrderType.LIMIT:
            made.append((ReplaceIntent(order.client_id, order.symbol, limit=Decimal(551)),))
    if world.floor.book.halted:
        made.append((ResumeIntent(),))
    return dice.one_of(made)


async def step(world: Stage, dice: Dice) -> None:
    match dice.below(10):
        case 0 | 1 | 2 | 3:
            call = dice.one_of(list(FAULTS))
            world.broker.faults[call].extend([dice.one_of(FAULTS[call])] * (1 + dice.below(2)))
            await world.do(*intents(world, dice))
        case 4:
            await world.do(*intents(world, dice))
        case 5:
            await world.restart(Breaker(dice.below(8)))
        case 6:
            await world.broker.deliver()
        case 7:
            await world.pass_time(1 + dice.below(90))
        case 8:
            await world.floor.killswitch.pull("me")
        case 9:
            world.broker.shuffle = lambda reports: list(reversed(reports)) + reports
            await world.pass_time(1)


async def settle(world: Stage, dice: Dice) -> None:
    """The trouble is over: late requests arrive, time passes, and the program starts once more."""
    world.broker.faults.clear()
    await world.restart()
    for seconds in (1, 62, 62, 62, 1):
        await world.pass_time(seconds)
    await world.broker.deliver()
    for seconds in (1, 1, 1):
        await world.pass_time(seconds)
    await world.restart()


async def protects_or_told(world: Stage, ticket: str, leg: int) -> None:
    """An exit that a person has not taken over covers what its entry filled; where it was refused and was a stop, that was told."""
    line = await world.floor.execution._record.chain(f"{ticket}-{leg}")
    last = line[-1]
    if last.waits_for is None:
        return
    entry = await row(world, last.waits_for)
    assert entry is not None
    covered = sum((o.left for o in line if o.working), Decimal(0))
    refused = last.status is OrderStatus.REJECTED
    assert covered == entry.filled or refused, (entry, last)
    if refused and entry.filled and last.type is OrderType.STOP:
        assert [e for e in world.heard(StopFailed) if e.symbol == last.symbol]  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", range(WORLDS))
async def test_a_world(seed: int) -> None:
    dice = Dice(seed)
    world = await stage(unique=bool(seed % 2))
    for _ in range(STEPS):
        try:
            await step(world, dice)
        except UserError:
            continue
        except Crash:
            world.open()
            world.broker.faults["submit"].clear()
            world.broker.faults["cancel"].clear()
            world.broker.faults["replace"].clear()
            await world.floor.start()
    await settle(world, dice)
    assert await world.agrees()
    if not seed % 2:
        assert all(count == 1 for count in world.broker.delivered.values())
    at_venue = {r.client_id for r in (await world.broker.state()).orders}
    assert at_venue == {o.client_id for o in world.floor.book.orders if not o.held}
    for ticket in await world.tickets():
        assert ticket.status not in (TicketStatus.CONFIRMED, TicketStatus.PROPOSED)
        for leg, intent in enumerate(ticket.intents, 1):
            order = await row(world, f"{ticket.id}-{leg}") if isinstance(intent, OrderIntent) else None
            report = await world.broker.inner.find(f"{ticket.id}-{leg}") if order else None
            assert (report.filled if report else 0) == (order.filled if order else 0)
            if isinstance(intent, OrderIntent) and intent.waits_for and order is not None:
                await protects_or_told(world, ticket.id, leg)
        if all(isinstance(i, OrderIntent) for i in ticket.intents) and ticket.status is not TicketStatus.DENIED:
            await tells_the_truth(world, ticket.id)
    await world.journal()
