"""The figures of docs/reliability.md: plays the worlds and writes what they met, the planted faults and the stock comparison into it.

`python -m tests.simulation.report --seeds 2000 --stock 1000 [--jobs 2]`
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

from tests.simulation import many, stock
from tests.simulation.mutants import CATCHING, MUTANTS
from tests.simulation.shrink import replay_line

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.report")
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--stock", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    counts, failed = many.many(range(asked.seeds), jobs=asked.jobs)
    broken = "".join(f"\n- `{replay_line(seed)}`" for seed in failed)
    found = f"{asked.seeds:,} worlds (seeds 0 to {asked.seeds - 1:,}): {len(failed)} broke an invariant.{broken}"
    put("worlds", f"{found}\n\n{many.table(counts)}")
    put("stock", stock.table(asked.stock, *stock.compare(range(asked.stock))))
    put("planted", planted())
    return 1 if failed else 0


def planted() -> str:
    """Markdown: each planted fault, the seed that catches it, and the invariant that breaks."""
    known = json.loads(CATCHING.read_text(encoding="utf-8"))
    rows = [f"| {m.name} | {known[m.name]['seed']} | {known[m.name]['invariant']} |" for m in MUTANTS if m.name in known]
    head = f"{len(rows)} planted faults, {len(MUTANTS) - len(rows)} not caught.\n\n| planted fault | seed | caught by |\n|---|---:|---|\n"
    return head + "\n".join(rows)


def put(name: str, text: str) -> None:
    """Put a text between its two marks in the page."""
    page = PAGE.read_text(encoding="utf-8")
    fresh, times = re.subn(rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)", lambda m: f"{m[1]}{text}{m[2]}", page, flags=re.DOTALL)
    if times != 1:
        raise ValueError(f"docs/reliability.md has no place for {name}")
    PAGE.write_text(fresh, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
