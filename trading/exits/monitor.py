"""The monitor: looks at the market for what is held, fires the exits the core holds, and says how each position stands."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Any, Protocol

from domain.errors import SourceFailed
from domain.events import MandateEnded, QuoteDoubted, StopMoved
from domain.exits import ExitKind, ExitRule, ExitStatus
from domain.instruments import AssetClass, Instrument
from domain.market import Quote
from domain.money import ZERO
from domain.ports import Clock
from market import calendar
from market.hub import Hub
from storage import exits
from storage.store import Store
from trading.book import Book
from trading.bus import Bus
from trading.exits.failed_stops import FailedStops
from trading.exits.firing import WHO, Firing, reason
from trading.exits.health import Health, PositionWatch, Watching
from trading.exits.held import Exits, end
from trading.exits.judge import Doubt, Judge, Judged
from trading.exits.splits import ExitSplits
from trading.exits.stops import Hit, StopBook

log = logging.getLogger(__name__)

POLL = timedelta(seconds=5)  # how often a source that is asked, and does not push, is asked
BATCH = 512  # ticks from which on they are compared at once
VOLATILITY_SESSIONS = 21
VOLATILITY_LIFE = timedelta(hours=12)
SPLITS = (AssetClass.EQUITY, AssetClass.ETF)  # what can be split


class Books(Protocol):
    """Whoever compares book and broker."""

    @property
    def agreed(self) -> datetime | None:
        """When they were last found to agree."""
        ...

    def hurry(self) -> None:
        """Compare in the next round."""
        ...


class Monitor:
    """One account's watch. `round` is called every pulse; `take` with quotes as they come where a source pushes them.

    An exit's level counts only once it is committed, and never loosens. What a round cannot do it tries again in the next; trouble with one
    exit keeps no other waiting.
    """

    def __init__(
        self,
        book: Book,
        hub: Hub,
        store: Store,
        bus: Bus,
        known: Exits,
        stops: StopBook,
        firing: Firing,
        failed: FailedStops,
        books: Books,
        clock: Clock,
    ) -> None:
        self._book = book
        self._hub = hub
        self._store = store
        self._bus = bus
        self.exits = known
        self._stops = stops
        self._firing = firing
        self.failed_stops = failed
        self._books = books
        self._clock = clock
        self._judge = Judge()
        self._splits = ExitSplits(book, hub, store, bus, known, clock, self._judge.forget)
        self._watching = Watching(book, hub, known, failed, clock)
        self._doubted: set[str] = set()
        self._measured: dict[str, datetime] = {}
        self._polled: datetime | None = None
        self._loaded = False
        self._busy = asyncio.Lock()  # a pulse may come while a reader's line has one run

    async def load(self) -> None:
        """Read the exits, and what became of those that had fired; the book is loaded and orders were asked for before."""
        async with self._store.read() as tx:
            rules = await exits.in_status(tx, self._book.spec.name, ExitStatus.ACTIVE, ExitStatus.FIRED)
        self.exits.load(rules)
        await self._splits.load()
        await self.failed_stops.load()
        await self._firing.settle()
        self._loaded = True

    async def round(self) -> None:
        """Everything once: splits, what has fired, what is over, what is due, quotes, and the stops at the broker."""
        async with self._busy:
            if not self._loaded:
                await self.load()
            self.exits.wake(self._clock.now())
            failures: list[Exception] = []
            for step in (
                self._splits.check,
                self._firing.settle,
                self._retire,
                self._due,
                self._look,
                self.failed_stops.check,
                self._firing.learn,
            ):
                await _tried(step, failures)
        if failures:
            raise failures[0]

    async def take(self, quotes: Iterable[Quote]) -> None:
        """Judge quotes as a source pushes them, and let what they reach fire, in their order."""
        async with self._busy:
            await self._splits.check()  # a split that is booked is followed before anything is compared with its prices
            await self._take(quotes)

    async def _take(self, quotes: Iterable[Quote]) -> None:
        failures: list[Exception] = []
        ticks: list[tuple[str, Decimal]] = []
        believed: dict[str, tuple[Decimal, ...]] = {}
        now = self._clock.now()
        for quote in quotes:
            instrument = self._hub.instrument(quote.symbol)
            if instrument is None:
                continue
            judged = self._judge.judge(
                quote, now, trading=_trading(instrument, now), splits=instrument.asset_class in SPLITS, agreed=self._books.agreed
            )
            if judged.doubt is Doubt.SPLIT:
                self._books.hurry()
            self._watching.saw(quote, judged)
            believed[quote.symbol] = judged.prices
            await _tried(partial(self._doubt, quote, judged), failures)
            ticks += [(quote.symbol, price) for price in judged.prices]
        await _tried(partial(self.failed_stops.overdue, believed, now), failures)
        hits = self._meet(ticks)
        await _tried(self._keep_moves, failures)
        for hit in hits:
            await _tried(partial(self._fire, hit), failures)
        if failures:
            raise failures[0]

    async def watch(self, symbol: str) -> PositionWatch | None:
        """How a position stands now, or None where none is held."""
        return await self._watching.watch(symbol)

    async def watch_all(self) -> tuple[PositionWatch, ...]:
        """Every position, the worst first: by health, then the nearest to its stop, then the largest loss."""
        found = [await self.watch(p.symbol) for p in self._book.holdings.positions]
        order = list(Health)
        known = (w for w in found if w is not None)
        return tuple(sorted(known, key=lambda w: (order.index(w.health), w.nearness, w.gain or ZERO, w.symbol)))

    def _meet(self, ticks: list[tuple[str, Decimal]]) -> list[Hit]:
        """What ticks reach: a few one by one, many at once."""
        if len(ticks) < BATCH:
            return [hit for symbol, price in ticks for hit in self._stops.tick(symbol, float(price))]
        np: Any = importlib.import_module("numpy")
        symbols = np.fromiter((self._stops.index(s) for s, _ in ticks), np.intp, len(ticks))
        return self._stops.batch(symbols, np.fromiter((float(p) for _, p in ticks), np.float64, len(ticks)))

    async def _look(self) -> None:
        now = self._clock.now()
        if not self._hub.simulated and self._polled is not None and now - self._polled < POLL and not self._doubted:
            return
        self._polled = now
        held = [p.symbol for p in self._book.holdings.positions]
        open_now = [s for s in held if (i := self._hub.instrument(s)) is not None and _trading(i, now)]
        if not open_now or not self._book.spec.priced:
            return
        await self._measure(open_now, now)
        quotes = await self._hub.quotes(open_now, fresh=True)
        self._watching.missed(s for s in open_now if s not in quotes)
        await self._take(quotes.values())

    async def _measure(self, symbols: Iterable[str], now: datetime) -> None:
        """The volatility of a session of what has exits, for the band of the judge; without a history the usual one stands."""
        for symbol in symbols:
            known = self._measured.get(symbol)
            if (known is not None and now - known < VOLATILITY_LIFE) or not self.exits.all(symbol):
                continue
            self._measured[symbol] = now
            try:
                closes = [float(b.close) for b in await self._hub.closes(symbol, VOLATILITY_SESSIONS) if b.close > 0]
            except SourceFailed as failure:
                log.warning("no history of %s for the sane band: %s", symbol, failure)
                continue
            moves = [abs(b / a - 1) for a, b in pairwise(closes)]
            if moves:
                self._judge.volatility[symbol] = (sum(m * m for m in moves) / len(moves)) ** 0.5

    async def _doubt(self, quote: Quote, judged: Judged) -> None:
        """Tell once per episode that a quote which would have fired an exit is not believed."""
        symbol = quote.symbol
        if judged.doubt is None:
            self._doubted.discard(symbol)
            return
        if judged.said is None or symbol in self._doubted or not _trading(self._hub.require(symbol), self._clock.now()):
            return
        if not judged.said.is_finite():
            return
        level = self._stops.reached(symbol, float(judged.said))
        if level is None or any(self._stops.reached(symbol, float(p)) == level for p in judged.prices):
            return
        at, account = self._clock.now(), self._book.spec.name
        async with self._bus.unit(who=WHO) as unit:
            unit.emit(QuoteDoubted(at, account, symbol, judged.said, self.exits.price(symbol, level), judged.doubt.value))
        self._doubted.add(symbol)

    async def _keep_moves(self) -> None:
        """Write down where trailing stops stand now, all of one round together; what cannot be written has not moved."""
        moves = [(m, rule) for m in self._stops.moves() if (rule := self.exits.get(m.id)) is not None]
        if not moves:
            return
        try:
            async with self._bus.unit(who=WHO) as unit:
                for move, rule in moves:
                    current = await exits.get(unit.tx, rule.id)
                    level = self.exits.price(rule.symbol, move.level)
                    if current is None or current.status is not ExitStatus.ACTIVE or not _tighter(current, level):
                        continue
                    moved = replace(current, level=level, arm=None)
                    await exits.save(unit.tx, moved)
                    unit.emit(StopMoved(self._clock.now(), rule.account, rule.symbol, rule.id, current.level, level, rule.why))
                    unit.then(partial(self.exits.keep, moved))
        except BaseException:
            self.exits.renew(rule.id for _, rule in moves)
            raise

    async def _fire(self, hit: Hit) -> None:
        rule = self.exits.get(hit.id)
        if rule is None or rule.status is not ExitStatus.ACTIVE:
            return
        try:
            await self._firing.fire(rule, self.exits.price(rule.symbol, hit.level), self.exits.price(rule.symbol, hit.price))
        finally:
            self.exits.renew((hit.id,))  # still active: nothing came of it, and it is watched again when it has rested

    async def _retire(self) -> None:
        """Exits whose position is gone end, and those whose signature is over expire."""
        now = self._clock.now()
        held = {p.symbol: p.quantity > 0 for p in self._book.holdings.positions}
        for rule in self.exits.active():
            if held.get(rule.symbol) is not rule.long:
                await self._firing.end(rule, "the position is closed")
            elif rule.expires <= now:
                async with self._bus.unit(who=WHO) as unit:
                    if await end(unit, self.exits, rule.id, ExitStatus.EXPIRED, "its signature is over", now) is not None:
                        what = f"#{rule.symbol} {reason(rule, rule.level)}"
                        unit.emit(MandateEnded(now, rule.account, rule.ticket, what, "expired"))

    async def _due(self) -> None:
        """Time exits, while their market is open."""
        now = self._clock.now()
        failures: list[Exception] = []
        for rule in self.exits.active():
            instrument = self._hub.instrument(rule.symbol)
            ripe = rule.kind is ExitKind.TIME and rule.due is not None and rule.due <= now and not self.exits.resting(rule.id)
            if ripe and instrument is not None and _trading(instrument, now):
                await _tried(partial(self._firing.fire, rule, None, None), failures)
        if failures:
            raise failures[0]


def _tighter(rule: ExitRule, level: Decimal) -> bool:
    return rule.level is None or (level > rule.level if rule.long else level < rule.level)


def _trading(instrument: Instrument, at: datetime) -> bool:
    return instrument.round_the_clock or calendar.is_open(at)


async def _tried(step: Callable[[], Awaitable[object]], failures: list[Exception]) -> None:
    try:
        await step()
    except Exception as error:
        log.exception("a step of the monitor failed")
        failures.append(error)
