"""The parameters of the simulated world: what moves together, how much, and when in the day.

Every stream (a factor, or the own part of a symbol) is in units of its own daily sigma. Part of its variance is set aside for the moves
that causes make (see `causes`), the rest is drawn day by day.

What deviates from the calibration: degrees of freedom are floored at 3, and those of whole returns come out between 3 and 9, nearer to
their median than measured (symbols that share their days share their tails); drifts are a few percent a year; over quarters prices wander
less than their days would let them, so that they stay plausible for decades; of the symbols measured over half a year only beta and own
volatility hold; GOOG is GOOGL at a fixed ratio; overnight shares below what earnings need are raised (COST, D, JPM, XLV); correlations are
within 0.04 in the root mean square of all pairs and 0.12 in the worst. The tests measure all of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from types import MappingProxyType

SESSIONS_A_YEAR, DAYS_A_YEAR = 252, 365
DAY_MINUTES = 1440
STORY_VARIANCE = 0.184  # ten stories a year of 1.2 sigma and more
STORY_OVERNIGHT = 0.4
REPORT_VARIANCE = 0.24  # four earnings reports a year of 1 sigma and more, when not scaled down
SECTOR_VARIANCE = 0.114
RELEASE_VARIANCE = 0.139
MARKET = "market"
STORIED = (
    "tech",
    "semis",
    "software",
    "media",
    "finance",
    "payments",
    "growth",
    "power",
    "energy",
    "health",
    "staples",
    "digital",
    "coins",
)


@dataclass(frozen=True, slots=True)
class StreamModel:
    """One source of moves: `base` scales what is drawn, `overnight` is its share outside the session, `swing` how much it follows the
    market's volatility (1 fully), `df` the tails; `daily` streams move every day of the week and have no session."""

    name: str
    base: float
    overnight: float
    swing: float
    df: float
    daily: bool = False


@dataclass(frozen=True, slots=True)
class SymbolModel:
    """One symbol: `level` is the log of its reference close, `sigma` and `drift` per day, `loadings` on factors, `own` its own stream."""

    symbol: str
    level: float
    sigma: float
    drift: float
    adv: float
    loadings: tuple[tuple[str, float], ...]
    own: str
    own_weight: float
    report_scale: float
    crypto: bool
    closeness: float  # how much the day's range follows the market's

    @property
    def parts(self) -> tuple[tuple[str, float], ...]:
        """Every stream it is made of, with its weight in sigmas."""
        return (*self.loadings, (self.own, self.own_weight)) if self.own_weight else self.loadings


@dataclass(frozen=True, slots=True)
class Clock:
    """How a day passes, by minute: shares of variance and their roots, variance elapsed from 0 to 1 (one more value), shares of volume."""

    shares: tuple[float, ...]
    roots: tuple[float, ...]
    elapsed: tuple[float, ...]
    flow: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """All streams and symbols."""

    streams: Mapping[str, StreamModel]
    symbols: Mapping[str, SymbolModel]
    variance: tuple[float, ...]
    volume: tuple[float, ...]

    def movers(self, stream: str, least: float = 0.15) -> tuple[str, ...]:
        """The symbols that a stream moves by at least that share of their sigma, the most moved first."""
        weights = {s: dict(m.parts).get(stream, 0.0) for s, m in self.symbols.items()}
        return tuple(sorted((s for s, w in weights.items() if abs(w) >= least), key=lambda s: (-abs(weights[s]), s)))


@cache
def load() -> Model:
    """The shipped model."""
    data = json.loads(Path(__file__).with_name("model.json").read_text(encoding="ascii"))
    rows = data["symbols"]
    factors = sorted({name for row in rows.values() for name in row["loadings"]})
    streams = {name: _factor(name) for name in factors}
    symbols = {}
    for symbol, row in rows.items():
        crypto = symbol in ("BTC", "ETH", "SOL")
        shared = sum(v * v * _effective(streams[k], crypto) for k, v in row["loadings"].items())
        weight = math.sqrt(max(1 - shared, 0.0))
        own = own_stream(row["own"])
        stories = crypto or not (row["own"] in ("SPY", "QQQ", "SMH", "IWM", "EEM") or row["own"].startswith("XL"))
        report = _report_variance(row["overnight"]) if stories and not crypto else 0.0
        if own not in streams:
            streams[own] = _own(own, row, stories, report, crypto)
        days = DAYS_A_YEAR if crypto else SESSIONS_A_YEAR
        symbols[symbol] = SymbolModel(
            symbol=symbol,
            level=math.log(row["ref"]),
            sigma=row["vol"] / math.sqrt(days),
            drift=row["drift"] / days,
            adv=row["adv"],
            loadings=tuple(row["loadings"].items()),
            own=own,
            own_weight=weight if weight > 0.01 else 0.0,
            report_scale=math.sqrt(report / REPORT_VARIANCE),
            crypto=crypto,
            closeness=min(max(row["loadings"].get(MARKET, 0.0), 0.0), 1.0),
        )
    return Model(MappingProxyType(streams), MappingProxyType(symbols), tuple(data["variance"]), tuple(data["volume"]))


def own_stream(symbol: str) -> str:
    """The name of a symbol's own stream."""
    return f"own:{symbol}"


@cache
def clock(minutes: int) -> Clock:
    """The shape of a day of that many minutes.

    390 is the calibrated profile; a short session is the profile squeezed; 1440 is a day of crypto, a little busier while New York trades.
    """
    if minutes == DAY_MINUTES:
        shape = [1 + 0.6 * math.exp(-(((m - 900) / 240) ** 2)) for m in range(minutes)]
        variance = volume = shape
    else:
        model = load()
        variance, volume = _stretch(model.variance, minutes), _stretch(model.volume, minutes)
    whole = sum(variance)
    shares = [v / whole for v in variance]
    elapsed = (*(min(x, 1.0) for x in accumulate(shares[:-1], initial=0.0)), 1.0)
    total = sum(volume)
    return Clock(tuple(shares), tuple(map(math.sqrt, shares)), elapsed, tuple(v / total for v in volume))


def _stretch(profile: Sequence[float], minutes: int) -> list[float]:
    return [profile[m * len(profile) // minutes] for m in range(minutes)]


def _factor(name: str) -> StreamModel:
    if name == MARKET:
        # releases at 8:30 take a tenth of all variance overnight; what is left of the calibrated 0.336 is drawn
        return StreamModel(name, math.sqrt(1 - RELEASE_VARIANCE), (0.336 - 0.1) / (1 - RELEASE_VARIANCE), 1.0, 30.0)
    base = math.sqrt(1 - SECTOR_VARIANCE) if name in STORIED else 1.0
    if name == "coins":
        return StreamModel(name, base, 0.0, 0.5, 3.0, daily=True)
    return StreamModel(name, base, 0.3, 0.6, 8.0)


def _own(name: str, row: Mapping[str, float], stories: bool, report: float, crypto: bool) -> StreamModel:
    if not stories:
        return StreamModel(name, 1.0, min(max(row["overnight"], 0.05), 0.95), 0.6, 8.0)
    base = 1 - STORY_VARIANCE - report
    overnight = 0.0 if crypto else (row["overnight"] - report - STORY_OVERNIGHT * STORY_VARIANCE) / base
    return StreamModel(
        name, math.sqrt(base), min(max(overnight, 0.0 if crypto else 0.03), 0.95), 0.5, max(3.0, 0.8 * row["df"]), daily=crypto
    )


def _report_variance(overnight: float) -> float:
    return min(REPORT_VARIANCE, max(0.06, overnight - STORY_OVERNIGHT * STORY_VARIANCE - 0.05))


def _effective(stream: StreamModel, crypto: bool) -> float:
    """How much of a stream's variance a symbol gets: crypto feels exchange factors only while a session is open."""
    if not crypto or stream.daily:
        return 1.0
    return (1 - stream.overnight) * SESSIONS_A_YEAR / DAYS_A_YEAR
