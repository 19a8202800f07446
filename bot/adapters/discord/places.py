"""Direct messages with a person: sent once each, edited, asked for; errors in the words of this house."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import discord

from bot.adapters.discord import views
from bot.adapters.discord.render import Page
from domain.chat import Manner
from domain.errors import Busy, ChatGone

GONE = frozenset({50007, 10003, 10013, 50278})
"""Codes of the platform: the person takes no messages from us, or the channel or the person is not there."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Direct:
    """The direct messages of whoever a chat is named after: its id is the person's."""

    client: Callable[[], discord.Client]

    async def send(self, chat: str, page: Page, manner: Manner, number: int) -> str:
        """Show a page; returns its id. Raises Busy, ChatGone or the library's own error. One with a key is shown once."""
        with _said():
            channel = await self._channel(chat)
            under = manner.under if manner.under.isdecimal() and number == 0 else ""
            fields = views.shown(page) | {"silent": manner.silent or number > 0}
            if under:
                fields["reference"] = discord.MessageReference(message_id=int(under), channel_id=channel.id, fail_if_not_exists=False)
            if manner.key:
                fields["nonce"] = f"{manner.key}.{number}"
            return str((await channel.send(**fields)).id)

    async def edit(self, chat: str, message: str, page: Page) -> None:
        """Replace what a message shows; raises discord.NotFound where it is not there, else as `send`."""
        with _said():
            channel = await self._channel(chat)
            found = channel.get_partial_message(int(message))
            await found.edit(**views.instead(page))

    async def since(self, chat: str, at: datetime, most: int) -> Sequence[discord.Message]:
        """What was written there since, oldest first."""
        channel = await self._channel(chat)
        return [message async for message in channel.history(after=at, limit=most, oldest_first=True)]

    async def typing(self, chat: str) -> None:
        """Show that an answer is being worked out; trouble with that is no trouble."""
        try:
            await (await self._channel(chat)).typing()
        except discord.DiscordException as error:
            log.info("no typing sign for %s: %s", chat, error)

    async def delete(self, chat: str, message: str) -> bool:
        """Take a message away, of a server as `channel-message`; False where that is not allowed."""
        channel, dash, number = message.partition("-")
        try:
            where = self.client().get_partial_messageable(int(channel)) if dash else await self._channel(chat)
            await where.get_partial_message(int(number or message)).delete()
        except discord.HTTPException as error:
            log.info("message %s stays: %s", message, error)
            return False
        return True

    async def _channel(self, chat: str) -> discord.DMChannel:
        return await self.client().create_dm(discord.Object(int(chat)))


@contextmanager
def _said() -> Iterator[None]:
    """An error of the library in the words of this house."""
    try:
        yield
    except discord.RateLimited as error:
        raise Busy(error.retry_after) from error
    except discord.HTTPException as error:
        if error.code in GONE:
            raise ChatGone(error.text or str(error)) from error
        raise
