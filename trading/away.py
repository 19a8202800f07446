"""Away: how the program knows that it was blind for a while, and what it tells of that time when it sees again.

What filled at the broker is told by its fills. What is told here are the levels nobody else watched: exits the core holds, and whatever
other parts watch. A rule whose level is still through fires with the next clean quote; one that came back is for a person to decide.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from domain.clock import SystemClock
from domain.events import DemoMoved, Event, Missed, WasAway
from domain.exits import ExitKind, ExitRule, ExitStatus
from domain.market import Bar, Timeframe
from domain.money import ZERO
from domain.ports import Clock
from market import calendar
from market.hub import Hub
from storage import exits, states
from storage.store import Store
from trading.book import Book
from trading.bus import Bus

WHO = "away"
PART = "heartbeat"
BEAT = timedelta(seconds=10)
BLIND = timedelta(seconds=60)
TOLD = timedelta(minutes=5)
"""A gap without anything missed is told from so much open market on."""

MINUTES = timedelta(days=7)  # a longer gap is looked at by the hour
FIRES = "fires now"
BACK = "came back"
WAITS = "waits for a quote"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """When the core was last well: `at` on the house's clock, `wall` on the machine's."""

    at: datetime
    wall: datetime


@dataclass(frozen=True, slots=True)
class Watched:
    """A level that something happens at: reached when the price is at or beyond it, `below` for one under the market.

    `trail` and `trail_percent` let it follow the best price since; from `arm` on, where it is not yet armed.
    """

    symbol: str
    what: str
    level: Decimal | None
    below: bool
    since: datetime
    trail: Decimal | None = None
    trail_percent: Decimal | None = None
    arm: Decimal | None = None
    due: datetime | None = None


Watchers = Callable[[], Awaitable[Sequence[Watched]]]
"""More levels that nobody watches while the program is away, such as price alerts."""


class Away:
    """One account's memory of when it last saw. `begin` at the start; then `look` first and `beat` last in every round.

    Gaps between rounds count while `attended`: somebody runs them every second. The demo moved by hand is no gap.
    """

    def __init__(self, book: Book, hub: Hub, store: Store, bus: Bus, clock: Clock, *, wall: Clock | None = None) -> None:
        self.attended = False
        self.watchers: list[Watchers] = []
        self._book = book
        self._hub = hub
        self._store = store
        self._bus = bus
        self._clock = clock
        self._wall = wall or clock
        self._blind: datetime | None = None  # since when, until it is told
        self._seen: tuple[datetime, float] | None = None
        self._beaten: datetime | None = None
        self._telling = asyncio.Lock()
        bus.subscribe(self._heard)

    async def begin(self) -> None:
        """Tell of the time since the last heartbeat; the first start of all has nothing to tell."""
        async with self._store.read() as tx:
            last = await states.get(tx, self._book.spec.name, PART, Heartbeat)
        if last is not None and self._clock.now() - last.at > BLIND:
            self._blind = last.at
        self._mark()
        await self._tell()

    async def look(self) -> None:
        """Notice that the rounds stopped for more than a minute, and tell of it before anything acts on what is seen now.

        What cannot be worked out yet, because prices or the database do not answer, raises and is told by a later round.
        """
        if self._blind is None and self.attended and self._seen is not None and self._gap(*self._seen) > BLIND:
            self._blind = self._seen[0]
        self._mark()
        await self._tell()

    async def beat(self) -> None:
        """Remember that the core is well, at most every ten seconds; not while a gap is still to be told."""
        now = self._clock.now()
        if self._blind is None and (self._beaten is None or not timedelta(0) <= now - self._beaten < BEAT):
            async with self._store.write() as tx:
                await states.put(tx, self._book.spec.name, PART, Heartbeat(now, self._wall.now()))
            self._beaten = now

    def _mark(self) -> None:
        self._seen = (self._clock.now(), self._clock.monotonic())

    def _gap(self, at: datetime, monotonic: float) -> timedelta:
        """How long nothing was seen. A machine that slept shows on its wall clock alone, and so does a world that is moved or runs fast."""
        if isinstance(self._clock, SystemClock):
            return self._clock.now() - at
        return timedelta(seconds=self._clock.monotonic() - monotonic)

    async def _heard(self, event: Event) -> None:
        if isinstance(event, DemoMoved):
            self._mark()

    async def _tell(self) -> None:
        async with self._telling:  # a moved demo has a round of its own, perhaps beside another
            if self._blind is not None:
                await self._told_of(self._blind)

    async def _told_of(self, since: datetime) -> None:
        now = self._clock.now()
        missed = await self._missed(since, now)
        async with self._bus.unit(who=WHO) as unit:
            await states.put(unit.tx, self._book.spec.name, PART, Heartbeat(now, self._wall.now()))
            if missed or self._open(since, now) > TOLD:
                unit.emit(WasAway(now, self._book.spec.name, since, missed))
            unit.then(self._told)

    def _told(self) -> None:
        self._blind = None

    def _open(self, since: datetime, until: datetime) -> timedelta:
        """How much open market lies between two instants: all of it for a book with something that trades round the clock."""
        known = self._hub.instruments()
        held = {p.symbol for p in self._book.holdings.positions} | {o.symbol for o in self._book.orders}
        if any(s in known and known[s].round_the_clock for s in held):
            return until - since
        spans = (
            min(s.close, until) - max(s.open, since)
            for s in calendar.sessions(since.astimezone(calendar.NEW_YORK).date(), until.astimezone(calendar.NEW_YORK).date())
        )
        return sum((s for s in spans if s > timedelta(0)), timedelta(0))

    async def _missed(self, since: datetime, now: datetime) -> tuple[Missed, ...]:
        """Every watched level that was reached meanwhile, oldest first."""
        if not self._book.spec.priced:
            return ()
        async with self._store.read() as tx:
            rules = await exits.in_status(tx, self._book.spec.name, ExitStatus.ACTIVE)
        watched = [watch(rule) for rule in rules if self._book.holdings.quantity(rule.symbol) != ZERO]
        for more in self.watchers:
            watched += await more()
        if not watched:
            return ()
        quotes = await self._hub.quotes([w.symbol for w in watched], fresh=True)
        bars = {w.symbol: await self._bars(w.symbol, since, now) for w in watched}
        found = []
        for one in watched:
            hit = reached(one, bars[one.symbol], since, now)
            if hit is not None:
                quote = quotes.get(one.symbol)
                found.append(_said(one, hit, quote.last if quote is not None else None))
        return tuple(sorted(found, key=lambda m: (m.when, m.symbol, m.what)))

    async def _bars(self, symbol: str, since: datetime, now: datetime) -> Sequence[Bar]:
        """The bars of the gap, from the minute it began in; coarser ones where it is long or the source has no finer ones."""
        start = since.replace(second=0, microsecond=0)
        if now - since > MINUTES:
            hours = await self._hub.bars(symbol, Timeframe.HOUR, start.replace(minute=0), now)
            return hours or await self._hub.bars(symbol, Timeframe.DAY, start - timedelta(days=1), now)
        return await self._hub.bars(symbol, Timeframe.MINUTE, start, now)


@dataclass(frozen=True, slots=True)
class Hit:
    """A level that was reached: where it stood, the price it would have met, and in the bar that begins when."""

    level: Decimal
    price: Decimal
    when: datetime


def watch(rule: ExitRule) -> Watched:
    """What an exit of the core waits for; a target is beyond the market for a long position, every other level before it."""
    return Watched(
        rule.symbol,
        rule.kind.value.replace("_", " "),
        rule.level,
        rule.long is not (rule.kind in (ExitKind.TARGET, ExitKind.BREAK_EVEN)),
        rule.created,
        rule.trail if rule.kind is ExitKind.TRAILING else None,
        rule.trail_percent if rule.kind is ExitKind.TRAILING else None,
        rule.arm,
        rule.due,
    )


def reached(one: Watched, bars: Sequence[Bar], since: datetime, now: datetime) -> Hit | None:
    """When a level was first reached in these bars, or None. Within a bar the bad comes first: it meets the level before it moves it."""
    level, arm = one.level, one.arm
    for bar in bars:
        if bar.start < one.since:
            continue  # the part of its first minute before it was there is not its own
        if one.due is not None and since < one.due <= now and bar.end > one.due:
            return Hit(bar.open, bar.open, one.due)
        if level is not None and arm is None:
            if (bar.open <= level) if one.below else (bar.open >= level):
                return Hit(level, bar.open, bar.start)
            if (bar.low <= level) if one.below else (bar.high >= level):
                return Hit(level, level, bar.start)
        best = bar.high if one.below else bar.low
        if arm is not None and ((best >= arm) if one.below else (best <= arm)):
            arm = None
        if arm is None:
            level = _followed(one, level, best)
    return None


def _followed(one: Watched, level: Decimal | None, best: Decimal) -> Decimal | None:
    """Where a trailing level stands after the best price: never looser than before."""
    if one.trail is not None:
        distance = one.trail
    elif one.trail_percent is not None:
        distance = best * one.trail_percent
    else:
        return level
    moved = best - distance if one.below else best + distance
    if level is None:
        return moved
    return max(level, moved) if one.below else min(level, moved)


def _said(one: Watched, hit: Hit, now: Decimal | None) -> Missed:
    if now is None:
        done = WAITS
    elif one.due is not None or ((now <= hit.level) if one.below else (now >= hit.level)):
        done = FIRES
    else:
        done = BACK
    return Missed(one.symbol, one.what, hit.level, hit.price, hit.when, done, now)
