"""The inbox: what came in is written here before the platform is told it arrived, and handled once by its key."""

from __future__ import annotations

from datetime import datetime

from domain import codec
from domain.chat import Incoming
from storage.bodies import read_body
from storage.store import Tx


async def add(tx: Tx, incoming: Incoming, account: str = "") -> bool:
    """Keep a message; False when one of that key came before. `account` is empty until it is known which one it speaks to."""
    row = {"key": incoming.key, "account": account, "at": incoming.at, "done": None, "body": codec.dumps(incoming)}
    return await tx.insert("inbox", row)


async def pending(tx: Tx) -> list[Incoming]:
    """What was not handled yet, in the order it came."""
    rows = await tx.select("inbox", done=None, order="seq")
    return [read_body(Incoming, row["body"], table="inbox", key=row["key"]) for row in rows]


async def done(tx: Tx, key: str, at: datetime) -> None:
    """Note that it was handled; a second time changes nothing."""
    await tx.update("inbox", {"done": at}, key=key, done=None)
