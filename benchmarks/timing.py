"""Measuring: whole processes and calls in this one, as medians and 99th percentiles, with the peers interleaved."""

from __future__ import annotations

import importlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was measured, its value, the goal as the project set it, and the peer of the same run."""

    figure: str
    value: str
    goal: str
    peer: str = "–"
    met: bool = True


@dataclass(frozen=True, slots=True)
class Process:
    """Wall seconds and peak memory in MB of whole processes."""

    seconds: tuple[float, ...]
    megabytes: float

    @property
    def median(self) -> float:
        """Median wall seconds."""
        return statistics.median(self.seconds)


def measured(name: str) -> list[Row]:
    """The rows of one module of this package; none where it is a part of others."""
    module = importlib.import_module(f"benchmarks.{name}")
    return list(module.rows()) if hasattr(module, "rows") else []


def processes(commands: Sequence[Sequence[str]], *, rounds: int, environment: dict[str, str] | None = None) -> list[Process]:
    """Run each command `rounds` times, one after the other and not one series after the other, so that noise hits all alike."""
    seconds: list[list[float]] = [[] for _ in commands]
    peak = [0.0 for _ in commands]
    for _ in range(rounds):
        for index, command in enumerate(commands):
            started = time.perf_counter()
            child = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
            )
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            seconds[index].append(time.perf_counter() - started)
            scale = 1 / 1024 if sys.platform != "darwin" else 1 / 1024 / 1024
            peak[index] = max(peak[index], usage.ru_maxrss * scale)
            if child.returncode:
                raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}")
    return [Process(tuple(s), m) for s, m in zip(seconds, peak, strict=True)]


def calls(function: Callable[[int], object], *, rounds: int) -> tuple[float, float]:
    """Median and 99th percentile of one call, in seconds."""
    spent = []
    for number in range(rounds):
        started = time.perf_counter()
        function(number)
        spent.append(time.perf_counter() - started)
    return statistics.median(spent), quantile(spent)


async def awaits(function: Callable[[int], Awaitable[object]], *, rounds: int) -> tuple[float, float]:
    """Median and 99th percentile of one awaited call, in seconds."""
    spent = []
    for number in range(rounds):
        started = time.perf_counter()
        await function(number)
        spent.append(time.perf_counter() - started)
    return statistics.median(spent), quantile(spent)


def quantile(spent: Sequence[float], at: float = 0.99) -> float:
    """The value that a share of the sample does not exceed."""
    ordered = sorted(spent)
    return ordered[min(int(len(ordered) * at), len(ordered) - 1)]


def milliseconds(seconds: float) -> str:
    """Seconds as a text in ms or µs."""
    return f"{seconds * 1e3:.2f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.1f} µs"
