"""One chat platform at work: its adapter, the way in, the answers, the cards, and a courier for every chat that alerts go to."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import tzinfo

from bot.cards import Cards
from bot.courier import MOMENT, Courier
from bot.drafts import Drafts
from bot.intake import Handle, Intake
from bot.platform import Platform
from bot.post import Post
from bot.showing import Showing
from commands.access import People
from commands.desk import seen
from commands.glance import Glance, glances
from commands.palette import Suggestion
from commands.registry import Registry
from domain import codec
from domain.chat import Incoming, Manner, Reply
from domain.clock import SystemClock
from domain.errors import Busy, ChatGone, SetupError, StorageFailed
from domain.events import AccessMoved, Event
from domain.people import AccessMove, Groups, Member, Sight
from domain.ports import Clock
from domain.tickets import Origin
from market.hub import Hub
from storage import outbox
from storage.outbox import Verdict
from storage.store import Store
from trading.bus import Bus

LOOK = 1.0
AT_ONCE = 20
"""Couriers that are woken together: each begins by reading the database."""

GONE_FOR = 600.0
"""Seconds until a chat that takes nothing is tried again."""

WHO = "courier"
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """What a connection stands on: the account's store and clock, who may do what, the desk that answers, the palette, and the market."""

    account: str
    store: Store
    clock: Clock
    people: People
    registry: Registry
    bus: Bus
    handle: Handle
    complete: Callable[[str, int], Sequence[Suggestion]]
    hub: Hub
    zone: tzinfo


class Connection:
    """A platform from its first hello to its last word. Trouble with it is logged and waited out; nothing else stops for it."""

    def __init__(self, adapter: Platform, place: Place) -> None:
        self.adapter = adapter
        self.trouble = "connecting"
        self._place = place
        self._showing = Showing(adapter, place.store, place.clock, place.people)
        self.post = Post(self._showing)
        self.intake = Intake(adapter, place.people, place.store, place.clock, place.handle, self.post, Drafts(self._showing), place.zone)
        self.cards = Cards(self._showing)
        self._couriers: dict[str, tuple[Courier, asyncio.Task[None]]] = {}
        self._menus: dict[str, str] = {}
        self._gone: set[str] = set()
        self._queued = asyncio.Event()
        self._wall = SystemClock()

    async def heard(self, event: Event) -> None:
        """A listener for the bus: alerts to bring, cards to edit, people who come and go."""
        if isinstance(event, AccessMoved):
            self._staff()
            platform, _, group = event.person.partition(":")
            if event.move is AccessMove.GROUP and platform == self.adapter.platform and event.name != Sight.FIGURES:
                self.post.recall(group)
        await self.cards.heard(event)
        self._queued.set()

    async def serve(self) -> None:
        """Connect and work until cancelled; SetupError where the reader must mend something first."""
        pause = FIRST_PAUSE
        while self.trouble:
            try:
                await self.adapter.open()
                self.trouble = ""
            except SetupError as error:
                self.trouble = str(error)
                raise
            except Exception as error:
                self.trouble = f"does not answer: {error}"
                log.warning("%s does not answer: %s", self.adapter.platform, error)
                await self._wall.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        self.adapter.inlet = self
        self._place.people.links[self.adapter.platform] = self.adapter.link
        await self._published()
        await self.intake.recover()
        await self.post.recover()
        self._staff()
        tasks = [asyncio.create_task(work) for work in (self.adapter.serve(), self.cards.serve(), self._look(), self._wake())]
        try:
            await asyncio.gather(*tasks)
        finally:
            await _stopped(tasks)

    async def keep(self, lines: Sequence[Incoming]) -> None:
        """Write lines down; once this returns the platform may be told. Raises StorageFailed where it is to bring them again."""
        await self.intake.keep(lines)

    def chats(self) -> Sequence[str]:
        """The chats of this platform that somebody was let in from."""
        return tuple(m.chat for m in self._members())

    def known(self, origin: Origin) -> bool:
        """True for somebody who was let in."""
        return self._place.people.role(origin) is not None

    def shown(self, line: Incoming) -> bool:
        """True where the answer to a line is shown where it was said: in private, and in a group that an owner opened for so much."""
        return not line.group or (self.known(line.origin) and seen(line, self._place.people) is not None)

    def groups(self) -> Sequence[str]:
        """The groups of this platform that an owner opened."""
        named = (name.partition(":") for name in self._place.people.groups.shown)
        return tuple(group for platform, _, group in named if platform == self.adapter.platform)

    async def glance(self, origin: Origin, text: str) -> Sequence[Glance]:
        """Quick quotes for a text, nothing of the account in them; none for a stranger."""
        return await glances(self._place.hub, text) if self.known(origin) else ()

    async def moved(self, old: str, new: str) -> None:
        """A group has another number: it is shown what it was."""
        people = self._place.people
        before, after = f"{self.adapter.platform}:{old}", f"{self.adapter.platform}:{new}"
        if before not in people.groups.shown:
            return
        groups = Groups({(after if name == before else name): sight for name, sight in people.groups.shown.items()})
        async with self._place.store.write() as tx:
            await people.put_groups(tx, groups)
        people.groups = groups

    def complete(self, origin: Origin, text: str, limit: int) -> Sequence[Suggestion]:
        """What a line that begins so may become; nothing for a stranger."""
        return self._place.complete(text, limit) if self.known(origin) else ()

    async def close(self) -> None:
        """Stop; what is under way is taken up by the next program."""
        await self.intake.close()
        await asyncio.gather(self.post.close(), *(courier.close() for courier, _ in self._couriers.values()))
        await _stopped([task for _, task in self._couriers.values()])
        await self.adapter.close()

    def _staff(self) -> None:
        """A courier for every chat of this platform, and none for one that is gone; those of groups come with their first follow-up."""
        wanted = {m.chat for m in self._members()}
        for chat in [c for c in self._couriers.keys() - wanted if self._showing.sight(c) is not Sight.FIGURES]:
            self._couriers.pop(chat)[1].cancel()
        for chat in wanted - self._couriers.keys():
            self._hire(chat, self._courier(chat))

    def _hire(self, chat: str, courier: Courier) -> None:
        self._couriers[chat] = (courier, asyncio.create_task(courier.serve()))

    def _courier(self, chat: str, *, group: bool = False) -> Courier:
        async def deliver(reply: Reply, *, silent: bool) -> None:
            try:
                await self._showing.show(chat, reply, Manner(silent=silent, urgent=not (silent or group), group=group, key=own(reply)))
            except ChatGone as gone:
                if group:  # whom it concerns is told in private as well
                    log.warning("%s:%s is told nothing more of an order: %s", self.adapter.platform, chat, gone)
                    return
                await self._unreachable(chat, gone)
                raise Busy(GONE_FOR) from gone
            self._gone.discard(chat)

        place = self._place
        name = f"{self.adapter.platform}:{chat}"
        return Courier(place.store, place.clock, place.account, deliver, chat=name, zone=place.zone)

    async def _unreachable(self, chat: str, gone: ChatGone) -> None:
        """What is for this chat waits, and the others are told once."""
        log.warning("%s:%s cannot be reached: %s", self.adapter.platform, chat, gone)
        if chat in self._gone:
            return
        self._gone.add(chat)
        for member in self._members():
            if member.chat == chat:
                move = AccessMoved(
                    self._place.clock.now(), member.account, AccessMove.UNREACHABLE, member.who, member.name, member.role, WHO
                )
                async with self._place.bus.unit(who=WHO) as unit:
                    unit.emit(move)

    async def _wake(self) -> None:
        """Wake the couriers that have something to bring; a thousand of them that each looked for themselves would do little else."""
        while True:
            self._queued.clear()
            try:
                async with self._place.store.read() as tx:
                    chats = await outbox.chats(tx, self._place.account, self._place.clock.now())
            except StorageFailed as error:
                log.warning("what waits for %s is not known: %s", self.adapter.platform, error)
                chats = []
            mine = [name.partition(":")[2] for name in chats if name.startswith(f"{self.adapter.platform}:")]
            for number, chat in enumerate(mine, 1):
                if chat not in self._couriers and not await self._opened(chat):
                    continue
                self._couriers[chat][0].wake()
                if number % AT_ONCE == 0:
                    await self._wall.sleep(MOMENT)
            await self._queued.wait()
            await self._wall.sleep(MOMENT)  # an order that is to follow leaves first

    async def _opened(self, chat: str) -> bool:
        """A courier for a group that is to be told something; False where it may not be told any more, and never will be of this."""
        if self._showing.sight(chat) is Sight.FIGURES:
            self._hire(chat, self._courier(chat, group=all(m.chat != chat for m in self._members())))
            return True
        place = self._place
        async with place.store.write() as tx:
            left = await outbox.waiting(tx, place.account, chat=f"{self.adapter.platform}:{chat}")
            await outbox.settle(tx, [row.id for row in left], place.clock.now(), Verdict.OFF)
        return False

    async def _look(self) -> None:
        """Every second: alerts that wait for a time, and menus of people who came or changed."""
        while True:
            await self._wall.sleep(LOOK)
            self._queued.set()
            for member in self._members():
                await self._menu(member)

    async def _menu(self, member: Member) -> None:
        if self._menus.get(member.chat) == member.role:
            return
        self._menus[member.chat] = member.role
        allowed = [spec for spec in self._place.registry.commands() if member.role.allows(spec.access)]
        try:
            await self.adapter.menu(member.chat, allowed)
        except Exception as error:
            log.warning("no menu for %s: %s", member.who, error)

    async def _published(self) -> None:
        try:
            await self.adapter.publish(self._place.registry.commands())
        except Exception as error:
            log.warning("%s does not know our commands yet: %s", self.adapter.platform, error)

    def _members(self) -> Sequence[Member]:
        return [m for m in self._place.people.members if m.platform == self.adapter.platform]


def own(reply: Reply) -> str:
    """A key for what is told of an order, the same after a crash: every fill of it and every change of it is told in other words."""
    return f"o{hashlib.sha256(codec.dumps(reply).encode()).hexdigest()[:16]}" if reply.order else ""


async def _stopped(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError, Exception):
            await task
