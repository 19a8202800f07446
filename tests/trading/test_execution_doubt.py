"""An order of which an earlier request may still arrive is never called unsent: not by a halt, not by a broker that is down meanwhile."""

from __future__ import annotations

import pytest

from domain.events import OrderFilled, OrderRejected
from domain.orders import CancelIntent, Order, Side
from domain.ports import OrderReport
from domain.tickets import TicketStatus
from tests.trading.stage import buy, limit, stage, stop


async def test_a_halt_does_not_refuse_what_is_under_way() -> None:
    world = await stage()
    world.broker.faults["submit"].append("late")
    ticket = await world.do(buy("XOM", "1"))
    await world.floor.killswitch.pull("me")
    await world.pass_time(2, step=1)
    assert await world.status(ticket.id) is TicketStatus.CONFIRMED
    assert not world.heard(OrderRejected)
    await world.broker.deliver()
    await world.pass_time(1)
    assert await world.status(ticket.id) is TicketStatus.EXECUTED
    assert world.heard(OrderFilled)
    assert await world.agrees()


async def test_what_never_arrived_while_halted_ends_with_the_truth() -> None:
    world = await stage()
    world.broker.faults["submit"].append("lost_request")
    ticket = await world.do(buy("XOM", "1"))
    await world.floor.killswitch.pull("me")
    await world.pass_time(130, step=10)
    after = await world.ticket(ticket.id)
    assert after.status is TicketStatus.CANCELLED
    assert "never arrived" in after.reason


async def test_a_broker_that_is_down_after_a_lost_answer_does_not_make_an_order_unsent() -> None:
    world = await stage()
    world.broker.faults["submit"].extend(["late", "down"])
    ticket = await world.do(limit("XOM", Side.BUY, "1", "108"))
    await world.pass_time(1)  # sent again under its name, and the broker was down
    world.broker.faults["cancel"].append("down")
    await world.do(CancelIntent(f"{ticket.id}-1", "XOM"))
    assert not world.heard(OrderRejected)
    await world.broker.deliver()
    await world.pass_time(3, step=1)
    assert await world.status(ticket.id) is TicketStatus.CANCELLED
    assert await world.agrees()


async def test_a_cancel_that_was_never_confirmed_does_not_become_done_beside_one_that_was() -> None:
    world = await stage()
    kept, gone = await world.do(stop("NVDA", "20", "100")), await world.do(stop("AAPL", "10", "170"))
    world.broker.faults["cancel"].extend(["down", "ok", *["down"] * 100])
    both = await world.do(CancelIntent(f"{kept.id}-1", "NVDA"), CancelIntent(f"{gone.id}-1", "AAPL"))
    await world.pass_time(200, step=20)
    after = await world.ticket(both.id)
    assert after.status is TicketStatus.PARTIAL
    assert f"never confirmed the cancel of order {kept.id}-1" in after.reason
    assert [r.client_id for r in (await world.broker.state()).orders] == [f"{kept.id}-1"]


async def test_an_order_taken_back_while_another_is_tried_again_does_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await stage()
    world.broker.faults["submit"].extend(["down", "down"])
    first, second = await world.do(limit("XOM", Side.BUY, "1", "108")), await world.do(limit("SPY", Side.BUY, "1", "550"))
    sends = world.broker.submit

    async def submit(order: Order) -> OrderReport:
        if order.ticket == first.id:
            await world.do(CancelIntent(f"{second.id}-1", "SPY"))
        return await sends(order)

    monkeypatch.setattr(world.broker, "submit", submit)
    await world.pass_time(2, step=1)
    assert await world.status(second.id) is TicketStatus.FAILED
    assert list(world.broker.delivered) == [f"{first.id}-1"]


async def test_a_cancel_waits_while_its_order_is_being_tried_again() -> None:
    world = await stage()
    world.broker.faults["submit"].append("down")
    ticket = await world.do(limit("XOM", Side.BUY, "1", "108"))
    with world.floor.execution.claim(ticket.id):
        taken = await world.do(CancelIntent(f"{ticket.id}-1", "XOM"))
    assert taken.status is TicketStatus.CONFIRMED
    await world.pass_time(2, step=1)
    assert await world.status(taken.id) is TicketStatus.EXECUTED
    assert await world.status(ticket.id) is TicketStatus.CANCELLED
