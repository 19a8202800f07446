"""The hub: one price per moment, few calls to the source, and a symbol that is not known gets its neighbours named."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from domain.clock import ManualClock
from domain.errors import SourceFailed, UnknownSymbol
from domain.instruments import AssetClass, Instrument
from domain.market import Bar, Quote, Timeframe
from market import calendar
from market.hub import Hub

FRIDAY = datetime(2025, 10, 10, 18, 0, tzinfo=UTC)  # 14:00 New York, in session
SIZES = {Timeframe.MINUTE: timedelta(minutes=1), Timeframe.DAY: timedelta(days=1)}


def instrument(symbol: str, name: str, kind: AssetClass = AssetClass.EQUITY, *aliases: str) -> Instrument:
    return Instrument(symbol, name, kind, "X", "USD", Decimal("0.01"), Decimal(1), "Unknown", aliases=aliases)


class Ticking:
    """A market whose price is the minute of the epoch; it counts how often it is asked."""

    name = "ticking"
    simulated = True

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.asked: list[str] = []
        self.silent: set[str] = set()
        self.broken = False
        self.known = {
            i.symbol: i
            for i in (
                instrument("AAPL", "Apple", AssetClass.EQUITY, "apple", "iphone maker"),
                instrument("MSFT", "Microsoft"),
                instrument("GOOGL", "Alphabet", AssetClass.EQUITY, "google"),
                instrument("BTC", "Bitcoin", AssetClass.CRYPTO, "bitcoin"),
            )
        }

    def price(self, at: datetime) -> Decimal:
        return Decimal(int(at.timestamp()) // 60 % 100_000 + 1)

    def instruments(self) -> Mapping[str, Instrument]:
        self.asked.append("instruments")
        return self.known

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        if self.broken:
            raise SourceFailed("down")
        self.asked.append(f"quotes {len(symbols)}")
        now = self.clock.now()
        price = self.price(now)
        return {s: Quote(s, price, price, price, now, self.name) for s in symbols if s in self.known and s not in self.silent}

    async def bars(self, symbol: str, timeframe: Timeframe, start: datetime, until: datetime) -> Sequence[Bar]:
        self.asked.append(f"{timeframe} {symbol}")
        until = min(until, self.clock.now())
        if symbol in self.silent or symbol not in self.known:
            return ()
        if timeframe is Timeframe.DAY and symbol != "BTC":
            days = calendar.sessions(start.date(), until.date())
            spans = [(s.open, s.close) for s in days]
        else:
            size = SIZES[timeframe]
            first = datetime.fromtimestamp(-(-start.timestamp() // size.total_seconds()) * size.total_seconds(), UTC)
            count = max(int((until - first) / size), 0)
            spans = [(first + size * i, first + size * (i + 1)) for i in range(count)]
            if symbol != "BTC":
                spans = [(a, b) for a, b in spans if calendar.is_open(a)]
        return [
            Bar(symbol, a, b, self.price(a), self.price(b), self.price(a), self.price(b), Decimal(1))
            for a, b in spans
            if a >= start and b <= until
        ]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(FRIDAY)


@pytest.fixture
def source(clock: ManualClock) -> Ticking:
    return Ticking(clock)


@pytest.fixture
def hub(source: Ticking, clock: ManualClock) -> Hub:
    return Hub(source, clock)


async def test_quotes_are_read_once_a_second(hub: Hub, source: Ticking, clock: ManualClock) -> None:
    first = await hub.quotes(["AAPL", "MSFT", "NONE"])
    assert set(first) == {"AAPL", "MSFT"}
    await hub.quotes(["MSFT", "AAPL", "NONE", "AAPL"])
    assert source.asked == ["quotes 3"]
    assert await hub.quote("GOOGL") is not None
    await clock.advance(timedelta(seconds=1))
    await hub.quotes(["AAPL"])
    assert source.asked == ["quotes 3", "quotes 1"]
    await clock.advance(timedelta(seconds=1))
    await hub.quotes(["AAPL"])
    await hub.quotes(["AAPL"], fresh=True)
    assert source.asked == ["quotes 3", "quotes 1", "quotes 1", "quotes 1"]


async def test_a_quote_that_went_away_is_not_remembered(hub: Hub, source: Ticking) -> None:
    assert await hub.quote("AAPL") is not None
    source.silent.add("AAPL")
    assert await hub.quote("AAPL", fresh=True) is None
    assert await hub.quotes([]) == {}


async def test_a_failing_source_is_not_an_empty_one(hub: Hub, source: Ticking) -> None:
    source.broken = True
    with pytest.raises(SourceFailed):
        await hub.quotes(["AAPL"])


async def test_a_cached_read_is_fast(hub: Hub, source: Ticking) -> None:
    symbols = [f"S{i}" for i in range(100)]
    source.known |= {s: instrument(s, s) for s in symbols}
    await hub.quotes(symbols)
    await hub.previous_closes(symbols)
    asked = len(source.asked)
    begin = time.perf_counter()
    for _ in range(100):
        await hub.quotes(symbols)
        await hub.previous_closes(symbols)
    assert (time.perf_counter() - begin) / 200 < 0.0003
    assert len(source.asked) == asked


async def test_bars_never_come_from_the_future(hub: Hub, clock: ManualClock) -> None:
    bars = await hub.bars("AAPL", Timeframe.MINUTE, FRIDAY - timedelta(minutes=5), FRIDAY + timedelta(hours=1))
    assert [b.end for b in bars][-1] == FRIDAY
    assert len(bars) == 5
    assert await hub.bars("AAPL", Timeframe.MINUTE, FRIDAY) == ()
    assert len(await hub.bars("AAPL", Timeframe.MINUTE, FRIDAY - timedelta(minutes=5), FRIDAY - timedelta(minutes=3))) == 2


async def test_closes_are_the_last_completed_sessions(hub: Hub, source: Ticking, clock: ManualClock) -> None:
    bars = await hub.closes("AAPL", 3)
    assert [b.end.date().isoformat() for b in bars] == ["2025-10-07", "2025-10-08", "2025-10-09"]
    earlier = await hub.closes("AAPL", 2, FRIDAY - timedelta(days=1))
    assert [b.end.date().isoformat() for b in earlier] == ["2025-10-07", "2025-10-08"]
    assert source.asked.count("1d AAPL") == 1
    assert len(await hub.closes("AAPL", 300)) == 300
    assert source.asked.count("1d AAPL") == 2
    await clock.advance(timedelta(hours=2))
    assert (await hub.closes("AAPL", 1))[0].end == clock.now()
    assert source.asked.count("1d AAPL") == 3
    assert len(await hub.closes("BTC", 30)) == 30


async def test_closes_are_read_once_a_session(hub: Hub, source: Ticking, clock: ManualClock) -> None:
    for _ in range(5):
        assert (await hub.closes("AAPL", 1))[0].end.isoformat() == "2025-10-09T20:00:00+00:00"
        await clock.advance(timedelta(minutes=10))
    assert source.asked.count("1d AAPL") == 1
    await hub.closes("BTC", 1)
    await clock.advance(timedelta(hours=1))
    await hub.closes("BTC", 1)
    assert source.asked.count("1d BTC") == 1


async def test_a_close_that_is_late_is_asked_for_again_but_not_at_once(hub: Hub, source: Ticking, clock: ManualClock) -> None:
    source.silent.add("AAPL")
    assert await hub.closes("AAPL", 1) == ()
    await clock.advance(timedelta(seconds=30))
    assert await hub.closes("AAPL", 1) == ()
    assert source.asked.count("1d AAPL") == 1
    await clock.advance(timedelta(seconds=40))
    source.silent.clear()
    assert len(await hub.closes("AAPL", 1)) == 1


@pytest.mark.parametrize(
    ("at", "priced"),
    [
        ("2025-10-10T15:02:30Z", "2025-10-10T15:02:00Z"),  # in session: the last minute
        ("2025-10-10T13:30:20Z", "2025-10-09T20:00:00Z"),  # no minute yet: the close before
        ("2025-10-09T20:00:00Z", "2025-10-09T20:00:00Z"),
        ("2025-10-05T12:00:00Z", "2025-10-03T20:00:00Z"),  # a Sunday
    ],
)
async def test_the_price_of_an_instant(hub: Hub, source: Ticking, at: str, priced: str) -> None:
    when, expected = datetime.fromisoformat(at), source.price(datetime.fromisoformat(priced))
    assert await hub.prices_at(["AAPL", "NONE"], when) == {"AAPL": expected}
    asked = len(source.asked)
    await hub.prices_at(["AAPL"], when)
    assert len(source.asked) == asked
    assert (await hub.prices_at(["BTC"], when))["BTC"] == source.price(when)


async def test_the_price_of_now_is_the_quote(hub: Hub, source: Ticking) -> None:
    assert (await hub.prices_at(["AAPL"], FRIDAY + timedelta(days=1)))["AAPL"] == source.price(FRIDAY)
    assert source.asked == ["quotes 1"]


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2025-10-10T18:00:00Z", "2025-10-09T20:00:00Z"),
        ("2025-10-10T12:00:00Z", "2025-10-09T20:00:00Z"),  # before the open it is that day already
        ("2025-10-10T23:00:00Z", "2025-10-09T20:00:00Z"),
        ("2025-10-12T18:00:00Z", "2025-10-09T20:00:00Z"),  # on Sunday the day is still Friday
        ("2025-10-13T13:00:00Z", "2025-10-10T20:00:00Z"),
    ],
)
async def test_the_day_begins_at_the_close_before_it(source: Ticking, now: str, begins: str) -> None:
    source.clock = ManualClock(datetime.fromisoformat(now))
    hub = Hub(source, source.clock)
    begin = datetime.fromisoformat(begins)
    assert hub.day_start() == begin
    assert await hub.previous_closes(["AAPL", "BTC", "NONE"]) == {"AAPL": source.price(begin), "BTC": source.price(begin)}


async def test_previous_closes_move_with_the_day(hub: Hub, source: Ticking, clock: ManualClock) -> None:
    first = await hub.previous_closes(["AAPL"])
    await clock.advance(timedelta(days=3))
    assert await hub.previous_closes(["AAPL"]) != first


async def test_a_changed_world_is_read_again(hub: Hub, source: Ticking) -> None:
    await hub.previous_closes(["AAPL"])
    await hub.quotes(["AAPL"])
    hub.instruments()
    asked = list(source.asked)
    hub.clear()
    await hub.previous_closes(["AAPL"])
    await hub.quotes(["AAPL"])
    hub.instruments()
    assert sorted(source.asked) == sorted(asked * 2)


async def test_old_prices_make_room(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("market.hub.MOST_PRICES", 2)
    for minutes in range(1, 8):
        assert await hub.prices_at(["AAPL"], FRIDAY - timedelta(minutes=minutes))


def test_instruments_by_symbol(hub: Hub) -> None:
    assert hub.simulated
    for text in ("AAPL", "aapl", "$AAPL", " aapl "):
        found = hub.instrument(text)
        assert found is not None
        assert found.symbol == "AAPL"
        assert hub.require(text) is found
    assert hub.instrument("apple") is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("apple", "Did you mean AAPL (Apple)?"),
        ("APPL", "AAPL (Apple)"),
        ("micro", "MSFT (Microsoft)"),
        ("gogle", "GOOGL (Alphabet)"),
        ("bitcoins", "BTC (Bitcoin)"),
    ],
)
def test_an_unknown_symbol_names_its_neighbours(hub: Hub, text: str, named: str) -> None:
    with pytest.raises(UnknownSymbol) as caught:
        hub.require(text)
    assert named in caught.value.message
    assert caught.value.example


@pytest.mark.parametrize("text", ["", "$", "ZZZZZZZZ", "x" * 10_000_000])
def test_a_symbol_without_neighbours(hub: Hub, text: str) -> None:
    with pytest.raises(UnknownSymbol) as caught:
        hub.require(text)
    assert "Did you mean" not in caught.value.message
    assert len(caught.value.message) < 100
