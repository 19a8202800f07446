"""From paths to prices: ticks, minute bars as whole numbers, the price of a second, and the spread around it."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from market.world.listing import TICK
from market.world.minutes import Path
from market.world.model import SymbolModel

TICKS = 100  # in one unit of money
THOUSANDTH = Decimal("0.001")
Ohlcv = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Steps:
    """How far shocks had moved a symbol: `before` the day began, and from which minute of it on by how much more."""

    before: float
    within: tuple[tuple[int, float], ...] = ()

    def at(self, minute: int) -> float:
        """What holds when that minute begins."""
        return self.before + sum(move for m, move in self.within if m < minute)


def ticks(log_price: float) -> int:
    """A log price as a whole number of ticks, at least one."""
    return int(math.exp(log_price) * TICKS + 0.5) or 1


def money(count: int) -> Decimal:
    """Ticks as a price."""
    return Decimal(count) * TICK


def volume(row: SymbolModel, count: int) -> Decimal:
    """A volume as generated (thousandths of coins, whole shares) as a quantity."""
    return Decimal(count) * THOUSANDTH if row.crypto else Decimal(count)


def minute_rows(path: Path, steps: Steps, first: int, last: int) -> list[Ohlcv]:
    """Open, high, low, close, volume of the minutes [first, last), in ticks."""
    if not steps.within:
        return _rows(path, steps.before, first, last)
    rows: list[Ohlcv] = []
    cuts = sorted(
        {first, last, *(m for m, _ in steps.within if first < m < last), *(m + 1 for m, _ in steps.within if first < m + 1 < last)}
    )
    for begin, end in pairwise(cuts):
        before, after = steps.at(begin), steps.at(end)
        part = _rows(path, before, begin, end)
        if before != after:  # the minute of a shock spans what it was before and after
            (o, h, low, _, v), (_, h2, low2, c, _) = part[0], _rows(path, after, begin, end)[0]
            peak, bottom = _between(path, steps, begin)
            part = [(o, max(h, h2, peak), min(low, low2, bottom), c, v)]
        rows += part
    return rows


def _between(path: Path, steps: Steps, minute: int) -> tuple[int, int]:
    at, reached = steps.at(minute), []
    for _, move in (s for s in steps.within if s[0] == minute):
        at += move
        reached.append(_rows(path, at, minute, minute + 1)[0])
    return max(r[1] for r in reached), min(r[2] for r in reached)


def _rows(path: Path, moved: float, first: int, last: int) -> list[Ohlcv]:
    exp, scale = math.exp, TICKS * math.exp(moved)
    top, bottom = (ticks(x + moved) for x in path.extremes)
    nodes = [int(exp(x) * scale + 0.5) for x in path.nodes[first : last + 1]]
    nodes = [top if n > top else bottom if n < bottom else n for n in nodes]
    if first == 0:
        nodes[0] = min(max(ticks(path.nodes[0] + moved), bottom), top)
    if last == len(path.highs):
        nodes[-1] = min(max(ticks(path.nodes[-1] + moved), bottom), top)
    rows = []
    for i, o in enumerate(nodes[:-1]):
        m, c = first + i, nodes[i + 1]
        h = top if m == path.top else min(int(exp(path.highs[m]) * scale + 0.5), top)
        low = bottom if m == path.bottom else max(int(exp(path.lows[m]) * scale + 0.5), bottom)
        rows.append((o, max(h, o, c), min(low, o, c), c, path.volumes[m]))
    return rows


def merged(rows: Sequence[Ohlcv]) -> Ohlcv:
    """Several bars as one."""
    return rows[0][0], max(r[1] for r in rows), min(r[2] for r in rows), rows[-1][3], sum(r[4] for r in rows)


def within(row: Ohlcv, symbol: str, day: date, minute: int, part: float) -> int:
    """The price inside a minute: by way of both extremes, in an order and at seconds of its own; never outside the bar."""
    o, h, low, c, _ = row
    bits = _bits(symbol, day, minute)
    first, second = (low, h) if (c >= o) ^ (bits & 7 == 0) else (h, low)
    turn, back = 0.12 + 0.3 * (bits >> 3 & 255) / 255, 0.55 + 0.35 * (bits >> 11 & 255) / 255
    if part <= turn:
        return round(o + (first - o) * part / turn)
    if part <= back:
        return round(first + (second - first) * (part - turn) / (back - turn))
    return round(second + (c - second) * (part - back) / (1 - back))


def spread(row: SymbolModel, last: int, minute: int | None, second: int, day: date) -> tuple[int, int]:
    """Bid and ask around the last price, in ticks: wider for what trades little, and in the first minutes of a session."""
    dollars = row.adv * last / TICKS
    points = min(max(2.4 / math.sqrt(dollars / 1e9), 0.4), 12.0) * (0.3 if row.crypto else 1.0)
    busy = 1.0 if minute is None or row.crypto else 2.2 if minute < 5 else 1.5 if minute < 15 else 1.0
    width = max(round(last * points * busy / 10_000), 1)
    below = _bits(row.symbol, day, (minute or 0) * 60 + second) % (width + 1)
    bid = max(last - below, 1)
    return bid, bid + width if bid + width >= last else last


def _bits(symbol: str, day: date, number: int) -> int:
    return zlib.crc32(f"{symbol}/{day.toordinal()}/{number}".encode())
