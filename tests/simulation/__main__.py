"""`python -m tests.simulation`: many seeds and the table of what they met, or one seed and its story.

--seeds 300 [--from N] [--jobs 2]   worlds, the counts table, and the shortest story of each failure
--seed N [--only s3,f3,s9]          one world, or some atoms of it, with its story
"""

from __future__ import annotations

import argparse
import sys

from tests.simulation.many import many, table, zeros
from tests.simulation.run import Outcome, run
from tests.simulation.shrink import replay_line, shrink

SHOWN = 5  # failures that are shrunk and told; of the others only the replay line


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--only", default="")
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    if asked.seed is not None:
        return one(run(asked.seed, asked.only.split(",") if asked.only else None))
    counts, failed = many(range(asked.first, asked.first + asked.seeds), jobs=asked.jobs)
    print(f"{asked.seeds} worlds from seed {asked.first}, {len(failed)} broken\n\n{table(counts)}")
    for number, seed in enumerate(failed):
        print(story(seed) if number < SHOWN else replay_line(seed))
    missing = zeros(counts)
    if missing:
        print(f"never happened: {', '.join(missing)}")
    return 1 if failed or missing else 0


def one(outcome: Outcome) -> int:
    print("\n".join(outcome.story))
    print(f"\njournal {outcome.journal}\n{outcome.broken or 'every invariant held'}")
    return 1 if outcome.broken else 0


def story(seed: int) -> str:
    """A failing seed, as short as it gets, and how to play it again."""
    atoms, outcome = shrink(seed)
    return "\n".join([f"seed {seed}: {outcome.broken}", *outcome.story, replay_line(seed, atoms), ""])


if __name__ == "__main__":
    sys.exit(main())
