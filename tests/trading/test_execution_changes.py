"""Execution: cancels and changes of orders under way, each asked once and told as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.events import (
    OrderReplaced,
)
from domain.orders import CancelIntent, OrderIntent, OrderStatus, OrderType, ReplaceIntent, Side
from domain.tickets import TicketStatus
from storage import tickets
from tests.fakes.market import bar
from tests.trading.stage import stage, stop
from tests.trading.underway import fill, report, resting, row

D = Decimal


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
