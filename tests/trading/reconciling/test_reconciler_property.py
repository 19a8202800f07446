"""Whatever the broker holds and whatever the journal says: one pass makes both equal, a second one does nothing, and nothing is touched."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.clock import ManualClock
from domain.ids import SequentialIds
from domain.ledger import Entry
from domain.orders import Fill, Order, OrderStatus, OrderType, Side, TimeInForce
from domain.portfolio import AccountSpec, Mode
from domain.ports import BrokerState, OrderReport
from market.hub import Hub
from storage import journal, ledger, orders
from storage.snapshot import open_memory
from tests.fakes.given_broker import GivenBroker, open_ones
from tests.fakes.market import FakeMarket
from tests.trading.stage import ACCOUNT, START, bought, deposit
from trading.floor import Floor, open_floor
from trading.holdings import fold

D = Decimal
SYMBOLS = ("AAPL", "NVDA", "XOM", "BTC", "GONE")  # nobody quotes the last one, and no market knows it
NEVER = timedelta(days=2)
quantities = st.integers(-40, 40).map(D) | st.decimals("-3", "3", places=4)
prices = st.decimals("0.01", "900", places=2)
money = st.decimals("-9000", "9000", places=2)
seen: Counter[str] = Counter()


@st.composite
def trades(draw: st.DrawFn) -> tuple[Entry, ...]:
    made = [deposit("100000")]
    for number in range(draw(st.integers(0, 5))):
        quantity = draw(quantities.filter(bool))
        side = Side.BUY if quantity > 0 else Side.SELL
        price = str(draw(prices))
        made.append(bought(draw(st.sampled_from(SYMBOLS)), str(abs(quantity)), price, side=side, days=20 - number, id=f"t{number}"))
    return tuple(made)


@st.composite
def known(draw: st.DrawFn) -> list[tuple[Order | None, OrderReport | None]]:
    """Orders as the book has them and as the broker has them; either side may lack one, or be behind."""
    pairs: list[tuple[Order | None, OrderReport | None]] = []
    for number in range(draw(st.integers(0, 4))):
        name = draw(st.sampled_from((f"k{number}ab-1", f"Theirs.{number}")))
        at, symbol, side = START - NEVER, draw(st.sampled_from(SYMBOLS)), draw(st.sampled_from(Side))
        row = Order(name, ACCOUNT, f"k{number}ab", 1, symbol, side, OrderType.LIMIT, D(10), TimeInForce.GTC, at, at, limit=D(50))
        status = draw(st.sampled_from((OrderStatus.ACCEPTED, OrderStatus.CANCELLED, OrderStatus.EXPIRED)))
        parts = [] if status is OrderStatus.EXPIRED else draw(st.lists(st.integers(1, 3), max_size=3))
        fills = tuple(Fill(f"{name}.{i}", name, ACCOUNT, symbol, side, D(q), D(50), D("0.10"), at) for i, q in enumerate(parts))
        filled = sum((f.quantity for f in fills), D(0))
        report = OrderReport(
            name, f"b{number}", symbol, status, D(10), filled, None, at, limit=D(50), fills=fills, side=side, type=OrderType.LIMIT
        )
        ours = name.startswith("k")
        here = row.moved(OrderStatus.ACCEPTED, at) if ours and draw(st.booleans()) else None
        there = report if here is None or draw(st.integers(0, 3)) else None
        pairs.append((here, there))
    return pairs


def test_one_pass_converges_and_a_second_is_a_no_op() -> None:
    seen.clear()
    any_world()
    assert seen["reconciled"] > 100, "the worlds had something to adopt"


@settings(max_examples=300, deadline=None)
@given(trades(), st.dictionaries(st.sampled_from(SYMBOLS), quantities), money, known(), st.booleans())
def any_world(
    book: tuple[Entry, ...], drift: dict[str, Decimal], cash: Decimal, pairs: list[tuple[Order | None, OrderReport | None]], priced: bool
) -> None:
    asyncio.run(converges(book, drift, cash, pairs, priced=priced))


async def converges(
    book: tuple[Entry, ...], drift: dict[str, Decimal], cash: Decimal, pairs: list[tuple[Order | None, OrderReport | None]], *, priced: bool
) -> None:
    held, reports = fold(book), {r.client_id: r for _, r in pairs if r is not None}
    holdings = {s: held.quantity(s) + drift.get(s, D(0)) for s in SYMBOLS}
    truth = BrokerState(START, held.cash + cash, {s: q for s, q in holdings.items() if q}, open_ones(reports))
    broker, store = GivenBroker(truth, reports), await open_memory()
    async with store.write() as tx:
        for entry in book:
            await ledger.add(tx, entry)
        for row, _ in pairs:
            if row is not None:
                await orders.add(tx, row)
    clock = ManualClock(START)
    market = FakeMarket(clock)
    for symbol, price in (("AAPL", "182"), ("NVDA", "120"), ("XOM", "110"), ("BTC", "70000")):
        market.quote(symbol, price, price)
    spec = AccountSpec(ACCOUNT, Mode.PAPER, shorting=True, priced=priced)
    floor = open_floor(spec, Hub(market, clock), store, clock, SequentialIds("x"), broker)
    await floor.start()
    assert floor.reconciler.last is not None
    equal(floor, truth, reports)
    before = await traces(floor)
    assert (await floor.reconciler.now()).found == ()
    again = open_floor(spec, Hub(market, clock), store, clock, SequentialIds("y"), broker)
    await again.start()
    equal(again, truth, reports)
    kinds = [line for line in await traces(again) if line not in ("external_order",)]
    assert kinds == [line for line in before if line not in ("external_order",)], "the second pass is a no-op"
    assert broker.changed == [], "nothing is ever sent, changed or closed"
    seen.update(e.source.split(":")[0] for e in again.book.entries if e.source)
    await store.close()


def equal(floor: Floor, truth: BrokerState, reports: dict[str, OrderReport]) -> None:
    mine = floor.book.holdings
    assert {p.symbol: p.quantity for p in mine.positions} == dict(truth.positions)
    assert mine.cash == truth.cash
    cost = sum((p.quantity * p.average_price for p in mine.positions), D(0))
    assert abs(mine.cash + cost - mine.deposited - mine.realised) < D("1E-9"), "no profit appears that nobody made"
    assert {o.client_id for o in floor.book.orders} == {r.client_id for r in open_ones(reports)}
    assert all(o.filled == reports[o.client_id].filled for o in floor.book.orders)
    assert floor.reconciler.last is not None
    assert floor.reconciler.last.equal


async def traces(floor: Floor) -> list[str]:
    async with floor.store.read() as tx:
        assert await journal.verify(tx) is None
        return [line.kind for line in await journal.lines(tx, ACCOUNT, limit=10_000)]


def test_a_small_world_by_hand() -> None:
    at = START - NEVER
    fill = Fill("T.1", "T", ACCOUNT, "XOM", Side.BUY, D(3), D(50), D(0), at)
    report = OrderReport("T", "b", "XOM", OrderStatus.CANCELLED, D(10), D(3), None, at, fills=(fill,), side=Side.BUY)
    asyncio.run(converges((deposit("1000"),), {"XOM": D(3)}, D(-150), [(None, report)], priced=True))
    asyncio.run(converges((deposit("1000"),), {"XOM": D(3)}, D(-150), [(None, replace(report, fills=()))], priced=False))
