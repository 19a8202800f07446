"""What each chat platform takes at most, in one place: how long a message may be, how many buttons it has, how often one may be sent.

Telegram's figures are those of https://core.telegram.org/bots/api and https://core.telegram.org/bots/faq#my-bot-is-hitting-limits.
"""

from __future__ import annotations

from collections import OrderedDict, deque
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


TELEGRAM = Limits(text=4096, caption=1024, payload=64, label=64, buttons=100, commands=100, overall=25, apart=1.0, group=20)
"""Telegram allows thirty messages a second; five are left for edits and answers to taps, which are counted too."""

RESERVED = 5
"""Messages a second that only urgent ones may use."""

MINUTE = 60.0


def units(text: str) -> int:
    """The length of a text in UTF-16 units, as Telegram counts: a character beyond the basic plane is two."""
    return len(text) + sum(1 for c in text if ord(c) > 0xFFFF)


class Pace:
    """When the next message may go: a platform's limits over all chats, for each chat, and for each group a minute."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._sent: deque[float] = deque()
        self._last: OrderedDict[str, float] = OrderedDict()
        self._groups: dict[str, deque[float]] = {}
        self._paused = 0.0

    def pause(self, seconds: float) -> None:
        """Nothing goes for so long: the platform asked for it."""
        self._paused = max(self._paused, self._clock.monotonic() + seconds)

    async def turn(self, chat: str, *, urgent: bool = False, group: bool = False) -> None:
        """Wait until a message to this chat may go, and count it; urgent ones may use what others have to leave."""
        while (wait := self._wait(chat, urgent=urgent, group=group)) > 0:
            await self._clock.sleep(wait)
        now = self._clock.monotonic()
        self._sent.append(now)
        self._last[chat] = now
        self._last.move_to_end(chat)
        if len(self._last) > CHATS:
            self._groups.pop(self._last.popitem(last=False)[0], None)
        if group:
            self._groups.setdefault(chat, deque(maxlen=self._limits.group)).append(now)

    def _wait(self, chat: str, *, urgent: bool, group: bool) -> float:
        now = self._clock.monotonic()
        while self._sent and now - self._sent[0] >= 1.0:
            self._sent.popleft()
        due = [self._paused, self._last.get(chat, now - MINUTE) + self._limits.apart]
        room = self._limits.overall - (0 if urgent else RESERVED)
        if len(self._sent) >= room:
            due.append(self._sent[len(self._sent) - room] + 1.0)
        told = self._groups.get(chat)
        if group and told is not None and len(told) == self._limits.group:
            due.append(told[0] + MINUTE)
        return max(due) - now
