"""The lease: one process at a time works on a database; a second one is told which, and leaves.

On a data directory the system's file lock decides, so a crash frees it at once. On a server a row decides: its holder renews it, and
every write of a holder that was overtaken is refused by its fencing token.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from domain.codec import instant_text
from domain.errors import LeaseTaken, StorageFailed
from domain.ports import Clock
from storage.lock import SUPPORTED, FileLock
from storage.store import Store, Tx

LIFETIME = timedelta(seconds=30)
RENEWAL = 10.0
"""Seconds between two renewals: two may fail before anybody else can take over."""

LOCK_FILE = "foliopilot.lock"
_NAME = "writer"


@runtime_checkable
class Fenced(Protocol):
    """A store whose writes can be made to begin with a check."""

    def fence(self, check: Callable[[Tx], Awaitable[None]] | None) -> None:
        """Have every write begin with this; None takes it away."""
        ...


class Lease:
    """A lease that was taken: keep it, a dropped one is free. `token` grows with every taking; a write under an older one is refused."""

    def __init__(self, store: Store, clock: Clock, token: int, lock: FileLock | None) -> None:
        self.token = token
        self._store = store
        self._clock = clock
        self._lock = lock

    async def renew(self) -> None:
        """Stay the holder; raises LeaseTaken when another process took over meanwhile."""
        async with self._store.write() as tx:
            if not await tx.update("leases", {"expires": self._clock.now() + LIFETIME}, name=_NAME, token=self.token):
                raise _taken(await _row(tx))

    async def keep(self) -> None:
        """Renew for ever; a database that refuses is asked again, being overtaken raises LeaseTaken."""
        while True:
            await self._clock.sleep(RENEWAL)
            try:
                await self.renew()
            except StorageFailed:
                continue  # it expires only after several of these, and the fence holds then

    async def check(self, tx: Tx) -> None:
        """Raises LeaseTaken when another process took over: run at the beginning of a write it keeps the write from happening."""
        row = await _row(tx)
        if row.get("token") != self.token:
            raise _taken(row)

    async def release(self) -> None:
        """Let the next one in at once."""
        try:
            async with self._store.write() as tx:
                await tx.update("leases", {"expires": self._clock.now()}, name=_NAME, token=self.token)
        finally:
            if isinstance(self._store, Fenced):
                self._store.fence(None)
            if self._lock is not None:
                self._lock.release()


async def take(store: Store, clock: Clock, *, command: str, home: Path | None = None) -> Lease:
    """Become the one process that works on this database; `home` is its data directory, None on a server.

    Raises LeaseTaken naming the other process, its command and since when. `clock` is the machine's, not a simulated one.
    """
    since = clock.now()
    note = {"pid": os.getpid(), "command": command, "since": instant_text(since)}
    lock = FileLock(home / LOCK_FILE) if home is not None and SUPPORTED else None
    if lock is not None:
        held = lock.take(note)
        if held is not None:
            raise _taken(held)
    try:
        async with store.write() as tx:
            found = await _row(tx)
            if found and lock is None and _alive(found, since):
                raise _taken(found)
            token = found.get("token", 0) + 1
            await tx.delete("leases", name=_NAME)
            row = {"host": socket.gethostname(), "pid": os.getpid(), "command": command, "since": since, "expires": since + LIFETIME}
            await tx.insert("leases", row | {"name": _NAME, "token": token})
    except BaseException:
        if lock is not None:
            lock.release()
        raise
    lease = Lease(store, clock, token, lock)
    if lock is None and isinstance(store, Fenced):
        store.fence(lease.check)
    return lease


@dataclass(frozen=True, slots=True)
class Holder:
    """Who works on a database, as its row says, and whether that process is there."""

    pid: int
    command: str
    since: datetime
    alive: bool


async def holder(tx: Tx, now: datetime) -> Holder | None:
    """The process that took the lease last; None before the first."""
    row = await _row(tx)
    return Holder(row["pid"], row["command"], row["since"], _alive(row, now)) if row else None


def hold(home: Path, clock: Clock, *, command: str) -> FileLock | None:
    """Keep every other process out of a data directory without opening its database; raises LeaseTaken naming the one that is in.

    None where the system has no such locks.
    """
    if not SUPPORTED:
        return None
    lock = FileLock(home / LOCK_FILE)
    held = lock.take({"pid": os.getpid(), "command": command, "since": instant_text(clock.now())})
    if held is not None:
        raise _taken(held)
    return lock


async def _row(tx: Tx) -> dict[str, Any]:
    rows = await tx.select("leases", name=_NAME)
    return rows[0] if rows else {}


def _alive(row: dict[str, Any], now: datetime) -> bool:
    """False when the lease ran out, or its holder was a process of this machine that is gone."""
    if row["expires"] <= now:
        return False
    if row["host"] != socket.gethostname() or os.name != "posix":
        return True
    try:
        os.kill(row["pid"], 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is there and belongs to somebody else
        return True
    return True


def _taken(holder: dict[str, Any]) -> LeaseTaken:
    since = holder.get("since")
    when = instant_text(since) if isinstance(since, datetime) else since
    who = f"process {holder['pid']} (foliopilot {holder['command']})" if holder.get("pid") else "another process"
    return LeaseTaken(
        f"This database is in use by {who}{f' since {when}' if when else ''}; only one at a time may work on it.",
        example="FOLIOPILOT_HOME=/another/directory foliopilot chat",
    )
