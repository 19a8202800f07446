"""A chat as its reader sees it: say a line, read the answer, let time pass, read what was pushed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app import wiring
from app.banner import banner
from app.settings import Settings
from app.worlds import Wanted
from bot.adapters.terminal.conversation import Conversation, Turn
from bot.courier import Courier
from bot.plain import render
from domain.chat import Reply
from domain.clock import ManualClock
from domain.ids import RandomIds, SequentialIds
from domain.market import Quote
from domain.portfolio import Portfolio
from domain.ports import Ids
from domain.tickets import Origin, Ticket
from storage import journal

NOW = datetime(2025, 3, 5, 15, 30, tzinfo=UTC)  # a Wednesday, 10:30 in New York
OWNER = Origin("terminal", "local", "owner")
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


class Chat:
    """One reader at one terminal."""

    def __init__(self, house: wiring.House, origin: Origin = OWNER) -> None:
        self.house = house
        self.talk = Conversation(house.front.handle, house.floor.desk.open_tickets, origin, house.floor.clock, f"s-{origin.person}")
        self.pushed: list[Reply] = []
        self.rung: list[Reply] = []
        self.courier = Courier(house.store, house.floor.clock, house.floor.spec.name, self._deliver, zone=house.zone)

    async def _deliver(self, reply: Reply, *, silent: bool) -> None:
        self.talk.shown(reply)
        self.pushed.append(reply)
        if not silent:
            self.rung.append(reply)

    async def turn(self, line: str) -> Turn:
        """The answer to a line, whole."""
        return await self.talk.say(line)

    async def reply(self, line: str) -> Reply:
        """The reply to a line."""
        return (await self.turn(line)).reply

    async def say(self, line: str) -> str:
        """The answer as text, on lines of any length, so that a sentence can be looked for."""
        return render(await self.reply(line), width=1000, number_buttons=True)

    async def card(self, line: str) -> Ticket:
        """The ticket that a line draws up."""
        reply = await self.reply(line)
        assert reply.ticket is not None, render(reply)
        return reply.ticket

    async def ticket(self, ident: str) -> Ticket:
        """A ticket as it stands now."""
        found = await self.house.floor.desk.get(ident)
        assert found is not None
        return found

    async def pushes(self) -> list[str]:
        """What reached the reader since the last look, the core having had its turn."""
        await self.house.pulse()
        await self.courier.run_once()
        texts = [render(reply, width=1000) for reply in self.pushed]
        self.pushed.clear()
        return texts

    async def later(self, **by: float) -> list[str]:
        """Time passes on the clock that moves by hand; what reached the reader meanwhile."""
        clock = self.house.floor.clock
        assert isinstance(clock, ManualClock)
        await clock.advance(timedelta(**by))
        return await self.pushes()

    async def banner(self) -> str:
        """What start-up says."""
        return render(await banner(self.house), width=1000)

    async def book(self) -> Portfolio:
        """The account on quotes read now."""
        return await self.house.floor.book.snapshot(fresh=True)

    async def quote(self, symbol: str) -> Quote:
        """A quote read now."""
        found = await self.house.floor.hub.quote(symbol, fresh=True)
        assert found is not None
        return found

    async def held(self, symbol: str) -> Decimal:
        """How much of a symbol the account holds."""
        position = (await self.book()).position(symbol)
        return position.quantity if position else Decimal(0)

    async def whole(self) -> bool:
        """True when the journal's chain is whole and book and broker agree to the cent and the share."""
        async with self.house.store.read() as tx:
            broken = await journal.verify(tx)
        return broken is None and await self.house.floor.compare() == ()


def figures(reply: Reply) -> dict[str, Decimal]:
    """The figures of a reply by their labels; of two with one label the first."""
    found: dict[str, Decimal] = {}
    for fact in reply.facts:
        found.setdefault(fact.label, fact.value)
    return found


@asynccontextmanager
async def chat(
    home: Path,
    *,
    still: bool = True,
    read_only: bool = False,
    ids: Ids | None = None,
    configured: Mapping[str, Any] = MappingProxyType({}),
    **wanted: object,
) -> AsyncIterator[Chat]:
    """A house on a clock that moves by hand; `now` is a Wednesday morning unless something else is asked for."""
    if not {"now", "replay", "book", "account"} & set(wanted):
        wanted["now"] = NOW
    settings = Settings(home=home, **configured)
    ids = ids or (SequentialIds() if still else RandomIds())
    house = await wiring.build(settings, Wanted(still=still, **wanted), ids=ids, read_only=read_only)  # type: ignore[arg-type]
    try:
        yield Chat(house)
    finally:
        await house.close()
