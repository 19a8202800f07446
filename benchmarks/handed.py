"""From a market event to the chat platform: a price that fills a waiting order, on the real house with its database on disk.

Measured twice: the chain alone (a round, then the courier), and with the rounds as they are run, whose pause comes on top.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

from app.run import QUICK, attend
from app.settings import Settings
from app.wiring import House, build
from app.worlds import Wanted
from benchmarks.timing import Row, milliseconds, quantile
from bot.courier import Courier
from domain.chat import Incoming, Reply
from domain.clock import WorldClock
from domain.market import Shock
from domain.tickets import Origin, TicketStatus

ORIGIN = Origin("terminal", "bench", "owner")
SYMBOL = "XOM"
SAMPLES = 40
LIMIT = 0.5
IDLE = 10.0


def rows() -> list[Row]:
    """The chain alone, with the rounds, and what the rounds cost while nothing happens."""
    with tempfile.TemporaryDirectory() as home:
        return asyncio.run(_measured(Settings(home=Path(home))))


async def _measured(settings: Settings) -> list[Row]:
    house = await build(settings, Wanted(), command="run")
    await house.floor.limits.set("trades_a_day", 10 * SAMPLES, ORIGIN.who)  # more than a person would make in a day
    desk = _Phone(house)
    courier = Courier(house.store, house.floor.clock, house.floor.spec.name, desk.deliver)
    try:
        alone = [await desk.sample(courier) for _ in range(SAMPLES)]
        async with attend(house, courier):
            live = [await desk.sample(None) for _ in range(SAMPLES)]
            await asyncio.sleep(1)
            before = time.process_time()
            await asyncio.sleep(IDLE)
            share = (time.process_time() - before) / IDLE
    finally:
        await house.close()
    return [
        Row("market event → alert handed over, the chain alone", _said(alone), "–"),
        Row(
            f"the same with rounds every {QUICK:g} s, as the program runs",
            _said(live),
            "under 500 ms",
            f"a poll every 10 s: {milliseconds(10)} at worst",
            quantile(live) < LIMIT,
        ),
        Row("a core that waits, rounds as above", f"{share:.1%} of one core", "–"),
    ]


def _said(spent: list[float]) -> str:
    return f"p50 {milliseconds(statistics.median(spent))}, p99 {milliseconds(quantile(spent))}"


class _Phone:
    """Hears when an alert of a fill is handed over."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._filled = asyncio.Event()
        self._count = 0

    async def deliver(self, reply: Reply, *, silent: bool) -> None:
        """What the platform would be given."""
        first = getattr(reply.blocks[0], "text", "")
        if first.startswith("Filled"):
            self._filled.set()

    async def sample(self, courier: Courier | None) -> float:
        """Seconds from a price that reaches a waiting order to its alert. The generated venue trades on full minutes: two go by."""
        await self._order()
        if courier is not None:
            await self._house.pulse()
            await courier.run_once()
        else:
            await asyncio.sleep((self._count * 0.618 % 1) * QUICK + QUICK)  # anywhere between two rounds
        self._filled.clear()
        started = time.perf_counter()
        self._reached()
        if courier is not None:
            await self._house.pulse()
            await courier.run_once()
        await asyncio.wait_for(self._filled.wait(), 30)
        return time.perf_counter() - started

    async def _order(self) -> None:
        """A buy limit under the market, confirmed and resting."""
        if self._count:
            self._shock(1 / Decimal("0.97") - 1)  # back to where it was
        self._count += 1
        quote = await self._house.floor.hub.quote(SYMBOL, fresh=True)
        if quote is None:
            raise RuntimeError(f"the demo quotes {SYMBOL}")
        limit = (quote.last * Decimal("0.99")).quantize(Decimal("0.01"))
        line = f"#buy {SYMBOL} 1 limit {limit} gtc"
        now = self._house.floor.clock.now()
        reply = await self._house.front.handle(Incoming(f"l{self._count}", ORIGIN, line, now))
        if reply.ticket is None:
            raise RuntimeError(f"no card for {line}")
        payload = f"confirm:{reply.ticket.id}:{reply.ticket.digest()}"
        await self._house.front.handle(Incoming(f"t{self._count}", ORIGIN, "", now, payload))
        ticket = await self._house.floor.desk.get(reply.ticket.id)
        if ticket is None or ticket.status is not TicketStatus.WORKING:
            raise RuntimeError(f"{line} does not wait for its price: {ticket and ticket.reason}")

    def _reached(self) -> None:
        """The price falls in the source, and two minutes go by."""
        self._shock(Decimal("-0.03"))
        self._clock.forward(timedelta(minutes=2))

    def _shock(self, move: Decimal) -> None:
        self._house.world.movable.add_shock(Shock(self._clock.now().replace(microsecond=0), SYMBOL, move))

    @property
    def _clock(self) -> WorldClock:
        return cast(WorldClock, self._house.floor.clock)


if __name__ == "__main__":
    for row in rows():
        print(f"{row.figure}: {row.value} (goal {row.goal}){'' if row.met else ' MISSED'}")
