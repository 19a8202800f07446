"""The kill switch: trading on an account halts at once and stays halted, restarts included, until an owner releases it."""

from __future__ import annotations

import asyncio

from domain.events import KillSwitchPulled, KillSwitchReleased
from domain.ports import Clock
from storage import switches
from storage.store import Tx
from trading.book import Book
from trading.bus import Bus, Unit


class KillSwitch:
    """One account's switch. It asks no broker: a pull works while the broker is slow, down or gone."""

    def __init__(self, book: Book, bus: Bus, clock: Clock) -> None:
        self._book = book
        self._bus = bus
        self._clock = clock
        self._unwritten: tuple[str, str] | None = None  # who pulled, and from where, while the database does not take it
        self._turn = asyncio.Lock()  # a round of the core may come between a pull and its commit, and would write it twice

    def halted(self) -> bool:
        """True while trading is halted."""
        return self._book.halted

    async def halted_in(self, tx: Tx) -> bool:
        """True while trading is halted as committed."""
        return await switches.halted(tx, self._book.spec.name)

    async def pull(self, who: str, origin: str = "") -> bool:
        """Halt trading; False when it was halted already.

        Nothing new is sent from the first line of this on. Should the database refuse, the error comes through, trading stays halted in
        this process all the same, and `settle` writes it as soon as the database takes it.
        """
        if self._book.halted:
            return False
        self._book.set_halted(halted=True)
        self._unwritten = (who, origin)
        await self.settle()
        return True

    async def settle(self) -> None:
        """Write a pull that the database refused; nothing to do on every other day."""
        async with self._turn:
            if self._unwritten is not None:
                await self._write(*self._unwritten)

    async def _write(self, who: str, origin: str) -> None:
        at, account = self._clock.now(), self._book.spec.name
        async with self._bus.unit(who=who, origin=origin) as unit:
            await switches.set_halted(unit.tx, account, halted=True, who=who, at=at)
            unit.emit(KillSwitchPulled(at, account, who))
            unit.then(self._written)

    async def release(self, who: str, origin: str = "") -> bool:
        """Allow trading again; False when it was not halted."""
        async with self._bus.unit(who=who, origin=origin) as unit:
            return await self.release_in(unit, who)

    async def release_in(self, unit: Unit, who: str) -> bool:
        """The same as part of a larger piece of work; trading goes on once that is committed."""
        at, account = self._clock.now(), self._book.spec.name
        if not await switches.halted(unit.tx, account):
            unit.then(self._released)
            return False
        await switches.set_halted(unit.tx, account, halted=False, who=who, at=at)
        unit.emit(KillSwitchReleased(at, account, who))
        unit.then(self._released)
        return True

    def _written(self) -> None:
        self._unwritten = None

    def _released(self) -> None:
        self._book.set_halted(halted=False)
        self._unwritten = None
