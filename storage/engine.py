"""Opening the durable store: the file or server is checked, brought to this version, and every write made to begin as one."""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Protocol

from domain.errors import SetupError
from storage.files import make_home, prepare
from storage.filestore import FileStore
from storage.lease import Fenced
from storage.store import Store
from storage.version import behind

PATIENCE = 3.0
"""Seconds a write waits for another process before it says that the database is locked."""


class Durable(Store, Fenced, Protocol):
    """A store that outlives the process and whose writes can be fenced."""


async def open_store(url: str, *, patience: float = PATIENCE) -> Durable:
    """Open a database, creating it or bringing it to this version first; any number of processes may do so at once.

    Raises NewerDatabase (nothing was touched), HomeUnusable or SetupError saying what to mend, StorageFailed when it stays locked.
    A file needs the standard library alone; what only a server or an old version needs is loaded by name.
    """
    if url.startswith("sqlite"):
        return await open_file(path_of(url), patience=patience)
    opened: Durable = await import_module("storage.server").open_server(url, patience=patience)
    return opened


async def open_file(path: Path, *, patience: float = PATIENCE) -> FileStore:
    """The store of one SQLite file; see `open_store`."""
    make_home(path.parent)
    if behind(await asyncio.to_thread(prepare, path, patience)):
        await asyncio.to_thread(import_module("storage.migrate").file, path, patience)
    return FileStore(path, patience=patience)


def path_of(url: str) -> Path:
    """What follows the three slashes is the path as it is: a percent or question mark in it is part of a name."""
    _, found, path = url.partition(":///")
    if not found or path in ("", ":memory:"):
        raise SetupError("An SQLite database URL names a file.", example="DATABASE_URL=sqlite:////home/me/foliopilot.db")
    return Path(path)
