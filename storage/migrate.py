"""Bringing a database to this version: what is due runs in one transaction, under the writers' lock."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from storage.durable import failure_of
from storage.version import VERSION_QUERY, behind


def file(path: Path, patience: float) -> None:
    """Run what is due on a file; a second process finds it done and changes nothing. Raises StorageFailed when it stays locked."""
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": patience, "isolation_level": None})

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            if behind(version(connection)):
                upgrade(connection)
    except SQLAlchemyError as error:
        raise failure_of(error) from error
    finally:
        engine.dispose()


def version(connection: Connection) -> str | None:
    """The version a database is at, or None when it was never set up."""
    if connection.dialect.name == "postgresql":
        there = text("SELECT to_regclass('alembic_version') IS NOT NULL")
    else:
        there = text("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'")
    if not connection.execute(there).scalar():
        return None
    found = connection.execute(text(VERSION_QUERY)).scalar()
    return None if found is None else str(found)


def upgrade(connection: Connection) -> None:
    """Run the steps that are due, inside the transaction the connection already has.

    Alembic is loaded by name: it costs a third of a second, and a database is behind once in its life.
    """
    config = import_module("alembic.config").Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    import_module("alembic.command").upgrade(config, "head")
