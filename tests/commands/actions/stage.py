"""A small fixed account on a scripted market, in front of a real floor: what the command tests stand on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from commands import grammar
from commands.context import Ctx, DemoControl, Part, Plan
from commands.registry import Registry
from domain.chat import Reply
from domain.clock import ManualClock
from domain.ids import SequentialIds
from domain.instruments import AssetClass
from domain.ledger import Entry, EntryKind
from domain.market import Bar, EarningsDate, EconomicEvent, NewsItem, Timeframe
from domain.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from domain.portfolio import AccountSpec, Mode
from domain.tickets import Origin
from market import calendar
from market.hub import Hub
from storage import ledger, orders
from storage.snapshot import open_memory
from tests.fakes.market import FakeMarket, coin, share, utc
from trading.brokers.paper import build
from trading.floor import Floor, open_floor

D = Decimal
START = utc("2025-10-10 14:30")  # a Friday, an hour into the session
ORIGIN = Origin("terminal", "main", "me")
SPEC = AccountSpec("main", Mode.PAPER)
INSTRUMENTS = (
    share("AAPL", "Information Technology"),
    share("NVDA", "Information Technology"),
    share("XOM", "Energy"),
    share("KO", "Consumer Staples"),
    share("SPY", "Broad market", kind=AssetClass.ETF),
    coin("BTC"),
)
# symbol: bid, ask, last, and what the daily closes end at on the session before
PRICES = {
    "AAPL": ("179.99", "180.01", "180.00", "178.00"),
    "NVDA": ("199.98", "200.02", "200.00", "205.00"),
    "XOM": ("99.99", "100.01", "100.00", "101.00"),
    "KO": ("69.99", "70.01", "70.00", "70.00"),
    "SPY": ("599.99", "600.01", "600.00", "602.00"),
    "BTC": ("109990", "110010", "110000", "111000"),
}
REGISTRY = Registry.discover()


def entry(number: int, day: str, kind: EntryKind, amount: str, **fields: Any) -> Entry:
    at = datetime.fromisoformat(f"{day}T15:00").replace(tzinfo=UTC)
    return Entry(f"e{number}", "main", at, kind, D(amount), source="test", **fields)


def bought(number: int, day: str, symbol: str, quantity: str, price: str, fee: str = "1") -> Entry:
    q, p, f = D(quantity), D(price), D(fee)
    return entry(number, day, EntryKind.TRADE, str(-q * p - f), symbol=symbol, side=Side.BUY, quantity=q, price=p, fee=f)


def sold(number: int, day: str, symbol: str, quantity: str, price: str, fee: str = "1") -> Entry:
    q, p, f = D(quantity), D(price), D(fee)
    return entry(number, day, EntryKind.TRADE, str(q * p - f), symbol=symbol, side=Side.SELL, quantity=q, price=p, fee=f)


# now: 20 AAPL at 150, 50 NVDA at 120, 30 XOM at 110, 0.05 BTC at 60000; KO was held twice and closed
LEDGER = (
    entry(1, "2025-06-30", EntryKind.DEPOSIT, "30000"),
    bought(2, "2025-07-01", "AAPL", "25", "150"),
    bought(3, "2025-07-02", "NVDA", "50", "120"),
    bought(4, "2025-07-03", "XOM", "30", "110"),
    bought(5, "2025-07-07", "BTC", "0.05", "60000"),
    bought(6, "2025-07-08", "KO", "10", "60"),
    sold(7, "2025-08-04", "KO", "10", "66"),
    sold(8, "2025-09-02", "AAPL", "5", "170"),
    bought(9, "2025-09-03", "KO", "10", "70"),
    sold(10, "2025-09-10", "KO", "10", "65"),
    entry(11, "2025-09-15", EntryKind.DIVIDEND, "12.50", symbol="XOM"),
)


def order(client_id: str, symbol: str, kind: OrderType, *, quantity: str, side: Side = Side.SELL, **fields: Any) -> Order:
    settled: dict[str, Any] = {"status": OrderStatus.ACCEPTED, "reduce_only": True, "tif": TimeInForce.GTC} | fields
    at = START - timedelta(days=1)
    ticket = client_id.partition("-")[0]
    return Order(client_id, "main", ticket, 1, symbol, side, kind, D(quantity), created=at, updated=at, **settled)


STOPS = (
    order("s1-1", "AAPL", OrderType.STOP, quantity="20", stop=D("170.00")),
    order("g1-1", "AAPL", OrderType.LIMIT, quantity="20", limit=D("220.00")),
    order("b1-1", "KO", OrderType.LIMIT, quantity="10", side=Side.BUY, limit=D("65.00"), reduce_only=False),
)


@dataclass
class Feed:
    """News as scripted; a calendar without events."""

    items: tuple[NewsItem, ...] = ()

    async def news(self, start: datetime, end: datetime) -> Sequence[NewsItem]:
        return [i for i in self.items if start <= i.at < end]

    async def earnings(self, start: datetime, end: datetime) -> Sequence[EarningsDate]:
        return ()

    async def economic(self, start: datetime, end: datetime) -> Sequence[EconomicEvent]:
        return ()


@dataclass
class Stage:
    """One account as a command sees it."""

    floor: Floor
    market: FakeMarket
    clock: ManualClock
    ctx: Ctx

    async def call(self, name: str, *words: str) -> Reply:
        """The reply of a command, remembered as the desk does."""
        self.ctx._portfolio = None
        reply = await REGISTRY.call(self.ctx, name, words)
        self.ctx.session.remember(reply)
        return reply

    async def plan(self, line: str) -> Plan:
        """The plan of a typed `#` line."""
        self.ctx._portfolio = None
        action = grammar.parse(line, self.ctx.known, self.ctx.near)
        plan: Plan = await REGISTRY.action(action.verb).handler(self.ctx, action)
        return plan


async def stage(
    *,
    entries: Sequence[Entry] = LEDGER,
    waiting: Sequence[Order] = STOPS,
    spec: AccountSpec = SPEC,
    news: Sequence[NewsItem] = (),
    at: datetime = START,
    simulated: bool = True,
    sessions: int = 90,
    demo: DemoControl | None = None,
    read_only: bool = False,
    parts: Sequence[Part] = (),
) -> Stage:
    """The fixed account at an instant; its parts can be changed."""
    clock = ManualClock(at)
    market = FakeMarket(clock, instruments=INSTRUMENTS, simulated=simulated)
    for symbol, (bid, ask, last, close) in PRICES.items():
        market.quote(symbol, bid, ask, last)
        market.add(*dailies(symbol, D(close), at, sessions), size=Timeframe.DAY)
    store = await open_memory()
    async with store.write() as tx:
        for one in entries:
            await ledger.add(tx, replace(one, account=spec.name))
        for waiting_order in waiting:
            await orders.add(tx, replace(waiting_order, account=spec.name))
    hub = Hub(market, clock)
    floor = open_floor(spec, hub, store, clock, SequentialIds(), build(spec, hub, store, clock))
    await floor.book.load()
    feed = Feed(tuple(news))
    ctx = Ctx(ORIGIN, floor, feed, feed, REGISTRY, demo=demo, read_only=read_only, parts=lambda: parts)
    return Stage(floor, market, clock, ctx)


def dailies(symbol: str, close: Decimal, at: datetime, sessions: int) -> list[Bar]:
    """Daily bars that zigzag by 1% in a symbol's own rhythm and end at `close` on the last day before `at`."""
    today = at.date()
    days: list[tuple[datetime, datetime]] = []
    if symbol == "BTC":
        midnight = datetime(today.year, today.month, today.day, tzinfo=UTC)
        days = [(midnight - timedelta(days=n + 1), midnight - timedelta(days=n)) for n in range(sessions * 3 // 2)][::-1]
    else:
        found = [s for s in calendar.sessions(today - timedelta(days=sessions * 2), today) if s.close <= at][-sessions:]
        days = [(s.open, s.close) for s in found]
    rhythm = 2 + len(symbol) % 3
    prices = [close * (1 + D((n // rhythm) % 2) / 100) for n in range(len(days))][::-1]
    return [Bar(symbol, a, b, p, p * D("1.005"), p * D("0.995"), p, D(1000)) for (a, b), p in zip(days, prices, strict=True)]
