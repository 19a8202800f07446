"""Dice: the same throws for the same key, in every process; everything random in a simulated world comes from here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of throws named by a key such as (seed, "step", 4), so that leaving one step out changes no other's throws."""

    def __init__(self, *key: object) -> None:
        self._key = "/".join(map(str, key)).encode()
        self._blocks = 0
        self._pool = b""

    def below(self, sides: int) -> int:
        if len(self._pool) < 4:
            self._pool = hashlib.blake2b(self._key + b"#%d" % self._blocks).digest()
            self._blocks += 1
        drawn, self._pool = self._pool[:4], self._pool[4:]
        return int.from_bytes(drawn, "big") % sides

    def between(self, low: int, high: int) -> int:
        """Both ends included."""
        return low + self.below(high - low + 1)

    def chance(self, percent: int) -> bool:
        return self.below(100) < percent

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def weighted(self, choices: Sequence[tuple[T, int]]) -> T:
        left = self.below(sum(weight for _, weight in choices))
        for choice, weight in choices:
            left -= weight
            if left < 0:
                return choice
        raise AssertionError("unreachable")
