"""Telegram under load: a thousand people in five hundred chats, a hundred updates a second, on the real house with its database on disk.

Four hundred write in private, six hundred in a hundred groups that are shown figures, so that their answers go there. The platform is the
strict server of the tests in a process of its own. Measured is for each line the time from its arrival to its answer in the database; what
is delivered meanwhile goes at the platform's pace. `SECONDS` of load, 300 in the table of docs/benchmarks.md.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from app import phones
from app.run import attend, settle
from app.settings import Settings
from app.wiring import House, build
from app.worlds import Wanted
from benchmarks.timing import Row, milliseconds, quantile
from bot.connection import Connection
from domain.chat import Incoming
from domain.people import Groups, Member, Role, Sight
from tests.servers.telegram import TOKEN, TelegramServer

ALONE, GROUPS, EACH, RATE = 400, 100, 6, 100
PEOPLE, CHATS = ALONE + GROUPS * EACH, ALONE + GROUPS
SECONDS = int(os.environ.get("SECONDS", "30"))
COMMANDS = ("/positions",) * 7 + ("/quote NVDA", "/quote AAPL")
WORDS = "how am I doing?"  # a group in privacy mode brings commands only
AFTER, LATE = 5.0, 60
GOAL, CRITICAL, MEMORY = 0.25, 2.0, 300


def rows() -> list[Row]:
    """Latency of the way in, a critical alert in the middle of it, and memory."""
    context = multiprocessing.get_context("spawn")
    asked, told = context.Pipe()
    go = context.Event()
    server = context.Process(target=_platform, args=(told, go), daemon=True)
    server.start()
    try:
        base = asked.recv()
        with tempfile.TemporaryDirectory() as home:
            spent, lost, critical, cpu = asyncio.run(_measured(Settings(home=Path(home), telegram_token=TOKEN, telegram_base=base), go))
        sent, grouped, refused = asked.recv()
    finally:
        server.kill()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)
    figure = f"Telegram, {PEOPLE:,} people in {CHATS} chats, {RATE} updates/s for {SECONDS} s: update → answer committed"
    value = f"p50 {milliseconds(statistics.median(spent))}, p99 {milliseconds(quantile(spent))}, {lost} of {len(spent) + lost} lost"
    pace = f"{sent} shown, {grouped} of them in groups, {refused} refused by the platform; a critical alert after {critical:.2f} s"
    return [
        Row(figure, value, "p99 under 250 ms, none lost", met=quantile(spent) < GOAL and not lost),
        Row(
            "the same: what was shown meanwhile", pace, "a critical alert within 2 s, none refused", met=critical < CRITICAL and not refused
        ),
        Row("the same: memory of the program", f"{peak:.0f} MB", f"under {MEMORY} MB", met=peak < MEMORY),
        Row("the same: what it took of the machine", f"{cpu:.0%} of one core; load average of all there is {os.getloadavg()[1]:.1f}", "–"),
    ]


async def _measured(settings: Settings, go: Event) -> tuple[Sequence[float], int, float, float]:
    house = await build(settings, Wanted(), command="run")
    try:
        await _invite(house)
        async with phones.connected(house) as lines, attend(house, None):
            await asyncio.sleep(AFTER)  # until it is connected
            settle()
            watch = _Watch(lines[0])
            go.set()
            began, worked = time.perf_counter(), time.process_time()
            await asyncio.sleep(SECONDS / 2)
            started = time.perf_counter()
            await house.floor.killswitch.pull("terminal:bench")
            seen = await watch.alerted()
            await asyncio.sleep(SECONDS / 2)
            cpu = (time.process_time() - worked) / (time.perf_counter() - began)
            await asyncio.sleep(AFTER)
            for _ in range(LATE):  # what comes late is late, and not lost
                if watch.waiting:
                    await asyncio.sleep(1)
            go.clear()
            return watch.spent, len(watch.waiting), seen - started, cpu
    finally:
        await house.close()


async def _invite(house: House) -> None:
    people, now = house.front.people, house.floor.clock.now()
    async with house.store.write() as tx:
        for number in range(1, PEOPLE + 1):
            role = Role.OWNER if number == 1 else Role.VIEWER
            member = Member(people.account, "telegram", str(number), role, f"telegram:{number}", str(number), "", now, "terminal:bench")
            await people.put(tx, member)
            people.took(member)
        groups = Groups({f"telegram:{-number}": Sight.FIGURES for number in range(1, GROUPS + 1)})
        await people.put_groups(tx, groups)
    people.groups = groups


class _Watch:
    """Looks at a line without changing what it does: when each update came, when its answer was committed, when an alert was shown."""

    def __init__(self, line: Connection) -> None:
        self.spent: list[float] = []
        self.waiting: dict[str, float] = {}
        self._alert = asyncio.Event()
        self._keep, self._one, self._send = line.keep, line.intake._one, line.adapter.send
        line.keep = self._kept  # type: ignore[method-assign]
        line.intake._one = self._answered  # type: ignore[method-assign]
        line.adapter.send = self._sent  # type: ignore[method-assign, assignment]

    async def alerted(self) -> float:
        await asyncio.wait_for(self._alert.wait(), 60)
        return time.perf_counter()

    async def _kept(self, lines: Sequence[Incoming]) -> None:
        now = time.perf_counter()
        for line in lines:
            self.waiting[line.key] = now
        await self._keep(lines)

    async def _answered(self, line: Incoming) -> None:
        await self._one(line)  # whose last act is the commit of the answer
        self.spent.append(time.perf_counter() - self.waiting.pop(line.key))

    async def _sent(self, chat: str, reply: Any, manner: Any) -> str:
        message = await self._send(chat, reply, manner)
        if manner.urgent and chat == "1":
            self._alert.set()
        return message


def _platform(told: Any, go: Event) -> None:
    asyncio.run(_serve(told, go))


async def _serve(told: Any, go: Event) -> None:
    server, dice = TelegramServer(), random.Random(11)
    await server.start()
    people = [server.person(number) for number in range(1, PEOPLE + 1)]
    for person in people:
        person.started = True
    for number in range(1, GROUPS + 1):
        server.group(-number)
    told.send(server.base)
    while not go.is_set():  # noqa: ASYNC110 - it is set by another process
        await asyncio.sleep(0.05)
    started, count = time.monotonic(), 0
    while (spent := time.monotonic() - started) < SECONDS:
        while count < spent * RATE:
            number = dice.randrange(PEOPLE)
            group = number - ALONE
            chat = -(group // EACH + 1) if group >= 0 else None
            people[number].says(dice.choice(COMMANDS if chat is not None else (*COMMANDS, WORDS)), chat=chat)
            count += 1
        await asyncio.sleep(0.005)
    while go.is_set():  # noqa: ASYNC110 - it is cleared by another process
        await asyncio.sleep(0.05)
    told.send((len(server.messages), sum(m.chat < 0 for m in server.messages), server.meter.refused))
    await asyncio.sleep(5)
