"""What each chat platform takes at most, in one place: how long a message may be, how many buttons it has, how often one may be sent.

Telegram's figures are those of https://core.telegram.org/bots/api and https://core.telegram.org/bots/faq#my-bot-is-hitting-limits.
How often Discord takes a message it says with every answer, and its library keeps to that.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from domain.ports import Clock

CHATS = 5000


@dataclass(frozen=True, slots=True)
class Limits:
    """The most of each. `text` and `caption` are counted after markup, in UTF-16 units; `payload` and `label` in bytes and characters."""

    text: int
    caption: int
    payload: int
    label: int
    buttons: int
    commands: int
    overall: int  # messages a second to everybody
    apart: float  # seconds between two messages to one chat
    group: int  # messages a minute to one group


TELEGRAM = Limits(text=4096, caption=1024, payload=64, label=64, buttons=100, commands=100, overall=25, apart=1.1, group=20)
"""Telegram allows thirty messages a second and one a second to a chat; what is less here is for the way there, which takes no even time."""


@dataclass(frozen=True, slots=True)
class DiscordLimits:
    """Discord's most of each, in characters; `answer` is in seconds, and `token` for how many of them an interaction may be answered.

    From https://docs.discord.com/developers/resources/message and /interactions/receiving-and-responding.
    """

    text: int = 2000
    embed: int = 6000  # all texts of an embed together
    description: int = 4096
    field_name: int = 256
    field: int = 1024
    fields: int = 25
    payload: int = 100
    label: int = 80
    row: int = 5
    buttons: int = 25
    choices: int = 25
    choice: int = 100
    commands: int = 100
    help: int = 100
    alternative: int = 1024
    thread: int = 100  # the name of a thread
    answer: float = 3.0
    token: float = 900.0


DISCORD = DiscordLimits()

RESERVED = 5
"""Messages a second that only urgent ones may use."""

MINUTE = 60.0
STEP = 0.05
"""Seconds after which somebody who came meanwhile, or is more urgent, is looked at."""


@dataclass(slots=True, eq=False)
class _Waiter:
    """Somebody who waits for a turn."""

    chat: str
    urgent: bool
    group: bool
    turn: asyncio.Future[None]


class Pace:
    """When the next message may go: a platform's limits over all chats, for each chat, and for each group a minute.

    Turns come in the order they were asked for, urgent ones before all others; one whose chat has to wait lets the next pass. At most
    `at_once` are on their way, for what queues up behind a slow line would arrive as one burst.
    """

    def __init__(self, limits: Limits, clock: Clock, at_once: int = 4) -> None:
        self._at_once = at_once
        self._under_way = 0
        self._limits = limits
        self._clock = clock
        self._sent: deque[float] = deque()
        self._last: OrderedDict[str, float] = OrderedDict()
        self._groups: dict[str, deque[float]] = {}
        self._paused = 0.0
        self._waiting: list[_Waiter] = []
        self._task: asyncio.Task[None] | None = None

    def pause(self, seconds: float) -> None:
        """Nothing goes for so long: the platform asked for it."""
        self._paused = max(self._paused, self._clock.monotonic() + seconds)

    @asynccontextmanager
    async def turn(self, chat: str, *, urgent: bool = False, group: bool = False) -> AsyncIterator[None]:
        """Wait until a message to this chat may go, and count it; it is on its way within the block. Urgent ones may use what others leave.

        How long the next one to this chat waits counts from the end of the block, for no two take the same way.
        """
        waiter = _Waiter(chat, urgent, group, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._give())
        try:
            await waiter.turn
            yield
        finally:
            if waiter.turn.done() and not waiter.turn.cancelled():
                self._under_way -= 1
                self._last[chat] = self._clock.monotonic()

    async def _give(self) -> None:
        """Give turns until nobody waits."""
        while self._waiting:
            self._waiting = [w for w in self._waiting if not w.turn.done()]  # who gave up waiting needs none
            soonest = MINUTE
            for waiter in sorted(self._waiting, key=lambda w: not w.urgent):
                wait = self._wait(waiter)
                if wait <= 0:
                    self._count(waiter)
                    self._waiting.remove(waiter)
                    waiter.turn.set_result(None)
                else:
                    soonest = min(soonest, wait)
                    if self._full(urgent=waiter.urgent):
                        break  # all that follow wait at least as long
            if self._waiting:
                await self._clock.sleep(min(soonest, STEP))

    def _count(self, waiter: _Waiter) -> None:
        now = self._clock.monotonic()
        self._under_way += 1
        self._sent.append(now)
        self._last[waiter.chat] = now
        self._last.move_to_end(waiter.chat)
        if len(self._last) > CHATS:
            self._groups.pop(self._last.popitem(last=False)[0], None)
        if waiter.group:
            self._groups.setdefault(waiter.chat, deque(maxlen=self._limits.group)).append(now)

    def _full(self, *, urgent: bool) -> bool:
        now = self._clock.monotonic()
        while self._sent and now - self._sent[0] >= 1.0:
            self._sent.popleft()
        return self._under_way >= self._at_once or len(self._sent) >= self._limits.overall - (0 if urgent else RESERVED)

    def _wait(self, waiter: _Waiter) -> float:
        now = self._clock.monotonic()
        due = [self._paused, self._last.get(waiter.chat, now - MINUTE) + self._limits.apart]
        room = self._limits.overall - (0 if waiter.urgent else RESERVED)
        if self._under_way >= self._at_once:
            due.append(now + STEP)
        if self._full(urgent=waiter.urgent) and len(self._sent) >= room:
            due.append(self._sent[len(self._sent) - room] + 1.0)
        told = self._groups.get(waiter.chat)
        if waiter.group and told is not None and len(told) == self._limits.group:
            due.append(told[0] + MINUTE)
        return max(due) - now
