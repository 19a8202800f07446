"""What a reader's shock does: from its instant on, for ever, to one symbol."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from domain.clock import ManualClock
from domain.market import Freshness, Quote, Shock, Timeframe
from market import calendar
from market.sources.embedded import Embedded, build
from market.world.world import World

AT = datetime(2026, 11, 20, 16, 12, 30, tzinfo=UTC)
MOVE = Decimal("-0.08")


def last(world: World, symbol: str, at: datetime) -> Decimal:
    quote = world.quote(symbol, at)
    assert isinstance(quote, Quote)
    return quote.last


def near(price: Decimal, other: Decimal) -> bool:
    return abs(price - other) <= Decimal("0.02")


@pytest.fixture
def plain() -> World:
    return World()


@pytest.fixture
def shocked() -> World:
    return World(7, [Shock(AT, "NVDA", MOVE)])


def test_prices_before_stay_and_prices_after_move(plain: World, shocked: World) -> None:
    assert last(shocked, "NVDA", AT - timedelta(seconds=1)) == last(plain, "NVDA", AT - timedelta(seconds=1))
    for after in (timedelta(0), timedelta(hours=2), timedelta(days=1), timedelta(days=300)):
        assert near(last(shocked, "NVDA", AT + after), last(plain, "NVDA", AT + after) * (1 + MOVE))
        assert last(shocked, "AAPL", AT + after) == last(plain, "AAPL", AT + after)


def test_bars_of_the_day_include_it_and_still_add_up(plain: World, shocked: World) -> None:
    session = calendar.require(date(2026, 11, 20))
    minutes = shocked.bars("NVDA", Timeframe.MINUTE, session.open, session.close)
    (daily,) = shocked.bars("NVDA", Timeframe.DAY, session.open, session.close)
    (before,) = plain.bars("NVDA", Timeframe.DAY, session.open, session.close)
    assert daily.open == before.open
    assert near(daily.close, before.close * (1 + MOVE))
    assert (daily.high, daily.low) == (max(b.high for b in minutes), min(b.low for b in minutes))
    assert (daily.close, daily.volume) == (minutes[-1].close, sum(b.volume for b in minutes))
    assert all(a.close == b.open for a, b in pairwise(minutes))
    (shock,) = (b for b in minutes if b.start <= AT < b.end)
    assert shock.close < shock.open * Decimal("0.95")
    for second in range(0, 60, 5):
        assert shock.low <= last(shocked, "NVDA", shock.start + timedelta(seconds=second)) <= shock.high


def test_later_days_move_whole(plain: World, shocked: World) -> None:
    until = AT + timedelta(days=30)
    for a, b in zip(*(w.bars("NVDA", Timeframe.DAY, AT, until) for w in (plain, shocked)), strict=True):
        assert all(near(y, x * (1 + MOVE)) for x, y in ((a.open, b.open), (a.high, b.high), (a.low, b.low), (a.close, b.close)))


def test_adding_is_the_same_as_having_had(shocked: World) -> None:
    world = World()
    world.bars("NVDA", Timeframe.DAY, AT - timedelta(days=90), AT + timedelta(days=90))
    world.add(Shock(AT, "NVDA", MOVE))
    later = AT + timedelta(days=60)
    assert world.bars("NVDA", Timeframe.DAY, AT, later) == shocked.bars("NVDA", Timeframe.DAY, AT, later)


def test_several_in_one_minute_and_one_at_the_open() -> None:
    session = calendar.require(date(2026, 11, 20))
    shocks = [Shock(AT + timedelta(seconds=i), "AAPL", Decimal(m)) for i, m in enumerate(("0.2", "-0.3", "0.1"))]
    world, plain = World(7, [*shocks, Shock(session.open, "AAPL", Decimal("0.5"))]), World()
    expected = last(plain, "AAPL", session.close) * Decimal("1.2") * Decimal("0.7") * Decimal("1.1") * Decimal("1.5")
    assert abs(last(world, "AAPL", session.close) / expected - 1) < Decimal("0.0002")
    (bar,) = (b for b in world.bars("AAPL", Timeframe.MINUTE, session.open, session.close) if b.start <= AT < b.end)
    for second in range(60):
        assert bar.low <= last(world, "AAPL", bar.start + timedelta(seconds=second)) <= bar.high
    (daily,) = world.bars("AAPL", Timeframe.DAY, session.open, session.close)
    assert near(daily.open, last(plain, "AAPL", session.open) * Decimal("1.5"))


def test_outside_the_session_the_last_quote_moves_at_once() -> None:
    session = calendar.require(date(2026, 11, 20))
    night = session.close + timedelta(hours=5)
    world, plain = World(7, [Shock(night, "TSLA", MOVE)]), World()
    quote = world.quote("TSLA", night + timedelta(hours=1))
    assert quote is not None
    assert (quote.at, quote.freshness) == (night, Freshness.CLOSED)
    assert near(quote.last, last(plain, "TSLA", night) * (1 + MOVE))
    (daily,) = world.bars("TSLA", Timeframe.DAY, session.open, session.close)
    assert daily.close == last(plain, "TSLA", night)


def test_crypto_moves_in_the_night_too() -> None:
    at = datetime(2026, 11, 22, 3, 30, 10, tzinfo=UTC)
    world, plain = World(7, [Shock(at, "BTC", Decimal("0.25"))]), World()
    assert abs(last(world, "BTC", at) / last(plain, "BTC", at) - Decimal("1.25")) < Decimal("0.00001")
    start = at.replace(hour=0, minute=0, second=0)
    minutes = world.bars("BTC", Timeframe.MINUTE, start, start + timedelta(days=1))
    (daily,) = world.bars("BTC", Timeframe.DAY, start, start + timedelta(days=1))
    assert (daily.high, daily.low) == (max(b.high for b in minutes), min(b.low for b in minutes))


def test_a_headline_tells_of_it(shocked: World) -> None:
    (item,) = (i for i in shocked.news(AT, AT + timedelta(seconds=1)) if "demo shock" in i.headline)
    assert item.symbols == ("NVDA",)
    assert item.simulated
    assert "NVIDIA drops 8.0%" in item.headline


async def test_the_source_passes_it_on() -> None:
    clock = ManualClock(AT)
    source = build(clock)
    assert isinstance(source, Embedded)
    before = (await source.quotes(["NVDA"]))["NVDA"].last
    source.add_shock(Shock(AT, "NVDA", Decimal("0.10")))
    assert near((await source.quotes(["NVDA"]))["NVDA"].last, before * Decimal("1.1"))


@pytest.mark.parametrize(("at", "move"), [(AT, "-1"), (AT, "-1.5"), (AT.replace(tzinfo=None), "0.1")])
def test_impossible_shocks(at: datetime, move: str) -> None:
    with pytest.raises(ValueError, match="shock"):
        World(7, [Shock(at, "NVDA", Decimal(move))])
