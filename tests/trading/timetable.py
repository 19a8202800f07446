"""A schedule with jobs of its own on a clock that moves by hand, for the tests of the driver; what survives a restart is the store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from domain.clock import ManualClock
from domain.events import Event
from domain.ids import SequentialIds
from storage import job_runs, journal
from storage.job_runs import JobRun
from storage.snapshot import open_memory
from storage.store import Store
from trading.bus import Bus
from trading.jobs import Action, Job, Jobs, Missed, Turn
from trading.schedule import Schedule

ACCOUNT = "main"
E = TypeVar("E", bound=Event)
START = datetime(2025, 3, 5, 15, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Every:
    """A trigger at the multiples of so many seconds."""

    seconds: int

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        after = now.timestamp() if previous_fire_time is None else previous_fire_time.timestamp() + 1
        return datetime.fromtimestamp(-(-after // self.seconds) * self.seconds, UTC)


def job(name: str, *, seconds: int = 60, missed: Missed = Missed.RUN_ONCE, grace: float = 30, deadline: float = 5) -> Job:
    return Job(name, Every(seconds), missed, timedelta(seconds=grace), deadline, "A job of a test.")


@dataclass
class Timetable:
    """Jobs, their runs as the actions saw them, and what was told."""

    store: Store
    clock: ManualClock
    rows: tuple[Job, ...]
    schedule: Schedule = field(init=False)
    turns: list[Turn] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    breaks: dict[str, Callable[[Turn], Awaitable[object]]] = field(default_factory=dict)

    def open(self, clock: ManualClock | None = None) -> Schedule:
        """The program starts (again), perhaps on a clock that stands elsewhere."""
        self.clock = clock or self.clock
        bus = Bus(self.store)
        bus.subscribe(self._heard)
        actions = {row.name: self._action(row.name) for row in self.rows}
        self.bus = bus
        self.schedule = Schedule(Jobs(actions, lambda: self.rows), self.store, bus, self.clock, SequentialIds("j"), ACCOUNT)
        return self.schedule

    def _action(self, name: str) -> Action:
        async def act(turn: Turn) -> object:
            self.turns.append(turn)
            return await self.breaks[name](turn) if name in self.breaks else "well"

        return act

    async def pass_time(self, seconds: float, step: float | None = None) -> None:
        """Let time pass, driving the jobs at every step."""
        left = seconds
        while left > 0:
            by = min(step or left, left)
            self.clock.set(self.clock.now() + timedelta(seconds=by))
            left -= by
            await self.schedule.run_due()

    async def settle(self) -> None:
        """Let everything go on that does not wait for time."""
        for _ in range(40):
            await asyncio.sleep(0)

    async def round_of(self, seconds: float) -> None:
        """One round that waits, while so much time passes in quarters of a second."""
        round_ = asyncio.ensure_future(self.schedule.run_due())
        for _ in range(int(seconds * 4)):
            await self.settle()
            await self.clock.advance(timedelta(seconds=0.25))
        await round_

    async def decisions(self, name: str) -> list[JobRun]:
        """Oldest first, after checking the journal."""
        async with self.store.read() as tx:
            assert await journal.verify(tx) is None
            return list(reversed(await job_runs.of_job(tx, ACCOUNT, name)))

    async def outcomes(self, name: str) -> list[str]:
        return [run.outcome.value for run in await self.decisions(name)]

    def told(self, kind: type[E]) -> list[E]:
        return [e for e in self.events if isinstance(e, kind)]

    async def _heard(self, event: Event) -> None:
        self.events.append(event)


async def timetable(*rows: Job) -> Timetable:
    """Opened, and looked at once, so that it counts from START."""
    made = Timetable(await open_memory(), ManualClock(START), rows or (job("tick"),))
    made.open()
    await made.schedule.run_due()
    return made
