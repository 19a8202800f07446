"""A crash at every step of releasing a ticket, and at every step of recovering from one: no order twice, every ticket true, books equal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from domain.orders import CancelIntent, Intent, Order, OrderIntent, OrderStatus, ReplaceIntent, ResumeIntent, Side
from domain.tickets import TicketStatus
from storage import orders
from tests.fakes.faulty_broker import Crash
from tests.trading.stage import Stage, bracket, buy, close, limit, stage, stop
from trading.legs import is_changed

D = Decimal
UNFINISHED = {TicketStatus.PROPOSED, TicketStatus.CONFIRMED}


@dataclass
class Breaker:
    """A failpoint that ends the program at the N-th step it is asked about; with 0 it only counts."""

    at: int
    steps: list[str] = field(default_factory=list)

    def __call__(self, name: str) -> None:
        self.steps.append(name)
        if len(self.steps) == self.at:
            raise Crash(name)


async def nothing(world: Stage) -> None:
    """No preparation."""


async def a_stop(world: Stage) -> None:
    await world.do(stop("AAPL", "10", "170"))


async def a_limit(world: Stage) -> None:
    await world.do(limit("SPY", Side.BUY, "5", "500"))


async def halted(world: Stage) -> None:
    await world.floor.killswitch.pull("me")


def faults(call: str, *kinds: str) -> Callable[[Stage], Awaitable[None]]:
    async def prepare(world: Stage) -> None:
        world.broker.faults[call].extend(kinds)

    return prepare


@dataclass(frozen=True)
class Scenario:
    name: str
    intents: tuple[Intent, ...]
    prepare: Callable[[Stage], Awaitable[None]] = nothing


SCENARIOS = (
    Scenario("close", (close("AAPL", "10"),)),
    Scenario("two closes", (close("AAPL", "10"), close("NVDA", "20"))),
    Scenario("open", (buy("XOM", "5"),)),
    Scenario("rest", (stop("NVDA", "20", "100"),)),
    Scenario("cancel", (CancelIntent("r1x1-1", "AAPL"),), a_stop),
    Scenario("change", (ReplaceIntent("r1x1-1", "AAPL", stop=D(172)),), a_stop),
    Scenario("change a limit", (ReplaceIntent("r1x1-1", "SPY", quantity=D(3), limit=D(505)),), a_limit),
    Scenario("cancel and close", (CancelIntent("r1x1-1", "AAPL"), close("AAPL", "10")), a_stop),
    Scenario("resume", (ResumeIntent(),), halted),
    Scenario("answer lost", (close("AAPL", "10"),), faults("submit", "lost_response")),
    Scenario("request lost", (close("AAPL", "10"),), faults("submit", "lost_request", "lost_request")),
    Scenario("bracket", bracket(buy("XOM", "5"), at_stop="100", at_target="120")),
    Scenario("bracket with an old stop", bracket(buy("AAPL", "5"), at_stop="165", at_target="200"), a_stop),
    Scenario("bracket that rests", bracket(limit("XOM", Side.BUY, "5", "100"), at_stop="90")),
    Scenario("bracket, entry lost", bracket(buy("XOM", "5"), at_stop="100", at_target="120"), faults("submit", "lost_response")),
    Scenario("bracket, entry refused", bracket(buy("XOM", "5"), at_stop="100"), faults("submit", "reject")),
    Scenario(
        "bracket, exits lost", bracket(buy("XOM", "5"), at_stop="100", at_target="120"), faults("submit", "ok", "lost_request", "late")
    ),
    Scenario("bracket, exits down", bracket(buy("XOM", "5"), at_stop="100", at_target="120"), faults("submit", "ok", "down", "throttled")),
    Scenario("bracket, crash behind its stop", bracket(buy("XOM", "5"), at_stop="100"), faults("submit", "ok", "crash_after")),
    Scenario("bracket, crash before its stop", bracket(buy("XOM", "5"), at_stop="100"), faults("submit", "ok", "crash_before")),
    Scenario("too busy", (close("AAPL", "10"),), faults("submit", "throttled", "throttled")),
    Scenario("refused", (close("AAPL", "10"),), faults("submit", "reject")),
    Scenario("down", (close("AAPL", "10"), close("NVDA", "20")), faults("submit", "down", "ok", "down")),
    Scenario("crash before the venue", (close("AAPL", "10"),), faults("submit", "crash_before")),
    Scenario("crash behind the venue", (close("AAPL", "10"),), faults("submit", "crash_after")),
    Scenario("cancel lost", (CancelIntent("r1x1-1", "AAPL"),), lambda w: both(w, a_stop, faults("cancel", "lost_request"))),
    Scenario(
        "change answer lost", (ReplaceIntent("r1x1-1", "AAPL", stop=D(172)),), lambda w: both(w, a_stop, faults("replace", "lost_response"))
    ),
)


async def both(world: Stage, *steps: Callable[[Stage], Awaitable[None]]) -> None:
    for step in steps:
        await step(world)


async def perform(scenario: Scenario, breaker: Breaker, *, unique: bool) -> tuple[Stage, str]:
    """Prepare, then release the ticket with the breaker in place; the world and the ticket's id."""
    world = await stage(unique=unique)
    await scenario.prepare(world)
    ticket = await world.propose(*scenario.intents)
    execution = world.floor.execution
    for part in (world.floor.desk, execution, execution.changes, execution._record):
        part._fail = breaker
    try:
        await world.confirm(ticket, word=ticket.word)
        await world.floor.pulse()
        await world.floor.pulse()
    except Crash:
        pass
    return world, ticket.id


async def recovered(world: Stage, breaker: Breaker) -> bool:
    """Start again with the breaker in place; False when that crashed too."""
    try:
        await world.restart(breaker)
        await world.floor.pulse()
        await world.floor.pulse()
    except Crash:
        return False
    finally:
        breaker.at = 0
    return True


async def recover_at_last(world: Stage) -> None:
    """Start until it stands: a fault that waits at the venue may end the program once more."""
    for _ in range(3):
        if await recovered(world, Breaker(0)):
            return
    raise AssertionError("it never started")


async def check(world: Stage, ticket_id: str) -> None:
    """At most one order a leg, a ticket that says what happened, and books that agree; twice, because the second look changes nothing."""
    for seconds in (1, 64, 62, 62, 62):  # a retry, the end of retrying, the end of the longest delay, and the same for what came after it
        try:
            await world.pass_time(seconds)
        except Crash:  # a fault that still waited at the venue
            await recover_at_last(world)
    before = [(t.id, t.status, t.reason) for t in await world.tickets()]
    await world.restart()
    assert [(t.id, t.status, t.reason) for t in await world.tickets()] == before
    assert await world.agrees()
    venue = await world.broker.state()
    assert {r.client_id for r in venue.orders} == {o.client_id for o in world.floor.book.orders if not o.held}
    await protects(world, ticket_id)
    if not world.broker.traits.ids_unique_for_ever:
        assert all(count <= 1 for count in world.broker.delivered.values())
    await tells_the_truth(world, ticket_id)
    await world.journal()


async def protects(world: Stage, ticket_id: str) -> None:
    """Each exit of a bracket covers exactly what its entry filled and no exit closed; nothing is left of one whose entry never filled."""
    for number, intent in enumerate((await world.ticket(ticket_id)).intents, 1):
        if not isinstance(intent, OrderIntent) or intent.waits_for is None:
            continue
        entry = await row(world, f"{ticket_id}-{intent.waits_for}")
        line = await world.floor.execution._record.chain(f"{ticket_id}-{number}")
        waits = [o for o in line if o.open]
        assert len(waits) <= 1
        want = entry.filled if entry is not None else D(0)
        assert sum((o.left for o in waits if not o.held), D(0)) == want
        assert any(o.held for o in waits) == (entry is not None and entry.open and not entry.filled)


async def tells_the_truth(world: Stage, ticket_id: str) -> None:
    ticket = await world.ticket(ticket_id)
    assert ticket.status not in UNFINISHED
    legs = [(n, i) for n, i in enumerate(ticket.intents, 1) if not (isinstance(i, OrderIntent) and i.waits_for)]  # exits: see `protects`
    done = [await leg_done(world, ticket_id, n, intent) for n, intent in legs]
    match ticket.status:
        case TicketStatus.EXECUTED:
            assert all(done)
        case TicketStatus.PARTIAL:
            assert any(done)
            assert not all(done)
        case TicketStatus.FAILED | TicketStatus.CANCELLED | TicketStatus.EXPIRED:
            assert not any(done), ticket
            assert ticket.reason
        case TicketStatus.WORKING:
            assert world.floor.book.orders


async def leg_done(world: Stage, ticket_id: str, leg: int, intent: Intent) -> bool:
    if isinstance(intent, OrderIntent):
        order = await row(world, f"{ticket_id}-{leg}")
        report = await world.broker.find(f"{ticket_id}-{leg}")
        filled = report.filled if report else D(0)
        assert filled == (order.filled if order else 0)
        return bool(filled)
    if isinstance(intent, ResumeIntent):
        return not world.floor.killswitch.halted()
    target = await row(world, intent.client_id)
    assert target is not None
    if isinstance(intent, CancelIntent):
        return target.status is OrderStatus.CANCELLED
    assert isinstance(intent, ReplaceIntent)
    return is_changed(target, intent)


async def row(world: Stage, name: str) -> Order | None:
    async with world.store.read() as tx:
        return await orders.get(tx, name)


@pytest.mark.parametrize("unique", [True, False])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
async def test_a_crash_at_every_step(scenario: Scenario, unique: bool) -> None:
    counting = Breaker(0)
    world, ticket_id = await perform(scenario, counting, unique=unique)
    await check(world, ticket_id)
    assert len(counting.steps) >= 3
    for at in range(1, len(counting.steps) + 1):
        world, ticket_id = await perform(scenario, Breaker(at), unique=unique)
        await recover_at_last(world)
        await check(world, ticket_id)


TWICE = [s for s in SCENARIOS if s.name in ("close", "change", "cancel and close", "answer lost", "crash behind the venue", "bracket")]


@pytest.mark.parametrize("scenario", TWICE, ids=lambda s: s.name)
async def test_a_crash_at_every_step_of_the_recovery_from_every_crash(scenario: Scenario) -> None:
    counting = Breaker(0)
    await perform(scenario, counting, unique=True)
    for first in range(1, len(counting.steps) + 1):
        second, reached = 0, True
        while reached:
            second += 1
            world, ticket_id = await perform(scenario, Breaker(first), unique=True)
            again = Breaker(second)
            if not await recovered(world, again):
                await recover_at_last(world)
            reached = len(again.steps) >= second
            await check(world, ticket_id)
