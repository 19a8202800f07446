"""The moves a reader gave the world by hand, by symbol and in order."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime

from domain.market import Shock


class Shocks:
    """Every shock of a world; a price is multiplied by 1 + move from the shock's instant on, for ever."""

    def __init__(self, shocks: Iterable[Shock] = ()) -> None:
        self._all: list[Shock] = []
        self._of: dict[str, list[tuple[datetime, float]]] = {}
        for shock in shocks:
            self.add(shock)

    def listed(self) -> tuple[Shock, ...]:
        """All of them, oldest first."""
        return tuple(self._all)

    def add(self, shock: Shock) -> None:
        """Take one more; a move of -1 or below, or a naive instant, raises ValueError."""
        if shock.move <= -1:
            raise ValueError("a shock cannot take more than the whole price")
        if shock.at.tzinfo is None:
            raise ValueError("a shock needs an aware instant")
        self._all.append(shock)
        self._all.sort(key=lambda s: (s.at, s.symbol))
        mine = self._of.setdefault(shock.symbol, [])
        mine.append((shock.at, math.log1p(float(shock.move))))
        mine.sort()

    def touches(self, symbol: str) -> bool:
        """True when the symbol has any."""
        return symbol in self._of

    def moved(self, symbol: str, at: datetime) -> float:
        """The log of what all shocks up to that instant (included) did to the price."""
        return sum(move for then, move in self._of.get(symbol, ()) if then <= at)

    def last(self, symbol: str, after: datetime, at: datetime) -> datetime:
        """The instant of the latest shock in (after, at], or `after`."""
        return max((then for then, _ in self._of.get(symbol, ()) if after < then <= at), default=after)

    def within(self, symbol: str, start: datetime, end: datetime) -> list[tuple[datetime, float]]:
        """(instant, log move) of the shocks strictly between two instants, in order."""
        return [(then, move) for then, move in self._of.get(symbol, ()) if start < then < end]
