"""Opening the durable store: the file or server is checked, brought to this version, and every write made to begin as one."""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from domain.errors import SetupError
from domain.ports import Clock
from storage.addresses import Address, address
from storage.durable import ERRORS, WRITERS_LOCK, DurableStore, failure_of
from storage.files import make_home, prepare
from storage.version import VERSION_QUERY, behind

PATIENCE = 3.0
"""Seconds a write waits for another process before it says that the database is locked."""


async def open_store(url: str, clock: Clock, *, patience: float = PATIENCE) -> DurableStore:
    """Open a database, creating it or bringing it to this version first; any number of processes may do so at once.

    Raises NewerDatabase (nothing was touched), HomeUnusable or SetupError saying what to mend, StorageFailed when it stays locked.
    """
    where = address(url)
    engine = _file_engine(where, patience) if where.path is not None else _server_engine(where)
    try:
        if where.path is not None:
            make_home(where.path.parent)
            found = await asyncio.to_thread(prepare, where.path, patience)
        else:
            found = await _server_version(engine)
        if behind(found):
            await _migrate(engine)
    except BaseException:
        await engine.dispose()
        raise
    return DurableStore(engine, patience=patience)


def _file_engine(where: Address, patience: float) -> AsyncEngine:
    engine = create_async_engine(where.url, connect_args={"timeout": patience, "isolation_level": None})

    @event.listens_for(engine.sync_engine, "connect")
    def _settle(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous = FULL")  # an acknowledged commit survives a power cut
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")  # what is read in a write stays true until its commit

    return engine


def _server_engine(where: Address) -> AsyncEngine:
    return create_async_engine(where.url, pool_pre_ping=True, connect_args={"timeout": 10})


async def _server_version(engine: AsyncEngine) -> str | None:
    try:
        async with engine.connect() as connection:
            return await _version(connection)
    except ERRORS as error:
        raise SetupError(f"The database server of DATABASE_URL cannot be used: {failure_of(error)}") from error


async def _version(connection: AsyncConnection) -> str | None:
    if connection.dialect.name == "postgresql":
        there = text("SELECT to_regclass('alembic_version') IS NOT NULL")
    else:
        there = text("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'")
    if not (await connection.execute(there)).scalar():
        return None
    found = (await connection.execute(text(VERSION_QUERY))).scalar()
    return None if found is None else str(found)


async def _migrate(engine: AsyncEngine) -> None:
    """Run what is due in one transaction, under the writers' lock; a second process finds it done and changes nothing."""
    try:
        async with engine.execution_options(writes=True).begin() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})"))
            if behind(await _version(connection)):
                await connection.run_sync(_upgrade)
    except ERRORS as error:
        raise failure_of(error) from error


def _upgrade(connection: Connection) -> None:
    """Loaded by name: Alembic costs a third of a second, and a database is behind once in its life."""
    config = import_module("alembic.config").Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    import_module("alembic.command").upgrade(config, "head")
