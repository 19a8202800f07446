"""Fire drills: a bad day played through on a copy of a book, with the real chain, to see what fires, when, and what is left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from domain.alerts import Alert
from domain.clock import ManualClock
from domain.errors import BrokerDown
from domain.events import Event
from domain.instruments import Instrument
from domain.market import Bar, Freshness, Quote, Timeframe
from domain.money import ONE, to_tick
from domain.orders import Order
from domain.portfolio import Portfolio
from domain.ports import Broker, BrokerState, BrokerTraits, Clock, MarketData, OrderReport
from market import calendar
from storage import outbox
from trading.floor import Floor

NAME = "drill"
STEP = timedelta(seconds=10)
LEAD_IN = timedelta(minutes=1)  # how long before the blow the rehearsal begins
AFTER = timedelta(minutes=10)  # how long it goes on when the worst is over
LONGEST_OUTAGE = timedelta(hours=2)
CRASH, RECOVERY = timedelta(minutes=3), timedelta(minutes=7)
RECOVERED = Decimal("0.8")  # of a flash crash comes back
USUAL = 30  # bars before the lead-in, of which a bar of the drill has the mean volume
WIDER = 3  # times the spread is while prices are under stress
SIZES = {Timeframe.MINUTE: timedelta(minutes=1), Timeframe.FIVE_MINUTES: timedelta(minutes=5), Timeframe.HOUR: timedelta(hours=1)}


Bring = Callable[[], Awaitable[int]]


class DrillKind(StrEnum):
    """What is rehearsed."""

    GAP = "gap"
    FLASH_CRASH = "flash-crash"
    BROKER_DOWN = "broker-down"


@dataclass(frozen=True, slots=True)
class Drill:
    """One scenario. `move` is a fraction (-0.07 is -7%), of every instrument or of `symbol` alone; `lasts` how long the broker is away."""

    kind: DrillKind
    move: Decimal
    symbol: str | None = None
    lasts: timedelta = timedelta(0)

    @property
    def length(self) -> timedelta:
        """How long it is played after the blow."""
        return {DrillKind.GAP: timedelta(0), DrillKind.FLASH_CRASH: CRASH + RECOVERY, DrillKind.BROKER_DOWN: self.lasts}[self.kind] + AFTER

    def factor(self, symbol: str, since: timedelta) -> Decimal:
        """What a symbol's price is, over its price before, so long after the blow."""
        if since < timedelta(0) or (self.symbol is not None and symbol != self.symbol):
            return ONE
        if self.kind is DrillKind.GAP:
            return ONE + self.move
        if self.kind is DrillKind.BROKER_DOWN:
            return ONE + self.move * _part(since, self.lasts)
        back = _part(since - CRASH, RECOVERY) * RECOVERED if since > CRASH else Decimal(0)
        return ONE + self.move * (_part(since, CRASH) - back)


@dataclass(frozen=True, slots=True)
class DrillReport:
    """What happened in a rehearsal: the book before and after, every event after the start, every alert, and
    in how many messages they would have reached the phone."""

    drill: Drill
    blow: datetime
    before: Portfolio
    after: Portfolio
    events: tuple[Event, ...]
    alerts: tuple[Alert, ...]
    messages: int


def blow_at(portfolio: Portfolio) -> datetime:
    """When the blow falls: in two minutes where the exchange is open then, else at its next open; at once for a book of coins alone."""
    soon = portfolio.at.replace(second=0, microsecond=0) + 2 * LEAD_IN
    bound = [p for p in portfolio.positions if not _round_the_clock(portfolio.instruments.get(p.symbol))]
    if not bound or calendar.is_open(soon):
        return soon
    session = calendar.session(soon.astimezone(calendar.NEW_YORK).date())
    if session is not None and soon < session.open:
        return session.open
    return calendar.following(soon.astimezone(calendar.NEW_YORK).date()).open


class DrillMarket:
    """MarketData that is the live source until the blow and follows the drill from then on, on the drill's own clock."""

    name = NAME
    simulated = True

    def __init__(self, live: MarketData, quotes: Mapping[str, Quote], clock: Clock, drill: Drill, blow: datetime) -> None:
        self._live = live
        self._base = dict(quotes)
        self._clock = clock
        self._drill = drill
        self._blow = blow
        self._volumes: dict[tuple[str, Timeframe], Decimal] = {}

    def instruments(self) -> Mapping[str, Instrument]:
        """The live source's instruments."""
        return self._live.instruments()

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """The last live quote of each symbol, moved as the drill says, with a wider spread once it has begun."""
        missing = [s for s in symbols if s not in self._base]
        if missing:
            self._base.update(await self._live.quotes(missing))
        return {s: self._quote(self._base[s]) for s in symbols if s in self._base}

    async def bars(self, symbol: str, timeframe: Timeframe, start: datetime, until: datetime) -> Sequence[Bar]:
        """The live source's bars before the drill's clock began to differ, and the drill's own from the lead-in on."""
        until, first = min(until, self._clock.now()), self._blow - LEAD_IN
        past = await self._live.bars(symbol, timeframe, start, min(until, first)) if start < first else ()
        size = SIZES.get(timeframe)
        if size is None or symbol not in self._base or until <= first:
            return past
        volume = await self._volume(symbol, timeframe, first)
        made, at = [], max(start, first)
        at = first + -((first - at) // size) * size
        while at + size <= until:
            made.append(self._bar(symbol, at, size, volume))
            at += size
        return (*past, *made)

    def _quote(self, base: Quote) -> Quote:
        now = self._clock.now()
        instrument = self.instruments()[base.symbol]
        factor = self._drill.factor(base.symbol, now - self._blow)
        half = base.spread / 2 * (WIDER if factor != ONE else 1)
        trades = _round_the_clock(instrument) or calendar.is_open(now)
        price = to_tick(base.last * factor, instrument.tick)
        low, high = to_tick(max(price - half, instrument.tick), instrument.tick), to_tick(price + half, instrument.tick)
        freshness = Freshness.LIVE if trades else Freshness.CLOSED
        return Quote(base.symbol, low, high, price, now if trades else base.at, NAME, freshness, simulated=True)

    def _bar(self, symbol: str, at: datetime, size: timedelta, volume: Decimal) -> Bar:
        base, tick = self._base[symbol].last, self.instruments()[symbol].tick
        marks = [self._drill.factor(symbol, at + size * n / 6 - self._blow) for n in range(7)]
        prices = [to_tick(base * factor, tick) for factor in marks]
        return Bar(symbol, at, at + size, prices[0], max(prices), min(prices), prices[-1], volume)

    async def _volume(self, symbol: str, timeframe: Timeframe, first: datetime) -> Decimal:
        """What a bar of it usually trades; a drill does not assume more."""
        if (symbol, timeframe) not in self._volumes:
            past = await self._live.bars(symbol, timeframe, first - USUAL * SIZES[timeframe], first)
            volumes = [b.volume for b in past if b.volume > 0]
            self._volumes[symbol, timeframe] = sum(volumes, Decimal(0)) / len(volumes) if volumes else Decimal(100_000)
        return self._volumes[symbol, timeframe]


class CutLine:
    """A broker that cannot be reached while the drill says so; what happens there happens all the same."""

    def __init__(self, broker: Broker, clock: Clock, begins: datetime, ends: datetime) -> None:
        self._broker = broker
        self._clock = clock
        self._begins = begins
        self._ends = ends

    @property
    def traits(self) -> BrokerTraits:
        """The venue's own."""
        return self._broker.traits

    async def submit(self, order: Order) -> OrderReport:
        """See `Broker`."""
        self._reach()
        return await self._broker.submit(order)

    async def cancel(self, client_id: str) -> OrderReport:
        """See `Broker`."""
        self._reach()
        return await self._broker.cancel(client_id)

    async def replace(self, order: Order) -> OrderReport:
        """See `Broker`."""
        self._reach()
        return await self._broker.replace(order)

    async def find(self, client_id: str) -> OrderReport | None:
        """See `Broker`."""
        self._reach()
        return await self._broker.find(client_id)

    async def state(self) -> BrokerState:
        """See `Broker`."""
        self._reach()
        return await self._broker.state()

    async def updates(self) -> Sequence[OrderReport]:
        """See `Broker`."""
        self._reach()
        return await self._broker.updates()

    def _reach(self) -> None:
        if self._begins <= self._clock.now() < self._ends:
            raise BrokerDown("the line to the broker is cut (drill)")


async def rehearse(floor: Floor, clock: ManualClock, drill: Drill, blow: datetime, bring: Bring) -> DrillReport:
    """Play a drill through on a floor of its own, which stands a minute before the blow; the floor's store is changed, nothing else.

    `bring` delivers what waits in that store's outbox and returns in how many messages.
    """
    await floor.start()
    await floor.pulse()
    await bring()
    before = await floor.book.snapshot(fresh=True)
    events: list[Event] = []
    messages = 0

    async def heard(event: Event) -> None:
        events.append(event)

    floor.bus.subscribe(heard)
    while clock.now() < blow + drill.length:
        await clock.advance(STEP)
        await floor.pulse()
        messages += await bring()
    after = await floor.book.snapshot(fresh=True)
    async with floor.store.read() as tx:
        rows = await outbox.recent(tx, floor.spec.name, limit=1000)
    told = tuple(row.alert for row in reversed(rows) if row.alert.at > before.at)
    return DrillReport(drill, blow, before, after, tuple(events), told, messages)


def _part(since: timedelta, whole: timedelta) -> Decimal:
    """How much of a span has passed, 0 to 1."""
    if whole <= timedelta(0) or since >= whole:
        return ONE
    return Decimal(int(since.total_seconds() * 1000)) / Decimal(int(whole.total_seconds() * 1000))


def _round_the_clock(instrument: Instrument | None) -> bool:
    return instrument is not None and instrument.round_the_clock
