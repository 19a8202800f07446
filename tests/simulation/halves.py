"""The seeds of a test run in two halves, one for each worker; what was played is remembered for the count at the end."""

from __future__ import annotations

from collections.abc import Sequence

from tests.simulation.many import many, zeros
from tests.simulation.shrink import replay_line
from tests.simulation.world import Counts

PART = 30
FIRST = tuple(range(start, start + PART) for start in range(0, 150, PART))
SECOND = tuple(range(start, start + PART) for start in range(150, 300, PART))

_played: dict[range, Counts] = {}


def played(seeds: range) -> list[str]:
    """The replay line of each world that broke something."""
    _played[seeds], failed = many(seeds)
    return [replay_line(seed) for seed in failed]


def swept(half: Sequence[range]) -> list[str]:
    """What never happened in a half of which every part was played; nothing is said of a half that was not."""
    total = Counts()
    for seeds in half:
        if seeds not in _played:
            return []
        total.add(_played[seeds])
    return zeros(total)
