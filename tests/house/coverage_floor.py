"""The coverage gate, run after the tests: at least 90% of the lines of every room, all lines where money is decided."""

from __future__ import annotations

import io
import sys

import coverage

from tests.house.sources import ROOMS

FLOOR = 90.0
WHOLE = ("domain/*", "trading/tickets.py", "trading/execution.py", "trading/risk/*")


def measured(data: coverage.Coverage, include: str) -> float:
    """Percent of lines covered in the files of a pattern."""
    return data.report(include=include, file=io.StringIO())


def main() -> int:
    """Print what falls short; 1 when anything does."""
    data = coverage.Coverage()
    data.load()
    short = [(f"{room}/*", FLOOR, measured(data, f"{room}/*")) for room in ROOMS]
    short += [(pattern, 100.0, measured(data, pattern)) for pattern in WHOLE]
    failed = [(name, floor, value) for name, floor, value in short if value < floor]
    for name, floor, value in short:
        sys.stdout.write(f"coverage {name:<24} {value:6.2f}% (floor {floor:.0f}%)\n")
    for name, floor, value in failed:
        sys.stdout.write(f"TOO LOW: {name} {value:.2f}% < {floor:.0f}%\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
