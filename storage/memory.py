"""The light store: one SQLite database in memory on the standard library alone, for `ask`, throw-away runs and tests."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from domain.errors import StorageFailed
from storage import statements
from storage.failures import sqlite_failure
from storage.schema import table as table_named
from storage.store import Row, Tx
from storage.values import read_row

T = TypeVar("T")


class MemoryTx:
    """A transaction of the light store; see `Tx`."""

    def __init__(self, connection: sqlite3.Connection, *, writable: bool) -> None:
        self.connection = connection
        self.failure: StorageFailed | None = None
        self.left = False
        self._writable = writable

    async def insert(self, table: str, row: Row) -> bool:
        """See `Tx`."""
        return self._change(statements.insert, table, row) > 0

    async def update(self, table: str, changes: Row, **where: Any) -> int:
        """See `Tx`."""
        return self._change(statements.update, table, changes, where) if changes else 0

    async def delete(self, table: str, **where: Any) -> int:
        """See `Tx`."""
        return self._change(statements.delete, table, where)

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
        return self.read_rows(table, order=order, descending=descending, limit=limit, since=since, until=until, **where)()

    def read_rows(self, table: str, **asked: Any) -> Callable[[], list[dict[str, Any]]]:
        """A select that is checked now and run when it is called, here or in a thread."""
        declared = table_named(table)
        how = {name: asked.pop(name) for name in ("order", "descending", "limit", "since", "until")}
        statement = statements.select(declared, asked, **how)
        names = tuple(declared.by_name)
        return lambda: [read_row(declared, names, raw) for raw in self._run(statement, lambda cursor: cursor.fetchall())]

    def _change(self, make: Any, table: str, *arguments: Any) -> int:
        if not self._writable:
            raise StorageFailed(f"a read does not change anything ({table})")
        try:
            statement = make(table_named(table), *arguments)
        except StorageFailed as failure:
            self.failure = failure
            raise
        return self._run(statement, lambda cursor: cursor.rowcount)

    def _run(self, statement: statements.Statement, take: Callable[[sqlite3.Cursor], T]) -> T:
        if self.left:
            raise RuntimeError("this transaction was left")
        if self.failure is not None:
            raise self.failure
        try:
            return take(self.connection.execute(*statement))  # rows are read here too, and a damaged file shows only then
        except sqlite3.Error as error:
            self.failure = sqlite_failure(error)
            raise self.failure from error


class MemoryStore:
    """A store that is gone with the process; writers take turns, and a read keeps the state it began with while others write."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._closed = False
        self._lock = asyncio.Lock()
        self._writer: asyncio.Task[Any] | None = None
        self._readers: set[MemoryTx] = set()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """See `Store`."""
        self._refuse_misuse()
        if self._lock.locked():
            async with self._lock:  # wait for the write under way; nothing is awaited between here and the registration below
                pass
        tx = MemoryTx(self._connection, writable=False)
        self._readers.add(tx)
        try:
            yield tx
        finally:
            tx.left = True
            self._readers.discard(tx)
            if tx.connection is not self._connection:
                tx.connection.close()

    @asynccontextmanager
    async def write(self, *, relaxed: bool = False) -> AsyncIterator[Tx]:
        """See `Store`; nothing here outlives the program."""
        self._refuse_misuse()
        async with self._lock:
            self._writer = asyncio.current_task()
            self._set_readers_apart()
            tx = MemoryTx(self._connection, writable=True)
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield tx
                if tx.failure is not None:
                    raise tx.failure
                self._connection.commit()
            finally:
                tx.left = True
                self._connection.rollback()  # of what was not committed
                self._writer = None

    async def close(self) -> None:
        """See `Store`."""
        self._closed = True
        self._connection.close()

    def _set_readers_apart(self) -> None:
        for tx in self._readers:
            if tx.connection is self._connection:
                tx.connection = connect()
                self._connection.backup(tx.connection)

    def _refuse_misuse(self) -> None:
        if self._closed:
            raise StorageFailed("The store was closed; nothing was written.")
        if self._writer is not None and self._writer is asyncio.current_task():
            raise RuntimeError("a transaction was opened inside one's own write: use the one that is open")


def connect() -> sqlite3.Connection:
    """An empty database in memory that begins and ends transactions only when told."""
    return sqlite3.connect(":memory:", isolation_level=None)
