"""The circuit breaker: after too large a loss only reducing goes on, through restarts, until its time is over or an owner ends it.

Losses are read on whole, fresh and sane snapshots alone, and a breach has to stand for five seconds, so that one bad print stops nobody.
A move of a split's size is waited for until the books have been compared with the broker.

After a reset the loss that tripped it would trip it again at once. So what is still beyond its limit then is measured from there: the
drawdown from a new peak (after a drawdown always), the day's loss from a new start. What was lost before is not forgotten by anybody but
the breaker; it gave its warning, and a person or the cool-down answered it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from domain import codec, events
from domain.errors import SourceFailed
from domain.ledger import EntryKind
from domain.money import ZERO
from domain.orders import BreakerIntent
from domain.portfolio import Portfolio
from domain.ports import Clock
from domain.tickets import Ticket
from market import calendar
from market.hub import Hub
from storage import journal, states
from storage.store import Store, Tx
from trading.book import Book
from trading.bus import Bus, Unit
from trading.guards.losses import Marks, Reading, base_of, doubt, flowed, measured, splitlike
from trading.record import Failpoint, unbroken
from trading.risk.limits import InForce, Limits

log = logging.getLogger(__name__)

WHO = "breaker"
DAILY_LOSS = "daily_loss"
DRAWDOWN = "drawdown"
CAUSES = {DAILY_LOSS: "day's loss", DRAWDOWN: "drawdown"}

PART = "breaker"
MARKS = "marks"
STANDS = timedelta(seconds=5)  # how long a breach or a new peak has to stand before it counts
SPLIT_WAIT = timedelta(minutes=6)  # books and broker are compared every five
WRITTEN_EVERY = timedelta(minutes=1)
MATTERS = Decimal("0.005")  # a peak that rose by more is written at once
ASK_AGAIN = timedelta(minutes=1)
HISTORY = 20
PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Trip:
    """A breaker that has tripped: the limit's code, what was read against it (fractions), when, and until when."""

    code: str
    value: Decimal
    limit: Decimal
    at: datetime
    until: datetime

    @property
    def cause(self) -> str:
        """What it tripped on, in words."""
        return CAUSES.get(self.code, self.code)


@dataclass(frozen=True, slots=True)
class BreakerState:
    """What is kept: the trip in force, or none."""

    trip: Trip | None = None


class Breaker:
    """One account's breaker. `load` first; then `round` as often as anybody likes.

    A trip holds from the line it is found on; a database that refuses is asked again every round, and nothing opens meanwhile. It asks no
    broker and no model.
    """

    def __init__(
        self, book: Book, hub: Hub, store: Store, bus: Bus, clock: Clock, limits: InForce, failpoint: Failpoint = unbroken
    ) -> None:
        self._book = book
        self._hub = hub
        self._store = store
        self._bus = bus
        self._clock = clock
        self._limits = limits
        self._fail = failpoint
        self._trip: Trip | None = None
        self._unwritten = False
        self._marks: Marks | None = None
        self._kept: tuple[datetime, Marks] | None = None
        self._reading: Reading | None = None
        self._since: dict[str, datetime] = {}
        self._rising: tuple[datetime, Decimal] | None = None
        self._suspects: dict[str, datetime] = {}
        self._seen: dict[str, Decimal] = {}
        self._asked: datetime | None = None
        self._blind = ""  # why nothing can be measured, logged once
        self._turn = asyncio.Lock()

    @property
    def tripped(self) -> Trip | None:
        """The trip in force as this process knows it, or None."""
        return self._trip

    @property
    def reading(self) -> Reading | None:
        """The last losses that could be read, or None before there were any."""
        return self._reading

    async def tripped_in(self, tx: Tx) -> Trip | None:
        """The trip in force: committed, or known here and not written yet."""
        return self._trip or await self._stored(tx)

    async def load(self) -> None:
        """Take up what was kept; before anything is sent."""
        async with self._store.read() as tx:
            self._trip = await self._stored(tx)
            self._marks = await states.get(tx, self._account, MARKS, Marks)
        self._kept = (self._clock.now(), self._marks) if self._marks else None

    async def round(self) -> None:
        """End a cool-down that is over, read the losses, trip on what is beyond its limit, and write what has to be kept."""
        async with self._turn:
            if self._trip is not None and not self._unwritten and self._clock.now() >= self._trip.until:
                await self._reset(WHO, "")
            portfolio = await self._look()
            if portfolio is not None:
                self._judge(portfolio)
            await self._write()

    async def reset(self, who: str, origin: str = "") -> bool:
        """Allow opening again; False when it had not tripped."""
        async with self._turn:
            return await self._reset(who, origin)

    async def history(self) -> Sequence[events.BreakerTripped | events.BreakerReset]:
        """The last trips and resets, newest first."""
        kinds: dict[str, type[events.BreakerTripped | events.BreakerReset]] = {
            kind.__name__: kind for kind in (events.BreakerTripped, events.BreakerReset)
        }
        async with self._store.read() as tx:
            found = await journal.lines(tx, self._account, limit=HISTORY, kinds=tuple(kinds))
        return [codec.loads(kinds[line.kind], line.body) for line in found]

    @property
    def _account(self) -> str:
        return self._book.spec.name

    async def _stored(self, tx: Tx) -> Trip | None:
        state = await states.get(tx, self._account, PART, BreakerState)
        return state.trip if state else None

    async def _look(self) -> Portfolio | None:
        """A snapshot that may be measured, with the marks brought up to its day and its deposits; else None."""
        if not self._book.spec.priced:
            return None
        portfolio = await self._snapshot()
        why = "the market cannot be asked" if portfolio is None else doubt(portfolio) or self._splits(portfolio)
        if why != self._blind:
            self._blind = why
            log.warning("the losses are not read: %s" if why else "the losses are read again%s", why)
        if portfolio is None or why:
            return None
        self._seen = {p.symbol: portfolio.quotes[p.symbol].last for p in portfolio.positions}
        deposited = self._book.holdings.deposited
        marks = self._marks or Marks(portfolio.equity, portfolio.at, deposited)
        self._marks = await self._today(flowed(marks, portfolio.equity, deposited), portfolio)
        return portfolio

    async def _snapshot(self) -> Portfolio | None:
        """A snapshot, without the previous closes where the history cannot be read; None where nothing can."""
        for day in (True, False):
            try:
                return await self._book.snapshot(day=day)
            except SourceFailed as failure:
                log.debug("no snapshot: %s", failure)
        return None

    def _splits(self, portfolio: Portfolio) -> str:
        """What may be a split nobody has booked yet; after the wait it was none."""
        suspects = splitlike(portfolio, self._seen)
        self._suspects = {s: self._suspects.get(s, portfolio.at) for s in suspects}
        waiting = sorted(s for s, since in self._suspects.items() if portfolio.at - since < SPLIT_WAIT)
        return f"{', '.join(waiting)} moved like a split" if waiting else ""

    async def _today(self, marks: Marks, portfolio: Portfolio) -> Marks:
        """The marks with the equity at the previous close, worked out once a day."""
        day = self._hub.day_start(portfolio.at)
        if marks.day == day or (self._asked is not None and portfolio.at - self._asked < ASK_AGAIN):
            return marks
        try:
            base = base_of(await self._book.as_of(day), portfolio)
        except SourceFailed as failure:
            log.warning("the equity at the previous close cannot be read: %s", failure)
            base = None
        if base is None:
            self._asked = portfolio.at
            return replace(marks, day=None, base=None)
        self._asked = None
        kinds = (EntryKind.DEPOSIT, EntryKind.WITHDRAWAL)
        paid = sum((e.amount for e in self._book.entries if e.kind in kinds and e.at <= day), ZERO)
        return replace(marks, day=day, base=base, base_deposited=paid)

    def _judge(self, portfolio: Portfolio) -> None:
        """Read the losses and, where one stands beyond its limit, trip: in memory, at once."""
        marks, limits, at = self._marks, self._limits(), portfolio.at
        if marks is None:
            return
        deposited = self._book.holdings.deposited
        marks = self._peaked(marks, at, portfolio.equity)
        reading = measured(marks, at, portfolio.equity, deposited)
        if marks.rebase:
            marks = _rebased(marks, reading, limits, deposited)
            reading = measured(marks, at, portfolio.equity, deposited)
            self._since = {}
        self._marks, self._reading = marks, reading
        beyond = _beyond(reading, limits)
        self._since = {code: self._since.get(code, at) for code in beyond}
        for code, (value, limit) in beyond.items():
            if at - self._since[code] >= STANDS and self._worse(code):
                was = self._trip
                until = max(self._until(at, limits), was.until if was else at)
                self._trip, self._unwritten = Trip(code, value.quantize(PLACES, ROUND_DOWN), limit, at, until), True
                log.error("the breaker has tripped: %s %s, limit %s", code, value, limit)

    def _peaked(self, marks: Marks, at: datetime, equity: Decimal) -> Marks:
        """A new peak is the lowest of what stood above the old one for a while."""
        if equity <= marks.peak:
            self._rising = None
            return marks
        since, low = self._rising or (at, equity)
        low = min(low, equity)
        if at - since < STANDS:
            self._rising = (since, low)
            return marks
        self._rising = (at, equity)
        return replace(marks, peak=low, peak_at=at)

    def _worse(self, code: str) -> bool:
        """True for the first trip, and for a drawdown on top of a day's loss."""
        return self._trip is None or (self._trip.code != code and code == DRAWDOWN)

    def _until(self, at: datetime, limits: Limits) -> datetime:
        """After the cool-down, and never before the next session has opened: until then nothing that was lost can have been looked at."""
        try:
            opens = calendar.following(at.astimezone(calendar.NEW_YORK).date()).open
        except SourceFailed:  # past the end of the session table: the cool-down alone
            opens = at
        return max(at + timedelta(hours=float(limits.breaker_cooldown_hours)), opens)

    async def _write(self) -> None:
        """Keep a trip with its event, or the marks when it is time."""
        if self._unwritten and self._trip is not None:
            trip = self._trip
            async with self._bus.unit(who=WHO) as unit:
                await states.put(unit.tx, self._account, PART, BreakerState(trip))
                await self._keep(unit)
                unit.emit(events.BreakerTripped(self._clock.now(), self._account, trip.code, trip.value, trip.limit, trip.until))
                unit.then(self._written)
                self._fail("breaker.1 trip before its commit")
            self._fail("breaker.2 trip after its commit")
        elif self._due():
            async with self._bus.unit(who=WHO) as unit:
                await self._keep(unit)
                self._fail("breaker.3 marks before their commit")

    def _written(self) -> None:
        self._unwritten = False

    async def _keep(self, unit: Unit) -> None:
        marks, now = self._marks, self._clock.now()
        if marks is None:
            return
        await states.put(unit.tx, self._account, MARKS, marks)

        def kept() -> None:
            self._kept = (now, marks)

        unit.then(kept)

    def _due(self) -> bool:
        """At most once a minute, or when something changed that a restart must not lose."""
        if self._marks is None or (self._kept is not None and self._kept[1] == self._marks):
            return False
        if self._kept is None:
            return True
        at, was = self._kept
        now = self._marks
        moved = (was.day, was.base, was.deposited, was.rebase) != (now.day, now.base, now.deposited, now.rebase)
        return moved or now.peak > was.peak * (1 + MATTERS) or self._clock.now() - at >= WRITTEN_EVERY

    async def _reset(self, who: str, origin: str) -> bool:
        async with self._bus.unit(who=who, origin=origin) as unit:
            trip = await self.tripped_in(unit.tx)
            if trip is None:
                return False
            marks = replace(self._marks, rebase=trip.code) if self._marks else None
            await states.put(unit.tx, self._account, PART, BreakerState())
            if marks is not None:
                await states.put(unit.tx, self._account, MARKS, marks)
            unit.emit(events.BreakerReset(self._clock.now(), self._account, who))

            def opened() -> None:
                self._trip, self._unwritten, self._since = None, False, {}
                self._marks = marks
                self._kept = (self._clock.now(), marks) if marks else None

            unit.then(opened)
            self._fail("breaker.4 reset before its commit")
        self._fail("breaker.5 reset after its commit")
        return True


def _beyond(reading: Reading, limits: Limits) -> dict[str, tuple[Decimal, Decimal]]:
    """What is at or beyond its limit: the value and the limit by code."""
    values = {DAILY_LOSS: (reading.daily_loss, limits.daily_loss), DRAWDOWN: (reading.drawdown, limits.drawdown)}
    return {code: (value, limit) for code, (value, limit) in values.items() if value is not None and value >= limit}


def _rebased(marks: Marks, reading: Reading, limits: Limits, deposited: Decimal) -> Marks:
    """The marks after a reset: see the head of this file."""
    beyond = _beyond(reading, limits)
    if DRAWDOWN in beyond or marks.rebase == DRAWDOWN:
        marks = replace(marks, peak=reading.equity, peak_at=reading.at)
    if DAILY_LOSS in beyond:
        marks = replace(marks, base=reading.equity, base_deposited=deposited)
    return replace(marks, rebase="")


class Resetting:
    """Ends the breaker's cool-down by a card."""

    missed = "the breaker was not reset: only reducing goes on"

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker

    async def do(self, ticket: Ticket, leg: int, intent: BreakerIntent) -> None:
        """See `Change`."""
        await self._breaker.reset(ticket.origin.who, ticket.origin.chat)

    async def done(self, tx: Tx, ticket: Ticket, leg: int, intent: BreakerIntent) -> bool:
        """See `Change`."""
        return await self._breaker.tripped_in(tx) is None
