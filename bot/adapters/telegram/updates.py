"""Updates as lines: what a person typed or tapped, and what is left alone."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from telegram import Chat, Message, Update, User
from telegram.constants import ChatType

from domain.chat import Incoming
from domain.tickets import Origin

PLATFORM = "telegram"
ALLOWED = ("message", "callback_query", "inline_query")
"""What the platform is asked to send: not edits, which never act, and nothing of channels."""

TOO_LATE = timedelta(minutes=5)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """One update: the line in it, the id of a tap or an inline question that waits for its answer, a group's new number where it moved."""

    number: int
    incoming: Incoming | None = None
    tap: str = ""
    moved: tuple[str, str] | None = None
    glance: str = ""


def read(raw: Mapping[str, Any], at: datetime, wall: datetime) -> Seen | None:
    """What an update says. `at` is the house's instant, `wall` the machine's, against which the platform's own instants are held.

    A line of a bot, of a channel, of somebody unnamed, forwarded from elsewhere or edited is nothing; so is a message without text, and
    what cannot be read. None for what has not even a number.
    """
    number = raw.get("update_id")
    if type(number) is not int:
        return None
    try:
        return _said(number, Update.de_json(dict(raw)), at, wall)
    except Exception:  # whatever the library makes of it, the next update is not held up
        log.warning("update %s cannot be read and is passed over", number, exc_info=True)
        return Seen(number)


def _said(number: int, update: Update, at: datetime, wall: datetime) -> Seen:
    if (query := update.callback_query) is not None:
        message = query.message
        if query.data is None or message is None or query.from_user.is_bot:
            return Seen(number, tap=query.id)
        topic = _topic(message) if isinstance(message, Message) else ""
        incoming = _line(number, query.from_user, message.chat, message.message_id, "", at, payload=query.data, topic=topic)
        return Seen(number, incoming, query.id)
    if (asked := update.inline_query) is not None:
        return Seen(number, _line(number, asked.from_user, None, None, asked.query, at), glance=asked.id)
    message = update.message
    if message is None:
        return Seen(number)
    if message.migrate_to_chat_id is not None:
        return Seen(number, moved=(str(message.chat.id), str(message.migrate_to_chat_id)))
    if not _typed(message) or message.from_user is None:
        return Seen(number)
    late = wall - message.date > TOO_LATE
    said = _line(number, message.from_user, message.chat, message.message_id, message.text or "", at, late=late, topic=_topic(message))
    return Seen(number, said)


def _typed(message: Message) -> bool:
    """True for words that a person wrote here: a forwarded line is somebody else's, and no consent of who forwards it."""
    person = message.from_user
    return (
        bool(message.text)
        and person is not None
        and not person.is_bot
        and message.forward_origin is None
        and message.via_bot is None
        and message.sender_chat is None
    )


def _topic(message: Message) -> str:
    """The topic of a forum as the end of its chat's name; empty elsewhere."""
    return f"/{int(message.message_thread_id)}" if message.is_topic_message and message.message_thread_id else ""


def _line(
    number: int,
    person: User,
    chat: Chat | None,
    message: int | None,
    text: str,
    at: datetime,
    *,
    payload: str | None = None,
    late: bool = False,
    topic: str = "",
) -> Incoming:
    where: object = chat.id if chat is not None else person.id
    numbers, texts = [n for n in (person.id, where, message) if n is not None], [text, person.full_name, "" if payload is None else payload]
    if where is None or any(type(n) is not int for n in numbers) or any(type(t) is not str for t in texts):
        raise TypeError("a field is not of its type")
    return Incoming(
        key=f"{PLATFORM}:{number}",
        origin=Origin(PLATFORM, f"{where}{topic}", str(person.id)),
        text=text,
        at=at,
        payload=payload,
        name=person.full_name,
        message=str(message) if message is not None else "",
        group=chat is not None and chat.type in (ChatType.GROUP, ChatType.SUPERGROUP),
        late=late,
    )
