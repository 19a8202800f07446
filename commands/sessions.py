"""What is remembered of each person between two lines: the last answer, the card last shown, the symbol last spoken of."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.chat import Buttons, Reply

PEOPLE = 1000


@dataclass(slots=True)
class Session:
    """One person's memory: the last answer with figures (for `/why`), the id of the card if that was shown last, the last symbol.

    `offers` are the lines that a model put forward in the last answer, each with whose idea it was. For the lines that lean on this one:
    what free text `meaning` was, the `#` line that was `asked`, and the `lines` under the answer.
    """

    reply: Reply | None = None
    card: str | None = None
    symbol: str | None = None
    offers: Mapping[str, str] = field(default_factory=dict)
    meaning: object = None
    asked: str = ""
    lines: tuple[str, ...] = ()

    def remember(self, reply: Reply) -> None:
        """Keep what the next line may refer to; an error or an explanation replaces nothing that can be explained."""
        if reply.facts and reply.command not in ("why", "explain"):
            self.reply = reply
        if reply.command not in ("why", "explain"):
            self.lines = tuple(
                b.payload for block in reply.blocks if isinstance(block, Buttons) for b in block.buttons if b.payload[:1] == "#"
            )
        if reply.ticket is not None and self.meaning is None:
            self.asked = reply.ticket.line
        self.card = reply.ticket.id if reply.ticket is not None and reply.ticket.open else None

    def forget(self) -> None:
        """Nothing the next line could refer to."""
        self.reply = self.card = self.symbol = None
        self.offers = {}
        self.meaning, self.asked, self.lines = None, "", ()


class Sessions:
    """The memory of every person, at most `limit` of them; who was silent longest is forgotten first.

    It belongs to the person and not to the chat, so that what was asked on one platform can be followed up on another.
    """

    def __init__(self, limit: int = PEOPLE) -> None:
        self._limit = limit
        self._people: OrderedDict[str, Session] = OrderedDict()

    def of(self, person: str) -> Session:
        """The memory of a person, made when it is new."""
        session = self._people.get(person)
        if session is None:
            session = self._people[person] = Session()
            if len(self._people) > self._limit:
                self._people.popitem(last=False)
        else:
            self._people.move_to_end(person)
        return session

    def __len__(self) -> int:
        return len(self._people)
