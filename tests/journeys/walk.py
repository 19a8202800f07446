"""A walk through everything that can be said: one house on a clock that stands still, Telegram and Discord connected to it, and its owner.

How often a platform takes a message is left out here, for a walk writes more in a minute than a person in a week.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from app import phones, wiring
from app.settings import Settings
from app.worlds import Wanted
from bot.adapters.discord.render import PRICE, WORD
from bot.connection import Connection
from bot.limits import TELEGRAM, Pace
from bot.plain import render
from commands import arguments
from commands.desk import REFRESH
from commands.draft import Draft
from commands.registry import Registry
from domain.chat import Incoming, Reply
from domain.clock import SystemClock
from domain.ids import SequentialIds
from tests.journeys.chat import NOW, Chat
from tests.servers import discord as discordly
from tests.servers import telegram as telegramly
from tests.servers.discord import DiscordServer
from tests.servers.telegram import TelegramServer
from tests.servers.telegram_rules import Meter

OWNER = 11
KINDS = ("confirm:", "cancel:", REFRESH, WORD, PRICE, "/", "#")
"""How the payloads of all buttons begin, whoever writes them."""

SPELT = {"integer": int, "number": float}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the desk said to one line or press, and the messages it is shown in, the buttons under the last."""

    reply: Reply
    shown: tuple[Any, ...]

    @property
    def lead(self) -> str:
        return lead(self.reply)

    @property
    def code(self) -> str:
        """Of a refusal its code, else empty."""
        return self.reply.failure.code if self.reply.failure is not None else ""


@dataclass
class Line:
    """A platform's line to the house, with everything that came in on it and what was answered."""

    connection: Connection
    heard: list[tuple[Incoming, Reply]] = field(default_factory=list)

    async def after(self, known: int) -> Reply:
        """The next answer of the desk, once it is shown too."""
        await self.until(lambda: len(self.heard) > known)
        await self.idle()
        return self.heard[known][1]

    async def until(self, look: Callable[[], bool], within: float = 20.0) -> None:
        """Wait until a look finds something; AssertionError after a while."""
        deadline = asyncio.get_running_loop().time() + within
        while not look():
            assert asyncio.get_running_loop().time() < deadline, "no answer came"
            await asyncio.sleep(0.002)

    async def idle(self) -> None:
        """Wait until everything that came is answered and shown."""
        await self.connection.intake.idle()
        await self.connection.post.idle()


@dataclass
class Walker(ABC):
    """The owner on one platform."""

    line: Line
    person: Any
    name: ClassVar[str]

    @property
    def refused(self) -> list[str]:
        """What the platform did not take."""
        found: list[str] = self.person.server.refusals
        return found

    @abstractmethod
    def spellings(self, line: str) -> list[str]:
        """The ways in which a `/` line is typed here."""

    @abstractmethod
    async def asks(self, line: str) -> Answer:
        """Say a line."""

    @abstractmethod
    def buttons(self, message: Any) -> dict[str, str]:
        """Payloads by labels."""

    async def presses(self, message: Any, payload: str) -> Answer:
        """Tap what is under a message."""
        return await self._answered(lambda: self.person.presses(message, payload), message)

    def first(self, message: Any) -> str:
        """The first line that a message shows."""
        return bare(message.text)

    async def _answered(self, act: Callable[[], object], pressed: Any = None) -> Answer:
        before = len(self.person.shown)
        known, was = len(self.line.heard), pressed.text if pressed is not None else ""
        act()
        reply = await self.line.after(known)
        edited = (pressed,) if pressed is not None and pressed.text != was else ()
        return Answer(reply, (*self.person.shown[before:], *edited))


@dataclass
class OnTelegram(Walker):
    """Lines are typed as they stand, and with the underscores of the platform's menu."""

    name = "telegram"

    def spellings(self, line: str) -> list[str]:
        head, blank, rest = line.partition(" ")
        return list(dict.fromkeys([line, f"{head.replace('-', '_')}{blank}{rest}"]))

    async def asks(self, line: str) -> Answer:
        return await self._answered(lambda: self.person.says(line))

    def buttons(self, message: Any) -> dict[str, str]:
        return {b["text"]: b["callback_data"] for row in message.rows for b in row}


@dataclass
class OnDiscord(Walker):
    """Lines are slash commands with the options that their words mean, and actions are `/do`."""

    registry: Registry
    name = "discord"

    def spellings(self, line: str) -> list[str]:
        return [line]

    async def asks(self, line: str) -> Answer:
        if line.startswith("#"):
            return await self._answered(lambda: self.person.slash("do", room=True, line=line))
        spec = self.registry.command(line.split()[0])
        kinds = {p.name: SPELT.get(p.kind, str) for p in spec.parameters}
        given = {name: kinds[name](value) for name, value in arguments.bind(spec, line.split()[1:]).items()}
        return await self._answered(lambda: self.person.slash(spec.name, room=True, **given))

    def buttons(self, message: Any) -> dict[str, str]:
        return dict(message.buttons)


@dataclass
class Walk:
    """The house, whoever sits at its terminal, and the same person on both platforms."""

    house: wiring.House
    terminal: Chat
    telegram: OnTelegram
    discord: OnDiscord
    pressed: set[tuple[str, str]] = field(default_factory=set)


class Unmetered(Meter):
    """Takes as many messages as come."""

    def admit(self, chat: int, now: float, *, group: bool) -> None:
        return


@asynccontextmanager
async def walking(home: Path) -> AsyncIterator[Walk]:
    """The demo account on a Wednesday morning; `/demo` alone moves its clock."""
    telegram, discord = TelegramServer(), DiscordServer()
    telegram.meter = Unmetered()
    await telegram.start()
    await discord.start()
    settings = Settings(
        home=home,
        telegram_token=telegramly.TOKEN,
        telegram_base=telegram.base,
        discord_token=discordly.TOKEN,
        discord_base=discord.base,
    )
    house = await wiring.build(settings, Wanted(still=True, now=NOW), ids=SequentialIds(), command="run")
    lines = [_line(house, adapter) for adapter in phones.adapters(settings, house.floor.clock)]
    tasks = [asyncio.create_task(line.connection.serve()) for line in lines]
    try:
        lines[0].connection.adapter.api.pace = Pace(replace(TELEGRAM, overall=100_000, apart=0.0), SystemClock())  # type: ignore[attr-defined]
        await discord.until(lambda: discord.commands and discord.gateway.connected)
        terminal = Chat(house)
        ada, her = telegram.person(OWNER), discord.person(OWNER)
        walk = Walk(house, terminal, OnTelegram(lines[0], ada), OnDiscord(lines[1], her, house.front.registry))
        for on in (walk.telegram, walk.discord):
            on.person.says(f"/start pair_{(await terminal.say('/pair')).split('/pair ')[-1].split()[0]}")
            await on.person.hears(1)
        yield walk
    finally:
        for line in lines:
            await line.connection.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await house.close()
        await telegram.stop()
        await discord.stop()


def _line(house: wiring.House, adapter: Any) -> Line:
    place = phones._place(house)
    made = Line(None)  # type: ignore[arg-type]

    async def handle(incoming: Incoming, draft: Draft) -> Reply:
        reply = await place.handle(incoming, draft)
        made.heard.append((incoming, reply))
        return reply

    made.connection = Connection(adapter, replace(place, handle=handle))
    house.floor.bus.subscribe(made.connection.heard)
    return made


def lead(reply: Reply) -> str:
    """The first line of a reply as the terminal shows it."""
    return bare(render(reply, width=100_000))


def bare(text: str) -> str:
    """The first line of a text without signs and marks, each platform having its own."""
    line = text.strip().partition("\n")[0]
    for sign in ("⚠️ ", "🔴 ", "🟢 ", "! ", "`", "*"):
        line = line.replace(sign, "")
    return " ".join(line.split())
