"""Execution: repeated and disordered reports; the book follows the executions alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import StorageFailed
from domain.events import (
    OrderFilled,
    OrderRejected,
    OrderReplaced,
)
from domain.orders import OrderStatus, Side
from domain.ports import OrderReport
from domain.tickets import TicketStatus
from tests.trading.stage import START, deposit, limit, stage, stop
from tests.trading.underway import fill, planted, report, resting, row
from trading.legs import order_for

D = Decimal


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

    @pytest.mark.parametrize("terms", [{"limit": D("165")}, {"quantity": "7"}])
    async def test_of_two_reports_of_one_instant_with_other_terms_the_broker_says_which_holds(self, terms: dict[str, Any]) -> None:
        world = await stage()
        _, name = await resting(world)
        at = world.clock.now()
        now = (at - START).total_seconds()
        world.broker.extra = [report(name, OrderStatus.ACCEPTED, after=now, limit=D("170"))]
        await world.floor.execution.poll()
        world.broker.extra = [report(name, OrderStatus.ACCEPTED, after=now, **({"limit": D("170")} | terms))]
        await world.pass_time(2)
        after = await row(world, name)
        assert (after.limit, after.quantity) == (D("170"), D("10")), "as it stands at the broker"

    async def test_an_order_that_the_broker_cuts_to_what_has_filled_is_told_to_have_changed(self) -> None:
        world = await stage()
        ticket, name = await resting(world)
        first = fill(name, "x1", "4", "170")
        world.broker.extra = [report(name, OrderStatus.PARTIAL, [first], after=2)]
        await world.floor.execution.poll()
        world.broker.extra = [report(name, OrderStatus.FILLED, [first], quantity="4", after=3)]
        await world.floor.execution.poll()
        assert (await row(world, name)).status is OrderStatus.FILLED
        assert [e.order.status for e in world.heard(OrderReplaced)] == [OrderStatus.FILLED]  # type: ignore[attr-defined]
        assert await world.status(ticket.id) in (TicketStatus.EXECUTED, TicketStatus.PARTIAL)
