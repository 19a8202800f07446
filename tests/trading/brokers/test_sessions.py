"""When things trade: exchange hours, holidays, half days, day orders, coins round the clock, replayed markets."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from domain.market import Freshness, Timeframe
from domain.orders import OrderStatus, OrderType, Side, TimeInForce
from tests.fakes.market import INSTRUMENTS, bar, utc
from tests.trading.brokers.desk import FRIDAY, MINUTE, MONDAY_OPEN, open_desk
from trading.brokers.simulated.admission import day_end

EVENING = utc("2025-10-10 22:00")
LIMIT, STOP = OrderType.LIMIT, OrderType.STOP
BUY, SELL = Side.BUY, Side.SELL
AAPL, BTC = INSTRUMENTS[0], INSTRUMENTS[4]


async def test_a_share_waits_for_the_open_and_a_coin_does_not() -> None:
    desk = await open_desk(EVENING)
    desk.market.add(bar("AAPL", utc("2025-10-10 19:59"), "100"))
    assert (await desk.send("a", BUY, "10")).status is OrderStatus.ACCEPTED
    assert (await desk.send("b", BUY, "0.5", symbol="BTC")).status is OrderStatus.FILLED
    desk.market.add(bar("AAPL", utc("2025-10-10 22:05"), "80"), bar("AAPL", MONDAY_OPEN, "103", "104", "102", "103"))
    await desk.till(MONDAY_OPEN - MINUTE)
    assert (await desk.of("a")).filled == 0, "prints of a closed market trade nothing"
    await desk.till(MONDAY_OPEN + MINUTE)
    assert await desk.price("a") == 103
    assert (await desk.of("a")).fills[0].at == MONDAY_OPEN


async def test_a_stop_does_not_fire_on_a_closed_market() -> None:
    desk = await open_desk(EVENING, AAPL="10")
    desk.market.add(bar("AAPL", utc("2025-10-10 19:59"), "100"))
    await desk.send("s", SELL, "10", STOP, stop="95", reduce_only=True)
    desk.market.add(bar("AAPL", utc("2025-10-10 23:00"), "80"), bar("AAPL", MONDAY_OPEN, "100"))
    await desk.till(MONDAY_OPEN + MINUTE)
    assert (await desk.of("s")).status is OrderStatus.ACCEPTED


@pytest.mark.parametrize("freshness", [Freshness.STALE, Freshness.CLOSED])
async def test_nothing_trades_on_an_old_quote(freshness: Freshness) -> None:
    desk = await open_desk()
    desk.market.quote("AAPL", "99.99", "100.01", freshness=freshness)
    await desk.send("a", BUY, "10")
    desk.market.add(bar("AAPL", FRIDAY, "101"))
    await desk.till(FRIDAY + MINUTE)
    assert await desk.price("a") == 101


async def test_nothing_trades_on_a_crossed_quote() -> None:
    desk = await open_desk()
    desk.market.quote("AAPL", "100.01", "99.99")
    assert (await desk.send("a", BUY, "10")).status is OrderStatus.ACCEPTED


async def test_a_day_order_sent_while_closed_lives_through_the_next_session() -> None:
    desk = await open_desk(EVENING)
    await desk.send("d", BUY, "10", LIMIT, limit="98", tif=TimeInForce.DAY)
    close = MONDAY_OPEN + 390 * MINUTE
    await desk.till(close - MINUTE)
    assert (await desk.of("d")).status is OrderStatus.ACCEPTED
    desk.market.add(bar("AAPL", close - MINUTE, "97"))
    await desk.till(close)
    assert await desk.price("d") == 97, "the last bar of the day still counts"


async def test_a_day_order_expires_at_the_close_and_stays_expired() -> None:
    desk = await open_desk()
    await desk.send("d", BUY, "10", LIMIT, limit="98", tif=TimeInForce.DAY)
    await desk.send("g", BUY, "10", LIMIT, limit="98")
    desk.market.add(bar("AAPL", MONDAY_OPEN, "90"))
    await desk.till(MONDAY_OPEN + MINUTE)
    report = await desk.of("d")
    assert (report.status, report.at, report.filled) == (OrderStatus.EXPIRED, utc("2025-10-10 20:00"), Decimal(0))
    assert await desk.price("g") == 90


@pytest.mark.parametrize(
    ("at", "end"),
    [
        ("2025-10-10 13:29:59", "2025-10-10 20:00"),  # before the open of a session day
        ("2025-10-10 19:59:59", "2025-10-10 20:00"),
        ("2025-10-10 20:00", "2025-10-13 20:00"),  # at the close: the next session's
        ("2025-10-11 12:00", "2025-10-13 20:00"),
        ("2025-11-28 15:00", "2025-11-28 18:00"),  # the half day after Thanksgiving
        ("2025-11-27 15:00", "2025-11-28 18:00"),  # Thanksgiving itself
        ("2025-10-31 21:00", "2025-11-03 21:00"),  # winter time begins over the weekend
    ],
)
def test_the_end_of_a_day_order(at: str, end: str) -> None:
    assert day_end(AAPL, utc(at)) == utc(end)


def test_a_coins_day_ends_at_midnight_utc() -> None:
    assert day_end(BTC, utc("2025-10-11 23:59")) == utc("2025-10-12 00:00")
    assert day_end(BTC, utc("2025-10-12 00:00")) == utc("2025-10-13 00:00")


async def test_on_a_replayed_market_a_market_order_fills_at_the_next_bars_open() -> None:
    desk = await open_desk(name="replay bars.csv")
    five = Timeframe.FIVE_MINUTES
    first = FRIDAY - timedelta(minutes=5)
    desk.market.add(
        bar("AAPL", first, "100", size=five),
        bar("AAPL", FRIDAY, "101", "105", "99", "104", size=five),
        bar("AAPL", FRIDAY + 5 * MINUTE, "106", size=five),
        size=five,
    )
    assert (await desk.send("now", BUY, "10")).status is OrderStatus.ACCEPTED
    desk.clock.set(FRIDAY + MINUTE)
    await desk.send("later", BUY, "10")
    await desk.till(FRIDAY + 5 * MINUTE - MINUTE)
    assert (await desk.of("now")).filled == 0, "a bar is not visible before it ends"
    await desk.till(FRIDAY + 5 * MINUTE)
    assert await desk.price("now") == 101
    assert (await desk.of("later")).filled == 0, "the bar under way at arrival is not its own"
    await desk.till(FRIDAY + 10 * MINUTE)
    assert await desk.price("later") == 106


@pytest.mark.parametrize(
    ("size", "past"),
    [(Timeframe.FIVE_MINUTES, "2025-10-09 19:50"), (Timeframe.HOUR, "2025-10-09 19:00"), (Timeframe.DAY, "2025-10-08 13:30")],
)
async def test_the_finest_bars_the_source_has_are_used(size: Timeframe, past: str) -> None:
    desk = await open_desk(AAPL="10")
    day = Timeframe.DAY
    desk.market.add(bar("AAPL", utc("2025-10-08 13:30"), "100", size=day), bar("AAPL", MONDAY_OPEN, "50", size=day), size=day)
    if size is not day:
        desk.market.add(bar("AAPL", utc(past), "100", size=size), bar("AAPL", MONDAY_OPEN, "94", size=size), size=size)
    await desk.send("s", SELL, "10", STOP, stop="95")
    await desk.till(MONDAY_OPEN + timedelta(days=1))
    assert await desk.price("s") == (50 if size is day else 94)
    assert {s for _, s in desk.market.asked[-2:]} == {size}


async def test_a_source_without_bars_leaves_orders_working() -> None:
    desk = await open_desk(AAPL="10")
    await desk.send("s", SELL, "10", STOP, stop="95")
    await desk.till(FRIDAY + timedelta(days=3))
    assert (await desk.of("s")).status is OrderStatus.ACCEPTED


async def test_the_broker_looks_for_bars_once_a_minute() -> None:
    desk = await open_desk(AAPL="10")
    desk.market.add(bar("AAPL", FRIDAY - MINUTE, "100"))
    await desk.send("s", SELL, "10", STOP, stop="95")
    await desk.till(FRIDAY + MINUTE)
    before = len(desk.market.asked)
    moment: datetime = desk.clock.now()
    for second in range(1, 59):
        await desk.till(moment + timedelta(seconds=second))
    assert len(desk.market.asked) == before
    await desk.till(moment + MINUTE)
    assert len(desk.market.asked) == before + 1
    desk.market.add(bar("AAPL", FRIDAY + MINUTE, "100"))
    for minute in (3, 4):
        await desk.till(FRIDAY + minute * MINUTE)
    assert desk.market.starts[-1] == FRIDAY + 2 * MINUTE, "what was lived through is not asked for again"
