"""The paper broker: one account at a simulated venue whose books are its own, stored apart from ours and safe at every line.

Fills are simulated from bars, from the last processed instant to the clock's now, in the order in which things happened: a clock that jumps
two days gives the same fills as one that walks. Every public method first lives up to now, then acts, commits, and only then answers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from domain import codec
from domain.errors import BrokerDown, Rejected, SourceFailed, StorageFailed
from domain.instruments import Instrument
from domain.market import Quote
from domain.money import ZERO
from domain.orders import Order, OrderStatus, OrderType, TimeInForce
from domain.portfolio import AccountSpec
from domain.ports import BrokerState, BrokerTraits, Clock, OrderReport
from market.hub import Hub
from storage import paper as shelf
from storage.store import Store
from trading.brokers.simulated.admission import Arrival, admit, change
from trading.brokers.simulated.feed import BarFeed
from trading.brokers.simulated.fills import FillModel, usable
from trading.brokers.simulated.order import VenueOrder
from trading.brokers.simulated.venue import Venue

log = logging.getLogger(__name__)

TRAITS = BrokerTraits(
    name="paper",
    ids_unique_for_ever=True,
    order_types=frozenset(OrderType),
    tifs=frozenset(TimeInForce),
    can_replace=True,
    keeps_within_position=True,
    answers_within=60,  # no wire: an answer that takes long is days being lived through, not lost
)
STRIDE = timedelta(days=1)  # how much time is lived through in one transaction
CURSOR_LAG = timedelta(hours=1)  # how much uneventful time may be looked at again after a restart


class PaperBroker:
    """One account at the simulated venue, behind the Broker port.

    An order is acknowledged when it is stored; repeating its client id then returns it as it is and changes nothing. Fills have the ids
    `<client id>.<n>`. Reports not yet handed out survive a restart. BrokerDown is raised when the market or the database does not answer:
    nothing was taken. Methods may not be called inside a write of the same store.
    """

    def __init__(self, spec: AccountSpec, hub: Hub, store: Store, clock: Clock, model: FillModel) -> None:
        self._spec = spec
        self._hub = hub
        self._store = store
        self._clock = clock
        self._model = model
        self._feed = BarFeed(hub)
        self._lock = asyncio.Lock()
        self._venue: Venue | None = None
        self._told: list[OrderReport] = []
        self._handed: list[str] = []  # ended orders whose last report was handed out: forgotten at the next call
        self._seen: dict[str, datetime] = {}
        self._cursor: datetime | None = None
        self._looked: datetime | None = None

    @property
    def traits(self) -> BrokerTraits:
        """What the venue can do."""
        return TRAITS

    async def seed(self, cash: Decimal, positions: Mapping[str, Decimal]) -> bool:
        """Open the venue's books with a holding made elsewhere; False, and nothing changed, when they were opened before."""
        async with self._open() as venue:
            if self._cursor is not None:
                return False
            draft = venue.draft()
            draft.cash = cash
            draft.positions = {s: q for s, q in positions.items() if q != 0}
            draft.moved = dict.fromkeys(draft.positions)
            await self._commit(draft, self._clock.now())
            return True

    async def submit(self, order: Order) -> OrderReport:
        """Take an order; it trades at once where it can. Raises Rejected with a stable code; a refused order is remembered as refused."""
        async with self._open() as venue:
            known = await self._known(order.client_id)
            if known is not None:
                return venue.report(known)
            return await self._take(venue, order)

    async def cancel(self, client_id: str) -> OrderReport:
        """Take an order back; an ended one is reported as it is. Raises Rejected (`no_such_order`) for an id the venue never had."""
        async with self._open() as venue:
            known = await self._known(client_id)
            if known is None:
                raise Rejected(f"There is no order {client_id} here.", code="no_such_order")
            if not known.open:
                return venue.report(known)
            draft = venue.draft()
            draft.end(known, OrderStatus.CANCELLED, self._clock.now(), "cancelled")
            await self._commit(draft)
            return draft.report(draft.orders[client_id])

    async def replace(self, order: Order) -> OrderReport:
        """Change a working order to the quantity, limit, stop and trail given; raises Rejected where it has ended or may not be so."""
        async with self._open() as venue:
            known = await self._known(order.client_id)
            if known is None:
                raise Rejected(f"There is no order {order.client_id} here.", code="no_such_order")
            if not known.open:
                raise Rejected(f"The order has ended ({known.order.status.value}).", code="order_ended")
            now, instrument = self._clock.now(), venue.instrument(known.order.symbol)
            quote = await self._hub.quote(known.order.symbol, fresh=True)
            draft = venue.draft()
            short = await self._short_value(venue)
            changed = change(draft, Arrival(order, now, instrument, quote, short), known)
            await self._arrive(draft, changed, instrument, quote)
            return draft.report(draft.orders[order.client_id])

    async def find(self, client_id: str) -> OrderReport | None:
        """The order under that client id, refused and ended ones included; None when it never came here."""
        async with self._open() as venue:
            known = await self._known(client_id)
            return venue.report(known) if known is not None else None

    async def state(self) -> BrokerState:
        """Cash, positions and open orders now."""
        async with self._open() as venue:
            positions = {s: q for s, q in sorted(venue.positions.items()) if q != 0}
            averages = {s: a for s, a in sorted(venue.averages.items()) if s in positions}
            return BrokerState(self._clock.now(), venue.cash, positions, tuple(venue.report(w) for w in venue.working()), averages)

    async def updates(self) -> Sequence[OrderReport]:
        """Reports since the last call, oldest first; the first call after a start repeats every order not yet handed out as ended."""
        async with self._open():
            await self._forget()
            told, self._told = self._told, []
            self._handed = list(dict.fromkeys(r.client_id for r in told if not self._still_open(r.client_id)))
            return told

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Venue]:
        """The venue, alone and lived up to now; failures of the market and the database become BrokerDown."""
        async with self._lock:
            try:
                await self._advance()
                yield self._ready()
            except (SourceFailed, StorageFailed) as error:
                raise BrokerDown(f"The paper venue does not answer: {error}") from error

    def _ready(self) -> Venue:
        if self._venue is None:
            raise BrokerDown("The paper venue has no books yet.")
        return self._venue

    def _still_open(self, client_id: str) -> bool:
        known = self._ready().orders.get(client_id)
        return known is not None and known.open

    async def _load(self) -> Venue:
        """The stored books; every order of interest is reported again."""
        if self._venue is not None:
            return self._venue
        self._handed, self._looked = [], None
        venue = Venue(self._spec, self._model, self._hub.require)
        name = self._spec.name
        async with self._store.read() as tx:
            venue.cash = await shelf.cash(tx, name)
            venue.positions = await shelf.positions(tx, name)
            venue.averages = await shelf.averages(tx, name)
            self._cursor = await shelf.cursor(tx, name)
            bodies = await shelf.orders(tx, name, open_only=True)
        kept = sorted((codec.loads(VenueOrder, body) for body in bodies), key=lambda w: w.sequence)
        venue.orders = {w.id: w for w in kept}
        venue.sequence = max((w.sequence for w in kept), default=0)
        self._told = [venue.report(w) for w in kept]
        self._venue = venue
        return venue

    async def _known(self, client_id: str) -> VenueOrder | None:
        """An order of this account, from memory or from the shelf."""
        held = self._ready().orders.get(client_id)
        if held is not None:
            return held
        async with self._store.read() as tx:
            body = await shelf.get(tx, self._spec.name, client_id)
        return codec.loads(VenueOrder, body) if body is not None else None

    async def _take(self, venue: Venue, order: Order) -> OrderReport:
        now, instrument = self._clock.now(), self._hub.instrument(order.symbol)
        if instrument is None:
            raise Rejected(f"{order.symbol} does not trade here.", code="unknown_symbol")
        quote = await self._hub.quote(order.symbol, fresh=True)
        short = await self._short_value(venue)
        draft = venue.draft()
        try:
            fresh = replace(order, status=OrderStatus.PENDING, filled=ZERO, average_price=None, reason="")
            working = admit(draft, Arrival(fresh, now, instrument, quote, short))
        except Rejected as refusal:
            refused = order.moved(OrderStatus.REJECTED, now, reason=refusal.message)
            async with self._store.write() as tx:
                await shelf.put(tx, self._spec.name, order.client_id, codec.dumps(VenueOrder(refused, 0, now, None)), open=False)
            raise
        draft.sequence = working.sequence
        await self._arrive(draft, working, instrument, quote)
        return draft.report(draft.orders[order.client_id])

    async def _arrive(self, draft: Venue, working: VenueOrder, instrument: Instrument, quote: Quote | None) -> None:
        """Put a new or changed order to work, against the quote where the market is open and the venue trades on quotes."""
        now = self._clock.now()
        trades = not self._model.next_open and usable(quote) and self._feed.trading(instrument, now)
        volume = await self._feed.volume(instrument.symbol, now) if trades else None
        draft.arrive(working, quote if trades else None, volume)
        await self._commit(draft, now)

    async def _short_value(self, venue: Venue) -> Decimal:
        """The market value sold short on this account now."""
        short = [s for s, q in venue.positions.items() if q < 0]
        quotes = await self._hub.quotes(short) if short else {}
        return sum((-venue.positions[s] * quotes[s].last * venue.instrument(s).multiplier for s in short if s in quotes), ZERO)

    async def _advance(self) -> None:
        """Live from the last processed instant to now; bars are looked for once in every minute of the clock."""
        venue, now = await self._load(), self._clock.now()
        minute = now.replace(second=0, microsecond=0)
        if self._looked == minute or not venue.working():
            return
        start = min(self._starts(venue).values())
        while start < now:
            until = min(start + STRIDE, now)
            draft = self._ready().draft()
            bars = await self._feed.between(self._starts(draft), until)
            draft.play(bars, until)
            if draft.touched or self._cursor is None or until - self._cursor > CURSOR_LAG:
                await self._commit(draft, until)
            self._seen.update({b.symbol: b.end for b in bars})
            start = until
        self._looked = minute

    def _starts(self, venue: Venue) -> dict[str, datetime]:
        """From when on each symbol with a working order has not been lived through."""
        starts: dict[str, datetime] = {}
        for working in venue.working():
            symbol = working.order.symbol
            starts[symbol] = min(starts.get(symbol, working.since), working.since)
        # after a restart the longest bar may have been under way at the cursor; what is seen twice changes nothing
        first = self._cursor - STRIDE if self._cursor is not None else None
        return {s: max(since, self._seen.get(s, first or since)) for s, since in starts.items()}

    async def _commit(self, draft: Venue, cursor: datetime | None = None) -> None:
        """Store what a draft changed in one transaction; only then it is the truth here."""
        name, before = self._spec.name, self._ready()
        self._venue = None  # until the commit is known: whatever cuts it off, the books are read again
        async with self._store.write() as tx:
            for client_id in draft.touched:
                await shelf.put(tx, name, client_id, codec.dumps(draft.orders[client_id]), open=True)
            for symbol in draft.moved:
                await shelf.set_position(tx, name, symbol, draft.positions[symbol])
            if draft.averages != before.averages:
                await shelf.set_averages(tx, name, draft.averages)
            if draft.cash != before.cash:
                await shelf.set_cash(tx, name, draft.cash)
            if cursor is not None:
                await shelf.set_cursor(tx, name, cursor)
        self._venue, self._cursor = draft.draft(), cursor or self._cursor
        self._told += draft.reports

    async def _forget(self) -> None:
        """Close the rows of ended orders whose last report was handed out by the call before."""
        venue = self._ready()
        done = [venue.orders[i] for i in self._handed if i in venue.orders and not venue.orders[i].open]
        if not done:
            return
        async with self._store.write() as tx:
            for working in done:
                await shelf.put(tx, self._spec.name, working.id, codec.dumps(working), open=False)
        for working in done:
            del venue.orders[working.id]
        self._handed = []


def build(spec: AccountSpec, hub: Hub, store: Store, clock: Clock, model: FillModel | None = None) -> PaperBroker:
    """The paper broker of an account. On a replayed market orders trade in bars alone: at the next open, without an assumed spread."""
    manners = model or FillModel()
    if hub.source.name.startswith("replay"):
        manners = replace(manners, next_open=True, half_spread=ZERO)
    return PaperBroker(spec, hub, store, clock, manners)
