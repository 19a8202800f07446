"""The detailed health of an installation, for people and for machines: the shape of `doctor --json` is in docs/health.md and stays."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app import wiring
from app.agenda import size_text
from app.settings import Settings
from app.wiring import House
from commands.context import Part, PartState
from domain.clock import SystemClock
from domain.codec import instant_text
from domain.errors import FoliopilotError
from domain.market import Freshness
from domain.tickets import TicketStatus
from storage import backup, journal, lease, outbox, states, tickets
from storage.backup import BackUp
from storage.job_runs import JobRun, Outcome
from storage.lease import Holder
from storage.schema import HEAD
from trading.away import PART as HEARTBEAT
from trading.away import Heartbeat
from trading.schedule import Planned

READY, OFF, NEEDS = PartState.READY, PartState.OFF, PartState.NEEDS
SILENT = 60
"""Seconds without a heartbeat after which a program that is there does not work."""

SKEW = 5
OLD = timedelta(days=3)
LEAST = 200_000_000
"""Bytes that should be free: a database, its log and a back-up grow by less in a week."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a copy of the database says of the running program, on the machine's clock `now`."""

    now: datetime
    beat: Heartbeat | None
    holder: Holder | None
    broken: int | None
    lines: int
    waiting: int
    oldest: datetime | None
    cards: int
    planned: Sequence[Planned]
    copies: Sequence[BackUp]
    free: int
    quotes: tuple[datetime | None, tuple[str, ...], str]


async def see(house: House) -> Seen:
    """Everything that is asked, from a copy; nothing is changed. A market source that does not answer is told, not raised.

    The house itself was started on a copy of its own, and starting expires cards: they are counted where nothing was started.
    """
    now, account, settings = SystemClock().now(), house.floor.spec.name, house.settings
    async with wiring.looked_at(settings) as store, store.read() as tx:
        beat = await states.get(tx, account, HEARTBEAT, Heartbeat)
        holder = await lease.holder(tx, now)
        broken = await journal.verify(tx)
        lines = await journal.length(tx)
        rows = await outbox.due(tx, now + timedelta(days=3650), 10_000, account=account)
        cards = len(await tickets.in_status(tx, account, TicketStatus.PROPOSED))
    return Seen(
        now,
        beat,
        holder,
        broken,
        lines,
        len(rows),
        min((row.alert.at for row in rows), default=None),
        cards,
        await house.floor.schedule.agenda(),
        () if settings.database_url else backup.backups(settings.home / backup.DIRECTORY),
        shutil.disk_usage(_existing(settings.home)).free,
        await _quotes(house),
    )


def parts(seen: Seen, settings: Settings) -> Sequence[Part]:
    """The rows of `doctor` that tell of the running program."""
    if seen.broken is None:
        chain = Part("journal", READY, "the chain of hashes is whole")
    else:
        chain = Part("journal", NEEDS, f"line {seen.broken} is not as it was written: restore a back-up from before it")
    return (chain, _core(seen), _jobs(seen), _backups(seen, settings), _disk(seen), _clock(seen))


def document(seen: Seen, house: House) -> dict[str, Any]:
    """The health as JSON-ready data, every documented key present; ages are whole seconds."""
    reconciled = next((p.last for p in seen.planned if p.job.name == "reconcile"), None)
    newest, stale, trouble = seen.quotes
    at = house.floor.clock.now()
    return {
        "at": instant_text(seen.now),
        "account": house.floor.spec.name,
        "mode": house.floor.spec.mode.value,
        "halted": house.floor.book.halted,
        "running": _running(seen),
        "process": {"pid": seen.holder.pid, "command": seen.holder.command} if seen.holder is not None and seen.holder.alive else None,
        "heartbeat": {"at": instant_text(seen.beat.wall), "age_seconds": _age(seen.now, seen.beat.wall)} if seen.beat else None,
        "reconciled": _run(reconciled) if reconciled is not None else None,
        "backup": _copy(seen.copies[0], seen.now) if seen.copies else None,
        "journal": {"lines": seen.lines, "whole": seen.broken is None, "broken_at": seen.broken},
        "outbox": {"waiting": seen.waiting, "oldest_seconds": _age(at, seen.oldest) if seen.oldest is not None else None},
        "jobs": [_job(planned) for planned in seen.planned],
        "failing": [p.job.name for p in _failed(seen)],
        "data": {
            "source": house.floor.hub.source.name,
            "simulated": house.floor.hub.simulated,
            "newest_quote_age_seconds": _age(at, newest) if newest is not None else None,
            "stale": list(stale),
            "error": trouble or None,
        },
        "cards_open": seen.cards,
        "schema": HEAD,  # another one is refused before this is asked
        "disk": {"free_bytes": seen.free, "database_bytes": _size(house.settings)},
        "clock": {"behind_seconds": _behind(seen)},
    }


async def _quotes(house: House) -> tuple[datetime | None, tuple[str, ...], str]:
    """When the newest quote is from, which are stale, and why there are none."""
    try:
        quotes = (await house.floor.book.snapshot()).quotes
    except FoliopilotError as error:
        return None, (), str(error)
    stale = tuple(s for s, q in quotes.items() if q.freshness is Freshness.STALE)
    return max((q.at for q in quotes.values()), default=None), stale, ""


def _core(seen: Seen) -> Part:
    holder, beat = seen.holder, seen.beat
    if beat is None and (holder is None or not holder.alive):
        return Part("core", OFF, "not running, and never has: foliopilot run, or foliopilot chat")
    ago = f"its last round was {_ago(seen.now - beat.wall)}" if beat is not None else "it has made no round yet"
    if holder is None or not holder.alive:
        return Part("core", OFF, f"not running; {ago}")
    who = f"foliopilot {holder.command} (process {holder.pid})"
    if beat is not None and _age(seen.now, beat.wall) > SILENT:
        return Part("core", NEEDS, f"{who} does not move, {ago}; end it and start it again: kill {holder.pid}")
    return Part("core", READY, f"{who} works; {ago}")


def _jobs(seen: Seen) -> Part:
    failed = _failed(seen)
    if failed:
        last = failed[0].last
        return Part(
            "jobs", NEEDS, f"{failed[0].job.name} failed: {last.detail if last else ''}. Once mended: /jobs run {failed[0].job.name}"
        )
    ran = [p for p in seen.planned if p.last is not None]
    return Part("jobs", READY if ran else OFF, f"{len(seen.planned)}, none failing" if ran else f"{len(seen.planned)}, none has run yet")


def _backups(seen: Seen, settings: Settings) -> Part:
    if settings.database_url:
        return Part("back-ups", OFF, "the PostgreSQL server's own tools make them: pg_dump")
    if not seen.copies:
        return Part("back-ups", OFF, "none yet; one is made every night while the program runs: foliopilot backup")
    newest = seen.copies[0]
    said = f"{len(seen.copies)}, the newest {_ago(seen.now - newest.at)} ({size_text(newest.size)})"
    if seen.now - newest.at > OLD and _running(seen):
        return Part("back-ups", NEEDS, f"{said}: foliopilot backup")
    return Part("back-ups", READY, said)


def _disk(seen: Seen) -> Part:
    if seen.free < LEAST:
        return Part("disk", NEEDS, f"only {size_text(seen.free)} free: make room, or point FOLIOPILOT_HOME elsewhere")
    return Part("disk", READY, f"{seen.free / 1e9:.1f} GB free")


def _clock(seen: Seen) -> Part:
    behind = _behind(seen)
    if behind > SKEW:
        return Part("clock", NEEDS, f"it stands {behind} seconds before what was written last: set it, for example with timedatectl")
    return Part("clock", READY, f"{seen.now:%Y-%m-%d %H:%M:%S} UTC on this machine")


def _failed(seen: Seen) -> list[Planned]:
    return [p for p in seen.planned if p.last is not None and p.last.outcome is Outcome.FAILED]


def _running(seen: Seen) -> bool:
    return seen.holder is not None and seen.holder.alive and seen.beat is not None and _age(seen.now, seen.beat.wall) <= SILENT


def _behind(seen: Seen) -> int:
    """How far the machine's clock stands before the newest instant it wrote itself; 0 for one that runs on."""
    written = [at for at in (seen.beat.wall if seen.beat else None, seen.holder.since if seen.holder else None) if at is not None]
    return max([0, *(int((at - seen.now).total_seconds()) for at in written)])


def _run(run: JobRun) -> dict[str, Any]:
    return {"due": instant_text(run.due), "ran": instant_text(run.ran), "outcome": run.outcome.value, "detail": run.detail}


def _job(planned: Planned) -> dict[str, Any]:
    coming = instant_text(planned.next) if planned.next is not None else None
    return {"name": planned.job.name, "next": coming, "last": _run(planned.last) if planned.last is not None else None}


def _copy(copy: BackUp, now: datetime) -> dict[str, Any]:
    return {"file": copy.path.name, "at": instant_text(copy.at), "age_seconds": _age(now, copy.at), "bytes": copy.size}


def _age(now: datetime, at: datetime) -> int:
    return max(int((now - at).total_seconds()), 0)


def _ago(span: timedelta) -> str:
    seconds = max(int(span.total_seconds()), 0)
    for size, word in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {word} ago"
    return f"{seconds} seconds ago"


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _size(settings: Settings) -> int | None:
    return settings.database.stat().st_size if not settings.database_url and settings.database.is_file() else None
