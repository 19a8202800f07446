"""The adapter: updates in, messages out, on one bot."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from telegram.error import TelegramError

from bot.adapters.telegram.api import Api
from bot.adapters.telegram.render import illustrated
from bot.adapters.telegram.updates import PLATFORM, Seen, read
from bot.pictures import picture
from bot.platform import Inlet
from domain.chat import PLAINLY, CommandSpec, Incoming, Manner, Reply
from domain.clock import SystemClock
from domain.errors import Busy, StorageFailed
from domain.ports import Clock

BASE = "https://api.telegram.org/bot"
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """The bot's token, where the platform is (another address for a Bot API server of one's own), and where it may call us."""

    token: str
    base: str = BASE
    webhook: str = ""
    port: int = 8443


def build(settings: Settings, clock: Clock) -> Telegram:
    """An adapter on a house's clock; nothing connects before `open`."""
    return Telegram(Api(settings.token, settings.base, SystemClock()), clock, settings)


class Telegram:
    """One bot. `inlet` takes what came in, and the platform is told of it only once that has been kept."""

    inlet: Inlet

    def __init__(self, api: Api, clock: Clock, settings: Settings) -> None:
        self.api = api
        self._settings = settings
        self._clock = clock
        self._wall = SystemClock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._trouble = ""

    @property
    def platform(self) -> str:
        """Its name in origins."""
        return PLATFORM

    @property
    def described(self) -> str:
        """The bot's name, and what it sees of groups."""
        seen = (
            "sees every message of its groups"
            if self.api.bot.can_read_all_group_messages
            else "sees only commands in groups (privacy mode)"
        )
        inline = ", and offers quotes in any chat" if self.api.bot.supports_inline_queries else ""
        return f"@{self.api.bot.username} answers; it {seen}{inline}"

    def link(self, word: str) -> str:
        """An address that opens the bot and offers to start with a word."""
        return f"https://t.me/{self.api.bot.username}?start={word}"

    async def open(self) -> None:
        """Connect; raises SetupError for a token that the platform does not know, TelegramError where it does not answer."""
        await self.api.open()

    async def close(self) -> None:
        """Let go of the platform."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.api.close()

    async def serve(self) -> None:
        """Take updates until cancelled: fetched, or brought where an address is set that the platform may call."""
        if self._settings.webhook:
            await self._called()
        else:
            await self._fetched()

    async def _called(self) -> None:
        webhook = importlib.import_module("bot.adapters.telegram.webhook")  # with the library's server, which few need
        expected = webhook.secret(self._settings.token)
        async with webhook.listening(self._settings.webhook, self._settings.port, expected, self._take):
            await self._persistently(lambda: self.api.call_at(self._settings.webhook, expected))
            await asyncio.Event().wait()

    async def _persistently(self, work: Callable[[], Awaitable[None]]) -> None:
        """Until it worked; trouble is said once."""
        pause = FIRST_PAUSE
        while True:
            try:
                await work()
                return
            except TelegramError as error:
                self._said(f"Telegram was not told how updates come: {error}")
                await self._wall.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _fetched(self) -> None:
        """Written down first, then confirmed by the next request. Trouble is said once and waited out."""
        await self._persistently(self.api.call_nowhere)
        offset: int | None = None
        pause = FIRST_PAUSE
        while True:
            try:
                updates = await self.api.updates(offset)
                await self._take(updates)
                numbers = [n for u in updates if type(n := u.get("update_id")) is int]
                offset = max(numbers) + 1 if numbers else offset
            except Busy as busy:
                self._said(f"Telegram holds updates back: {busy.__cause__}")
                await self._wall.sleep(max(busy.after, FIRST_PAUSE))
                continue
            except (TelegramError, StorageFailed) as error:
                self._said(f"no updates from Telegram: {error}")
                await self._wall.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            if self._trouble:
                log.warning("updates from Telegram come again")
            self._trouble, pause = "", FIRST_PAUSE

    async def send(self, chat: str, reply: Reply, manner: Manner = PLAINLY) -> str:
        """Show a reply as one message or more, the buttons under the last, whose id is returned."""
        message = ""
        for page in illustrated(reply, await picture(reply)):
            message = await self.api.send(chat, page, manner)
            manner = replace(manner, under="", silent=True)  # only the first makes a sound
        return message

    async def edit(self, chat: str, message: str, reply: Reply) -> bool:
        """Replace what a message shows; what does not fit it follows as messages of its own. False where it is not there any more."""
        first, *more = illustrated(reply, await picture(reply))
        there = await self.api.edit(chat, message, first)
        for page in more if there else ():
            await self.api.send(chat, page, Manner(silent=True))
        return there

    async def publish(self, commands: Sequence[CommandSpec]) -> None:
        """Strangers see no menu; see `menu`."""
        await self.api.menu(())

    async def menu(self, chat: str, commands: Sequence[CommandSpec]) -> None:
        """The commands that the person of a private chat may use."""
        await self.api.menu(commands, chat)

    async def typing(self, chat: str) -> None:
        """Show that an answer is being worked out."""
        await self.api.typing(chat)

    async def noticed(self, chat: str, message: str) -> None:
        """A thumb under a message whose answer goes to the private chat."""
        await self.api.react(chat, message)

    async def delete(self, chat: str, message: str) -> bool:
        """Take a message away; a bot may take those of a private chat, and those of a group where it is an administrator."""
        return await self.api.delete(chat, message)

    async def _take(self, updates: Sequence[Mapping[str, Any]]) -> None:
        now, wall = self._clock.now(), self._wall.now()
        seen = [s for update in updates if (s := read(update, now, wall)) is not None]
        for old, new in [s.moved for s in seen if s.moved is not None]:
            await self.inlet.moved(old, new)
        try:
            await self.inlet.keep([s.incoming for s in seen if s.incoming is not None and not s.glance])
        except StorageFailed:
            raise
        except Exception:
            await self._one_by_one(seen)
        for one in seen:
            if one.tap:
                self._begin(self.api.acknowledge(one.tap))
            if one.glance and one.incoming is not None:
                self._begin(self._glanced(one.glance, one.incoming))

    async def _glanced(self, question: str, line: Incoming) -> None:
        """Quick quotes, as they are typed after the bot's name in any chat; only what is chosen there is said."""
        try:
            await self.api.offer(question, await self.inlet.glance(line.origin, line.text))
        except Exception as error:
            log.info("an inline question was not answered: %s", error)

    async def _one_by_one(self, seen: Sequence[Seen]) -> None:
        """Among these is one that cannot be kept: it is passed over, so that it does not come again and again."""
        for one in seen:
            try:
                await self.inlet.keep([one.incoming] if one.incoming is not None and not one.glance else [])
            except StorageFailed:
                raise
            except Exception:
                log.exception("update %s cannot be kept and is passed over", one.number)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _said(self, trouble: str) -> None:
        if trouble != self._trouble:
            log.warning("%s", trouble)
        self._trouble = trouble
