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
    """Trailing stops with one mark, the best price they have seen. Heaps by distance: nearest first."""

    mark: float
    distances: list[Entry] = field(default_factory=list)
    fractions: list[Entry] = field(default_factory=list)

    def __lt__(self, other: _Group) -> bool:
        return self.mark < other.mark


class _Side:
    """The exits of the long (sign 1) or short (-1) positions in one symbol, in prices times sign: what protects lies below for both."""

    __slots__ = ("arms", "groups", "sign", "step", "stops", "targets", "tick", "trails")

    def __init__(self, sign: int, tick: float, step: float) -> None:
        self.sign = sign
        self.tick = tick
        self.step = step
        self.stops: list[Entry] = []  # (-level, …): the highest first
        self.targets: list[Entry] = []
        self.arms: list[Entry] = []
        self.groups: list[_Group] = []  # by mark, the lowest first
        self.trails: dict[str, tuple[float | None, float]] = {}  # id: distance or None, fraction

    def level(self, mark: float, distance: float | None, fraction: float) -> float:
        """Where a trailing stop of that mark stands, to the tick."""
        raw = mark - distance if distance is not None else mark * (1 - self.sign * fraction)
        return math.floor(raw / self.tick + 0.5) * self.tick if self.tick else raw


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
        self._rebound(self._indices[symbol])

    def target(self, id: str, symbol: str, level: float, *, long: bool = True) -> None:
        """Watch a level on the winning side: a target, or the price from which something else is to happen."""
        side, entry = self._enter(id, symbol, level, long)
        heappush(side.targets, (side.sign * level, entry, id))
        self._rebound(self._indices[symbol])

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
            self._rebound(self._indices[symbol])
            return
        self._levels[id] = seen
        group = next((g for g in side.groups if g.mark == begin), None)
        if group is None:
            group = _Group(begin)
            insort(side.groups, group)
        _join(group, side, entry, id)
        self._rebound(self._indices[symbol])

    def drop(self, id: str) -> None:
        """Watch it no more; one that is not there changes nothing."""
        if id in self._live:
            _, index, long = self._live[id]
            self._forget(id, self._sides[index][0 if long else 1])
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
            slack, x = side.tick * SLACK, side.sign * price
            below, above = self._lower(side), self._peek(side.targets)
            if below + slack >= x:
                return below * side.sign
            if above is not None and above[0] - slack <= x:
                return above[0] * side.sign
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
            slack, x = side.tick * SLACK, side.sign * price
            while (top := self._peek(side.stops)) is not None and -top[0] + slack >= x:
                hits.append(self._hit(top[2], -top[0], side, price))
            for group in side.groups:
                while (near := self._nearest(group, side)) is not None and near[0] + slack >= x:
                    hits.append(self._hit(near[1], near[0], side, price))
            while (top := self._peek(side.targets)) is not None and top[0] - slack <= x:
                hits.append(self._hit(top[2], top[0], side, price))
            self._follow(index, side, x, slack)
        self._rebound(index)
        return hits

    def _follow(self, index: int, side: _Side, x: float, slack: float) -> None:
        count = 0
        while count < len(side.groups) and side.groups[count].mark + side.step - slack <= x and side.groups[count].mark < x:
            count += 1
        risen = side.groups[:count]
        while (top := self._peek(side.arms)) is not None and top[0] - slack <= x:
            heappop(side.arms)
            fresh = _Group(x)
            _join(fresh, side, top[1], top[2])
            risen.append(fresh)
        if not risen:
            return
        del side.groups[:count]
        first, *rest = risen
        first.mark = x
        for group in rest:
            first.distances = list(merge(first.distances, group.distances)) if group.distances else first.distances
            first.fractions = list(merge(first.fractions, group.fractions)) if group.fractions else first.fractions
        if first.distances or first.fractions:
            insort(side.groups, first)
        self._moved[index, side.sign > 0] = None

    def _enter(self, id: str, symbol: str, level: float, long: bool) -> tuple[_Side, int]:
        if not 0 < level < NEVER:
            raise ValueError(f"{level} is not a level of {symbol}")
        self.drop(id)
        index = self.index(symbol)
        self._sequence += 1
        self._live[id] = (self._sequence, index, long)
        return self._sides[index][0 if long else 1], self._sequence

    def _hit(self, id: str, level: float, side: _Side, price: float) -> Hit:
        self._forget(id, side)
        return Hit(id, level * side.sign, price)

    def _forget(self, id: str, side: _Side) -> None:
        del self._live[id]
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

    def _nearest(self, group: _Group, side: _Side) -> tuple[float, str] | None:
        """The highest level of a group with its id, or None when nobody is left in it."""
        found: tuple[float, str] | None = None
        if (top := self._peek(group.distances)) is not None:
            found = side.level(group.mark, top[0], 0.0), top[2]
        if (top := self._peek(group.fractions)) is not None:
            level = side.level(group.mark, None, top[0])
            if found is None or level > found[0]:
                found = level, top[2]
        return found

    def _members(self, group: _Group) -> Iterator[str]:
        for _, entry, id in (*group.distances, *group.fractions):
            live = self._live.get(id)
            if live is not None and live[0] == entry:
                yield id

    def _lower(self, side: _Side) -> float:
        """The highest level below which something is reached; groups nobody is left in go."""
        top = self._peek(side.stops)
        highest = -top[0] if top is not None else -NEVER
        empty = False
        for group in side.groups:
            near = self._nearest(group, side)
            if near is None:
                empty = True
            elif near[0] > highest:
                highest = near[0]
        if empty:
            side.groups = [g for g in side.groups if g.distances or g.fractions]
        return highest

    def _rebound(self, index: int) -> None:
        lows, highs = [], []
        for side in self._sides[index]:
            slack = side.tick * SLACK
            lows.append(self._lower(side) + slack)
            above = NEVER
            for heap in (side.targets, side.arms):
                if (top := self._peek(heap)) is not None:
                    above = min(above, top[0] - slack)
            if side.groups:
                mark = side.groups[0].mark
                above = min(above, max(mark + side.step - slack, math.nextafter(mark, NEVER)))
            highs.append(above)
        self._lo[index] = max(lows[0], -highs[1])
        self._hi[index] = min(highs[0], -lows[1])


def _join(group: _Group, side: _Side, entry: int, id: str) -> None:
    distance, fraction = side.trails[id]
    if distance is not None:
        heappush(group.distances, (distance, entry, id))
    else:
        heappush(group.fractions, (fraction, entry, id))
