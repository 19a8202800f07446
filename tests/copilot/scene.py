"""A book in the simulated world, for the tests of the copilot: a ledger at the world's own prices, stops, and every source of a brief."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from copilot.brief import Brief, gather
from domain.clock import ManualClock
from domain.errors import SourceFailed
from domain.ledger import Entry, EntryKind
from domain.market import EarningsDate, EconomicEvent, NewsItem
from domain.money import cents
from domain.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from domain.portfolio import AccountSpec, Mode
from domain.ports import Calendar, NewsSource
from market import calendar
from market.hub import Hub
from market.news.embedded import EmbeddedNews
from market.sources.embedded import Embedded
from storage.snapshot import open_memory
from trading.book import Book

ACCOUNT = "demo"
START = datetime(2025, 10, 10, 14, 30, tzinfo=UTC)  # a Friday, 10:30 in New York
HOLDINGS = (("AAPL", 40, 100), ("NVDA", 160, 80), ("TSLA", 10, 60), ("MSFT", 12, 50), ("XOM", 60, 40), ("JPM", 20, 30), ("BTC", "0.1", 20))


@dataclass
class Scene:
    """Book, hub, sources and clock of one account."""

    book: Book
    hub: Hub
    news: NewsSource
    calendar: Calendar
    clock: ManualClock

    async def brief(self, span: str = "today", extra: Sequence[str] = (), *, risk: bool = False) -> Brief:
        """The brief of a span, now."""
        return await gather(
            book=self.book, hub=self.hub, news=self.news, calendar=self.calendar, clock=self.clock, span=span, extra=extra, risk=risk
        )

    async def trade(self, symbol: str, side: Side, quantity: object, at: datetime, fee: str = "1") -> Entry:
        """A trade at the world's price then, accepted by the book."""
        price = (await self.hub.prices_at([symbol], at))[symbol]
        entry = traded(f"e{len(self.book.entries)}", symbol, side, Decimal(str(quantity)), price, at, fee)
        self.book.accept(entry)
        return entry

    def stop(self, symbol: str, level: str) -> None:
        """An open protective stop at a price."""
        position = self.book.holdings.position(symbol)
        quantity = position.quantity if position else Decimal(1)
        at = self.clock.now()
        name = symbol.lower()
        order = Order(f"{name}-1", ACCOUNT, name, 1, symbol, Side.SELL, OrderType.STOP, quantity, TimeInForce.GTC, at, at)
        self.book.put(replace(order, stop=Decimal(level), reduce_only=True, status=OrderStatus.ACCEPTED))


def traded(id: str, symbol: str, side: Side, quantity: Decimal, price: Decimal, at: datetime, fee: str = "1") -> Entry:
    amount = -side.sign * quantity * price - Decimal(fee)
    return Entry(id, ACCOUNT, at, EntryKind.TRADE, amount, symbol, side, quantity, price, Decimal(fee))


def money(id: str, kind: EntryKind, amount: str, at: datetime, symbol: str | None = None) -> Entry:
    return Entry(id, ACCOUNT, at, kind, Decimal(amount), symbol)


class Quiet:
    """News and a calendar with nothing in them."""

    async def news(self, start: datetime, end: datetime) -> Sequence[NewsItem]:
        return ()

    async def earnings(self, start: datetime, end: datetime) -> Sequence[EarningsDate]:
        return ()

    async def economic(self, start: datetime, end: datetime) -> Sequence[EconomicEvent]:
        return ()


class Broken:
    """News and a calendar that fail."""

    async def news(self, start: datetime, end: datetime) -> Sequence[NewsItem]:
        raise SourceFailed("no answer")

    async def earnings(self, start: datetime, end: datetime) -> Sequence[EarningsDate]:
        raise SourceFailed("no answer")

    async def economic(self, start: datetime, end: datetime) -> Sequence[EconomicEvent]:
        raise SourceFailed("no answer")


async def scene(
    at: datetime = START, *, holdings: Sequence[tuple[str, object, int]] = HOLDINGS, deposit: str = "100000", priced: bool = True
) -> Scene:
    """An account that bought each holding that many sessions ago at the close, at the world's price."""
    clock = ManualClock(at)
    market = Embedded(clock)
    hub = Hub(market, clock)
    spec = AccountSpec(ACCOUNT, Mode.DEMO, priced=priced)
    book = Book(spec, hub, await open_memory(), clock)
    news = EmbeddedNews(market.world, clock)
    made = Scene(book, hub, news, news, clock)
    book.accept(money("d0", EntryKind.DEPOSIT, deposit, at - timedelta(days=400)))
    for symbol, quantity, sessions in holdings:
        day = at.astimezone(calendar.NEW_YORK).date()
        for _ in range(sessions):
            day = calendar.previous(day).day
        price = cents((await hub.prices_at([symbol], calendar.require(day).close))[symbol])
        book.accept(traded(f"b-{symbol}", symbol, Side.BUY, Decimal(str(quantity)), price, calendar.require(day).close))
    return made
