"""A split between two sessions: the broker's quantity changes first, and no price says so before the open."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from domain.events import BreakerTripped
from domain.ledger import EntryKind
from domain.market import Freshness
from tests.fakes.market import utc
from tests.trading.reconciling.elsewhere import found, shelve
from tests.trading.stage import Stage, bought, deposit, stage

D = Decimal
FRIDAY_EVENING, MONDAY_OPEN = utc("2025-10-10 20:30"), utc("2025-10-13 13:30")


async def evening() -> Stage:
    """Ten AAPL at 182, and the session over."""
    world = await stage(deposit("100000"), bought("AAPL", "10", "170"))
    await world.pass_time(301)
    world.clock.set(FRIDAY_EVENING)
    quoted(world, "182", Freshness.CLOSED)
    await world.pass_time(301)
    return world


def quoted(world: Stage, price: str, freshness: Freshness = Freshness.LIVE) -> None:
    world.market.quote("AAPL", price, price, price, freshness=freshness)


@pytest.mark.parametrize("down", [True, False])
async def test_it_waits_for_the_first_price_and_is_a_split_then(down: bool) -> None:
    world = await evening()
    before = await world.floor.book.snapshot(fresh=True)
    await shelve(world, AAPL="20")
    if down:
        await world.restart()
    await world.pass_time(1200, step=60)
    assert [(f.what, f.about, f.book, f.broker) for f in found(world)] == [("split", "AAPL", "10", "20")]
    assert "looks like a 2:1 split" in found(world)[0].done
    assert world.floor.book.holdings.quantity("AAPL") == 10
    assert world.floor.reconciler.last is not None
    assert not world.floor.reconciler.last.equal
    world.clock.set(MONDAY_OPEN + timedelta(seconds=5))
    await world.pass_time(30, step=5)
    assert world.floor.book.holdings.quantity("AAPL") == 10, "the price is still Friday's"
    quoted(world, "91.30")
    await world.pass_time(60, step=5)
    after = await world.floor.book.snapshot(fresh=True)
    assert after.position("AAPL").quantity == 20
    assert [e.kind for e in world.floor.book.entries].count(EntryKind.SPLIT) == 1
    assert abs(after.equity - before.equity) < 10
    assert world.heard(BreakerTripped) == []
    assert await world.agrees()


async def test_what_was_no_split_is_adopted_when_a_price_says_so() -> None:
    world = await evening()
    await shelve(world, AAPL="20")
    await world.pass_time(301, step=60)
    world.clock.set(MONDAY_OPEN + timedelta(seconds=5))
    quoted(world, "183")
    await world.pass_time(720, step=5)
    assert [f.what for f in found(world)] == ["split", "foreign", "cash"]
    assert world.floor.book.holdings.quantity("AAPL") == 20
    assert EntryKind.SPLIT not in [e.kind for e in world.floor.book.entries]
    assert await world.agrees()


async def test_a_market_that_gives_no_price_is_not_waited_for_long() -> None:
    world = await evening()
    await shelve(world, AAPL="20")
    world.clock.set(MONDAY_OPEN + timedelta(minutes=1))
    await world.pass_time(600, step=30)
    assert world.floor.book.holdings.quantity("AAPL") == 10
    await world.pass_time(900, step=30)
    assert world.floor.book.holdings.quantity("AAPL") == 20


@pytest.mark.parametrize(("quantity", "cash"), [("17", None), ("20", "-1820")])
async def test_another_quantity_or_cash_that_moved_is_adopted_at_once(quantity: str, cash: str | None) -> None:
    world = await evening()
    money = world.floor.book.holdings.cash + D(cash or 0)
    await shelve(world, cash=money, AAPL=quantity)
    await world.pass_time(620, step=5)
    assert world.floor.book.holdings.quantity("AAPL") == D(quantity)
    assert await world.agrees()
