"""`foliopilot run`: everything that is configured, without a terminal; and the background work that `chat` shares."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from app import logs, settings, wiring
from app.banner import banner
from app.wiring import House
from app.worlds import Wanted
from bot.courier import Courier, Deliver
from bot.plain import render
from domain.chat import Reply

EVERY = 1.0

log = logging.getLogger(__name__)


def main() -> int:
    """Work until SIGINT or SIGTERM; 0 then."""
    asyncio.run(_run())
    return 0


async def _run() -> None:
    house = await wiring.build(settings.load(), Wanted(), command="run")
    logs.to_file(house.settings.home)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)

    async def deliver(reply: Reply, *, silent: bool) -> None:
        sys.stdout.write(render(reply) + "\n\n")
        sys.stdout.flush()

    try:
        await deliver(await banner(house), silent=True)
        async with attend(house, courier(house, deliver)):
            await stop.wait()
    finally:
        await house.close()


def courier(house: House, deliver: Deliver) -> Courier:
    """The courier of a house's account to the chat that `deliver` shows things in, in its reader's zone."""
    return Courier(house.store, house.floor.clock, house.floor.spec.name, deliver, zone=house.zone)


@asynccontextmanager
async def attend(house: House, courier: Courier | None, also: Callable[[], Awaitable[None]] | None = None) -> AsyncIterator[None]:
    """Keep the core alive while the block runs: every second its pulse, the alerts, and whatever else is to be refreshed.

    An alert goes out as soon as its event is committed. A round that fails is logged and the next one comes; the work is cancelled when the
    block ends.
    """
    work = [_rounds(house, courier, also)]
    if courier is not None:
        house.floor.bus.subscribe(courier.heard)
        work.append(courier.serve())
    tasks = [asyncio.create_task(w) for w in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _rounds(house: House, courier: Courier | None, also: Callable[[], Awaitable[None]] | None) -> None:
    while True:
        await house.floor.clock.sleep(EVERY)
        try:
            await house.pulse()
            if courier is not None:
                courier.wake()
            if also is not None:
                await also()
        except Exception:
            log.exception("a round of the core failed; the next one comes in a second")
