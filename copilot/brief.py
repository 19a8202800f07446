"""The brief: everything an answer about the book may use, gathered once from one snapshot, in a stable order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from copilot.attribution import FLOWS, Attribution, Leg, Loading, attribute
from copilot.correlate import Impact, Link, impacts, link
from copilot.loadings import fund_of, loadings
from copilot.past import NOTHING, Past
from copilot.recommend import recommend
from copilot.recommendation import Recommendation, View
from copilot.spans import Span, span_named
from domain.errors import SourceFailed
from domain.ledger import Entry, EntryKind
from domain.market import EarningsDate, EconomicEvent
from domain.money import ONE, ZERO
from domain.orders import Side
from domain.portfolio import Portfolio
from domain.ports import Calendar, Clock, NewsSource
from market import calendar as exchange
from market.hub import Hub
from market.indicators import atr
from trading.holdings import fold
from trading.risk import metrics, tails
from trading.risk.limits import Limits, defaults
from trading.risk.used import Used

if TYPE_CHECKING:
    from trading.book import Book

AHEAD_SESSIONS = 5
LAST = timedelta(hours=24)
NEAR = Decimal("0.6")
"""The share of a limit from which on it is near."""

CONSIDERED = ("weight_blocking", "sector", "gross", "net", "daily_loss", "drawdown")
ATR_SESSIONS = 60


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade of the span; `realised` is the P/L it booked, its fee included."""

    at: datetime
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    realised: Decimal


@dataclass(frozen=True, slots=True)
class StopDistance:
    """Where a position's stop is; `gap` is the distance from the last price as a fraction of it, None without a level."""

    symbol: str
    stop: Decimal | None
    gap: Decimal | None


@dataclass(frozen=True, slots=True)
class NearLimit:
    """A limit of the account of which much is used: both as fractions of equity, `about` the symbol or sector that uses it."""

    name: str
    used: Decimal
    limit: Decimal
    about: str


@dataclass(frozen=True, slots=True)
class Brief:
    """One consistent view of the account for one question.

    `then` is the account at the span's start, `portfolio` now. `attribution` is None for a book without prices. `missing` names sources
    that could not answer. `trades` are the span's, `recent` those of the last 24 hours; `near` are limits of which at least
    three fifths are used, the nearest first. Sequences are in a stable order, so the same state gives the same brief.
    """

    span: Span
    zone: tzinfo
    portfolio: Portfolio
    then: Portfolio
    flows: Decimal
    trades: tuple[Trade, ...]
    recent: tuple[Trade, ...]
    realised: Decimal
    attribution: Attribution | None
    loadings: Mapping[str, Loading]
    market_move: Decimal | None
    day_range: Mapping[str, Decimal]
    value_at_risk: Decimal | None
    stops: tuple[StopDistance, ...]
    links: tuple[Link, ...]
    impacts: tuple[Impact, ...]
    earnings: tuple[EarningsDate, ...]
    economic: tuple[EconomicEvent, ...]
    recommendations: tuple[Recommendation, ...]
    near: tuple[NearLimit, ...] = field(default=())
    missing: tuple[str, ...] = field(default=())

    @property
    def at(self) -> datetime:
        """The instant of the snapshot."""
        return self.portfolio.at

    @property
    def simulated(self) -> bool:
        """True when prices are generated."""
        return self.portfolio.simulated

    @property
    def priced(self) -> bool:
        """True when there is anything to value."""
        return self.attribution is not None

    def news_for(self, symbol: str) -> Impact | None:
        """The item most likely behind a symbol's move in the span, or None."""
        return next((i for i in self.impacts if i.symbol == symbol and i.likely), None)


async def gather(
    *,
    book: Book,
    hub: Hub,
    news: NewsSource,
    calendar: Calendar,
    clock: Clock,
    span: str = "today",
    zone: tzinfo = exchange.NEW_YORK,
    extra: Sequence[str] = (),
    risk: bool = False,
    past: Past = NOTHING,
    limits: Limits | None = None,
    opens: bool = True,
    taken: Mapping[str, Used] = MappingProxyType({}),
) -> Brief:
    """Gather the brief of a span (`today`, `yesterday`, `week`, `month`, `ytd`) as of the clock's instant.

    `extra` symbols get quotes too. `risk` also computes the value at risk, which reads a year of closes of everything held.
    `past` is what was advised before, `limits` those in force (the defaults of the account where they are not
    given), `opens` is False while a guard lets nothing be opened, and `taken` is how much of each limit is used.

    A news source or calendar that fails is named in `missing`, and the rest is answered; a failing market source raises SourceFailed.
    """
    stretch, listed = span_named(span, clock.now(), hub), [s for s in (metrics.MARKET, *extra) if hub.instrument(s) is not None]
    now = await book.snapshot(extra=listed if book.spec.priced else ())
    then = await book.as_of(stretch.start)
    later = await book.as_of(stretch.end) if stretch.past else now
    entries = tuple(e for e in book.entries if stretch.start < e.at <= stretch.end)
    trades, realised = _trades(book, now, stretch.start, stretch.end)
    limits = limits or defaults(book.spec)
    symbols = _symbols(then, later, entries)
    priced = book.spec.priced and bool(now.quotes)
    valued = await _valued(hub, stretch, (then, later, now), symbols, entries) if priced else _Valued()
    missing: list[str] = []
    links = await _links(news, hub, stretch, symbols or tuple(p.symbol for p in now.positions), missing)
    reports, releases = await _ahead(calendar, now, missing)
    return Brief(
        span=stretch,
        zone=zone,
        portfolio=now,
        then=then,
        flows=sum((e.amount for e in entries if e.kind in FLOWS), ZERO),
        trades=trades,
        recent=_trades(book, now, now.at - LAST, now.at)[0],
        realised=realised,
        attribution=valued.attribution,
        loadings=valued.loadings,
        market_move=valued.market_move,
        day_range=valued.ranges,
        value_at_risk=await _value_at_risk(hub, now) if risk and priced and now.positions else None,
        stops=_stops(now),
        links=links,
        impacts=await _touched(hub, links, (then, later, now), valued, stretch.end) if priced else (),
        earnings=reports,
        economic=releases,
        recommendations=recommend(_view(now, valued, reports, listed, limits, opens=opens), past) if priced else (),
        near=_near(limits, taken),
        missing=tuple(missing),
    )


@dataclass(frozen=True, slots=True)
class _Valued:
    """What needs prices; empty for a book without them."""

    attribution: Attribution | None = None
    loadings: Mapping[str, Loading] = field(default_factory=dict)
    market_move: Decimal | None = None
    ranges: Mapping[str, Decimal] = field(default_factory=dict)


async def _valued(
    hub: Hub, stretch: Span, ends: tuple[Portfolio, Portfolio, Portfolio], symbols: Sequence[str], entries: Sequence[Entry]
) -> _Valued:
    then, later, now = ends
    found = await loadings(hub, then, tuple(dict.fromkeys([*symbols, *(p.symbol for p in now.positions)])))
    legs, moves = await _legs(hub, then, later, symbols, stretch)
    ranges = {p.symbol: r for p in now.positions if (r := atr(await hub.closes(p.symbol, ATR_SESSIONS))) is not None}
    return _Valued(attribute(legs, entries, found, moves, metrics.MARKET), found, moves.get(metrics.MARKET), ranges)


def _view(now: Portfolio, valued: _Valued, reports: Sequence[EarningsDate], listed: Sequence[str], limits: Limits, *, opens: bool) -> View:
    """What the rules look at."""
    betas = {symbol: found.beta for symbol, found in valued.loadings.items()}
    return View(now, valued.ranges, reports, frozenset(s for s in listed if s in now.quotes), betas, limits, opens)


def _near(limits: Limits, taken: Mapping[str, Used]) -> tuple[NearLimit, ...]:
    """What is used of the limits that can be near without any order."""
    found = []
    for name in CONSIDERED:
        limit = Decimal(limits.value(name))
        if name in taken and limit > 0 and taken[name].value / limit >= NEAR:
            found.append(NearLimit(name, taken[name].value, limit, taken[name].about))
    return tuple(sorted(found, key=lambda one: (-one.used / one.limit, one.name)))


def _trades(book: Book, now: Portfolio, start: datetime, end: datetime) -> tuple[tuple[Trade, ...], Decimal]:
    """The trades in (start, end] with what each booked, and what all entries then booked."""
    holdings = fold((e for e in book.entries if e.at <= start), now.multiplier)
    trades, realised = [], ZERO
    for entry in book.entries:
        if not start < entry.at <= end:
            continue
        booked = holdings.add(entry)
        realised += booked
        if entry.kind is EntryKind.TRADE and entry.symbol is not None and entry.side is not None:
            trades.append(Trade(entry.at, entry.symbol, entry.side, entry.quantity, entry.price, entry.fee, booked))
    return tuple(trades), realised


def _symbols(then: Portfolio, later: Portfolio, entries: Sequence[Entry]) -> tuple[str, ...]:
    named = {p.symbol for p in then.positions} | {p.symbol for p in later.positions} | {e.symbol for e in entries if e.symbol}
    return tuple(sorted(named))


async def _legs(hub: Hub, then: Portfolio, later: Portfolio, symbols: Sequence[str], stretch: Span) -> tuple[list[Leg], dict[str, Decimal]]:
    """Each symbol at both ends, and how far the market and the sector funds moved between them."""
    funds = {fund for s in symbols if (fund := fund_of(hub, s)) is not None} | {metrics.MARKET}
    wanted = sorted({*symbols, *funds})
    first = await hub.prices_at(wanted, stretch.start)
    last = await hub.prices_at(wanted, stretch.end) if stretch.past else {s: q.last for s, q in (await hub.quotes(wanted)).items()}
    legs = []
    for symbol in symbols:
        before, after = then.position(symbol), later.position(symbol)
        quote = later.quotes.get(symbol)
        legs.append(
            Leg(
                symbol,
                before.quantity if before else ZERO,
                after.quantity if after else ZERO,
                first.get(symbol),
                quote.last if quote is not None and not stretch.past else last.get(symbol),
                later.multiplier(symbol),
            )
        )
    moves = {s: last[s] / first[s] - ONE for s in funds if s in first and s in last and first[s]}
    return legs, moves


async def _links(news: NewsSource, hub: Hub, stretch: Span, symbols: Sequence[str], missing: list[str]) -> tuple[Link, ...]:
    try:
        items = await news.news(stretch.start, stretch.end)
    except SourceFailed:
        missing.append("news")
        return ()
    return link(items, hub.instruments(), symbols)


async def _touched(
    hub: Hub, links: Sequence[Link], ends: tuple[Portfolio, Portfolio, Portfolio], valued: _Valued, until: datetime
) -> tuple[Impact, ...]:
    """What the items may explain of what is, or was at an end of the span, held."""
    then, later, now = ends
    held = {p.symbol: p.quantity * now.multiplier(p.symbol) for p in (*later.positions, *then.positions)}
    return await impacts(hub, links, held, valued.loadings, until, metrics.MARKET)


async def _ahead(calendar: Calendar, now: Portfolio, missing: list[str]) -> tuple[tuple[EarningsDate, ...], tuple[EconomicEvent, ...]]:
    """What is scheduled until the end of the fifth session from now, for the symbols held."""
    day = now.at.astimezone(exchange.NEW_YORK).date()
    coming = exchange.sessions(day, day + timedelta(days=14))
    coming = [s for s in coming if s.close > now.at][:AHEAD_SESSIONS]
    end = coming[-1].close + timedelta(hours=8) if coming else now.at + timedelta(days=7)
    held = {p.symbol for p in now.positions}
    try:
        reports = await calendar.earnings(now.at, end)
        releases = await calendar.economic(now.at, end)
    except SourceFailed:
        missing.append("calendar")
        return (), ()
    return tuple(r for r in reports if r.symbol in held), tuple(releases)


async def _value_at_risk(hub: Hub, now: Portfolio) -> Decimal | None:
    """One-day historical VaR 95 of today's positions as a fraction of equity; None with too little history."""
    found = tails.historical_var((await metrics.book_returns(now, hub)).series)
    return None if found is None else Decimal(str(found)).quantize(Decimal("0.000001"))


def _stops(now: Portfolio) -> tuple[StopDistance, ...]:
    out = []
    for position in now.positions:
        order = now.stop(position.symbol)
        quote = now.quotes.get(position.symbol)
        level = order.stop if order is not None else None
        gap = None
        if level is not None and quote is not None and quote.last:
            gap = (quote.last - level) / quote.last * (1 if position.quantity > 0 else -1)
        if order is not None:
            out.append(StopDistance(position.symbol, level, gap))
    return tuple(sorted(out, key=lambda s: (s.gap is None, s.gap or ZERO, s.symbol)))
