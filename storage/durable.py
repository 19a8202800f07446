"""The durable store of a server: transactions on SQLAlchemy Core, one writer at a time, every commit on disk before it is acknowledged."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Delete, Executable, Select, Update, delete, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncTransaction

from domain.errors import StorageFailed
from storage import schema
from storage.failures import server_failure, sqlite_failure
from storage.store import Row, Tx
from storage.tables import TABLES
from storage.values import new_row, read_row, stored, stored_row

ERRORS = (SQLAlchemyError, OSError)
WRITERS_LOCK = 7_203_601_447  # the advisory lock every writer of a PostgreSQL database takes
S = TypeVar("S", Select[Any], Update, Delete)
_Values = dict[str, str | int | None]
Fence = Callable[[Tx], Awaitable[None]]


def failure_of(error: BaseException) -> StorageFailed:
    """A driver's error as StorageFailed with a sentence."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return sqlite_failure(cause)
    return server_failure(getattr(cause, "sqlstate", None), str(cause))


class DurableTx:
    """A transaction of the durable store; see `Tx`."""

    def __init__(self, connection: AsyncConnection, *, writable: bool) -> None:
        self.failure: StorageFailed | None = None
        self.left = False
        self._connection = connection
        self._writable = writable

    async def insert(self, table: str, row: Row) -> bool:
        """See `Tx`."""
        values = self._fitting(new_row, self._changing(table), row)
        statement = postgresql.insert(TABLES[table]).values(values).on_conflict_do_nothing().inline()
        return (await self._run(statement)).rowcount > 0

    async def update(self, table: str, changes: Row, **where: Any) -> int:
        """See `Tx`."""
        declared = self._changing(table)
        if not changes:
            return 0
        values = self._fitting(stored_row, declared, changes)
        return (await self._run(_narrowed(update(TABLES[table]), declared, where).values(values))).rowcount

    async def delete(self, table: str, **where: Any) -> int:
        """See `Tx`."""
        declared = self._changing(table)
        return (await self._run(_narrowed(delete(TABLES[table]), declared, where))).rowcount

    async def select(
        self,
        table: str,
        *,
        order: str = "",
        descending: bool = False,
        limit: int | None = None,
        since: tuple[str, Any] | None = None,
        until: tuple[str, Any] | None = None,
        **where: Any,
    ) -> list[dict[str, Any]]:
        """See `Tx`."""
        declared = schema.table(table)
        statement = _narrowed(select(TABLES[table]), declared, where)
        columns = TABLES[table].c
        if since is not None:
            statement = statement.where(columns[since[0]] >= stored(declared, declared.column(since[0]), since[1]))
        if until is not None:
            statement = statement.where(columns[until[0]] <= stored(declared, declared.column(until[0]), until[1]))
        for name in filter(None, order.split(",")):
            column = columns[declared.column(name.strip()).name]
            statement = statement.order_by(column.desc() if descending else column)
        result = await self._run(statement if limit is None else statement.limit(limit))
        names = tuple(declared.by_name)
        return [read_row(declared, names, tuple(raw)) for raw in result]

    def _changing(self, table: str) -> schema.Table:
        if not self._writable:
            raise StorageFailed(f"a read does not change anything ({table})")
        return schema.table(table)

    def _fitting(self, make: Callable[[schema.Table, Row], _Values], declared: schema.Table, row: Row) -> _Values:
        try:
            return make(declared, row)
        except StorageFailed as failure:
            self.failure = failure
            raise

    async def _run(self, statement: Executable) -> CursorResult[Any]:
        if self.left:
            raise RuntimeError("this transaction was left")
        if self.failure is not None:
            raise self.failure
        try:
            result = await self._connection.execute(statement)
        except ERRORS as error:
            self.failure = failure_of(error)
            raise self.failure from error
        assert isinstance(result, CursorResult)  # noqa: S101 - Core statements always give one; this tells the type checker
        return result


class DurableStore:
    """A store on an engine. Reads have connections of their own, writers take turns here and, by the database's lock, among processes."""

    def __init__(self, engine: AsyncEngine, *, patience: float) -> None:
        self.engine = engine
        self._patience = patience
        self._reads = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._closed = False
        self._lock = asyncio.Lock()
        self._writer: asyncio.Task[Any] | None = None
        self._fence: Fence | None = None

    def fence(self, check: Fence | None) -> None:
        """Have every write begin with `check`, in its own transaction; what it raises is raised from `write` and nothing is written."""
        self._fence = check

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """See `Store`."""
        self._refuse_misuse()
        async with self._begun(self._reads) as (connection, _):
            tx = DurableTx(connection, writable=False)
            try:
                yield tx
            finally:
                tx.left = True

    @asynccontextmanager
    async def write(self, *, relaxed: bool = False) -> AsyncIterator[Tx]:
        """See `Store`."""
        self._refuse_misuse()
        async with self._lock:
            self._writer = asyncio.current_task()
            try:
                async with self._begun(self.engine) as (connection, transaction):
                    tx = DurableTx(connection, writable=True)
                    try:
                        await self._take_turn(connection, relaxed=relaxed)
                        if self._fence is not None:
                            await self._fence(tx)
                        yield tx
                        if tx.failure is not None:
                            raise tx.failure
                    finally:
                        tx.left = True
                    await self._commit(connection, transaction)
            finally:
                self._writer = None

    async def close(self) -> None:
        """See `Store`."""
        self._closed = True
        await self.engine.dispose()

    @asynccontextmanager
    async def _begun(self, engine: AsyncEngine) -> AsyncIterator[tuple[AsyncConnection, AsyncTransaction]]:
        """A connection in a transaction, which is rolled back unless it was committed before leaving."""
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(engine.connect())
                transaction = await connection.begin()
            except ERRORS as error:
                raise failure_of(error) from error
            yield connection, transaction

    async def _take_turn(self, connection: AsyncConnection, *, relaxed: bool) -> None:
        """Wait for the other processes' writers; what is read from here on is the latest there is."""
        try:
            await connection.execute(text(f"SET LOCAL lock_timeout = {int(self._patience * 1000)}"))
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})"))
            if relaxed:
                await connection.execute(text("SET LOCAL synchronous_commit = off"))
        except ERRORS as error:
            raise failure_of(error) from error

    async def _commit(self, connection: AsyncConnection, transaction: AsyncTransaction) -> None:
        """Commit. A cancellation meanwhile is raised only when the commit is through, so that the writer's turn does not end before it."""
        commit = asyncio.ensure_future(transaction.commit())
        try:
            await asyncio.shield(commit)
        except asyncio.CancelledError:
            await asyncio.wait({commit})
            if commit.cancelled() or commit.exception() is not None:
                await connection.invalidate()
            raise
        except ERRORS as error:
            await connection.invalidate()  # its transaction may still be open, and closing it for good is what ends that
            raise failure_of(error) from error

    def _refuse_misuse(self) -> None:
        if self._closed:
            raise StorageFailed("The store was closed; nothing was written.")
        if self._writer is not None and self._writer is asyncio.current_task():
            raise RuntimeError("a transaction was opened inside one's own write: use the one that is open")


def _narrowed(statement: S, declared: schema.Table, where: Mapping[str, Any]) -> S:
    return statement.where(*(_condition(declared, name, value) for name, value in where.items()))


def _condition(declared: schema.Table, name: str, value: Any) -> ColumnElement[bool]:
    column = declared.column(name)
    found = TABLES[declared.name].c[name]
    if value is None:
        return found.is_(None)
    if isinstance(value, tuple | list):
        return found.in_([stored(declared, column, v) for v in value])
    return found == stored(declared, column, value)
