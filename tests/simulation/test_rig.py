"""The rig itself: the same seed gives the same bytes, failures are shrunk, regressions stay fixed, and the stock stack fares worse."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation import stock
from tests.simulation.mutants import MUTANTS
from tests.simulation.mutating import Stale, mutant, planted
from tests.simulation.run import atoms, run
from tests.simulation.shrink import replay_line, shrink

ROOT = Path(__file__).parents[2]
REGRESSIONS = [
    line.partition("#")[0].split() for line in Path(__file__).with_name("regressions.txt").read_text().splitlines() if line[:1].isdigit()
]


def test_one_seed_gives_byte_identical_journals_in_every_process() -> None:
    script = "from tests.simulation.run import run; print(*(run(seed).journal for seed in (0, 3, 11)))"
    told = set()
    for salt in ("0", "4711"):
        environment = os.environ | {"PYTHONHASHSEED": salt, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
        told.add(done.stdout)
    assert len(told) == 1
    assert len(told.pop().split()) == 3


@pytest.mark.parametrize("words", REGRESSIONS, ids=lambda w: w[0])
def test_what_was_fixed_stays_fixed(words: list[str]) -> None:
    only = words[1].split(",") if len(words) > 1 else None
    outcome = run(int(words[0]), only)
    assert outcome.broken is None, "\n".join(outcome.story)


def test_a_failing_world_is_shrunk_to_a_story_that_still_fails() -> None:
    fault = next(m for m in MUTANTS if m.name == "two taps both win")
    with planted(fault):
        seed = next(seed for seed in range(40) if run(seed).broken)
        left, outcome = shrink(seed)
        assert outcome.broken is not None
        assert len(left) <= len(atoms()) // 4
        assert run(seed, left).broken
        with pytest.raises(ValueError, match="breaks nothing"):
            shrink(seed, [])
    assert replay_line(seed, left) == f"python -m tests.simulation --seed {seed} --only {','.join(left)}"
    assert run(seed, left).broken is None


def test_a_planted_fault_that_no_longer_fits_is_said() -> None:
    with pytest.raises(Stale, match="stands 0 times"), planted(mutant("gone", ("trading.tickets", "no such text", ""))):
        pass
    with (
        pytest.raises(Stale, match="changes no function"),
        planted(mutant("idle", ("trading.legs", "Legs: what each part", "Legs: what any part"))),
    ):
        pass


def test_the_stock_order_path_goes_wrong_in_the_worlds_that_ours_survives() -> None:
    naive, ours = stock.compare(range(12))
    assert (ours.twice, ours.failed_but_live, ours.vanished, ours.wrong_book) == (0, 0, 0, 0)
    assert min(naive.twice, naive.vanished, naive.wrong_book) > 0
