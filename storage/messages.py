"""Which message of a platform shows which ticket: what follow-ups stand under, and the cards that are edited when their ticket moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.store import Tx


@dataclass(frozen=True, slots=True)
class Shown:
    """A message that shows a ticket; `open` while it has buttons that answer it."""

    platform: str
    chat: str
    message: str
    account: str
    thread: str
    open: bool


async def note(tx: Tx, shown: Shown, at: datetime) -> None:
    """Remember a message; a second time renews whether it is open."""
    key = {"platform": shown.platform, "chat": shown.chat, "message": shown.message}
    rest = {"account": shown.account, "thread": shown.thread, "open": shown.open, "at": at}
    if not await tx.insert("messages", key | rest):
        await tx.update("messages", rest, **key)


async def first(tx: Tx, platform: str, chat: str, thread: str) -> str:
    """The message of a chat that showed a ticket first, which its follow-ups stand under; empty where none did."""
    rows = await tx.select("messages", platform=platform, chat=chat, thread=thread, order="seq", limit=1)
    return str(rows[0]["message"]) if rows else ""


async def chats(tx: Tx, account: str, thread: str) -> list[str]:
    """The chats that show a ticket, as `platform:chat`."""
    rows = await tx.select("messages", account=account, thread=thread, order="seq")
    return list(dict.fromkeys(f"{row['platform']}:{row['chat']}" for row in rows))


async def last(tx: Tx, platform: str, chat: str, thread: str) -> str:
    """The message of a chat that told of something last; empty where none did."""
    rows = await tx.select("messages", platform=platform, chat=chat, thread=thread, order="seq", descending=True, limit=1)
    return str(rows[0]["message"]) if rows else ""


async def forget(tx: Tx, platform: str, chat: str, message: str) -> None:
    """A message is not there any more."""
    await tx.delete("messages", platform=platform, chat=chat, message=message)


async def open_cards(tx: Tx, platform: str, account: str) -> list[Shown]:
    """The messages with buttons that answer a ticket of an account, oldest first."""
    rows = await tx.select("messages", platform=platform, open=True, account=account, order="seq")
    return [Shown(platform, row["chat"], row["message"], row["account"], row["thread"], open=True) for row in rows]


async def close(tx: Tx, shown: Shown) -> None:
    """Note that a message has no such buttons any more."""
    await tx.update("messages", {"open": False}, platform=shown.platform, chat=shown.chat, message=shown.message)
