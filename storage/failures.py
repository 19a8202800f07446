"""What a driver's error means to a reader: one sentence for each of locked, full, read-only, corrupt and the rest."""

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
_LOCKED = _SQLITE[sqlite3.SQLITE_BUSY]
_SERVER = {  # by SQLSTATE, or its first two characters
    "55P03": _LOCKED,
    "40001": _LOCKED,
    "40P01": _LOCKED,
    "53100": _SQLITE[sqlite3.SQLITE_FULL],
    "25006": "The database is read-only; nothing was written.",
    "57": "The database server is shutting down. What was not yet written will be done again at the next start.",
    "08": "The connection to the database was lost. What was not yet written will be done again at the next start.",
    "23": _SQLITE[sqlite3.SQLITE_CONSTRAINT],
}


def server_failure(sqlstate: str | None, words: str) -> StorageFailed:
    """The error of a database server as StorageFailed; without a SQLSTATE the server could not be reached."""
    if sqlstate is None:
        return StorageFailed(f"The database server does not answer: {words}")
    sentence = _SERVER.get(sqlstate) or _SERVER.get(sqlstate[:2])
    if sentence is None:
        return StorageFailed(f"The database refused; nothing was written: {words}")
    return StorageFailed(f"{sentence}: {words}" if sqlstate.startswith("23") else sentence)


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
