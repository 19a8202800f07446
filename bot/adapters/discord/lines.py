"""Messages and interactions as lines: what a person typed, tapped or filled in, and what is left alone."""

from __future__ import annotations

from dataclasses import replace
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

    A message on a server is meant for us where it names us, or is an action; others read along there.
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
    return Incoming(
        key=f"{PLATFORM}:m{message.id}",
        origin=Origin(PLATFORM, str(author.id) if private else place(message.channel), str(author.id)),
        text=text,
        at=at,
        name=author.display_name,
        message=str(message.id),
        group=not private,
        late=wall - message.created_at > TOO_LATE,
    )


def asked(interaction: discord.Interaction, text: str, at: datetime, payload: str | None = None) -> Incoming:
    """A slash command as a line, a tap as its payload. Under a message that only its person sees nobody reads along.

    Raises for one that cannot be read.
    """
    person, message, channel = interaction.user, interaction.message, interaction.channel
    _checked(person.id, person.display_name, interaction.token)
    group = interaction.guild_id is not None and channel is not None and not (message is not None and message.flags.ephemeral)
    return Incoming(
        key=f"{PLATFORM}:i{interaction.id}",
        origin=Origin(PLATFORM, place(channel) if group else str(person.id), str(person.id)),
        text=text,
        at=at,
        payload=payload,
        name=person.display_name,
        message=str(message.id) if message is not None else "",
        group=group,
        waits=str(interaction.id),
    )


def aside(line: Incoming) -> Incoming:
    """A line from a server as one said in private, which is how somebody is answered who was not let in."""
    if not line.group:
        return line
    message = line.message if line.waits else f"{line.origin.chat.partition('/')[2]}-{line.message}"
    return replace(line, origin=replace(line.origin, chat=line.origin.person), group=False, message=message)


def place(channel: object) -> str:
    """A channel of a server as a chat: `channel/channel`, or `channel/thread` for a thread of it, which is shown what the channel is."""
    number = getattr(channel, "id", "")
    parent = channel.parent_id if isinstance(channel, discord.Thread) else number
    return f"{parent}/{number}"


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
