"""The disk of a world: what survives a process, and a view of it for one process that is locked, full or fails at a commit on demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from domain.errors import StorageFailed
from storage.store import Store, Tx
from tests.simulation.doom import READ, Doom


class Disk:
    """`locked` transactions still to be refused, `full` until it is healed, `commits` until the one that fails."""

    def __init__(self, inner: Store, fired: Callable[[str], None]) -> None:
        self.inner = inner
        self.locked = 0
        self.full = 0
        self.commits = 0
        self._fired = fired

    def refuse(self) -> None:
        """Before a write begins."""
        if self.locked > 0:
            self.locked -= 1
            self._fired("database locked")
            raise StorageFailed("The database is locked by another program; nothing was written.")

    def fail(self) -> None:
        """Before a commit."""
        if self.full > 0:
            self.full -= 1
            self._fired("disk full")
            raise StorageFailed("The disk is full; nothing was written.")
        if self.commits > 0:
            self.commits -= 1
            if not self.commits:
                self._fired("commit fails")
                raise StorageFailed("The disk failed to write; nothing was written.")

    def heal(self) -> None:
        self.locked = self.full = self.commits = 0


class DiskView:
    """The Store port of one process."""

    def __init__(self, disk: Disk, doom: Doom) -> None:
        self._disk = disk
        self._doom = doom

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        self._doom.passing(READ)
        async with self._disk.inner.read() as tx:
            yield tx

    @asynccontextmanager
    async def write(self, *, relaxed: bool = False) -> AsyncIterator[Tx]:
        self._doom.passing("before a write")
        await asyncio.sleep(0)
        self._disk.refuse()
        async with self._disk.inner.write(relaxed=relaxed) as tx:
            yield tx
            self._disk.fail()
            self._doom.passing("before a commit")
        self._doom.passing("after a commit")

    async def close(self) -> None:
        return None
