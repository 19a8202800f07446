"""The database file before it is used: its directory, its journal mode and its version, by the standard library alone."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing
from pathlib import Path

from domain.errors import HomeUnusable, StorageFailed
from storage.failures import primary_code, sqlite_failure
from storage.version import found_in

_ATTEMPTS = 50
_TRANSIENT = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_FULL = (errno.ENOSPC, errno.EDQUOT)


def make_home(directory: Path) -> None:
    """Create the data directory, for its owner only; raises HomeUnusable with the reason."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = "the disk is full" if error.errno in _FULL else (error.strerror or str(error)).lower()
        raise unusable(directory, reason) from error


def unusable(path: Path, reason: str) -> HomeUnusable:
    """The refusal, with what to type instead."""
    return HomeUnusable(f"{path} cannot be used: {reason}.", example="export FOLIOPILOT_HOME=/a/directory/you/may/write")


def prepare(path: Path, patience: float) -> str | None:
    """Open or create the database, switch it to a write-ahead log and tell its version (None: still empty).

    Raises HomeUnusable when the file cannot be written or is no database, StorageFailed when another program keeps it locked.
    """
    try:
        with closing(sqlite3.connect(path, timeout=patience, isolation_level=None)) as connection:
            _use_log(connection)
            connection.execute("BEGIN IMMEDIATE")  # fails here and now where nothing can be written
            connection.execute("ROLLBACK")
            return found_in(connection)
    except sqlite3.Error as error:
        raise opening_failure(path, error) from error


def opening_failure(path: Path, error: sqlite3.Error) -> HomeUnusable | StorageFailed:
    """What an error while opening a database file means."""
    code = primary_code(error)
    if code in _TRANSIENT:
        return sqlite_failure(error)
    reasons = {
        sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
        sqlite3.SQLITE_READONLY: "it is read-only",
        sqlite3.SQLITE_FULL: "the disk is full",
        sqlite3.SQLITE_IOERR: "the disk failed to read or write",
        sqlite3.SQLITE_NOTADB: "the file is not a database; move it away or restore it from a copy",
        sqlite3.SQLITE_CORRUPT: "the file is damaged; restore it from a copy",
    }
    return unusable(path, reasons.get(code or 0, str(error)))


def _use_log(connection: sqlite3.Connection) -> None:
    """Switch to WAL. The switch does not wait for locks by itself, so beginning a write, which does, waits for it."""
    for attempt in range(_ATTEMPTS):
        try:
            if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
                raise sqlite3.OperationalError("it cannot keep a write-ahead log there")
            return
        except sqlite3.OperationalError as error:
            if primary_code(error) not in _TRANSIENT or attempt == _ATTEMPTS - 1:
                raise
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
