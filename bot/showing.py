"""Showing a reply in a chat: under the card it follows up, and remembered where it shows a card itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from bot.platform import Platform
from commands.access import People
from commands.hiding import hidden
from domain.chat import PLAINLY, Buttons, Manner, Reply
from domain.people import Sight
from domain.ports import Clock
from domain.tickets import TicketStatus
from storage import messages, tickets
from storage.messages import Shown
from storage.store import Store

CONFIRMS = "confirm:"
AT_WORK = frozenset({TicketStatus.CONFIRMED, TicketStatus.WORKING})

log = logging.getLogger(__name__)


class Showing:
    """What is shown of one account on one platform; messages that show a ticket are remembered in the database."""

    def __init__(self, adapter: Platform, store: Store, clock: Clock, people: People) -> None:
        self.adapter = adapter
        self.store = store
        self.clock = clock
        self.account = people.account
        self._people = people
        self.noted: Callable[[], None] = _nobody

    def sight(self, chat: str) -> Sight | None:
        """What may be shown in a chat now."""
        return self._people.reads(self.adapter.platform, chat)

    async def show(self, chat: str, reply: Reply, manner: Manner = PLAINLY) -> None:
        """Show a reply; raises what the adapter raises. What follows a card up stands under its first message in this chat.

        Of an order there is one message: what makes no sound is shown in its place, what does takes its place. A group that was closed
        since the reply was written is shown nothing of it.
        """
        allowed = fitting(reply, self.sight(chat)) if manner.group else reply
        if allowed is None:
            log.info("%s:%s was closed before it was shown a reply", self.adapter.platform, chat)
            return
        ticket, earlier = thread(allowed), ""
        if ticket and (not manner.under or allowed.order):
            async with self.store.read() as tx:
                manner = replace(manner, under=manner.under or await messages.first(tx, self.adapter.platform, chat, ticket))
                earlier = await messages.last(tx, self.adapter.platform, chat, _told_of(allowed)) if allowed.order else ""
                told = await tickets.get(tx, ticket) if manner.group and allowed.order and manner.under else None
                manner = replace(manner, topic=told.line if told is not None else "")
        if earlier and manner.silent and await self.adapter.edit(chat, earlier, allowed):
            return
        message = await self.adapter.send(chat, allowed, manner)
        if ticket:
            await self._note(chat, message, _told_of(allowed), open=not_over(allowed))
        if earlier and earlier != message:  # a platform that knows its key shows what it showed before a crash
            await self.adapter.delete(chat, earlier)
            async with self.store.write() as tx:
                await messages.forget(tx, self.adapter.platform, chat, earlier)

    async def replace(self, chat: str, message: str, reply: Reply, *, group: bool = False) -> None:
        """Show a reply in the place of what a message showed, or after it where that is gone; in a group only what may be shown now."""
        allowed = fitting(reply, self.sight(chat)) if group else reply
        if allowed is None:
            return
        if not await self.adapter.edit(chat, message, allowed):
            await self.show(chat, allowed, Manner(group=group))
            return
        ticket = thread(allowed)
        if ticket:
            await self._note(chat, message, ticket, open=not_over(allowed))

    async def draft(self, chat: str, message: str, reply: Reply, manner: Manner) -> str:
        """Show an answer that is being worked out, in the place of what its message shows; returns that message, empty for none."""
        allowed = fitting(reply, self.sight(chat)) if manner.group else reply
        if allowed is None:
            return message
        if not message:
            return await self.adapter.send(chat, allowed, manner)
        await self.adapter.edit(chat, message, allowed)
        return message

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


def fitting(reply: Reply, sight: Sight | None) -> Reply | None:
    """What a group may be shown of a reply that was written for it: all, its words, or nothing; a refusal it may always be shown."""
    if sight is Sight.FIGURES or reply.failure is not None:
        return reply
    return hidden(reply) if sight is Sight.WORDS and not thread(reply) else None


def thread(reply: Reply) -> str:
    """The ticket that a reply shows or follows up; empty for any other."""
    return reply.thread or (reply.ticket.id if reply.ticket is not None else "")


def not_over(reply: Reply) -> bool:
    """True for a reply that shows a ticket which will move on: one to be confirmed, or at work."""
    if reply.ticket is not None and reply.ticket.status in AT_WORK:
        return True
    return any(b.payload.startswith(CONFIRMS) for block in reply.blocks if isinstance(block, Buttons) for b in block.buttons)
