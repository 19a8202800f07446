"""Every planted fault is caught: by the world that once did, or by another where a change has moved what happens in it."""

from __future__ import annotations

import json

import pytest

from tests.simulation.mutants import CATCHING, MUTANTS, search
from tests.simulation.mutating import Mutant

KNOWN = json.loads(CATCHING.read_text())
OTHERS = 80


def test_there_are_enough_of_them_and_each_has_a_seed() -> None:
    assert len(MUTANTS) >= 30
    assert len({m.name for m in MUTANTS}) == len(MUTANTS)
    assert set(KNOWN) == {m.name for m in MUTANTS}


@pytest.mark.parametrize("fault", MUTANTS, ids=lambda m: m.name)
def test_it_is_caught(fault: Mutant) -> None:
    seed, invariant = KNOWN[fault.name]["seed"], KNOWN[fault.name]["invariant"]
    found = search(fault, seeds=OTHERS, first=seed)
    assert found is not None, f"no invariant broke: `python -m tests.simulation.mutants '{fault.name}'` looks for another seed"
    assert found[0] != seed or found[1] == invariant
