"""Twelve generated years against the numbers the world was calibrated with.

Tolerances are those of one seed over twelve years, and honest about what deviates: tails of single shares come out between 3 and 9 degrees
of freedom whatever was measured (a fund of thin tails cannot share its days with a market of fat ones); the half-year samples keep beta and
own volatility only; GOOG is GOOGL; the overnight share of calm companies is raised by their earnings; a level wanders less over quarters
than its days would let it; the market's volatility has a somewhat higher median and a thinner calm side.
"""

from __future__ import annotations

import csv
import json
import math
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from domain.market import Timeframe
from market import calendar
from market.world import fit, model
from market.world.world import World

DATA = Path(__file__).parents[4] / "shared/data/demo_calibration"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="the calibration files are not beside the project")
START, END = datetime(2014, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
WORLD = World()
EQUITIES = sorted(s for s, i in model.load().symbols.items() if not i.crypto)
Array = np.ndarray[Any, np.dtype[np.float64]]


@cache
def days(symbol: str) -> Array:
    """Rows of log open and log close."""
    bars = WORLD.bars(symbol, Timeframe.DAY, START, END)
    logs: Array = np.log(np.array([[float(bar.open), float(bar.close)] for bar in bars]))
    return logs


@cache
def returns(symbol: str) -> Array:
    closes = days(symbol)[:, 1]
    return closes[1:] - closes[:-1]


@cache
def shipped() -> dict[str, Any]:
    symbols: dict[str, Any] = json.loads(fit.MODEL.read_text())["symbols"]
    return symbols


def tail(x: Array) -> float:
    """Degrees of freedom of the likeliest Student-t."""
    x, best = x - x.mean(), (-math.inf, 0.0)
    for df in np.concatenate([np.arange(2.2, 8, 0.4), [9, 11, 14, 20, 30]]):
        variance = x.var() * 0.6
        for _ in range(15):
            variance = float(((df + 1) / (df + x * x / variance) * x * x).mean())
        size = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - 0.5 * math.log(df * math.pi * variance)
        best = max(best, (len(x) * size - (df + 1) / 2 * float(np.log1p(x * x / (df * variance)).sum()), float(df)))
    return best[1]


def test_daily_volatility() -> None:
    ratios = [returns(s).std() * math.sqrt(252) / shipped()[s]["vol"] for s in EQUITIES]
    assert min(ratios) > 0.9
    assert max(ratios) < 1.1
    assert 0.95 < float(np.median(ratios)) < 1.06


def test_beta() -> None:
    spy, sigma = returns("SPY"), shipped()["SPY"]["vol"]
    for symbol in EQUITIES:
        row = shipped()[symbol]
        wanted = row["loadings"]["market"] * row["vol"] / sigma
        assert np.cov(returns(symbol), spy)[0, 1] / spy.var() == pytest.approx(wanted, rel=0.1, abs=0.1)


def test_tails() -> None:
    found = {s: tail(returns(s)) for s in EQUITIES}
    assert all(2.9 <= df <= 9.0 for df in found.values())
    assert 3.6 < found["SPY"] < 6.5
    wanted = [shipped()[s]["df"] for s in EQUITIES]
    assert abs(float(np.median(list(found.values()))) - float(np.median(wanted))) < 1.0
    assert all(np.abs(returns(s)).max() < 14 * returns(s).std() for s in EQUITIES)


def test_overnight_share() -> None:
    calm = {"COST", "D", "JPM", "XLV", "GOOG"}
    for symbol in EQUITIES:
        rows = days(symbol)
        gap, session = rows[1:, 0] - rows[:-1, 1], rows[1:, 1] - rows[1:, 0]
        share = gap.var() / (gap.var() + session.var())
        assert 0.1 < share < 0.7
        if DATA.exists() and symbol not in calm:
            wanted = json.loads((DATA / "symbols.json").read_text())[symbol]["overnight_var_share"]
            assert share == pytest.approx(wanted, abs=0.07)
        assert abs(np.corrcoef(gap, session)[0, 1]) < 0.12


def test_volatility_clusters() -> None:
    size = np.abs(returns("SPY"))
    size = size - size.mean()
    found = {lag: float((size[:-lag] * size[lag:]).mean() / (size * size).mean()) for lag in (1, 2, 5, 10, 20)}
    assert all(0.05 < value < 0.28 for value in found.values())
    assert found[20] < found[1] + 0.02
    assert abs(np.corrcoef(returns("SPY")[:-1], returns("SPY")[1:])[0, 1]) < 0.06
    rolling = [returns("SPY")[i : i + 21].std() * math.sqrt(252) for i in range(0, len(returns("SPY")) - 21, 5)]
    wanted = (0.0838, 0.1116, 0.1411, 0.2031, 0.2926)
    assert np.quantile(rolling, [0.05, 0.25, 0.5, 0.75, 0.95]) == pytest.approx(wanted, rel=0.25)


@needs_data
def test_correlations() -> None:
    with (DATA / "daily_corr_2022_2024.csv").open() as file:
        rows = list(csv.reader(file))
    names, wanted = rows[0][1:], np.array([[float(x) for x in row[1:]] for row in rows[1:]])
    found = np.corrcoef([returns(s) for s in names])
    miss = (found - wanted)[np.triu_indices(len(names), 1)]
    assert math.sqrt(float((miss**2).mean())) < 0.045
    assert float(np.abs(miss).max()) < 0.15
    where = {s: i for i, s in enumerate(names)}
    for a, b in (("QQQ", "TQQQ"), ("SMH", "SOXL"), ("QQQ", "XLK"), ("V", "MA"), ("BAC", "XLF")):
        assert found[where[a], where[b]] == pytest.approx(wanted[where[a], where[b]], abs=0.05)


def test_leveraged_funds_follow_within_the_day_too() -> None:
    session = calendar.require(datetime(2026, 11, 20, tzinfo=UTC).date())
    for leveraged, plain in (("TQQQ", "QQQ"), ("SOXL", "SMH"), ("GOOG", "GOOGL")):
        first, second = (
            np.diff(np.log([float(b.close) for b in WORLD.bars(s, Timeframe.FIVE_MINUTES, session.open, session.close)]))
            for s in (leveraged, plain)
        )
        assert np.corrcoef(first, second)[0, 1] > 0.85


def test_crypto() -> None:
    for symbol, volatility in (("BTC", 0.502), ("ETH", 0.703), ("SOL", 0.895)):
        assert returns(symbol).std() * math.sqrt(365) == pytest.approx(volatility, rel=0.12)
        assert 2.2 <= tail(returns(symbol)) < 5.5
    assert 0.5 < np.corrcoef(returns("BTC"), returns("ETH"))[0, 1] < 0.9


def test_shape_of_the_day() -> None:
    symbols = ("AAPL", "NVDA", "XOM", "JPM", "SPY", "COST")
    squares, volumes = np.zeros(78), np.zeros(78)
    for session in calendar.sessions(datetime(2025, 3, 3).date(), datetime(2025, 5, 2).date()):
        for symbol in symbols:
            bars = WORLD.bars(symbol, Timeframe.FIVE_MINUTES, session.open, session.close)
            path = np.log([float(bars[0].open)] + [float(bar.close) for bar in bars])
            squares += np.diff(path) ** 2 / np.sum(np.diff(path) ** 2)
            volumes += np.array([float(bar.volume) for bar in bars]) / sum(float(bar.volume) for bar in bars)
    variance, volume = squares / squares.sum(), volumes / volumes.sum()
    wanted = model.load()
    assert np.corrcoef(volume, wanted.volume)[0, 1] > 0.99
    assert np.abs(volume - wanted.volume).max() < 0.006
    assert np.corrcoef(variance, wanted.variance)[0, 1] > 0.9
    assert variance[0] == pytest.approx(wanted.variance[0], rel=0.35)
    halves = [(variance[i : i + 13].sum(), sum(wanted.variance[i : i + 13])) for i in range(0, 78, 13)]
    assert all(found == pytest.approx(profile, rel=0.3) for found, profile in halves)


def test_minutes_have_the_variance_of_the_day() -> None:
    """Realised variance of five-minute steps is the session's, and the range of a day that of a wandering price."""
    realised, ranges = [], []
    for session in calendar.sessions(datetime(2025, 3, 3).date(), datetime(2025, 6, 30).date()):
        bars = WORLD.bars("MSFT", Timeframe.FIVE_MINUTES, session.open, session.close)
        path = np.log([float(bars[0].open)] + [float(bar.close) for bar in bars])
        realised.append(float(np.sum(np.diff(path) ** 2)))
        ranges.append(math.log(float(max(b.high for b in bars)) / float(min(b.low for b in bars))))
    rows = days("MSFT")
    session_variance = float((rows[:, 1] - rows[:, 0]).var())
    assert float(np.mean(realised)) == pytest.approx(session_variance, rel=0.5)
    assert float(np.mean(ranges)) == pytest.approx(1.5 * math.sqrt(float(np.mean(realised))), rel=0.2)


@needs_data
def test_shipped_model_is_what_the_script_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped_text = fit.MODEL.read_text()
    monkeypatch.setattr(fit, "MODEL", tmp_path / "model.json")
    fit.main(str(DATA))
    assert "52 symbols" in capsys.readouterr().out
    new, old = (json.loads(text) for text in ((tmp_path / "model.json").read_text(), shipped_text))
    assert (new["variance"], new["volume"]) == (old["variance"], old["volume"])
    for symbol, row in old["symbols"].items():
        assert new["symbols"][symbol].pop("loadings") == pytest.approx(row.pop("loadings"), abs=1e-3)
        assert new["symbols"][symbol].pop("overnight") == pytest.approx(row.pop("overnight"), abs=1e-2)
        assert new["symbols"][symbol] == row


def test_loadings_come_near_a_matrix_made_of_loadings() -> None:
    true = {
        "SPY": {"market": 1.0},
        "NVDA": {"market": 0.7, "tech": 0.4},
        "AMD": {"market": 0.6, "tech": 0.4},
        "BAC": {"market": 0.6, "finance": 0.5},
    }
    true |= {"GS": {"market": 0.65, "finance": 0.5}, "XLF": {"market": 0.8, "finance": 0.45}, "MSFT": {"market": 0.75, "tech": 0.3}}

    def product(a: str, b: str) -> float:
        return 1.0 if a == b else sum(w * true[b].get(k, 0.0) for k, w in true[a].items())

    found = fit.loadings({a: {b: product(a, b) for b in true} for a in true})
    for a in true:
        assert found[a]["market"] == pytest.approx(true[a]["market"])
        for b in true:
            if a != b:
                assert sum(w * found[b].get(k, 0.0) for k, w in found[a].items()) == pytest.approx(product(a, b), abs=0.05)
