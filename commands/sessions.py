"""What each chat remembers between two lines: the last answer, the card last shown, the symbol last spoken of."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from domain.chat import Reply
from domain.tickets import Origin

CHATS = 1000


@dataclass(slots=True)
class Session:
    """One chat's memory: the last answer with figures (for `/why`), the id of the card if that was shown last, the last symbol."""

    reply: Reply | None = None
    card: str | None = None
    symbol: str | None = None

    def remember(self, reply: Reply) -> None:
        """Keep what the next line may refer to; an error or an explanation replaces nothing that can be explained."""
        if reply.facts and reply.command not in ("why", "explain"):
            self.reply = reply
        self.card = reply.ticket.id if reply.ticket is not None and reply.ticket.open else None


class Sessions:
    """The memory of every chat, at most `limit` of them; the chat that was silent longest is forgotten first."""

    def __init__(self, limit: int = CHATS) -> None:
        self._limit = limit
        self._chats: OrderedDict[tuple[str, str], Session] = OrderedDict()

    def of(self, origin: Origin) -> Session:
        """The memory of the chat a line came from, made when it is new."""
        key = (origin.platform, origin.chat)
        session = self._chats.get(key)
        if session is None:
            session = self._chats[key] = Session()
            if len(self._chats) > self._limit:
                self._chats.popitem(last=False)
        else:
            self._chats.move_to_end(key)
        return session

    def __len__(self) -> int:
        return len(self._chats)
