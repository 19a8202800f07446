"""Many worlds: one after the other or in several processes, and the table of what they met."""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import get_context

from tests.simulation import faults, guarded, rival
from tests.simulation.final import FINAL
from tests.simulation.invariants import STEP
from tests.simulation.run import run
from tests.simulation.world import Counts

CHUNK = 50
CHECKS = (*(i.name for i in STEP), *(i.name for i in FINAL), rival.NAME, *guarded.CHECKS)


def many(seeds: Sequence[int], *, jobs: int = 1) -> tuple[Counts, list[int]]:
    """Play every seed; what happened in all of them, and the seeds that broke something."""
    counts, failed = Counts(), []
    chunks = [seeds[start : start + CHUNK] for start in range(0, len(seeds), CHUNK)]
    if jobs == 1:
        parts = map(_chunk, chunks)
    else:
        pool = get_context("spawn").Pool(jobs)
        parts = pool.imap(_chunk, chunks)  # type: ignore[assignment]
    for part, broken in parts:
        counts.add(part)
        failed += broken
    return counts, failed


def _chunk(seeds: Sequence[int]) -> tuple[Counts, list[int]]:
    counts, failed = Counts(), []
    for seed in seeds:
        outcome = run(seed)
        counts.add(outcome.counts)
        if outcome.broken is not None:
            failed.append(seed)
    return counts, failed


def zeros(counts: Counts) -> list[str]:
    """Faults that never fired and invariants that never had anything to check: a net with a hole."""
    return [n for n in faults.NAMES if not counts.faults[n]] + [n for n in CHECKS if not counts.checks[n]]


def table(counts: Counts) -> str:
    """Markdown: how often each fault fired, and how often each invariant had something to check."""
    lines = ["| fault | fired |", "|---|---:|", *(f"| {n} | {counts.faults[n]:,} |" for n in faults.NAMES)]
    lines += ["", "| invariant | checked |", "|---|---:|", *(f"| {n} | {counts.checks[n]:,} |" for n in CHECKS)]
    lines += ["", "| a process died | times |", "|---|---:|", *(f"| {n} | {c:,} |" for n, c in sorted(counts.places.items()))]
    return "\n".join(lines)
