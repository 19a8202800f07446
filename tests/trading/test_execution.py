"""Execution: lost, late, repeated and disordered answers, what is told about them, and that the book follows the executions alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import StorageFailed
from domain.events import (
    OrderAccepted,
    OrderCancelled,
    OrderFilled,
    OrderOutcomeUnknown,
    OrderRejected,
    OrderReplaced,
    PositionClosed,
    PositionOpened,
    TicketMoved,
)
from domain.orders import CancelIntent, Fill, Order, OrderIntent, OrderStatus, OrderType, ReplaceIntent, ResumeIntent, Side
from domain.ports import OrderReport
from domain.tickets import Ticket, TicketStatus
from storage import orders, tickets
from tests.fakes.faulty_broker import Crash
from tests.fakes.market import bar
from tests.trading.stage import ACCOUNT, START, Stage, bought, buy, close, deposit, limit, stage, stop
from trading.legs import order_for

D = Decimal


async def row(world: Stage, name: str) -> Order:
    async with world.store.read() as tx:
        found = await orders.get(tx, name)
    assert found is not None
    return found


def report(
    name: str, status: OrderStatus, fills: Sequence[Fill] = (), *, quantity: str = "10", after: float = 1, reason: str = "", **more: Decimal
) -> OrderReport:
    """What a venue says of an AAPL order that many seconds after the start."""
    filled = more.pop("filled", sum((f.quantity for f in fills), D(0)))
    at = START + timedelta(seconds=after)
    return OrderReport(name, "b1", "AAPL", status, D(quantity), filled, None, at, fills=tuple(fills), reason=reason, **more)


def fill(name: str, id: str, quantity: str, price: str, *, side: Side = Side.BUY, after: float = 1) -> Fill:
    return Fill(id, name, ACCOUNT, "AAPL", side, D(quantity), D(price), D("0.10"), START + timedelta(seconds=after))


async def resting(world: Stage, quantity: str = "10") -> tuple[Ticket, str]:
    """A limit order that waits at the venue."""
    ticket = await world.do(limit("AAPL", Side.BUY, quantity, "170"))
    assert ticket.status is TicketStatus.WORKING
    return ticket, f"{ticket.id}-1"


async def planted(world: Stage, template: Ticket, name: str) -> str:
    """A ticket that was confirmed and whose order was sent, written straight into the store."""
    ticket = replace(template, id=name, status=TicketStatus.CONFIRMED)
    order = order_for(ticket, 1, ticket.intents[0], START)  # type: ignore[arg-type]
    async with world.store.write() as tx:
        await tickets.add(tx, ticket)
        await orders.add(tx, order)
    world.floor.book.put(order)
    return order.client_id


class TestOneOrder:
    async def test_the_row_is_there_before_the_broker_hears(self) -> None:
        world = await stage()
        seen: list[OrderStatus] = []
        inner = world.broker.inner.submit

        async def submit(order: Order) -> OrderReport:
            seen.append((await row(world, order.client_id)).status)
            return await inner(order)

        world.broker.inner.submit = submit  # type: ignore[method-assign]
        await world.do(close("AAPL", "10"))
        assert seen == [OrderStatus.PENDING]

    async def test_what_is_told_of_a_close(self) -> None:
        world = await stage()
        await world.do(close("AAPL", "10"))
        filled = world.heard(OrderFilled)[0]
        assert isinstance(filled, OrderFilled)
        assert filled.realised == (filled.fill.price - 170) * 10
        assert isinstance(closed := world.heard(PositionClosed)[0], PositionClosed)
        assert closed.realised == filled.realised
        moves = [e.status for e in world.heard(TicketMoved) if isinstance(e, TicketMoved)]
        assert moves == [TicketStatus.PROPOSED, TicketStatus.CONFIRMED, TicketStatus.EXECUTED]
        kinds = await world.journal()
        assert kinds.index("OrderFilled") < kinds.index("PositionClosed") < len(kinds) - 1

    async def test_what_is_told_of_a_first_buy_and_of_a_flip(self) -> None:
        world = await stage(shorting=True)
        await world.do(buy("XOM", "5"))
        assert [e.symbol for e in world.heard(PositionOpened)] == ["XOM"]  # type: ignore[attr-defined]
        await world.do(OrderIntent("XOM", Side.SELL, quantity=D(8)))
        assert [e.quantity for e in world.heard(PositionOpened)] == [D(5), D(-3)]  # type: ignore[attr-defined]
        assert [e.symbol for e in world.heard(PositionClosed)] == ["XOM"]  # type: ignore[attr-defined]
        assert await world.agrees()

    async def test_a_resting_order_keeps_its_ticket_working_until_it_fills(self) -> None:
        world = await stage()
        ticket, name = await resting(world)
        assert [type(e) for e in world.events if type(e) is OrderAccepted] == [OrderAccepted]
        world.market.add(bar("AAPL", START + timedelta(minutes=1), "171", "171", "169", "170"))
        world.market.quote("AAPL", "169.99", "170.01")
        await world.pass_time(180)
        assert await world.status(ticket.id) is TicketStatus.EXECUTED
        assert (await row(world, name)).status is OrderStatus.FILLED
        assert await world.agrees()

    async def test_a_day_order_that_expires_cancels_its_ticket(self) -> None:
        world = await stage()
        ticket = await world.do(OrderIntent("AAPL", Side.BUY, OrderType.LIMIT, D(1), limit=D(170)))
        await world.pass_time(8 * 3600)
        after = await world.ticket(ticket.id)
        assert after.status is TicketStatus.CANCELLED
        assert after.reason
        assert world.heard(OrderCancelled)

    async def test_a_crash_between_sending_and_knowing_is_asked_for_and_waited_for(self) -> None:
        world = await stage(unique=False)
        world.broker.faults["submit"].append("crash_before")
        ticket = await world.propose(close("AAPL", "10"))
        with pytest.raises(Crash):
            await world.confirm(ticket)
        world.broker.faults["find"].append("down")
        await world.pass_time(61)
        assert (await row(world, f"{ticket.id}-1")).status is OrderStatus.PENDING
        await world.pass_time(1)
        assert (await row(world, f"{ticket.id}-1")).status is OrderStatus.UNKNOWN
        await world.pass_time(30)
        assert await world.status(ticket.id) is TicketStatus.CONFIRMED
        await world.pass_time(31)
        assert await world.status(ticket.id) is TicketStatus.CANCELLED

    async def test_an_answer_that_was_lost_in_a_crash_is_found(self) -> None:
        world = await stage(unique=False)
        world.broker.faults["submit"].append("crash_after")
        ticket = await world.propose(close("AAPL", "10"))
        with pytest.raises(Crash):
            await world.confirm(ticket)
        world.broker.faults["updates"].append("down")
        await world.pass_time(1)
        assert await world.status(ticket.id) is TicketStatus.EXECUTED

    async def test_a_leg_that_is_settled_is_not_done_again(self) -> None:
        world = await stage()
        _, one = await resting(world)
        _, two = await resting(world)
        world.broker.faults["cancel"].extend(["ok", "down"])
        card = await world.do(CancelIntent(one, "AAPL"), CancelIntent(two, "AAPL"))
        assert card.status is TicketStatus.CONFIRMED
        await world.pass_time(1)
        assert await world.status(card.id) is TicketStatus.EXECUTED
        assert [name for call, name in world.broker.calls if call == "cancel"] == [one, two, two]

    async def test_a_refusal_fails_the_ticket_with_the_brokers_words(self) -> None:
        world = await stage()
        world.broker.faults["submit"].append("reject")
        ticket = await world.do(close("AAPL", "10"))
        assert (ticket.status, ticket.reason) == (TicketStatus.FAILED, "the venue does not want it")
        assert world.heard(OrderRejected)
        assert world.floor.book.orders == ()

    async def test_one_of_two_refused_is_a_part(self) -> None:
        world = await stage()
        world.broker.faults["submit"].append("reject")
        ticket = await world.do(close("AAPL", "10"), close("NVDA", "20"))
        assert (ticket.status, ticket.reason) == (TicketStatus.PARTIAL, "the venue does not want it")


class TestNoAnswer:
    async def test_a_lost_answer_is_asked_for_and_never_sent_again(self) -> None:
        world = await stage()
        world.broker.faults["submit"].append("lost_response")
        ticket = await world.do(close("AAPL", "10"))
        assert ticket.status is TicketStatus.EXECUTED
        assert world.broker.delivered.total() == 1
        assert world.heard(OrderOutcomeUnknown)
        assert await world.agrees()

    async def test_an_answer_nobody_can_read_is_no_refusal(self) -> None:
        world = await stage()
        world.broker.faults["submit"].append("odd")
        ticket = await world.do(close("AAPL", "10"))
        assert ticket.status is TicketStatus.CONFIRMED
        assert (await row(world, f"{ticket.id}-1")).status is OrderStatus.UNKNOWN
        await world.pass_time(1)
        assert await world.status(ticket.id) is TicketStatus.EXECUTED

    async def test_a_lost_request_goes_again_under_its_name_where_names_last(self) -> None:
        world = await stage()
        world.broker.faults["submit"].extend(["lost_request", "lost_request", "lost_request"])
        ticket = await world.do(close("AAPL", "10"))
        assert (ticket.status, len(world.heard(OrderOutcomeUnknown))) == (TicketStatus.CONFIRMED, 1)
        await world.pass_time(5, step=1)
        assert await world.status(ticket.id) is TicketStatus.EXECUTED
        assert len(world.heard(OrderOutcomeUnknown)) == 1  # told once
        assert {name for call, name in world.broker.calls if call == "submit"} == {f"{ticket.id}-1"}

    async def test_elsewhere_it_is_never_sent_twice_and_given_up_with_the_truth(self) -> None:
        world = await stage(unique=False)
        world.broker.faults["submit"].append("lost_request")
        ticket = await world.do(close("AAPL", "10"))
        await world.pass_time(60, step=10)
        assert await world.status(ticket.id) is TicketStatus.CONFIRMED  # it may still arrive
        await world.pass_time(1)
        after = await world.ticket(ticket.id)
        assert after.status is TicketStatus.CANCELLED
        assert "never arrived" in after.reason
        assert [c for c, _ in world.broker.calls].count("submit") == 1
        assert world.heard(OrderCancelled)

    async def test_a_minute_later_nothing_is_sent_again(self) -> None:
        world = await stage()
        world.broker.faults["submit"].append("lost_request")
        world.broker.faults["find"].extend(["down"] * 3)
        ticket = await world.do(close("AAPL", "10"))
        await world.pass_time(61)  # the broker could not be asked before
        await world.pass_time(62)
        assert await world.status(ticket.id) is TicketStatus.CANCELLED
        assert not world.broker.delivered

    async def test_a_request_that_arrives_late_is_adopted(self) -> None:
        world = await stage(unique=False)
        world.broker.faults["submit"].append("late")
        ticket = await world.do(close("AAPL", "10"))
        await world.pass_time(30, step=10)
        await world.broker.deliver()
        await world.pass_time(1)
        assert await world.status(ticket.id) is TicketStatus.EXECUTED
        assert await world.agrees()

    async def test_one_that_arrives_after_it_was_given_up_is_taken_back(self) -> None:
        world = await stage(unique=False)
        world.broker.faults["submit"].append("late")
        ticket = await world.do(limit("AAPL", Side.BUY, "10", "170"))
        await world.pass_time(61)
        assert await world.status(ticket.id) is TicketStatus.CANCELLED
        await world.broker.deliver()
        world.broker.faults["cancel"].append("down")
        await world.pass_time(1)
        assert len((await world.broker.state()).orders) == 1
        await world.pass_time(1)
        assert (await world.broker.state()).orders == ()
        assert await world.status(ticket.id) is TicketStatus.CANCELLED

    async def test_and_also_after_a_restart(self) -> None:
        world = await stage(unique=False)
        world.broker.faults["submit"].append("late")
        await world.do(limit("AAPL", Side.BUY, "10", "170"))
        await world.pass_time(61)
        await world.broker.deliver()
        world.broker.faults["cancel"].append("reject")
        await world.restart()
        await world.restart()
        assert (await world.broker.state()).orders == ()

    async def test_what_fills_after_it_was_given_up_is_booked_and_told(self) -> None:
        world = await stage(unique=False)
        world.broker.faults["submit"].append("late")
        ticket = await world.do(close("AAPL", "10"))
        await world.pass_time(61)
        await world.broker.deliver()
        await world.pass_time(1)
        assert await world.status(ticket.id) is TicketStatus.EXECUTED
        assert world.heard(OrderFilled)
        assert await world.agrees()


class TestBrokerDown:
    async def test_it_waits_and_goes_when_the_broker_is_back(self) -> None:
        world = await stage(unique=False)  # nothing was sent, so sending is safe anywhere
        world.broker.faults["submit"].extend(["down", "down"])
        ticket = await world.do(close("AAPL", "10"))
        assert ticket.status is TicketStatus.CONFIRMED
        assert (await row(world, f"{ticket.id}-1")).status is OrderStatus.PENDING
        await world.pass_time(2, step=1)
        assert await world.status(ticket.id) is TicketStatus.EXECUTED

    async def test_after_a_minute_it_fails_with_the_truth(self) -> None:
        world = await stage()
        world.broker.faults["submit"].extend(["down"] * 100)
        ticket = await world.do(close("AAPL", "10"))
        await world.pass_time(70, step=5)
        after = await world.ticket(ticket.id)
        assert (after.status, after.reason) == (TicketStatus.FAILED, "the broker could not be reached: nothing was sent")
        assert not world.broker.delivered

    async def test_a_card_can_take_it_back_before_it_left(self) -> None:
        world = await stage()
        world.broker.faults["submit"].append("down")
        ticket = await world.do(limit("AAPL", Side.BUY, "1", "170"))
        taken = await world.do(CancelIntent(f"{ticket.id}-1", "AAPL"))
        assert taken.status is TicketStatus.EXECUTED
        assert await world.status(ticket.id) is TicketStatus.FAILED
        assert not world.broker.delivered

    async def test_halting_stops_what_has_not_left(self) -> None:
        world = await stage()
        world.broker.faults["submit"].append("down")
        ticket = await world.do(buy("XOM", "1"))
        await world.floor.killswitch.pull("me")
        await world.pass_time(1)
        after = await world.ticket(ticket.id)
        assert after.status is TicketStatus.FAILED
        assert "halted" in after.reason
        assert not world.broker.delivered

    async def test_a_pulse_survives_everything_being_down(self) -> None:
        world = await stage()
        await resting(world)
        for call in ("updates", "find", "state"):
            world.broker.faults[call].extend(["down"] * 3)
        await world.pass_time(3, step=1)
        world.broker.faults["find"].append("down")
        await world.restart()
        await world.pass_time(1)
        assert len(world.floor.book.orders) == 1

    async def test_while_it_is_down_a_restart_leaves_orders_in_flight_as_they_are(self) -> None:
        world = await stage()
        world.broker.faults["submit"].append("lost_response")
        world.broker.faults["find"].extend(["down"] * 9)
        ticket = await world.do(close("AAPL", "10"))
        world.broker.faults["updates"].extend(["down"] * 9)
        await world.restart()
        assert await world.status(ticket.id) is TicketStatus.CONFIRMED
        world.broker.faults.clear()
        await world.pass_time(1)
        assert await world.status(ticket.id) is TicketStatus.EXECUTED


class TestCancelAndChange:
    async def test_cancelling_ends_both_tickets_truthfully(self) -> None:
        world = await stage()
        ticket, name = await resting(world)
        done = await world.do(CancelIntent(name, "AAPL"))
        assert done.status is TicketStatus.EXECUTED
        assert await world.status(ticket.id) is TicketStatus.CANCELLED
        assert world.floor.book.orders == ()

    async def test_what_was_filled_before_the_cancel_arrived_says_so(self) -> None:
        world = await stage()
        ticket, name = await resting(world)
        card = await world.propose(CancelIntent(name, "AAPL"))
        world.broker.extra = [report(name, OrderStatus.FILLED, [fill(name, "x1", "10", "170")])]
        await world.floor.pulse()
        after = await world.confirm(card) if (await world.ticket(card.id)).open and world.floor.book.orders else None
        assert after is None
        assert await world.status(ticket.id) is TicketStatus.EXECUTED

    async def test_an_order_that_ends_between_card_and_cancel(self) -> None:
        world = await stage()
        _, name = await resting(world)
        card = await world.propose(CancelIntent(name, "AAPL"))
        released = card.moved(TicketStatus.CONFIRMED)
        async with world.store.write() as tx:
            await tickets.move(tx, card.id, TicketStatus.PROPOSED, TicketStatus.CONFIRMED)
        await world.floor.execution._record.apply(report(name, OrderStatus.FILLED, [fill(name, "x1", "10", "170")]))
        await world.floor.execution.submit(released)
        after = await world.ticket(card.id)
        assert (after.status, after.reason) == (TicketStatus.FAILED, f"order {name} was filled before the cancel arrived")

    @pytest.mark.parametrize("fault", ["lost_request", "lost_response", "down"])
    async def test_a_cancel_without_an_answer_is_repeated(self, fault: str) -> None:
        world = await stage()
        ticket, name = await resting(world)
        world.broker.faults["cancel"].append(fault)
        card = await world.do(CancelIntent(name, "AAPL"))
        assert card.status is TicketStatus.CONFIRMED
        await world.pass_time(1)
        assert await world.status(card.id) is TicketStatus.EXECUTED
        assert await world.status(ticket.id) is TicketStatus.CANCELLED

    async def test_a_cancel_the_broker_never_confirms_fails_with_the_truth(self) -> None:
        world = await stage()
        ticket, name = await resting(world)
        world.broker.faults["cancel"].extend(["lost_request"] * 500)
        card = await world.do(CancelIntent(name, "AAPL"))
        await world.pass_time(190, step=10)
        after = await world.ticket(card.id)
        assert (after.status, after.reason) == (TicketStatus.FAILED, f"the broker never confirmed the cancel of order {name}")
        assert await world.status(ticket.id) is TicketStatus.WORKING

    async def test_a_cancel_the_broker_refuses(self) -> None:
        world = await stage()
        _, name = await resting(world)
        world.broker.faults["cancel"].append("reject")
        card = await world.do(CancelIntent(name, "AAPL"))
        assert (card.status, card.reason) == (TicketStatus.FAILED, "the venue does not want it")

    async def test_changing(self) -> None:
        world = await stage()
        ticket, name = await resting(world)
        card = await world.do(ReplaceIntent(name, "AAPL", limit=D(171), quantity=D(8)))
        assert card.status is TicketStatus.EXECUTED
        order = await row(world, name)
        assert (order.limit, order.quantity) == (D(171), D(8))
        assert world.heard(OrderReplaced)
        assert await world.status(ticket.id) is TicketStatus.WORKING
        await world.pass_time(1)  # an older report that was still on its way changes nothing back
        assert (await row(world, name)).limit == D(171)
        await world.restart()
        assert (await row(world, name)).limit == D(171)

    async def test_changing_a_trail(self) -> None:
        world = await stage()
        trailing = OrderIntent("AAPL", Side.SELL, OrderType.TRAILING, D(10), trail_percent=D("0.02"), reduce_only=True)
        name = f"{(await world.do(trailing)).id}-1"
        card = await world.do(ReplaceIntent(name, "AAPL", trail=D(5)))
        assert card.status is TicketStatus.EXECUTED
        order = await row(world, name)
        assert (order.trail, order.trail_percent) == (D(5), None)

    @pytest.mark.parametrize("fault", ["lost_request", "lost_response", "down"])
    async def test_a_change_without_an_answer_is_repeated(self, fault: str) -> None:
        world = await stage()
        _, name = await resting(world)
        world.broker.faults["replace"].append(fault)
        card = await world.do(ReplaceIntent(name, "AAPL", limit=D(171)))
        await world.pass_time(2, step=1)
        assert await world.status(card.id) is TicketStatus.EXECUTED
        assert (await row(world, name)).limit == D(171)

    async def test_a_change_the_broker_refuses_or_never_confirms(self) -> None:
        world = await stage()
        _, name = await resting(world)
        world.broker.faults["replace"].append("reject")
        assert (await world.do(ReplaceIntent(name, "AAPL", limit=D(171)))).status is TicketStatus.FAILED
        world.broker.faults["replace"].extend(["lost_request"] * 500)
        card = await world.do(ReplaceIntent(name, "AAPL", limit=D(172)))
        await world.pass_time(190, step=10)
        after = await world.ticket(card.id)
        assert after.reason == f"the broker never confirmed the change of order {name}"
        assert (await row(world, name)).limit == D(170)

    async def test_a_change_of_an_opening_order_stops_where_trading_was_halted_meanwhile(self) -> None:
        world = await stage()
        _, name = await resting(world)
        world.broker.faults["replace"].append("down")
        card = await world.do(ReplaceIntent(name, "AAPL", limit=D(171)))
        await world.floor.killswitch.pull("me")
        await world.pass_time(1)
        assert await world.status(card.id) is TicketStatus.FAILED

    async def test_orders_that_end_or_vanish_before_the_change_arrives(self) -> None:
        world = await stage()
        _, name = await resting(world)
        card = await world.propose(ReplaceIntent(name, "AAPL", limit=D(171)))
        gone = replace(card, id="gone", intents=(ReplaceIntent("no-1", "AAPL"), CancelIntent("no-1", "AAPL"), *card.intents))
        async with world.store.write() as tx:
            await tickets.add(tx, replace(gone, status=TicketStatus.CONFIRMED))
        await world.do(CancelIntent(name, "AAPL"))
        await world.floor.execution.submit(gone)
        after = await world.ticket("gone")
        assert after.status is TicketStatus.FAILED
        assert "no such order" in after.reason
        assert "had ended as cancelled" in after.reason

    async def test_a_failed_leg_is_remembered_while_the_rest_works(self) -> None:
        world = await stage()
        _, name = await resting(world)
        world.broker.faults["cancel"].append("reject")
        card = await world.do(CancelIntent(name, "AAPL"), stop("NVDA", "20", "100"))
        assert (card.status, card.reason) == (TicketStatus.WORKING, "the venue does not want it")
        await world.restart()
        world.market.add(bar("NVDA", world.clock.now() + timedelta(minutes=1), "101", "101", "99", "99"))
        world.market.quote("NVDA", "98.99", "99.01")
        await world.pass_time(180)
        after = await world.ticket(card.id)
        assert (after.status, after.reason) == (TicketStatus.PARTIAL, "the venue does not want it")


class TestReports:
    async def test_every_order_of_six_reports_ends_in_the_same_book(self) -> None:
        parts = [("a", "3", "170.11"), ("b", "4", "169.87"), ("c", "2", "169.93")]
        seen = set()
        for count, order in enumerate(permutations(range(6))):
            if count % 90 == 0:
                world = await stage(deposit("1000000"))
                template = await world.propose(limit("AAPL", Side.BUY, "10", "170"))
            name = await planted(world, template, f"p{count}")
            fills = [fill(name, f"{name}{i}", q, p, after=n) for n, (i, q, p) in enumerate(parts, 1)]
            reports = [
                report(name, OrderStatus.ACCEPTED, after=0),
                report(name, OrderStatus.PARTIAL, fills[:1], after=1),
                report(name, OrderStatus.PARTIAL, fills[:2], after=2),
                report(name, OrderStatus.PARTIAL, fills[2:], after=3, filled=D(9)),
                report(name, OrderStatus.CANCELLED, fills, after=4, reason="cancelled"),
                report(name, OrderStatus.PARTIAL, fills[:2], after=2),
            ]
            for number in order:
                await world.floor.execution._record.apply(reports[number])
            after = await row(world, name)
            position = world.floor.book.holdings.position("AAPL")
            assert position is not None
            booked = sum(1 for e in world.floor.book.entries if e.order == name)
            final = replace(after, client_id="", ticket="", created=START, updated=START)
            seen.add((final, booked, await world.status(f"p{count}")))
        assert len(seen) == 1
        order_after, booked, status = seen.pop()
        assert (order_after.status, order_after.filled, booked, status) == (OrderStatus.CANCELLED, D(9), 3, TicketStatus.PARTIAL)

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.randoms(use_true_random=False), st.booleans())
    def test_any_split_in_any_order_any_number_of_times(self, split: list[int], dice: object, cancelled: bool) -> None:
        async def run() -> None:
            world = await stage()
            total = sum(split)
            ticket, name = await resting(world, str(total + (1 if cancelled else 0)))
            quantity = str(total + (1 if cancelled else 0))
            fills = [fill(name, f"x{i}", str(q), "170", after=i + 1) for i, q in enumerate(split)]
            reports = [report(name, OrderStatus.PARTIAL, fills[:i], after=i, quantity=quantity) for i in range(1, len(fills) + 1)]
            end = OrderStatus.CANCELLED if cancelled else OrderStatus.FILLED
            reports.append(report(name, end, fills, after=99, quantity=quantity))
            reports = reports * 2
            dice.shuffle(reports)  # type: ignore[attr-defined]
            world.broker.extra = reports
            await world.floor.pulse()
            after = await row(world, name)
            assert (after.status, after.filled) == (end, D(total))
            assert world.floor.book.holdings.quantity("AAPL") == 10 + total
            assert len([e for e in world.floor.book.entries if e.order == name]) == len(split)
            assert await world.status(ticket.id) is (TicketStatus.PARTIAL if cancelled else TicketStatus.EXECUTED)

        asyncio.run(run())

    async def test_each_fill_is_told_with_the_order_after_it(self) -> None:
        world = await stage()
        _, name = await resting(world)
        fills = [fill(name, "x1", "4", "170"), fill(name, "x2", "6", "169")]
        await world.floor.execution._record.apply(report(name, OrderStatus.FILLED, fills))
        told = [e for e in world.events if isinstance(e, OrderFilled)]
        assert [(e.order.status, e.order.filled) for e in told] == [(OrderStatus.PARTIAL, D(4)), (OrderStatus.FILLED, D(10))]
        assert told[1].order.average_price == D("169.4")

    async def test_filled_without_executions_stays_open_until_they_are_seen(self) -> None:
        world = await stage()
        ticket, name = await resting(world)
        world.broker.extra = [report(name, OrderStatus.FILLED, filled=D(10))]
        await world.floor.pulse()
        assert (await row(world, name)).status is OrderStatus.ACCEPTED
        assert ("find", name) in world.broker.calls
        assert await world.status(ticket.id) is TicketStatus.WORKING

    async def test_a_late_refusal(self) -> None:
        world = await stage()
        ticket, name = await resting(world)
        world.broker.extra = [report(name, OrderStatus.REJECTED, reason="margin")]
        await world.floor.pulse()
        after = await world.ticket(ticket.id)
        assert (after.status, after.reason) == (TicketStatus.FAILED, "margin")
        assert world.heard(OrderRejected)
        world.broker.extra = [report(name, OrderStatus.ACCEPTED, after=2)]
        await world.floor.pulse()
        assert (await row(world, name)).status is OrderStatus.REJECTED

    async def test_a_refusal_of_the_rest_keeps_what_filled(self) -> None:
        world = await stage()
        ticket, name = await resting(world)
        world.broker.extra = [
            report(name, OrderStatus.PARTIAL, [fill(name, "x1", "3", "170")]),
            report(name, OrderStatus.REJECTED, [fill(name, "x1", "3", "170")], after=2, reason="margin"),
        ]
        await world.floor.pulse()
        assert (await row(world, name)).status is OrderStatus.CANCELLED
        after = await world.ticket(ticket.id)
        assert (after.status, after.reason) == (TicketStatus.PARTIAL, "margin")

    async def test_a_pending_report_changes_nothing(self) -> None:
        world = await stage()
        _, name = await resting(world)
        world.broker.extra = [report(name, OrderStatus.UNKNOWN, after=5)]
        await world.floor.pulse()
        assert (await row(world, name)).status is OrderStatus.ACCEPTED

    async def test_where_the_book_is_behind_the_database_counts(self) -> None:
        world = await stage()
        ticket, name = await resting(world)
        book = world.floor.book
        accept, book.accept = book.accept, lambda entry: None  # type: ignore[method-assign]
        await world.floor.execution._record.apply(report(name, OrderStatus.PARTIAL, [fill(name, "x1", "4", "170")]))
        book.accept = accept  # type: ignore[method-assign]
        await world.floor.execution._record.apply(report(name, OrderStatus.FILLED, [fill(name, "x2", "6", "169")], after=2, filled=D(10)))
        order = await row(world, name)
        assert (order.status, order.average_price) == (OrderStatus.FILLED, D("169.4"))
        assert await world.status(ticket.id) is TicketStatus.EXECUTED

    async def test_an_order_of_somebody_else_is_noted_once_and_left_alone(self) -> None:
        world = await stage()
        world.broker.extra = [report("theirs", OrderStatus.ACCEPTED)] * 2
        await world.floor.pulse()
        assert (await world.journal("external_order")) == ["external_order"]
        assert world.floor.book.orders == ()
        assert ("cancel", "theirs") not in world.broker.calls

    async def test_a_broken_database_keeps_the_reports(self) -> None:
        world = await stage()
        _, name = await resting(world)
        world.broker.extra = [report(name, OrderStatus.FILLED, [fill(name, "x1", "10", "170")])]
        record = world.floor.execution._record

        def full(point: str) -> None:
            raise StorageFailed("the disk is full")

        record._fail = full
        with pytest.raises(StorageFailed):
            await world.floor.execution.poll()
        assert world.floor.book.holdings.quantity("AAPL") == 10
        record._fail = lambda point: None
        await world.floor.execution.poll()
        assert world.floor.book.holdings.quantity("AAPL") == 20

    async def test_one_bad_report_does_not_keep_the_others(self) -> None:
        world = await stage()
        _, name = await resting(world)
        ticket, other = await resting(world)
        broken = report(name, OrderStatus.PARTIAL, [replace(fill(name, "x1", "1", "170"), side=None)])  # type: ignore[arg-type]
        world.broker.extra = [broken, report(other, OrderStatus.FILLED, [fill(other, "y1", "10", "170")])]
        with pytest.raises(AttributeError):
            await world.floor.execution.poll()
        assert await world.status(ticket.id) is TicketStatus.EXECUTED
        await world.floor.execution.poll()

    async def test_theirs_are_also_noted_when_they_are_found_at_the_start(self) -> None:
        world = await stage()
        order = order_for(await world.propose(stop("AAPL", "10", "170")), 1, stop("AAPL", "10", "170"), START)
        await world.broker.inner.submit(order)
        await world.restart()
        assert await world.journal("external_order") == ["external_order"]
        assert len((await world.broker.state()).orders) == 1

    async def test_an_order_the_broker_lost_works_no_more(self) -> None:
        world = await stage()
        ticket, name = await resting(world)
        inner = world.broker.inner.find

        async def forgotten(client_id: str) -> OrderReport | None:
            return None if client_id == name else await inner(client_id)

        world.broker.find = forgotten  # type: ignore[method-assign]
        await world.floor.execution.recover()
        after = await world.ticket(ticket.id)
        assert (after.status, after.reason) == (TicketStatus.CANCELLED, "the broker does not know this order any more")


class TestInProcess:
    async def test_poll_leaves_a_ticket_alone_that_is_being_sent(self) -> None:
        world = await stage()
        reached, go = asyncio.Event(), asyncio.Event()
        inner = world.broker.inner.submit

        async def slow(order: Order) -> OrderReport:
            reached.set()
            await go.wait()
            return await inner(order)

        world.broker.inner.submit = slow  # type: ignore[method-assign]
        ticket = await world.propose(close("AAPL", "10"))
        tap = asyncio.create_task(world.confirm(ticket))
        await reached.wait()
        await world.floor.pulse()
        assert world.broker.delivered.total() == 1
        go.set()
        assert (await tap).status is TicketStatus.EXECUTED

    async def test_a_claim_holds_until_everybody_who_made_it_is_done(self) -> None:
        world = await stage()
        driving = world.floor.execution._record.driving
        first, second = world.floor.execution.claim("t"), world.floor.execution.claim("t")
        with first:
            with second:
                pass
            assert "t" in driving
        assert "t" not in driving

    async def test_a_tap_that_was_cut_off_is_finished_by_the_pulse(self) -> None:
        world = await stage()
        inner, hang, reached = world.broker.inner.submit, True, asyncio.Event()

        async def slow(order: Order) -> OrderReport:
            if hang:
                reached.set()
                await asyncio.Event().wait()
            return await inner(order)

        world.broker.inner.submit = slow  # type: ignore[method-assign]
        ticket = await world.propose(close("AAPL", "10"))
        tap = asyncio.create_task(world.confirm(ticket))
        await reached.wait()
        tap.cancel()
        with pytest.raises(asyncio.CancelledError):
            await tap
        hang = False
        await world.pass_time(1)
        assert await world.status(ticket.id) is TicketStatus.EXECUTED
        assert await world.agrees()

    async def test_a_confirmation_without_rows_says_nothing_was_sent(self) -> None:
        world = await stage()
        ticket = await world.propose(close("AAPL", "10"))
        async with world.store.write() as tx:
            await tickets.move(tx, ticket.id, TicketStatus.PROPOSED, TicketStatus.CONFIRMED)
        await world.restart()
        after = await world.ticket(ticket.id)
        assert after.status is TicketStatus.FAILED
        assert "nothing was sent" in after.reason

    async def test_a_release_that_did_not_happen_says_so(self) -> None:
        world = await stage()
        await world.floor.killswitch.pull("me")
        ticket = await world.propose(ResumeIntent())
        async with world.store.write() as tx:
            await tickets.move(tx, ticket.id, TicketStatus.PROPOSED, TicketStatus.CONFIRMED)
        await world.restart()
        after = await world.ticket(ticket.id)
        assert (after.status, after.reason) == (TicketStatus.FAILED, "trading was not allowed again: it is still halted")
        assert world.floor.killswitch.halted()

    async def test_unforeseen_trouble_with_one_order_is_raised_after_the_others(self) -> None:
        world = await stage()
        world.broker.faults["submit"].extend(["lost_request", "down"])
        one = await world.do(close("AAPL", "10"))
        two = await world.do(close("NVDA", "20"))
        inner = world.broker.inner.find

        async def odd(client_id: str) -> OrderReport | None:
            if client_id.startswith(one.id):
                raise ValueError("truncated answer")
            return await inner(client_id)

        world.broker.find = odd  # type: ignore[method-assign]
        with pytest.raises(ValueError, match="truncated"):
            await world.floor.execution.poll()
        assert await world.status(two.id) is TicketStatus.EXECUTED
        assert await world.status(one.id) is TicketStatus.CONFIRMED

    async def test_writing_what_is_known_already_changes_nothing(self) -> None:
        world = await stage()
        ticket = await world.do(close("AAPL", "10"))
        order = await row(world, f"{ticket.id}-1")
        record = world.floor.execution._record
        await record.unknown(order, "late")
        await record.refuse(order, "late")
        await record.lost(order, "late")
        await record.write_rows(ticket)
        await record.follow(replace(ticket, id="nobody"))
        assert await row(world, order.client_id) == order
        assert await world.status(ticket.id) is TicketStatus.EXECUTED


async def test_an_unreachable_broker_at_the_start_is_told_and_the_floor_stands() -> None:
    world = await stage(deposit("1000"), bought("AAPL", "1", "100"), started=False)
    for call in ("updates", "find", "state"):
        world.broker.faults[call].extend(["down"] * 3)
    await world.floor.start()
    assert world.floor.differences == ()
