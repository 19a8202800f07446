"""A phone behind a bad line: what it was shown, and a world of alerts, outages, limits and restarts drawn from one seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.courier import Courier
from commands import reader
from commands.hearing import Hearing
from commands.kinds import kind_named
from domain.alerts import Alert
from domain.chat import Reply, Text
from domain.clock import ManualClock
from domain.errors import Busy
from storage import outbox
from storage.outbox import HOME, OutboxRow
from storage.snapshot import open_memory
from storage.store import Store

START = datetime(2025, 10, 10, 14, 30, tzinfo=UTC)  # 10:30 in New York
ACCOUNT = "main"
ZONE = ZoneInfo("America/New_York")


def draw(seed: object, *what: object) -> float:
    """A number in [0, 1) that belongs to a seed and a name."""
    return int.from_bytes(hashlib.sha256(repr((seed, what)).encode()).digest()[:6], "big") / 2**48


@dataclass
class Phone:
    """What was shown, with its moment and whether silently; `trouble` raises for a message that does not get through."""

    clock: ManualClock
    shown: list[tuple[datetime, str, bool]] = field(default_factory=list)
    tries: int = 0

    def trouble(self, words: str) -> None:
        """Nothing stands in the way."""

    async def __call__(self, reply: Reply, *, silent: bool) -> None:
        self.tries += 1
        first = reply.blocks[0]
        assert isinstance(first, Text)
        self.trouble(first.text)
        self.shown.append((self.clock.now(), first.text, silent))

    @property
    def words(self) -> list[str]:
        return [words for _, words, _ in self.shown]


class BadLine(Phone):
    """Down for minutes, rate limited, and failing at random, all by the seed."""

    def __init__(self, clock: ManualClock, seed: int, outages: Sequence[tuple[datetime, datetime]], failing: float = 0.2) -> None:
        super().__init__(clock)
        self.seed, self.outages, self.failing = seed, outages, failing
        self.next = clock.now()

    def down(self, at: datetime) -> datetime | None:
        """When the outage that covers an instant ends."""
        return next((end for start, end in self.outages if start <= at < end), None)

    def trouble(self, words: str) -> None:
        now = self.clock.now()
        if self.down(now):
            raise ConnectionError("no line")
        if now < self.next:
            raise Busy((self.next - now).total_seconds())
        if draw(self.seed, "failure", self.tries) < self.failing:
            raise TimeoutError("no answer")
        self.next = now + timedelta(seconds=0.2)  # five messages a second and chat


@dataclass
class Line:
    """A store, a clock, a phone and a courier that can be started anew."""

    store: Store
    clock: ManualClock
    phone: Phone
    courier: Courier

    def restart(self) -> None:
        """The program ends and starts again."""
        self.courier = Courier(self.store, self.clock, ACCOUNT, self.phone, zone=ZONE)

    async def put(self, kind: str, about: str = "", *, words: str = "", weight: str | None = None, at: datetime | None = None) -> None:
        """Something happened."""
        from decimal import Decimal

        now = at or self.clock.now()
        key = f"{kind}:{about}" if about else f"{kind}:{now.isoformat()}"
        reply = Reply((Text(words or f"{key}."),))
        measure = Decimal(weight) if weight else None
        async with self.store.write() as tx:
            await outbox.add(tx, Alert(now, ACCOUNT, kind, key, kind_named(kind).urgency, reply, measure))

    async def later(self, seconds: float = 0, *, step: float = 1) -> list[str]:
        """Time passes in steps, with a round of the courier in each; what was shown meanwhile."""
        before = len(self.phone.shown)
        left = seconds
        await self.courier.run_once()
        while left > 0:
            self.clock.set(self.clock.now() + timedelta(seconds=min(step, left)))
            left -= step
            await self.courier.run_once()
        return self.phone.words[before:]

    async def set(self, settings: Hearing) -> None:
        async with self.store.write() as tx:
            await reader.keep(tx, ACCOUNT, HOME, settings, self.clock.now())

    async def rows(self) -> list[OutboxRow]:
        """Every row, oldest first."""
        async with self.store.read() as tx:
            return list(reversed(await outbox.recent(tx, ACCOUNT, 100_000)))

    async def verdicts(self) -> list[str]:
        return [str(row.verdict) for row in await self.rows()]


async def line(phone: Phone | None = None, *, clock: ManualClock | None = None) -> Line:
    """A line on an empty store at half past ten in New York."""
    moved = clock or (phone.clock if phone else ManualClock(START))
    ear = phone or Phone(moved)
    store = await open_memory()
    return Line(store, moved, ear, Courier(store, moved, ACCOUNT, ear, zone=ZONE))
