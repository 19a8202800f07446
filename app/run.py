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
from bot.courier import Courier
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

    async def deliver(reply: Reply) -> None:
        sys.stdout.write(render(reply) + "\n\n")
        sys.stdout.flush()

    try:
        await deliver(await banner(house))
        async with attend(house, Courier(house.store, house.floor.clock, house.floor.spec.name, deliver)):
            await stop.wait()
    finally:
        await house.close()


@asynccontextmanager
async def attend(house: House, courier: Courier | None, also: Callable[[], Awaitable[None]] | None = None) -> AsyncIterator[None]:
    """Keep the core alive while the block runs: every second its pulse, the alerts, and whatever else is to be refreshed.

    A round that fails is logged and the next one comes; the work is cancelled when the block ends.
    """
    task = asyncio.create_task(_rounds(house, courier, also))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _rounds(house: House, courier: Courier | None, also: Callable[[], Awaitable[None]] | None) -> None:
    while True:
        await house.floor.clock.sleep(EVERY)
        try:
            await house.pulse()
            if courier is not None:
                await courier.run_once()
            if also is not None:
                await also()
        except Exception:
            log.exception("a round of the core failed; the next one comes in a second")
