"""A phone with Discord on it: the house at work, its bot connected to a server that speaks the platform's protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.settings import Settings
from tests.journeys.chat import Chat
from tests.journeys.phone import Room, opened
from tests.servers.discord import TOKEN, DiscordServer
from tests.servers.discord_people import Person


@dataclass
class DiscordDesk(Room):
    """On Discord."""

    server: DiscordServer

    async def paired(self, number: int, role: str = "", name: str = "Ada") -> Person:
        """Somebody who was let in; they have read the welcome."""
        person = self.server.person(number, name)
        before = len(person.shown)
        person.says(f"/pair {await self.code(role)}")
        await person.hears(before + 1)
        return person


@asynccontextmanager
async def on_discord(home: Path, server: DiscordServer, **more: Any) -> AsyncIterator[DiscordDesk]:
    """The program as `foliopilot run` has it, on a durable database in `home`, once the platform knows it and it listens."""
    settings = Settings(home=home, discord_token=TOKEN, discord_base=server.base, **more)
    async with opened(settings) as (house, line):
        await server.until(lambda: server.commands and server.gateway.connected)
        yield DiscordDesk(house, Chat(house), line, server)
