"""Manual-only mode: whether anything automated may act on an account, or only propose; it survives a restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.events import AutomationChanged
from domain.ports import Clock
from storage import states
from storage.store import Store, Tx
from trading.book import Book
from trading.bus import Bus

PART = "automation"


@dataclass(frozen=True, slots=True)
class AutomationState:
    """What is kept: whether automation may act, and who said so when."""

    allowed: bool
    who: str
    at: datetime


class Automation:
    """One account's switch between acting under what was signed and only proposing."""

    def __init__(self, book: Book, store: Store, bus: Bus, clock: Clock) -> None:
        self._book = book
        self._store = store
        self._bus = bus
        self._clock = clock
        self._state: AutomationState | None = None
        self._off = False

    @property
    def allowed(self) -> bool:
        """True while automation may act under what was signed."""
        return not self._off

    @property
    def state(self) -> AutomationState | None:
        """Who switched it last and when; None when nobody ever did."""
        return self._state

    async def load(self) -> None:
        """Take up what was kept."""
        async with self._store.read() as tx:
            self._state = await states.get(tx, self._book.spec.name, PART, AutomationState)
        self._off = self._state is not None and not self._state.allowed

    async def allowed_in(self, tx: Tx) -> bool:
        """The stricter of what is committed and what this process knows."""
        if self._off:
            return False
        state = await states.get(tx, self._book.spec.name, PART, AutomationState)
        return state is None or state.allowed

    async def set(self, who: str, origin: str = "", *, allowed: bool) -> bool:
        """Switch it; False when it stood like that already.

        Off holds from the first line of this on, in this process also when the database refuses and the error comes through; on holds
        once it is committed.
        """
        if not allowed:
            self._off = True
        at, account = self._clock.now(), self._book.spec.name
        async with self._bus.unit(who=who, origin=origin) as unit:
            was = await states.get(unit.tx, account, PART, AutomationState)
            state = AutomationState(allowed, who, at)
            changed = (was is None or was.allowed) is not allowed

            def follow() -> None:
                self._off = not allowed
                self._state = state if changed else was

            unit.then(follow)
            if changed:
                await states.put(unit.tx, account, PART, state)
                unit.emit(AutomationChanged(at, account, allowed, who))
        return changed
