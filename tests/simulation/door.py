"""The way in: what a platform delivers is written to the inbox before it is acknowledged, and handled from there once by its key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from domain.chat import Incoming, Reply
from domain.errors import StorageFailed
from domain.ports import Clock
from storage import inbox
from storage.store import Store
from tests.simulation.doom import Doom
from tests.simulation.phone import Answer, Phone


class Door:
    """One process's adapter. What the database did not take is not acknowledged, and so it comes again."""

    def __init__(self, phone: Phone, store: Store, clock: Clock, doom: Doom, handle: Callable[[Incoming], Awaitable[Reply]]) -> None:
        self._phone = phone
        self._store = store
        self._clock = clock
        self._doom = doom
        self._handle = handle
        self._working: set[str] = set()
        self._answered: set[str] = set()

    async def fetch(self) -> None:
        """Take in what waits at the platform, oldest first."""
        for incoming in list(self._phone.waiting):
            try:
                async with self._store.write() as tx:
                    await inbox.add(tx, incoming)
            except StorageFailed:
                return
            self._doom.passing("before an acknowledgement")
            self._phone.acknowledge(incoming)
            self._doom.passing("after an acknowledgement")

    async def pending(self) -> list[Incoming]:
        """What is to be handled and is not being handled."""
        async with self._store.read() as tx:
            return [i for i in await inbox.pending(tx) if i.key not in self._working]

    async def work(self, incoming: Incoming) -> None:
        """Handle one, answer, and note that it is done; a note that fails is made later, without handling it again."""
        self._working.add(incoming.key)
        try:
            if incoming.key not in self._answered:
                at = self._clock.now()
                self._phone.taken[incoming.key] += 1
                reply = await self._handle(incoming)
                self._answered.add(incoming.key)
                self._doom.passing("before an answer")
                self._phone.answers.append(Answer(incoming, reply, at))
            try:
                async with self._store.write() as tx:
                    await inbox.done(tx, incoming.key, self._clock.now())
            except StorageFailed:
                return
        finally:
            self._working.discard(incoming.key)
