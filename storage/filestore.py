"""The durable store of a file: SQLite by the standard library, one writer at a time, every commit on disk before it is acknowledged.

A statement costs some microseconds, so it runs where it is asked for; waiting for a lock and for the disk happens in a thread. Writers
that wait while others wait for the disk share one commit (group commit): each has its own savepoint, so one that fails takes nothing of
the others with it, and none is acknowledged before the shared commit is on disk.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from domain.errors import StorageFailed
from storage import schema
from storage.failures import primary_code, sqlite_failure
from storage.memory import MemoryTx
from storage.store import Tx

Fence = Callable[[Tx], Awaitable[None]]
T = TypeVar("T")

MANY = 200
"""A read of more rows than this, or of an unknown number, is fetched in a thread, so that it holds up nobody."""

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_BROKEN = "The database gave up the transaction this was part of; nothing was written."


class FileTx(MemoryTx):
    """A transaction on a file; see `Tx`. A large read of a read transaction is fetched in a thread."""

    def __init__(self, connection: sqlite3.Connection, *, writable: bool, apart: ThreadPoolExecutor | None = None) -> None:
        super().__init__(connection, writable=writable)
        self._apart = apart

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
        asked = self.read_rows(table, order=order, descending=descending, limit=limit, since=since, until=until, **where)
        if self._apart is None or (limit is not None and limit <= MANY) or _one(schema.table(table), where):
            return asked()
        return await finished(self._apart, asked)


@dataclass(eq=False, slots=True)
class _Group:
    """Writes that share one commit."""

    members: int = 0
    broken: StorageFailed | None = None
    commit: asyncio.Task[None] | None = None


class FileStore:
    """A store on a file. Reads have connections of their own, writers take turns here and, by the file's lock, among processes.

    `settle` prepares every new connection.
    """

    def __init__(self, path: Path, *, patience: float) -> None:
        self.path = path
        self.settle: Callable[[sqlite3.Connection], object] = _settled
        self._patience = patience
        self._closed = False
        self._lock = asyncio.Lock()
        self._writer: asyncio.Task[Any] | None = None
        self._fence: Fence | None = None
        self._connection: sqlite3.Connection | None = None
        self._quick: sqlite3.Connection | None = None
        self._group: _Group | None = None
        self._idle: list[sqlite3.Connection] = []
        self._disk = ThreadPoolExecutor(1, "foliopilot-disk")
        self._readers = ThreadPoolExecutor(2, "foliopilot-read")

    def fence(self, check: Fence | None) -> None:
        """Have every write begin with `check`, in its own transaction; what it raises is raised from `write` and nothing is written."""
        self._fence = check

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """See `Store`."""
        self._refuse_misuse()
        connection = self._reader()
        tx = FileTx(connection, writable=False, apart=self._readers)
        try:
            yield tx
        finally:
            tx.left = True
            self._give_back(connection)

    @asynccontextmanager
    async def write(self, *, relaxed: bool = False) -> AsyncIterator[Tx]:
        """See `Store`. A relaxed write waits for no disk, unless it meets others that do."""
        self._refuse_misuse()
        commit: asyncio.Task[None] | None = None
        async with self._lock:
            self._writer = asyncio.current_task()
            try:
                quick = self._quickly() if relaxed and self._group is None else None
                if quick is not None:
                    async with self._apart(quick) as tx:
                        yield tx
                else:
                    async with self._among_others() as (tx, group):
                        yield tx
                    commit = group.commit = group.commit or asyncio.ensure_future(self._commit(group))
            finally:
                self._writer = None
        if commit is not None:
            await through(commit)

    async def renew(self) -> None:
        """Let go of every connection that is not in use; the next ones are made and settled anew."""
        async with self._lock:
            self._let_go()

    async def close(self) -> None:
        """See `Store`."""
        async with self._lock:
            if self._closed:
                return
            self._closed = True
            await asyncio.get_running_loop().run_in_executor(self._disk, self._let_go)  # the last one empties the log into the file
        for pool in (self._disk, self._readers):
            pool.shutdown(wait=False)

    @asynccontextmanager
    async def _among_others(self) -> AsyncIterator[tuple[Tx, _Group]]:
        """A write in the transaction that others share."""
        group, connection = await self._begun()
        tx = FileTx(connection, writable=True)
        try:
            async with self._fenced(tx):
                yield tx, group
            self._execute(connection, "RELEASE one")
        except BaseException:
            self._undo(group, connection)
            raise
        group.members += 1

    @asynccontextmanager
    async def _apart(self, connection: sqlite3.Connection) -> AsyncIterator[Tx]:
        """A write in a transaction of its own, committed where it stands."""
        tx = FileTx(connection, writable=True)
        try:
            async with self._fenced(tx):
                yield tx
            connection.commit()
        except BaseException as error:
            self._quick = None
            connection.close()  # whatever of it was open is taken back
            if isinstance(error, sqlite3.Error):
                raise sqlite_failure(error) from error
            raise

    @asynccontextmanager
    async def _fenced(self, tx: FileTx) -> AsyncIterator[None]:
        try:
            if self._fence is not None:
                await self._fence(tx)
            yield
            if tx.failure is not None:
                raise tx.failure
        finally:
            tx.left = True

    def _quickly(self) -> sqlite3.Connection | None:
        """A connection in a transaction whose commit waits for no disk; None while another process writes.

        The log keeps the order of commits, so a power cut takes it back only together with all that came after it.
        """
        if self._quick is None:
            self._quick = self._connect()
            self._execute(self._quick, "PRAGMA synchronous = NORMAL")
            self._execute(self._quick, "PRAGMA wal_autocheckpoint = 0")  # that waits for the disk: the other connection does it
            self._execute(self._quick, "PRAGMA busy_timeout = 0")
        try:
            self._quick.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if primary_code(error) in _BUSY:
                return None
            self._quick.close()
            self._quick = None
            raise sqlite_failure(error) from error
        return self._quick

    async def _begun(self) -> tuple[_Group, sqlite3.Connection]:
        """The transaction that is open, or a new one, with a savepoint of one's own."""
        if self._group is None or self._connection is None:
            self._connection = connection = await self._writing()
            self._group = _Group()
        else:
            connection = self._connection
        try:
            self._execute(connection, "SAVEPOINT one")
        except StorageFailed:
            self._undo(self._group, connection)
            raise
        return self._group, connection

    async def _writing(self) -> sqlite3.Connection:
        """The writer's connection with the file's write lock; another process's is waited for in a thread."""
        connection = self._connection or self._connect()
        self._connection = connection
        if connection.in_transaction:  # a wait that was cancelled got its lock after all
            connection.rollback()
        try:
            connection.execute("PRAGMA busy_timeout = 0")
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if primary_code(error) not in _BUSY:
                self._discard()
                raise sqlite_failure(error) from error
            await self._waited_for_lock(connection)
        return connection

    async def _waited_for_lock(self, connection: sqlite3.Connection) -> None:
        def begin() -> None:
            connection.execute(f"PRAGMA busy_timeout = {int(self._patience * 1000)}")
            connection.execute("BEGIN IMMEDIATE")

        try:
            await finished(self._disk, begin)
        except sqlite3.Error as error:
            raise sqlite_failure(error) from error

    async def _commit(self, group: _Group) -> None:
        """Commit for every write that joined; whoever waits for the writers' turn when this is called still joins."""
        async with self._lock:
            if self._group is group:
                self._group = None
            if group.broken is not None:
                raise group.broken
            connection = self._connection
            if connection is None:  # pragma: no cover - a group without a connection was broken above
                raise StorageFailed(_BROKEN)
            try:
                await finished(self._disk, connection.commit)
            except sqlite3.Error as error:
                self._discard()  # its transaction may still be open, and closing it for good is what ends that
                raise sqlite_failure(error) from error

    def _undo(self, group: _Group, connection: sqlite3.Connection) -> None:
        """Take one write back; the others of its group stay, unless the database gave up all of them."""
        if connection.in_transaction and group.members:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK TO one")
                connection.execute("RELEASE one")
                return
        if group.members:
            group.broken = StorageFailed(_BROKEN)
        if self._group is group:
            self._group = None
        try:
            connection.rollback()
        except sqlite3.Error:
            self._discard()

    def _execute(self, connection: sqlite3.Connection, statement: str) -> None:
        try:
            connection.execute(statement)
        except sqlite3.Error as error:
            raise sqlite_failure(error) from error

    def _reader(self) -> sqlite3.Connection:
        """A connection that looks at one committed state."""
        connection = self._idle.pop() if self._idle else self._connect()
        try:
            connection.execute("BEGIN")
            connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()  # from here on it sees what is committed now
        except sqlite3.Error as error:
            connection.close()
            raise sqlite_failure(error) from error
        return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        try:
            connection.rollback()
        except sqlite3.Error:  # pragma: no cover - ending a read asks nothing of the file
            connection.close()
            return
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self.path, timeout=self._patience, isolation_level=None, check_same_thread=False)
            self.settle(connection)
        except sqlite3.Error as error:
            raise sqlite_failure(error) from error
        return connection

    def _discard(self) -> None:
        """Close the writer's connection for good."""
        connection, self._connection, self._group = self._connection, None, None
        if connection is not None:
            connection.close()

    def _let_go(self) -> None:
        for connection in self._idle:
            connection.close()
        self._idle = []
        if self._quick is not None:
            self._quick.close()
            self._quick = None
        self._discard()

    def _refuse_misuse(self) -> None:
        if self._closed:
            raise StorageFailed("The store was closed; nothing was written.")
        if self._writer is not None and self._writer is asyncio.current_task():
            raise RuntimeError("a transaction was opened inside one's own write: use the one that is open")


def _one(table: schema.Table, where: Mapping[str, Any]) -> bool:
    """True for conditions that at most one row meets."""
    return bool(table.key) and all(isinstance(where.get(name), str | int) for name in table.key)


def _settled(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous = FULL")  # an acknowledged commit survives a power cut


async def through(task: asyncio.Future[T]) -> T:
    """Wait for work that others wait for too; a cancellation meanwhile is raised only when the work is done."""
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # seen: the cancellation is what is raised
        raise


async def finished(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """Do something in a thread and wait until it is done, whatever happens meanwhile: its connection is in use until then."""
    return await through(asyncio.get_running_loop().run_in_executor(pool, work))
