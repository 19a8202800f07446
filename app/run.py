"""`foliopilot run`: everything that is configured, without a terminal; and the background work that `chat` shares."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from app import logs, phones, settings, wiring
from app.banner import banner, mode
from app.watchdog import Watchdog
from app.wiring import House
from app.worlds import Wanted
from bot.courier import Courier, Deliver
from bot.plain import render
from domain.chat import Reply
from market import calendar

QUICK = 0.25
"""Seconds between two rounds while something that is held may move."""

CALM = 1.0
"""Seconds between two rounds otherwise, and between two looks at what is to be delivered or shown."""

log = logging.getLogger(__name__)


def main() -> int:
    """Work until SIGINT or SIGTERM; 0 then."""
    asyncio.run(_run())
    return 0


async def _run() -> None:
    house = await wiring.build(settings.load(), Wanted(), command="run")
    logs.to_file(house.settings.home)
    watchdog = Watchdog(os.environ)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)

    async def deliver(reply: Reply, *, silent: bool) -> None:
        sys.stdout.write(render(reply) + "\n\n")
        sys.stdout.flush()

    def alive() -> None:
        watchdog.alive(status(house))

    try:
        await deliver(await banner(house), silent=True)
        settle()
        async with phones.connected(house), attend(house, courier(house, deliver), alive=alive):
            watchdog.ready(status(house))
            await stop.wait()
            watchdog.stopping()
    finally:
        await house.close()
        watchdog.close()


def settle() -> None:
    """What was imported and read so far stays to the end: the collector need not look through it again, a tenth of a second each time."""
    gc.collect()
    gc.freeze()


def status(house: House) -> str:
    """One line for the service manager: account, whose money, positions and orders, and whether trading is halted."""
    book = house.floor.book
    held, orders = len(book.holdings.positions), len(book.orders)
    halted = ", HALTED" if book.halted else ""
    return f"{house.floor.spec.name} ({mode(house)}): {held} positions, {orders} open orders{halted}"


def pace(house: House) -> float:
    """How long until the next round: short while a session is open, or something is held or ordered that trades round the clock."""
    floor = house.floor
    if calendar.is_open(floor.clock.now()):
        return QUICK
    known = floor.hub.instruments()
    symbols = {p.symbol for p in floor.book.holdings.positions} | {o.symbol for o in floor.book.orders}
    return QUICK if any(s in known and known[s].round_the_clock for s in symbols) else CALM


def courier(house: House, deliver: Deliver) -> Courier:
    """The courier of a house's account to the chat that `deliver` shows things in, in its reader's zone."""
    return Courier(house.store, house.floor.clock, house.floor.spec.name, deliver, zone=house.zone)


@asynccontextmanager
async def attend(
    house: House,
    courier: Courier | None,
    also: Callable[[], Awaitable[None]] | None = None,
    *,
    alive: Callable[[], None] | None = None,
) -> AsyncIterator[None]:
    """Keep the core alive while the block runs: its rounds, and beside them the alerts and whatever else is to be refreshed.

    A chat platform that hangs holds up no round, and an alert goes out as soon as its event is committed. A round that fails is logged
    and the next one comes; `alive` hears of every round that came to its end. The work is cancelled when the block ends.
    """
    if house.floor.away is not None:
        house.floor.away.attended = True
    work = [_rounds(house, alive), _seconds(house, courier, also)]
    if house.front.voice is not None:
        work.append(house.front.voice.warm())
    if courier is not None:
        house.floor.bus.subscribe(courier.heard)
        work.append(courier.serve())
    tasks = [asyncio.create_task(w) for w in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def _rounds(house: House, alive: Callable[[], None] | None) -> None:
    pause = QUICK
    while True:
        await house.floor.clock.sleep(pause)
        try:
            await house.pulse()
            pause = pace(house)
        except Exception:
            log.exception("a round of the core failed; the next one comes in a second")
            pause = CALM
        if alive is not None:
            alive()


async def _seconds(house: House, courier: Courier | None, also: Callable[[], Awaitable[None]] | None) -> None:
    """What is to be looked at every second beside the core: alerts that wait for a time, and what the reader sees."""
    while True:
        await house.floor.clock.sleep(CALM)
        try:
            if courier is not None:
                courier.wake()
            if also is not None:
                await also()
        except Exception:
            log.exception("what was to be shown was not; it is tried again in a second")
