"""The planted faults: what somebody could get wrong in the core, each to be caught by a world.

`python -m tests.simulation.mutants` looks for a seed that catches each and writes `catching.json`, which `make test` replays.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.simulation.mutants_exits import EXITS
from tests.simulation.mutants_money import MONEY
from tests.simulation.mutants_people import PEOPLE
from tests.simulation.mutating import Mutant, planted
from tests.simulation.run import Outcome, run

MUTANTS: tuple[Mutant, ...] = (*PEOPLE, *MONEY, *EXITS)
CATCHING = Path(__file__).with_name("catching.json")
SEEDS = 150


def caught(fault: Mutant, seed: int) -> Outcome:
    """One world with the fault in it."""
    with planted(fault):
        return run(seed)


def search(fault: Mutant, seeds: int = SEEDS, first: int | None = None) -> tuple[int, str] | None:
    """The first seed whose world breaks, and the invariant that does; None when the net has a hole."""
    order = [first] if first is not None else []
    for seed in [*order, *range(seeds)]:
        outcome = caught(fault, seed)
        if outcome.broken is not None:
            return seed, outcome.broken.name
    return None


def main(names: list[str]) -> int:
    known = json.loads(CATCHING.read_text()) if CATCHING.exists() else {}
    wanted = [m for m in MUTANTS if not names or m.name in names]
    missed = []
    for fault in wanted:
        found = search(fault, first=known.get(fault.name, {}).get("seed"))
        if found is None:
            missed.append(fault.name)
            known.pop(fault.name, None)
            print(f"MISSED  {fault.name}", flush=True)
            continue
        known[fault.name] = {"seed": found[0], "invariant": found[1]}
        print(f"{found[0]:6}  {fault.name}: {found[1]}", flush=True)
    kept = {m.name: known[m.name] for m in MUTANTS if m.name in known}
    CATCHING.write_text(json.dumps(kept, indent=1) + "\n")
    print(f"{len(wanted) - len(missed)} of {len(wanted)} caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
