"""The first half of the seeds that every test run plays."""

from __future__ import annotations

import pytest

from tests.simulation.halves import FIRST, played, swept


@pytest.mark.parametrize("seeds", FIRST, ids=lambda s: f"{s[0]}-{s[-1]}")
def test_worlds(seeds: range) -> None:
    assert played(seeds) == []


def test_every_fault_fired_and_every_invariant_had_something_to_check() -> None:
    assert swept(FIRST) == []
