"""The guard against a scripted adversary: 500 true answers and as many with a fault, over many books and days of the simulated world.

`python -m tests.evals.guard` prints the table and writes it into `docs/evaluations.md`; `--dev` also prints the sentences of the dev half
that are judged wrongly. Times are of the machine that ran it.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from copilot.brief import Brief
from copilot.briefing import briefing
from copilot.compose import what_happened
from copilot.guard import Ground, ground_of, guarded
from domain.orders import Side
from tests.copilot.scene import HOLDINGS, scene
from tests.evals.page import written
from tests.evals.phrasings import DEV
from tests.evals.phrasings_second import SECOND
from tests.evals.phrasings_third import THIRD
from tests.evals.worded import Template

ANSWERS = 750
SENTENCES = 5
SYMBOLS = ("AAPL", "NVDA", "MSFT", "XOM", "JPM", "TSLA", "AMD", "UNH", "COST", "META", "BAC", "WMT", "DIS", "INTC", "CEG", "GS", "BTC")
HALVES: tuple[tuple[str, Sequence[Template]], ...] = (("first", DEV), ("second", SECOND), ("third", THIRD))
SPANS = ("today", "yesterday", "week")


@dataclass(frozen=True, slots=True)
class Judged:
    """One sentence: which half its template is of, its fault where it is not true, whether the guard let it through untouched."""

    half: str
    fault: str
    text: str
    passed: bool
    reasons: tuple[str, ...]


async def briefs(number: int, seed: int = 11) -> list[Brief]:
    """Briefs of different books on different days."""
    r = Random(seed)
    found = []
    for k in range(number):
        at = datetime(2025, 2, 3, 15, 30, tzinfo=UTC) + timedelta(days=5 * k, minutes=r.randrange(300))
        while at.weekday() > 4:
            at += timedelta(days=1)
        chosen = r.sample(SYMBOLS, r.randrange(3, 9))
        holdings = [(s, "0.1" if s == "BTC" else r.randrange(5, 90), r.randrange(2, 90)) for s in chosen]
        stage = await scene(at, holdings=holdings if k % 5 else HOLDINGS)
        for symbol in r.sample(chosen, 2) if k % 5 else ("AAPL", "NVDA"):
            price = (await stage.hub.prices_at([symbol], at))[symbol]
            stage.stop(symbol, str(round(price * 95 / 100, 2)))
        side = r.choice((Side.BUY, Side.SELL))
        await stage.trade((chosen if k % 5 else ["AAPL"])[0], side, 3, at - timedelta(minutes=45))
        found.append(await stage.brief(SPANS[k % 3]))
    return found


def answers(brief: Brief, r: Random, templates: Sequence[Template]) -> tuple[list[str], list[tuple[str, int, str]]]:
    """True sentences of one brief, and of each the faults: (fault, which sentence, the wrong one)."""
    right: list[str] = []
    wrong: list[tuple[str, int, str]] = []
    for template in r.sample(list(templates), len(templates)):
        worded = template(r, brief)
        if worded is not None and len(right) < SENTENCES:
            wrong += [(fault, len(right), text) for fault, text in worded.wrong.items()]
            right.append(worded.right)
    return right, wrong


def shown(text: str, sentence: str) -> bool:
    """True where the sentence is in what is shown, as it was said."""
    return " ".join(sentence.replace("**", "").split()) in " ".join(text.split())


def judged(found: Sequence[Brief], answers_wanted: int = ANSWERS, seed: int = 5) -> tuple[list[Judged], list[float]]:
    """Every sentence judged, and the seconds that each answer took, the ground included."""
    r = Random(seed)
    out, times = [], []
    for k in range(answers_wanted):
        brief = found[k % len(found)]
        half, templates = HALVES[k % len(HALVES)]
        right, wrong = answers(brief, r, templates)
        begun = time.perf_counter()
        ground = ground_of(brief, what_happened(brief), briefing(brief).facts)
        checked = guarded("\n".join(right).replace("**", ""), ground)
        times.append(time.perf_counter() - begun)
        out += [Judged(half, "", s, shown(checked.text, s), checked.removed) for s in right]
        if wrong:
            fault, at, text = r.choice(wrong)
            said = [*right[:at], text, *right[at + 1 :]]
            out.append(_altered(half, fault, text, said, ground))
        for fault, _, text in wrong:  # each alone too, where nothing around it helps
            out.append(_altered(half, fault, text, [text], ground))
    return out, times


def _altered(half: str, fault: str, text: str, said: Sequence[str], ground: Ground) -> Judged:
    checked = guarded("\n".join(said).replace("**", ""), ground)
    return Judged(half, fault, text, shown(checked.text, text), checked.removed)


def table(found: Sequence[Judged], times: Sequence[float]) -> str:
    """Right sentences kept by half, wrong ones that passed by fault, and the time an answer takes."""
    lines = ["half       right sentences   kept   share   wrong sentences   passed"]
    for half, _ in HALVES:
        own = [j for j in found if j.half == half]
        right, wrong = [j for j in own if not j.fault], [j for j in own if j.fault]
        kept = sum(j.passed for j in right)
        lines.append(f"{half:<10} {len(right):>15} {kept:>6} {kept / len(right):>7.1%} {len(wrong):>17} {sum(j.passed for j in wrong):>8}")
    lines.append("")
    lines.append("fault          tried   passed")
    tried, passed = Counter(j.fault for j in found if j.fault), Counter(j.fault for j in found if j.fault and j.passed)
    lines += [f"{fault:<12} {tried[fault]:>7} {passed[fault]:>8}" for fault in sorted(tried)]
    ordered = sorted(times)
    p99 = ordered[int(len(ordered) * 0.99)]
    lines += [
        "",
        f"{len(times)} answers: median {statistics.median(times) * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms an answer, the ground included",
    ]
    return "\n".join(lines)


def main() -> None:
    """Print the table and write it into the page."""
    found, times = judged(asyncio.run(briefs(60)))
    if "--dev" in sys.argv:
        for one in found:
            if one.passed == bool(one.fault):
                print(one.fault or "RIGHT", "|", one.text, "|", [x for x in one.reasons if one.text[:30] in x])
    print(table(found, times))
    written("guard", table(found, times))


if __name__ == "__main__":
    main()
