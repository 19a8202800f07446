"""Run every benchmark and print the table of docs/benchmarks.md; a missed goal is said, and ends with exit 1.

Every module here with a `rows` function is one; `python -m benchmarks NAME …` runs only those named.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import platform
import sys
from collections.abc import Sequence

import benchmarks
from benchmarks.timing import Row


def table(found: list[Row]) -> str:
    """Markdown."""
    head = ["| figure | measured | goal | peer in the same run | met |", "|---|---|---|---|---|"]
    return "\n".join(head + [f"| {r.figure} | {r.value} | {r.goal} | {r.peer} | {'yes' if r.met else 'NO'} |" for r in found])


def main(wanted: Sequence[str]) -> int:
    """All of them, or those named, one after the other."""
    found: list[Row] = []
    for info in sorted(pkgutil.iter_modules(benchmarks.__path__), key=lambda i: i.name):
        if info.name == "__main__" or (wanted and info.name not in wanted):
            continue
        module = importlib.import_module(f"benchmarks.{info.name}")
        if hasattr(module, "rows"):
            found += module.rows()
    sys.stdout.write(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()}\n\n{table(found)}\n")
    return 0 if all(row.met for row in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
