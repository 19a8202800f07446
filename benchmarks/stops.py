"""Stop checks: ten thousand open positions over five hundred symbols, in batches and one tick at a time, beside an order emulator."""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.timing import Row
from trading.exits.stops import StopBook

SYMBOLS, POSITIONS = 500, 10_000
TICKS, BATCH = 1_000_000, 1024
SINGLE = 300_000  # ticks one at a time
SHARED = 100_000  # ticks of the tape that the peer sees too
ROUNDS = 5
TICK = 0.01
GOAL_FIXED, GOAL_TRAILING, GOAL_SINGLE, GOAL_PEER = 5_000_000, 3_000_000, 300_000, 50

NAMES = tuple(f"S{n}" for n in range(SYMBOLS))


@dataclass(frozen=True, slots=True)
class Tape:
    """Ticks of every symbol, each a walk in steps of a cent from 100."""

    symbols: Any
    prices: Any


def tape(count: int, seed: int = 1) -> Tape:
    """So many ticks, the symbols in random order."""
    dice = np.random.default_rng(seed)
    symbols = dice.integers(0, SYMBOLS, count).astype(np.intp)
    prices = np.empty(count)
    for symbol in range(SYMBOLS):
        mine = symbols == symbol
        prices[mine] = np.round(100 + np.cumsum(dice.integers(-1, 2, int(mine.sum()))) * TICK, 2)
    return Tape(symbols, prices)


def levels() -> list[float]:
    """The stops of the fixed book: 20 cents to three dollars below."""
    dice = random.Random(2)
    return [round(100 - dice.uniform(0.2, 3.0), 2) for _ in range(POSITIONS)]


def _empty() -> StopBook:
    book = StopBook()
    for name in NAMES:
        book.index(name, tick=TICK, step=TICK)
    return book


def fixed() -> StopBook:
    """Ten thousand fixed stops."""
    book = _empty()
    for number, level in enumerate(levels()):
        book.stop(f"p{number}", NAMES[number % SYMBOLS], level)
    return book


def trailing() -> StopBook:
    """Ten thousand trailing stops, half by distance and half by percent; each moves with every tick of the market."""
    book, dice = _empty(), random.Random(2)
    for number in range(POSITIONS):
        name = NAMES[number % SYMBOLS]
        if number % 2:
            book.trail(f"p{number}", name, distance=round(dice.uniform(0.2, 3.0), 2), mark=100.0)
        else:
            book.trail(f"p{number}", name, fraction=dice.uniform(0.002, 0.03), mark=100.0)
    return book


def batched(book: StopBook, ticks: Tape) -> tuple[float, set[str]]:
    """Ticks a second in batches, and what fired."""
    fired: set[str] = set()
    started = time.perf_counter()
    for start in range(0, len(ticks.prices), BATCH):
        fired.update(h.id for h in book.batch(ticks.symbols[start : start + BATCH], ticks.prices[start : start + BATCH]))
    return len(ticks.prices) / (time.perf_counter() - started), fired


def single(book: StopBook, ticks: Tape) -> tuple[float, set[str]]:
    """Ticks a second one at a time, and what fired."""
    names, prices = [NAMES[n] for n in ticks.symbols.tolist()], ticks.prices.tolist()
    fired: set[str] = set()
    started = time.perf_counter()
    for name, price in zip(names, prices, strict=True):
        for hit in book.tick(name, price):
            fired.add(hit.id)
    return len(prices) / (time.perf_counter() - started), fired


def peer(ticks: Tape, expected: set[str]) -> float | None:
    """Ticks a second of nautilus_trader's order emulator on the same tape; None where `NAUTILUS` names no interpreter that has it."""
    interpreter = os.environ.get("NAUTILUS")
    if not interpreter:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tape.npz"
        stops = np.arange(POSITIONS) % SYMBOLS
        np.savez(path, symbols=ticks.symbols, prices=ticks.prices, stop_symbols=stops, levels=np.array(levels()))
        script = Path(__file__).with_name("nautilus_stops.py")
        done = subprocess.run([interpreter, str(script), str(path)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    if set(found["fired"]) != expected:
        raise RuntimeError(f"the emulator released {len(found['fired'])} stops, the book {len(expected)}")
    return float(found["ticks"] / found["seconds"])


def rows() -> list[Row]:
    """The table's lines; the kinds are measured in turn, so that noise hits all alike."""
    ticks, few = tape(TICKS), tape(SINGLE, seed=3)
    rates: dict[str, list[float]] = {name: [] for name in ("fixed", "trailing", "fixed single", "trailing single")}
    ways: tuple[tuple[str, Callable[[], StopBook]], ...] = (("fixed", fixed), ("trailing", trailing))
    for _ in range(ROUNDS):
        for name, build in ways:
            rates[name].append(batched(build(), ticks)[0])
            rate, fired = single(build(), few)
            rates[f"{name} single"].append(rate)
            if fired != batched(build(), few)[1]:
                raise RuntimeError("the two entrances of the stop book do not fire the same")
    shared = Tape(ticks.symbols[:SHARED], ticks.prices[:SHARED])
    ours, fired = batched(fixed(), shared)
    theirs = peer(shared, fired)
    beside = "–" if theirs is None else f"nautilus_trader's order emulator {theirs:,.0f} ticks/s: {ours / theirs:,.0f} times"
    median = {name: statistics.median(found) for name, found in rates.items()}
    slowest = min(median["fixed single"], median["trailing single"])
    return [
        Row(
            "stop checks, 10,000 fixed stops over 500 symbols, batches of 1,024",
            f"{median['fixed'] / 1e6:.1f} M ticks/s",
            "≥ 5 M, ≥ 50 × the emulator",
            beside,
            met=median["fixed"] >= GOAL_FIXED and (theirs is None or ours >= GOAL_PEER * theirs),
        ),
        Row(
            "the same, all trailing by a tick",
            f"{median['trailing'] / 1e6:.1f} M ticks/s",
            "≥ 3 M",
            met=median["trailing"] >= GOAL_TRAILING,
        ),
        Row(
            "the same, one tick at a time (fixed, trailing)",
            f"{median['fixed single'] / 1e6:.2f} M, {median['trailing single'] / 1e6:.2f} M ticks/s",
            "≥ 0.3 M",
            met=slowest >= GOAL_SINGLE,
        ),
    ]
