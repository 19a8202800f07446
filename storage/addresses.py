"""Database URLs: a file of SQLite or a server of PostgreSQL, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from domain.errors import SetupError

_EXAMPLE = "DATABASE_URL=postgresql://user:password@localhost/foliopilot"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is: `path` for a file, None for a server; `url` names the driver that is used."""

    url: URL
    path: Path | None


def address(text: str) -> Address:
    """What a URL means; raises SetupError saying what to write instead."""
    if text.startswith("sqlite"):
        return _file(text)
    try:
        url = make_url(text)
    except ArgumentError:
        raise SetupError("The database URL cannot be read.", example=_EXAMPLE) from None
    backend = "postgresql" if url.drivername == "postgres" else url.get_backend_name()
    if backend != "postgresql":
        raise SetupError(f"Databases of the kind {backend!r} are not known; SQLite and PostgreSQL are.", example=_EXAMPLE)
    if find_spec("asyncpg") is None:
        raise SetupError("PostgreSQL needs one package more.", example="pip install 'foliopilot[postgres]'")
    query = dict(url.query)
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")  # libpq's word for what asyncpg calls ssl
    return Address(url.set(drivername="postgresql+asyncpg", query=query), None)


def _file(text: str) -> Address:
    """What follows the three slashes is the path as it is: a percent or question mark in it is part of a name."""
    _, found, path = text.partition(":///")
    if not found or path in ("", ":memory:"):
        raise SetupError("An SQLite database URL names a file.", example="DATABASE_URL=sqlite:////home/me/foliopilot.db")
    return Address(URL.create("sqlite+aiosqlite", database=path), Path(path))
