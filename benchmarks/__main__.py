"""Run every benchmark and print the table of docs/benchmarks.md; a missed goal is said, and ends with exit 1."""

from __future__ import annotations

import os
import platform
import sys

from benchmarks import figures, lines, month, start
from benchmarks.timing import Row


def table(found: list[Row]) -> str:
    """Markdown."""
    head = ["| figure | measured | goal | peer in the same run | met |", "|---|---|---|---|---|"]
    return "\n".join(head + [f"| {r.figure} | {r.value} | {r.goal} | {r.peer} | {'yes' if r.met else 'NO'} |" for r in found])


def main() -> int:
    """All of them, one after the other."""
    found = [*start.rows(), *lines.rows(), *month.rows(), *figures.rows()]
    sys.stdout.write(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()}\n\n{table(found)}\n")
    return 0 if all(row.met for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
