"""The outbox: alerts that are not lost, written with the journal line that caused them and kept until delivered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain import codec
from domain.alerts import Alert
from domain.errors import StorageFailed
from storage.bodies import read_body
from storage.store import Tx


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An alert that waits; `tries` is how often sending it failed."""

    id: int
    alert: Alert
    tries: int


async def add(tx: Tx, alert: Alert) -> None:
    """Queue an alert, due at once."""
    row = {"account": alert.account, "at": alert.at, "due": alert.at, "tries": 0, "delivered": None, "body": codec.dumps(alert)}
    await tx.insert("outbox", row)


async def due(tx: Tx, now: datetime, limit: int = 50, *, account: str | None = None) -> list[OutboxRow]:
    """What is to be sent now, of one account where it is named, in the order it was queued."""
    narrowed: dict[str, Any] = {} if account is None else {"account": account}
    rows = await tx.select("outbox", delivered=None, until=("due", now), order="id", limit=limit, **narrowed)
    return [OutboxRow(row["id"], read_body(Alert, row["body"], table="outbox", key=row["id"]), row["tries"]) for row in rows]


async def delivered(tx: Tx, id: int, at: datetime) -> None:
    """Note that it arrived; a second time changes nothing."""
    await tx.update("outbox", {"delivered": at}, id=id, delivered=None)


async def retry(tx: Tx, id: int, at: datetime) -> None:
    """Note that sending failed and try again from that instant on; raises StorageFailed for an unknown id."""
    rows = await tx.select("outbox", id=id)
    if not rows:
        raise StorageFailed(f"There is no alert {id} in the outbox.")
    await tx.update("outbox", {"due": at, "tries": rows[0]["tries"] + 1}, id=id)
