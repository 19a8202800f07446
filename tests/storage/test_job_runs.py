"""Decisions about due times, on every store: one for each, newest first, old ones forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import StorageFailed
from storage import job_runs
from storage.job_runs import JobRun, Outcome

AT = datetime(2025, 3, 5, 8, 15, tzinfo=UTC)


def run(minutes: int, outcome: Outcome = Outcome.RAN, job: str = "backup") -> JobRun:
    due = AT + timedelta(minutes=minutes)
    return JobRun(job, due, due, outcome, "well")


async def test_a_due_time_is_decided_once(store):
    async with store.write() as tx:
        assert await job_runs.claim(tx, "main", run(0, Outcome.STARTED))
        assert not await job_runs.claim(tx, "main", run(0, Outcome.SKIPPED))
        assert await job_runs.claim(tx, "other", run(0)), "another account's is another"
    async with store.read() as tx:
        assert await job_runs.unfinished(tx, "main") == [run(0, Outcome.STARTED)]
    async with store.write() as tx:
        await job_runs.finish(tx, "main", run(0))
    async with store.read() as tx:
        assert await job_runs.unfinished(tx, "main") == []
        assert await job_runs.of_job(tx, "main", "backup") == [run(0)]
    with pytest.raises(StorageFailed, match="no run of backup"):
        async with store.write() as tx:
            await job_runs.finish(tx, "main", run(1))


async def test_the_newest_of_an_outcome_by_an_instant(store):
    async with store.write() as tx:
        for one in (run(1), run(3, Outcome.FAILED), run(2), run(9, job="verify")):
            await job_runs.claim(tx, "main", one)
        assert await job_runs.newest(tx, "main", "backup") == run(3, Outcome.FAILED)
        assert await job_runs.newest(tx, "main", "backup", outcome=Outcome.RAN) == run(2)
        assert await job_runs.newest(tx, "main", "backup", until=AT + timedelta(seconds=90)) == run(1)
        assert await job_runs.newest(tx, "main", "digest") is None


async def test_old_decisions_are_forgotten(store):
    async with store.write() as tx:
        for minutes in range(8):
            await job_runs.claim(tx, "main", run(minutes, Outcome.RAN if minutes else Outcome.STARTED))
        assert await job_runs.prune(tx, "main", "backup", kept=3) == 4
        assert await job_runs.prune(tx, "main", "backup", kept=3) == 0
        assert [r.due.minute - 15 for r in await job_runs.of_job(tx, "main", "backup")] == [7, 6, 5, 0], "an unfinished one stays"
