"""Drills: the path of each scenario, the market that follows it, and the line that is cut."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from domain.clock import ManualClock
from domain.errors import BrokerDown
from domain.market import Freshness, Timeframe
from market import calendar
from tests.contracts.test_broker import order
from tests.fakes.market import FakeMarket, bar, path, utc
from tests.trading.stage import START, stage
from trading.drill import AFTER, LEAD_IN, CutLine, Drill, DrillKind, DrillMarket, blow_at

D = Decimal
BLOW = START + timedelta(minutes=2)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def test_a_gap_moves_at_once_and_stays() -> None:
    gap = Drill(DrillKind.GAP, D("-0.07"))
    assert [gap.factor("AAPL", minutes(m)) for m in (-1, 0, 9)] == [1, D("0.93"), D("0.93")]
    assert gap.length == AFTER


def test_a_flash_crash_falls_in_three_minutes_and_gives_four_fifths_back() -> None:
    crash = Drill(DrillKind.FLASH_CRASH, D("-0.20"), "NVDA")
    assert [crash.factor("NVDA", minutes(m)) for m in (0, 1.5, 3, 6.5, 10, 19)] == [1, D("0.9"), D("0.8"), D("0.88"), D("0.96"), D("0.96")]
    assert crash.factor("AAPL", minutes(3)) == 1


def test_prices_drift_while_the_broker_is_away() -> None:
    away = Drill(DrillKind.BROKER_DOWN, D("-0.05"), None, minutes(10))
    assert [away.factor("AAPL", minutes(m)) for m in (0, 5, 10, 15)] == [1, D("0.975"), D("0.95"), D("0.95")]
    assert away.length == minutes(10) + AFTER


async def test_the_blow_falls_in_the_session_or_at_the_next_open() -> None:
    world = await stage()
    now = await world.floor.book.snapshot()
    assert blow_at(now) == BLOW
    world.clock.set(calendar.require(START.date()).close + minutes(30))
    assert blow_at(await world.floor.book.snapshot()) == calendar.following(START.date()).open
    world.clock.set(calendar.following(START.date()).open - minutes(90))
    assert blow_at(await world.floor.book.snapshot()) == calendar.following(START.date()).open


async def test_a_book_of_coins_alone_is_hit_at_once() -> None:
    from tests.trading.stage import bought, deposit

    world = await stage(deposit("100000"), bought("BTC", "0.5", "60000"))
    world.clock.set(utc("2025-10-11 03:00"))
    assert blow_at(await world.floor.book.snapshot()) == utc("2025-10-11 03:02")


async def drilled(drill: Drill) -> tuple[FakeMarket, ManualClock, DrillMarket]:
    live = FakeMarket(ManualClock(START))
    live.add(*path("AAPL", START - minutes(40), START, D(100)))
    live.quote("AAPL", "99.99", "100.01", "100.00")
    clock = ManualClock(BLOW - LEAD_IN)
    return live, clock, DrillMarket(live, await live.quotes(["AAPL"]), clock, drill, BLOW)


async def test_the_market_follows_the_drill_with_a_wider_spread() -> None:
    _, clock, market = await drilled(Drill(DrillKind.GAP, D("-0.10")))
    before = (await market.quotes(["AAPL"]))["AAPL"]
    assert (before.bid, before.last, before.ask) == (D("99.99"), D("100.00"), D("100.01"))
    clock.set(BLOW)
    hit = (await market.quotes(["AAPL"]))["AAPL"]
    assert (hit.bid, hit.last, hit.ask, hit.freshness, hit.at) == (D("89.97"), D("90.00"), D("90.03"), Freshness.LIVE, BLOW)
    assert hit.simulated


async def test_its_bars_join_the_live_ones_and_never_come_from_the_future() -> None:
    live, clock, market = await drilled(Drill(DrillKind.GAP, D("-0.10")))
    clock.set(BLOW + minutes(2))
    bars = await market.bars("AAPL", Timeframe.MINUTE, START - minutes(5), BLOW + minutes(60))
    starts = [b.start for b in bars]
    assert starts == sorted(set(starts))
    assert starts[-3:] == [BLOW - minutes(1), BLOW, BLOW + minutes(1)]
    assert [b.open for b in bars[-3:]] == [D("100.00"), D("90.00"), D("90.00")]
    assert bars[-1].end == clock.now()
    recent = [b.volume for b in await live.bars("AAPL", Timeframe.MINUTE, BLOW - minutes(31), BLOW - minutes(1))]
    assert bars[-1].volume == pytest.approx(sum(recent) / len(recent))
    assert [b.start for b in await market.bars("AAPL", Timeframe.MINUTE, BLOW, BLOW + minutes(1))] == [BLOW]
    assert await market.bars("AAPL", Timeframe.DAY, START, clock.now()) == ()
    assert await market.bars("NVDA", Timeframe.MINUTE, BLOW, clock.now()) == ()


async def test_a_symbol_asked_for_during_the_drill_is_read_once_from_the_live_source() -> None:
    live, _, market = await drilled(Drill(DrillKind.GAP, D("-0.10")))
    live.quote("NVDA", "119.98", "120.02", "120.00")
    assert (await market.quotes(["NVDA", "XOM"])).keys() == {"NVDA"}
    live.no_quote("NVDA")
    assert (await market.quotes(["NVDA"]))["NVDA"].last == 120


async def test_out_of_hours_it_quotes_the_close() -> None:
    _, clock, market = await drilled(Drill(DrillKind.GAP, D("-0.10")))
    clock.set(calendar.require(START.date()).close + minutes(1))
    assert (await market.quotes(["AAPL"]))["AAPL"].freshness is Freshness.CLOSED


async def test_a_cut_line_reaches_nobody_and_then_everybody_again() -> None:
    world = await stage()
    line = CutLine(world.broker, world.clock, START, START + minutes(5))
    assert line.traits == world.broker.traits
    calls = (
        lambda: line.submit(order("x-1")),
        lambda: line.cancel("x-1"),
        lambda: line.replace(order("x-1")),
        lambda: line.find("x-1"),
        line.state,
        line.updates,
    )
    for call in calls:
        with pytest.raises(BrokerDown, match="drill"):
            await call()
    world.clock.set(START + minutes(5))
    assert (await line.state()).positions["AAPL"] == 10
    assert await line.find("x-1") is None
    world.market.add(bar("AAPL", START, "182"))
    assert list(await line.updates()) == []
