"""A floor on a scripted market, the paper broker and a store in memory, for the tests of the trading core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from domain.clock import ManualClock
from domain.events import Event
from domain.ids import SequentialIds
from domain.ledger import Entry, EntryKind
from domain.orders import Intent, OrderIntent, OrderType, Side, TimeInForce
from domain.portfolio import AccountSpec, Mode
from domain.ports import Broker
from domain.tickets import Origin, Proposer, Ticket, TicketStatus
from market.hub import Hub
from storage import journal, ledger, tickets
from storage.snapshot import open_memory
from storage.store import Store
from tests.fakes.faulty_broker import FaultyBroker
from tests.fakes.market import FakeMarket, utc
from tests.fakes.plain_venue import PlainVenue
from trading.brokers import paper
from trading.bus import Alerts, no_alerts
from trading.commission import Commission
from trading.floor import Floor, open_floor
from trading.holdings import fold
from trading.record import Failpoint, unbroken
from trading.risk.limits import Limits

ACCOUNT = "main"
START = utc("2025-10-10 14:30")  # Friday, 10:30 in New York
ME = Origin("terminal", "tty", "me")
STRANGER = Origin("terminal", "tty", "somebody")
WIDE = Decimal(10)
LIMITS = Limits(
    order_size=WIDE,
    ticket_size=WIDE,
    orders_a_ticket=200,
    weight_warning=Decimal(9),
    weight_blocking=WIDE,
    gross=WIDE,
    net=WIDE,
    sector=WIDE,
    trades_a_day=5000,
    duplicate_seconds=Decimal(0),
)
"""Limits that hold nothing back, for tests of what is not a limit."""
D = Decimal


def deposit(amount: str, at: object = START - timedelta(days=30), id: str = "d1") -> Entry:
    return Entry(id, ACCOUNT, at, EntryKind.DEPOSIT, D(amount))  # type: ignore[arg-type]


def bought(symbol: str, quantity: str, price: str, *, side: Side = Side.BUY, days: int = 20, id: str = "", fee: str = "0") -> Entry:
    """A trade that many days before the stage begins."""
    amount = -side.sign * D(quantity) * D(price) - D(fee)
    at = START - timedelta(days=days)
    name = id or f"{symbol}-{side}-{quantity}-{days}"
    return Entry(name, ACCOUNT, at, EntryKind.TRADE, amount, symbol, side, D(quantity), D(price), D(fee))


BOOK = (deposit("100000"), bought("AAPL", "10", "170"), bought("NVDA", "20", "100"), bought("BTC", "0.5", "60000"))


@dataclass
class Stage:
    """One world: what survives a restart (store, clock, market, venue) and the floor that does not."""

    store: Store
    clock: ManualClock
    market: FakeMarket
    hub: Hub
    broker: FaultyBroker
    spec: AccountSpec
    floor: Floor
    alerts: Alerts = no_alerts
    restarts: int = 0
    plain: bool = False  # the venue is in memory and survives by itself
    events: list[Event] = field(default_factory=list)

    def open(self, failpoint: Failpoint = unbroken) -> Floor:
        """A fresh floor on what survives; not started."""
        self.restarts += 1
        if not self.plain:
            self.broker.inner = paper.build(self.spec, self.hub, self.store, self.clock)
        ids = SequentialIds(f"r{self.restarts}x")
        self.floor = open_floor(
            self.spec,
            self.hub,
            self.store,
            self.clock,
            ids,
            self.broker,
            alerts=self.alerts,
            limits=LIMITS,
            commission=Commission(),
            failpoint=failpoint,
        )
        self.floor.bus.subscribe(self._heard)
        return self.floor

    async def restart(self, failpoint: Failpoint = unbroken) -> Floor:
        """The program ends and starts again."""
        floor = self.open(failpoint)
        await floor.start()
        return floor

    async def propose(self, *intents: Intent, line: str = "#line", origin: Origin = ME, word: str | None = None) -> Ticket:
        return await self.floor.desk.propose(line=line, verb="x", origin=origin, proposer=Proposer.PERSON, intents=intents, word=word)

    async def confirm(self, ticket: Ticket, origin: Origin = ME, word: str | None = None) -> Ticket:
        return await self.floor.desk.confirm(ticket.id, ticket.digest(), origin, word=word)

    async def do(self, *intents: Intent) -> Ticket:
        """Propose and confirm."""
        ticket = await self.propose(*intents)
        return await self.confirm(ticket, word=ticket.word)

    async def ticket(self, ticket_id: str) -> Ticket:
        found = await self.floor.desk.get(ticket_id)
        assert found is not None
        return found

    async def status(self, ticket_id: str) -> TicketStatus:
        return (await self.ticket(ticket_id)).status

    async def pass_time(self, seconds: float, *, step: float = 0) -> None:
        """Let the clock run, pulsing at every step (only at the end when there is none)."""
        left = seconds
        while left > 0:
            by = min(step or left, left)
            self.clock.set(self.clock.now() + timedelta(seconds=by))
            left -= by
            await self.floor.pulse()

    async def journal(self, *kinds: str) -> list[str]:
        """Kinds of the journal's lines, oldest first, after checking its chain."""
        async with self.store.read() as tx:
            assert await journal.verify(tx) is None
            lines = await journal.lines(tx, ACCOUNT, limit=10_000, kinds=kinds or None)
        return [line.kind for line in reversed(lines)]

    async def tickets(self) -> list[Ticket]:
        async with self.store.read() as tx:
            return await tickets.recent(tx, ACCOUNT, 100)

    async def agrees(self) -> bool:
        """True when the book, its reload and the broker hold the same."""
        assert await self.floor.compare() == ()
        async with self.store.read() as tx:
            again = fold(await ledger.entries(tx, ACCOUNT))
        mine = self.floor.book.holdings
        return (again.cash, again.positions) == (mine.cash, mine.positions)

    async def _heard(self, event: Event) -> None:
        self.events.append(event)

    def heard(self, kind: type[Event]) -> list[Event]:
        return [e for e in self.events if type(e) is kind]


async def stage(
    *entries: Entry,
    unique: bool = True,
    shorting: bool = False,
    alerts: Alerts = no_alerts,
    failpoint: Failpoint = unbroken,
    started: bool = True,
    store: Store | None = None,
    venue: PlainVenue | None = None,
) -> Stage:
    """A world with the given ledger (BOOK without one), quotes for every share, and a started floor; at the paper venue, or a plain one."""
    clock, store = ManualClock(START), store or await open_memory()
    market = FakeMarket(clock)
    market.quote("AAPL", "181.99", "182.01", "182.00")
    market.quote("NVDA", "119.98", "120.02", "120.00")
    market.quote("XOM", "109.99", "110.01", "110.00")
    market.quote("SPY", "559.99", "560.01", "560.00")
    market.quote("BTC", "69990", "70010", "70000")
    hub = Hub(market, clock)
    spec = AccountSpec(ACCOUNT, Mode.PAPER, shorting=shorting)
    book = entries or BOOK
    async with store.write() as tx:
        for entry in book:
            await ledger.add(tx, entry)
    held = fold(book)
    owned = {p.symbol: p.quantity for p in held.positions}
    broker: Broker
    if venue is not None:
        venue.open(clock, held.cash, owned)
        broker = venue
    else:
        broker = simulated = paper.build(spec, hub, store, clock)
        await simulated.seed(held.cash, owned)
    faulty = FaultyBroker(broker, ids_unique_for_ever=unique)
    made = Stage(store, clock, market, hub, faulty, spec, None, alerts, plain=venue is not None)  # type: ignore[arg-type]
    made.open(failpoint)
    if started:
        await made.floor.start()
    return made


def market_order(symbol: str, side: Side, quantity: str, *, reduce_only: bool = False) -> OrderIntent:
    return OrderIntent(symbol, side, OrderType.MARKET, D(quantity), reduce_only=reduce_only)


def buy(symbol: str, quantity: str) -> OrderIntent:
    return market_order(symbol, Side.BUY, quantity)


def close(symbol: str, quantity: str) -> OrderIntent:
    return market_order(symbol, Side.SELL, quantity, reduce_only=True)


def stop(symbol: str, quantity: str, price: str) -> OrderIntent:
    return OrderIntent(symbol, Side.SELL, OrderType.STOP, D(quantity), stop=D(price), tif=TimeInForce.GTC, reduce_only=True)


def limit(symbol: str, side: Side, quantity: str, price: str) -> OrderIntent:
    return OrderIntent(symbol, side, OrderType.LIMIT, D(quantity), limit=D(price), tif=TimeInForce.GTC)


def bracket(entry: OrderIntent, *, at_stop: str | None = None, at_target: str | None = None) -> tuple[OrderIntent, ...]:
    """An entry with its exits, as legs that wait for it."""
    exits = []
    for kind, price in ((OrderType.STOP, at_stop), (OrderType.LIMIT, at_target)):
        if price is not None:
            level = {"stop" if kind is OrderType.STOP else "limit": D(price)}
            exits.append(
                OrderIntent(entry.symbol, entry.side.other, kind, tif=TimeInForce.GTC, reduce_only=True, waits_for=1, **level)  # type: ignore[arg-type]
            )
    return (entry, *exits)


Recipe = Callable[[Stage], object]
