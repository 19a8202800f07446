"""Stores without a database server: an empty one in memory, and a consistent copy of a live database that disturbs nobody."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from domain.errors import HomeUnusable, SetupError
from storage import statements
from storage.failures import primary_code
from storage.files import opening_failure, unusable
from storage.memory import MemoryStore, connect
from storage.schema import TABLES
from storage.store import Store
from storage.version import behind, found_in

_PATIENCE = 3.0
_UNREACHABLE = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


async def open_memory() -> MemoryStore:
    """An empty store in memory, with every table."""
    connection = connect()
    script = [statement for table in TABLES.values() for statement in statements.create(table)]
    connection.executescript("BEGIN;" + ";".join(script) + ";COMMIT;")
    return MemoryStore(connection)


async def open_copy(path: Path) -> MemoryStore:
    """A copy in memory of the committed state of a database file, while others may be writing; empty where there is none yet.

    Nothing is written beside the file where that can be avoided, and a directory that cannot be written does not matter. Raises
    NewerDatabase, SetupError for a version before this one, HomeUnusable for what is no database or cannot be read.
    """
    try:
        if path.parent.exists() and not path.parent.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "not a directory")
        connection = _copy(path)
    except OSError as error:
        raise unusable(path, (error.strerror or str(error)).lower()) from error
    except sqlite3.Error as error:
        raise opening_failure(path, error) from error
    if connection is None:
        return await open_memory()
    try:
        return await _checked(connection, path)
    except BaseException:
        connection.close()
        raise


async def copy_store(store: Store, *, without: Collection[str] = ()) -> MemoryStore:
    """A copy in memory of any store, as of one read transaction; the tables named in `without` are there and empty."""
    copy = await open_memory()
    async with store.read() as source, copy.write() as target:
        for name in (t for t in TABLES if t not in without):
            for row in await source.select(name):
                await target.insert(name, row)
    return copy


async def _checked(connection: sqlite3.Connection, path: Path) -> MemoryStore:
    found = found_in(connection)
    if found is None:
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise HomeUnusable(f"{path} is a database of another program.", example="export FOLIOPILOT_HOME=/another/directory")
        connection.close()  # somebody is just making their first start
        return await open_memory()
    if behind(found):
        raise SetupError(
            f"The database {path} was written by an earlier version; one start brings it up to date.", example="foliopilot chat"
        )
    return MemoryStore(connection)


def _copy(path: Path) -> sqlite3.Connection | None:
    """The cheapest safe way: as a file nobody writes, else as a reader among others, else from copied files. None without a file."""
    if not path.exists():
        return None
    for way in (_copy_at_rest, _copy_live):
        try:
            copy = way(path)
        except sqlite3.Error as error:
            if primary_code(error) not in _UNREACHABLE:
                raise
            copy = None
        if copy is not None:
            return copy
    return _copy_of_files(path)


def _copy_at_rest(path: Path) -> sqlite3.Connection | None:
    """Without a log there is nothing but the file, and reading it leaves no trace; None when it turns out that somebody writes."""
    before = _state(path)
    if _log(path).exists() and _log(path).stat().st_size > 0:
        return None
    copy = _backup(path, "immutable=1")
    log = _log(path)
    if _state(path) == before and not (log.exists() and log.stat().st_size > 0):
        return copy
    copy.close()
    return None


def _copy_live(path: Path) -> sqlite3.Connection:
    """As one more reader of a live database; needs its index file, or a directory in which to make it."""
    return _backup(path, "mode=ro")


def _copy_of_files(path: Path) -> sqlite3.Connection:
    """The file and its log were left by a crash in a directory that cannot be written: recover them elsewhere."""
    with TemporaryDirectory() as directory:
        there = Path(directory) / path.name
        shutil.copyfile(path, there)
        if _log(path).exists():
            shutil.copyfile(_log(path), _log(there))
        return _backup(there, "mode=rw")


def _backup(path: Path, how: str) -> sqlite3.Connection:
    copy = connect()
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True, timeout=_PATIENCE, isolation_level=None)) as source:
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # waits for a lock only so long; the backup would wait for ever
            source.backup(copy)
    except BaseException:
        copy.close()
        raise
    return copy


def _log(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _state(path: Path) -> tuple[int, int, int]:
    stat = path.stat()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
