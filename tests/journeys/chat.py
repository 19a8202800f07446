"""A chat as its reader sees it: say a line, read the answer, advance time, read the pushes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from app import wiring
from app.settings import Settings
from app.worlds import Wanted
from bot.adapters.terminal.conversation import Conversation, Turn
from bot.courier import Courier
from bot.plain import render
from domain.chat import Reply
from domain.ids import SequentialIds
from domain.tickets import Origin

NOW = datetime(2025, 3, 5, 15, 30, tzinfo=UTC)  # a Wednesday, 10:30 in New York
OWNER = Origin("terminal", "local", "owner")
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


class Chat:
    """One reader at one terminal."""

    def __init__(self, house: wiring.House) -> None:
        self.house = house
        self.talk = Conversation(house.front.handle, house.floor.desk.open_tickets, OWNER, house.floor.clock, "s")
        self.pushed: list[Reply] = []
        self.courier = Courier(house.store, house.floor.clock, self._deliver)

    async def _deliver(self, reply: Reply) -> None:
        self.talk.shown(reply)
        self.pushed.append(reply)

    async def turn(self, line: str) -> Turn:
        """The answer to a line, whole."""
        return await self.talk.say(line)

    async def reply(self, line: str) -> Reply:
        """The reply to a line."""
        return (await self.turn(line)).reply

    async def say(self, line: str) -> str:
        """The answer as text."""
        return render(await self.reply(line), number_buttons=True)

    async def pushes(self) -> list[str]:
        """What reached the reader since the last look, the core having had its turn."""
        await self.house.pulse()
        await self.courier.run_once()
        texts = [render(reply) for reply in self.pushed]
        self.pushed.clear()
        return texts


@asynccontextmanager
async def chat(home: Path, *, still: bool = True, read_only: bool = False, **wanted: object) -> AsyncIterator[Chat]:
    """A house on a clock that moves by hand; `now` is a Wednesday morning unless something else is asked for."""
    if not {"now", "replay", "book", "account"} & set(wanted):
        wanted["now"] = NOW
    house = await wiring.build(Settings(home=home), Wanted(still=still, **wanted), ids=SequentialIds(), read_only=read_only)  # type: ignore[arg-type]
    try:
        yield Chat(house)
    finally:
        await house.close()
