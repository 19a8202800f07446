"""Answers on their way to a platform: committed with the line they answer, and shown until the platform has taken them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain import codec
from domain.chat import Letter
from storage.bodies import read_body
from storage.store import Tx


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter that is to be shown."""

    id: int
    letter: Letter


async def add(tx: Tx, letter: Letter, at: datetime) -> None:
    """Queue an answer."""
    row = {"platform": letter.platform, "chat": letter.chat, "at": at, "sent": None, "body": codec.dumps(letter)}
    await tx.insert("answers", row)


async def waiting(tx: Tx, platform: str, chat: str | None = None, limit: int = 200) -> list[Waiting]:
    """What was not shown yet, of one chat where it is named, in the order it was queued."""
    narrowed: dict[str, Any] = {} if chat is None else {"chat": chat}
    rows = await tx.select("answers", platform=platform, sent=None, order="id", limit=limit, **narrowed)
    return [Waiting(row["id"], read_body(Letter, row["body"], table="answers", key=row["id"])) for row in rows]


async def sent(tx: Tx, id: int, at: datetime) -> None:
    """Note that it was shown, or given up; a second time changes nothing."""
    await tx.update("answers", {"sent": at}, id=id, sent=None)
