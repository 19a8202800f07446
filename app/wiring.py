"""The composition root: settings and a wish become a house of parts. Nothing connects or reads the environment at import."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from functools import partial
from zoneinfo import ZoneInfo

from app import accounts as openings
from app import agenda, importing, models, parts, worlds
from app.demo import DemoWorld
from app.drill import Rehearsals
from app.settings import Settings
from app.worlds import Wanted, World
from commands import alerts
from commands.access import People
from commands.context import Part
from commands.day import Day
from commands.desk import FrontDesk
from commands.factor import Factor
from commands.palette import LIMIT, Palette, Suggestion
from commands.registry import Registry
from commands.slash.activity import event_text
from commands.usage import UsageBuffer
from copilot.concerns import concerns
from domain.clock import SystemClock
from domain.errors import BadArgument
from domain.events import DayDigested
from domain.ids import RandomIds
from domain.ledger import Entry
from domain.portfolio import AccountSpec, Mode
from domain.ports import Broker, Clock, Ids
from market.hub import Hub
from storage import accounts, journal, ledger, world
from storage.snapshot import copy_store, open_copy, open_memory
from storage.store import Store
from storage.vault import Vault, key_of
from storage.world import WorldState
from trading.floor import Floor, open_floor
from trading.jobs import Jobs
from trading.statements.statement import Statement
from trading.tickets import Terms

TellDay = Callable[[datetime, datetime], Awaitable[DayDigested | None]]
"""Digests the half-open interval and tells it, for the job of the night."""


@dataclass(slots=True)
class House:
    """All the parts of one run; `close` lets go of everything, in the reverse order of building."""

    settings: Settings
    wanted: Wanted
    store: Store
    world: World
    floor: Floor
    front: FrontDesk
    palette: Palette
    usage: UsageBuffer
    demo: DemoWorld | None
    zone: tzinfo
    stack: AsyncExitStack
    lock: asyncio.Lock
    tell_day: TellDay

    def parts(self) -> Sequence[Part]:
        """The rows of the banner, `/status` and `doctor`."""
        return parts.parts(self.settings, self.wanted, self.world, self.floor, self.front.people)

    def search(self, text: str, limit: int = LIMIT) -> Sequence[Suggestion]:
        """What the palette offers for the beginning of a line, with the actions possible on the book as it is known now."""
        return self.palette.search(text, self.floor.book, limit)

    async def pulse(self) -> None:
        """One round of the core: what the broker says, what expired, and what is to be remembered. Rounds never overlap."""
        async with self.lock:
            await self.floor.pulse()
            await self.usage.flush()
            if self.demo is not None:
                await self.demo.save()

    async def close(self) -> None:
        """Remember where the demo stands and let go of the database; a house that only looked writes nothing."""
        if not self.front.read_only:
            async with self.lock:
                await self.usage.flush()
                if self.demo is not None:
                    await self.demo.save(force=True)
        await self.stack.aclose()


@asynccontextmanager
async def database(settings: Settings, *, command: str) -> AsyncIterator[Store]:
    """The durable database with its lease: one writer at a time, a second one says so and leaves."""
    engine = importlib.import_module("storage.engine")
    leases = importlib.import_module("storage.lease")
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        opened: Store = await engine.open_store(settings.database_url or f"sqlite:///{settings.database}")
        stack.push_async_callback(opened.close)
        home = None if settings.database_url else settings.home
        lease = await leases.take(opened, clock, command=command, home=home)
        stack.push_async_callback(lease.release)
        keeping = asyncio.create_task(lease.keep())
        stack.push_async_callback(_stopped, keeping)
        yield opened


@asynccontextmanager
async def looked_at(settings: Settings) -> AsyncIterator[Store]:
    """A copy of the database as it is, before anything was started on it; empty where there is none yet."""
    async with AsyncExitStack() as stack:
        yield await _store(settings, Wanted(still=True), "doctor", stack)


async def _stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def build(settings: Settings, wanted: Wanted, *, command: str = "chat", ids: Ids | None = None, read_only: bool = False) -> House:
    """A house that is ready to answer. Raises UserError for what the reader can mend; nothing stays open then."""
    wanted.check()
    async with AsyncExitStack() as stack:
        store = await _store(settings, wanted, command, stack)
        statement, spec = await _account(store, settings, wanted)
        entries = await _entries(store, spec, statement)
        market, state = await _world(store, settings, wanted, spec, frozenset(e.symbol for e in entries if e.symbol))
        hub = Hub(market.source, market.clock, openings.lots(entries))
        if spec is None or statement is not None:
            spec = await _open(store, hub, market, state, settings, statement, spec)
        return await _assembled(settings, wanted, store, market, state, hub, spec, ids or RandomIds(), stack.pop_all(), read_only)


async def _store(settings: Settings, wanted: Wanted, command: str, stack: AsyncExitStack) -> Store:
    """The durable store; a copy in memory for `ask` and where made-up prices must not reach a book; else an empty one."""
    if wanted.now is not None or wanted.replay is not None or wanted.book is not None:
        store = await open_memory()
    elif not (wanted.still or wanted.simulated):
        return await stack.enter_async_context(database(settings, command=command))
    elif settings.database_url:
        durable = await importlib.import_module("storage.engine").open_store(settings.database_url)
        try:
            store = await copy_store(durable)
        finally:
            await durable.close()
    else:
        store = await open_copy(settings.database)
    stack.push_async_callback(store.close)
    return store


async def _account(store: Store, settings: Settings, wanted: Wanted) -> tuple[Statement | None, AccountSpec | None]:
    """The transactions of `--book`, and the account's specification where it exists or is about to."""
    if wanted.book is not None:
        name = importing.account_name(wanted.book)
        priced = wanted.replay is not None or wanted.simulated
        at = wanted.at or wanted.now or SystemClock().now()
        return importing.read(wanted.book, name, at), AccountSpec(name, Mode.PAPER, priced=priced)
    if wanted.replay is not None:
        return None, None
    name = wanted.account or settings.account
    async with store.read() as tx:
        spec = await accounts.get(tx, name)
        names = [s.name for s in await accounts.all(tx)]
    if spec is None and name != openings.DEMO:
        there = ", ".join(dict.fromkeys([openings.DEMO, *names]))
        raise BadArgument(f"There is no account {name}; there is: {there}.", example=f"--account {openings.DEMO}", code="unknown_account")
    if spec is not None and spec.mode is Mode.PAPER and wanted.simulated:
        spec = replace(spec, priced=True)
    return None, spec


async def _world(
    store: Store, settings: Settings, wanted: Wanted, spec: AccountSpec | None, symbols: frozenset[str]
) -> tuple[World, WorldState | None]:
    """The market of this run, and the demo's state where the demo is that market."""
    if wanted.replay is not None:
        return worlds.replay(wanted, still=wanted.still), None
    if spec is not None and spec.mode is not Mode.DEMO:
        return worlds.unpriced(symbols, settings, wanted), None
    async with store.read() as tx:
        stored = await world.load(tx)
        last = await journal.lines(tx, openings.DEMO, limit=1)
    if stored is not None and last:  # a killed run may have journalled after its instant was stored
        stored = replace(stored, instant=max(stored.instant, last[0].at))
    instant = wanted.now or worlds.demo_instant(SystemClock().now(), stored)
    state = replace(stored, instant=instant) if stored else WorldState(settings.seed, instant, instant, ())
    return worlds.demo(settings, instant, state, still=wanted.still), state


async def _entries(store: Store, spec: AccountSpec | None, statement: Statement | None) -> Sequence[Entry]:
    """What a reader's own book holds already; the demo's and a replay's is not written yet, or needs no look."""
    if statement is not None:
        return statement.entries
    if spec is None or spec.mode is Mode.DEMO:
        return ()
    async with store.read() as tx:
        return await ledger.entries(tx, spec.name)


async def _open(
    store: Store,
    hub: Hub,
    market: World,
    state: WorldState | None,
    settings: Settings,
    statement: Statement | None,
    spec: AccountSpec | None,
) -> AccountSpec:
    """Open the account that does not exist yet: the reader's transactions, a book for the bars, or the demo's."""
    at = market.clock.now()
    if statement is not None and spec is not None:
        opening = openings.Opening(spec, statement.entries)
    elif state is None:
        opening = await openings.replay_opening(hub, at)
    else:
        opening = await openings.demo_opening(hub, at, shorting=settings.shorting)
    await openings.create(store, opening, at, state)
    return opening.spec


def _floor(
    settings: Settings,
    store: Store,
    market: World,
    hub: Hub,
    spec: AccountSpec,
    ids: Ids,
    broker: Broker,
    people: People,
    wall: Clock | None,
) -> Floor:
    floor = open_floor(
        spec,
        hub,
        store,
        market.clock,
        ids,
        broker,
        news=market.news,
        calendar=market.calendar,
        concerns=concerns(hub),
        alerts=partial(alerts.pushed, zone=ZoneInfo(settings.zone)),
        authority=people,
        terms=Terms(timedelta(minutes=float(settings.card_minutes)), settings.price_tolerance, settings.large_order),
        wall=wall,
    )
    floor.bus.chats, floor.bus.follows = people.chats, people.follows
    if people.factor is not None:
        people.factor.connect(floor.bus, market.clock)
    return floor


async def _assembled(
    settings: Settings,
    wanted: Wanted,
    store: Store,
    market: World,
    state: WorldState | None,
    hub: Hub,
    spec: AccountSpec,
    ids: Ids,
    stack: AsyncExitStack,
    read_only: bool,
) -> House:
    broker = importlib.import_module(f"trading.brokers.{spec.broker}").build(spec, hub, store, market.clock)
    await openings.place_opening_orders(store, broker, spec.name)
    people = People(spec.name, factor=Factor(spec.name, Vault(key_of(settings.home, settings.secret_key)), SystemClock()))
    await people.load(store)
    zone = ZoneInfo(settings.zone)
    wall = None if wanted.still else SystemClock()
    floor = _floor(settings, store, market, hub, spec, ids, broker, people, wall)
    tell_day = partial(Day(store, spec.name, partial(event_text, zone=zone)).tell, floor.bus)
    floor.schedule.jobs = Jobs(agenda.actions(floor, settings, wanted, digest=tell_day))
    stack.push_async_callback(floor.schedule.close)
    if read_only:
        floor.away = None  # who only looks was not away
    await floor.start()
    demo = DemoWorld(floor, market.movable, state) if state is not None else None
    usage = UsageBuffer(store, market.clock, spec.name)
    front = FrontDesk(
        floor,
        market.news,
        market.calendar,
        Registry.discover(),
        ids,
        demo=demo,
        drills=Rehearsals(floor, zone),
        read_only=read_only,
        zone=zone,
        usage=usage,
        people=people,
        voice=models.voice(settings, store, wall or market.clock, spec.name),
    )
    if front.voice is not None:
        stack.push_async_callback(front.voice.close)
    house = House(
        settings,
        wanted,
        store,
        market,
        floor,
        front,
        Palette(front.registry.all(), hub.instruments()),
        usage,
        demo,
        zone,
        stack,
        asyncio.Lock(),
        tell_day,
    )
    front.parts = house.parts
    return house
