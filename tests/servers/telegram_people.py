"""People with Telegram on their phones: what they type and tap becomes updates of the server they are on."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.servers.telegram import Message, TelegramServer


class Person:
    """Somebody with a phone. What they type and tap becomes updates."""

    def __init__(self, server: TelegramServer, number: int, name: str) -> None:
        self.server, self.number, self.name = server, number, name
        self.started = self.blocked = False
        self._taps = itertools.count(1)

    @property
    def shown(self) -> list[Message]:
        return self.server.of(self.number)

    def says(self, text: str, *, chat: int | None = None, age: float = 0, **more: Any) -> int:
        self.started = True
        return self.server.put({"message": self.message(text, chat=chat, age=age) | more})

    async def glances(self, text: str) -> dict[str, str]:
        """What is offered for a text after the bot's name, in a conversation with somebody else."""
        asked = f"{self.number}-{next(self._taps)}"
        self.server.put({"inline_query": {"id": asked, "from": self.json, "query": text, "offset": ""}})
        found: dict[str, str] = await self.server.until(lambda: self.server.offered.get(asked))
        return found

    def taps(self, message: Message, label: str, times: int = 1) -> list[int]:
        return [self.presses(message, message.payload(label)) for _ in range(times)]

    def presses(self, message: Message, payload: str) -> int:
        tap = f"{self.number}-{next(self._taps)}"
        self.server.tapped(tap)
        shown = {"message_id": message.id, "date": int(time.time()), "chat": self.server._chat(message.chat), "text": message.text}
        return self.server.put({"callback_query": {"id": tap, "from": self.json, "chat_instance": "1", "data": payload, "message": shown}})

    def message(self, text: str, *, chat: int | None = None, age: float = 0) -> dict[str, Any]:
        number = self.number if chat is None else chat
        at = int(time.time() - age)
        return {"message_id": self.server.next_id(), "date": at, "chat": self.server._chat(number), "from": self.json, "text": text}

    @property
    def json(self) -> dict[str, Any]:
        return {"id": self.number, "is_bot": False, "first_name": self.name}

    async def hears(self, count: int, within: float = 10.0) -> Message:
        """The newest message once there are so many."""
        return (await self.server.shows(self.number, count, within))[-1]
