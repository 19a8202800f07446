"""Run every benchmark and print the table of docs/benchmarks.md; a missed goal is said, and ends with exit 1.

Every module here with a `rows` function is one; `python -m benchmarks NAME …` runs only those named.
"""

from __future__ import annotations

import os
import pkgutil
import platform
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import benchmarks
from benchmarks.timing import Row, measured


def table(found: list[Row]) -> str:
    """Markdown."""
    head = ["| figure | measured | goal | peer in the same run | met |", "|---|---|---|---|---|"]
    return "\n".join(head + [f"| {r.figure} | {r.value} | {r.goal} | {r.peer} | {'yes' if r.met else 'NO'} |" for r in found])


def main(wanted: Sequence[str]) -> int:
    """All of them, or those named, one after the other, each in a process of its own that has no memory of the others."""
    names = [i.name for i in sorted(pkgutil.iter_modules(benchmarks.__path__), key=lambda i: i.name) if i.name != "__main__"]
    found: list[Row] = []
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as one:
        for name in names:
            if not wanted or name in wanted:
                found += one.submit(measured, name).result()
    sys.stdout.write(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()}\n\n{table(found)}\n")
    return 0 if all(row.met for row in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
