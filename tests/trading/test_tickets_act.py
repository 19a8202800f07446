"""Tickets of the house's own: released by what was signed, else proposed; denied like any other; and true after a crash at every line."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.errors import UserError
from domain.events import ActionProposed, TicketMoved
from domain.exits import ExitStatus
from domain.mandates import Scope
from domain.orders import CancelIntent, OrderIntent, OrderType, ReplaceIntent, Side
from domain.tickets import Proposer, Ticket, TicketStatus
from storage import exits, states
from tests.fakes.faulty_broker import Crash
from tests.trading.guards.stage import act, exit_rule, mandate, sign
from tests.trading.stage import START, Stage, bought, buy, close, deposit, stage, stop
from tests.trading.test_execution_crashes import Breaker
from trading.bus import Unit

D = Decimal


async def test_without_anything_signed_it_is_a_card_for_the_person() -> None:
    world = await stage()
    ticket = await act(world, close("AAPL", "10"))
    assert (ticket.status, ticket.mandate, ticket.proposer) == (TicketStatus.PROPOSED, None, Proposer.MONITOR)
    (asked,) = world.heard(ActionProposed)
    assert isinstance(asked, ActionProposed)
    assert (asked.ticket, asked.digest, asked.urgent, asked.why) == (ticket.id, ticket.digest(), True, "it was reached")
    assert not world.broker.delivered
    assert (await world.confirm(ticket)).status is TicketStatus.EXECUTED, "the person says yes to it"


async def test_a_strategys_card_is_not_urgent() -> None:
    world = await stage()
    await act(world, buy("XOM", "1"), scope=Scope.STRATEGIES, proposer=Proposer.STRATEGY)
    assert [e.urgent for e in world.heard(ActionProposed)] == [False]  # type: ignore[attr-defined]


async def test_a_mandate_releases_it_and_the_journal_says_which() -> None:
    world = await stage()
    await sign(world, mandate())
    ticket = await act(world, close("AAPL", "10"))
    assert (ticket.status, ticket.mandate) == (TicketStatus.EXECUTED, "m1")
    moves = [(e.status, e.who, e.reason) for e in world.heard(TicketMoved)]  # type: ignore[attr-defined]
    assert (TicketStatus.CONFIRMED, "mandate:m1", "it was reached") in moves
    assert not world.heard(ActionProposed)
    assert await world.agrees()


async def test_an_exits_own_card_releases_what_reduces_its_symbol_and_nothing_else() -> None:
    world = await stage()
    rule = exit_rule()
    assert (await act(world, close("AAPL", "2"), signed=rule)).mandate == "card"
    resting = await world.do(stop("AAPL", "8", "170"))
    name = f"{resting.id}-1"
    assert (await act(world, ReplaceIntent(name, "AAPL", stop=D(171)), signed=rule)).status is TicketStatus.EXECUTED
    assert (await act(world, CancelIntent(name, "AAPL"), close("AAPL", "1"), signed=rule)).status is TicketStatus.EXECUTED
    for intents in ((close("NVDA", "1"),), (buy("AAPL", "1"),), (close("AAPL", "1"), buy("XOM", "1"))):
        assert (await act(world, *intents, signed=rule)).status is TicketStatus.PROPOSED
    over = exit_rule(expires=START)
    assert (await act(world, close("AAPL", "1"), signed=over)).status is TicketStatus.PROPOSED
    gone = exit_rule(status=ExitStatus.REMOVED)
    assert (await act(world, close("AAPL", "1"), signed=gone)).status is TicketStatus.PROPOSED


async def test_an_exit_that_was_taken_back_meanwhile_releases_nothing() -> None:
    world = await stage()
    rule = exit_rule()
    async with world.store.write() as tx:
        await exits.add(tx, rule)
    assert (await act(world, close("AAPL", "1"), signed=rule)).status is TicketStatus.EXECUTED
    async with world.store.write() as tx:
        await exits.save(tx, rule.moved(ExitStatus.REMOVED))
    assert (await act(world, close("AAPL", "1"), signed=rule)).status is TicketStatus.PROPOSED


async def test_what_is_blocked_is_denied_and_covered_by_nothing() -> None:
    world = await stage()
    await sign(world, mandate(scopes=tuple(Scope), reduce_only=False))
    ticket = await act(world, buy("SPY", "1000"))
    assert (ticket.status, ticket.mandate) == (TicketStatus.DENIED, None)
    assert ticket.reason
    assert not world.broker.delivered
    assert not world.heard(ActionProposed)
    with pytest.raises(UserError):
        await act(world, buy("NOPE", "1"))


async def test_halted_it_only_reduces() -> None:
    world = await stage()
    await sign(world, mandate(scopes=tuple(Scope), reduce_only=False))
    await world.floor.killswitch.pull("me")
    denied = await act(world, buy("XOM", "1"))
    assert (denied.status, denied.findings[0].code) == (TicketStatus.DENIED, "halted")
    assert (await act(world, close("AAPL", "10"))).status is TicketStatus.EXECUTED


@pytest.mark.parametrize("kept", [True, False])
async def test_a_pull_between_the_judgement_and_the_release_holds(kept: bool) -> None:
    """Whether the database took the pull or not."""
    world = await stage()
    await sign(world, mandate(scopes=tuple(Scope), reduce_only=False))
    snapshot = world.floor.book.snapshot

    async def pulled(**options: object) -> object:
        seen = await snapshot(**options)  # type: ignore[arg-type]
        if options == {"day": False}:  # the last look before the transaction
            if kept:
                await world.floor.killswitch.pull("me")
            else:
                world.floor.book.set_halted(halted=True)
        return seen

    world.floor.book.snapshot = pulled  # type: ignore[method-assign, assignment]
    ticket = await act(world, buy("XOM", "1"))
    assert (ticket.status, ticket.mandate) == (TicketStatus.DENIED, None)
    assert "halted" in ticket.reason
    assert (await world.ticket(ticket.id)).status is TicketStatus.DENIED
    assert not world.broker.delivered


class TestBeside:
    async def test_what_stands_beside_it_is_written_with_it(self) -> None:
        world = await stage()
        seen: list[Ticket] = []

        async def beside(unit: Unit, ticket: Ticket) -> None:
            seen.append(ticket)
            await states.put(unit.tx, ticket.account, "beside", START)

        ticket = await act(world, close("AAPL", "1"), beside=beside)
        assert [t.id for t in seen] == [ticket.id]
        async with world.store.read() as tx:
            assert await states.get(tx, ticket.account, "beside", type(START)) == START

    async def test_when_it_fails_there_is_no_ticket_and_nothing_was_sent(self) -> None:
        world = await stage()
        await sign(world, mandate())

        async def beside(unit: Unit, ticket: Ticket) -> None:
            raise ValueError("it is gone already")

        with pytest.raises(ValueError, match="gone"):
            await act(world, close("AAPL", "1"), beside=beside)
        assert await world.tickets() == []
        assert not world.broker.delivered
        assert not world.floor.execution._record.driving

    async def test_two_that_fire_at_once_fire_once_where_beside_says_so(self) -> None:
        world = await stage()
        await sign(world, mandate())

        async def beside(unit: Unit, ticket: Ticket) -> None:
            if await states.get(unit.tx, ticket.account, "fired", str):
                raise ValueError("fired already")
            await states.put(unit.tx, ticket.account, "fired", ticket.id)

        both = await asyncio.gather(*(act(world, close("AAPL", "10"), beside=beside) for _ in range(2)), return_exceptions=True)
        assert sum(isinstance(b, ValueError) for b in both) == 1
        assert world.broker.delivered.total() == 1
        assert await world.agrees()


async def steps() -> list[str]:
    world = await stage()
    await sign(world, mandate())
    breaker = Breaker(0)
    arm(world, breaker)
    await act(world, close("AAPL", "10"))
    return breaker.steps


def arm(world: Stage, breaker: Breaker) -> None:
    for part in (world.floor.desk, world.floor.execution, world.floor.execution._record):
        part._fail = breaker


async def test_a_crash_at_every_step_leaves_the_truth() -> None:
    every = await steps()
    assert {"order.2 release before its commit", "order.3 after the release", "order.7 after the broker answered"} <= set(every)
    ends = []
    for at in range(1, len(every) + 1):
        world = await stage()
        await sign(world, mandate())
        arm(world, Breaker(at))
        with pytest.raises(Crash):
            await act(world, close("AAPL", "10"))
        await world.restart()
        await world.pass_time(1)
        assert all(count == 1 for count in world.broker.delivered.values())
        found = await world.tickets()
        ends.append(found[0].status if found else None)
        assert (TicketStatus.EXECUTED if world.broker.delivered else None) in (ends[-1], None)
        await world.restart()
        again = await world.tickets()
        assert [t.status for t in again] == [t.status for t in found], "starting once more changes nothing"
        assert await world.agrees()
        await world.journal()
    assert set(ends) == {None, TicketStatus.EXECUTED}, "release and order rows are one: it is sent, or there is no ticket"


async def test_where_the_venue_forgets_names_a_crash_before_the_send_sends_nothing() -> None:
    """Nobody knows whether it left, so it is not sent again: asked for until it cannot arrive any more, and then told."""
    for point in ("order.3 after the release", "order.5 rows after their commit", "order.6 before sending"):
        world = await stage(unique=False)
        await sign(world, mandate())
        arm(world, Breaker((await steps()).index(point) + 1))
        with pytest.raises(Crash):
            await act(world, close("AAPL", "10"))
        await world.restart()
        for seconds in (1, 62, 62):
            await world.pass_time(seconds)
        (found,) = await world.tickets()
        assert (found.status, world.broker.delivered.total()) == (TicketStatus.CANCELLED, 0)
        assert "never" in found.reason
        assert await world.agrees()


async def test_what_nobody_reads_waits_for_no_history_and_what_somebody_reads_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await stage()
    history, asked = world.hub.closes, []

    async def noted(symbol: str, *how: Any) -> object:
        asked.append(symbol)
        return await history(symbol, *how)

    monkeypatch.setattr(world.hub, "closes", noted)
    unread = await act(world, close("AAPL", "1"), signed=exit_rule())
    assert (unread.status, unread.consequence.changes) == (TicketStatus.EXECUTED, ())
    assert unread.consequence.legs[0].value is not None, "what is sent is counted all the same"
    assert not asked
    read = await act(world, close("AAPL", "1"), signed=exit_rule(expires=START))
    assert read.status is TicketStatus.PROPOSED
    assert asked
    assert "Cash" in [c.label for c in read.consequence.changes]
    assert len(await world.tickets()) == 2, "the try that needed a card left nothing behind"


async def test_a_card_of_automation_that_a_restart_met_is_expired() -> None:
    world = await stage()
    ticket = await act(world, close("AAPL", "10"))
    await world.restart()
    assert await world.status(ticket.id) is TicketStatus.EXPIRED


class TestMandates:
    async def test_scope_symbols_and_time(self) -> None:
        world = await stage()
        await sign(world, mandate(scopes=(Scope.TARGETS,), symbols=("AAPL",)))
        assert (await act(world, close("AAPL", "1"))).status is TicketStatus.PROPOSED
        assert (await act(world, close("NVDA", "1"), scope=Scope.TARGETS)).status is TicketStatus.PROPOSED
        assert (await act(world, close("AAPL", "1"), scope=Scope.TARGETS)).status is TicketStatus.EXECUTED
        world.clock.set(START + timedelta(days=30))
        assert (await act(world, close("AAPL", "1"), scope=Scope.TARGETS)).status is not TicketStatus.EXECUTED

    async def test_one_that_reduces_wants_orders_that_can_only_reduce(self) -> None:
        world = await stage()
        await sign(world, mandate())
        sale = OrderIntent("AAPL", Side.SELL, quantity=D(5))
        assert (await act(world, sale)).status is TicketStatus.PROPOSED, "two of these could cross zero"
        resting = await world.do(stop("AAPL", "5", "170"))
        assert (await act(world, ReplaceIntent(f"{resting.id}-1", "AAPL", stop=D(171)))).status is TicketStatus.EXECUTED
        assert (await act(world, CancelIntent(f"{resting.id}-1", "AAPL"))).status is TicketStatus.EXECUTED
        entry = await world.do(OrderIntent("AAPL", Side.BUY, OrderType.LIMIT, D(1), limit=D(170)))
        assert (await act(world, ReplaceIntent(f"{entry.id}-1", "AAPL", limit=D(171)))).status is TicketStatus.PROPOSED

    async def test_an_open_one_lets_it_open(self) -> None:
        world = await stage()
        await sign(world, mandate(scopes=(Scope.STRATEGIES,), reduce_only=False))
        assert (await act(world, buy("XOM", "1"), scope=Scope.STRATEGIES)).status is TicketStatus.EXECUTED

    async def test_money_for_an_order_and_for_a_day(self) -> None:
        world = await stage(deposit("100000"), bought("AAPL", "100", "170"))
        await sign(world, mandate(per_order=D(2000), per_day=D(4000)))
        assert (await act(world, close("AAPL", "11"))).status is TicketStatus.PROPOSED, "2,001.89"
        assert (await act(world, close("AAPL", "10"))).status is TicketStatus.EXECUTED
        assert (await act(world, close("AAPL", "10"))).status is TicketStatus.EXECUTED
        assert (await act(world, close("AAPL", "1"))).status is TicketStatus.EXECUTED
        assert (await act(world, close("AAPL", "1"))).status is TicketStatus.PROPOSED, "4,003.78"
        world.clock.set(START + timedelta(days=3))
        assert (await act(world, close("AAPL", "1"))).status is TicketStatus.EXECUTED, "another day"

    async def test_two_at_once_never_exceed_it_together(self) -> None:
        world = await stage(deposit("100000"), bought("AAPL", "100", "170"))
        await sign(world, mandate(orders_a_day=3))
        found = await asyncio.gather(*(act(world, close("AAPL", "1")) for _ in range(8)))
        assert sum(t.status is TicketStatus.EXECUTED for t in found) == 3
        assert sum(t.status is TicketStatus.PROPOSED for t in found) == 5
        await world.restart()
        assert (await act(world, close("AAPL", "1"))).status is TicketStatus.PROPOSED, "a restart forgets nothing"

    async def test_the_next_mandate_takes_what_the_first_has_no_room_for(self) -> None:
        world = await stage()
        await sign(world, mandate("m1", orders_a_day=1), mandate("m2", orders_a_day=1))
        assert [(await act(world, close("AAPL", "1"))).mandate for _ in range(3)] == ["m1", "m2", None]
