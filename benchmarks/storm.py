"""Ten thousand alerts in a moment for one person on Telegram: when the critical ones are there, and when all is told."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from benchmarks.timing import Row
from tests.journeys.phone import connected
from tests.journeys.storm import counted, storm
from tests.servers.telegram import TelegramServer

EVENTS, CRITICAL = 10_000, 10
GOAL = 60.0


def rows() -> list[Row]:
    """One row: nothing lost, no limit broken, the critical ones at the platform's pace."""
    return asyncio.run(_measured())


async def _measured() -> list[Row]:
    server = TelegramServer()
    await server.start()
    try:
        with tempfile.TemporaryDirectory() as home:
            async with connected(Path(home), server) as desk:
                person = await desk.paired(11)
                started = time.perf_counter()
                critical = asyncio.create_task(server.until(lambda: sum("Critical" in m.text for m in person.shown) == CRITICAL, 120))
                await storm(desk, "telegram:11", EVENTS, CRITICAL, desk.house.floor.clock.now())
                spent = time.perf_counter() - started
                await critical
                told = [m.text for m in person.shown[1:]]
    finally:
        await server.stop()
    whole = counted(told) == EVENTS - CRITICAL and told[:CRITICAL] == sorted(told[:CRITICAL], key=lambda t: int(t[9:-1]))
    value = f"the {CRITICAL} critical first and in order, all in {len(told)} messages after {spent:.0f} s, {server.meter.refused} refused"
    met = whole and not server.meter.refused and spent < GOAL
    return [
        Row(f"{EVENTS:,} alerts in a moment for one chat that takes one message a second", value, f"within {GOAL:g} s, none lost", met=met)
    ]
