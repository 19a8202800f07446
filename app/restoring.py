"""`foliopilot restore FILE`: a back-up becomes the database, and the present one is kept beside it."""

from __future__ import annotations

import sys
from pathlib import Path

from app import settings
from domain.clock import SystemClock
from domain.errors import SetupError
from storage import backup, lease
from storage.files import make_home


def main(file: Path) -> int:
    """Put the file in place and say where the present database is now; 0 then. Refused while a program works on the database."""
    chosen = settings.load()
    if chosen.database_url:
        raise SetupError("The database is a PostgreSQL server's; its own tools restore it.", example="pg_restore --dbname=DATABASE FILE")
    clock = SystemClock()
    make_home(chosen.home)
    lock = lease.hold(chosen.home, clock, command="restore")
    try:
        aside = backup.restore(file, chosen.database, clock.now())
    finally:
        if lock is not None:
            lock.release()
    lines = [f"Restored from {file}."]
    if aside is not None:
        lines.append(f"The database that was there is now {aside}.")
    lines.append("What happened after that back-up is not in it; the next start compares the book with the broker.")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0
