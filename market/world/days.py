"""A symbol's days: open, high, low, close and volume of every session, computed without its minutes, which then have to agree."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from market import calendar
from market.world import draws
from market.world.model import DAY_MINUTES, MARKET, Model, SymbolModel, clock
from market.world.quarters import ANCHOR, Quarter, number, quarter
from market.world.streams import Block, Streams

Jumps = tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Days:
    """A quarter of one symbol, lists by its own trading days; prices are logs, before any shock.

    `size` is the sigma of the day's session; `shift` is added to each day's move so that the quarter ends where the level says.
    """

    days: tuple[date, ...]
    at: dict[date, int]
    opens: list[float]
    closes: list[float]
    size: list[float]
    shift: float


class Calendar:
    """The days of every symbol of one world, by quarter."""

    def __init__(self, streams: Streams) -> None:
        self.streams = streams
        self.of: Callable[[str, int], Days] = lru_cache(maxsize=1024)(self._of)
        self._extremes: Callable[[str, date], tuple[float, float]] = lru_cache(maxsize=4096)(self._extremes_of)
        self._market_range: Callable[[date], list[float]] = lru_cache(maxsize=1024)(self._range_of_market)
        self._jumps_of: Callable[[str, int], dict[date, Jumps]] = lru_cache(maxsize=256)(self._jumps_in)

    def _of(self, symbol: str, n: int) -> Days:
        model, block = self.streams.model, quarter(n)
        row = model.symbols[symbol]
        blocks = [(weight, self.streams.block(name, n)) for name, weight in row.parts]
        if row.crypto:
            days, gaps, moves, size = block.days, *_around_the_clock(block, blocks)
        else:
            days, gaps, moves, size = block.sessions, *_in_sessions(block, blocks)
        size = [row.sigma * math.sqrt(s) for s in size]
        jumps = self._jumps_of(symbol, n)
        start = self.level(row, n - 1)
        raw = row.sigma * (sum(gaps) + sum(moves)) + sum(j for day in jumps.values() for _, j in day)
        shift = (self.level(row, n) - start - raw) / len(days)
        opens, closes, at = [], [], start
        for i, day in enumerate(days):
            at += row.sigma * gaps[i]
            opens.append(at)
            at += row.sigma * moves[i] + shift
            if day in jumps:
                at += sum(j for _, j in jumps[day])
            closes.append(at)
        where = {d: i for i, d in enumerate(days)} if row.crypto else block.at
        return Days(days, where, opens, closes, size, shift)

    def level(self, row: SymbolModel, n: int) -> float:
        """The log price at the end of a quarter."""
        root = math.sqrt(91 if row.crypto else 63)
        moved = sum(weight * self.streams.level(name, n) for name, weight in row.parts)
        return row.level + row.drift * (91 if row.crypto else 63) * (n - ANCHOR) + row.sigma * root * moved

    def extremes(self, symbol: str, day: date) -> tuple[float, float]:
        """The log of a day's high and low: those of a Brownian bridge from open to close, in pieces where a cause made it jump."""
        return self._extremes(symbol, day)

    def volume(self, symbol: str, day: date) -> int:
        """What trades on a day, in whole shares or thousandths of a coin: more on days that move more."""
        days, row = self.of(symbol, number(day)), self.streams.model.symbols[symbol]
        i = days.at[day]
        move = abs(days.closes[i] - (days.closes[i - 1] if i else days.opens[i])) / row.sigma
        bend = 0.7 + 0.25 * min(move, 6.0) + 0.15 * days.size[i] / row.sigma
        noise = draws.normals(f"{self.streams.seed}/volume/{symbol}/{day}", 1)[0]
        return max(round(row.adv * (1000 if row.crypto else 1) * bend * math.exp(0.2 * noise - 0.02)), 1)

    def _extremes_of(self, symbol: str, day: date) -> tuple[float, float]:
        n = number(day)
        row, days = self.streams.model.symbols[symbol], self.of(symbol, n)
        i = days.at[day]
        own = draws.normals(f"{self.streams.seed}/range/{row.own}/{day}", 2)
        market = self._market_range(day)
        near, far = row.closeness, math.sqrt(1 - row.closeness**2)
        up, down = (_excess(near * m + far * o) for m, o in zip(market, own, strict=True))
        jumps = self._jumps_of(symbol, n).get(day)
        if jumps:
            return self._pieces(row, day, (days.opens[i], days.closes[i], days.size[i]), jumps, (up, down))
        return _extremes(days.opens[i], days.closes[i], days.size[i] ** 2, up, down)

    def _pieces(
        self, row: SymbolModel, day: date, path: tuple[float, float, float], jumps: Jumps, beyond: tuple[float, float]
    ) -> tuple[float, float]:
        start, end, size = path
        elapsed = clock(DAY_MINUTES if row.crypto else calendar.require(day).minutes).elapsed
        z = draws.normals(f"{self.streams.seed}/pieces/{row.own}/{day}", len(jumps))
        rest = end - sum(j for _, j in jumps)  # where the bridge without jumps ends
        high, low, at, then, offset = max(start, end), min(start, end), start, 0.0, 0.0
        for (minute, jump), noise in zip((*jumps, (len(elapsed) - 1, 0.0)), (*z, 0.0), strict=True):
            now = elapsed[minute]
            part = (now - then) / (1 - then) if then < 1 else 0.0
            to = at + (rest - at) * part + size * math.sqrt(max(now - then, 0.0) * (1 - part)) * noise
            top, bottom = _extremes(at + offset, to + offset, size * size * (now - then), *beyond)
            high, low = max(high, top), min(low, bottom)
            at, then, offset = to, now, offset + jump
        return high, low

    def _range_of_market(self, day: date) -> list[float]:
        return draws.normals(f"{self.streams.seed}/range/{MARKET}/{day}", 2)

    def _jumps_in(self, symbol: str, n: int) -> dict[date, Jumps]:
        model = self.streams.model
        row = model.symbols[symbol]
        return _jumps(row, [(w, self.streams.block(name, n)) for name, w in row.parts], model)


def _in_sessions(block: Quarter, parts: Sequence[tuple[float, Block]]) -> tuple[list[float], list[float], list[float]]:
    gaps = [0.0] * len(block.sessions)
    moves, size = list(gaps), list(gaps)
    for weight, part in parts:
        gaps = [g + weight * x for g, x in zip(gaps, part.gap, strict=True)]
        moves = [m + weight * x for m, x in zip(moves, part.move, strict=True)]
        square = weight * weight
        size = [s + square * x * x for s, x in zip(size, part.swing, strict=True)]
    return gaps, moves, size


def _around_the_clock(block: Quarter, parts: Sequence[tuple[float, Block]]) -> tuple[list[float], list[float], list[float]]:
    gaps = [0.0] * len(block.days)
    moves, size = list(gaps), list(gaps)
    first = block.start.toordinal()
    for weight, part in parts:
        for i, day in enumerate(part.days):
            k = day.toordinal() - first
            moves[k] += weight * part.move[i]
            size[k] += (weight * part.swing[i]) ** 2
    return gaps, moves, size


def _jumps(row: SymbolModel, parts: Sequence[tuple[float, Block]], model: Model) -> dict[date, Jumps]:
    found: dict[date, Jumps] = {}
    for (name, weight), (_, part) in zip(row.parts, parts, strict=True):
        shifted = row.crypto and not model.streams[name].daily
        for day, jumps in part.jumps.items():
            begin = _utc_minute(day) if shifted else 0
            mine = tuple((begin + minute, row.sigma * weight * size) for minute, size in jumps)
            found[day] = tuple(sorted((*found.get(day, ()), *mine)))
    return found


def _utc_minute(day: date) -> int:
    opens = calendar.require(day).open
    return opens.hour * 60 + opens.minute


def _excess(z: float) -> float:
    """-2 ln of the uniform number that a normal one stands for."""
    return -2 * math.log(max(0.5 * math.erfc(z / math.sqrt(2)), 1e-12))


def _extremes(start: float, end: float, variance: float, up: float, down: float) -> tuple[float, float]:
    """Maximum and minimum of a Brownian bridge (inverse of their distribution functions)."""
    square, both = (end - start) ** 2, start + end
    return (both + math.sqrt(square + variance * up)) / 2, (both - math.sqrt(square + variance * down)) / 2
