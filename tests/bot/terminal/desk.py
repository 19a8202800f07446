"""A front desk of three lines for the terminal's own tests: `card` shows a card, anything else is echoed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from commands.draft import Draft
from domain.chat import Button, Buttons, Incoming, Reply, ReplyKind, Text
from domain.tickets import Consequence, Origin, Proposer, Ticket, TicketStatus

ORIGIN = Origin("terminal", "local", "owner")
START = datetime(2025, 3, 3, 15, 0, tzinfo=UTC)


def ticket(id: str, word: str | None = None) -> Ticket:
    """A proposed ticket."""
    return Ticket(
        id,
        "#AAPL close",
        "close",
        "demo",
        ORIGIN,
        Proposer.PERSON,
        (),
        (),
        Consequence(()),
        (),
        START,
        START + timedelta(minutes=2),
        word=word,
    )


class Desk:
    """Remembers what it was told; `card NAME` opens a card, its payloads close it."""

    def __init__(self) -> None:
        self.heard: list[Incoming] = []
        self.cards: dict[str, Ticket] = {}

    async def open_cards(self) -> list[Ticket]:
        """What waits for a person."""
        return list(self.cards.values())

    async def handle(self, incoming: Incoming, draft: Draft | None = None) -> Reply:
        """The whole house."""
        self.heard.append(incoming)
        said = incoming.payload or incoming.text
        if said.startswith("card "):
            card = self.cards[said[5:]] = ticket(said[5:], word="CLOSE-ALL" if said.endswith("all") else None)
            buttons = Buttons((Button("Confirm", f"confirm:{card.id}:{card.digest()}"), Button("Why", "/why")))
            return Reply((Text(card.line), buttons), ReplyKind.TICKET, ticket=card)
        if said.startswith("confirm"):
            card = self.cards.pop(said.replace(":", " ").split()[1])
            return Reply((Text("Sent."),), ticket=replace(card, status=TicketStatus.CONFIRMED))
        if said.startswith("cancel"):
            card = self.cards.pop(said.split(":")[1])
            return Reply((Text("Nothing was sent."),), ticket=replace(card, status=TicketStatus.CANCELLED))
        return Reply((Text(f"heard {said}"),))
