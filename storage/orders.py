"""Orders as rows, written before anything is sent; the client id is unique for ever."""

from __future__ import annotations

from typing import Any

from domain import codec
from domain.errors import StorageFailed
from domain.orders import OPEN, Order
from storage.bodies import read_body
from storage.store import Tx

_OPEN = tuple(sorted(OPEN))


async def add(tx: Tx, order: Order) -> bool:
    """Store a new order; False when its client id exists, and then nothing changed."""
    fixed = {"client_id": order.client_id, "account": order.account, "ticket": order.ticket, "symbol": order.symbol}
    return await tx.insert("orders", fixed | _state(order))


async def save(tx: Tx, order: Order) -> None:
    """Write an order's present state; raises StorageFailed when it was never added."""
    if await tx.update("orders", _state(order), client_id=order.client_id) != 1:
        raise StorageFailed(f"There is no order {order.client_id} to save.")


async def get(tx: Tx, client_id: str) -> Order | None:
    """The order under that client id, or None."""
    rows = await tx.select("orders", client_id=client_id)
    return _order(rows[0]) if rows else None


async def open(tx: Tx, account: str) -> list[Order]:
    """Every order of an account that may still trade, oldest first."""
    return [_order(row) for row in await tx.select("orders", account=account, status=_OPEN, order="seq")]


async def of_ticket(tx: Tx, ticket_id: str) -> list[Order]:
    """Every order of a ticket, in the order of its legs."""
    found = [_order(row) for row in await tx.select("orders", ticket=ticket_id, order="seq")]
    return sorted(found, key=lambda order: order.leg)


async def recent(tx: Tx, account: str, limit: int) -> list[Order]:
    """The newest orders of an account, newest first."""
    return [_order(row) for row in await tx.select("orders", account=account, order="seq", descending=True, limit=limit)]


def _state(order: Order) -> dict[str, Any]:
    return {"status": order.status, "updated": order.updated, "body": codec.dumps(order)}


def _order(row: dict[str, Any]) -> Order:
    return read_body(Order, row["body"], table="orders", key=row["client_id"])
