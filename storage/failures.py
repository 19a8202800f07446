"""What a driver's error means to a reader: one sentence each for locked, full, read-only, corrupt and the rest."""

from __future__ import annotations

import sqlite3

from domain.errors import StorageFailed

_SQLITE = {
    sqlite3.SQLITE_BUSY: "The database is locked by another program; nothing was written. Close that program and try again.",
    sqlite3.SQLITE_LOCKED: "The database is locked by another program; nothing was written. Close that program and try again.",
    sqlite3.SQLITE_FULL: "The disk is full; nothing was written. Make room and try again.",
    sqlite3.SQLITE_READONLY: "The database is read-only; nothing was written. Make its file and directory writable.",
    sqlite3.SQLITE_CORRUPT: "The database file is damaged; nothing was written. Restore it from a copy.",
    sqlite3.SQLITE_NOTADB: "The database file is damaged or is not a database; nothing was written. Restore it from a copy.",
    sqlite3.SQLITE_CANTOPEN: "The database file cannot be opened; nothing was written.",
    sqlite3.SQLITE_IOERR: "The disk failed to read or write; nothing was written.",
    sqlite3.SQLITE_CONSTRAINT: "The database refused a row that breaks its rules; nothing was written",
}


def primary_code(error: BaseException) -> int | None:
    """SQLite's primary result code of an error, or None when it carries none."""
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def sqlite_failure(error: sqlite3.Error) -> StorageFailed:
    """The error as StorageFailed with a sentence; what has none keeps the driver's words."""
    code = primary_code(error)
    sentence = _SQLITE.get(code) if code is not None else None
    if sentence is None:
        return StorageFailed(f"The database refused; nothing was written: {error}")
    if code == sqlite3.SQLITE_CONSTRAINT:
        return StorageFailed(f"{sentence}: {error}")
    return StorageFailed(sentence)
