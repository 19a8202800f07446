"""Print the score tables; with `--dev` also the lines of the dev split that are wrong (never those of the held-out split)."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tests.evals import scorecard
from tests.evals.understanding import Verdict, blind, by_category, table, verdicts


def wrong(judged: Sequence[Verdict]) -> None:
    """The lines of the dev split that were not understood."""
    for verdict in judged:
        if not verdict.right and verdict.line.split == "dev":
            line = verdict.line
            print(f"{line.id} {line.level:<5} {line.text!r}: wanted {' | '.join(line.expect)}, got {verdict.got}")


first, second = verdicts(), blind()
if "--dev" in sys.argv:
    wrong(first)
    wrong(second)
print("The set the rules were written with")
print(table(first))
print("\nThe set written without knowing the rules")
print(table(second))
print()
print(by_category(second))
print("\nThe scorecard on a seeded history")
scorecard.main()
