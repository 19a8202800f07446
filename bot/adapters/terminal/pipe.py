"""The terminal without a person: one line in, one answer out, confirmations included."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import BinaryIO, TextIO

from bot.adapters.terminal.conversation import Conversation
from bot.plain import render
from domain.chat import PLAINLY, CommandSpec, Manner, Reply
from domain.ports import Clock

WIDTH = 80
FIRST_UPDATE = 2.0
LOOK_EVERY = 0.05
LONGEST_LINE = 16_384


class Pipe:
    """Reads lines of bytes and writes answers as text.

    After a confirmation it waits up to two seconds for the first update and prints it. A line that is not UTF-8, or longer than 16 KiB, is
    answered, not raised; the end of input ends `serve`.
    """

    platform = "terminal"

    def __init__(
        self, conversation: Conversation, source: BinaryIO, sink: TextIO, *, clock: Clock, updates: Callable[[], Awaitable[int]]
    ) -> None:
        self._conversation = conversation
        self._source = source
        self._sink = sink
        self._clock = clock
        self._updates = updates

    async def serve(self) -> None:
        """Answer every line until the input ends."""
        while (raw := await self._line()) is not None:
            line = raw.decode("utf-8", errors="replace").strip("\r\n")
            if not line.strip():
                continue
            turn = await self._conversation.say(line)
            await self.send("", turn.reply)
            if turn.released:
                await self._first_update()

    async def send(self, chat: str, reply: Reply, manner: Manner = PLAINLY) -> str:
        """Print a reply and a blank line."""
        self._conversation.shown(reply)
        self._sink.write(render(reply, width=WIDTH, number_buttons=True) + "\n\n")
        self._sink.flush()
        return ""

    async def edit(self, chat: str, message: str, reply: Reply) -> bool:
        """A pipe cannot take back what it printed: print the new state."""
        await self.send(chat, reply)
        return True

    async def publish(self, commands: Sequence[CommandSpec]) -> None:
        """A pipe has no menu."""

    async def _line(self) -> bytes | None:
        """The next line, at most a little over the limit: the rest of a longer one is read and dropped, so it is answered once."""
        raw = await asyncio.to_thread(self._source.readline, LONGEST_LINE + 1)
        if not raw:
            return None
        rest = raw
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = await asyncio.to_thread(self._source.readline, LONGEST_LINE + 1)
        return raw

    async def _first_update(self) -> None:
        deadline = self._clock.monotonic() + FIRST_UPDATE
        while not await self._updates() and self._clock.monotonic() < deadline:
            await self._clock.sleep(LOOK_EVERY)
