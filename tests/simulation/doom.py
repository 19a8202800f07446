"""Doom: the process of one house, and the place at which it dies; after that nothing of it reaches the world any more."""

from __future__ import annotations

from collections import Counter

from tests.fakes.faulty_broker import Crash

READ = "before a read"


class Doom:
    """Every port of a house asks `passing(place)` before and after it acts; the N-th question from `strike(N)` on ends the process."""

    def __init__(self, places: Counter[str]) -> None:
        self.dead = False
        self._left: int | None = None
        self._reads = False
        self._places = places
        self.place = ""

    def strike(self, after: int, *, reads: bool = False) -> None:
        """Die at the N-th place from here; a mere read counts as one only when asked for."""
        self._left, self._reads = after, reads

    @property
    def armed(self) -> bool:
        return self._left is not None

    def spare(self) -> None:
        self._left = None

    def passing(self, place: str) -> None:
        if self.dead:
            raise Crash("this process is gone")
        if self._left is None or (place == READ and not self._reads):
            return
        self._left -= 1
        if self._left <= 0:
            self.die(place)
            raise Crash(place)

    def die(self, place: str) -> None:
        self.dead, self._left, self.place = True, None, place
        self._places[place] += 1
