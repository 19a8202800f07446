"""The way in: a line is written down before the platform is told that it arrived, handled once, and its answer committed with that."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

from bot.platform import Platform
from bot.post import Post
from bot.showing import thread
from commands import keys
from commands.access import People
from commands.desk import REFRESH, seen
from commands.followups import PAYLOAD_BYTES
from domain.chat import Button, Buttons, Incoming, Letter, Reply, ReplyKind, Text, Tone
from domain.errors import StorageFailed
from domain.facts import RESULT
from domain.ports import Clock
from storage import answers, inbox
from storage.store import Store

TOO_LATE = timedelta(minutes=5)
SLOW = 0.7
"""Seconds after which somebody who waits sees that an answer is on its way."""

AT_ONCE = 32
AGAIN = 1.0

Handle = Callable[[Incoming], Awaitable[Reply]]

log = logging.getLogger(__name__)


class Intake:
    """Lines of one platform to the front desk. The lines of a chat are handled one after the other, chats beside each other."""

    def __init__(
        self, platform: Platform, people: People, store: Store, clock: Clock, handle: Handle, post: Post, zone: tzinfo = UTC
    ) -> None:
        self._zone = zone
        self._platform = platform
        self._people = people
        self._store = store
        self._clock = clock
        self._handle = handle
        self._post = post
        self._lines: dict[str, deque[Incoming]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(AT_ONCE)

    async def recover(self) -> None:
        """Take up what an earlier program wrote down and did not finish; what is older than five minutes is answered and not acted on."""
        async with self._store.read() as tx:
            left = [i for i in await inbox.pending(tx) if i.origin.platform == self._platform.platform]
        now = self._clock.now()
        for incoming in left:
            self._line_up(replace(incoming, late=incoming.late or now - incoming.at > TOO_LATE))

    async def keep(self, lines: Sequence[Incoming]) -> None:
        """Write lines down, all or none; when this returns the platform may be told. What came before is not handled again.

        Raises StorageFailed; then the platform has to bring them again.
        """
        if not lines:
            return
        lines = [hidden(whole(line)) for line in lines]
        async with self._store.write() as tx:
            fresh = [line for line in lines if await inbox.add(tx, line, self._people.account)]
        for line in fresh:
            self._line_up(line)

    async def idle(self) -> None:
        """Wait until every line that was kept is handled."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Stop handling; what is not done is taken up by the next program."""
        for task in self._tasks:
            task.cancel()
        await self.idle()

    def _line_up(self, line: Incoming) -> None:
        chat = line.origin.chat
        waiting = self._lines.get(chat)
        if waiting is not None:
            waiting.append(line)
            return
        self._lines[chat] = deque([line])
        task = asyncio.create_task(self._work(chat))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, chat: str) -> None:
        waiting = self._lines[chat]
        try:
            while waiting:
                async with self._room:
                    await self._one(waiting.popleft())
        finally:
            del self._lines[chat]

    async def _one(self, line: Incoming) -> None:
        typing = asyncio.create_task(self._slow(line.origin.chat))
        try:
            aside = self._aside(line)
            heard = replace(line, group=False, message="") if aside else line
            reply = await self._handle(asked(heard))
        finally:
            typing.cancel()
            with suppress(asyncio.CancelledError):
                await typing
        letter: Letter | None = letter_for(heard, reply, self._clock.now().astimezone(self._zone))
        if line.group and self._people.role(line.origin) is None:
            letter = None  # in a group a stranger gets no word
        if letter is not None and aside:
            letter = replace(letter, chat=aside)
            await self._platform.noticed(line.origin.chat, line.message)
        while True:
            try:
                now = self._clock.now()
                async with self._store.write() as tx:
                    if letter is not None:
                        await answers.add(tx, letter, now)
                    await inbox.done(tx, line.key, now)
                break
            except StorageFailed as error:  # the answer is here and is written when the database works again
                log.warning("the answer to %s cannot be written yet: %s", line.key, error)
                await self._clock.sleep(AGAIN)
        if letter is not None:
            self._post.wake(letter.chat)

    def _aside(self, line: Incoming) -> str:
        """The private chat in which a member's line from a group is answered that is not shown so much; else empty."""
        member = self._people.member(line.origin.platform, line.origin.person)
        if not line.group or line.secret or line.late or member is None or member.chat == line.origin.chat:
            return ""
        return "" if seen(line, self._people) is not None else member.chat

    async def _slow(self, chat: str) -> None:
        await self._clock.sleep(SLOW)
        await self._platform.typing(chat)


def asked(line: Incoming) -> Incoming:
    """What a press means to the desk: [Refresh] says its line again."""
    payload = line.payload
    return replace(line, payload=payload.removeprefix(REFRESH)) if payload is not None and payload.startswith(REFRESH) else line


def whole(line: Incoming) -> Incoming:
    """The line without halves of characters: no database takes them, so that line would come again and again and hold up all others."""
    payload = None if line.payload is None else _mended(line.payload)
    return replace(line, text=_mended(line.text), name=_mended(line.name), payload=payload)


def _mended(text: str) -> str:
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def hidden(line: Incoming) -> Incoming:
    """The line as it may be written down: one with a key in it without its text."""
    secret = keys.found(line.text)
    return line if secret is None else replace(line, text="", secret=secret)


def letter_for(line: Incoming, reply: Reply, now: datetime) -> Letter:
    """How an answer is shown: a tap that answered a card, and [Refresh], edit their message.

    Figures that were asked for by a `/` line have a button that asks again; `now`, in the reader's zone, is written under what it brings.
    """
    origin, again = line.origin, _again(line, reply)
    blocks = reply.blocks if again is None else (*reply.blocks, Buttons((again,)))
    reply = replace(reply, blocks=blocks, facts=tuple(f for f in reply.facts if RESULT in f.label)[:1])  # most of what it weighs
    if line.payload is not None and line.payload.startswith(REFRESH) and again is not None:
        updated = Text(f"Updated {now:%H:%M:%S}.", Tone.QUIET)
        fresh = replace(reply, blocks=(*reply.blocks, updated))
        return Letter(origin.platform, origin.chat, fresh, edits=line.message, group=line.group, waits=line.waits)
    over = reply.ticket is not None and reply.kind is not ReplyKind.TICKET
    if line.payload is not None and over and line.message and line.payload.partition(":")[0] in ("confirm", "cancel"):
        return Letter(origin.platform, origin.chat, reply, edits=line.message, group=line.group, waits=line.waits)
    if line.secret:
        return Letter(origin.platform, origin.chat, reply, deletes=line.message, group=line.group, waits=line.waits)
    under = line.message if (line.group or thread(reply)) and line.payload is None else ""
    return Letter(origin.platform, origin.chat, reply, under=under, group=line.group, waits=line.waits)


def _again(line: Incoming, reply: Reply) -> Button | None:
    """[Refresh], under the figures that a `/` line asked for; None where there are none, or the line is too long to come back."""
    said = line.text.strip() if line.payload is None else line.payload.removeprefix(REFRESH)
    payload = f"{REFRESH}{said}"
    figures = bool(reply.facts) and reply.ticket is None and reply.failure is None and reply.looked
    return Button("Refresh", payload) if figures and said.startswith("/") and len(payload.encode()) <= PAYLOAD_BYTES else None
