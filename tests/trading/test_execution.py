"""Execution: an order from its row to its end, and what lost, late or missing answers do to it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from domain.events import (
    OrderAccepted,
    OrderCancelled,
    OrderFilled,
    OrderOutcomeUnknown,
    OrderRejected,
    PositionClosed,
    PositionOpened,
    TicketMoved,
)
from domain.orders import CancelIntent, Order, OrderIntent, OrderStatus, OrderType, Side
from domain.ports import OrderReport
from domain.tickets import TicketStatus
from tests.fakes.faulty_broker import Crash
from tests.fakes.market import bar
from tests.trading.stage import START, buy, close, limit, stage
from tests.trading.underway import resting, row

D = Decimal


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

    async def test_a_ticket_that_failed_has_traded_when_one_of_its_orders_fills_after_all(self) -> None:
        world = await stage(unique=False)
        world.broker.faults["submit"].extend(["reject", "late"])
        ticket = await world.do(close("AAPL", "10"), close("NVDA", "20"))
        await world.pass_time(61)
        assert await world.status(ticket.id) is TicketStatus.FAILED
        await world.broker.deliver()
        await world.pass_time(1)
        assert await world.status(ticket.id) is TicketStatus.PARTIAL
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
        assert (after.status, after.reason) == (TicketStatus.FAILED, "the broker could not be reached or was too busy: nothing was sent")
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
