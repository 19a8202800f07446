"""Back-ups of the SQLite database: a consistent copy while others work, checked before it counts, and the old ones that are kept."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from domain.errors import SetupError, StorageFailed
from storage import journal
from storage.failures import sqlite_failure
from storage.files import make_home, opening_failure, unusable
from storage.memory import MemoryStore
from storage.version import behind, found_in

DIRECTORY = "backups"
DAYS, WEEKS = 7, 4
_PATIENCE = 3.0
_NAME = re.compile(r"foliopilot-(\d{8})-(\d{4})\.db")
_LOGS = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class BackUp:
    """One back-up: its file, when it was made (UTC, to the minute) and how large it is."""

    path: Path
    at: datetime
    size: int


def back_up(database: Path, directory: Path, at: datetime) -> BackUp:
    """Copy the committed state into `directory`, for its owner only, and check the copy; to be called in a thread of its own.

    Writers go on meanwhile. The file appears under its name whole and checked, or not at all. Raises StorageFailed with what is wrong,
    HomeUnusable where the directory cannot be written.
    """
    make_home(directory)
    final = directory / f"foliopilot-{at.astimezone(UTC):%Y%m%d-%H%M}.db"
    part = final.with_name(f"{final.name}.{os.getpid()}.part")
    try:
        with _removed(part):
            part.unlink(missing_ok=True)
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            _copy(database, part)
            check(part)
            part.replace(final)
            _settle(directory)
    except OSError as error:
        raise unusable(directory, (error.strerror or str(error)).lower()) from error
    found = _read(final)
    if found is None:  # pragma: no cover - the name was made three lines above
        raise StorageFailed(f"{final} is not there.")
    return found


def check(path: Path) -> None:
    """Raise StorageFailed unless a file is a whole database of this program whose journal's chain holds; NewerDatabase for a newer one."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_PATIENCE, isolation_level=None)) as copy:
            copy.execute("BEGIN")  # one committed state, also of a file that others write to
            found = copy.execute("PRAGMA integrity_check").fetchone()[0]
            if found != "ok":
                raise StorageFailed(f"{path.name} is damaged: {found}.")
            version = found_in(copy)
            if version is None:
                raise StorageFailed(f"{path} is not a database of Foliopilot.")
            broken = None if behind(version) else asyncio.run(_broken(copy))
    except sqlite3.Error as error:
        raise opening_failure(path, error) from error
    if broken is not None:
        raise StorageFailed(f"The journal in {path.name} is not as it was written, from line {broken} on.")


def backups(directory: Path) -> list[BackUp]:
    """The back-ups in a directory, newest first; other files are none."""
    if not directory.is_dir():
        return []
    found = [b for path in directory.iterdir() if (b := _read(path)) is not None]
    return sorted(found, key=lambda b: b.at, reverse=True)


def kept(there: Iterable[BackUp]) -> set[Path]:
    """The files that stay: the newest of each of the last seven days, and of each of the last four weeks, that have one."""
    days: dict[date, Path] = {}
    weeks: dict[tuple[int, int], Path] = {}
    for one in sorted(there, key=lambda b: b.at, reverse=True):
        days.setdefault(one.at.date(), one.path)
        weeks.setdefault(one.at.isocalendar()[:2], one.path)
    return {*list(days.values())[:DAYS], *list(weeks.values())[:WEEKS]}


def drop_old(directory: Path) -> int:
    """Remove the back-ups that are not kept and return how many; what cannot be removed stays."""
    there = backups(directory)
    gone = 0
    for path in {b.path for b in there} - kept(there):
        with suppress(OSError):
            path.unlink()
            gone += 1
    return gone


def restore(copy: Path, database: Path, at: datetime) -> Path | None:
    """Put a checked copy in the place of the database, and the database aside; returns where it is now, None when there was none.

    Nobody else may use the database: the caller holds its lock. Raises what `check` raises, before anything is touched.
    """
    if not copy.is_file():
        raise SetupError(f"There is no file {copy}.", example="foliopilot restore FILE")
    check(copy)
    make_home(database.parent)
    part = database.with_name(database.name + ".part")
    try:
        with _removed(part):
            shutil.copyfile(copy, part)
            part.chmod(0o600)
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            aside = _set_aside(database, at) if database.exists() else None
            part.replace(database)
            _settle(database.parent)
    except OSError as error:
        raise unusable(database.parent, (error.strerror or str(error)).lower()) from error
    return aside


def _copy(database: Path, part: Path) -> None:
    if not database.is_file():
        raise StorageFailed(f"There is no database {database} to copy.")
    try:
        with (
            closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=_PATIENCE, isolation_level=None)) as source,
            closing(sqlite3.connect(part, isolation_level=None)) as target,
        ):
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # waits for a lock only so long; a copy would wait for ever
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
    except sqlite3.Error as error:
        raise sqlite_failure(error) from error


def _set_aside(database: Path, at: datetime) -> Path:
    """The database under another name, with its log: first the log, which must never be read into another file."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(database, timeout=_PATIENCE, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    aside = database.with_name(f"{database.stem}-before-{at.astimezone(UTC):%Y%m%d-%H%M%S}.db")
    for suffix in _LOGS:
        log = database.with_name(database.name + suffix)
        if log.exists():
            log.replace(aside.with_name(aside.name + suffix))
    database.replace(aside)
    return aside


async def _broken(connection: sqlite3.Connection) -> int | None:
    async with MemoryStore(connection).read() as tx:
        return await journal.verify(tx)


def _read(path: Path) -> BackUp | None:
    match = _NAME.fullmatch(path.name)
    if match is None or not path.is_file():
        return None
    try:
        at = datetime.strptime("".join(match.groups()), "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None
    return BackUp(path, at, path.stat().st_size)


@contextmanager
def _removed(path: Path) -> Iterator[None]:
    """Leaves no half-made file behind."""
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _settle(directory: Path) -> None:
    """Make a renaming survive a power cut, where the system lets a directory be synced."""
    with suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
