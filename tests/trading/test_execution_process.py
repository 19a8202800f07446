"""Execution within one process: taps and polls that meet, and a start without a broker."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from domain.orders import Order, ResumeIntent
from domain.ports import OrderReport
from domain.tickets import TicketStatus
from storage import tickets
from tests.trading.stage import bought, close, deposit, stage
from tests.trading.underway import row

D = Decimal


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
