"""The only place that reads the clock or sleeps: the machine's time, a time moved by hand, and the demo world's time."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from domain.ports import Clock

T = TypeVar("T")


class SystemClock:
    """The machine's clock. `now` never goes back within a process: a step backwards is held until time catches up."""

    def __init__(self) -> None:
        self._latest = datetime.now(UTC)

    def now(self) -> datetime:
        """Aware UTC."""
        self._latest = max(self._latest, datetime.now(UTC))
        return self._latest

    def monotonic(self) -> float:
        """Seconds that only grow; deadlines are measured on these."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        await asyncio.sleep(seconds)


class ManualClock:
    """Time moved by hand: stands still until `advance`, which wakes every sleeper at its own instant, in order."""

    def __init__(self, start: datetime) -> None:
        self._start = start.astimezone(UTC)
        self._now = self._start
        self._sleepers: list[tuple[datetime, int, asyncio.Event]] = []
        self._count = 0

    def now(self) -> datetime:
        """Aware UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since the start."""
        return (self._now - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was advanced that far; zero or less yields once."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        event = asyncio.Event()
        self._count += 1
        sleeper = (self._now + timedelta(seconds=seconds), self._count, event)
        heapq.heappush(self._sleepers, sleeper)
        try:
            await event.wait()
        except asyncio.CancelledError:  # nobody waits any more: a deadline that was kept must not hold up `advance`
            self._sleepers = [s for s in self._sleepers if s is not sleeper]
            heapq.heapify(self._sleepers)
            raise

    def set(self, at: datetime) -> None:
        """Jump forwards to an instant without waking anybody in between; an earlier instant changes nothing."""
        self._now = max(self._now, at.astimezone(UTC))

    async def advance(self, by: timedelta) -> None:
        """Move forwards, waking sleepers on the way and letting them run."""
        until = self._now + by
        while self._sleepers and self._sleepers[0][0] <= until:
            at, _, event = heapq.heappop(self._sleepers)
            self.set(at)
            event.set()
            for _ in range(8):
                await asyncio.sleep(0)
        self.set(until)
        await asyncio.sleep(0)


class WorldClock:
    """The demo's clock: starts at a given instant, runs at `speed` times wall time, and can be moved forwards. It never goes back."""

    def __init__(self, start: datetime, *, speed: float = 1.0) -> None:
        self._base = start.astimezone(UTC)
        self._speed = speed
        self._since = time.monotonic()

    def now(self) -> datetime:
        """Aware UTC, in the demo world."""
        return self._base + timedelta(seconds=(time.monotonic() - self._since) * self._speed)

    def monotonic(self) -> float:
        """Wall seconds that only grow."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait that many wall seconds: the demo's parts run at the reader's pace."""
        await asyncio.sleep(seconds)

    def forward(self, by: timedelta) -> None:
        """Move the world forwards; a negative move raises ValueError."""
        if by < timedelta(0):
            raise ValueError("the demo world does not go back")
        self._base += by


async def within(clock: Clock, seconds: float, work: Awaitable[T]) -> T:
    """What `work` gives, or TimeoutError when it has not come within so many seconds of the clock; the work is cancelled then.

    Whoever is cancelled while waiting cancels the work and lets it end first. What has come in the same instant as the deadline counts.
    Work that is to go on whatever happens is waited for as `asyncio.wait({task})`.
    """
    task = asyncio.ensure_future(work)
    timer = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((task, timer), return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait((task,))
        _seen(task)
        raise
    finally:
        timer.cancel()
        await asyncio.wait((timer,))
    if task.done():
        return task.result()
    task.add_done_callback(_seen)
    task.cancel()
    raise TimeoutError(f"no answer within {seconds:g} s")


def _seen(task: asyncio.Future[Any]) -> None:
    """Nobody waits for this any more, so nobody else would look at how it failed."""
    if not task.cancelled():
        task.exception()
