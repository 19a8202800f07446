"""Opening a PostgreSQL server: its URL is understood, its version checked, and what is due is run under the writers' lock."""

from __future__ import annotations

from importlib.util import find_spec

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from domain.errors import SetupError
from storage import migrate
from storage.durable import ERRORS, WRITERS_LOCK, DurableStore, failure_of
from storage.version import behind

_EXAMPLE = "DATABASE_URL=postgresql://user:password@localhost/foliopilot"


async def open_server(url: str, *, patience: float) -> DurableStore:
    """The store on a server; see `storage.engine.open_store`."""
    engine = create_async_engine(address(url), pool_pre_ping=True, connect_args={"timeout": 10})
    try:
        if behind(await _version(engine)):
            await _migrate(engine)
    except BaseException:
        await engine.dispose()
        raise
    return DurableStore(engine, patience=patience)


def address(text: str) -> URL:
    """What a URL means, with the driver that is used; raises SetupError saying what to write instead."""
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
    return url.set(drivername="postgresql+asyncpg", query=query)


async def _version(engine: AsyncEngine) -> str | None:
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(migrate.version)
    except ERRORS as error:
        raise SetupError(f"The database server of DATABASE_URL cannot be used: {failure_of(error)}") from error


async def _migrate(engine: AsyncEngine) -> None:
    """Run what is due in one transaction; a second process finds it done and changes nothing."""

    def run(connection: Connection) -> None:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})"))
        if behind(migrate.version(connection)):
            migrate.upgrade(connection)

    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    except ERRORS as error:
        raise failure_of(error) from error
