"""The way in: a line is written down before the platform is told that it arrived, handled once, and its answer committed with that."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

from bot.drafts import Drafts
from bot.lanes import Lanes
from bot.platform import Platform
from bot.post import Post
from bot.showing import thread
from commands import keys
from commands.access import People
from commands.desk import REFRESH, personal, seen
from commands.draft import STOP, Draft
from commands.followups import PAYLOAD_BYTES
from domain.chat import Button, Buttons, Incoming, Letter, Reply, ReplyKind, Text, Tone
from domain.errors import StorageFailed
from domain.facts import RESULT
from domain.people import Role
from domain.ports import Clock
from storage import answers, inbox
from storage.store import Store

TOO_LATE = timedelta(minutes=5)
SLOW = 0.7
"""Seconds after which somebody who waits sees that an answer is on its way."""

AGAIN = 1.0

Handle = Callable[[Incoming, Draft], Awaitable[Reply]]

log = logging.getLogger(__name__)


class Intake:
    """Lines of one platform to the front desk, each handled once; `Lanes` says in which order."""

    def __init__(
        self, platform: Platform, people: People, store: Store, clock: Clock, handle: Handle, post: Post, drafts: Drafts, zone: tzinfo = UTC
    ) -> None:
        self._zone = zone
        self._platform = platform
        self._people = people
        self._store = store
        self._clock = clock
        self._handle = handle
        self._post = post
        self._drafts = drafts
        self._lanes = Lanes(self._one)
        self._signs: set[asyncio.Task[None]] = set()

    async def recover(self) -> None:
        """Take up what an earlier program wrote down and did not finish; what is older than five minutes is answered and not acted on."""
        async with self._store.read() as tx:
            left = [i for i in await inbox.pending(tx) if i.origin.platform == self._platform.platform]
        now = self._clock.now()
        for incoming in left:
            self._lanes.add(replace(incoming, late=incoming.late or now - incoming.at > TOO_LATE))

    async def keep(self, lines: Sequence[Incoming]) -> None:
        """Write lines down, all or none; when this returns the platform may be told. What came before is not handled again.

        Raises StorageFailed; then the platform has to bring them again.
        """
        if not lines:
            return
        lines = [hidden(whole(line)) for line in lines]
        async with self._store.write() as tx:
            fresh = [line for line in lines if await inbox.add(tx, line, self._people.account)]
            stops = {line.key for line in fresh if self._stops(line)}  # at once: behind what it stops it would come too late
            for key in stops:
                await inbox.done(tx, key, self._clock.now())
        for line in fresh:
            if line.key not in stops:
                self._lanes.add(line)

    async def idle(self) -> None:
        """Wait until every line that was kept is handled."""
        await self._lanes.idle()

    async def close(self) -> None:
        """Stop handling; what is not done is taken up by the next program."""
        await self._lanes.close()
        for sign in self._signs:
            sign.cancel()
        await asyncio.gather(*self._signs, return_exceptions=True)

    def _stops(self, line: Incoming) -> bool:
        """True for a press of [Stop] that needs no answer of its own; an owner may stop what anybody asked for."""
        role = self._people.role(line.origin)
        pressed = role is not None and line.payload is not None and line.payload.startswith(STOP)
        return pressed and self._drafts.stopped(line, anybody=role is Role.OWNER)

    async def _one(self, line: Incoming, takes_long: Callable[[], None]) -> None:
        aside = self._aside(line)
        heard = privately(line, aside) if aside else line
        where = aside or line.origin.chat
        slow = asyncio.get_running_loop().call_later(SLOW, self._slow, where, takes_long)  # a task for each line would cost more than that
        try:
            async with self._drafts.following(heard, where) as following:
                reply = await self._handle(asked(heard), following.draft)
        finally:
            slow.cancel()
        answer = letter_for(heard, reply, self._clock.now().astimezone(self._zone))
        letter: Letter | None = replace(answer, edits=following.message) if following.message else answer
        if line.group and self._people.role(line.origin) is None:
            letter = None  # in a group a stranger gets no word
        if letter is not None and aside:
            letter = replace(letter, chat=aside)
            await self._seen(line)
        while True:
            try:
                now = self._clock.now()
                async with self._store.write(relaxed=only_said(line, reply)) as tx:
                    if letter is not None:
                        await answers.add(tx, letter, now)
                    await inbox.done(tx, line.key, now)
                break
            except StorageFailed as error:  # the answer is here and is written when the database works again
                log.warning("the answer to %s cannot be written yet: %s", line.key, error)
                await self._clock.sleep(AGAIN)
        if letter is not None:
            self._post.wake(letter.chat)

    async def _seen(self, line: Incoming) -> None:
        """In a group that is told nothing: a sign that a line was seen, and a key in it taken away; trouble with that is no trouble."""
        try:
            if line.secret:
                await self._platform.delete(line.origin.chat, line.message)
            else:
                await self._platform.noticed(line.origin.chat, line.message)
        except Exception as error:
            log.warning("message %s in %s was not touched: %s", line.message, line.origin.chat, error)

    def _aside(self, line: Incoming) -> str:
        """The private chat in which a member's line from a group is answered that is not shown so much; else empty."""
        member = self._people.member(line.origin.platform, line.origin.person)
        if not line.group or member is None or member.chat == line.origin.chat:
            return ""
        return "" if seen(line, self._people) is not None else member.chat

    def _slow(self, chat: str, takes_long: Callable[[], None]) -> None:
        takes_long()
        task = asyncio.create_task(self._platform.typing(chat))
        self._signs.add(task)
        task.add_done_callback(self._signs.discard)


def only_said(line: Incoming, reply: Reply) -> bool:
    """True for an answer that may be worked out a second time where a power cut took it: no tap, no card, no error."""
    return line.payload is None and reply.ticket is None and reply.kind is ReplyKind.ANSWER


def privately(line: Incoming, chat: str) -> Incoming:
    """A line from a group as one from its person's private chat; what is about groups still says in which it was typed."""
    origin = line.origin if personal(line) else replace(line.origin, chat=chat)
    return replace(line, origin=origin, group=False, message="")


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
    stale = not line.group and (line.payload or "").startswith(STOP)
    if stale or (line.payload is not None and over and line.message and line.payload.partition(":")[0] in ("confirm", "cancel")):
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
