"""A symbol's minutes: one price path per day that opens, closes, peaks and bottoms exactly where the day does.

A day's path is the weighted sum of the paths of its streams, so that symbols move together within the day as well. Each stream's path is a
Brownian bridge in the day's own clock (fast at the open, slow at noon) plus what causes add. The sum is then bent a little until its
extremes are those of the day.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import accumulate, pairwise
from operator import add, mul

from market import calendar
from market.world import draws
from market.world.causes import RAMP
from market.world.days import Calendar, Jumps
from market.world.model import DAY_MINUTES, SymbolModel, clock
from market.world.quarters import number

BENDS = 2  # times the path is bent towards each extreme before it is scaled to it


@dataclass(frozen=True, slots=True)
class Path:
    """One symbol's day: `nodes[m]` is the log price at the start of minute m (one more than minutes), highs and lows within each minute.

    `extremes` are the day's high and low, reached in the minutes `top` and `bottom`.
    """

    nodes: list[float]
    highs: list[float]
    lows: list[float]
    volumes: list[int]
    extremes: tuple[float, float]
    top: int
    bottom: int


class Minutes:
    """The paths of every symbol and day of one world; the last few hundred are kept."""

    def __init__(self, days: Calendar) -> None:
        self._days = days
        self._seed = days.streams.seed
        self.of: Callable[[str, date], Path] = lru_cache(maxsize=128)(self._of)
        self._stream: Callable[[str, date], list[float]] = lru_cache(maxsize=320)(self._stream_path)

    def _of(self, symbol: str, day: date) -> Path:
        row = self._days.streams.model.symbols[symbol]
        days = self._days.of(symbol, number(day))
        i = days.at[day]
        length = DAY_MINUTES if row.crypto else calendar.require(day).minutes
        shape = clock(length)
        start, end = days.opens[i], days.closes[i]
        nodes = [start + days.shift * t for t in shape.elapsed]
        for name, weight in row.parts:
            path = self._part(row, name, day, length)
            if path:
                scale = row.sigma * weight
                nodes = [y + scale * x for y, x in zip(nodes, path, strict=True)]
        nodes[-1] = end
        size = days.size[i]
        variances = [size * size * share for share in shape.shares]
        key = f"{self._seed}/within/{row.own}/{day}"
        excess = draws.excesses(key, 2 * length)
        highs, lows = _within(nodes, variances, excess[:length], excess[length:])
        extremes = self._days.extremes(symbol, day)
        top, bottom = _bend(nodes, highs, lows, extremes)
        return Path(nodes, highs, lows, self._volumes(row, day, self._days.volume(symbol, day), shape.flow), extremes, top, bottom)

    def _part(self, row: SymbolModel, name: str, day: date, length: int) -> list[float]:
        """A stream's path on the symbol's clock; crypto feels exchange streams only while a session is open."""
        if not row.crypto or self._days.streams.model.streams[name].daily:
            return self._stream(name, day)
        session = calendar.session(day)
        if session is None:
            return []
        path = self._stream(name, day)
        begin = session.open.hour * 60 + session.open.minute
        return [0.0] * begin + path + [path[-1]] * (length + 1 - begin - len(path))

    def _stream_path(self, name: str, day: date) -> list[float]:
        streams = self._days.streams
        block = streams.block(name, number(day))
        daily = streams.model.streams[name].daily
        i = day.toordinal() - block.days[0].toordinal() if daily else self._session_index(day)
        length = DAY_MINUTES if daily else calendar.require(day).minutes
        path = bridge(draws.noise(f"{self._seed}/minutes/{name}/{day}", length), block.swing[i], block.move[i])
        return with_jumps(path, block.jumps.get(day, ()))

    def _session_index(self, day: date) -> int:
        return self._days.of("SPY", number(day)).at[day]

    def _volumes(self, row: SymbolModel, day: date, total: int, flow: Sequence[float]) -> list[int]:
        z = draws.noise(f"{self._seed}/flow/{row.symbol}/{day}", len(flow))
        weights = [share * (1.0 + 0.35 * x if x > 0 else 1.0 + 0.2 * x) for share, x in zip(flow, z, strict=True)]
        scale = total / sum(weights)
        reached = [int(scale * w) for w in accumulate(weights, initial=0.0)]
        reached[-1] = total
        return [b - a for a, b in pairwise(reached)]


def bridge(noise: Sequence[float], size: float, end: float) -> list[float]:
    """A path from 0 to `end` in the clock of a day that long, with noise of that size; one more value than minutes."""
    shape = clock(len(noise))
    walk = list(accumulate(map(mul, noise, shape.roots), initial=0.0))
    pull = end - size * walk[-1]
    return [size * w + pull * t for w, t in zip(walk, shape.elapsed, strict=True)]


def with_jumps(path: list[float], jumps: Jumps) -> list[float]:
    """The path with what causes add: each begins at its minute and is complete ten minutes later, or at the end of the day."""
    for minute, size in jumps:
        left = len(path) - minute
        steps = [*RAMP[: left - 1], 1.0] if left <= len(RAMP) else [*RAMP, *[1.0] * (left - len(RAMP))]
        path = list(map(add, path, [*[0.0] * minute, *[size * s for s in steps]]))
    return path


def _within(nodes: list[float], variances: list[float], up: Sequence[float], down: Sequence[float]) -> tuple[list[float], list[float]]:
    """Highs and lows of each minute: the extremes of a bridge between its ends."""
    root = math.sqrt
    ends = nodes[1:]
    squares = [(b - a) * (b - a) for a, b in zip(nodes, ends, strict=False)]
    highs = [(a + b + root(s + v * e)) / 2 for a, b, s, v, e in zip(nodes, ends, squares, variances, up, strict=False)]
    lows = [(a + b - root(s + v * e)) / 2 for a, b, s, v, e in zip(nodes, ends, squares, variances, down, strict=False)]
    return highs, lows


def _bend(nodes: list[float], highs: list[float], lows: list[float], extremes: tuple[float, float]) -> tuple[int, int]:
    """Bend a path in place until its extremes are the given ones; returns the minutes of its top and bottom.

    First tents are put under the top and the bottom (what a bridge that is known to reach further looks like), then what is left beyond
    the open and the close is scaled. Open and close stay where they are.
    """
    high, low = extremes
    for _ in range(BENDS):
        top = highs.index(max(highs))
        _tent(nodes, highs, lows, top, high - highs[top])
        bottom = lows.index(min(lows))
        _tent(nodes, highs, lows, bottom, low - lows[bottom])
    ceiling, floor = max(nodes[0], nodes[-1]), min(nodes[0], nodes[-1])
    top, bottom = highs.index(max(highs)), lows.index(min(lows))
    up, down = highs[top] - ceiling, floor - lows[bottom]
    more = (high - ceiling) / up if up > 1e-12 else 1.0
    less = (floor - low) / down if down > 1e-12 else 1.0
    for values in (nodes, highs, lows):
        for i, x in enumerate(values):
            if x > ceiling:
                values[i] = ceiling + (x - ceiling) * more
            elif x < floor:
                values[i] = floor - (floor - x) * less
    highs[top], lows[bottom] = high, low
    return top, bottom


def _tent(nodes: list[float], highs: list[float], lows: list[float], peak: int, height: float) -> None:
    """Add a tent of that height whose top is over minute `peak`; the open and the close stay."""
    count = len(highs)
    if 0 < peak < count - 1:
        rise, fall = height / peak, height / (count - 1 - peak)
        tent = [rise * i for i in range(peak)] + [fall * i for i in range(count - 1 - peak, -1, -1)]
        highs[:] = map(add, highs, tent)
        lows[:] = map(add, lows, tent)
        nodes[1:-1] = map(add, nodes[1:-1], tent)
