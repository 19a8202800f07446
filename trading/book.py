"""The book: one account's ledger, open orders and quotes, read as one consistent Portfolio."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from domain.ledger import Entry
from domain.market import Freshness, Quote
from domain.money import ONE
from domain.orders import Order
from domain.portfolio import AccountSpec, Portfolio
from domain.ports import Clock
from market.hub import Hub
from storage import ledger, orders, switches
from storage.store import Store
from trading.holdings import Holdings, Round, fold

__all__ = ["Book", "Holdings", "Round", "fold"]


class Book:
    """What the account holds. `load` reads it from the store; from then on `accept`, `put` and `set_halted` follow every commit.

    Holdings, orders and the kill switch change together, between two awaits, so a snapshot never shows half of a fill. Orders written to
    the store by anybody else are seen after the next `load`.
    """

    def __init__(self, spec: AccountSpec, hub: Hub, store: Store, clock: Clock) -> None:
        self.spec = spec
        self._hub = hub
        self._store = store
        self._clock = clock
        self._entries: list[Entry] = []
        self._ids: set[str] = set()
        self._of_order: dict[str, list[Entry]] = {}
        self._holdings = Holdings(self._multiplier)
        self._orders: dict[str, Order] = {}
        self._halted = False
        self._changes = 0
        self._seen: Portfolio | None = None
        self._seen_at: tuple[datetime, int] | None = None
        self._asked: frozenset[str] = frozenset()

    async def load(self) -> None:
        """Read ledger, open orders and kill switch from the store, in one transaction."""
        async with self._store.read() as tx:
            entries = await ledger.entries(tx, self.spec.name)
            waiting = await orders.open(tx, self.spec.name)
            self._halted = await switches.halted(tx, self.spec.name)
        self._entries = list(entries)
        self._ids = {e.id for e in self._entries}
        self._of_order = {}
        for entry in self._entries:
            self._index(entry)
        self._holdings = fold(self._entries, self._multiplier)
        self._orders = {o.client_id: o for o in waiting}
        self._changes += 1

    @property
    def entries(self) -> Sequence[Entry]:
        """The whole ledger, oldest first."""
        return self._entries

    @property
    def holdings(self) -> Holdings:
        """What the ledger adds up to now; to read, not to change."""
        return self._holdings

    @property
    def orders(self) -> tuple[Order, ...]:
        """Open orders, oldest first."""
        return tuple(self._orders.values())

    @property
    def changes(self) -> int:
        """A number that grows with every change of holdings, orders or halt."""
        return self._changes

    @property
    def halted(self) -> bool:
        """True while the kill switch is pulled."""
        return self._halted

    def accept(self, entry: Entry) -> None:
        """Count an entry that is committed; one that is counted already changes nothing. One dated before others is put in its place."""
        if entry.id in self._ids:
            return
        self._ids.add(entry.id)
        self._index(entry)
        late = bool(self._entries) and entry.at < self._entries[-1].at
        self._entries.append(entry)
        if late:
            self._entries.sort(key=lambda e: e.at)
            self._holdings = fold(self._entries, self._multiplier)
        else:
            self._holdings.add(entry)
        self._changes += 1

    def executions(self, client_id: str) -> Sequence[Entry]:
        """The ledger entries of one order that are counted."""
        return self._of_order.get(client_id, ())

    def preview(self, entries: Iterable[Entry]) -> Holdings:
        """What the holdings would be with these entries after all others; nothing is changed."""
        holdings = self._holdings.copy()
        for entry in entries:
            holdings.add(entry)
        return holdings

    def put(self, order: Order) -> None:
        """Show an order as committed: an open one is listed, an ended one is not."""
        if order.open:
            self._orders[order.client_id] = order
        else:
            self._orders.pop(order.client_id, None)
        self._changes += 1

    def set_halted(self, *, halted: bool) -> None:
        """Show the kill switch as it is."""
        self._halted = halted
        self._changes += 1

    def renew(self) -> None:
        """Forget the last snapshot, for when the world itself was changed (a demo shock or forward)."""
        self._changes += 1

    async def snapshot(self, *, fresh: bool = False, extra: Sequence[str] = (), day: bool = True) -> Portfolio:
        """The account at this instant, with quotes for what is held, ordered or named in `extra`.

        The same object comes again within a second of clock time unless something changed, a symbol is new or `fresh` asks for new quotes.
        Not `day` leaves out the previous closes, and with them day P/L: trading does not wait for a history that cannot be read.
        """
        now = self._clock.now()
        asked = frozenset(extra)
        second = (now.replace(microsecond=0), self._changes)
        if not fresh and self._seen is not None and second == self._seen_at and asked <= self._asked:
            return self._seen
        asked |= self._asked if self._seen_at == second else frozenset()
        while True:
            before = self._changes
            symbols = self._symbols(asked)
            quotes = await self._hub.quotes(symbols, fresh=fresh) if self.spec.priced else {}
            previous = await self._hub.previous_closes(symbols) if self.spec.priced and day else {}
            if before == self._changes:
                break
        seen = self._portfolio(now, quotes, previous)
        if not day:
            return seen
        self._seen, self._seen_at, self._asked = seen, (second[0], self._changes), frozenset(symbols)
        return seen

    async def as_of(self, at: datetime) -> Portfolio:
        """The account as it was: its holdings at an instant, valued at the last prices then; without orders, and never halted.

        A quote of the past has bid and ask equal to its last price. An instant in the future is now.
        """
        at = min(at, self._clock.now())
        entries = [e for e in self._entries if e.at <= at]
        holdings = fold(entries, self._multiplier)
        cut = self._hub.day_start(at)
        today = tuple(e for e in entries if e.at > cut)
        symbols = sorted({p.symbol for p in holdings.positions} | {e.symbol for e in today if e.symbol})
        prices = await self._hub.prices_at(symbols, at) if self.spec.priced else {}
        previous = await self._hub.prices_at(symbols, cut) if self.spec.priced else {}
        quotes = {s: self._past_quote(s, price, at) for s, price in prices.items()}
        now = self._portfolio(at, quotes, previous)
        return replace(
            now, cash=holdings.cash, positions=holdings.positions, realised=holdings.realised, orders=(), today=today, halted=False
        )

    def _portfolio(self, at: datetime, quotes: Mapping[str, Quote], previous: Mapping[str, Decimal]) -> Portfolio:
        cut = self._hub.day_start(at)
        return Portfolio(
            spec=self.spec,
            at=at,
            cash=self._holdings.cash,
            positions=self._holdings.positions,
            orders=self.orders,
            quotes=quotes,
            instruments=self._hub.instruments(),
            realised=self._holdings.realised,
            previous_close=previous,
            today=self._since(cut),
            halted=self._halted,
        )

    def _index(self, entry: Entry) -> None:
        if entry.order is not None:
            self._of_order.setdefault(entry.order, []).append(entry)

    def _since(self, cut: datetime) -> tuple[Entry, ...]:
        start = len(self._entries)
        while start and self._entries[start - 1].at > cut:
            start -= 1
        return tuple(self._entries[start:])

    def _symbols(self, asked: frozenset[str]) -> list[str]:
        """Held, ordered, asked for, and traded since the last close: a holding closed today still has a P/L today."""
        held = {p.symbol for p in self._holdings.positions}
        traded = {e.symbol for e in self._since(self._hub.day_start()) if e.symbol}
        return sorted(held | traded | {o.symbol for o in self._orders.values()} | asked)

    def _past_quote(self, symbol: str, price: Decimal, at: datetime) -> Quote:
        simulated = self._hub.simulated
        return Quote(symbol, price, price, price, at, self._hub.source.name, Freshness.CLOSED, simulated)

    def _multiplier(self, symbol: str) -> Decimal:
        instrument = self._hub.instrument(symbol)
        return instrument.multiplier if instrument else ONE
