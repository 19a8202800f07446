"""One update: what this house does with it beyond the library's own dispatch, and how soon after the start the first one is answered."""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from telegram import Update
from telegram.ext import ApplicationBuilder, CommandHandler

from app import phones
from app.run import settle
from app.settings import Settings
from app.wiring import House, build
from app.worlds import Wanted
from benchmarks.timing import Row, milliseconds, quantile
from domain.people import Member, Role
from tests.servers.telegram import TOKEN, TelegramServer
from tests.servers.telegram_people import Person

UPDATES, WARM, STARTS = 400, 40, 3
GOAL, START = 0.001, 3.0


def rows() -> list[Row]:
    """Our handling of `/quote AAPL` beside the library's dispatch of it, in one run; then whole starts."""
    ours, theirs, starts = asyncio.run(_measured())
    beyond = statistics.median(ours) - statistics.median(theirs)
    figure = f"one update `/quote AAPL`: received → answer committed, beyond the library's dispatch ({UPDATES} of them)"
    value = f"p50 {milliseconds(beyond)} (ours {milliseconds(statistics.median(ours))}, p99 {milliseconds(quantile(ours))})"
    soon = statistics.median(starts)
    return [
        Row(figure, value, "p50 under 1 ms", f"python-telegram-bot p50 {milliseconds(statistics.median(theirs))}", met=beyond < GOAL),
        Row(f"start → first update answered, median of {STARTS} starts", f"{soon:.2f} s", f"under {START:g} s", met=soon < START),
    ]


async def _measured() -> tuple[list[float], list[float], list[float]]:
    server = TelegramServer()
    await server.start()
    try:
        with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as other:
            ours, theirs = await _beside(Settings(home=Path(home), telegram_token=TOKEN, telegram_base=server.base), server)
            fresh = Settings(home=Path(other), telegram_token=TOKEN, telegram_base=server.base)
            house = await build(fresh, Wanted(), command="run")
            await _admitted(house, server.person(22))
            await house.close()
            return ours, theirs, [await _started(fresh, server) for _ in range(STARTS)]
    finally:
        await server.stop()


async def _beside(settings: Settings, server: TelegramServer) -> tuple[list[float], list[float]]:
    """The same updates through both, one after the other; what is sent then is nobody's here."""
    house = await build(settings, Wanted(), command="run")
    peer = ApplicationBuilder().token(TOKEN).base_url(server.base).build()
    done = asyncio.Event()

    async def nothing(update: Any, context: Any) -> None:
        done.set()

    peer.add_handler(CommandHandler("quote", nothing))
    person = server.person(11)
    person.started = True
    ours: list[float] = []
    theirs: list[float] = []
    try:
        await _admitted(house, person)
        async with phones.connected(house) as lines:
            await server.until(lambda: server.calls["getupdates"] > 0)
            settle()
            await peer.initialize()
            line: Any = lines[0]
            line.post.wake = lambda chat: done.set()  # committed; bringing it is the platform's pace
            for number in range(UPDATES + WARM):
                command = {"type": "bot_command", "offset": 0, "length": 6}
                raw = {"update_id": 10_000 + number, "message": person.message("/quote AAPL") | {"entities": [command]}}
                for spent, work in ((ours, line.adapter._take([raw])), (theirs, _dispatched(peer, raw))):
                    done.clear()
                    started = time.perf_counter()
                    await work
                    await done.wait()
                    spent.append(time.perf_counter() - started)
            await peer.shutdown()
    finally:
        await house.close()
    return ours[WARM:], theirs[WARM:]


async def _admitted(house: House, person: Person) -> None:
    people, number = house.front.people, str(person.number)
    member = Member(people.account, "telegram", number, Role.OWNER, "keeper", number, "", house.floor.clock.now(), "bench")
    async with house.store.write() as tx:
        await people.put(tx, member)
    people.took(member)


async def _dispatched(peer: Any, raw: dict[str, Any]) -> None:
    await peer.process_update(Update.de_json(raw, peer.bot))


async def _started(settings: Settings, server: TelegramServer) -> float:
    person = server.person(22)
    before = len(person.shown)
    person.says("/quote NVDA")
    more = {"FOLIOPILOT_HOME": str(settings.home), "FOLIOPILOT_TELEGRAM_TOKEN": TOKEN, "FOLIOPILOT_TELEGRAM_BASE": server.base}
    started = time.perf_counter()
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("foliopilot")), "run"],
        env={**os.environ, **more},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=settings.home,
    )
    try:
        await server.until(lambda: any("(NVDA)" in m.text for m in person.shown[before:]), within=60)
        return time.perf_counter() - started
    finally:
        process.terminate()
        process.wait()
