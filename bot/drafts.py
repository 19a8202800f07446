"""Answers in the making, shown: one message for each, edited at most once a second, with [Stop] under it until the answer stands there."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace

from bot.showing import Showing
from commands.draft import STOP, Draft
from domain.chat import Button, Buttons, Incoming, Manner, Reply
from domain.errors import Busy

FIRST = 0.7
"""Seconds that an answer has before what there is of it is shown."""

EVERY, IN_GROUPS = 1.0, 6.0
"""Seconds between edits: a group takes twenty messages a minute, and others speak there too."""

REMEMBERED = 1000

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Following:
    """A draft, the line it answers, and the message that shows it; empty until one does."""

    line: Incoming
    draft: Draft = field(default_factory=Draft)
    message: str = ""
    showing: asyncio.Lock = field(default_factory=asyncio.Lock)


class Drafts:
    """The drafts of one platform that are being worked out."""

    def __init__(self, showing: Showing) -> None:
        self._showing = showing
        self._clock = showing.clock
        self._followed: dict[str, Following] = {}
        self._over: deque[str] = deque(maxlen=REMEMBERED)

    @asynccontextmanager
    async def following(self, line: Incoming, chat: str) -> AsyncIterator[Following]:
        """Show in a chat how the answer to a line grows, while the block runs; its `message` is what the answer is to replace."""
        one = self._followed[line.key] = Following(line)
        tasks: list[asyncio.Task[None]] = []
        begun = self._clock.monotonic()
        one.draft.began = lambda: tasks.append(asyncio.create_task(self._follow(one, chat, begun)))
        try:
            yield one
        finally:
            if tasks:
                async with one.showing:  # a message that is on its way is waited for, for it is to become the answer
                    tasks[0].cancel()
                with suppress(asyncio.CancelledError):
                    await tasks[0]
            del self._followed[line.key]
            if one.message:
                self._over.append(line.key)

    def stopped(self, press: Incoming, *, anybody: bool) -> bool:
        """True where a press of [Stop] needs no answer: it stopped what its person asked for, or `anybody` did, or that is answered."""
        key = (press.payload or "").removeprefix(STOP)
        one = self._followed.get(key)
        if one is None:
            return key in self._over
        if not (anybody or one.line.origin.person == press.origin.person):
            return False
        one.draft.stop()
        return True

    async def _follow(self, one: Following, chat: str, begun: float) -> None:
        await self._clock.sleep(max(begun + FIRST - self._clock.monotonic(), 0.0))
        while True:
            reply = await one.draft.grown()
            async with one.showing:
                try:
                    await self._show(one, chat, with_stop(reply, one.line.key))
                except Busy as busy:
                    log.info("a draft waits: %s", busy)
                except Exception as error:
                    log.info("a draft was not shown: %s", error)
            await self._clock.sleep(IN_GROUPS if one.line.group else EVERY)

    async def _show(self, one: Following, chat: str, reply: Reply) -> None:
        line = one.line
        manner = Manner(silent=True, under=line.message if line.group else "", group=line.group, waits=line.waits)
        one.message = await self._showing.draft(chat, one.message, reply, manner)


def with_stop(reply: Reply, key: str) -> Reply:
    """A draft with the button that ends it."""
    return replace(reply, blocks=(*reply.blocks, Buttons((Button("Stop", f"{STOP}{key}"),))))
