"""Protection: exits follow what they protect. They are sent as their entry fills, shrink and go with the position; a missing one is told.

Brackets are authorised by the ticket that a person confirmed, and everything else here only makes an exit smaller or ends it, so no new
person is needed. Nothing opens a position, and a position that an exit has flipped is told, never closed by itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from domain.events import StopFailed, StopRestored
from domain.ledger import EntryKind
from domain.money import quantity_text
from domain.orders import IN_FLIGHT, STOPS
from domain.ports import BrokerTraits, Clock
from storage import orders
from storage.store import Store
from trading.book import Book
from trading.bus import Bus, Unit
from trading.changes import Changes
from trading.exits import lost_stops
from trading.exits.cover import Do, Step, bracket_steps, covering, position_steps, succession_steps
from trading.exits.lost_stops import Bare, Lost, LostStops
from trading.record import Record

log = logging.getLogger(__name__)

WHO = "protection"
PASSES = 4  # a step may make another one possible: an old order ends, its successor is sent
PATIENCE = timedelta(seconds=10)  # how long a venue that keeps exits within the position itself is left to do so
UNCONFIRMED = "the broker has not confirmed the stop yet"
NAKED_FOR = timedelta(seconds=10)  # how long an entry may be filled and its stop not confirmed before the person is told


Holds = Callable[[str], bool]
"""True for a symbol that an exit the core holds protects."""


class Protection:
    """Looks after the exits of one account. `keep` belongs after every change of orders or positions, and may run at any time."""

    def __init__(
        self, book: Book, store: Store, bus: Bus, record: Record, changes: Changes, traits: BrokerTraits, clock: Clock, holds: Holds
    ) -> None:
        self._book = book
        self._store = store
        self._bus = bus
        self._record = record
        self._changes = changes
        self._traits = traits
        self._clock = clock
        self._holds = holds
        self._lock = asyncio.Lock()
        self._watch: LostStops | None = None
        self._too_large: dict[str, datetime] = {}
        self._unfinished = False
        self._seen = -1

    @property
    def bare(self) -> frozenset[str]:
        """Symbols the person was told are without their stop."""
        return frozenset(b.symbol for b in self._watch.bare) if self._watch is not None else frozenset()

    async def keep(self) -> None:
        """Bring every exit to what it ought to be, then tell which positions lack the stop they should have, and which have it again.

        What the broker does not take now is tried again the next time. When nothing has changed there is nothing to do.
        """
        async with self._lock:
            if not self._anything():
                return
            seen = self._book.changes
            await self._settle()
            await self._judge()
            self._seen = seen  # what the database did not take is looked at again

    def _anything(self) -> bool:
        watched = self._watch is None or bool(self._watch.lost or self._watch.bare)
        waits = any(o.held or o.status in IN_FLIGHT for o in self._book.orders if o.waits_for or o.replaces)
        return watched or waits or self._unfinished or bool(self._record.touched or self._too_large) or self._book.changes != self._seen

    async def _settle(self) -> None:
        """Do what is to be done until nothing is, or nothing more can be now; what is left is looked at again the next time."""
        done: set[tuple[Do, str, Decimal]] = set()
        for _ in range(PASSES):
            looked = self._record.touched | {o.ticket for o in self._book.orders if o.waits_for or o.replaces}
            steps = await self._steps(looked)
            self._unfinished = bool(steps)
            self._record.touched -= looked - {s.order.ticket for s in steps}
            fresh = [s for s in steps if (s.do, s.order.client_id, s.left) not in done]
            for step in fresh:
                done.add((step.do, step.order.client_id, step.left))
                await self._perform(step)
            if not fresh:
                return

    async def _steps(self, looked: set[str]) -> list[Step]:
        steps: list[Step] = []
        superseded: set[str] = set()
        async with self._store.read() as tx:
            families = [await orders.of_ticket(tx, ticket) for ticket in sorted(looked)]
        for rows in families:
            steps += succession_steps(rows)
            for symbol in dict.fromkeys(o.symbol for o in rows if o.waits_for):
                own = [o for o in rows if o.symbol == symbol]
                position = self._book.holdings.quantity(symbol)
                steps += bracket_steps(own, position, split=self._split_since(symbol, own[0].created))
            superseded |= {o.replaces for o in rows if o.replaces and not o.held and o.open}
        spoken_for = {s.order.client_id for s in steps} | superseded
        return [*steps, *self._within(spoken_for)]

    def _within(self, spoken_for: set[str]) -> list[Step]:
        """The working exits that are larger than their position; where the venue sees to that itself, those it has not for a while.

        One that is being taken back counts as gone: what is to stay must not give way to it.
        """
        mine = [o for o in self._book.orders if o.protective and not o.held and o.client_id not in spoken_for]
        mine = [o for o in mine if not self._record.leaving(o.client_id)]
        steps: list[Step] = []
        for symbol in dict.fromkeys(o.symbol for o in mine):
            own = [o for o in mine if o.symbol == symbol]
            position = self._book.holdings.quantity(symbol)
            steps += position_steps(own, position, together=not self._traits.keeps_within_position)
        if not self._traits.keeps_within_position:
            return steps
        now = self._clock.now()
        self._too_large = {s.order.client_id: self._too_large.get(s.order.client_id, now) for s in steps}
        return [s for s in steps if now - self._too_large[s.order.client_id] > PATIENCE]

    async def _perform(self, step: Step) -> None:
        order = step.order
        with self._record.driving.claim(order.ticket):
            match step.do:
                case Do.RELEASE:
                    await self._changes.release(order, step.left, step.covers)
                case Do.AGAIN:
                    await self._changes.again(order, step.left, step.covers, step.why)
                case Do.RESIZE:
                    await self._changes.resize(order, step.left, step.covers, step.why)
                case Do.END:
                    await self._changes.end(order, step.why)

    def _split_since(self, symbol: str, since: datetime) -> bool:
        for entry in reversed(self._book.entries):
            if entry.at < since:
                return False
            if entry.kind is EntryKind.SPLIT and entry.symbol == symbol:
                return True
        return False

    async def _judge(self) -> None:
        """Say what is bare and what is covered again, in the transaction that remembers it."""
        async with self._store.read() as tx:
            kept = await lost_stops.remembered(tx, self._book.spec.name)
        late = await self._late({b.symbol for b in kept.bare})
        if kept.lost or kept.bare or late:
            async with self._bus.unit(who=WHO) as unit:
                kept = await lost_stops.remembered(unit.tx, self._book.spec.name)
                after = self._judged(unit, kept, late)
                if after != kept:
                    await lost_stops.remember(unit.tx, self._book.spec.name, after)
            kept = after
        self._watch = kept

    async def _late(self, told: set[str]) -> list[Lost]:
        """Stops of brackets whose entry has filled for a while and that the broker has still not confirmed."""
        now, found = self._clock.now(), []
        for leg in self._book.orders:
            unsure = leg.held or leg.status in IN_FLIGHT
            if not (unsure and leg.waits_for and leg.type in STOPS) or leg.symbol in told:
                continue
            entry = await self._record.order(leg.waits_for)
            if entry is None or not entry.filled:
                continue
            since, quantity = (entry.updated, entry.filled) if leg.held else (leg.created, leg.quantity)
            if now - since > NAKED_FOR:
                found.append(Lost(leg.client_id, leg.symbol, entry.side.sign, quantity, since, leg.reason or UNCONFIRMED))
        return found

    def _judged(self, unit: Unit, kept: LostStops, late: Sequence[Lost]) -> LostStops:
        bare = {b.symbol: b for b in kept.bare}
        for lost in (*kept.lost, *late):
            found = self._flipped(unit, lost) if lost.flipped else self._uncovered(unit, lost)
            known = bare.get(lost.symbol)
            if found is not None and (known is None or found.needed > known.needed):
                bare[lost.symbol] = found
        left = []
        for one in bare.values():
            position = self._book.holdings.quantity(one.symbol)
            if position * one.sign <= 0:
                continue  # closed, and told as that
            if self._holds(one.symbol) or covering(self._book.orders, one.symbol, position) >= min(one.needed, abs(position)):
                unit.emit(StopRestored(self._clock.now(), self._book.spec.name, one.symbol))
                continue
            left.append(one)
        return LostStops((), tuple(left))

    def _uncovered(self, unit: Unit, lost: Lost) -> Bare | None:
        position = self._book.holdings.quantity(lost.symbol)
        covered = covering(self._book.orders, lost.symbol, position)
        naked = min(lost.quantity, abs(position) - covered)
        if position * lost.sign <= 0 or naked <= 0 or self._holds(lost.symbol):
            return None
        why = f"its stop, order {lost.client_id}, is gone: {lost.reason or 'the broker ended it'}"
        unit.emit(StopFailed(self._clock.now(), self._book.spec.name, lost.symbol, naked, lost.at, why))
        return Bare(lost.symbol, lost.sign, covered + naked, lost.at)

    def _flipped(self, unit: Unit, lost: Lost) -> Bare | None:
        """An exit that sold more than was held: nothing is done about it but to say so, at once."""
        position = self._book.holdings.quantity(lost.symbol)
        if position * lost.sign >= 0:
            return None
        word = "short" if position < 0 else "long"
        reason = (
            f"two exits filled at once, and the account is now {word} {quantity_text(abs(position))} {lost.symbol}, "
            f"which nobody asked for; #{lost.symbol} close ends that"
        )
        unit.emit(StopFailed(self._clock.now(), self._book.spec.name, lost.symbol, abs(position), lost.at, reason))
        return Bare(lost.symbol, -lost.sign, abs(position), lost.at)
