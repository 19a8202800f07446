"""Messages and interactions as lines: what a person typed, tapped or filled in, and what is left alone."""

from __future__ import annotations

from datetime import datetime, timedelta

import discord

from bot.adapters.discord.render import PRICE, WORD
from domain.chat import Incoming
from domain.tickets import Origin

PLATFORM = "discord"
TOO_LATE = timedelta(minutes=5)
TYPED = (discord.MessageType.default, discord.MessageType.reply)


def said(message: discord.Message, me: int, at: datetime, wall: datetime) -> Incoming | None:
    """What a message says to us; raises for one that cannot be read.

    None for one of a bot, one forwarded, one without text, and one on a server that is not meant for us.

    A message on a server is meant for us where it names us, or is an action; it is answered in private, for others read along there.
    """
    author = message.author
    if author.bot or message.webhook_id is not None or message.type not in TYPED or message.message_snapshots:
        return None
    text: object = message.content
    if not isinstance(text, str):
        return None
    private = message.guild is None
    if not private:
        bare = _unmentioned(text, me)
        if bare is None and not text.startswith("#"):
            return None
        text = bare if bare is not None else text
    if not text.strip():
        return None
    _checked(author.id, author.display_name)
    where = str(message.id) if private else f"{message.channel.id}-{message.id}"
    return Incoming(
        key=f"{PLATFORM}:m{message.id}",
        origin=Origin(PLATFORM, str(author.id), str(author.id)),
        text=text,
        at=at,
        name=author.display_name,
        message=where,
        late=wall - message.created_at > TOO_LATE,
    )


def asked(interaction: discord.Interaction, text: str, at: datetime, payload: str | None = None) -> Incoming:
    """A slash command as a line, a tap as its payload; its answer goes where it was asked."""
    person, message = interaction.user, interaction.message
    _checked(person.id, person.display_name, interaction.token)
    return Incoming(
        key=f"{PLATFORM}:i{interaction.id}",
        origin=Origin(PLATFORM, str(person.id), str(person.id)),
        text=text,
        at=at,
        payload=payload,
        name=person.display_name,
        message=str(message.id) if message is not None else "",
        waits=str(interaction.id),
    )


def filled(payload: str, text: str) -> tuple[str, str | None]:
    """What a window that was filled in means: the line to say, or the word and the payload of the button that it belongs to."""
    if payload.startswith(PRICE):
        return f"{payload.removeprefix(PRICE)} limit {text.strip()}", None
    return text.strip(), payload.removeprefix(WORD).partition(":")[2]


def private(interaction: discord.Interaction) -> bool:
    """True where nobody but the person and us reads along: in their direct messages with us."""
    return bool(interaction.context.dm_channel)


def _checked(number: int, *texts: object) -> None:
    """Raise for what is nobody's number on the platform, or no text: an answer to it would be tried again and again."""
    if not 0 < number < 1 << 63 or not all(type(text) is str for text in texts):
        raise ValueError("a field is not of its type")


def _unmentioned(text: str, me: int) -> str | None:
    """A text without our name; None where it does not name us."""
    for name in (f"<@{me}>", f"<@!{me}>"):
        if name in text:
            return text.replace(name, " ", 1).strip()
    return None
