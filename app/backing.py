"""`foliopilot backup`: a checked copy of the database, made beside whatever runs on it."""

from __future__ import annotations

import sys
from pathlib import Path

from app import settings
from app.agenda import size_text
from app.settings import Settings
from domain.clock import SystemClock
from domain.errors import SetupError
from storage import backup


def main(directory: Path | None) -> int:
    """Make the copy and say where it is; 0 then. Old copies are dropped only where they are the program's own."""
    chosen = settings.load()
    file = database(chosen)
    made = backup.back_up(file, directory or chosen.home / backup.DIRECTORY, SystemClock().now())
    if directory is None:
        backup.drop_old(chosen.home / backup.DIRECTORY)
    sys.stdout.write(f"Copied and checked: {made.path} ({size_text(made.size)}).\nTo go back to it: foliopilot restore {made.path}\n")
    return 0


def database(chosen: Settings) -> Path:
    """The file to copy; raises SetupError where the database is a server's, or none was made yet."""
    if chosen.database_url:
        raise SetupError(
            "The database is a PostgreSQL server's; its own tools back it up.", example="pg_dump --format=custom DATABASE > FILE"
        )
    if not chosen.database.is_file():
        raise SetupError(f"There is no database {chosen.database} yet.", example="foliopilot chat")
    return chosen.database
