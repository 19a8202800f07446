"""The book: consistent snapshots, when they are new, what today is, the past, and how long it takes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.clock import ManualClock
from domain.instruments import Instrument
from domain.market import Freshness, Quote
from domain.orders import Side
from domain.portfolio import AccountSpec, Mode
from market.hub import Hub
from storage import ledger
from storage.snapshot import open_memory
from tests.fakes.market import FakeMarket, bar, share
from tests.trading.stage import ACCOUNT, START, bought, buy, close, deposit, limit, market_order, stage, stop
from trading.book import Book

D = Decimal


async def test_a_snapshot_is_the_account_at_this_instant() -> None:
    world = await stage()
    seen = await world.floor.book.snapshot()
    assert [p.symbol for p in seen.positions] == ["AAPL", "BTC", "NVDA"]
    assert (seen.at, seen.cash, seen.halted) == (START, D(100000 - 1700 - 2000 - 30000), False)
    assert set(seen.quotes) == {"AAPL", "BTC", "NVDA"}
    assert seen.equity == seen.cash + 1820 + 2400 + 35000
    assert seen.complete


async def test_ordered_and_extra_symbols_have_quotes_too() -> None:
    world = await stage()
    await world.do(limit("XOM", Side.BUY, "1", "100"))
    seen = await world.floor.book.snapshot(extra=["SPY", "NOPE"])
    assert {"XOM", "SPY"} <= set(seen.quotes)
    assert [o.symbol for o in seen.orders] == ["XOM"]


async def test_it_is_the_same_within_a_second_until_something_changes() -> None:
    world = await stage()
    book = world.floor.book
    first = await book.snapshot()
    assert await book.snapshot() is first
    wider = await book.snapshot(extra=["SPY"])
    assert wider is not first
    assert await book.snapshot(extra=["SPY", "AAPL"]) is wider
    assert await book.snapshot() is wider
    assert await book.snapshot(fresh=True) is not wider
    before = await book.snapshot()
    await world.do(close("AAPL", "1"))
    after = await book.snapshot()
    assert after is not before
    assert after.cash > before.cash
    world.clock.set(START + timedelta(seconds=1))
    assert await book.snapshot() is not after


async def test_the_kill_switch_and_orders_show_at_once() -> None:
    world = await stage()
    await world.floor.book.snapshot()
    await world.floor.killswitch.pull("me")
    assert (await world.floor.book.snapshot()).halted
    await world.do(stop("AAPL", "10", "170"))
    seen = await world.floor.book.snapshot()
    assert seen.stop("AAPL") is not None


async def test_a_change_while_quotes_are_read_is_not_missed() -> None:
    world = await stage()
    book, hub = world.floor.book, world.hub
    quotes = hub.quotes
    once = [True]

    async def slow(symbols: Sequence[str], *, fresh: bool = False) -> Mapping[str, Quote]:
        found = await quotes(symbols, fresh=fresh)
        if once:
            once.clear()
            book.accept(bought("XOM", "3", "100", days=0))
        return found

    hub.quotes = slow  # type: ignore[method-assign]
    seen = await book.snapshot()
    assert seen.position("XOM") is not None
    assert "XOM" in seen.quotes


async def test_today_begins_at_the_close_before() -> None:
    world = await stage(deposit("10000"), bought("AAPL", "10", "170", days=2))
    for day, price in ((2, "175"), (1, "180")):
        start = START.replace(hour=19, minute=59) - timedelta(days=day)
        world.market.add(bar("AAPL", start, price))
    assert (await world.floor.book.snapshot()).today == ()
    await world.do(close("AAPL", "4"))
    await world.do(close("AAPL", "6"))
    seen = await world.floor.book.snapshot()
    assert len(seen.today) == 2
    assert "AAPL" in seen.quotes  # closed today, and part of today's P/L
    assert seen.day_symbols == ("AAPL",)


async def test_an_entry_counts_once_and_in_its_place() -> None:
    world = await stage(deposit("10000"), bought("AAPL", "10", "100"))
    book = world.floor.book
    sale = bought("AAPL", "5", "120", side=Side.SELL, days=1)
    late = bought("AAPL", "10", "200", days=10, id="late")
    for entry in (sale, sale, late):
        book.accept(entry)
    assert [e.id for e in book.entries[-2:]] == ["late", sale.id]
    async with world.store.write() as tx:
        for entry in (sale, late):
            await ledger.add(tx, entry)
    again = Book(world.spec, world.hub, world.store, world.clock)
    await again.load()
    assert (again.holdings.positions, again.holdings.realised) == (book.holdings.positions, book.holdings.realised)
    assert book.preview([bought("AAPL", "1", "1", days=0)]).quantity("AAPL") == 16
    assert book.holdings.quantity("AAPL") == 15


async def test_the_past_is_valued_at_its_own_prices() -> None:
    world = await stage(deposit("10000"), bought("AAPL", "10", "100", days=20), bought("AAPL", "10", "160", days=1))
    then = START - timedelta(days=2)
    world.market.add(bar("AAPL", then - timedelta(minutes=1), "150"))
    await world.do(stop("AAPL", "10", "170"))
    seen = await world.floor.book.as_of(then)
    position = seen.position("AAPL")
    assert position is not None
    assert (seen.at, seen.cash, position.quantity, seen.orders) == (then, D(9000), D(10), ())
    assert seen.quotes["AAPL"].last == 150
    assert seen.quotes["AAPL"].freshness is Freshness.CLOSED
    assert (await world.floor.book.as_of(START + timedelta(days=1))).at == START


async def test_without_prices_quantities_and_cost_are_shown() -> None:
    clock, store = ManualClock(START), await open_memory()
    market = FakeMarket(clock, simulated=False)
    market.quote("AAPL", "1", "2")
    async with store.write() as tx:
        for entry in (deposit("10000"), bought("AAPL", "10", "100"), bought("ZZZZ", "1", "5")):
            await ledger.add(tx, entry)
    book = Book(AccountSpec(ACCOUNT, Mode.PAPER, priced=False), Hub(market, clock), store, clock)
    await book.load()
    for seen in (await book.snapshot(), await book.as_of(START - timedelta(days=1))):
        assert not seen.quotes
        assert seen.unpriced == ("AAPL", "ZZZZ")


async def test_a_book_of_a_hundred_positions_is_quick() -> None:
    shares: list[Instrument] = [share(f"S{n:03}") for n in range(100)]
    clock, store = ManualClock(START), await open_memory()
    market = FakeMarket(clock, instruments=shares)
    async with store.write() as tx:
        for one in shares:
            market.quote(one.symbol, "99.99", "100.01", "100")
            await ledger.add(tx, bought(one.symbol, "10", "90"))
    book = Book(AccountSpec(ACCOUNT, Mode.PAPER), Hub(market, clock), store, clock)
    await book.load()
    await book.snapshot()

    async def best(times: int, step: timedelta) -> float:
        taken = []
        for _ in range(times):
            clock.set(clock.now() + step)
            begin = time.perf_counter()
            await book.snapshot()
            taken.append(time.perf_counter() - begin)
        return sorted(taken)[times // 2]

    assert await best(50, timedelta(0)) < 0.0003
    assert await best(11, timedelta(seconds=1)) < 0.02


@pytest.mark.parametrize("order", [buy("XOM", "2"), market_order("AAPL", Side.SELL, "3")])
async def test_no_snapshot_shows_half_of_a_fill(order: object) -> None:
    world = await stage()
    seen = []

    async def look(event: object) -> None:
        seen.append(await world.floor.book.snapshot())

    world.floor.bus.subscribe(look)
    before = world.floor.book.holdings.cash
    await world.do(order)  # type: ignore[arg-type]
    for one in seen:
        traded = one.cash != before
        assert traded == any(e.order for e in one.today)
        assert not one.orders or not traded
