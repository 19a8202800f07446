"""The market watch: what happens to the held instruments that a person would want to hear of, told once each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from domain.errors import SourceFailed
from domain.events import EarningsNeared, Event, NewsTouched, PositionMoved, QuotesCameBack, QuotesWentStale
from domain.market import Bar, Freshness, NewsItem, Timeframe
from domain.money import ZERO
from domain.portfolio import Portfolio, Position
from domain.ports import Calendar, Clock, NewsSource
from market import calendar as exchange
from market.hub import Hub
from storage import states
from storage.store import Store
from trading.book import Book
from trading.bus import Bus

log = logging.getLogger(__name__)

WHO = "watch"
PART = "watch"
EVERY = timedelta(minutes=1)
LONGEST_LOOK = timedelta(days=3)  # news older than this at a start is no news any more
KEPT = timedelta(days=8)  # how long it is remembered what was told

Concerns = Callable[[Sequence[NewsItem], Sequence[str]], Sequence[tuple[str, NewsItem, float]]]
"""Which items concern which of these symbols, and how they sound (-1 to 1)."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on something is told. Fractions: 0.10 is 10%; `volume` is a multiple of what is usual at that time of day."""

    drawdown: Decimal = Decimal("0.10")
    spike: Decimal = Decimal("0.05")
    gap: Decimal = Decimal("0.03")
    volume: Decimal = Decimal(3)
    worse: Decimal = Decimal("1.25")  # told again only when it got that much worse
    stale: timedelta = timedelta(seconds=60)


SPIKE_SPAN = timedelta(hours=1)
VOLUME_SPAN = timedelta(minutes=30)
VOLUME_DAYS = 5


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that was told: its key, how much it was, and when."""

    key: str
    value: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """What the watch remembers across restarts: until when it read the news, what it told, whose quotes are stale and since when."""

    news: datetime
    told: tuple[Told, ...] = ()
    stale: tuple[str, ...] = ()
    since: datetime | None = None

    def value(self, key: str) -> Decimal | None:
        """How much was told under a key, or None."""
        return next((t.value for t in reversed(self.told) if t.key == key), None)


def tagged(items: Sequence[NewsItem], symbols: Sequence[str]) -> Sequence[tuple[str, NewsItem, float]]:
    """What concerns what by the source's own tags, without a tone: for a house without a better reader."""
    return [(symbol, item, 0.0) for item in items for symbol in item.symbols if symbol in symbols]


@dataclass(slots=True)
class Watch:
    """Looks once a minute at what is held. What it saw and what it told are stored with the events, so nothing is told twice."""

    book: Book
    hub: Hub
    store: Store
    bus: Bus
    clock: Clock
    news: NewsSource | None = None
    calendar: Calendar | None = None
    concerns: Concerns = tagged
    thresholds: Thresholds = field(default_factory=Thresholds)
    _seen: Seen | None = None
    _looked: datetime | None = None

    async def round(self) -> None:
        """One look when a minute has passed since the last; a source that fails is left out of it and asked again next time."""
        now = self.clock.now()
        if self._looked is not None and now - self._looked < EVERY:
            return
        first, seen = await self._remembered(now)
        portfolio = await self.book.snapshot(day=False)
        found: list[Event] = []
        if portfolio.spec.priced:
            seen = self._staleness(portfolio, seen, found)
            # what was so before anybody looked is no news: it is remembered, and told when it gets worse
            seen = await self._positions(portfolio, seen, [] if first else found)
        seen = await self._headlines(portfolio, seen, found)
        seen = await self._reports(portfolio, seen, found)
        await self._write(seen, found)
        self._looked = now

    async def _remembered(self, now: datetime) -> tuple[bool, Seen]:
        """Whether nobody ever looked, and what is remembered."""
        kept = self._seen
        if kept is None:
            async with self.store.read() as tx:
                kept = self._seen = await states.get(tx, self.book.spec.name, PART, Seen)
        if kept is None:
            return True, Seen(news=now)
        told = tuple(t for t in kept.told if now - t.at < KEPT)
        return False, replace(kept, news=max(kept.news, now - LONGEST_LOOK), told=told)

    async def _write(self, seen: Seen, found: Sequence[Event]) -> None:
        if seen == self._seen and not found:
            return
        async with self.bus.unit(who=WHO) as unit:
            await states.put(unit.tx, self.book.spec.name, PART, seen)
            for event in found:
                unit.emit(event)
        self._seen = seen

    def _staleness(self, portfolio: Portfolio, seen: Seen, found: list[Event]) -> Seen:
        """Held symbols whose market is open and whose quote is old or gone."""
        now = portfolio.at
        open_now = exchange.is_open(now)
        bad = []
        for position in portfolio.positions:
            instrument, quote = portfolio.instruments.get(position.symbol), portfolio.quotes.get(position.symbol)
            trades = open_now or (instrument is not None and instrument.round_the_clock)
            if trades and (quote is None or quote.freshness is Freshness.STALE or quote.overdue(now, self.thresholds.stale)):
                bad.append(position.symbol)
        fresh, back = sorted(set(bad) - set(seen.stale)), sorted(set(seen.stale) - set(bad))
        since = seen.since or now
        account = portfolio.spec.name
        if fresh:
            found.append(QuotesWentStale(now, account, tuple(fresh), now))
        if back and (open_now or bad):
            found.append(QuotesCameBack(now, account, tuple(back), since))
        if not open_now and not bad:
            return seen  # a market that closed meanwhile is no recovery
        return replace(seen, stale=tuple(sorted(bad)), since=since if bad else None)

    async def _positions(self, portfolio: Portfolio, seen: Seen, found: list[Event]) -> Seen:
        for position in portfolio.positions:
            quote = portfolio.quotes.get(position.symbol)
            if quote is None or quote.freshness in (Freshness.STALE, Freshness.CLOSED) or position.symbol in seen.stale:
                continue
            try:
                moves = await self._moves(portfolio, position, quote.last)
            except SourceFailed as failure:
                log.warning("no bars of %s to watch: %s", position.symbol, failure)
                continue
            for key, event in moves:
                seen = self._tell(seen, f"{key}:{position.symbol}", event, found)
        return seen

    async def _moves(self, portfolio: Portfolio, position: Position, last: Decimal) -> list[tuple[str, PositionMoved]]:
        """Everything about one position that is beyond its threshold now, each with the key under which it is told once."""
        at, symbol, limits = portfolio.at, position.symbol, self.thresholds
        day = at.astimezone(exchange.NEW_YORK).date()
        out: list[tuple[str, PositionMoved]] = []

        def beyond(what: str, value: Decimal, limit: Decimal, over: str, key: str) -> None:
            if abs(value) >= limit:
                out.append((key, PositionMoved(at, portfolio.spec.name, symbol, what, round(value, 4), last, over)))

        fall, since = await self._drawdown(position, last, at)
        beyond("drawdown", fall, limits.drawdown, f"since its best close on {since:%d %b}", f"drawdown:{since.isoformat()}")
        minutes = await self.hub.bars(symbol, Timeframe.MINUTE, at - SPIKE_SPAN, at)
        if minutes and minutes[0].open > 0:
            move = last / minutes[0].open - 1
            beyond("spike", move, limits.spike, "within an hour", f"spike:{day}:{'up' if move > 0 else 'down'}")
        session = exchange.session_at(at)
        if session is not None:
            gap = await self._gap(symbol, session.open, at)
            beyond("gap", gap, limits.gap, "from the close before to the open", f"gap:{day}")
            times = await self._volume(symbol, session, at, minutes)
            beyond("volume", times, limits.volume, "in half an hour, against the same half hour of the last days", f"volume:{day}")
        return out

    async def _drawdown(self, position: Position, last: Decimal, at: datetime) -> tuple[Decimal, date]:
        """How far a position is from its best close since it was opened, against it; and the day of that close."""
        days = max((at - position.opened).days, 1)
        closes = [b for b in await self.hub.closes(position.symbol, min(days, 250), at) if b.end >= position.opened]
        if not closes:
            return ZERO, at.date()
        long = position.quantity > 0
        best = max(closes, key=lambda b: b.close) if long else min(closes, key=lambda b: b.close)
        fall = 1 - last / best.close if long else last / best.close - 1
        return max(fall, ZERO), best.end.date()

    async def _gap(self, symbol: str, opened: datetime, at: datetime) -> Decimal:
        first = await self.hub.bars(symbol, Timeframe.MINUTE, opened, min(at, opened + timedelta(minutes=5)))
        before = (await self.hub.previous_closes([symbol])).get(symbol)
        return first[0].open / before - 1 if first and before else ZERO

    async def _volume(self, symbol: str, session: exchange.Session, at: datetime, minutes: Sequence[Bar]) -> Decimal:
        """The last half hour's volume over the mean of the same half hours of the days before; zero where either is not known."""
        span = min(VOLUME_SPAN, at - session.open)
        if span < VOLUME_SPAN:
            return ZERO
        now = sum((b.volume for b in minutes if b.start >= at - span), ZERO)
        into, usual, day = at - session.open, [], session
        for _ in range(VOLUME_DAYS):
            day = exchange.previous(day.day)
            if into <= day.close - day.open:
                bars = await self.hub.bars(symbol, Timeframe.MINUTE, day.open + into - span, day.open + into)
                usual.append(sum((b.volume for b in bars), ZERO))
        mean = sum(usual, ZERO) / len(usual) if usual else ZERO
        return now / mean if mean > 0 else ZERO

    async def _headlines(self, portfolio: Portfolio, seen: Seen, found: list[Event]) -> Seen:
        """Every headline since the last look that concerns a holding, once for each holding it names."""
        if self.news is None or portfolio.at <= seen.news:
            return seen
        held = [p.symbol for p in portfolio.positions]
        try:
            items = await self.news.news(seen.news, portfolio.at)
        except SourceFailed as failure:
            log.warning("no news to watch: %s", failure)
            return seen
        for symbol, item, tone in self.concerns(items, held):
            event = NewsTouched(portfolio.at, portfolio.spec.name, symbol, item.id, item.headline, round(Decimal(repr(tone)), 2))
            seen = self._tell(seen, f"news:{item.id}:{symbol}", event, found)
        return replace(seen, news=portfolio.at)

    async def _reports(self, portfolio: Portfolio, seen: Seen, found: list[Event]) -> Seen:
        """Held companies that report by the end of the next session."""
        if self.calendar is None:
            return seen
        ahead = exchange.following(portfolio.at.astimezone(exchange.NEW_YORK).date())
        try:
            dates = await self.calendar.earnings(portfolio.at, ahead.close + timedelta(hours=8))
        except SourceFailed as failure:
            log.warning("no earnings dates to watch: %s", failure)
            return seen
        for report in dates:
            if portfolio.position(report.symbol) is not None:
                event = EarningsNeared(portfolio.at, portfolio.spec.name, report.symbol, report.at, report.session)
                seen = self._tell(seen, f"earnings:{report.symbol}:{report.at.date()}", event, found)
        return seen

    def _tell(self, seen: Seen, key: str, event: Event, found: list[Event]) -> Seen:
        """Tell it unless it was told; what can grow is told again when it got materially worse."""
        value = abs(event.value) if isinstance(event, PositionMoved) else Decimal(1)
        before = seen.value(key)
        if before is not None and value < before * self.thresholds.worse:
            return seen
        found.append(event)
        kept = tuple(t for t in seen.told if t.key != key)
        return replace(seen, told=(*kept, Told(key, value, event.at)))
