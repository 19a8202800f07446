"""Tickets as rows: status and reason are columns, so that one conditional update decides who was first."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from domain import codec
from domain.errors import IllegalMove, StorageFailed, Unreadable
from domain.tickets import MOVES, Ticket, TicketStatus
from storage.bodies import read_body
from storage.store import Tx


async def add(tx: Tx, ticket: Ticket) -> str:
    """Store a new ticket and return it as text; raises StorageFailed when its id is taken."""
    body = codec.dumps(ticket)
    row = {
        "id": ticket.id,
        "account": ticket.account,
        "status": ticket.status,
        "reason": ticket.reason,
        "created": ticket.created,
        "expires": ticket.expires,
        "body": body,
    }
    if not await tx.insert("tickets", row):
        raise StorageFailed(f"There is already a ticket {ticket.id}.")
    return body


async def get(tx: Tx, id: str) -> Ticket | None:
    """The ticket as it stands now, or None."""
    rows = await tx.select("tickets", id=id)
    return _ticket(rows[0]) if rows else None


async def move(tx: Tx, id: str, frm: TicketStatus, to: TicketStatus, reason: str = "") -> bool:
    """Move a ticket that is in `frm`; False when another was first. Raises IllegalMove where the table has no such row."""
    if to is not frm and to not in MOVES[frm]:
        raise IllegalMove(f"ticket {id}", frm, to)
    changes = {"status": to, "reason": reason} if reason else {"status": to}
    return await tx.update("tickets", changes, id=id, status=frm) == 1


async def in_status(tx: Tx, account: str, *statuses: TicketStatus) -> list[Ticket]:
    """Every ticket of an account in one of these states, oldest first."""
    return [_ticket(row) for row in await tx.select("tickets", account=account, status=statuses, order="seq")]


async def recent(tx: Tx, account: str, limit: int) -> list[Ticket]:
    """The newest tickets of an account, newest first."""
    return [_ticket(row) for row in await tx.select("tickets", account=account, order="seq", descending=True, limit=limit)]


async def since(tx: Tx, account: str, at: datetime, *statuses: TicketStatus) -> list[Ticket]:
    """Every ticket of an account drawn up at or after an instant that is in one of these states, oldest first."""
    rows = await tx.select("tickets", account=account, status=statuses, since=("created", at), order="seq")
    return [_ticket(row) for row in rows]


async def numbered(tx: Tx, account: str, since: tuple[str, datetime | int]) -> list[tuple[int, Ticket]]:
    """Every ticket of an account whose `created` or `seq` is at least the given value, oldest first, with its `seq`."""
    rows = await tx.select("tickets", since=since, order="seq")  # by its number alone, which is what the table is sorted by
    return [(row["seq"], _ticket(row)) for row in rows if row["account"] == account]


@lru_cache(maxsize=2048)
def _read(body: str, id: str) -> Ticket:
    """The ticket of a body, which never changes; kept because what was sent today is counted at every release."""
    return read_body(Ticket, body, table="tickets", key=id)


def _ticket(row: dict[str, Any]) -> Ticket:
    ticket = _read(row["body"], row["id"])
    try:
        return replace(ticket, status=TicketStatus(row["status"]), reason=row["reason"])
    except ValueError as error:
        raise Unreadable(f"The row {row['id']} of table tickets has no known status: {row['status']}") from error
