"""Showing a reply in a chat: under the card it follows up, and remembered where it shows a card itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.platform import Platform
from domain.chat import PLAINLY, Buttons, Manner, Reply
from domain.ports import Clock
from domain.tickets import TicketStatus
from storage import messages
from storage.messages import Shown
from storage.store import Store

CONFIRMS = "confirm:"
AT_WORK = frozenset({TicketStatus.CONFIRMED, TicketStatus.WORKING})


class Showing:
    """What is shown of one account on one platform; messages that show a ticket are remembered in the database."""

    def __init__(self, adapter: Platform, store: Store, clock: Clock, account: str) -> None:
        self.adapter = adapter
        self.store = store
        self.clock = clock
        self.account = account
        self.noted: Callable[[], None] = _nobody

    async def show(self, chat: str, reply: Reply, manner: Manner = PLAINLY) -> None:
        """Show a reply; raises what the adapter raises. What follows a card up stands under its first message in this chat.

        Of an order there is one message: what makes no sound is shown in its place, what does takes its place.
        """
        ticket, earlier = thread(reply), ""
        if ticket and (not manner.under or reply.order):
            async with self.store.read() as tx:
                manner = replace(manner, under=manner.under or await messages.first(tx, self.adapter.platform, chat, ticket))
                earlier = await messages.last(tx, self.adapter.platform, chat, _told_of(reply)) if reply.order else ""
        if earlier and manner.silent and await self.adapter.edit(chat, earlier, reply):
            return
        message = await self.adapter.send(chat, reply, manner)
        if ticket:
            await self._note(chat, message, _told_of(reply), open=not_over(reply))
        if earlier:
            await self.adapter.delete(chat, earlier)
            async with self.store.write() as tx:
                await messages.forget(tx, self.adapter.platform, chat, earlier)

    async def replace(self, chat: str, message: str, reply: Reply) -> None:
        """Show a reply in the place of what a message showed, or after it where that is not there any more."""
        if not await self.adapter.edit(chat, message, reply):
            await self.show(chat, reply)
            return
        ticket = thread(reply)
        if ticket:
            await self._note(chat, message, ticket, open=not_over(reply))

    async def _note(self, chat: str, message: str, ticket: str, *, open: bool) -> None:
        shown = Shown(self.adapter.platform, chat, message, self.account, ticket, open)
        async with self.store.write() as tx:
            await messages.note(tx, shown, self.clock.now())
        if open:
            self.noted()


def _nobody() -> None:
    """Who is told that a card is shown, until somebody is."""


def _told_of(reply: Reply) -> str:
    """What a message is remembered by: its ticket, or an order of it."""
    return f"{thread(reply)}/{reply.order}" if reply.order else thread(reply)


def thread(reply: Reply) -> str:
    """The ticket that a reply shows or follows up; empty for any other."""
    return reply.thread or (reply.ticket.id if reply.ticket is not None else "")


def not_over(reply: Reply) -> bool:
    """True for a reply that shows a ticket which will move on: one to be confirmed, or at work."""
    if reply.ticket is not None and reply.ticket.status in AT_WORK:
        return True
    return any(b.payload.startswith(CONFIRMS) for block in reply.blocks if isinstance(block, Buttons) for b in block.buttons)
