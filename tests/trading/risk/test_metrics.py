"""Risk figures against numpy and empyrical, on generated and on shared reference returns, and the returns of a book."""

from __future__ import annotations

import csv
import hashlib
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import empyrical
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import ManualClock
from domain.market import Timeframe
from market import calendar
from market.hub import Hub
from tests.fakes.market import FakeMarket, bar, utc
from tests.trading.risk.books import PRICES, book
from trading.risk.metrics import (
    BookReturns,
    beta,
    book_returns,
    concentration,
    max_drawdown,
    volatility,
)
from trading.risk.tails import expected_shortfall, historical_var

SHARED = Path(__file__).parents[3] / "../shared/data/risk_refs"
NOW = utc("2025-10-10 14:30")
series = st.lists(st.floats(-0.2, 0.2, allow_nan=False), min_size=60, max_size=250)


def expect_reference(returns: Sequence[float], market: Sequence[float]) -> None:
    """Our figures against empyrical's and numpy's."""
    mine, theirs = np.array(returns), np.array(market)
    for level in (0.95, 0.99):
        var, tail = historical_var(returns, level), expected_shortfall(returns, level)
        assert var == pytest.approx(max(-float(empyrical.value_at_risk(mine, cutoff=1 - level)), 0.0), abs=1e-6)
        assert var == pytest.approx(max(-float(np.percentile(mine, 100 * (1 - level))), 0.0), abs=1e-6)
        assert tail == pytest.approx(max(-float(empyrical.conditional_value_at_risk(mine, cutoff=1 - level)), 0.0), abs=1e-6)
    assert max_drawdown(returns) == pytest.approx(-float(empyrical.max_drawdown(mine)), abs=1e-6)
    assert volatility(returns) == pytest.approx(float(empyrical.annual_volatility(mine)), abs=1e-6)
    slope = beta(returns, market)
    if slope is not None and np.var(theirs) > 1e-12:
        assert slope == pytest.approx(float(empyrical.beta(mine, theirs)), abs=1e-6)


@given(returns=series)
def test_figures_equal_the_reference_on_any_returns(returns: list[float]) -> None:
    expect_reference(returns, [r * 0.5 + math.sin(n) / 50 for n, r in enumerate(returns)])


def test_figures_equal_the_reference_on_the_shared_returns() -> None:
    if not SHARED.exists():
        pytest.skip("the shared reference returns are not here")
    with (SHARED / "empyrical_returns.csv").open() as file:
        returns = [float(row[1]) / 100 for row in csv.reader(file)]
    with (SHARED / "empyrical_factor_returns.csv").open() as file:
        factors = [float(row["financials"]) / 100 for row in csv.DictReader(file)]
    n = min(len(returns), len(factors))
    assert n >= 60
    expect_reference(returns[:n], factors[:n])


def test_losses_are_positive_and_a_book_that_only_gains_risks_nothing() -> None:
    returns = [n / 1000 for n in range(-50, 50)]
    assert historical_var(returns) == pytest.approx(0.04505)
    assert expected_shortfall(returns) == pytest.approx(0.048)
    assert historical_var([0.01] * 60) == expected_shortfall([0.01] * 60) == 0


def test_too_few_days_say_nothing() -> None:
    assert historical_var([0.01] * 59) is None
    assert expected_shortfall([0.01] * 59) is None
    assert volatility([0.01]) is None
    assert beta([0.01], [0.01]) is None
    assert beta([0.01, 0.02], [0.01, 0.01]) is None


def test_concentration_of_equal_and_single_positions() -> None:
    even = concentration(book(AAPL="20", NVDA="10", XOM="40", SPY="4"))
    assert even is not None
    assert (even.index, even.effective, even.largest, even.share) == (Decimal("0.25"), Decimal(4), "XOM", Decimal("0.25"))
    single = concentration(book(AAPL="-20", shorting=True))
    assert single is not None
    assert (single.index, single.effective, single.largest) == (Decimal(1), Decimal(1), "AAPL")
    assert concentration(book()) is None
    assert concentration(replace(book(AAPL="1"), quotes={})) is None


@given(sizes=st.lists(st.integers(1, 500), min_size=1, max_size=5))
def test_concentration_equals_numpy(sizes: list[int]) -> None:
    held = dict(zip(PRICES, map(str, sizes), strict=False))
    shares = np.array([float(Decimal(q) * Decimal(PRICES[s])) for s, q in held.items()])
    shares /= shares.sum()
    found = concentration(book(holding=held))
    assert found is not None
    assert float(found.index) == pytest.approx(float((shares**2).sum()), abs=1e-9)
    assert 1 - 1e-9 <= float(found.effective) <= len(held) + 1e-9


def step(symbol: str, n: int) -> float:
    return 1 + (hashlib.sha256(f"{symbol}{n}".encode()).digest()[0] - 127.5) / 5000


def market(days: Mapping[str, int]) -> tuple[Hub, dict[str, dict[date, float]]]:
    """Daily closes of shares on sessions and of BTC on every day, so many of each up to yesterday."""
    clock = ManualClock(NOW)
    source = FakeMarket(clock)
    prices: dict[str, dict[date, float]] = {}
    for symbol, count in days.items():
        ends = _ends(symbol, count)
        price = float(PRICES[symbol])
        prices[symbol] = {}
        for n, (day, start, end) in enumerate(ends):
            price = round(price * step(symbol, n), 2)
            prices[symbol][day] = price
            made = bar(symbol, start, str(price), size=Timeframe.DAY)
            source.add(replace(made, end=end), size=Timeframe.DAY)
    return Hub(source, clock), prices


def _ends(symbol: str, count: int) -> list[tuple[date, datetime, datetime]]:
    if symbol == "BTC":
        midnight = NOW.replace(hour=0, minute=0)
        return [
            ((midnight - timedelta(days=n)).date(), midnight - timedelta(days=n), midnight - timedelta(days=n - 1))
            for n in range(count, 0, -1)
        ]
    sessions = calendar.sessions(date(2023, 1, 1), date(2025, 10, 9))[-count:]
    return [(s.day, s.open, s.close) for s in sessions]


async def test_returns_of_a_book_are_its_positions_weighted() -> None:
    hub, prices = market({"AAPL": 300, "NVDA": 300, "SPY": 300})
    portfolio = book(AAPL="100", NVDA="-50", shorting=True)
    found = await book_returns(portfolio, hub, extra=("SPY",))
    days = sorted(prices["AAPL"])[-251:]
    assert len(found.at) == len(found.series) == 250
    for symbol in ("AAPL", "NVDA", "SPY"):
        wanted = [prices[symbol][b] / prices[symbol][a] - 1 for a, b in itertools.pairwise(days)]
        assert found.by_symbol[symbol] == pytest.approx(wanted)
    assert found.weights == {"AAPL": pytest.approx(0.1), "NVDA": pytest.approx(-0.1)}
    both = zip(found.by_symbol["AAPL"], found.by_symbol["NVDA"], strict=True)
    assert found.series == pytest.approx([0.1 * a - 0.1 * n for a, n in both])
    assert found.weighted({"SPY": 1.0}) == pytest.approx(found.by_symbol["SPY"])
    assert found.missing == ()


async def test_a_coins_weekend_is_one_return() -> None:
    hub, prices = market({"AAPL": 300, "BTC": 500})
    found = await book_returns(book(AAPL="10", BTC="0.1"), hub, sessions=100)
    assert len(found.at) == 100
    monday = next(n for n, at in enumerate(found.at) if n > 0 and at.weekday() == 0)
    day = found.at[monday].date()
    friday_before = found.at[monday - 1].date()
    # the coin's last daily close at a session's close in New York is that of midnight UTC before it
    a, b = prices["BTC"][friday_before - timedelta(days=1)], prices["BTC"][day - timedelta(days=1)]
    assert found.by_symbol["BTC"][monday] == pytest.approx(b / a - 1)


async def test_a_book_of_coins_has_days_of_its_own() -> None:
    hub, _ = market({"BTC": 500})
    found = await book_returns(book(BTC="0.1"), hub, sessions=100)
    assert len(found.at) == 100
    assert {at.weekday() for at in found.at} == set(range(7))


async def test_symbols_without_enough_closes_are_named_and_left_out() -> None:
    hub, _ = market({"AAPL": 300, "NVDA": 60, "XOM": 61})
    found = await book_returns(book(AAPL="10", NVDA="10", XOM="10"), hub)
    assert found.missing == ("NVDA",)
    assert set(found.weights) == {"AAPL", "XOM"}
    assert len(found.at) == 60, "only days that every symbol has"


async def test_an_empty_book_has_no_returns() -> None:
    hub, _ = market({})
    assert await book_returns(book(), hub) == BookReturns((), {}, {})
    assert (await book_returns(book(AAPL="1"), hub)).missing == ("AAPL",)
