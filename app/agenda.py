"""What the jobs of this house do: one line each, from the parts it is built of. A job without a line here does not run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from app.settings import Settings
from app.worlds import Wanted
from copilot.scoring import Scoring
from domain.clock import SystemClock
from domain.errors import StorageFailed
from storage import backup, journal
from trading.briefing import Briefing
from trading.equity_marks import EquityMarks
from trading.floor import Floor
from trading.jobs import Action, Turn

LATELY = timedelta(minutes=4)

Digest = Callable[[datetime, datetime], Awaitable[object]]
"""Sums up what happened in the half-open interval, and what was held back."""


def actions(floor: Floor, settings: Settings, wanted: Wanted, *, digest: Digest | None = None) -> dict[str, Action]:
    """The actions by their job's name. Without prices nothing is said of the day; a server's database is backed up by its own tools."""
    thrown_away = replace(wanted, still=False).throwaway  # who only looks sees the jobs of the program that runs
    file = None if thrown_away or settings.database_url else settings.database
    found: dict[str, Action] = {"reconcile": _reconcile(floor), "verify": _verify(floor, file)}
    if floor.spec.priced:
        briefing = Briefing(floor.book, floor.store, floor.bus, floor.clock, floor.calendar)
        found |= {"pre-market": briefing.ahead, "open": briefing.opened, "close": briefing.closed}
        found["score"] = Scoring(floor.hub, floor.store, floor.clock, floor.spec.name).run
        found["end-of-day"] = EquityMarks(floor.book, floor.store, floor.bus).mark
    if digest is not None:
        found["digest"] = _digest(digest)
    if file is not None:
        found["backup"] = _backup(file)
    return found


def _reconcile(floor: Floor) -> Action:
    async def reconcile(turn: Turn) -> str:
        last = floor.reconciler.last
        if last is None or floor.clock.now() - last.at > LATELY:  # its own round may have looked just now
            last = await floor.reconciler.now()
        return "book and broker agree" if last.equal else f"{len(last.left)} differences are left"

    return reconcile


def _digest(digest: Digest) -> Action:
    async def sum_up(turn: Turn) -> None:
        await digest(turn.since, turn.due)

    return sum_up


def _backup(file: Path) -> Action:
    async def copy(turn: Turn) -> str:
        directory = file.parent / backup.DIRECTORY
        made = await asyncio.to_thread(backup.back_up, file, directory, SystemClock().now())
        dropped = await asyncio.to_thread(backup.drop_old, directory)
        return f"{made.path.name}, {size_text(made.size)}" + (f"; {dropped} old ones dropped" if dropped else "")

    return copy


def _verify(floor: Floor, file: Path | None) -> Action:
    async def verify(turn: Turn) -> str:
        if file is not None:
            await asyncio.to_thread(backup.check, file)  # beside the core, not between its rounds
            return "the file is sound and the chain of hashes whole"
        async with floor.store.read() as tx:
            broken = await journal.verify(tx)
        if broken is not None:
            raise StorageFailed(f"The journal is not as it was written, from line {broken} on.")
        return "the chain of hashes is whole"

    return verify


def size_text(size: int) -> str:
    """A file's size: `340 kB`, `12.5 MB`."""
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
