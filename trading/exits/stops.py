"""The stop book: which of many exits a price reaches, over many symbols and fast, with one state behind two entrances.

For each symbol two bounds are kept: at or below the lower one, or at or above the upper one, something happens (a stop or target is
reached, a trailing stop arms or moves); strictly between them nothing does. So one tick costs two comparisons, and a batch one vectorised
comparison of all its ticks; only ticks of symbols that something happened to are gone through one by one, in their order.

Trailing stops that have seen the same best price share one mark, and their stops move together by moving it: whatever their number, a
move costs the same. Prices are floats here and for comparison only; an order's numbers are Decimals and made elsewhere.
"""

from __future__ import annotations

import importlib
import math
from array import array
from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush, merge
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

CHUNK = 8192  # ticks compared at once: few enough that a moved bound concerns few ticks
SLACK = 1e-6  # of a tick: what binary fractions may be off where a price meets a level
NEVER = math.inf


class Hit(NamedTuple):
    """An exit was reached: its id, the level it stood at, and the price that reached it. It is out of the book."""

    id: str
    level: float
    price: float


class Move(NamedTuple):
    """A trailing stop stands nearer now; `was` is None when it has just begun to follow."""

    id: str
    was: float | None
    level: float


Entry = tuple[float, int, str]


@dataclass(slots=True)
class _Group:
    """Trailing stops with one mark, the best price they have seen. Heaps by distance, nearest first, and the nearest that lives of each."""

    mark: float
    distances: list[Entry] = field(default_factory=list)
    fractions: list[Entry] = field(default_factory=list)
    distance: float = NEVER
    fraction: float = NEVER

    def __lt__(self, other: _Group) -> bool:
        return self.mark < other.mark


class _Side:
    """The exits of the long (sign 1) or short (-1) positions in one symbol, in prices times sign: what protects lies below for both.

    `floor` is the highest fixed stop, `ceiling` the lowest target or price something arms at, `low` and `high` the bounds of it all.
    """

    __slots__ = (
        "arms", "ceiling", "count", "floor", "groups", "high", "low", "rise", "sign", "slack", "stops", "targets", "tick", "trails"
    )  # fmt: skip

    def __init__(self, sign: int, tick: float, step: float) -> None:
        self.sign = sign
        self.tick = tick
        self.slack = tick * SLACK
        self.rise = step - self.slack
        self.count = 0  # exits that live
        self.stops: list[Entry] = []  # (-level, …): the highest first
        self.targets: list[Entry] = []
        self.arms: list[Entry] = []
        self.groups: list[_Group] = []  # by mark, the lowest first
        self.trails: dict[str, tuple[float | None, float]] = {}  # id: distance or None, fraction
        self.floor = self.low = -NEVER
        self.ceiling = self.high = NEVER

    def level(self, mark: float, distance: float | None, fraction: float) -> float:
        """Where a trailing stop of that mark stands, to the tick."""
        raw = mark - distance if distance is not None else mark * (1 - self.sign * fraction)
        return math.floor(raw / self.tick + 0.5) * self.tick if self.tick else raw

    def nearest(self, group: _Group) -> float:
        """The highest level of a group."""
        found = -NEVER
        if group.distance < NEVER:
            found = self.level(group.mark, group.distance, 0.0)
        if group.fraction < NEVER:
            found = max(found, self.level(group.mark, None, group.fraction))
        return found

    def moves_at(self, mark: float) -> float:
        """The price at which a mark moves: a step beyond it, and in any case beyond it."""
        beyond = mark + self.rise
        return beyond if beyond > mark else math.nextafter(mark, NEVER)

    def bound(self) -> None:
        """Work out the bounds again from floor, ceiling and groups."""
        low = self.floor
        for group in self.groups:
            level = self.nearest(group)
            if level > low:
                low = level
        self.low = low + self.slack
        above = self.moves_at(self.groups[0].mark) if self.groups else NEVER
        self.high = min(self.ceiling - self.slack, above)


class StopBook:
    """Stops, targets and trailing stops of any number of positions. Not for two threads at once.

    A stop of a long position is reached at or below its level, its target at or above; of a short one the other way round. A trailing stop
    follows in steps: its mark moves when the price is at least the symbol's step beyond it, so levels only ever tighten. What a price
    reaches is out of the book at once. Prices that are not finite and above zero change nothing.
    """

    def __init__(self) -> None:
        self._indices: dict[str, int] = {}
        self._sides: list[tuple[_Side, _Side]] = []
        self._lo = array("d")
        self._hi = array("d")
        self._live: dict[str, tuple[int, int, bool]] = {}  # id: sequence, symbol, long
        self._levels: dict[str, float] = {}  # of trailing stops, as last told, in prices times sign
        self._moved: dict[tuple[int, bool], None] = {}
        self._sequence = 0

    def __contains__(self, id: str) -> bool:
        return id in self._live

    def __len__(self) -> int:
        return len(self._live)

    def index(self, symbol: str, *, tick: float = 0.0, step: float = 0.0) -> int:
        """The number of a symbol for `batch`. Its tick (levels of trailing stops are rounded to it) and step are set the first time."""
        known = self._indices.get(symbol)
        if known is not None:
            return known
        self._sides.append((_Side(1, tick, step), _Side(-1, tick, step)))
        self._lo.append(-NEVER)
        self._hi.append(NEVER)
        self._indices[symbol] = len(self._sides) - 1
        return len(self._sides) - 1

    def stop(self, id: str, symbol: str, level: float, *, long: bool = True) -> None:
        """Watch a fixed stop; an id that is there already is replaced, here and below."""
        side, entry = self._enter(id, symbol, level, long)
        heappush(side.stops, (-side.sign * level, entry, id))
        self._entered(symbol, side)

    def target(self, id: str, symbol: str, level: float, *, long: bool = True) -> None:
        """Watch a level on the winning side: a target, or the price from which something else is to happen."""
        side, entry = self._enter(id, symbol, level, long)
        heappush(side.targets, (side.sign * level, entry, id))
        self._entered(symbol, side)

    def trail(
        self,
        id: str,
        symbol: str,
        *,
        long: bool = True,
        distance: float | None = None,
        fraction: float = 0.0,
        mark: float | None = None,
        level: float | None = None,
        arm: float | None = None,
    ) -> None:
        """Watch a trailing stop, a distance or a fraction behind the best price: from `mark` on, or from where it stood (`level`).

        With neither it follows once the price has reached `arm`.
        """
        side, entry = self._enter(id, symbol, arm or level or mark or 0.0, long)
        side.trails[id] = (distance, fraction)
        if level is not None:
            seen = side.sign * level
            begin = seen + distance if distance is not None else seen / (1 - side.sign * fraction)
        elif mark is not None:
            begin = side.sign * mark
            seen = side.level(begin, distance, fraction)
        else:
            heappush(side.arms, (side.sign * (arm or 0.0), entry, id))
            self._entered(symbol, side)
            return
        self._levels[id] = seen
        self._join(side, begin, entry, id)
        self._entered(symbol, side)

    def drop(self, id: str) -> None:
        """Watch it no more; one that is not there changes nothing."""
        if id in self._live:
            _, index, long = self._live[id]
            side = self._sides[index][0 if long else 1]
            self._forget(id, side)
            self._restock(side)
            side.bound()
            self._rebound(index)

    def tick(self, symbol: str, price: float) -> list[Hit]:
        """What one price reaches; trailing stops follow it."""
        index = self._indices.get(symbol)
        if index is None or self._lo[index] < price < self._hi[index]:
            return []
        return self._meet(index, price)

    def batch(self, symbols: NDArray[numpy.intp], prices: NDArray[numpy.float64]) -> list[Hit]:
        """What many prices reach, in their order; `symbols` holds their numbers from `index`. The same as `tick` for each of them."""
        hits: list[Hit] = []
        if not self._sides:
            return hits
        np: Any = importlib.import_module("numpy")
        for start in range(0, len(prices), CHUNK):
            self._chunk(np, symbols[start : start + CHUNK], prices[start : start + CHUNK], hits)
        return hits

    def moves(self) -> list[Move]:
        """The trailing stops that stand nearer than when this was last asked, each once however often it moved."""
        found: list[Move] = []
        moved, self._moved = self._moved, {}
        for index, long in moved:
            side = self._sides[index][0 if long else 1]
            for group in side.groups:
                for id in self._members(group):
                    was, level = self._levels.get(id), side.level(group.mark, *side.trails[id])
                    if was is None or level > was:
                        self._levels[id] = level
                        found.append(Move(id, None if was is None else was * side.sign, level * side.sign))
        return found

    def reached(self, symbol: str, price: float) -> float | None:
        """The level of the nearest stop or target that this price would reach, or None; nothing changes."""
        index = self._indices.get(symbol)
        if index is None or self._lo[index] < price < self._hi[index]:
            return None
        for side in self._sides[index]:
            x, top = side.sign * price, self._peek(side.targets)
            if side.low >= x:
                return (side.low - side.slack) * side.sign
            if top is not None and top[0] - side.slack <= x:
                return top[0] * side.sign
        return None

    def _chunk(self, np: Any, symbols: Any, prices: Any, hits: list[Hit]) -> None:
        low, high = np.frombuffer(self._lo), np.frombuffer(self._hi)
        out = (prices <= low.take(symbols)) | (prices >= high.take(symbols))
        if not out.any():
            return
        touched = np.zeros(len(low), dtype=bool)
        touched[symbols[out]] = True
        where = touched.take(symbols)  # what comes after a move is judged by the bounds as moved
        lo, hi = self._lo, self._hi
        for index, price in zip(symbols[where].tolist(), prices[where].tolist(), strict=True):
            if not lo[index] < price < hi[index]:
                hits += self._meet(index, price)

    def _meet(self, index: int, price: float) -> list[Hit]:
        """The slow way of one tick: stops first, then targets, then what arms and follows."""
        hits: list[Hit] = []
        if not 0 < price < NEVER:
            return hits
        for side in self._sides[index]:
            if side.count:
                x = side.sign * price
                if side.low >= x or side.ceiling - side.slack <= x:
                    self._reach(index, side, x, price, hits)
                if side.groups and side.moves_at(side.groups[0].mark) <= x:
                    self._follow(index, side, x)
                side.bound()
        self._rebound(index)
        return hits

    def _reach(self, index: int, side: _Side, x: float, price: float, hits: list[Hit]) -> None:
        """Take out what a price reaches, and let what it arms begin."""
        slack = side.slack
        while (top := self._peek(side.stops)) is not None and -top[0] + slack >= x:
            hits.append(self._hit(top[2], -top[0], side, price))
        for group in side.groups:
            while side.nearest(group) + slack >= x:
                level = side.nearest(group)
                near = group.distance < NEVER and side.level(group.mark, group.distance, 0.0) == level
                hits.append(self._hit((group.distances if near else group.fractions)[0][2], level, side, price))
                self._count(group)
        while (top := self._peek(side.targets)) is not None and top[0] - slack <= x:
            hits.append(self._hit(top[2], top[0], side, price))
        while (top := self._peek(side.arms)) is not None and top[0] - slack <= x:
            heappop(side.arms)
            self._join(side, x, top[1], top[2])
            self._moved[index, side.sign > 0] = None
        self._restock(side)

    def _follow(self, index: int, side: _Side, x: float) -> None:
        """Move every mark the price has left a step behind; those that meet are one from then on."""
        groups, count = side.groups, 1
        while count < len(groups) and (groups[count].mark == x or side.moves_at(groups[count].mark) <= x):
            count += 1
        first = groups[0]
        first.mark = x
        for group in groups[1:count]:
            first.distances = list(merge(first.distances, group.distances))
            first.fractions = list(merge(first.fractions, group.fractions))
            first.distance, first.fraction = min(first.distance, group.distance), min(first.fraction, group.fraction)
        if len(groups) > 1:
            del groups[:count]
            insort(groups, first)
        self._moved[index, side.sign > 0] = None

    def _enter(self, id: str, symbol: str, level: float, long: bool) -> tuple[_Side, int]:
        if not 0 < level < NEVER:
            raise ValueError(f"{level} is not a level of {symbol}")
        self.drop(id)
        index = self.index(symbol)
        self._sequence += 1
        self._live[id] = (self._sequence, index, long)
        side = self._sides[index][0 if long else 1]
        side.count += 1
        return side, self._sequence

    def _entered(self, symbol: str, side: _Side) -> None:
        self._restock(side)
        side.bound()
        self._rebound(self._indices[symbol])

    def _hit(self, id: str, level: float, side: _Side, price: float) -> Hit:
        self._forget(id, side)
        return Hit(id, level * side.sign, price)

    def _forget(self, id: str, side: _Side) -> None:
        del self._live[id]
        side.count -= 1
        self._levels.pop(id, None)
        side.trails.pop(id, None)

    def _peek(self, heap: list[Entry]) -> Entry | None:
        """The first of a heap that still lives."""
        while heap:
            live = self._live.get(heap[0][2])
            if live is not None and live[0] == heap[0][1]:
                return heap[0]
            heappop(heap)
        return None

    def _join(self, side: _Side, mark: float, entry: int, id: str) -> None:
        """Put a trailing stop into the group of a mark."""
        group = next((g for g in side.groups if g.mark == mark), None)
        if group is None:
            group = _Group(mark)
            insort(side.groups, group)
        distance, fraction = side.trails[id]
        if distance is not None:
            heappush(group.distances, (distance, entry, id))
        else:
            heappush(group.fractions, (fraction, entry, id))
        self._count(group)

    def _count(self, group: _Group) -> None:
        top = self._peek(group.distances)
        group.distance = top[0] if top is not None else NEVER
        top = self._peek(group.fractions)
        group.fraction = top[0] if top is not None else NEVER

    def _members(self, group: _Group) -> Iterator[str]:
        for _, entry, id in (*group.distances, *group.fractions):
            live = self._live.get(id)
            if live is not None and live[0] == entry:
                yield id

    def _restock(self, side: _Side) -> None:
        """Find floor, ceiling and the nearest of each group again; groups nobody is left in go."""
        top = self._peek(side.stops)
        side.floor = -top[0] if top is not None else -NEVER
        side.ceiling = NEVER
        for heap in (side.targets, side.arms):
            if (top := self._peek(heap)) is not None:
                side.ceiling = min(side.ceiling, top[0])
        for group in side.groups:
            self._count(group)
        side.groups = [g for g in side.groups if g.distance < NEVER or g.fraction < NEVER]

    def _rebound(self, index: int) -> None:
        long, short = self._sides[index]
        self._lo[index] = max(long.low, -short.high)
        self._hi[index] = min(long.high, -short.low)
