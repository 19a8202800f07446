"""Exits after splits: a split changes what a price means, so the exits the core holds change with it, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from domain.exits import ExitRule
from domain.ledger import Entry, EntryKind
from domain.money import to_tick
from domain.ports import Clock
from market.hub import Hub
from storage import exits, states
from storage.store import Store
from trading.book import Book
from trading.bus import Bus, Note
from trading.exits.held import WAITING, Exits

WHO = "monitor"
PART = "splits"
REBASED = "exit_rebased"


@dataclass(frozen=True, slots=True)
class Applied:
    """The splits that exits were rebased for, by the ids of their ledger entries."""

    entries: tuple[str, ...] = ()


class ExitSplits:
    """Divides the levels of exits that were set before a split by its ratio, in one transaction with the note that it was done."""

    def __init__(self, book: Book, hub: Hub, store: Store, bus: Bus, known: Exits, clock: Clock, forget: Callable[[str], None]) -> None:
        self._book = book
        self._hub = hub
        self._store = store
        self._bus = bus
        self._known = known
        self._clock = clock
        self._forget = forget
        self._applied: frozenset[str] = frozenset()
        self._counted = -1

    async def load(self) -> None:
        """What was applied before; of an account without such a memory every split in the ledger is older than its exits."""
        async with self._store.read() as tx:
            kept = await states.get(tx, self._book.spec.name, PART, Applied)
        self._applied = frozenset(kept.entries) if kept is not None else frozenset()
        self._counted = -1

    async def check(self) -> None:
        """Look for a split that was booked since; each is applied once, also when it is booked twice."""
        count = len(self._book.entries)
        if count == self._counted:
            return
        for entry in self._book.entries:
            if entry.kind is EntryKind.SPLIT and entry.symbol is not None and entry.id not in self._applied and entry.quantity > 0:
                await self._apply(entry, entry.symbol)
        self._counted = count

    async def _apply(self, entry: Entry, symbol: str) -> None:
        applied = self._applied | {entry.id}
        async with self._bus.unit(who=WHO) as unit:
            for rule in self._known.all(symbol):
                current = await exits.get(unit.tx, rule.id)
                if current is None or current.status not in WAITING or current.created >= entry.at:
                    continue
                moved = self._rebased(current, entry.quantity)
                await exits.save(unit.tx, moved)
                unit.note(Note(self._clock.now(), moved.account, REBASED, moved))
                unit.then(partial(self._known.put, moved))
            await states.put(unit.tx, self._book.spec.name, PART, Applied(tuple(sorted(applied))))
        self._applied = applied
        self._forget(symbol)

    def _rebased(self, rule: ExitRule, ratio: Decimal) -> ExitRule:
        instrument = self._hub.instrument(rule.symbol)

        def per(value: Decimal | None) -> Decimal | None:
            if value is None:
                return None
            return to_tick(value / ratio, instrument.tick) if instrument is not None else value / ratio

        return replace(rule, level=per(rule.level), arm=per(rule.arm), trail=per(rule.trail))
