"""The driver of the jobs: each due time decided once, whatever becomes of the clock, the program, the database and the jobs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from domain.clock import ManualClock
from domain.errors import BadArgument, StorageFailed, UserError
from domain.events import DemoMoved, JobFailed, JobSkipped
from storage import job_runs
from storage.job_runs import JobRun, Outcome
from tests.trading.timetable import ACCOUNT, START, Every, job, timetable
from trading.jobs import Missed
from trading.schedule import AHEAD, STOPPED, latest, shown, span


async def broken(turn):
    raise ValueError("a bug\nof two lines")


async def test_a_job_runs_at_its_times_and_tells_since_when():
    world = await timetable(job("tick"))
    assert await world.schedule.next_due() == (START + timedelta(minutes=1), "tick")
    await world.pass_time(180, step=1)
    assert [(t.due - START).total_seconds() for t in world.turns] == [60, 120, 180]
    assert [(t.since - START).total_seconds() for t in world.turns] == [0, 60, 120]
    assert await world.decisions("tick") == [
        JobRun("tick", START + timedelta(minutes=n), START + timedelta(minutes=n), Outcome.RAN, "well") for n in (1, 2, 3)
    ]


async def test_a_leap_of_a_month_is_one_run():
    world = await timetable(job("tick", seconds=300))
    await world.pass_time(31 * 86_400)
    assert len(world.turns) == 1
    before, run = await world.decisions("tick")
    assert (before.outcome, run.outcome) == (Outcome.COALESCED, Outcome.RAN)
    assert before.detail == f"{31 * 288 - 1} due from 2025-03-05 15:35 UTC on, as one with the next"
    assert run.due == START + timedelta(days=31)


async def test_what_fell_due_while_the_program_was_down_is_decided_at_the_next_start():
    world = await timetable(job("once", seconds=3600), job("brief", seconds=3600, missed=Missed.SKIP))
    world.open(ManualClock(START + timedelta(hours=3, minutes=10)))
    await world.schedule.run_due()
    assert await world.outcomes("once") == ["coalesced", "ran"]
    assert await world.outcomes("brief") == ["coalesced", "skipped"]
    assert [t.job for t in world.turns] == ["once"]
    (told,) = world.told(JobSkipped)
    assert (told.job, told.due) == ("brief", datetime(2025, 3, 5, 18, tzinfo=UTC))
    assert told.why == "40 min late, too late to be of use"
    assert (await world.decisions("once"))[-1].detail == "40 min late; well"


async def test_the_demo_moved_by_hand_skips_without_a_word():
    world = await timetable(job("brief", seconds=3600, missed=Missed.SKIP))
    world.clock.set(START + timedelta(days=1))
    async with world.bus.unit(who="reader") as unit:
        unit.emit(DemoMoved(world.clock.now(), ACCOUNT, "forward 1 day"))
    await world.schedule.run_due()
    assert await world.outcomes("brief") == ["coalesced", "skipped"]
    assert world.told(JobSkipped) == []
    world.clock.set(START + timedelta(days=2))
    await world.schedule.run_due()
    assert len(world.told(JobSkipped)) == 1, "the next gap is none that the reader made"


@pytest.mark.parametrize("back", [1, 300, 3600, 20 * 3600])
async def test_a_clock_that_goes_back_runs_nothing_twice(back):
    world = await timetable(job("tick", seconds=300))
    await world.pass_time(3600, step=60)
    before = list(world.turns)
    world.open(ManualClock(world.clock.now() - timedelta(seconds=back)))
    await world.pass_time(back, step=60)
    assert world.turns == before
    await world.pass_time(300, step=60)
    assert len(world.turns) == len(before) + 1


async def test_a_clock_that_ran_years_ahead_does_not_stop_the_jobs_for_years():
    world = await timetable(job("tick", seconds=300))
    await world.pass_time(10 * 365 * 86_400)
    world.open(ManualClock(START + timedelta(hours=1)))
    await world.pass_time(600, step=60)
    assert [t.due - START for t in world.turns[1:]] == [timedelta(minutes=n) for n in (60, 65, 70)]
    assert timedelta(days=365) > AHEAD


async def test_a_failing_job_is_told_once_until_it_works_again_and_stops_no_other():
    world = await timetable(job("bad"), job("good"))
    world.breaks["bad"] = broken
    await world.pass_time(180, step=60)
    assert await world.outcomes("bad") == ["failed"] * 3
    assert await world.outcomes("good") == ["ran"] * 3
    (told,) = world.told(JobFailed)
    assert told.job == "bad"
    last = (await world.decisions("bad"))[-1]
    assert last.detail.startswith("ValueError: a bug of two lines (")
    assert told.reference in (await world.decisions("bad"))[0].detail
    del world.breaks["bad"]
    await world.pass_time(60)
    world.breaks["bad"] = broken
    await world.pass_time(60)
    assert len(world.told(JobFailed)) == 2


async def test_what_was_told_before_a_restart_is_not_told_again():
    world = await timetable(job("bad"))
    world.breaks["bad"] = broken
    await world.pass_time(60)
    world.open()
    await world.pass_time(60)
    assert len(world.told(JobFailed)) == 1


async def test_a_slow_job_holds_up_neither_the_round_nor_the_others_and_runs_once_at_a_time():
    world = await timetable(job("slow", deadline=1000), job("good"))
    ends = asyncio.Event()

    async def wait(turn):
        await ends.wait()

    world.breaks["slow"] = wait
    world.clock.set(START + timedelta(seconds=60))
    await world.round_of(1)
    assert [t.job for t in world.turns] == ["slow", "good"]
    await world.pass_time(59)
    assert await world.outcomes("slow") == ["started", "coalesced"]
    assert (await world.decisions("slow"))[-1].detail == "the run before it was still going"
    with pytest.raises(UserError, match="running already"):
        await world.schedule.run("slow", "me")
    ends.set()
    await world.settle()
    assert await world.outcomes("slow") == ["ran", "coalesced"]


async def test_a_job_past_its_deadline_has_failed():
    world = await timetable(job("slow", deadline=5))

    async def wait(turn):
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append(turn)
            raise RuntimeError("said while it was stopped")

    stopped: list[object] = []
    world.breaks["slow"] = wait
    world.clock.set(START + timedelta(seconds=60))
    await world.round_of(6)
    assert len(stopped) == 1
    assert await world.outcomes("slow") == ["failed"]
    assert "no answer within 5 s" in (await world.decisions("slow"))[0].detail
    assert len(world.told(JobFailed)) == 1


@pytest.mark.parametrize(("missed", "outcome"), [(Missed.RUN_ONCE, "ran"), (Missed.SKIP, "failed")])
async def test_a_run_cut_short_is_run_again_or_said_to_have_been_stopped(missed, outcome):
    world = await timetable(job("cut", missed=missed))

    async def wait(turn):
        await asyncio.Event().wait()

    world.breaks["cut"] = wait
    world.clock.set(START + timedelta(seconds=60))
    await world.round_of(1)
    await world.schedule.close()
    assert await world.outcomes("cut") == ["started"]
    del world.breaks["cut"]
    world.turns.clear()
    world.open(ManualClock(START + timedelta(seconds=110)))
    await world.schedule.run_due()
    assert await world.outcomes("cut") == [outcome]
    assert [t.due for t in world.turns] == ([START + timedelta(seconds=60)] if outcome == "ran" else [])
    if outcome == "failed":
        assert (await world.decisions("cut"))[0].detail == STOPPED


async def test_a_database_that_refuses_leaves_the_decision_for_the_next_round(monkeypatch):
    world = await timetable(job("tick"))
    claim = job_runs.claim

    async def locked(*_):
        raise StorageFailed("locked")

    monkeypatch.setattr(job_runs, "claim", locked)
    world.clock.set(START + timedelta(seconds=60))
    with pytest.raises(StorageFailed):
        await world.schedule.run_due()
    assert world.turns == []
    monkeypatch.setattr(job_runs, "claim", claim)
    await world.schedule.run_due()
    assert await world.outcomes("tick") == ["ran"]


async def test_an_end_that_could_not_be_written_is_written_later(monkeypatch, caplog):
    world = await timetable(job("tick"))
    finish = job_runs.finish

    async def full(*_):
        raise StorageFailed("full")

    monkeypatch.setattr(job_runs, "finish", full)
    await world.pass_time(60)
    assert await world.outcomes("tick") == ["started"]
    assert "could not be written" in caplog.text
    monkeypatch.setattr(job_runs, "finish", finish)
    await world.schedule.run_due()
    assert await world.outcomes("tick") == ["ran"]
    assert len(world.turns) == 1


async def test_a_person_runs_one_now():
    world = await timetable(job("tick"), job("bad"))
    world.breaks["bad"] = broken
    world.clock.set(START + timedelta(seconds=7))
    run = await world.schedule.run("tick", "terminal:me")
    assert (run.outcome, run.detail) == (Outcome.RAN, "asked for by terminal:me; well")
    assert (await world.schedule.run("bad", "me")).outcome is Outcome.FAILED
    with pytest.raises(BadArgument):
        await world.schedule.run("nothing", "me")
    await world.pass_time(53)
    assert [(t.due - START).total_seconds() for t in world.turns if t.job == "tick"] == [7, 60]
    assert await world.schedule.history(world.rows[0], 1) == [(await world.decisions("tick"))[-1]]


async def test_the_agenda_reads_and_changes_nothing():
    world = await timetable(job("tick"), job("tock", seconds=3600))
    await world.pass_time(60)
    fresh = world.open()
    tick, tock = await fresh.agenda()
    assert (tick.next, tick.last.outcome) == (START + timedelta(minutes=2), Outcome.RAN)
    assert (tock.next, tock.last) == (START + timedelta(minutes=30), None)
    assert await fresh.next_due() == (START + timedelta(minutes=2), "tick")


async def test_a_new_job_owes_nothing_for_the_time_before_it():
    world = await timetable(job("tick"))
    world.rows = (*world.rows, job("new"))
    world.open(ManualClock(START + timedelta(days=1)))
    await world.schedule.run_due()
    assert await world.outcomes("new") == []
    await world.pass_time(60)
    assert await world.outcomes("new") == ["ran"]


async def test_old_decisions_are_forgotten_and_the_latest_kept():
    world = await timetable(job("tick"))
    async with world.store.write() as tx:
        for n in range(10):
            await job_runs.claim(tx, ACCOUNT, JobRun("tick", START + timedelta(minutes=n), START, Outcome.RAN if n else Outcome.STARTED))
        assert await job_runs.prune(tx, ACCOUNT, "tick", kept=3) == 6
        assert await job_runs.prune(tx, ACCOUNT, "tick", kept=3) == 0
    assert [r.due.minute - 30 for r in await world.decisions("tick")] == [0, 7, 8, 9]
    with pytest.raises(StorageFailed, match="no run"):
        async with world.store.write() as tx:
            await job_runs.finish(tx, ACCOUNT, JobRun("tick", START + timedelta(days=9), START, Outcome.RAN))


async def test_rows_do_not_grow_without_end():
    world = await timetable(job("tick", seconds=1))
    for _ in range(600):
        await world.pass_time(1)
    assert 400 <= len(await world.decisions("tick")) < 500


def test_the_latest_of_many_is_found_without_counting_them():
    class Steps(Every):
        @property
        def interval(self):
            return timedelta(seconds=self.seconds)

    for seconds in (1, 59, 60, 61, 3600, 86_400, 31 * 86_400):
        slow, quick = job("tick"), job("tick").__class__("tick", Steps(60), Missed.RUN_ONCE, timedelta(1), 1, "x.")
        now = START + timedelta(seconds=seconds)
        first = START + timedelta(minutes=1)
        if first <= now:
            assert latest(slow, first, now) == latest(quick, first, now)


def test_words():
    assert [span(timedelta(minutes=m)) for m in (0, 119, 120, 2879, 2880)] == ["0 min", "119 min", "2 h", "47 h", "2 days"]
    assert shown("a\0b\n c" + "x" * 300) == ("a b c" + "x" * 300)[:200]
