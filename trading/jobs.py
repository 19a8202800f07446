"""The table of jobs: what runs by itself, when in exchange time, and what becomes of a run that was missed.

The triggers are APScheduler's, loaded when the table is first read: importing them costs 0.1 s, which a first answer does not pay.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Protocol, cast

from domain.errors import BadArgument, SourceFailed
from market import calendar

_TICK = timedelta(microseconds=1)
_EPOCH = datetime(2000, 1, 1, tzinfo=calendar.NEW_YORK)


class Trigger(Protocol):
    """When a job is due: pure, the same question always has the same answer. APScheduler's triggers are such."""

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The first due time after `previous_fire_time`, or without one the first from `now` on; None when there is none left."""
        ...


class Mark(StrEnum):
    """The ends of an exchange session."""

    OPEN = "open"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class AtSession:
    """A trigger at an offset from every session's open or close: half days and holidays are the calendar's, and so is summer time."""

    mark: Mark
    offset: timedelta

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """See `Trigger`; None beyond the calendar's last session."""
        after = now - _TICK if previous_fire_time is None else previous_fire_time
        day = (after - self.offset).astimezone(calendar.NEW_YORK).date() - timedelta(days=1)
        while True:
            try:
                session = calendar.following(day)
            except SourceFailed:
                return None
            due = (session.open if self.mark is Mark.OPEN else session.close) + self.offset
            if due > after:
                return due
            day = session.day


class Missed(StrEnum):
    """What becomes of a run whose time passed while nothing ran."""

    RUN_ONCE = "run once"  # however late, all that were missed as one
    SKIP = "skip and say so"  # not later than its grace; it would only confuse


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the table. `grace` is how late a run may be without a word; `deadline` how many seconds it may take."""

    name: str
    trigger: Trigger
    missed: Missed
    grace: timedelta
    deadline: float
    help: str

    def following(self, after: datetime) -> datetime | None:
        """The first due time later than an instant, in UTC; None when there is none left. Due times are whole seconds.

        The trigger is never told of a previous one: an interval would count from it, wherever it lay.
        """
        due = self.trigger.get_next_fire_time(None, after.replace(microsecond=0) + timedelta(seconds=1))
        return None if due is None else due.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Turn:
    """One run of a job as its action sees it: the time it was due, and the due time it last did its work for (or when it began)."""

    job: str
    due: datetime
    since: datetime


Action = Callable[[Turn], Awaitable[object]]
"""What a job does; a text it returns is kept with the run. Repeating a run must do no harm: a killed one is run again."""


@cache
def table() -> tuple[Job, ...]:
    """Every job there can be, in the order in which those due at one instant run."""
    minute, minutes5, hour = timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1)
    return (
        Job("reconcile", _every(minutes=5), Missed.RUN_ONCE, minutes5, 120, "Compare the book with the broker's."),
        Job("pre-market", AtSession(Mark.OPEN, -hour), Missed.SKIP, 55 * minute, 120, "Say what is ahead, an hour before the open."),
        Job("open", AtSession(Mark.OPEN, minutes5), Missed.SKIP, 20 * minute, 120, "Say which positions opened far from their close."),
        Job("close", AtSession(Mark.CLOSE, minutes5), Missed.SKIP, 6 * hour, 120, "Say how the day went."),
        Job("end-of-day", AtSession(Mark.CLOSE, 15 * minute), Missed.RUN_ONCE, hour, 300, "Mark the account at every session's close."),
        Job("score", AtSession(Mark.CLOSE, 20 * minute), Missed.RUN_ONCE, hour, 300, "Score what was suggested 1, 5 and 20 sessions ago."),
        Job("digest", _daily(20, 0), Missed.RUN_ONCE, hour, 120, "Sum up the day, with what was held back."),
        Job("backup", _daily(3, 15), Missed.RUN_ONCE, hour, 1800, "Copy the database, check the copy, drop old ones."),
        Job("verify", _daily(4, 15), Missed.RUN_ONCE, hour, 1800, "Check the journal's chain of hashes."),
    )


def _every(*, minutes: int) -> Trigger:
    """Every so many minutes, on the full ones."""
    module = importlib.import_module("apscheduler.triggers.interval")
    return cast(Trigger, module.IntervalTrigger(minutes=minutes, start_date=_EPOCH, timezone=calendar.NEW_YORK))


def _daily(hour: int, minute: int) -> Trigger:
    """Every day at that time in New York. Between 1:00 and 3:00 an hour is missing or double when the clocks change: keep out of it."""
    module = importlib.import_module("apscheduler.triggers.cron")
    return cast(Trigger, module.CronTrigger(hour=hour, minute=minute, timezone=calendar.NEW_YORK))


class Jobs:
    """The jobs that run in this house: the rows of the table somebody gave an action for."""

    def __init__(self, actions: Mapping[str, Action], rows: Callable[[], tuple[Job, ...]] = table) -> None:
        self._actions = actions
        self._rows = rows

    def all(self) -> tuple[Job, ...]:
        """In the order of the table; raises LookupError for an action without a row."""
        if not self._actions:
            return ()
        rows = self._rows()
        unknown = sorted(set(self._actions) - {job.name for job in rows})
        if unknown:
            raise LookupError(f"there is no job {unknown[0]} in the table")
        return tuple(job for job in rows if job.name in self._actions)

    def get(self, name: str) -> Job:
        """The job of a name as it is typed; raises BadArgument with the nearest one."""
        wanted = name.strip().lower().replace("_", "-")
        jobs = {job.name: job for job in self.all()}
        if wanted in jobs:
            return jobs[wanted]
        near = difflib.get_close_matches(wanted, jobs, n=1, cutoff=0.4)
        said = f"There is no job “{name.strip()[:40]}” here; there is: {', '.join(jobs) or 'none'}."
        raise BadArgument(said, example=f"/jobs run {near[0]}" if near else "/jobs")

    def action(self, job: Job) -> Action:
        """What a job does."""
        return self._actions[job.name]
