"""Cards that were answered: wherever one was shown, its message says what became of it and loses its buttons."""

from __future__ import annotations

import asyncio
import logging

from bot.showing import AT_WORK, Showing
from commands.followups import after_tap
from domain.chat import Reply, Text, Tone
from domain.errors import Busy, ChatGone
from domain.events import Event, TicketMoved
from domain.people import Sight
from domain.tickets import Ticket, TicketStatus
from storage import messages, tickets
from storage.messages import Shown

AGAIN = 2.0
CLOSED = Reply((Text("What becomes of this is not shown here any more.", Tone.QUIET),))

log = logging.getLogger(__name__)


class Cards:
    """Looks after the messages of one platform that show a card, until its ticket is over; which those are is in the database."""

    def __init__(self, showing: Showing) -> None:
        self._showing = showing
        self._woken = asyncio.Event()
        self._woken.set()  # what an earlier program left
        showing.noted = self._woken.set  # its ticket may have moved between the showing and the note
        self._said: dict[tuple[str, str], TicketStatus] = {}

    async def heard(self, event: Event) -> None:
        """A listener for the bus: a ticket that moved may be shown somewhere."""
        if isinstance(event, TicketMoved):
            self._woken.set()

    async def serve(self) -> None:
        """Edit whenever a ticket moves, until it is cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                await self.sweep()
            except Exception:
                log.exception("cards could not be edited; in a moment they are tried again")
                await self._showing.clock.sleep(AGAIN)
                self._woken.set()

    async def sweep(self) -> None:
        """Edit every message whose ticket has moved since it was shown."""
        platform, account = self._showing.adapter.platform, self._showing.account
        async with self._showing.store.read() as tx:
            shown = await messages.open_cards(tx, platform, account)
            found = {one.thread: await tickets.get(tx, one.thread) for one in shown}
        for one in shown:
            ticket = found[one.thread]
            if ticket is not None and not ticket.open and self._said.get((one.chat, one.message)) is not ticket.status:
                await self._moved(one, ticket)

    async def _moved(self, shown: Shown, ticket: Ticket) -> None:
        told = after_tap(ticket) if self._showing.sight(shown.chat) is Sight.FIGURES else CLOSED
        try:
            await self._showing.adapter.edit(shown.chat, shown.message, told)
        except ChatGone as gone:
            log.info("the card in %s is out of reach: %s", shown.chat, gone)
        except Busy as busy:
            await self._showing.clock.sleep(busy.after)
            self._woken.set()
            return
        if ticket.status in AT_WORK:
            self._said[shown.chat, shown.message] = ticket.status
            return
        self._said.pop((shown.chat, shown.message), None)
        async with self._showing.store.write() as tx:
            await messages.close(tx, shown)
