"""A simulated month of demo sessions with a dozen positions, each with a stop and a target at the broker."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

from app.settings import Settings
from app.wiring import build
from app.worlds import Wanted
from benchmarks.timing import Row
from domain.chat import Incoming
from domain.ids import SequentialIds
from domain.tickets import Origin

START = datetime(2025, 3, 3, 14, 30, tzinfo=UTC)
ORIGIN = Origin("terminal", "bench", "owner")
LIMIT = 20.0


def rows() -> list[Row]:
    """The one figure."""
    return [asyncio.run(_month())]


async def _month() -> Row:
    house = await build(Settings(), Wanted(now=START, still=True), ids=SequentialIds())
    try:
        for line in ("#set-stops 15%",):
            reply = await house.front.handle(Incoming(line, ORIGIN, line, house.floor.clock.now()))
            if reply.ticket is not None:
                payload = f"confirm:{reply.ticket.id}:{reply.ticket.digest()}"
                await house.front.handle(Incoming("tap", ORIGIN, "", house.floor.clock.now(), payload))
        portfolio = await house.floor.book.snapshot()
        held, orders = len(portfolio.positions), len(portfolio.orders)
        demo = house.demo
        if demo is None:
            raise RuntimeError("the month is a month of the demo")
        started = time.perf_counter()
        for _ in range(31):
            await demo.forward(timedelta(days=1))
        spent = time.perf_counter() - started
    finally:
        await house.close()
    name = f"a simulated month, {held} positions with {orders} working orders"
    return Row(name, f"{spent:.1f} s", f"under {LIMIT:.0f} s", met=spent < LIMIT)
