"""A replayed file is a market that never knows what comes next."""

from __future__ import annotations

import gzip
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.clock import ManualClock
from domain.errors import BadArgument, ImportRefused
from domain.instruments import AssetClass, Instrument
from domain.market import Freshness, Timeframe
from market import calendar
from market.hub import Hub
from market.sources import replay
from market.sources.replay import Replay

SHARED = Path(__file__).parents[3] / "../shared/data/intraday_5min"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the bars of ../shared/data are not here")
HEAD = "symbol,datetime,open,high,low,close,volume"
SPY = Instrument("SPY", "S&P 500 fund", AssetClass.ETF, "NYSE", "USD", Decimal("0.01"), Decimal(1), "Broad market")


def prices(*values: int | str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, values))


def ny(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=calendar.NEW_YORK).astimezone(UTC)


def market(folder: Path, rows: Sequence[str], at: str, zone: str = "America/New_York", known: bool = True) -> Replay:
    path = folder / "bars.csv"
    path.write_text("\n".join([HEAD, *rows]))
    return replay.build(path, ManualClock(ny(at)), zone=ZoneInfo(zone), known={"SPY": SPY} if known else {})


def clock_of(source: Replay) -> ManualClock:
    assert isinstance(source._clock, ManualClock)
    return source._clock


def days(first: str, minutes: int, *, sessions: int = 3, symbol: str = "SPY") -> list[str]:
    """Bars over whole sessions from a day on; bar n (counted over all) has open 100 + n, close 100.5 + n, low and high one off."""
    rows: list[str] = []
    day = datetime.fromisoformat(first).date()
    for session in calendar.sessions(day, day + timedelta(days=20))[:sessions]:
        at = session.open
        while at < session.close:
            n = len(rows)
            local = at.astimezone(calendar.NEW_YORK).strftime("%Y-%m-%d %H:%M")
            rows.append(f"{symbol},{local},{100 + n},{101 + n},{99 + n},{100 + n}.5,{n + 1}")
            at += timedelta(minutes=minutes)
    return rows


async def last(source: Replay, symbol: str = "SPY") -> Decimal | None:
    quote = (await source.quotes([symbol])).get(symbol)
    return quote.last if quote else None


async def test_a_bar_is_seen_from_its_end(tmp_path: Path) -> None:
    source = market(tmp_path, days("2025-10-10", 5), "2025-10-10T09:35")
    clock = clock_of(source)
    assert await last(source) == Decimal("100.5")
    await clock.advance(timedelta(minutes=4, seconds=59))
    assert await last(source) == Decimal("100.5")
    await clock.advance(timedelta(seconds=1))
    assert await last(source) == Decimal("101.5")
    bars = await source.bars("SPY", Timeframe.FIVE_MINUTES, ny("2025-10-10T00:00"), ny("2026-01-01T00:00"))
    assert [b.end for b in bars] == [ny("2025-10-10T09:35"), ny("2025-10-10T09:40")]
    assert bars[1].start == ny("2025-10-10T09:35")
    assert (bars[1].open, bars[1].high, bars[1].low, bars[1].close, bars[1].volume) == prices(101, 102, 100, "101.5", 2)


async def test_the_quote_has_the_stated_spread(tmp_path: Path) -> None:
    rows = ["SPY,2025-10-10 09:30,600,600,600,600,1", "SPY,2025-10-10 09:35,20,20,20,20.00,1", "SPY,2025-10-10 09:40,0.01,0.01,0.01,0.01,1"]
    source = market(tmp_path, rows, "2025-10-10T09:35")
    seen = []
    for _ in range(3):
        quote = (await source.quotes(["SPY", "NONE"]))["SPY"]
        seen.append((quote.bid, quote.ask))
        await clock_of(source).advance(timedelta(minutes=5))
    assert seen == [
        (Decimal("599.88"), Decimal("600.12")),
        (Decimal("19.99"), Decimal("20.01")),
        (Decimal("0.01"), Decimal("0.02")),
    ]
    assert quote.source == source.name == "replay of bars.csv"
    assert not source.simulated
    assert not quote.simulated


async def test_how_fresh_a_quote_is(tmp_path: Path) -> None:
    source = market(tmp_path, days("2025-10-09", 5, sessions=2), "2025-10-09T10:00")
    clock = clock_of(source)

    async def at(text: str) -> Freshness:
        clock.set(ny(text))
        return (await source.quotes(["SPY"]))["SPY"].freshness

    assert await at("2025-10-09T10:00") is Freshness.LIVE
    assert await at("2025-10-09T16:00") is Freshness.CLOSED
    assert await at("2025-10-10T08:00") is Freshness.CLOSED
    assert await at("2025-10-10T09:31") is Freshness.DELAYED  # today's first bar has not closed
    assert await at("2025-10-10T09:36") is Freshness.LIVE
    assert await at("2025-10-12T12:00") is Freshness.CLOSED  # the weekend
    assert await at("2025-10-13T09:31") is Freshness.DELAYED
    assert await at("2025-10-13T10:00") is Freshness.STALE  # the file has ended
    assert await at("2025-10-14T20:00") is Freshness.STALE


async def test_daily_bars_are_seen_from_the_close(tmp_path: Path) -> None:
    rows = ["SPY,2025-07-01,1,2,1,1.5,9", "SPY,2025-07-02,1,2,1,1.6,9", "SPY,2025-07-03,1,2,1,1.7,9"]
    source = market(tmp_path, rows, "2025-07-01T16:00")
    clock = clock_of(source)
    assert await last(source) == Decimal("1.5")
    clock.set(ny("2025-07-02T15:59"))
    assert await last(source) == Decimal("1.5")
    assert (await source.quotes(["SPY"]))["SPY"].freshness is Freshness.DELAYED
    clock.set(ny("2025-07-03T12:59"))
    assert await last(source) == Decimal("1.6")
    clock.set(ny("2025-07-03T13:00"))  # the session before Independence Day ends early
    assert await last(source) == Decimal("1.7")
    assert (await source.quotes(["SPY"]))["SPY"].freshness is Freshness.CLOSED
    bars = await source.bars("SPY", Timeframe.DAY, ny("2025-07-01T09:30"), clock.now())
    assert [b.start for b in bars] == [ny(f"2025-07-0{d}T09:30") for d in (1, 2, 3)]
    assert await source.bars("SPY", Timeframe.MINUTE, ny("2025-07-01T09:30"), clock.now()) == bars  # no finer ones are there
    clock.set(ny("2025-07-08T12:00"))
    assert (await source.quotes(["SPY"]))["SPY"].freshness is Freshness.STALE


@pytest.mark.parametrize("written", ["2025-10-{} 00:00:00", "2025-10-{}T00:00:00Z", "2025-10-{}T04:00:00Z", "2025-10-{}T16:00:00-04:00"])
async def test_daily_bars_however_their_day_is_written(tmp_path: Path, written: str) -> None:
    rows = [f"SPY,{written.format(d)},1,2,1,1.{d},9" for d in ("07", "08", "09")]
    source = market(tmp_path, rows, "2025-10-09T15:59")
    assert await last(source) == Decimal("1.08")
    clock_of(source).set(ny("2025-10-09T16:00"))
    assert await last(source) == Decimal("1.09")


async def test_weekly_bars_end_with_their_week(tmp_path: Path) -> None:
    rows = [f"SPY,{d},1,2,1,1.{n},9" for n, d in enumerate(("2025-09-22", "2025-09-29", "2025-10-06"), start=1)]
    source = market(tmp_path, rows, "2025-10-10T15:59")
    assert await last(source) == Decimal("1.2")
    clock_of(source).set(ny("2025-10-10T16:00"))
    assert await last(source) == Decimal("1.3")


async def test_daily_bars_outside_the_session_table_end_at_four(tmp_path: Path) -> None:
    source = market(tmp_path, ["SPY,2025-10-11,1,2,1,1.5,9", "SPY,2025-10-12,1,2,1,1.6,9"], "2025-10-12T15:59")
    assert await last(source) == Decimal("1.5")
    assert source.span[1] == ny("2025-10-12T16:00")


async def test_a_bar_ends_with_its_session_at_the_latest(tmp_path: Path) -> None:
    rows = [f"SPY,2025-10-10 {h:02}:30,1,2,1,1.{h},9" for h in range(9, 16)]
    source = market(tmp_path, rows, "2025-10-10T16:00")
    assert await last(source) == Decimal("1.15")
    bars = await source.bars("SPY", Timeframe.HOUR, ny("2025-10-10T09:30"), ny("2025-10-10T16:00"))
    assert [(b.end - b.start).seconds for b in bars] == [3600] * 6 + [1800]


async def test_finer_bars_make_coarser_ones_within_sessions(tmp_path: Path) -> None:
    source = market(tmp_path, days("2025-07-02", 1, sessions=2), "2025-07-03T12:45")
    start, now = ny("2025-07-02T00:00"), clock_of(source).now()
    five = await source.bars("SPY", Timeframe.FIVE_MINUTES, start, now)
    hours = await source.bars("SPY", Timeframe.HOUR, start, now)
    daily = await source.bars("SPY", Timeframe.DAY, start, now)
    assert len(await source.bars("SPY", Timeframe.MINUTE, start, now)) == 390 + 195
    assert len(five) == 78 + 39
    assert (five[0].open, five[0].high, five[0].low, five[0].close, five[0].volume) == prices(100, 105, 99, "104.5", 15)
    assert [b.start for b in hours] == [ny(f"2025-07-02T{h:02}:30") for h in range(9, 16)] + [
        ny(f"2025-07-03T{h:02}:30") for h in range(9, 12)
    ]
    assert hours[6].end == ny("2025-07-02T16:00")
    assert [(b.start, b.end) for b in daily] == [(ny("2025-07-02T09:30"), ny("2025-07-02T16:00"))]
    assert [(b.open, b.close) for b in daily] == [prices(100, "489.5")]
    clock_of(source).set(ny("2025-07-03T13:00"))
    daily = await source.bars("SPY", Timeframe.DAY, start, ny("2025-07-03T13:00"))
    assert [b.volume for b in daily] == [Decimal(390 * 391 // 2), Decimal(600 * 601 // 2 - 390 * 391 // 2)]
    assert await source.bars("SPY", Timeframe.DAY, start, ny("2025-07-03T12:59")) == daily[:1]


async def test_bars_outside_the_session_are_not_in_its_day(tmp_path: Path) -> None:
    rows = [
        "SPY,2025-10-10 08:00,50,50,50,50,1",
        "SPY,2025-10-10 09:30,100,101,99,100,2",
        "SPY,2025-10-10 09:35,100,101,99,100,2",
        "SPY,2025-10-10 16:00,900,900,900,900,4",
        "SPY,2025-10-11 09:30,70,70,70,70,4",
        "SPY,2025-10-11 09:35,70,71,70,71,4",
    ]
    source = market(tmp_path, rows, "2025-10-13T00:00")
    daily = await source.bars("SPY", Timeframe.DAY, ny("2025-10-10T00:00"), ny("2025-10-13T00:00"))
    assert [(b.high, b.volume) for b in daily[:1]] == [prices(101, 4)]
    assert (daily[1].end, daily[1].close) == (ny("2025-10-11T16:00"), Decimal(71))  # a day the exchange does not know
    hours = await source.bars("SPY", Timeframe.HOUR, ny("2025-10-10T00:00"), ny("2025-10-13T00:00"))
    assert [b.start for b in hours][:3] == [ny("2025-10-10T07:30"), ny("2025-10-10T09:30"), ny("2025-10-10T16:00")]


async def test_what_trades_on_saturdays_is_a_coin_and_has_utc_days(tmp_path: Path) -> None:
    start = datetime(2025, 10, 10, tzinfo=UTC)
    rows = [f"ETH,{(start + timedelta(hours=h)):%Y-%m-%d %H:%M},{h + 1},{h + 2},{h + 1},{h + 1},1.5" for h in range(72)]
    source = market(tmp_path, rows, "2025-10-12T12:30", zone="UTC")
    instrument = source.instruments()["ETH"]
    assert (instrument.asset_class, instrument.sector, instrument.lot) == (AssetClass.CRYPTO, "Crypto", Decimal("0.000001"))
    quote = (await source.quotes(["ETH"]))["ETH"]
    assert (quote.at, quote.freshness) == (ny("2025-10-12T12:00"), Freshness.LIVE)
    daily = await source.bars("ETH", Timeframe.DAY, start, clock_of(source).now())
    assert [b.start.day for b in daily] == [10, 11]
    assert [(b.open, b.close, b.volume) for b in daily] == [prices(1, 24, 36), prices(25, 48, 36)]
    clock_of(source).set(ny("2025-10-13T12:00"))
    assert (await source.quotes(["ETH"]))["ETH"].freshness is Freshness.STALE


async def test_daily_coins_end_at_midnight(tmp_path: Path) -> None:
    rows = [f"BTC,2025-10-{d},1,2,1,1.{d},9" for d in (10, 11, 12)]
    source = market(tmp_path, rows, "2025-10-11T19:59", zone="UTC")
    assert await last(source, "BTC") == Decimal("1.1")
    clock_of(source).set(datetime(2025, 10, 12, tzinfo=UTC))
    assert await last(source, "BTC") == Decimal("1.11")


async def test_sizes_are_each_symbols_own(tmp_path: Path) -> None:
    rows = [
        *days("2025-10-09", 30, sessions=1),
        *days("2025-10-09", 5, sessions=1, symbol="NEW"),
        "ONE,2025-10-09 10:00,5,5,5,5,5",
        "LATE,2025-10-09 11:00,5,5,5,5,5",
    ]
    source = market(tmp_path, rows, "2025-10-09T10:05")
    assert await last(source) == Decimal("100.5")
    assert (await source.quotes(["SPY", "NEW", "ONE", "LATE"])).keys() == {"SPY", "NEW", "ONE"}
    assert await last(source, "NEW") == Decimal("106.5")
    assert list(source.instruments()) == ["SPY", "NEW", "ONE", "LATE"]
    assert source.instruments()["SPY"] is SPY
    assert (source.instruments()["NEW"].sector, source.instruments()["NEW"].tick) == ("Unknown", Decimal("0.01"))


async def test_single_bars(tmp_path: Path) -> None:
    assert (market(tmp_path, ["SPY,2025-10-09 10:00,5,5,5,5,5"], "2025-10-09T10:05")).span[1] == ny("2025-10-09T10:01")
    assert (market(tmp_path, ["SPY,2025-10-09,5,5,5,5,5"], "2025-10-09T18:05")).span[1] == ny("2025-10-09T16:00")


async def test_a_penny_share_has_a_fine_tick(tmp_path: Path) -> None:
    source = market(tmp_path, ["TINY,2025-10-09 10:00,0.05,0.05,0.05,0.05,5"], "2025-10-09T10:05")
    quote = (await source.quotes(["TINY"]))["TINY"]
    assert (quote.bid, quote.ask) == (Decimal("0.0499"), Decimal("0.0501"))


def test_beginning_before_the_file_says_what_it_has(tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match="bars from 2025-10-09 09:35 to 2025-10-13 16:00 New York") as caught:
        market(tmp_path, days("2025-10-09", 5), "2025-10-09T09:34")
    assert caught.value.example == "--at 2025-10-13T16:00-04:00"


def test_a_bad_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="line 2"):
        market(tmp_path, ["SPY,2025-10-09 10:00,5,5,6,5,5"], "2025-10-09T10:05")


async def test_an_unknown_symbol_has_nothing(tmp_path: Path) -> None:
    source = market(tmp_path, days("2025-10-09", 5), "2025-10-09T10:05")
    assert await source.quotes(["NONE"]) == {}
    assert await source.bars("NONE", Timeframe.DAY, ny("2025-10-01T00:00"), ny("2025-10-12T00:00")) == ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    minutes=st.sampled_from((1, 5, 15, 30, 60, 390)),
    timeframe=st.sampled_from(list(Timeframe)),
    seconds=st.integers(0, 4 * 86_400),
)
async def test_nothing_that_was_seen_changes_and_nothing_is_seen_early(
    tmp_path: Path, minutes: int, timeframe: Timeframe, seconds: int
) -> None:
    """What is seen now is exactly the part of the whole that has ended: later rows of the file change nothing."""
    rows = days("2025-10-08", minutes)
    first, end = ny("2025-10-08T00:00"), ny("2025-10-20T00:00")
    at = ny("2025-10-08T16:00") + timedelta(seconds=seconds)
    whole = market(tmp_path, rows, "2025-10-20T00:00")
    early = market(tmp_path, rows, "2025-10-08T16:00")
    clock_of(early).set(at)
    seen = await early.bars("SPY", timeframe, first, end)
    assert list(seen) == [b for b in await whole.bars("SPY", timeframe, first, end) if b.end <= at]
    ends = [min(ny(r[4:20].replace(" ", "T")) + timedelta(minutes=minutes), ny(f"{r[4:14]}T16:00")) for r in rows]
    closed = [r for r, ended in zip(rows, ends, strict=True) if ended <= at]
    assert await last(early) == Decimal(closed[-1].split(",")[5])


@needs_shared
async def test_a_hard_down_day_on_real_bars() -> None:
    begin = time.process_time()
    clock = ManualClock(ny("2025-10-10T14:00"))
    hub = Hub(replay.build(SHARED / "bars_5min_20sym_2025-05_2025-10.csv.gz", clock), clock)
    symbols = list(hub.instruments())
    quotes, before = await hub.quotes(symbols), await hub.previous_closes(symbols)
    assert time.process_time() - begin < 8
    assert len(symbols) == len(quotes) == len(before) == 20
    assert all(q.freshness is Freshness.LIVE and q.at == clock.now() for q in quotes.values())
    moves = {s: quotes[s].last / before[s] - 1 for s in symbols}
    assert moves["SPY"] < Decimal("-0.015")
    assert sum(move < 0 for move in moves.values()) >= 18
    with gzip.open(SHARED / "bars_5min_20sym_2025-05_2025-10.csv.gz", "rt") as file:
        row = next(line for line in file if line.startswith("SPY,2025-10-10 13:55")).strip().split(",")
    assert quotes["SPY"].last == Decimal(row[5])
