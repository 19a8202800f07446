"""Print the score table; with `--dev` also the lines of the dev split that are wrong (never those of the held-out split)."""

from __future__ import annotations

import sys

from tests.evals.understanding import table, verdicts

judged = verdicts()
if "--dev" in sys.argv:
    for verdict in judged:
        if not verdict.right and verdict.line.split == "dev":
            line = verdict.line
            print(f"{line.id} {line.level:<5} {line.text!r}: wanted {' | '.join(line.expect)}, got {verdict.got}")
print(table(judged))
