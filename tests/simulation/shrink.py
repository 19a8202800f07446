"""Shrinking: of a failing world the fewest steps and faults that still break the same invariant."""

from __future__ import annotations

from collections.abc import Sequence

from tests.simulation.run import Atom, Outcome, atoms, run


def shrink(seed: int, kept: Sequence[Atom] | None = None) -> tuple[list[Atom], Outcome]:
    """Leave out large pieces first, then ever smaller ones, as long as the same invariant breaks. Raises ValueError for a sound seed."""
    left = list(atoms() if kept is None else kept)
    outcome = run(seed, left)
    if outcome.broken is None:
        raise ValueError(f"seed {seed} breaks nothing")
    size = len(left) // 2
    while size:
        place = 0
        while place < len(left):
            fewer = left[:place] + left[place + size :]
            tried = run(seed, fewer)
            if tried.broken is not None and tried.broken.name == outcome.broken.name:
                left, outcome = fewer, tried
            else:
                place += size
        size //= 2
    return left, outcome


def replay_line(seed: int, left: Sequence[Atom] = ()) -> str:
    return f"python -m tests.simulation --seed {seed}" + (f" --only {','.join(left)}" if left else "")
