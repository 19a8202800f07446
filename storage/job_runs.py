"""What became of every due time of every job, as rows: a row closes the time since the one before it, so that none is dropped unsaid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.errors import StorageFailed
from storage.store import Tx

KEPT = 400


class Outcome(StrEnum):
    """What was decided about a due time."""

    STARTED = "started"  # begun, and its end not written yet
    RAN = "ran"
    COALESCED = "coalesced"  # taken together with a later one
    SKIPPED = "skipped"  # too late to be of use, and said so
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class JobRun:
    """The one decision about a due time: when it was taken, what it was and why."""

    job: str
    due: datetime
    ran: datetime
    outcome: Outcome
    detail: str = ""


async def claim(tx: Tx, account: str, run: JobRun) -> bool:
    """Write a decision; False when one was taken about that due time before, and then nothing changed."""
    return await tx.insert("job_runs", {"account": account, "job": run.job, "due": run.due} | _state(run))


async def finish(tx: Tx, account: str, run: JobRun) -> None:
    """Write how a started run ended; raises StorageFailed when it was never started."""
    if await tx.update("job_runs", _state(run), account=account, job=run.job, due=run.due) != 1:
        raise StorageFailed(f"There is no run of {run.job} due at {run.due} to finish.")


async def newest(tx: Tx, account: str, job: str, *, until: datetime | None = None, outcome: Outcome | None = None) -> JobRun | None:
    """The decision about a job's latest due time, of one outcome and due by `until` where given; None when there is none."""
    narrowed: dict[str, Any] = {} if outcome is None else {"outcome": outcome}
    limit = None if until is None else ("due", until)
    rows = await tx.select("job_runs", account=account, job=job, order="due", descending=True, limit=1, until=limit, **narrowed)
    return _run(rows[0]) if rows else None


async def unfinished(tx: Tx, account: str) -> list[JobRun]:
    """Runs that were started and whose end was never written, oldest first: the program stopped meanwhile."""
    return [_run(row) for row in await tx.select("job_runs", account=account, outcome=Outcome.STARTED, order="due")]


async def of_job(tx: Tx, account: str, job: str, *, limit: int | None = None) -> list[JobRun]:
    """The decisions about a job, latest due time first."""
    return [_run(row) for row in await tx.select("job_runs", account=account, job=job, order="due", descending=True, limit=limit)]


async def prune(tx: Tx, account: str, job: str, kept: int = KEPT) -> int:
    """Forget all but the latest `kept` decisions about a job and return how many were forgotten; an unfinished one stays."""
    rows = await tx.select("job_runs", account=account, job=job, order="due", descending=True)
    old = tuple(row["seq"] for row in rows[kept:] if row["outcome"] != Outcome.STARTED)
    return await tx.delete("job_runs", seq=old) if old else 0


def _state(run: JobRun) -> dict[str, Any]:
    return {"ran": run.ran, "outcome": run.outcome, "detail": run.detail}


def _run(row: dict[str, Any]) -> JobRun:
    return JobRun(row["job"], row["due"], row["ran"], Outcome(row["outcome"]), row["detail"])
