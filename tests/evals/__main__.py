"""Print the score tables; with `--dev` also the lines of the dev split that are wrong (never those of the held-out split)."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tests.evals import correlate, guard, injection, realnews, scorecard
from tests.evals.page import written
from tests.evals.understanding import Verdict, blind, by_category, harder, table, verdicts


def wrong(judged: Sequence[Verdict]) -> None:
    """The lines of the dev split that were not understood."""
    for verdict in judged:
        if not verdict.right and verdict.line.split == "dev":
            line = verdict.line
            print(f"{line.id} {line.level:<5} {line.text!r}: wanted {' | '.join(line.expect)}, got {verdict.got}")


first, second, third = verdicts(), blind(), harder()
if "--dev" in sys.argv:
    wrong(first)
    wrong(second)
    wrong(third)
told = "\n\n".join(
    (
        f"The set the rules were written with\n{table(first)}",
        f"The set written without knowing the rules\n{table(second)}\n\n{by_category(second)}",
        f"The harder set: leaning lines, several questions, conditions, amounts, languages\n{table(third)}\n\n{by_category(third)}",
    )
)
print(told)
written("understanding", told)
print("\nThe guard against a scripted adversary")
guard.main()
print("\nHeadlines that want to be obeyed")
injection.main()
print("\nHeadlines and the moves they caused, in words of their own")
correlate.main()
print("\nReal headlines")
realnews.main()
print("\nThe scorecard on a seeded history")
scorecard.main()
