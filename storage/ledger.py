"""The ledger as rows: booked once per account and id, never changed."""

from __future__ import annotations

from datetime import datetime

from domain import codec
from domain.ledger import Entry
from storage.bodies import read_body
from storage.store import Tx


async def add(tx: Tx, entry: Entry) -> bool:
    """Book an entry; False when that id is already booked on that account, and then nothing changed."""
    return await tx.insert("ledger", {"account": entry.account, "id": entry.id, "at": entry.at, "body": codec.dumps(entry)})


async def entries(tx: Tx, account: str, *, since: datetime | None = None) -> list[Entry]:
    """The entries of an account from an instant on, by time, then in the order they were booked."""
    start = None if since is None else ("at", since)
    rows = await tx.select("ledger", account=account, since=start, order="at, seq")
    return [read_body(Entry, row["body"], table="ledger", key=f"{account} {row['id']}") for row in rows]
