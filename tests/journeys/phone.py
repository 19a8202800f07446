"""A phone with Telegram on it: the house at work, its bot connected to a server that speaks the platform's protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import phones, wiring
from app.run import attend
from app.settings import Settings
from app.worlds import Wanted
from bot.connection import Connection
from domain.chat import Incoming, Reply, Text
from domain.tickets import Origin
from tests.journeys.chat import Chat
from tests.servers.telegram import TOKEN, TelegramServer
from tests.servers.telegram_people import Person


@dataclass
class Room:
    """The house, its terminal, and its line to a platform."""

    house: wiring.House
    terminal: Chat
    line: Connection

    async def code(self, role: str = "") -> str:
        """A code for another chat, as the terminal shows it."""
        return (await self.terminal.say(f"/pair {role}".strip())).split("/pair ")[-1].split()[0]

    def lead(self, reply: Reply) -> str:
        """What a reply says first."""
        first = reply.blocks[0]
        assert isinstance(first, Text)
        return first.text


@dataclass
class Desk(Room):
    """On Telegram."""

    server: TelegramServer

    async def paired(self, number: int, role: str = "", name: str = "Ada") -> Person:
        """Somebody who was let in; they have read the welcome."""
        person = self.server.person(number, name)
        before = len(person.shown)
        person.says(f"/start pair_{await self.code(role)}")
        await person.hears(before + 1)
        return person

    def incoming(self, message: dict[str, Any], payload: str | None) -> Incoming:
        """A message of the platform as the desk gets it, or a press under it."""
        origin = Origin("telegram", str(message["chat"]["id"]), str(message["from"]["id"]))
        return Incoming(f"k{message['message_id']}", origin, message["text"], self.house.floor.clock.now(), payload)


@asynccontextmanager
async def connected(home: Path, server: TelegramServer, **more: Any) -> AsyncIterator[Desk]:
    """The program as `foliopilot run` has it, on a durable database in `home`."""
    settings = Settings(home=home, telegram_token=TOKEN, telegram_base=server.base, **more)
    async with opened(settings) as (house, line):
        yield Desk(house, Chat(house), line, server)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[tuple[wiring.House, Connection]]:
    """The program, and its line to the first platform that is set up."""
    house = await wiring.build(settings, Wanted(), command="run")
    try:
        async with phones.connected(house) as lines, attend(house, None):
            yield house, lines[0]
    finally:
        await house.close()
