"""Reconcile: compares book and broker at start-up, after every outage and every five minutes, and brings the book to the broker's truth.

A difference is never believed at first sight. Only when the broker's reports were heard, nothing is in flight, every order of ours that
could explain it was asked for, and the same difference is there at a second look, it is adopted: all of it in one transaction with what is
told. A split, which quantity and price say together, needs no second look. One pass makes both sides equal; another finds nothing to do.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from domain.errors import BrokerDown, BrokerError, SourceFailed
from domain.events import ReconciliationFound
from domain.ledger import EntryKind
from domain.market import Quote
from domain.orders import IN_FLIGHT, Fill, Order
from domain.ports import BrokerState, Clock
from market.hub import Hub
from storage import ledger, orders, states
from storage.store import Store
from trading.book import Book
from trading.bus import Bus
from trading.execution import Execution
from trading.line import Line
from trading.reconciling import adjusting, adoption, outage
from trading.reconciling.adjusting import Adjusting
from trading.reconciling.adoption import Adoption, Scene
from trading.reconciling.differences import CASH, Difference, Outcome, compare
from trading.reconciling.orphans import WHO, Orphans, Policy
from trading.reconciling.outage import Outages
from trading.reconciling.readiness import Readiness
from trading.reconciling.splits import Ratio, suspected
from trading.record import Record

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=5)
SECOND_LOOK = timedelta(seconds=5)
WATCHED = timedelta(seconds=10)  # how often prices are looked at for a move like a split's
RECENT = timedelta(days=1)  # orders that ended since then may still have something to tell
LOOKS = 4
MOST_ASKED = 200
PART = "reconciled"


@dataclass(frozen=True, slots=True)
class Agreement:
    """The last prices that were seen while book and broker agreed, and the orders that waited then."""

    at: datetime
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    orders: tuple[Order, ...] = ()


@dataclass(frozen=True, slots=True)
class _Look:
    """The broker at one instant, and where the book differs from it; not `settled` while an order's outcome is open."""

    state: BrokerState
    differences: tuple[Difference, ...]
    settled: bool


class Reconciler:
    """One account's reconciliation. `last` is its last result, `agreed` when the sides were last equal, `next` when it is due again."""

    def __init__(
        self,
        book: Book,
        hub: Hub,
        store: Store,
        bus: Bus,
        clock: Clock,
        line: Line,
        outages: Outages,
        execution: Execution,
        record: Record,
        readiness: Readiness,
        adjusting: Adjusting,
    ) -> None:
        self._book = book
        self._hub = hub
        self._store = store
        self._bus = bus
        self._clock = clock
        self._line = line
        self._outages = outages
        self._execution = execution
        self._record = record
        self._readiness = readiness
        self._adjusting = adjusting
        self._orphans = Orphans(book, store, bus, clock, execution, record)
        self._lock = asyncio.Lock()
        self._seen: tuple[Difference, ...] = ()
        self._agreement = Agreement(clock.now())
        self._awaiting: dict[str, Difference] = {}
        self._watched = clock.now()
        self._next_by_count = clock.monotonic()
        self.last: Outcome | None = None
        self.agreed: datetime | None = None
        self.next = clock.now()

    async def policy(self) -> Policy:
        """What becomes of open orders at the broker that nobody here placed."""
        return await self._orphans.policy()

    def hurry(self) -> None:
        """Look in the next round, because somebody saw what may be a split; a second look is not hurried."""
        if not self._seen:
            self._schedule(timedelta(0))

    async def start(self) -> None:
        """The first comparison of a process: two looks right after each other where the first one differs.

        A broker that does not answer leaves trading closed for opening; `round` compares as soon as it does.
        """
        account = self._book.spec.name
        async with self._store.read() as tx:
            self._outages.load(await states.get(tx, account, outage.PART, outage.Outage))
            self._agreement = await states.get(tx, account, PART, Agreement) or self._agreement
            self._adjusting.load(await states.get(tx, account, adjusting.PART, adjusting.AllDue))
        await self.round()

    async def round(self) -> None:
        """Do what is due: tell an outage or its end, look when it is time, and let orders follow a split."""
        if await self._outages.begin():
            self._readiness.close(f"The broker has not answered since {self._outages.since:%H:%M} UTC")
        if self._outages.since is not None and not self._outages.ending:
            return
        try:
            await self._round()
        except BrokerError as error:
            log.warning("book and broker could not be compared: %s", error)

    async def _round(self) -> None:
        if self._outages.ending:
            await self.now()
            await self._outages.end()
        elif self._readiness.why is not None:
            if self._time():
                await self.now()
        elif self._time() or (not self._seen and await self._split_suspected()):
            async with self._lock:
                outcome = await self._pass()
                if outcome.equal:
                    await self._mark()
        if self._adjusting.waiting:
            await self._adjusting.round()

    async def now(self) -> Outcome:
        """Compare now, and look again at once until what differs is certain; raises BrokerError when the broker does not answer."""
        async with self._lock:
            found: list[ReconciliationFound] = []
            self._seen = ()
            for _ in range(LOOKS):
                outcome = await self._pass()
                found += outcome.found
                if outcome.equal:
                    await self._mark()
                    break
            self.last = Outcome(outcome.at, tuple(found), outcome.left)
        if self._adjusting.waiting:
            await self._adjusting.round()
        return self.last

    async def _pass(self) -> Outcome:
        """One look, and what may be done on it. What is not certain yet is looked at again some seconds later."""
        self._schedule(SECOND_LOOK)  # also when the broker does not answer
        found, look = await self._look()
        differences = look.differences
        if look.settled and differences:
            differences = await self._splits(look, found)
        at = self._clock.now()
        if look.settled and differences and (waiting := await self._awaited(look, differences, found)):
            differences = tuple(d for d in differences if d.what not in waiting)
            if not differences:
                self._schedule(EVERY)
                self._readiness.open()
                self.last = Outcome(at, tuple(found), look.differences)
                return self.last
        elif look.settled and differences and differences == self._seen:
            found += await self._write(adoption.adopt(await self._scene(look), differences), {})
            differences = compare(self._book.holdings, look.state)
        if not differences:
            self.agreed = at
            self._seen = ()
            self._forget(look.state)
            self._schedule(EVERY)
            self._readiness.open()
        else:
            self._seen = differences if look.settled else ()
            await self._ask_all(differences)
            if self._readiness.why is not None:
                self._readiness.close(f"Book and broker differ ({', '.join(d.what for d in differences[:3])})")
            log.warning("book and broker differ: %s", "; ".join(f"{d.what} {d.book} here, {d.broker} there" for d in differences))
        self.last = Outcome(at, tuple(found), differences)
        return self.last

    async def _look(self) -> tuple[list[ReconciliationFound], _Look]:
        """Hear what there is to hear, bring the orders together, and compare; with a fresh state where orders had something to tell."""
        found: list[ReconciliationFound] = []
        for _ in range(2):
            await self._execution.poll()
            if not self._line.heard:
                raise BrokerDown("it did not say what happened since")
            state = await self._line.state()
            new, moved = await self._orphans.settle(state)
            found += new
            if not moved:
                break
        return found, _Look(state, compare(self._book.holdings, state), not self._execution.unsettled)

    async def _awaited(self, look: _Look, differences: Sequence[Difference], found: list[ReconciliationFound]) -> frozenset[str]:
        """What may be a split of which no price can say so yet, told once: nothing of it is adopted meanwhile."""
        scene = await self._scene(look)
        waiting = adoption.awaited(scene, differences) if self._book.spec.priced else {}
        fresh = [d for d in differences if d.what in waiting and self._awaiting.get(d.what) != d]
        if fresh:
            events = [adoption.await_split(scene, d, waiting[d.what]) for d in fresh]
            async with self._bus.unit(who=WHO) as unit:
                for event in events:
                    unit.emit(event)
            found += events
        self._awaiting = {d.what: d for d in differences if d.what in waiting}
        return frozenset(waiting)

    async def _splits(self, look: _Look, found: list[ReconciliationFound]) -> tuple[Difference, ...]:
        """Book the splits among the differences; what differs then."""
        scene = await self._scene(look)
        ratios = adoption.splits(scene, look.differences)
        if ratios:
            found += await self._write(adoption.split(scene, look.differences, ratios), ratios)
        return compare(self._book.holdings, look.state)

    async def _write(self, made: Adoption, ratios: Mapping[str, Ratio]) -> list[ReconciliationFound]:
        """Book and tell in one transaction, and return what was told; nothing when the ledger has moved on since it was worked out."""
        known = {o.client_id: o for o in self._agreement.orders}
        async with self._bus.unit(who=WHO) as unit:
            if len(await ledger.entries(unit.tx, self._book.spec.name)) != len(self._book.entries):
                return []
            for symbol, ratio in ratios.items():
                await self._adjusting.begin(unit, symbol, ratio, known, self._agreement.at)
            for entry in made.entries:
                await ledger.add(unit.tx, entry)
                unit.then(partial(self._book.accept, entry))
            for event in made.found:
                unit.emit(event)
        return made.found

    async def _scene(self, look: _Look) -> Scene:
        symbols = [d.what for d in look.differences if d.what != CASH]
        entries, spec = self._book.entries, self._book.spec
        quotes, before = await self._prices(symbols)
        strange: dict[str, list[Fill]] = {}
        for report in self._record.strangers.values():
            for fill in report.fills:
                strange.setdefault(fill.symbol, []).append(fill)
        return Scene(
            account=spec.name,
            at=self._clock.now(),
            head=f"{len(entries)} {entries[-1].id if entries else ''}",
            holdings=self._book.holdings,
            state=look.state,
            instruments=self._hub.instruments(),
            quotes=quotes,
            before=before,
            strange=strange,
            booked=frozenset(e.id for e in entries),
            currency=spec.currency,
        )

    async def _prices(self, symbols: Sequence[str]) -> tuple[Mapping[str, Quote], Mapping[str, Sequence[Decimal]]]:
        """Quotes now and prices before; none where there is no source, or it does not answer: then nothing is taken for a split."""
        if not self._book.spec.priced or not symbols:
            return {}, {}
        try:
            quotes = await self._hub.quotes(symbols, fresh=True)
            closes = await self._hub.previous_closes(symbols)
        except SourceFailed as failure:
            log.warning("no prices to reconcile with: %s", failure)
            return {}, {}
        known = self._known_prices()
        return quotes, {s: [p for p in (known.get(s), closes.get(s)) if p is not None] for s in symbols}

    async def _ask_all(self, differences: Sequence[Difference]) -> None:
        """Before a difference is believed, every order that could explain it is asked for."""
        symbols, since = {d.what for d in differences}, self._clock.now() - RECENT
        async with self._store.read() as tx:
            recent = await orders.recent(tx, self._book.spec.name, MOST_ASKED)
        for order in recent:
            if order.symbol in symbols and (order.open or order.updated >= since) and order.status not in IN_FLIGHT:
                await self._execution.look_up(order.client_id)

    def _forget(self, state: BrokerState) -> None:
        """The books agree, so executions of ended strangers explain nothing any more."""
        working = {r.client_id for r in state.orders}
        strangers = self._record.strangers
        strangers.update({name: replace(report, fills=()) for name, report in strangers.items() if name not in working})

    def _schedule(self, after: timedelta) -> None:
        """The next look by the clock and by counted seconds, whichever comes first: a clock that is set back does not put it off."""
        self.next = self._clock.now() + after
        self._next_by_count = self._clock.monotonic() + after.total_seconds()

    def _time(self) -> bool:
        return self._clock.now() >= self.next or self._clock.monotonic() >= self._next_by_count

    async def _split_suspected(self) -> bool:
        """True when a held price moved like a split's since the books last agreed: the quantity is looked at before anybody is alarmed."""
        now = self._clock.now()
        if now - self._watched < WATCHED or not self._book.spec.priced:
            return False
        self._watched = now
        quotes, _ = await self._held_quotes()
        known = self._known_prices()
        return any(suspected(q.last, before) for s, q in quotes.items() if (before := known.get(s)) is not None)

    def _known_prices(self) -> dict[str, Decimal]:
        """What each symbol last cost as far as is known from before: when the books agreed, or in a trade since."""
        traded: dict[str, Decimal] = {}
        for entry in reversed(self._book.entries):
            if entry.at < self._agreement.at:
                break
            if entry.symbol is not None and entry.kind is EntryKind.TRADE and entry.price > 0:
                traded.setdefault(entry.symbol, entry.price)
        return {**self._agreement.prices, **traded}

    async def _mark(self) -> None:
        """Remember at which prices book and broker agreed."""
        quotes, at = await self._held_quotes()
        if not quotes:
            return
        agreement = Agreement(at, {s: q.last for s, q in sorted(quotes.items()) if q.last > 0}, self._book.orders)
        async with self._store.write() as tx:
            await states.put(tx, self._book.spec.name, PART, agreement)
        self._agreement = agreement

    async def _held_quotes(self) -> tuple[Mapping[str, Quote], datetime]:
        at = self._clock.now()
        if not self._book.spec.priced:
            return {}, at
        try:
            return await self._hub.quotes([p.symbol for p in self._book.holdings.positions]), at
        except SourceFailed:
            return {}, at
