"""The terminal's side of a conversation: what `yes`, `no` and `.1` mean, given what was shown last."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from commands.draft import Draft
from domain.chat import Button, Buttons, Failure, Incoming, Reply, ReplyKind, Text, Tone
from domain.ports import Clock
from domain.tickets import Origin, Ticket, TicketStatus

Handle = Callable[[Incoming, Draft], Awaitable[Reply]]
OpenCards = Callable[[], Awaitable[Sequence[Ticket]]]

NO_CARD = "No card is open: the last one was answered already, or has expired. Nothing changed just now; `/orders` shows what is working."
YES = frozenset({"yes", "y"})
NO = frozenset({"no", "n"})
SENT = frozenset({TicketStatus.CONFIRMED, TicketStatus.WORKING, TicketStatus.EXECUTED, TicketStatus.PARTIAL})


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer; `released` is true when the line confirmed a card, so that a first update may follow."""

    reply: Reply
    released: bool


class Conversation:
    """Turns lines into what the front desk takes. Only what was shown last can be answered by `yes`, `no` or a number."""

    def __init__(self, handle: Handle, cards: OpenCards, origin: Origin, clock: Clock, session: str) -> None:
        self._handle = handle
        self._cards = cards
        self._origin = origin
        self._clock = clock
        self._keys = (f"{session}-{n}" for n in itertools.count(1))
        self._last: Reply | None = None

    def shown(self, reply: Reply) -> None:
        """Remember what the reader saw last; an alert above the prompt counts, so a stale `yes` confirms nothing."""
        self._last = reply

    async def say(self, line: str, draft: Draft | None = None) -> Turn:
        """The answer to a line; what takes long says in `draft` how far it is.

        Raises nothing of its own: what `yes` cannot mean is an answer that says what to type.
        """
        word = line.strip().lower().rstrip(".!") if not line.strip().startswith(".") else line.strip()
        if word in YES or word in NO:
            return await self._answer_card(confirm=word in YES)
        if word.startswith(".") and word[1:].isdecimal() and word.isascii():
            return await self._press(int(word[1:]), draft)
        return await self._tell(line, draft)

    async def _answer_card(self, *, confirm: bool) -> Turn:
        """`yes` and `no` belong to a card only when exactly one is open and was the last thing shown."""
        cards = await self._cards()
        if not cards:
            return self._refused("no_card", NO_CARD)
        shown = self._last.ticket.id if self._last is not None and self._last.ticket is not None else None
        if len(cards) == 1 and cards[0].id == shown:
            card = cards[0]
            return await self._tell("", None, payload=f"confirm:{card.id}:{card.digest()}" if confirm else f"cancel:{card.id}")
        verb = "confirm" if confirm else "cancel"
        listed = "\n".join(f"  {verb} {card.id}{f' {card.word}' if card.word and confirm else ''}   ({card.line})" for card in cards)
        why = f"{len(cards)} cards are open: say which." if len(cards) > 1 else "A card is open, but it was not the last thing shown."
        return self._refused("which_card", f"{why} Type:\n{listed}")

    async def _press(self, number: int, draft: Draft | None) -> Turn:
        buttons = pressable(self._last) if self._last is not None else []
        if not 1 <= number <= len(buttons):
            said = f"There is no button .{number} under the last answer" + (f": it has .1 to .{len(buttons)}." if buttons else ".")
            return self._refused("no_such_button", said)
        return await self._tell("", draft, payload=buttons[number - 1].payload)

    async def _tell(self, text: str, draft: Draft | None, *, payload: str | None = None) -> Turn:
        incoming = Incoming(next(self._keys), self._origin, text, self._clock.now(), payload)
        reply = await self._handle(incoming, draft or Draft())
        self._last = reply
        confirming = (payload or text.strip().lower()).startswith("confirm")
        return Turn(reply, released=confirming and reply.ticket is not None and reply.ticket.status in SENT)

    def _refused(self, code: str, message: str) -> Turn:
        return Turn(Reply((Text(message, Tone.WARNING),), ReplyKind.ERROR, failure=Failure(code, message)), released=False)


def pressable(reply: Reply) -> list[Button]:
    """The buttons of a reply, in the order of their numbers."""
    return [button for block in reply.blocks if isinstance(block, Buttons) for button in block.buttons]
