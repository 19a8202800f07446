"""`foliopilot chat`: the terminal on one account, with the core at work behind it."""

from __future__ import annotations

import asyncio
import importlib
import sys
from pathlib import Path
from typing import Any

from app import logs, phones, settings, wiring
from app.banner import banner, status_line
from app.run import attend
from app.run import courier as couriers
from app.wiring import House
from app.worlds import Wanted
from bot.adapters.terminal.conversation import Conversation
from bot.adapters.terminal.pipe import WIDTH, Pipe
from bot.plain import render
from domain.chat import Reply
from domain.ids import RandomIds
from domain.tickets import Origin

ORIGIN = Origin("terminal", "local", "owner")


def main(**options: Any) -> int:
    """Talk until the reader leaves or the input ends; 0 then."""
    asyncio.run(talk(Wanted(**options)))
    return 0


async def talk(wanted: Wanted) -> None:
    """One session: the banner, the conversation, and in the background the pulse of the core and the courier."""
    house = await wiring.build(settings.load(), wanted, command="chat")
    logs.to_file(house.settings.home)
    try:
        conversation = Conversation(house.front.handle, house.floor.desk.open_tickets, ORIGIN, house.floor.clock, RandomIds().new())
        if sys.stdin.isatty() and sys.stdout.isatty():
            await _interactive(house, conversation)
        else:
            await _piped(house, conversation)
    finally:
        await house.close()


async def _piped(house: House, conversation: Conversation) -> None:
    async def updates() -> int:
        await house.pulse()
        return await courier.run_once()

    pipe = Pipe(conversation, sys.stdin.buffer, sys.stdout, clock=house.floor.clock, updates=updates)

    async def deliver(reply: Reply, *, silent: bool) -> None:
        await pipe.send(ORIGIN.chat, reply)

    courier = couriers(house, deliver)
    sys.stderr.write(render(await banner(house), width=WIDTH) + "\n\n")  # standard output holds one answer a line
    await courier.run_once()
    async with phones.connected(house), attend(house, None):
        await pipe.serve()
    await courier.run_once()


async def _interactive(house: House, conversation: Conversation) -> None:
    line = ""

    async def refresh() -> None:
        nonlocal line
        line = await status_line(house)

    history: Path | None = None if house.wanted.throwaway else house.settings.home / "history"
    prompt = importlib.import_module("bot.adapters.terminal.prompt").Prompt(  # a pipe does without prompt_toolkit's quarter of a second
        conversation, search=house.search, status=lambda: line, history=history
    )

    async def deliver(reply: Reply, *, silent: bool) -> None:
        await prompt.push(ORIGIN.chat, reply, silent=silent or not house.settings.bell)

    courier = couriers(house, deliver)
    await refresh()
    await prompt.send(ORIGIN.chat, await banner(house))
    async with phones.connected(house), attend(house, courier, refresh):
        await prompt.serve()
