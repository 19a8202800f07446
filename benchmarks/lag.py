"""Event-loop lag: how late a task that sleeps a millisecond wakes while a thousand jobs and a hundred thousand ticks a second are done.

A job is a unit of work on the bus: one event, journalled by its hash chain in a database on disk, each in a task of its own, so that
those under way together share a commit. A tick is a price that the stop book compares with ten thousand stops, in batches.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from benchmarks.stops import BATCH, TICKS, Tape, fixed, tape
from benchmarks.timing import Row, milliseconds, quantile
from domain.events import NewsTouched
from storage.engine import open_store
from trading.bus import Bus
from trading.exits.stops import StopBook

SECONDS = 10.0
IDLE = 3.0
JOBS, TICKS_A_SECOND = 1_000, 100_000
STEP = 1e-3
GOAL = 5e-3
ENOUGH = 0.98  # of the jobs and ticks that were to be done: a loop that falls behind has not shown anything
AT = datetime(2025, 3, 5, 15, 30, tzinfo=UTC)


def rows() -> list[Row]:
    """Every figure of this file."""
    with tempfile.TemporaryDirectory() as directory:
        idle, busy, work = asyncio.run(_measured(Path(directory)))
    jobs, ticks = work.jobs / work.seconds, work.ticks / work.seconds
    done = jobs >= JOBS * ENOUGH and ticks >= TICKS_A_SECOND * ENOUGH
    return [
        Row(
            "event-loop lag with 1,000 jobs/s and 100,000 ticks/s",
            f"{_said(busy)}, at {jobs:,.0f} jobs/s and {ticks:,.0f} ticks/s",
            "p99 under 5 ms",
            f"the same loop with nothing to do: {_said(idle)}",
            met=done and quantile(busy) < GOAL,
        )
    ]


@dataclass(slots=True)
class _Work:
    """What was done, and in how many seconds."""

    jobs: int = 0
    ticks: int = 0
    seconds: float = 0.0
    under_way: set[asyncio.Task[None]] = field(default_factory=set)


async def _measured(directory: Path) -> tuple[list[float], list[float], _Work]:
    idle = await _lags(asyncio.sleep(IDLE))
    store = await open_store(f"sqlite:///{directory / 'lag.db'}")
    work = _Work()
    book, ticks = fixed(), tape(TICKS)
    try:
        busy = await _lags(_worked(work, Bus(store), book, ticks))
    finally:
        await store.close()
    return idle, busy, work


async def _lags(work: Awaitable[None]) -> list[float]:
    """How much longer than a millisecond each sleep of a millisecond took while the work went on."""
    found: list[float] = []
    task = asyncio.ensure_future(work)
    while not task.done():
        started = time.perf_counter()
        await asyncio.sleep(STEP)
        found.append(time.perf_counter() - started - STEP)
    await task
    return found


async def _worked(work: _Work, bus: Bus, book: StopBook, ticks: Tape) -> None:
    started = time.perf_counter()
    await asyncio.gather(_jobs(work, bus, started), _ticks(work, book, ticks, started))
    while work.under_way:
        await asyncio.wait(work.under_way)
    work.seconds = time.perf_counter() - started


async def _jobs(work: _Work, bus: Bus, started: float) -> None:
    begun = 0
    while (spent := time.perf_counter() - started) < SECONDS:
        while begun < spent * JOBS:
            task = asyncio.create_task(_job(work, bus, begun))
            work.under_way.add(task)
            task.add_done_callback(work.under_way.discard)
            begun += 1
        await asyncio.sleep(STEP)


async def _job(work: _Work, bus: Bus, number: int) -> None:
    async with bus.unit(who="bench") as unit:
        unit.emit(NewsTouched(AT + timedelta(milliseconds=number), "bench", "AAPL", f"n{number}", "A headline", Decimal(0)))
    work.jobs += 1


async def _ticks(work: _Work, book: StopBook, ticks: Tape, started: float) -> None:
    while (spent := time.perf_counter() - started) < SECONDS:
        while work.ticks < spent * TICKS_A_SECOND:
            at = work.ticks % (TICKS - BATCH)
            book.batch(ticks.symbols[at : at + BATCH], ticks.prices[at : at + BATCH])
            work.ticks += BATCH
        await asyncio.sleep(STEP)


def _said(lags: Sequence[float]) -> str:
    return f"p50 {milliseconds(statistics.median(lags))}, p99 {milliseconds(quantile(lags))}"
