"""The market watch: each thing told once, worse things again, nothing twice over a restart, and a source that fails hurts nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from domain.errors import SourceFailed
from domain.events import EarningsNeared, NewsTouched, PositionMoved, QuotesCameBack, QuotesWentStale
from domain.market import EarningsDate, EconomicEvent, Freshness, NewsItem, Timeframe
from market import calendar
from tests.fakes.market import bar
from tests.trading.stage import START, Stage, stage
from trading.watch import Watch

D = Decimal


@dataclass
class Wire:
    """News and dates as the test sets them."""

    items: list[NewsItem] = field(default_factory=list)
    dates: list[EarningsDate] = field(default_factory=list)
    failing: bool = False

    async def news(self, start: datetime, end: datetime) -> Sequence[NewsItem]:
        if self.failing:
            raise SourceFailed("down")
        return [i for i in self.items if start <= i.at < end]

    async def earnings(self, start: datetime, end: datetime) -> Sequence[EarningsDate]:
        if self.failing:
            raise SourceFailed("down")
        return [d for d in self.dates if start <= d.at < end]

    async def economic(self, start: datetime, end: datetime) -> Sequence[EconomicEvent]:
        return ()


def watching(world: Stage, wire: Wire | None = None) -> Watch:
    """A watch as a fresh program would have it."""
    floor = world.floor
    source = wire or Wire()
    return Watch(floor.book, world.hub, world.store, floor.bus, world.clock, source, source)


async def looks(world: Stage, watch: Watch, minutes: int = 1) -> list[object]:
    """What is told by the next looks."""
    before = len(world.events)
    for _ in range(minutes):
        world.clock.set(world.clock.now() + timedelta(minutes=1))
        await watch.round()
    return list(world.events[before:])


async def ready(wire: Wire | None = None) -> tuple[Stage, Watch]:
    """A world that was looked at once, so that what comes is news."""
    world = await stage()
    watch = watching(world, wire)
    await watch.round()
    return world, watch


def closes(world: Stage, symbol: str, *prices: str) -> None:
    """Daily closes of the last sessions, the newest last."""
    sessions = calendar.sessions((START - timedelta(days=40)).date(), (START - timedelta(days=1)).date())[-len(prices) :]
    for session, price in zip(sessions, prices, strict=True):
        one = bar(symbol, session.open, price, size=Timeframe.DAY)
        world.market.add(one.__class__(symbol, session.open, session.close, *(D(price),) * 4, D(1000)), size=Timeframe.DAY)


async def test_a_fall_from_the_best_close_is_told_and_again_when_it_is_worse() -> None:
    world, watch = await ready()
    closes(world, "AAPL", "180", "200", "190")
    world.hub.clear()
    told = await looks(world, watch)  # 182 is 9% under 200
    assert told == []
    world.market.quote("AAPL", "174.99", "175.01", "175.00")
    [event] = await looks(world, watch)
    assert isinstance(event, PositionMoved)
    assert (event.symbol, event.what, event.value) == ("AAPL", "drawdown", D("0.1250"))
    assert "best close" in event.over
    world.market.quote("AAPL", "171.99", "172.01", "172.00")
    assert await looks(world, watch, 3) == [], "14% is not yet a quarter worse"
    world.market.quote("AAPL", "167.99", "168.01", "168.00")
    [event] = await looks(world, watch)
    assert isinstance(event, PositionMoved)
    assert event.value == D("0.1600")


async def test_what_was_so_before_the_first_look_is_no_news() -> None:
    world = await stage()
    closes(world, "AAPL", "240", "230")
    watch = watching(world)
    await watch.round()
    assert world.heard(PositionMoved) == []
    world.market.quote("AAPL", "149.99", "150.01", "150.00")
    assert len(await looks(world, watch)) == 1


async def test_a_spike_within_an_hour_is_told_once_in_each_direction() -> None:
    world, watch = await ready()
    world.market.add(bar("NVDA", START - timedelta(minutes=30), "120"))
    world.market.quote("NVDA", "126.98", "127.02", "127.00")
    [event] = await looks(world, watch)
    assert isinstance(event, PositionMoved)
    assert (event.what, event.value, event.over) == ("spike", D("0.0583"), "within an hour")
    assert await looks(world, watch, 2) == []
    world.market.quote("NVDA", "111.98", "112.02", "112.00")
    [event] = await looks(world, watch)
    assert isinstance(event, PositionMoved)
    assert event.value == D("-0.0667")


async def test_a_gap_at_the_open_and_unusual_volume() -> None:
    world, watch = await ready()
    session = calendar.session_at(START)
    assert session is not None
    closes(world, "NVDA", "125")
    world.market.add(bar("NVDA", session.open, "120"))
    today, day = START - timedelta(minutes=20), session
    world.market.add(bar("NVDA", today, "120", volume="900000"))
    for _ in range(5):
        day = calendar.previous(day.day)
        world.market.add(bar("NVDA", day.open + (today - session.open), "120", volume="100000"))
    world.hub.clear()
    told = {e.what: e for e in await looks(world, watch) if isinstance(e, PositionMoved)}
    assert told["gap"].value == D("-0.0400")
    assert told["volume"].value == D("9.0000")
    assert await looks(world, watch, 2) == []


async def test_nothing_is_told_twice_over_a_restart() -> None:
    wire = Wire(items=[NewsItem("n1", START + timedelta(seconds=30), "Apple sued", "", ("AAPL",), "wire")])
    world, watch = await ready(wire)
    world.market.add(bar("NVDA", START - timedelta(minutes=30), "120"))
    world.market.quote("NVDA", "126.98", "127.02", "127.00")
    assert len(await looks(world, watch)) == 2
    assert await looks(world, watching(world, wire), 3) == []


async def test_a_headline_is_told_for_each_holding_it_names() -> None:
    wire = Wire()
    world, watch = await ready(wire)
    wire.items.append(NewsItem("n1", world.clock.now() + timedelta(seconds=20), "Chips ahead", "", ("AAPL", "NVDA", "XOM"), "wire"))
    told = await looks(world, watch)
    assert [(e.symbol, e.news, e.headline) for e in told if isinstance(e, NewsTouched)] == [
        ("AAPL", "n1", "Chips ahead"),
        ("NVDA", "n1", "Chips ahead"),
    ]


async def test_earnings_of_the_next_session_are_told_once() -> None:
    wire = Wire(dates=[EarningsDate("AAPL", START + timedelta(days=3), "before"), EarningsDate("XOM", START + timedelta(days=3), "before")])
    world, watch = await ready(wire)
    assert [e.symbol for e in world.heard(EarningsNeared)] == ["AAPL"]  # type: ignore[attr-defined]
    assert await looks(world, watch, 2) == []


async def test_stale_quotes_are_told_once_and_so_is_their_return() -> None:
    world, watch = await ready()
    world.market.quote("AAPL", "181", "183", "182", freshness=Freshness.STALE)
    world.market.no_quote("NVDA")
    [event] = await looks(world, watch)
    assert isinstance(event, QuotesWentStale)
    assert event.symbols == ("AAPL", "NVDA")
    assert await looks(world, watching(world), 2) == []
    world.market.quote("AAPL", "181", "183", "182")
    world.market.quote("NVDA", "119", "121", "120")
    [back] = await looks(world, watch)
    assert isinstance(back, QuotesCameBack)
    assert (back.symbols, back.since) == (("AAPL", "NVDA"), event.at)


async def test_a_market_that_closed_is_not_stale_and_its_close_no_recovery() -> None:
    world, watch = await ready()
    world.market.no_quote("AAPL")
    world.market.no_quote("NVDA")
    assert len(await looks(world, watch)) == 1
    world.clock.set(calendar.require(START.date()).close + timedelta(minutes=5))
    assert await looks(world, watch, 2) == []


async def test_a_source_that_fails_is_asked_again() -> None:
    wire = Wire(dates=[EarningsDate("AAPL", START + timedelta(days=3), "before")], failing=True)
    world, watch = await ready(wire)
    wire.items.append(NewsItem("n1", START + timedelta(seconds=30), "Apple sued", "", ("AAPL",), "wire"))
    assert await looks(world, watch) == []
    wire.failing = False
    assert {type(e) for e in await looks(world, watch)} == {NewsTouched, EarningsNeared}


async def test_bars_that_cannot_be_read_leave_the_rest_of_the_look() -> None:
    wire = Wire()
    world, watch = await ready(wire)
    wire.items.append(NewsItem("n1", START + timedelta(seconds=30), "Apple sued", "", ("AAPL",), "wire"))
    plain = world.market.bars

    async def refuse(*asked: object) -> Sequence[object]:
        raise SourceFailed("no bars")

    world.market.bars = refuse  # type: ignore[method-assign, assignment]
    assert [type(e) for e in await looks(world, watch)] == [NewsTouched]
    world.market.bars = plain  # type: ignore[method-assign]


async def test_a_house_without_news_and_calendar_watches_prices_alone() -> None:
    world = await stage()
    floor = world.floor
    watch = Watch(floor.book, world.hub, world.store, floor.bus, world.clock)
    await watch.round()
    await watch.round()
    assert world.events == []
