"""Which version of the schema a database has, told before anything touches it."""

from __future__ import annotations

import sqlite3

from domain.errors import NewerDatabase
from storage.schema import HEAD, REVISIONS

VERSION_QUERY = "SELECT version_num FROM alembic_version"


def behind(found: str | None) -> bool:
    """True when migrations are due (None: nothing there yet); raises NewerDatabase for a version this program does not know."""
    if found is not None and found not in REVISIONS:
        raise NewerDatabase(
            f"The database was written by a newer version of Foliopilot (schema {found}, known here is {HEAD}); nothing was touched.",
            example="pip install --upgrade foliopilot",
        )
    return found != HEAD


def found_in(connection: sqlite3.Connection) -> str | None:
    """The version an SQLite database is at, or None when it was never set up; raises sqlite3.Error."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        return None
    row = connection.execute(VERSION_QUERY).fetchone()
    return None if row is None else str(row[0])
