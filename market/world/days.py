"""A symbol's days: open, high, low, close and volume of every session, computed without its minutes, which later have to agree."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from market import calendar
from market.world import draws
from market.world.model import DAY_MINUTES, MARKET, Model, SymbolModel, clock
from market.world.quarters import ANCHOR, Quarter, quarter
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
    highs: list[float]
    lows: list[float]
    closes: list[float]
    volumes: list[int]
    size: list[float]
    shift: float


class Calendar:
    """The days of every symbol of one world, by quarter."""

    def __init__(self, streams: Streams) -> None:
        self.streams = streams
        self.of: Callable[[str, int], Days] = lru_cache(maxsize=1024)(self._of)
        self._market_range: Callable[[int], list[tuple[float, float]]] = lru_cache(maxsize=64)(self._range_of_market)

    def _of(self, symbol: str, n: int) -> Days:
        model, block = self.streams.model, quarter(n)
        row = model.symbols[symbol]
        blocks = [(weight, self.streams.block(name, n)) for name, weight in row.parts]
        if row.crypto:
            days, gaps, moves, size = block.days, *_around_the_clock(block, blocks)
        else:
            days, gaps, moves, size = block.sessions, *_in_sessions(block, blocks)
        size = [row.sigma * math.sqrt(s) for s in size]
        jumps = _jumps(row, blocks, model)
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
        highs, lows = self._ranges(row, block, (days, opens, closes, size), jumps)
        volumes = self._volumes(row, block, opens, closes, size)
        where = {d: i for i, d in enumerate(days)} if row.crypto else block.at
        return Days(days, where, opens, highs, lows, closes, volumes, size, shift)

    def level(self, row: SymbolModel, n: int) -> float:
        """The log price at the end of a quarter."""
        root = math.sqrt(91 if row.crypto else 63)
        moved = sum(weight * self.streams.level(name, n) for name, weight in row.parts)
        return row.level + row.drift * (91 if row.crypto else 63) * (n - ANCHOR) + row.sigma * root * moved

    def jumps(self, symbol: str, n: int) -> dict[date, Jumps]:
        """What causes do to a symbol within its sessions of a quarter: (minute, log move) by day."""
        model = self.streams.model
        row = model.symbols[symbol]
        return _jumps(row, [(w, self.streams.block(name, n)) for name, w in row.parts], model)

    def _ranges(
        self,
        row: SymbolModel,
        block: Quarter,
        days: tuple[Sequence[date], list[float], list[float], list[float]],
        jumps: dict[date, Jumps],
    ) -> tuple[list[float], list[float]]:
        """Each day's extremes: those of a Brownian bridge from open to close, in pieces where a cause made it jump."""
        count = len(days[0])
        own = draws.normals(f"{self.streams.seed}/range/{row.own}/{block.label()}", 2 * count)
        market = self._market_range(block.number)
        near, far = row.closeness, math.sqrt(1 - row.closeness**2)
        highs, lows = [], []
        for i, (day, start, end, size) in enumerate(zip(*days, strict=True)):
            up = _excess(near * market[i][0] + far * own[2 * i])
            down = _excess(near * market[i][1] + far * own[2 * i + 1])
            if day in jumps:
                high, low = self._pieces(row, day, (start, end, size), jumps[day], (up, down))
            else:
                high, low = _extremes(start, end, size * size, up, down)
            highs.append(high)
            lows.append(low)
        return highs, lows

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

    def _volumes(self, row: SymbolModel, block: Quarter, opens: list[float], closes: list[float], size: list[float]) -> list[int]:
        z = draws.normals(f"{self.streams.seed}/volume/{row.symbol}/{block.label()}", len(opens))
        sigma, unit = row.sigma, (1000 if row.crypto else 1)
        before = [opens[0], *closes[:-1]]
        moves = [abs(c - b) / sigma for b, c in zip(before, closes, strict=True)]
        bend = [0.7 + 0.25 * min(m, 6.0) + 0.15 * s / sigma for m, s in zip(moves, size, strict=True)]
        return [max(round(row.adv * unit * b * math.exp(0.2 * x - 0.02)), 1) for b, x in zip(bend, z, strict=True)]

    def _range_of_market(self, n: int) -> list[tuple[float, float]]:
        z = iter(draws.normals(f"{self.streams.seed}/range/{MARKET}/{n}", 2 * len(quarter(n).days)))
        return list(zip(z, z, strict=True))


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
