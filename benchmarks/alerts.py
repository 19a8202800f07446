"""Alerts: from an event to its row in the outbox on disk, and from the event to the function that shows it."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from benchmarks.timing import Row, milliseconds, quantile
from bot.courier import Courier
from commands.alerts import alert
from domain.chat import Reply
from domain.clock import SystemClock
from domain.events import NewsTouched, StopFailed
from storage.engine import open_store
from storage.store import Store
from trading.bus import Bus

ROUNDS = 500
PAUSE = 0.015
AT = datetime(2025, 3, 5, 15, 30, tzinfo=UTC)


def rows() -> list[Row]:
    """Every figure of this file."""
    return asyncio.run(_rows())


async def _rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as directory:
        clock = SystemClock()
        store = await open_store(f"sqlite:///{Path(directory) / 'bench.db'}")
        try:
            bus = Bus(store, partial(alert, zone=UTC))
            queued, bare = await _queued(bus, Path(directory) / "bare.db")
            shown = await _shown(store, bus, clock)
        finally:
            await store.close()
    peer = f"sqlite3, two bare rows a commit: {_said(bare)}"
    return [_row("event → alert row on disk", queued, 10e-3, peer), _row("event → handed to the chat platform, critical", shown, 500e-3)]


async def _queued(bus: Bus, bare: Path) -> tuple[list[float], list[float]]:
    """Seconds from an event to the commit of its journal line and outbox row, and of two bare rows in the driver, turn by turn."""
    connection = sqlite3.connect(bare, isolation_level=None)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE one (body TEXT); CREATE TABLE two (body TEXT)")
    spent: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS):
        started = time.perf_counter()
        async with bus.unit(who="bench") as unit:
            unit.emit(NewsTouched(AT + timedelta(seconds=number), "bench", "AAPL", f"n{number}", "A headline", Decimal(0)))
        spent[0].append(time.perf_counter() - started)
        started = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO one VALUES (?)", ("x" * 400,))
        connection.execute("INSERT INTO two VALUES (?)", ("x" * 1200,))
        connection.execute("COMMIT")
        spent[1].append(time.perf_counter() - started)
    connection.close()
    return spent


async def _shown(store: Store, bus: Bus, clock: SystemClock) -> list[float]:
    """Seconds from an event to the call that shows it, the courier waiting as it does in the running program."""
    told = asyncio.Event()
    ended = 0.0

    async def deliver(reply: Reply, *, silent: bool) -> None:
        nonlocal ended
        ended = time.perf_counter()
        told.set()

    courier = Courier(store, clock, "watch", deliver)
    bus.subscribe(courier.heard)
    serving = asyncio.create_task(courier.serve())
    spent = []
    try:
        for number in range(ROUNDS):
            told.clear()
            started = time.perf_counter()
            async with bus.unit(who="bench") as unit:
                unit.emit(StopFailed(clock.now(), "watch", "AAPL", Decimal(number + 1), clock.now(), "a benchmark"))
            await told.wait()
            spent.append(ended - started)
            await asyncio.sleep(PAUSE)  # the row is settled meanwhile
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
    return spent


def _row(figure: str, spent: Sequence[float], goal: float, peer: str = "–") -> Row:
    return Row(figure, _said(spent), f"p99 under {goal * 1e3:g} ms", peer, met=quantile(spent) < goal)


def _said(spent: Sequence[float]) -> str:
    return f"p50 {milliseconds(statistics.median(spent))}, p99 {milliseconds(quantile(spent))}"
