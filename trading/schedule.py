"""The one driver of the jobs: asked every round, it decides once about every due time, on whatever clock the house runs.

A leap of the clock is many due times at once: the latest is decided on its own, those before it are one row that says how many they were.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.clock import within
from domain.errors import UserError
from domain.events import DemoMoved, Event, JobFailed, JobSkipped
from domain.ports import Clock, Ids
from storage import job_runs, states
from storage.job_runs import JobRun, Outcome
from storage.store import Store, Tx
from trading.bus import Bus
from trading.jobs import Job, Jobs, Missed, Turn

log = logging.getLogger(__name__)

WHO = "schedule"
PART = "schedule"
PATIENCE = 0.25
"""Seconds a round waits for the jobs it began; what takes longer goes on beside it. A simulated clock stands still meanwhile."""

ANSWER = 8.0
"""Seconds a person who asked for a run waits for its end."""

AHEAD = timedelta(days=1)
"""A due time further ahead than this was written by a clock that ran ahead, and does not hold the jobs up until it comes."""

STOPPED = "the program stopped while it ran"
TIDIED = 100


@dataclass(frozen=True, slots=True)
class Begun:
    """Since when each job is looked after: what was due before that is nobody's."""

    jobs: tuple[tuple[str, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """A job as `/jobs` shows it: its next due time and the latest decision about it."""

    job: Job
    next: datetime | None
    last: JobRun | None


class Schedule:
    """Runs the jobs of one account. Every due time gets exactly one row; a clock that goes back runs nothing twice."""

    def __init__(self, jobs: Jobs, store: Store, bus: Bus, clock: Clock, ids: Ids, account: str) -> None:
        self.jobs = jobs
        self._store = store
        self._bus = bus
        self._clock = clock
        self._ids = ids
        self._account = account
        self._lock = asyncio.Lock()
        self._next: dict[str, datetime | None] | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._failing: set[str] = set()
        self._again: list[tuple[Job, JobRun, datetime]] = []
        self._unwritten: list[tuple[JobRun, str]] = []
        self._counts: dict[str, int] = {}
        self._moved = False
        bus.subscribe(self._heard)

    async def run_due(self) -> None:
        """Decide about everything that has fallen due, and begin what is to run. One job's trouble stops no other.

        Raises the first error, such as a database that refuses; what was not decided is asked again next time.
        """
        if self.jobs.all():
            async with self._lock:
                await self._due()

    async def next_due(self) -> tuple[datetime, str] | None:
        """The next instant at which a job is due, and its name; None when there is none."""
        async with self._lock:
            coming = [(due, name) for name, due in (await self._ready()).items() if due is not None]
        return min(coming, default=None)

    async def agenda(self) -> list[Planned]:
        """Every job with its next due time and the last decision; reads only."""
        now = self._clock.now()
        async with self._store.read() as tx:
            begun = await self._begun(tx, now)
            found = [(job, await job_runs.newest(tx, self._account, job.name)) for job in self.jobs.all()]
            cursors = [await self._cursor(tx, job, begun, now) for job in self.jobs.all()]
        return [Planned(job, job.following(cursor), last) for (job, last), cursor in zip(found, cursors, strict=True)]

    async def history(self, job: Job, limit: int) -> list[JobRun]:
        """The last decisions about a job, latest first."""
        async with self._store.read() as tx:
            return await job_runs.of_job(tx, self._account, job.name, limit=limit)

    async def run(self, name: str, who: str) -> JobRun:
        """Run a job now because a person asked: how it ended, or that it still runs. Raises BadArgument, or UserError while it runs."""
        job = self.jobs.get(name)
        async with self._lock:
            await self._due()
            if job.name in self._running:
                raise UserError(f"{job.name} is running already; `/jobs` shows when it is done.", example="/jobs", code="running")
            now = self._clock.now()
            run = JobRun(job.name, now, now, Outcome.STARTED, f"asked for by {who}")
            async with self._store.write() as tx:
                since = await self._since(tx, job)
                await job_runs.claim(tx, self._account, run)
            task = self._begin(job, run, since)
        await self._wait_for(task, ANSWER)  # the rounds go on meanwhile
        async with self._store.read() as tx:
            return await job_runs.newest(tx, self._account, job.name, until=now) or run

    async def close(self) -> None:
        """Stop what runs; it is run again at the next start, or said to have been stopped."""
        tasks = tuple(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _due(self) -> None:
        following = await self._ready()
        await self._write_late()
        while self._again:
            await self._wait_for(self._begin(*self._again.pop(0)), PATIENCE)
        now, left, first = self._clock.now(), PATIENCE, None
        for job in self.jobs.all():
            due = following[job.name]
            if due is None or due > now:
                continue
            begun = self._clock.monotonic()
            try:
                task = await self._decide(job, due, now)
                if task is not None:
                    await self._wait_for(task, left)
            except Exception as error:
                log.exception("%s could not be decided on", job.name)
                first = first or error
            left = max(left - (self._clock.monotonic() - begun), 0.0)
        if first is not None:
            raise first
        self._moved = False

    async def _ready(self) -> dict[str, datetime | None]:
        """Where every job is, read once; runs that a stop cut short are run again, or said to have been."""
        if self._next is not None:
            return self._next
        now, found = self._clock.now(), {}
        async with self._store.write() as tx:
            begun = await self._begun(tx, now)
            await states.put(tx, self._account, PART, Begun(tuple(sorted(begun.items()))))
            for job in self.jobs.all():
                found[job.name] = job.following(await self._cursor(tx, job, begun, now))
                last = await job_runs.newest(tx, self._account, job.name)
                if last is not None and last.outcome is Outcome.FAILED:
                    self._failing.add(job.name)  # it was told before the restart
            cut = [(run, await self._cut_short(tx, run, now)) for run in await job_runs.unfinished(tx, self._account)]
        self._next = found
        self._again = [(again[0], replace(run, ran=now), again[1]) for run, again in cut if again is not None]
        return found

    async def _cut_short(self, tx: Tx, run: JobRun, now: datetime) -> tuple[Job, datetime] | None:
        """A run that never ended: the job and since when where it is to be run again; else it has failed, in the given transaction."""
        job = next((j for j in self.jobs.all() if j.name == run.job), None)
        if job is not None and (job.missed is Missed.RUN_ONCE or now - run.due <= job.grace):
            return job, await self._since(tx, job)
        await job_runs.finish(tx, self._account, replace(run, ran=now, outcome=Outcome.FAILED, detail=STOPPED))
        return None

    async def _begun(self, tx: Tx, now: datetime) -> dict[str, datetime]:
        """Since when each job is looked after; a new one from now on, and one that a clock ahead began as well."""
        kept = dict((await states.get(tx, self._account, PART, Begun) or Begun()).jobs)
        known = {name: at for name, at in kept.items() if at <= now + AHEAD}
        return {job.name: now for job in self.jobs.all()} | known

    async def _cursor(self, tx: Tx, job: Job, begun: dict[str, datetime], now: datetime) -> datetime:
        last = await job_runs.newest(tx, self._account, job.name, until=now + AHEAD)
        return max(begun[job.name], last.due) if last is not None else begun[job.name]

    async def _since(self, tx: Tx, job: Job) -> datetime:
        """The due time a job last did its work for, or since when it is looked after."""
        now = self._clock.now()
        last = await job_runs.newest(tx, self._account, job.name, until=now, outcome=Outcome.RAN)
        return last.due if last is not None else (await self._begun(tx, now))[job.name]

    async def _decide(self, job: Job, first: datetime, now: datetime) -> asyncio.Task[None] | None:
        """Write the one decision about every due time of a job up to now, in one transaction, and begin the run where there is one."""
        due, before, missed = latest(job, first, now)
        run = self._verdict(job, due, now)
        async with self._bus.unit(who=WHO) as unit:
            since = await self._since(unit.tx, job)
            if before is not None:
                words = f"{missed} due from {first:%Y-%m-%d %H:%M} UTC on, as one with the next"
                await job_runs.claim(unit.tx, self._account, JobRun(job.name, before, now, Outcome.COALESCED, words))
            fresh = await job_runs.claim(unit.tx, self._account, run)
            if fresh and run.outcome is Outcome.SKIPPED and not self._moved:
                unit.emit(JobSkipped(now, self._account, job.name, due, run.detail))
        if self._next is not None:
            self._next[job.name] = job.following(due)
        return self._begin(job, run, since) if fresh and run.outcome is Outcome.STARTED else None

    def _verdict(self, job: Job, due: datetime, now: datetime) -> JobRun:
        late = now - due
        if job.name in self._running:
            return JobRun(job.name, due, now, Outcome.COALESCED, "the run before it was still going")
        if job.missed is Missed.SKIP and late > job.grace:
            words = "the demo was moved past it" if self._moved else f"{span(late)} late, too late to be of use"
            return JobRun(job.name, due, now, Outcome.SKIPPED, words)
        return JobRun(job.name, due, now, Outcome.STARTED, f"{span(late)} late" if late > job.grace else "")

    def _begin(self, job: Job, run: JobRun, since: datetime) -> asyncio.Task[None]:
        task = asyncio.ensure_future(self._perform(job, run, since))
        self._running[job.name] = task
        return task

    async def _perform(self, job: Job, run: JobRun, since: datetime) -> None:
        reference = ""
        try:
            told = await within(self._clock, job.deadline, self.jobs.action(job)(Turn(job.name, run.due, since)))
            said = told if isinstance(told, str) else ""
            run = replace(run, outcome=Outcome.RAN, detail="; ".join(filter(None, (run.detail, said))))
        except Exception as error:
            reference = self._ids.new()
            log.exception("job %s failed (%s)", job.name, reference)
            words = shown(f"{type(error).__name__}: {error}")
            run = replace(run, outcome=Outcome.FAILED, detail=f"{words} ({reference})")
        finally:
            self._running.pop(job.name, None)
        try:
            await self._write(replace(run, ran=self._clock.now()), reference)
        except Exception:
            log.exception("how %s ended could not be written; it is tried again", job.name)
            self._unwritten.append((run, reference))

    async def _write(self, run: JobRun, reference: str) -> None:
        """How a run ended; a failure is told when it begins, and again only after a run that worked."""
        tell = bool(reference) and run.job not in self._failing
        count = self._counts[run.job] = self._counts.get(run.job, 0) + 1
        async with self._bus.unit(who=WHO) as unit:
            await job_runs.finish(unit.tx, self._account, run)
            if count % TIDIED == 0:
                await job_runs.prune(unit.tx, self._account, run.job)
            if tell:
                unit.emit(JobFailed(self._clock.now(), self._account, run.job, reference))
        if reference:
            self._failing.add(run.job)
        else:
            self._failing.discard(run.job)

    async def _write_late(self) -> None:
        while self._unwritten:
            await self._write(*self._unwritten[0])
            self._unwritten.pop(0)

    async def _wait_for(self, task: asyncio.Task[None], seconds: float) -> None:
        """Wait for a run so long; one that takes longer goes on beside the rounds."""
        with suppress(TimeoutError):
            await within(self._clock, seconds, asyncio.wait({task}))

    async def _heard(self, event: Event) -> None:
        if isinstance(event, DemoMoved):
            self._moved = True


def latest(job: Job, first: datetime, now: datetime) -> tuple[datetime, datetime | None, int]:
    """The last due time up to `now` of a job that is due from `first` on, the one before it, and how many come before it."""
    due, before, missed = first, None, 0
    step = getattr(job.trigger, "interval", None)  # a year of minutes is a division, not half a million questions
    if isinstance(step, timedelta) and now - due > 2 * step:
        missed = (now - due) // step - 1
        due, before = due + missed * step, due + (missed - 1) * step
    while (following := job.following(due)) is not None and following <= now:
        due, before, missed = following, due, missed + 1
    return due, before, missed


def shown(words: str) -> str:
    """An error's words as one line that a row can hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())[:200]


def span(late: timedelta) -> str:
    """A span as it is said: `12 min`, `3 h`, `2 days`."""
    minutes = int(late.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"
