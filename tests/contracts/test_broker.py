"""The Broker port's contract: every adapter joins by adding one harness to HARNESSES."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from domain.clock import ManualClock
from domain.errors import BrokerDown, Rejected
from domain.orders import ENDED, Order, OrderStatus, OrderType, Side, TimeInForce
from domain.portfolio import AccountSpec, Mode
from domain.ports import Broker, OrderReport
from market.hub import Hub
from storage.snapshot import open_memory
from storage.store import Store
from tests.fakes.market import FakeMarket, bar, path, utc
from trading.brokers.paper import build

START = utc("2025-10-10 14:30")  # a Friday, an hour into the session


@dataclass
class Harness:
    """One venue under test, with 50 AAPL and 100,000 in cash on the account and AAPL quoted at 99.99 / 100.01 in an open market.

    `move` makes the market trade at a price for a minute, `restart` is the same venue seen by a new process, `down` cuts the line.
    """

    broker: Broker
    clock: ManualClock
    move: Callable[[str], Awaitable[None]]
    restart: Callable[[], Awaitable[Broker]]
    down: Callable[[], None]
    store: Store


async def paper() -> Harness:
    clock = ManualClock(START)
    market = FakeMarket(clock)
    market.add(*path("AAPL", START - timedelta(minutes=45), START, Decimal(100)))
    market.quote("AAPL", "99.99", "100.01", "100.00")
    store = await open_memory()
    spec = AccountSpec("main", Mode.PAPER)

    async def move(price: str) -> None:
        market.add(bar("AAPL", clock.now(), price))
        market.quote("AAPL", str(Decimal(price) - Decimal("0.01")), str(Decimal(price) + Decimal("0.01")), price)
        await clock.advance(timedelta(minutes=1))

    async def restart() -> Broker:
        return build(spec, Hub(market, clock), store, clock)

    def down() -> None:
        market.failing = True

    broker = build(spec, Hub(market, clock), store, clock)
    await broker.seed(Decimal(100_000), {"AAPL": Decimal(50)})
    return Harness(broker, clock, move, restart, down, store)


HARNESSES = (paper,)


@pytest.fixture(params=HARNESSES, ids=lambda h: str(h.__name__))
async def venue(request: pytest.FixtureRequest) -> Harness:
    built: Harness = await request.param()
    return built


def order(name: str, side: Side = Side.BUY, quantity: str = "10", kind: OrderType = OrderType.MARKET, **changes: object) -> Order:
    plain = Order(
        client_id=name,
        account="main",
        ticket=name,
        leg=1,
        symbol="AAPL",
        side=side,
        type=kind,
        quantity=Decimal(quantity),
        tif=TimeInForce.DAY,
        created=START,
        updated=START,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def limit(name: str, price: str, **changes: object) -> Order:
    return replace(order(name, kind=OrderType.LIMIT, limit=Decimal(price)), **changes)  # type: ignore[arg-type]


async def settle(venue: Harness, client_id: str) -> OrderReport:
    """What is known of an order when its updates were taken."""
    await venue.broker.updates()
    found = await venue.broker.find(client_id)
    assert found is not None
    return found


async def test_traits_name_the_venue_and_what_it_takes(venue: Harness) -> None:
    traits = venue.broker.traits
    assert traits.name
    assert OrderType.MARKET in traits.order_types
    assert TimeInForce.DAY in traits.tifs


async def test_market_order_fills_and_moves_cash_and_position(venue: Harness) -> None:
    before = await venue.broker.state()
    await venue.broker.submit(order("a-1"))
    report = await settle(venue, "a-1")
    assert report.status is OrderStatus.FILLED
    assert report.filled == 10
    assert report.average_price is not None
    assert report.average_price >= Decimal("100.01"), "never better than the ask"
    after = await venue.broker.state()
    paid = sum((f.quantity * f.price + f.fee for f in report.fills), Decimal(0))
    assert after.cash == before.cash - paid
    assert after.positions == {"AAPL": Decimal(60)}


async def test_repeating_a_client_id_changes_nothing(venue: Harness) -> None:
    first = await venue.broker.submit(order("a-1"))
    state = await venue.broker.state()
    for _ in range(3):
        again = await venue.broker.submit(order("a-1", quantity="99"))
        assert (again.client_id, again.broker_id, again.quantity) == (first.client_id, first.broker_id, first.quantity)
    settled = await venue.broker.state()
    assert (settled.cash, settled.positions) == (state.cash, state.positions)


async def test_repeating_a_client_id_after_a_restart_changes_nothing(venue: Harness) -> None:
    await venue.broker.submit(order("a-1"))
    state = await venue.broker.state()
    reborn = await venue.restart()
    again = await reborn.submit(order("a-1"))
    assert again.filled == 10
    assert (await reborn.state()).positions == state.positions


async def test_find_knows_ended_orders_and_nothing_that_never_came(venue: Harness) -> None:
    await venue.broker.submit(order("a-1"))
    await settle(venue, "a-1")
    await venue.broker.updates()
    found = await (await venue.restart()).find("a-1")
    assert found is not None
    assert found.status is OrderStatus.FILLED
    assert await venue.broker.find("never") is None


async def test_resting_limit_is_open_until_the_market_goes_through_it(venue: Harness) -> None:
    await venue.broker.submit(limit("l-1", "98"))
    assert [r.client_id for r in (await venue.broker.state()).orders] == ["l-1"]
    await venue.move("98.00")
    assert (await settle(venue, "l-1")).status is OrderStatus.ACCEPTED, "touched is not traded through"
    await venue.move("97.00")
    report = await settle(venue, "l-1")
    assert report.status is OrderStatus.FILLED
    assert report.average_price is not None
    assert report.average_price <= 98
    assert (await venue.broker.state()).orders == ()


async def test_cancel_ends_a_working_order_once(venue: Harness) -> None:
    await venue.broker.submit(limit("l-1", "98"))
    await venue.broker.cancel("l-1")
    report = await settle(venue, "l-1")
    assert report.status is OrderStatus.CANCELLED
    again = await venue.broker.cancel("l-1")
    assert again.status is OrderStatus.CANCELLED
    await venue.move("90.00")
    assert (await settle(venue, "l-1")).filled == 0


async def test_cancelling_a_filled_order_returns_its_report(venue: Harness) -> None:
    await venue.broker.submit(order("a-1"))
    await settle(venue, "a-1")
    assert (await venue.broker.cancel("a-1")).status is OrderStatus.FILLED
    assert (await venue.broker.state()).positions == {"AAPL": Decimal(60)}


async def test_cancelling_what_never_came_is_rejected(venue: Harness) -> None:
    with pytest.raises(Rejected):
        await venue.broker.cancel("never")


async def test_replace_changes_price_and_quantity(venue: Harness) -> None:
    await venue.broker.submit(limit("l-1", "90"))
    report = await venue.broker.replace(limit("l-1", "98", quantity=Decimal(7)))
    assert (report.limit, report.quantity, report.status) == (Decimal(98), Decimal(7), OrderStatus.ACCEPTED)
    await venue.move("97.00")
    assert (await settle(venue, "l-1")).filled == 7


async def test_replacing_an_ended_order_is_rejected(venue: Harness) -> None:
    await venue.broker.submit(limit("l-1", "90"))
    await venue.broker.cancel("l-1")
    with pytest.raises(Rejected):
        await venue.broker.replace(limit("l-1", "98"))
    with pytest.raises(Rejected):
        await venue.broker.replace(limit("never", "98"))


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (order("r-1", quantity="2000"), "insufficient_cash"),
        (order("r-1", Side.SELL, "51"), "short_not_allowed"),
        (order("r-1", quantity="1.5"), "bad_quantity"),
    ],
)
async def test_what_cannot_be_done_is_rejected_definitively(venue: Harness, bad: Order, code: str) -> None:
    before = await venue.broker.state()
    with pytest.raises(Rejected) as refusal:
        await venue.broker.submit(bad)
    assert refusal.value.code == code
    found = await venue.broker.find("r-1")
    assert found is None or found.status is OrderStatus.REJECTED
    after = await venue.broker.state()
    assert (after.cash, after.positions, after.orders) == (before.cash, before.positions, ())


async def test_updates_tell_every_change_and_then_nothing(venue: Harness) -> None:
    await venue.broker.updates()
    await venue.broker.submit(limit("l-1", "98"))
    await venue.move("97.00")
    told = [r for r in await venue.broker.updates() if r.client_id == "l-1"]
    assert told[-1].status is OrderStatus.FILLED
    assert [r.at for r in told] == sorted(r.at for r in told)
    assert list(await venue.broker.updates()) == []


async def test_fills_have_ids_of_their_own_and_add_up(venue: Harness) -> None:
    for name in ("a-1", "a-2"):
        await venue.broker.submit(order(name))
    reports = [await settle(venue, name) for name in ("a-1", "a-2")]
    fills = [f for r in reports for f in r.fills]
    assert len({f.id for f in fills}) == len(fills) >= 2
    for report in reports:
        assert sum((f.quantity for f in report.fills), Decimal(0)) == report.filled
        assert all(f.client_id == report.client_id for f in report.fills)


async def test_a_stop_triggers_and_never_sells_more_than_is_held(venue: Harness) -> None:
    stop = order("s-1", Side.SELL, "50", OrderType.STOP, stop=Decimal(95), reduce_only=True, tif=TimeInForce.GTC)
    target = order("t-1", Side.SELL, "50", OrderType.LIMIT, limit=Decimal(110), reduce_only=True, tif=TimeInForce.GTC)
    await venue.broker.submit(stop)
    await venue.broker.submit(target)
    await venue.move("94.00")
    assert (await settle(venue, "s-1")).status is OrderStatus.FILLED
    await venue.move("120.00")
    assert (await settle(venue, "t-1")).status in ENDED
    assert (await venue.broker.state()).positions == {}


async def test_a_line_that_is_down_takes_nothing(venue: Harness) -> None:
    venue.down()
    with pytest.raises(BrokerDown):
        await venue.broker.submit(order("a-1"))


async def test_state_is_of_now(venue: Harness) -> None:
    at: datetime = (await venue.broker.state()).at
    assert at == venue.clock.now()


async def test_a_report_says_what_kind_of_order_it_is_of(venue: Harness) -> None:
    sent = limit("l-1", "98", tif=TimeInForce.GTC)
    await venue.broker.submit(sent)
    report = (await venue.broker.state()).orders[0]
    assert (report.side, report.type, report.tif, report.limit) == (sent.side, sent.type, sent.tif, sent.limit)


async def test_an_average_price_is_told_only_where_it_is_known(venue: Harness) -> None:
    assert (await venue.broker.state()).average_prices.get("AAPL") is None, "what was brought in has no price there"
    await venue.broker.submit(order("s-1", Side.SELL, "50"))
    await venue.broker.submit(order("b-1", quantity="10"))
    await venue.move("110.00")
    await venue.broker.submit(order("b-2", quantity="30"))
    reports = [await settle(venue, name) for name in ("b-1", "b-2")]
    paid = sum((f.quantity * f.price for r in reports for f in r.fills), Decimal(0))
    wanted = paid / 40
    for broker in (venue.broker, await venue.restart()):
        state = await broker.state()
        assert state.positions == {"AAPL": Decimal(40)}
        assert abs(state.average_prices["AAPL"] - wanted) < Decimal("1E-9")
    await venue.broker.submit(order("s-2", Side.SELL, "15"))
    assert abs((await venue.broker.state()).average_prices["AAPL"] - wanted) < Decimal("1E-9"), "selling leaves it"
    await venue.broker.submit(order("s-3", Side.SELL, "25"))
    assert (await venue.broker.state()).average_prices == {}
