"""Any sequence of waiting, leaping, restarting, failing and going back: every due time has exactly one decision, and none is dropped."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.clock import ManualClock
from domain.errors import StorageFailed
from storage.job_runs import JobRun, Outcome
from tests.trading.timetable import START, Every, Timetable, job, timetable
from trading.jobs import Missed

ROWS = (job("tick", seconds=60), job("brief", seconds=900, missed=Missed.SKIP, grace=120), job("hourly", seconds=3600, grace=600))
STEP = st.one_of(
    st.tuples(st.just("pass"), st.integers(1, 4000)),
    st.tuples(st.just("leap"), st.integers(1, 90_000)),
    st.tuples(st.just("down"), st.integers(1, 90_000)),
    st.tuples(st.just("back"), st.integers(1, 20_000)),
    st.tuples(st.just("fail"), st.sampled_from([r.name for r in ROWS])),
    st.tuples(st.just("heal"), st.sampled_from([r.name for r in ROWS])),
    st.tuples(st.just("locked"), st.integers(1, 300)),
    st.tuples(st.just("killed"), st.sampled_from([r.name for r in ROWS])),
)
MANY = re.compile(r"(\d+) due from")


def covered(run: JobRun) -> int:
    """How many due times a row decides."""
    match = MANY.match(run.detail) if run.outcome is Outcome.COALESCED else None
    return int(match[1]) if match else 1


def due_times(seconds: int, until) -> int:
    return int(until.timestamp() // seconds) - int(START.timestamp() // seconds)


async def boom(turn):
    raise ValueError("broken")


async def endless(turn):
    await asyncio.Event().wait()


async def take(world: Timetable, what: str, how) -> None:
    now = world.clock.now()
    if what == "pass":
        await world.pass_time(how, step=60)
    elif what == "leap":
        await world.pass_time(how)
    elif what == "down":
        world.open(ManualClock(now + timedelta(seconds=how)))
        await world.schedule.run_due()
    elif what == "back":
        world.open(ManualClock(max(now - timedelta(seconds=how), START)))
        await world.schedule.run_due()
    elif what == "fail":
        world.breaks[how] = boom
    elif what == "heal":
        world.breaks.pop(how, None)
    elif what == "locked":
        await _locked(world, how)
    else:
        await _killed(world, how)


async def _locked(world: Timetable, seconds: int) -> None:
    write = world.store.write

    def refuse():
        raise StorageFailed("locked")

    world.store.write = refuse  # type: ignore[assignment, method-assign]
    try:
        await world.pass_time(seconds)
    except StorageFailed:
        pass
    finally:
        world.store.write = write  # type: ignore[method-assign]


async def _killed(world: Timetable, name: str) -> None:
    """The program dies in the middle of a run of that job."""
    kept = world.breaks.get(name)
    world.breaks[name] = endless
    row = next(r for r in ROWS if r.name == name)
    due = row.following(world.clock.now())
    assert due is not None
    world.clock.set(due)
    await world.round_of(2)
    await world.schedule.close()
    if kept is None:
        world.breaks.pop(name)
    else:
        world.breaks[name] = kept
    world.open()
    await world.schedule.run_due()


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(STEP, max_size=14))
def test_every_due_time_has_exactly_one_decision(steps):
    asyncio.run(_lived(steps))


async def _lived(steps) -> None:
    world = await timetable(*ROWS)
    latest = START
    for what, how in steps:
        await take(world, what, how)
        latest = max(latest, world.clock.now())
    world.breaks.clear()
    world.clock.set(latest)
    await world.schedule.run_due()
    killed = {how for what, how in steps if what == "killed"}
    for row in ROWS:
        assert isinstance(row.trigger, Every)
        runs = await world.decisions(row.name)
        assert sum(covered(run) for run in runs) == due_times(row.trigger.seconds, latest), "none dropped, none twice"
        assert all(run.due == run.due.replace(microsecond=0) and run.due.timestamp() % row.trigger.seconds == 0 for run in runs)
        assert not [run for run in runs if run.outcome is Outcome.STARTED], "every run has an end"
        turns = Counter(t.due for t in world.turns if t.job == row.name)
        ran = {run.due for run in runs if run.outcome in (Outcome.RAN, Outcome.FAILED)}
        assert set(turns) <= ran
        assert {run.due for run in runs if run.outcome is Outcome.RAN} <= set(turns)
        assert row.name in killed or max(turns.values(), default=1) == 1, "only a run cut short is run again"


async def test_ten_thousand_due_times_of_many_jobs_are_all_decided():
    world = await timetable(*(job(f"job-{n}", seconds=60) for n in range(250)))
    world.open(ManualClock(START + timedelta(minutes=40)))
    await world.schedule.run_due()
    decided = [run for n in range(250) for run in await world.decisions(f"job-{n}")]
    assert sum(covered(run) for run in decided) == 10_000
    assert len(world.turns) == 250
