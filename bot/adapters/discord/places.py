"""Where messages go: a person's direct messages, a channel of a server that an owner opened, the thread of an order in it."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import discord

from bot.adapters.discord import views
from bot.adapters.discord.render import Page
from bot.cutting import cut
from bot.limits import DISCORD
from domain.chat import Manner
from domain.errors import Busy, ChatGone

GONE = frozenset({50007, 10003, 10013, 50278, 50001, 50013, 160002})
"""Codes of the platform: the person takes no messages from us, the channel or the person is not there, or we may not speak there."""

BEGUN, ARCHIVED = 160004, 50083
MOST = 1000

log = logging.getLogger(__name__)

Channel = discord.DMChannel | discord.PartialMessageable


class Places:
    """A chat is a person's number, or `channel/place` on a server: the place is the channel itself or a thread of it.

    A message that stands elsewhere than in its chat, in the thread of an order, is called `channel-message`.
    """

    def __init__(self, client: Callable[[], discord.Client]) -> None:
        self._client = client
        self._threads: OrderedDict[int, None] = OrderedDict()

    async def send(self, chat: str, page: Page, manner: Manner, number: int) -> str:
        """Show a page; returns its id. Raises Busy, ChatGone or the library's own error. One with a key is shown once.

        What has a topic stands in a thread of that name, begun at the message it belongs to; under that message where there can be none.
        """
        fields = views.shown(page) | {"silent": manner.silent or number > 0}
        if manner.key:
            fields["nonce"] = f"{manner.key}.{number}"
        with _said():
            if manner.topic and (thread := await self._thread(chat, manner.under, manner.topic)):
                try:
                    return f"{thread}-{(await self._part(thread).send(**fields)).id}"
                except discord.HTTPException as error:
                    if error.status == 429 or error.status >= 500:
                        raise
                    log.info("the thread at message %s of %s takes nothing: %s", thread, chat, error)
            channel = await self._channel(chat)
            if manner.under.isdecimal() and number == 0:
                reference = discord.MessageReference(message_id=int(manner.under), channel_id=channel.id, fail_if_not_exists=False)
                fields["reference"] = reference
            return str((await channel.send(**fields)).id)

    async def edit(self, chat: str, message: str, page: Page) -> None:
        """Replace what a message shows; raises discord.NotFound where it is not there, else as `send`."""
        with _said():
            channel, number = await self._message(chat, message)
            fields = views.instead(page)
            try:
                await channel.get_partial_message(number).edit(**fields)
            except discord.HTTPException as error:
                if error.code != ARCHIVED:
                    raise
                await self._opened(channel.id)
                await channel.get_partial_message(number).edit(**fields)

    async def since(self, chat: str, at: datetime, most: int) -> Sequence[discord.Message]:
        """What was written there since, oldest first."""
        place = chat.partition("/")[2]  # the whole channel: what is asked for does not say itself on which server it was written
        known = self._client().get_channel(int(place)) if place else await self._channel(chat)
        channel = known if isinstance(known, discord.abc.Messageable) else await self._channel(chat)
        return [message async for message in channel.history(after=at, limit=most, oldest_first=True)]

    async def author(self, chat: str, message: str) -> str:
        """The person who wrote a message; empty where there is none, or that is not to be known."""
        try:
            channel, number = await self._message(chat, message)
            author = (await channel.fetch_message(number)).author
        except (ValueError, discord.HTTPException):
            return ""
        return "" if author.bot else str(author.id)

    async def typing(self, chat: str) -> None:
        """Show that an answer is being worked out; trouble with that is no trouble."""
        try:
            await (await self._channel(chat)).typing()
        except discord.DiscordException as error:
            log.info("no typing sign for %s: %s", chat, error)

    async def delete(self, chat: str, message: str) -> bool:
        """Take a message away; False where that is not allowed."""
        try:
            channel, number = await self._message(chat, message)
            await channel.get_partial_message(number).delete()
        except discord.HTTPException as error:
            log.info("message %s stays: %s", message, error)
            return False
        return True

    async def _thread(self, chat: str, message: str, topic: str) -> int:
        """The thread that begins at a message, which has the message's own number; 0 where there can be none."""
        channel, _, place = chat.partition("/")
        if not place or place != channel or not message.isdecimal():
            return 0  # not on a server, or in a thread already
        thread = int(message)
        if thread in self._threads:
            return thread
        name = next(iter(cut(topic, DISCORD.thread)))
        try:
            await self._client().http.start_thread_with_message(int(channel), thread, name=name, auto_archive_duration=1440)
        except discord.HTTPException as error:
            if error.status == 429 or error.status >= 500:
                raise
            if error.code != BEGUN:
                log.info("no thread can be begun at message %s of %s: %s", message, chat, error)
                return 0
        self._threads[thread] = None
        if len(self._threads) > MOST:
            self._threads.popitem(last=False)
        return thread

    async def _opened(self, thread: int) -> None:
        """An archived thread takes edits once it is active again."""
        found = await self._client().fetch_channel(thread)
        if isinstance(found, discord.Thread):
            await found.edit(archived=False)

    async def _message(self, chat: str, message: str) -> tuple[Channel, int]:
        channel, dash, number = message.partition("-")
        return (self._part(int(channel)) if dash else await self._channel(chat)), int(number or message)

    async def _channel(self, chat: str) -> Channel:
        place = chat.partition("/")[2]
        return self._part(int(place)) if place else await self._client().create_dm(discord.Object(int(chat)))

    def _part(self, channel: int) -> discord.PartialMessageable:
        return self._client().get_partial_messageable(channel)


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
