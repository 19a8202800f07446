"""The demo book, in the market it is made from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from domain.clock import ManualClock
from domain.errors import UnknownSymbol
from domain.ledger import EntryKind
from domain.orders import OrderType, Side, TimeInForce
from market import calendar
from market.hub import Hub
from market.sources.embedded import Embedded
from tests.fakes.market import FakeMarket
from trading.demo import DemoBook, demo_book
from trading.holdings import Holdings, fold

UNTIL = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # half past ten in New York
SEEDS = (1, 2, 3, 7, 11)


def hub(seed: int = 7, until: datetime = UNTIL) -> Hub:
    clock = ManualClock(until)
    return Hub(Embedded(clock, seed), clock)


async def made(seed: int = 7, until: datetime = UNTIL) -> tuple[Hub, DemoBook, Holdings]:
    market = hub(seed, until)
    book = await demo_book(market, until, "demo")
    return market, book, fold(book.entries)


@pytest.mark.parametrize("until", [UNTIL, datetime(2025, 7, 3, 14, 30, tzinfo=UTC), datetime(2031, 1, 2, 15, 30, tzinfo=UTC)], ids=str)
@pytest.mark.parametrize("seed", SEEDS)
async def test_the_book_is_what_a_newcomer_needs(seed: int, until: datetime) -> None:
    market, _, holdings = await made(seed, until)
    held = {p.symbol: p for p in holdings.positions}
    assert {"AAPL", "NVDA", "MSFT", "TSLA", "SPY", "BTC"} <= set(held)
    assert 10 <= len(held) <= 14
    assert all(p.quantity > 0 for p in held.values())
    last = await market.prices_at(tuple(held), until)
    equity = holdings.cash + sum(p.quantity * last[p.symbol] for p in held.values())
    assert Decimal("0.19") < holdings.cash / equity < Decimal("0.22")
    assert max(p.quantity * last[p.symbol] / equity for p in held.values()) < Decimal("0.35")
    sectors = {market.require(s).sector for s in held}
    assert len(sectors) >= 8


@pytest.mark.parametrize("seed", SEEDS)
async def test_it_has_lots_partial_sales_and_closed_trades_both_ways(seed: int) -> None:
    _, book, holdings = await made(seed)
    trades = [e for e in book.entries if e.kind is EntryKind.TRADE]
    buys = [e.symbol for e in trades if e.side is Side.BUY]
    assert buys.count("AAPL") == 2
    held = {p.symbol for p in holdings.positions}
    assert any(e.side is Side.SELL and e.symbol in held for e in trades)
    closed = [r.realised for r in holdings.closed if r.symbol not in held]
    assert min(closed) < 0 < max(closed)


async def test_every_trade_could_have_been_made() -> None:
    market, book, _ = await made()
    first, *trades = book.entries
    days = calendar.sessions(UNTIL.date() - timedelta(days=240), calendar.latest_completed(UNTIL).day)[-120:]
    assert (first.kind, first.amount, first.at) == (EntryKind.DEPOSIT, Decimal(100_000), days[0].open)
    cash = first.amount
    for entry in trades:
        assert entry.symbol is not None
        assert entry.side is not None
        instrument = market.require(entry.symbol)
        assert days[0].open < entry.at < UNTIL
        seen = (await market.prices_at((entry.symbol,), entry.at))[entry.symbol]
        cost = (entry.price / seen - 1) * entry.side.sign
        assert Decimal(0) <= cost < Decimal("0.001")
        assert entry.price % instrument.tick == 0
        assert entry.quantity % instrument.lot == 0
        assert entry.amount == -entry.side.sign * entry.quantity * entry.price
        cash += entry.amount
        assert cash > 0
        trading = instrument.round_the_clock or calendar.session(entry.at.date())
        assert trading
    assert [e.at for e in trades] == sorted(e.at for e in trades)
    assert len({e.id for e in book.entries}) == len(book.entries)
    assert all(e.account == "demo" and e.source == "demo" for e in book.entries)
    yesterday = calendar.latest_completed(UNTIL)
    assert sum(yesterday.open <= e.at <= yesterday.close for e in trades) >= 2


async def test_protection_stands_around_the_price() -> None:
    market, book, holdings = await made()
    held = {p.symbol: p.quantity for p in holdings.positions}
    last = await market.prices_at(tuple(held), UNTIL)
    near = []
    for order in book.stops:
        assert (order.side, order.tif, order.reduce_only, order.quantity) == (Side.SELL, TimeInForce.GTC, True, held[order.symbol])
        if order.type is OrderType.STOP:
            assert order.stop is not None
            assert order.limit is None
            assert order.stop < last[order.symbol]
            near.append(1 - order.stop / last[order.symbol])
        else:
            assert order.type is OrderType.LIMIT
            assert order.limit is not None
            assert order.limit > last[order.symbol]
    assert len([o for o in book.stops if o.type is OrderType.LIMIT]) in (1, 2)
    assert sum(distance < Decimal("0.015") for distance in near) == 1
    assert len({o.symbol for o in book.stops}) == len(book.stops)


async def test_the_same_market_gives_the_same_book() -> None:
    _, one, _ = await made()
    _, other, _ = await made()
    assert one == other


async def test_a_market_without_the_symbols_says_so() -> None:
    clock = ManualClock(UNTIL)
    with pytest.raises(UnknownSymbol):
        await demo_book(Hub(FakeMarket(clock), clock), UNTIL, "demo")
