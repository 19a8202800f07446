"""The same instant has the same price: in a fresh world, in another order, in another process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.market import Freshness, Timeframe
from market import calendar
from market.world.world import World

ROOT = Path(__file__).parents[3]
NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
SHARED = World()
SCRIPT = """
import hashlib
from datetime import UTC, datetime
from market.world.world import World
from domain.market import Timeframe
w = World()
at = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
text = repr([w.quote(s, at) for s in w.instruments]) + repr(w.news(at.replace(day=18), at))
text += repr(w.bars("NVDA", Timeframe.FIVE_MINUTES, at.replace(day=20, hour=0), at))
print(hashlib.sha256(text.encode()).hexdigest())
"""

instants = st.datetimes(datetime(2020, 1, 2), datetime(2035, 12, 30)).map(lambda d: d.replace(tzinfo=UTC))
symbols = st.sampled_from(sorted(SHARED.instruments))


def test_every_process_sees_the_same_world() -> None:
    outputs = set()
    for salt in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": salt, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=environment, check=True, cwd=ROOT)
        outputs.add(done.stdout)
    mine = repr([SHARED.quote(s, NOON) for s in SHARED.instruments]) + repr(SHARED.news(NOON.replace(day=18), NOON))
    mine += repr(SHARED.bars("NVDA", Timeframe.FIVE_MINUTES, NOON.replace(day=20, hour=0), NOON))
    assert outputs == {hashlib.sha256(mine.encode()).hexdigest() + "\n"}


def test_order_of_asking_does_not_matter() -> None:
    one, other = World(), World()
    listed = sorted(one.instruments)
    for symbol in listed[:12]:
        one.bars(symbol, Timeframe.DAY, NOON - timedelta(days=200), NOON)
    first = {s: one.quote(s, NOON) for s in listed}
    other.quote("BTC", NOON + timedelta(days=400))
    assert {s: other.quote(s, NOON) for s in reversed(listed)} == first


def test_seeds_are_different_worlds() -> None:
    assert World(7).quote("AAPL", NOON) != World(8).quote("AAPL", NOON)


def test_reference_closes_hold_at_the_anchor() -> None:
    eve = datetime(2024, 12, 31, 23, 0, tzinfo=UTC)
    last = {s: q.last for s in ("AAPL", "SPY", "NVDA") if (q := SHARED.quote(s, eve))}
    assert last == {"AAPL": Decimal("250.42"), "SPY": Decimal("586.08"), "NVDA": Decimal("134.29")}


@settings(max_examples=60, deadline=None)
@given(symbols, instants)
def test_quotes_exist_at_any_instant_and_make_sense(symbol: str, at: datetime) -> None:
    quote = SHARED.quote(symbol, at)
    assert quote is not None
    assert quote == World().quote(symbol, at)
    assert Decimal(0) < quote.bid <= quote.last <= quote.ask
    assert quote.bid < quote.ask
    assert quote.at <= at
    assert quote.simulated
    assert quote.source == "simulated"
    tick = SHARED.instruments[symbol].tick
    assert all(price % tick == 0 and price.as_tuple().exponent == -2 for price in (quote.bid, quote.ask, quote.last))
    trading = SHARED.instruments[symbol].round_the_clock or calendar.is_open(at)
    assert quote.freshness is (Freshness.LIVE if trading else Freshness.CLOSED)


@settings(max_examples=60, deadline=None)
@given(symbols, instants)
def test_a_quote_lies_in_its_minute(symbol: str, at: datetime) -> None:
    quote = SHARED.quote(symbol, at)
    assert quote is not None
    if quote.freshness is Freshness.LIVE:
        start = at.replace(second=0, microsecond=0)
        (bar,) = SHARED.bars(symbol, Timeframe.MINUTE, start, start + timedelta(minutes=1))
        assert bar.low <= quote.last <= bar.high
        assert SHARED.quote(symbol, start).last == bar.open


@settings(max_examples=60, deadline=None)
@given(symbols, instants, st.sampled_from(Timeframe), st.integers(0, 3000))
def test_no_bar_from_the_future_and_none_from_before(symbol: str, until: datetime, timeframe: Timeframe, minutes: int) -> None:
    start = until - timedelta(minutes=minutes)
    bars = SHARED.bars(symbol, timeframe, start, until)
    assert all(start <= bar.start and bar.end <= until for bar in bars)
    later = SHARED.bars(symbol, timeframe, start, until + timedelta(days=1))
    assert list(bars) == [bar for bar in later if bar.end <= until]
    assert all(a.end <= b.start for a, b in pairwise(bars))


def test_outside_its_range_the_world_is_empty() -> None:
    assert SHARED.quote("AAPL", datetime(1999, 5, 5, tzinfo=UTC)) is None
    assert SHARED.quote("AAPL", datetime(2040, 5, 5, tzinfo=UTC)) is None
    assert not SHARED.bars("AAPL", Timeframe.DAY, datetime(1990, 5, 5, tzinfo=UTC), datetime(1991, 5, 5, tzinfo=UTC))
    assert not SHARED.bars("BTC", Timeframe.HOUR, datetime(1990, 5, 5, tzinfo=UTC), datetime(1991, 5, 5, tzinfo=UTC))
    assert SHARED.quote("NOPE", NOON) is None
    assert not SHARED.bars("NOPE", Timeframe.DAY, NOON - timedelta(days=9), NOON)
    assert not SHARED.bars("AAPL", Timeframe.DAY, NOON, NOON)
