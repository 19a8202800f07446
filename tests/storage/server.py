"""A PostgreSQL for the tests: the one given by URL, else one of our own in a temporary directory."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

import asyncpg  # type: ignore[import-untyped]

from storage.schema import TABLES

GIVEN = "FOLIOPILOT_TEST_DATABASE_URL"


@contextmanager
def server() -> Iterator[str]:
    """The URL of a database nobody else uses, dropped afterwards; raises whatever keeps a server from starting."""
    given = os.environ.get(GIVEN)
    if given:
        with database(given) as url:
            yield url
        return
    directory = Path(tempfile.mkdtemp(prefix="fp-"))  # short: the socket lives in it
    try:
        with warnings.catch_warnings(), patch.dict(os.environ, XDG_RUNTIME_DIR=str(directory)):
            warnings.simplefilter("ignore")
            running = import_module("pgserver").get_server(
                directory / "pg", cleanup_mode="delete"
            )  # stops it at the end of the run at the latest
        try:
            running.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
            with database(running.get_uri()) as url:
                yield url
        finally:
            running.cleanup()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def database(url: str) -> Iterator[str]:
    """A fresh database on a server."""
    name = f"foliopilot_test_{os.getpid()}_{os.urandom(4).hex()}"
    _run(url, f"CREATE DATABASE {name}")
    try:
        base, _, query = url.partition("?")
        yield f"{base.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")
    finally:
        _run(url, f"DROP DATABASE {name} WITH (FORCE)")


def _run(url: str, statement: str) -> None:
    """In a loop of its own, because fixtures are made while one runs."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(execute(url, statement))).result()


async def execute(url: str, *statements: str) -> None:
    """Run statements outside the program, as somebody with the database's password could."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def empty(url: str) -> None:
    """Remove every row, the journal's too."""
    await execute(
        url,
        "ALTER TABLE journal DISABLE TRIGGER USER",
        f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY",
        "ALTER TABLE journal ENABLE TRIGGER USER",
    )
