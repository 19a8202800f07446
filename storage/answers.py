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
    """A letter with how it stands; `tries` is how often showing it failed, `due` when it is to be tried (again)."""

    id: int
    letter: Letter
    tries: int
    due: datetime


async def add(tx: Tx, letter: Letter, at: datetime) -> None:
    """Queue an answer, due at once."""
    row = {"platform": letter.platform, "chat": letter.chat, "at": at, "due": at, "tries": 0, "sent": None, "body": codec.dumps(letter)}
    await tx.insert("answers", row)


async def waiting(tx: Tx, platform: str, chat: str | None = None, limit: int = 200) -> list[Waiting]:
    """What was not shown yet, of one chat where it is named, in the order it was queued."""
    narrowed: dict[str, Any] = {} if chat is None else {"chat": chat}
    rows = await tx.select("answers", platform=platform, sent=None, order="id", limit=limit, **narrowed)
    return [Waiting(row["id"], read_body(Letter, row["body"], table="answers", key=row["id"]), row["tries"], row["due"]) for row in rows]


async def sent(tx: Tx, id: int, at: datetime) -> None:
    """Note that it was shown, or given up; a second time changes nothing."""
    await tx.update("answers", {"sent": at}, id=id, sent=None)


async def retry(tx: Tx, waiting: Waiting, due: datetime) -> None:
    """Note that showing it failed, and when it is tried again."""
    await tx.update("answers", {"due": due, "tries": waiting.tries + 1}, id=waiting.id)
