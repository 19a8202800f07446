"""Splits: recognised by quantity and price together, booked once, and followed by every order at the same value."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import SourceFailed
from domain.events import ActionProposed, OrderReplaced
from domain.ledger import EntryKind
from domain.money import ZERO
from domain.orders import OrderIntent, OrderType, Side
from tests.fakes.market import coin
from tests.trading.reconciling.elsewhere import found, order, shelve
from tests.trading.stage import Stage, bought, buy, deposit, limit, stage, stop
from tests.trading.underway import row
from trading.reconciling.splits import Ratio, ratios, rebased_order, recognised, suspected

D = Decimal
RATIOS = ("2:1", "3:2", "4:3", "5:4", "10:1", "20:1", "1:2", "1:50", "1:100", "2:3")


def ratio(text: str) -> Ratio:
    return next(r for r in ratios() if str(r) == text)


class TestRecognised:
    @pytest.mark.parametrize("text", RATIOS)
    def test_quantity_and_price_say_the_same(self, text: str) -> None:
        one = ratio(text)
        book = D(600)
        last = D(180) / one.factor * D("1.01")
        assert recognised(book, book * one.factor, last, (D(180),)) == one
        assert recognised(book, book * one.factor, D(180), (D(180),)) is None, "the price did not move"
        assert recognised(book, book, last, (D(180),)) is None, "the quantity did not"
        assert recognised(-book, -book * one.factor, last, (D(180),)) == one, "a short position splits too"
        assert recognised(book, book * one.factor, last, ()) is None
        assert recognised(book, book * one.factor, None, (D(180),)) is None

    def test_a_fraction_may_be_gone(self) -> None:
        assert recognised(D(15), D(22), D(120), (D(180),)) == ratio("3:2")
        assert recognised(D(30), D(0), D(5000), (D(100),)) == ratio("1:50")
        assert recognised(D(10), D(0), D(170), (D(180),)) is None

    def test_a_side_that_changed_is_none(self) -> None:
        assert recognised(D(10), D(-20), D(90), (D(180),)) is None
        assert recognised(D(0), D(20), D(90), (D(180),)) is None

    def test_either_price_before_will_do(self) -> None:
        assert recognised(D(10), D(20), D(90), (D(90), D(180))) == ratio("2:1")

    @given(st.sampled_from(RATIOS), st.integers(1, 5000), st.decimals("5", "900", places=2))
    def test_the_ratio_found_gives_the_brokers_quantity(self, text: str, quantity: int, price: Decimal) -> None:
        one = ratio(text)
        there = D(quantity * one.new // one.old)
        found_one = recognised(D(quantity), there, price / one.factor, (price,))
        if there == quantity:
            return
        assert found_one is not None
        assert abs(quantity * found_one.factor - there) < 1


def test_only_large_moves_near_a_ratio_are_suspicious() -> None:
    assert suspected(D(90), D(180))
    assert suspected(D(9000), D(180))
    assert not suspected(D(160), D(180))
    assert not suspected(ZERO, D(180))


def test_an_order_keeps_its_value() -> None:
    was = order("x-1", Side.SELL, "15", kind=OrderType.LIMIT, limit=D("190.01"))
    becomes = rebased_order(was, ratio("3:2"), None)
    assert (becomes.quantity, becomes.limit) == (D(22), D("126.67"))


async def split_world(ratio_text: str, *, quantity: str = "10") -> tuple[Stage, Ratio]:
    """AAPL held at 182 with the prices of an agreed book remembered."""
    world = await stage(deposit("100000"), bought("AAPL", quantity, "170"), bought("NVDA", "20", "100"))
    await world.pass_time(301)
    return world, ratio(ratio_text)


async def happen(world: Stage, one: Ratio, there: Decimal, *, paid: Decimal = ZERO) -> None:
    """The split at the broker and in the market."""
    price = D(182) / one.factor
    world.market.quote("AAPL", str(price), str(price), str(price))
    await shelve(world, cash=world.floor.book.holdings.cash + paid, AAPL=str(there))


@pytest.mark.parametrize("text", ["2:1", "3:2", "1:5", "20:1", "1:2"])
@pytest.mark.parametrize("down", [True, False])
async def test_it_is_booked_once_at_the_same_value(text: str, down: bool) -> None:
    world, one = await split_world(text)
    before = await world.floor.book.snapshot(fresh=True)
    await happen(world, one, D(10) * one.factor)
    if down:
        await world.restart()
    else:
        await world.pass_time(11)
    after = await world.floor.book.snapshot(fresh=True)
    assert after.positions[0].quantity == 10 * one.factor
    assert abs(after.equity - before.equity) < D("0.01"), "no drawdown to be alarmed about"
    assert abs(after.positions[0].average_price * one.factor - 170) < D("0.01")
    assert after.realised == before.realised
    assert [(f.what, f.about) for f in found(world)] == [("split", "AAPL")]
    assert found(world)[0].done.startswith(f"booked as a {text} split")
    for _ in range(2):
        await world.restart()
        await world.pass_time(602, step=301)
    assert [e.kind for e in world.floor.book.entries].count(EntryKind.SPLIT) == 1
    assert await world.agrees()


@pytest.mark.parametrize("paid", [True, False])
async def test_a_fraction_is_sold_for_what_was_paid_or_gone_for_nothing(paid: bool) -> None:
    world, one = await split_world("3:2", quantity="15")
    value = D("60.67") if paid else ZERO
    before = await world.floor.book.snapshot(fresh=True)
    await happen(world, one, D(22), paid=value)
    await world.restart()
    after = await world.floor.book.snapshot(fresh=True)
    assert after.position("AAPL").quantity == 22
    assert abs(after.equity - before.equity - (0 if paid else D("-60.67"))) < D("0.01")
    assert [f.what for f in found(world)] == ["split", "foreign"]
    assert await world.agrees()


async def test_a_reverse_split_may_leave_nothing_but_cash() -> None:
    world, one = await split_world("1:50", quantity="30")
    await happen(world, one, ZERO, paid=D("5460"))
    await world.restart()
    assert [f.what for f in found(world)] == ["split", "missing"]
    assert world.floor.book.holdings.position("AAPL") is None
    assert world.floor.book.holdings.closed[-1].realised == 5460 - 30 * 170
    assert await world.agrees()


async def test_stops_follow_once_in_new_shares() -> None:
    world, one = await split_world("2:1")
    ticket = await world.do(stop("AAPL", "10", "170"))
    trailing = await world.do(OrderIntent("AAPL", Side.SELL, OrderType.TRAILING, D(10), trail=D(9), reduce_only=True))
    await happen(world, one, D(20))
    for _ in range(3):
        await world.restart()
        await world.pass_time(2, step=1)
    after = await row(world, f"{ticket.id}-1")
    assert (after.quantity, after.stop) == (D(20), D(85))
    assert not (await row(world, f"{trailing.id}-1")).open, "the best price it had seen was one of old shares"
    assert [(o.quantity, o.trail) for o in world.floor.book.orders if o.type is OrderType.TRAILING] == [(D(20), D("4.5"))]
    assert len(world.heard(OrderReplaced)) == 1
    assert [f.what for f in found(world)] == ["split"]
    assert not world.floor.reconciler._adjusting.waiting


async def test_a_stop_that_the_broker_ended_is_put_back() -> None:
    world, one = await split_world("2:1")
    ticket = await world.do(stop("AAPL", "10", "170"))
    await happen(world, one, D(20))
    await world.broker.inner.cancel(f"{ticket.id}-1")
    await world.restart()
    await world.pass_time(2, step=1)
    assert [(o.type, o.quantity, o.stop, o.reduce_only) for o in world.floor.book.orders] == [(OrderType.STOP, D(20), D(85), True)]
    assert not world.heard(ActionProposed), "the card of the old one is its mandate"


@pytest.mark.parametrize("before", [0, 301])
async def test_an_order_the_broker_adjusted_is_left_as_it_is(before: int) -> None:
    world, one = await split_world("2:1")
    ticket = await world.do(limit("AAPL", Side.BUY, "4", "150"))
    if before:
        await world.pass_time(before)
    await happen(world, one, D(20))
    adjusted = rebased_order(await row(world, f"{ticket.id}-1"), one, world.hub.instrument("AAPL"))
    await world.broker.inner.replace(adjusted)
    await world.restart()
    after = await row(world, f"{ticket.id}-1")
    assert (after.quantity, after.limit) == (D(8), D(75))
    assert ("replace", after.client_id) not in world.broker.calls


async def test_what_is_too_small_to_follow_is_taken_back() -> None:
    world, one = await split_world("1:5")
    ticket = await world.do(limit("AAPL", Side.BUY, "4", "150"))
    await happen(world, one, D(2))
    await world.restart()
    assert world.floor.book.orders == ()
    assert ("cancel", f"{ticket.id}-1") in world.broker.calls


async def test_an_order_that_cannot_follow_is_told() -> None:
    world, one = await split_world("2:1")
    await world.do(stop("AAPL", "10", "170"))
    await happen(world, one, D(20))
    world.broker.faults["replace"].append("reject")
    await world.restart()
    told = found(world)
    assert [f.what for f in told] == ["split", "order"]
    assert told[1].done == "not adjusted: the venue does not want it"
    assert not world.floor.reconciler._adjusting.waiting


async def test_without_a_price_an_order_waits_for_one() -> None:
    world, one = await split_world("2:1")
    ticket = await world.do(stop("AAPL", "10", "170"))
    await happen(world, one, D(20))
    inner = world.broker.inner.cancel
    await inner(f"{ticket.id}-1")
    act, calls = world.floor.desk.act, []

    async def none(**fields: object) -> object:
        from domain.errors import NoPrice

        calls.append(fields)
        raise NoPrice("there is no price")

    floor = world.open()
    floor.desk.act = none  # type: ignore[method-assign, assignment]
    await floor.start()
    assert floor.reconciler._adjusting.waiting
    assert calls
    floor.desk.act = act  # type: ignore[method-assign]
    await world.restart()
    assert [o.stop for o in world.floor.book.orders] == [D(85)]


async def test_no_price_source_means_no_split() -> None:
    world, one = await split_world("2:1")
    await happen(world, one, D(20))
    market_quotes = world.market.quotes

    async def failing(symbols: object) -> object:
        raise SourceFailed("down")

    world.market.quotes = failing  # type: ignore[method-assign, assignment]
    await world.restart()
    world.market.quotes = market_quotes  # type: ignore[method-assign]
    assert "split" not in [f.what for f in found(world)]
    assert await world.agrees()


async def test_the_same_split_again_on_the_same_day_is_a_trade() -> None:
    world, one = await split_world("2:1")
    await happen(world, one, D(20))
    await world.restart()
    await shelve(world, AAPL="40")
    world.market.quote("AAPL", "45.5", "45.5", "45.5")
    await world.restart()
    assert [f.what for f in found(world)][:2] == ["split", "foreign"]
    assert await world.agrees()


def test_coins_split_in_their_own_steps() -> None:
    assert recognised(D("0.5"), D("5"), D(7000), (D(70000),), coin("BTC").lot) == ratio("10:1")


async def test_a_position_opened_since_the_last_look_may_split_too() -> None:
    world = await stage(deposit("100000"))
    await world.do(buy("AAPL", "10"))
    await world.pass_time(5)
    await happen(world, ratio("2:1"), D(20))
    await world.pass_time(30, step=5)
    assert [(f.what, f.about) for f in found(world)] == [("split", "AAPL")]
    assert world.floor.book.holdings.quantity("AAPL") == 20
