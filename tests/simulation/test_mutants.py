"""Every planted fault is caught by the world that once caught it."""

from __future__ import annotations

import json

import pytest

from tests.simulation.mutants import CATCHING, MUTANTS, caught
from tests.simulation.mutating import Mutant

KNOWN = json.loads(CATCHING.read_text())


def test_there_are_enough_of_them_and_each_has_a_seed() -> None:
    assert len(MUTANTS) >= 30
    assert len({m.name for m in MUTANTS}) == len(MUTANTS)
    assert set(KNOWN) == {m.name for m in MUTANTS}


@pytest.mark.parametrize("fault", MUTANTS, ids=lambda m: m.name)
def test_it_is_caught(fault: Mutant) -> None:
    broken = caught(fault, KNOWN[fault.name]["seed"]).broken
    assert broken is not None, f"no invariant broke: `python -m tests.simulation.mutants '{fault.name}'` looks for another seed"
    assert broken.name == KNOWN[fault.name]["invariant"]
