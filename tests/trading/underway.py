"""Orders under way on a stage: their rows, the reports a broker makes of them, and tickets that rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain.orders import Fill, Order, OrderStatus, Side
from domain.ports import OrderReport
from domain.tickets import Ticket, TicketStatus
from storage import orders, tickets
from tests.trading.stage import ACCOUNT, START, Stage, limit
from trading.legs import order_for

D = Decimal


async def row(world: Stage, name: str) -> Order:
    async with world.store.read() as tx:
        found = await orders.get(tx, name)
    assert found is not None
    return found


def report(
    name: str, status: OrderStatus, fills: Sequence[Fill] = (), *, quantity: str = "10", after: float = 1, reason: str = "", **more: Any
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
