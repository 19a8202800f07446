"""Calls inside a process: the grammar, the palette, and the front desk on a book of 100 positions."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from app.settings import Settings
from app.wiring import build
from app.worlds import Wanted
from benchmarks.hundred import files
from benchmarks.timing import Row, awaits, calls, milliseconds
from commands import grammar
from commands.palette import Shelf, Suggestion
from domain.chat import Incoming
from domain.ids import SequentialIds
from domain.tickets import Origin

LINES = ("#AAPL close 50%", "#buy TSLA $2000 limit 240 gtc", "#order-7k2m9q1-1 modify limit 239.50", "#NVDA trailing 2atr", "#set-stops 5%")
AT = datetime(2025, 3, 5, 15, 30, tzinfo=UTC)
ORIGIN = Origin("terminal", "bench", "owner")


def rows() -> list[Row]:
    """Every figure of this file."""
    return [_grammar(), _palette(), *asyncio.run(_desk())]


def _grammar() -> Row:
    median, worst = calls(lambda n: grammar.parse(LINES[n % len(LINES)], lambda symbol: True), rounds=5000)
    return Row("parse of a `#` line", f"p50 {milliseconds(median)}, p99 {milliseconds(worst)}", "under 50 µs", met=median < 50e-6)


def _palette() -> Row:
    words = ("positions", "performance", "profit", "exposure", "journal", "orders", "close", "target", "trailing", "explain")
    shelf = Shelf([Suggestion(f"/{a}-{b}-{n}", f"{b} of {a}", "Bench") for n in range(5) for a in words for b in words])
    asked = ("pos", "perf", "exposre", "orders journal", "trail", "close targ", "proft", "explain 3")
    for words_once in asked:
        shelf.search(words_once)  # the fuzzy library is loaded at its first use
    median, worst = calls(lambda n: shelf.search(asked[n % len(asked)]), rounds=4000)
    return Row(
        "palette search over 500 entries", f"p50 {milliseconds(median)}, p99 {milliseconds(worst)}", "p99 under 0.5 ms", met=worst < 0.5e-3
    )


async def _desk() -> list[Row]:
    with files(100) as made:
        wanted = Wanted(replay=made.bars, at=AT, book=made.book, still=True)
        house = await build(Settings(), wanted, ids=SequentialIds(), read_only=True)
    try:
        held = len((await house.floor.book.snapshot()).positions)

        async def cached(number: int) -> None:
            await house.front.handle(Incoming(str(number), ORIGIN, "/positions", AT))

        async def fresh(number: int) -> None:
            house.floor.clock.set(AT + timedelta(seconds=2 * number + 2))  # type: ignore[attr-defined]
            await cached(number)

        median, cached_worst = await awaits(cached, rounds=500)
        _, worst = await awaits(fresh, rounds=300)
    finally:
        await house.close()
    name = f"desk answer `/positions`, {held} positions"
    met = median < 1e-3
    return [
        Row(f"{name}, cached", f"p50 {milliseconds(median)}, p99 {milliseconds(cached_worst)}", "p50 under 1 ms", met=met),
        Row(f"{name}, fresh quotes", f"p99 {milliseconds(worst)}", "p99 under 20 ms", met=worst < 20e-3),
    ]
