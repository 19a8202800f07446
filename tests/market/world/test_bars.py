"""Bars of every size tell the same story."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from domain.market import Bar, Freshness, Timeframe
from market import calendar
from market.world.world import World

WORLD = World(3)
DAYS = (date(2026, 11, 20), date(2026, 11, 27), date(2026, 10, 28), date(2021, 3, 15), date(2034, 7, 3))  # 27 November and 3 July: short


def merged(bars: Sequence[Bar], start: datetime, end: datetime) -> Bar:
    high, low = max(b.high for b in bars), min(b.low for b in bars)
    return Bar(bars[0].symbol, start, end, bars[0].open, high, low, bars[-1].close, sum((b.volume for b in bars), bars[0].volume * 0))


def span(symbol: str, day: date) -> tuple[datetime, datetime]:
    if WORLD.instruments[symbol].round_the_clock:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return start, start + timedelta(days=1)
    session = calendar.require(day)
    return session.open, session.close


@pytest.mark.parametrize("day", DAYS, ids=str)
@pytest.mark.parametrize("symbol", ["AAPL", "SOXL", "BTC", "COST"])
def test_minutes_add_up(symbol: str, day: date) -> None:
    start, end = span(symbol, day)
    minutes = WORLD.bars(symbol, Timeframe.MINUTE, start, end)
    assert len(minutes) == (end - start) // timedelta(minutes=1)
    assert all(a.close == b.open and a.end == b.start for a, b in pairwise(minutes))
    assert all(b.low <= min(b.open, b.close) <= max(b.open, b.close) <= b.high for b in minutes)
    (daily,) = WORLD.bars(symbol, Timeframe.DAY, start, end)
    assert daily == merged(minutes, start, end)
    for timeframe, size in ((Timeframe.FIVE_MINUTES, 5), (Timeframe.HOUR, 60)):
        bars = WORLD.bars(symbol, timeframe, start, end)
        parts = [minutes[i : i + size] for i in range(0, len(minutes), size)]
        assert list(bars) == [merged(part, part[0].start, part[-1].end) for part in parts]


def test_part_of_a_day_is_cut_from_the_whole() -> None:
    start, end = span("MSFT", date(2026, 11, 20))
    whole = WORLD.bars("MSFT", Timeframe.FIVE_MINUTES, start, end)
    some = WORLD.bars("MSFT", Timeframe.FIVE_MINUTES, start + timedelta(minutes=7), end - timedelta(minutes=8))
    assert list(some) == list(whole[2:-2])
    assert not WORLD.bars("MSFT", Timeframe.HOUR, start + timedelta(minutes=5), start + timedelta(minutes=70))


def test_the_last_close_stays_until_the_next_open() -> None:
    session = calendar.require(date(2026, 11, 20))
    (daily,) = WORLD.bars("AAPL", Timeframe.DAY, session.open, session.close)
    for at in (session.close, session.close + timedelta(hours=40), calendar.following(session.day).open - timedelta(seconds=1)):
        quote = WORLD.quote("AAPL", at)
        assert quote is not None
        assert (quote.last, quote.at, quote.freshness) == (daily.close, session.close, Freshness.CLOSED)


def test_crypto_never_closes() -> None:
    sunday = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)
    days = WORLD.bars("ETH", Timeframe.DAY, sunday - timedelta(days=30), sunday)
    assert len(days) == 29
    assert all(a.close == b.open for a, b in pairwise(days))
    quote = WORLD.quote("ETH", sunday)
    assert quote is not None
    assert quote.freshness is Freshness.LIVE


def test_prices_move_within_a_minute() -> None:
    start = calendar.require(date(2026, 11, 20)).open + timedelta(minutes=45)
    seconds = {q.last for s in range(60) if (q := WORLD.quote("NVDA", start + timedelta(seconds=s)))}
    assert len(seconds) > 5


def test_spreads_are_those_of_the_liquid_and_the_illiquid() -> None:
    at = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
    points = {s: float(q.spread / q.mid) * 1e4 for s in WORLD.instruments if (q := WORLD.quote(s, at))}
    assert points["SPY"] < 1
    assert points["AAPL"] < 2
    assert points["ISRG"] > points["MSFT"]
    assert max(points.values()) < 25
