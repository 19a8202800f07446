"""A world: one seed's setting, persons and troubles, the process that lives in it, and all that the persons saw and did."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.plain import render
from commands.digest import first_words
from domain import codec
from domain.chat import Buttons, Incoming, Reply
from domain.errors import StorageFailed
from domain.ids import SequentialIds
from domain.orders import Order
from domain.tickets import Origin, Ticket
from storage import orders, outbox, switches, tickets
from storage import paper as shelf
from tests.fakes.faulty_broker import Crash
from tests.simulation.broken import Broken, Surprises
from tests.simulation.dice import Dice
from tests.simulation.doom import Doom
from tests.simulation.house import House
from tests.simulation.phone import Phone
from tests.simulation.setting import ACCOUNT, Setting, setting
from trading.brokers.simulated.order import VenueOrder

OWNER = Origin("terminal", "local", "owner")
PARTNER = Origin("terminal", "local", "partner")
STRANGER = Origin("telegram", "99", "4711")
QUIET_WITHIN = 200_000


@dataclass
class Counts:
    """How often each fault fired, each invariant had something to check, and death struck at each place."""

    faults: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)

    def add(self, other: Counts) -> None:
        self.faults += other.faults
        self.checks += other.checks
        self.places += other.places


@dataclass(frozen=True)
class Card:
    """A card as it was shown, with its button."""

    ticket: Ticket
    digest: str
    at: datetime


@dataclass
class Consent:
    """Somebody says yes to a card: whether it is theirs, as shown, with its word; `heard` is when, what had been quoted, where."""

    ticket: str
    fits: bool
    heard: list[tuple[datetime, dict[str, int], int]] = field(default_factory=list)


@dataclass(frozen=True)
class Sent:
    """What left for the broker, and how things stood at that instant."""

    call: str
    order: Order
    at: datetime
    halted: bool
    row: Order | None
    ticket: Ticket | None
    held: tuple[Decimal, Decimal]  # in the book and at the venue
    quoted: dict[str, int]


class World:
    """One seed's world. `story` tells it; what happens is decided by the steps, the faults and the dice alone."""

    def __init__(self, seed: int, counts: Counts, made: Setting) -> None:
        self.seed = seed
        self.counts = counts
        self.setting = made
        self.clock = made.clock
        self.phone = Phone(self.fired)
        self.house: House | None = None
        self.surprises = Surprises()
        self.story: list[str] = []
        self.sent: list[Sent] = []
        self.cards: dict[str, Card] = {}
        self.consents: dict[str, list[Consent]] = defaultdict(list)
        self.by_key: dict[str, Consent] = {}
        self.watchers: list[Callable[[World, float], Awaitable[None]]] = []  # look on as time passes
        self.memory: dict[str, Any] = {}  # what invariants remember from step to step
        self.deaths = 0  # processes that ended, in whichever way
        self._ids = SequentialIds("m")
        self._running: list[tuple[str, asyncio.Task[Any]]] = []
        self._houses = 0
        self._read = 0
        self._bodies: dict[str, VenueOrder] = {}
        made.wire.witness = self._witness

    def fired(self, fault: str) -> None:
        self.counts.faults[fault] += 1
        self.story.append(f"    ! {fault}")

    def tell(self, text: str) -> None:
        self.story.append(f"{self.clock.now():%a %H:%M:%S} {text}")

    # persons

    def say(self, text: str, who: Origin = OWNER, payload: str | None = None) -> Incoming:
        """A line, or a tap when there is a payload."""
        incoming = Incoming(self._ids.new(), who, text, self.clock.now(), payload)
        self.tell(f"{who.person} {'taps ' + payload if payload else 'says ' + text}{' with ' + text if payload and text else ''}")
        self.phone.send(incoming)
        return incoming

    def agree(self, card: Card, incoming: Incoming, *, digest: str | None, word: str | None) -> None:
        """Note that a message is somebody's yes to a card; this is where death likes to strike."""
        strike = self.memory.pop("strike at a yes", None)
        if strike is not None and self.house is not None:
            self.house.doom.strike(strike)
        ticket = card.ticket
        mine = (incoming.origin.platform, incoming.origin.person) == (ticket.origin.platform, ticket.origin.person)
        worded = ticket.word is None or (word or "").upper() == ticket.word.upper()
        consent = Consent(ticket.id, mine and worded and digest in (None, card.digest))
        self.consents[ticket.id].append(consent)
        self.by_key[incoming.key] = consent

    def _heard(self, incoming: Incoming) -> None:
        consent = self.by_key.get(incoming.key)
        if consent is not None:
            consent.heard.append((self.clock.now(), self._quoted(), self._houses))

    def _quoted(self) -> dict[str, int]:
        return {s: len(q) for s, q in self.setting.feed.served.items()}

    # the process

    async def round(self) -> None:
        """What is due arrives, and the program does what it does by itself: start, take lines in, one pulse, one delivery."""
        with suppress(Crash):  # a venue in the program's own process dies with it
            await self.setting.wire.due()
        await self._buried()
        if self.house is None:
            self._houses += 1
            self.house = House(self.setting, self.phone, Doom(self.counts.places), self._houses, self._heard)
            strike = self.memory.pop("strike", None)
            if strike is not None:
                self.house.doom.strike(strike)
            self._spawn("start", self.house.start())
            await self.quiet()
        house = self.house
        if house is not None and house.up:
            for name, work in (("pulse", house.floor.pulse), ("courier", house.courier.run_once)):
                if not self.busy(name):
                    self._spawn(name, work())
            await house_lines(self, house)
            await self.quiet()

    async def quiet(self) -> None:
        """Let everything run until all of it waits for the clock."""
        if self.setting.durable:
            while self._running:
                await asyncio.wait([task for _, task in self._running])
                self._reap()
            await self._buried()
            return
        ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
        for _ in range(QUIET_WITHIN):
            await asyncio.sleep(0)
            if not ready:
                self._reap()
                await self._buried()
                return
        raise Broken("accident", "it never comes to rest")

    def _spawn(self, name: str, work: Coroutine[Any, Any, Any]) -> None:
        self._running.append((name, asyncio.create_task(work)))

    def busy(self, name: str) -> bool:
        return any(n == name for n, _ in self._running)

    def _reap(self) -> None:
        done = [(name, task) for name, task in self._running if task.done()]
        self._running = [(name, task) for name, task in self._running if not task.done()]
        for name, task in done:
            error = task.exception()
            if isinstance(error, Broken):
                raise error
            if isinstance(error, StorageFailed):
                if name == "start":
                    self.house = None
            elif error is not None and not isinstance(error, Crash):
                self.surprises.note(f"{name}: {type(error).__name__}: {error}", error)

    async def _buried(self) -> None:
        """The process has died: nothing of it goes on."""
        house = self.house
        if house is None or not house.doom.dead:
            return
        self.deaths += 1
        self.fired("process death" if house.up else "death while starting")
        self.tell(f"the process dies: {house.doom.place}")
        tasks = [task for _, task in self._running]
        self._running = []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.house = None
        if self.setting.shared:
            self.setting.wire.late.clear()  # the venue was in the same process
        await self._doubt()
        if self.setting.durable:
            await self._power_cut()

    async def _doubt(self) -> None:
        """A push that was shown and not noted as shown is shown again, and nobody can know better."""
        if not self.phone.pushed:
            return
        async with self.setting.disk.inner.read() as tx:
            rows = await outbox.due(tx, self.clock.now() + timedelta(days=9))
        if any(said(r.alert.reply) == said(self.phone.pushed[-1]) for r in rows):
            self.phone.doubtful += 1

    async def _power_cut(self) -> None:
        from tests.simulation.files import opened, torn

        made = self.setting
        assert made.path is not None
        made.path, old = torn(made.path, Dice(self.seed, "torn", self._houses), self._houses), made.disk.inner
        self.fired("torn log")
        made.disk.inner = await opened(made.path)
        await old.close()
        if made.venue_store is old:
            made.venue_store = made.disk.inner

    async def stop(self) -> None:
        """The program is ended in good order, or what is left of it is."""
        if self.house is not None:
            self.deaths += 1
            self.house.doom.dead = True
            for _, task in self._running:
                task.cancel()
            await asyncio.gather(*(task for _, task in self._running), return_exceptions=True)
            self._running, self.house = [], None
            await self._doubt()

    async def tick(self, seconds: float) -> None:
        """Time passes, the market moves, and the program has a round."""
        await self.clock.advance(timedelta(seconds=seconds))
        self.setting.market.move()
        await self.quiet()
        await self.round()
        for look in self.watchers:
            await look(self, seconds)

    async def wait(self, seconds: float, step: float) -> None:
        while seconds > 0:
            await self.tick(min(step, seconds))
            seconds -= step

    # what is seen

    def read_answers(self) -> None:
        """The persons read what came since they last looked: cards are kept with their buttons."""
        for answer in self.phone.answers[self._read :]:
            self.tell(f"  → {lead(answer.reply)}")
            self._keep(answer.reply)
        self._read = len(self.phone.answers)

    def _keep(self, reply: Reply) -> None:
        ticket = reply.ticket
        if ticket is None or not ticket.open:
            return
        for block in reply.blocks:
            for button in block.buttons if isinstance(block, Buttons) else ():
                what, ident, *digest = button.payload.split(":")
                if what == "confirm" and ident == ticket.id and digest:
                    self.cards[ticket.id] = Card(ticket, digest[0], self.clock.now())

    async def _witness(self, call: str, order: Order) -> None:
        made, house = self.setting, self.house
        assert house is not None
        async with made.disk.inner.read() as tx:
            halted = await switches.halted(tx, ACCOUNT)
            row = await orders.get(tx, order.client_id)
            ticket = await tickets.get(tx, order.ticket)
        async with made.venue_store.read() as tx:
            there = (await shelf.positions(tx, ACCOUNT)).get(order.symbol, Decimal(0))
        held = (house.floor.book.holdings.quantity(order.symbol), there)
        self.tell(f"    {call} {order.client_id}: {order.side} {order.quantity} {order.symbol} {order.type}")
        self.sent.append(Sent(call, order, self.clock.now(), halted, row, ticket, held, self._quoted()))

    async def venue_orders(self) -> list[VenueOrder]:
        """Every order the venue ever took, ended ones too, oldest first."""
        async with self.setting.venue_store.read() as tx:
            bodies = await shelf.orders(tx, ACCOUNT)
        for body in bodies:
            if body not in self._bodies:
                self._bodies[body] = codec.loads(VenueOrder, body)
        return [self._bodies[body] for body in bodies]

    async def venue_positions(self) -> dict[str, Decimal]:
        async with self.setting.venue_store.read() as tx:
            return await shelf.positions(tx, ACCOUNT)


async def house_lines(world: World, house: House) -> None:
    """Everything that waits at the door, each as a task of its own, as a platform's updates are."""
    if world.busy("door"):
        return

    async def attend() -> None:
        await house.door.fetch()
        for incoming in await house.door.pending():
            world._spawn("line", house.door.work(incoming))

    world._spawn("door", attend())


def said(reply: Reply) -> str:
    """What a push says first: what it says however late it comes, and in however few words."""
    return first_words(reply) + (reply.thread or "")


def lead(reply: Reply) -> str:
    return render(reply, width=110).partition("\n")[0]


async def open_world(seed: int, counts: Counts) -> World:
    fired = counts.faults.update
    made = await setting(seed, lambda fault: fired([fault]))
    world = World(seed, counts, made)
    made.disk._fired = made.wire.fired = made.feed._fired = world.fired
    return world
