"""Surroundings: what the checks need beyond the portfolio, gathered once per assessment; what cannot be read is unknown, never made up."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import fmean
from typing import Generic, TypeVar

from domain.errors import SourceFailed
from domain.ledger import EntryKind
from domain.market import EarningsDate, NewsItem
from domain.money import ZERO
from domain.orders import Order
from domain.portfolio import Portfolio
from domain.ports import Calendar, NewsSource
from market.hub import Hub
from storage import orders
from storage.store import Store
from trading.book import Book
from trading.risk.headlines import Headline, about
from trading.risk.limits import Limits
from trading.risk.metrics import BookReturns
from trading.risk.tails import ENOUGH

log = logging.getLogger(__name__)

SESSIONS = 120  # of daily returns behind a correlation
KEPT = timedelta(minutes=1)  # how long what a source said is not asked for again
PATIENCE = 3.0  # seconds a card waits for one source
MOST_SENT = 100
PLACES = 4

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Losses:
    """What was lost, as whoever keeps the account's marks measures it: fractions, positive for a loss, None where a mark is missing.

    `daily` is over the equity of the last close, `drawdown` over the equity peak; deposits and withdrawals are in neither, and both are
    measured anew from where an owner reset the breaker.
    """

    daily: Decimal | None = None
    drawdown: Decimal | None = None


Measure = Callable[[], Losses | None]
"""The losses as they are now; None before anything was measured."""


def unmeasured() -> Losses | None:
    """Where nobody keeps marks."""
    return None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a check may use besides the portfolio; None is not known, and then a check says nothing.

    `correlations` are of each symbol to be opened with the rest of the book, over daily returns of the last 120 sessions. `day` is today's
    P/L over the equity of the last close, `drawdown` the fall from the equity peak (0.1 is 10% below), `trades` how many orders have traded
    today. `sent` are orders of the last seconds that traded or still may. `news` and `earnings` concern the symbols to be opened. `notes`
    name what should be known and could not be read. Sessions, quotes and the kill switch are the portfolio's and the clock's.
    """

    correlations: Mapping[str, Decimal] | None = None
    day: Decimal | None = None
    drawdown: Decimal | None = None
    trades: int | None = None
    sent: tuple[Order, ...] | None = None
    earnings: tuple[EarningsDate, ...] | None = None
    news: tuple[Headline, ...] | None = None
    notes: tuple[str, ...] = ()

    def headlines(self, symbol: str, since: datetime) -> tuple[Headline, ...]:
        """What was said about a symbol from an instant on, oldest first."""
        return tuple(h for h in self.news or () if h.symbol == symbol and h.at >= since)

    def tone(self, symbol: str, since: datetime) -> Decimal | None:
        """The average tone of that, to two places; None where nothing was said or nobody could be asked."""
        said = self.headlines(symbol, since)
        return round(sum((h.tone for h in said), ZERO) / len(said), 2) if said else None


@dataclass(frozen=True, slots=True)
class _Said(Generic[T]):
    """What a source said, when, and about which span around that instant."""

    at: datetime
    span: timedelta
    items: Sequence[T]

    def fresh(self, now: datetime, span: timedelta) -> bool:
        return self.span == span and timedelta(0) <= now - self.at < KEPT


class Lookout:
    """Gathers surroundings for one account. News and dates are asked for at most once a minute; a source that fails leaves a note.

    `measure` says what was lost; the day's P/L is worked out here where it does not say, a drawdown is not known then.
    """

    def __init__(
        self,
        book: Book,
        hub: Hub,
        store: Store,
        *,
        news: NewsSource | None = None,
        calendar: Calendar | None = None,
        measure: Measure = unmeasured,
    ) -> None:
        self._book = book
        self._hub = hub
        self._store = store
        self._news = news
        self._calendar = calendar
        self.measure = measure
        self._said: _Said[NewsItem] | None = None
        self._dates: _Said[EarningsDate] | None = None

    async def gather(self, portfolio: Portfolio, opening: Sequence[str], limits: Limits, returns: BookReturns | None) -> Surroundings:
        """What surrounds a ticket that opens these symbols; `returns` are the book's with theirs, None where they could not be read."""
        notes: list[str] = []
        seen = await self._account(portfolio, notes)
        if returns is None and portfolio.spec.priced:
            notes.append("past prices")
        return replace(
            seen,
            correlations=None if returns is None else correlations(returns, opening),
            sent=await self._sent(portfolio.at - timedelta(seconds=float(limits.duplicate_seconds))),
            earnings=await self._earnings(portfolio.at, opening, limits, notes),
            news=await self._headlines(portfolio, opening, limits, notes),
            notes=tuple(notes),
        )

    async def account(self, portfolio: Portfolio) -> Surroundings:
        """The part that no order has a say in: P/L of the day, drawdown and trades."""
        notes: list[str] = []
        return replace(await self._account(portfolio, notes), notes=tuple(notes))

    def renew(self) -> None:
        """Forget what was said, for when the world itself was changed (a demo shock or forward)."""
        self._said = self._dates = None

    async def _account(self, portfolio: Portfolio, notes: list[str]) -> Surroundings:
        traded = {e.order or e.id for e in portfolio.today if e.kind is EntryKind.TRADE}
        losses = self.measure() or Losses()
        day = await self._day(portfolio, notes) if losses.daily is None else -losses.daily
        return Surroundings(day=day, drawdown=losses.drawdown, trades=len(traded))

    async def _day(self, portfolio: Portfolio, notes: list[str]) -> Decimal | None:
        if not portfolio.spec.priced:
            return None
        if not portfolio.complete:
            notes.append(f"a price of {portfolio.unpriced[0]}")
            return None
        previous = await _read("the last closes", self._hub.previous_closes(portfolio.day_symbols), notes)
        return None if previous is None else _gain(replace(portfolio, previous_close=previous))

    async def _sent(self, since: datetime) -> tuple[Order, ...]:
        """Asked of the store only when the book shows that there is one: most cards come without."""
        waiting = any(o.created >= since for o in self._book.orders)
        if not waiting and not any(e.at >= since and e.order for e in self._book.entries[-MOST_SENT:]):
            return ()
        async with self._store.read() as tx:
            recent = await orders.recent(tx, self._book.spec.name, MOST_SENT)
        return tuple(o for o in recent if o.created >= since and (o.open or o.filled > 0))

    async def _earnings(self, now: datetime, opening: Sequence[str], limits: Limits, notes: list[str]) -> tuple[EarningsDate, ...] | None:
        if self._calendar is None:
            return None
        span = timedelta(days=float(limits.earnings_days) * 7 / 5 + 5)  # exchange days, a long weekend between them
        if self._dates is None or not self._dates.fresh(now, span):
            found = await _read("earnings dates", self._calendar.earnings(now - span, now + span), notes)
            if found is None:
                return None
            self._dates = _Said(now, span, found)
        return tuple(d for d in self._dates.items if d.symbol in opening)

    async def _headlines(
        self, portfolio: Portfolio, opening: Sequence[str], limits: Limits, notes: list[str]
    ) -> tuple[Headline, ...] | None:
        if self._news is None:
            return None
        now, span = portfolio.at, timedelta(hours=float(max(limits.news_hours, limits.sentiment_hours)))
        if self._said is None or not self._said.fresh(now, span):
            found = await _read("the news", self._news.news(now - span, now + timedelta(microseconds=1)), notes)
            if found is None:
                return None
            self._said = _Said(now, span, found)
        known = [i for s in opening if (i := portfolio.instruments.get(s)) is not None]
        return tuple(headline for instrument in known for headline in about(self._said.items, instrument))


def _gain(portfolio: Portfolio) -> Decimal | None:
    """The day's P/L over the equity it was made on: equity now less that P/L and less what was paid in and out today."""
    total, moved = portfolio.day_total, (EntryKind.DEPOSIT, EntryKind.WITHDRAWAL)
    start = portfolio.equity - total - sum((e.amount for e in portfolio.today if e.kind in moved), ZERO)
    return total / start if start > 0 else None


def correlations(returns: BookReturns, symbols: Sequence[str]) -> dict[str, Decimal]:
    """The correlation of each symbol's daily returns with those of the rest of the book at today's weights (Pearson).

    Over the last 120 sessions. Left out: a symbol with fewer than 60 returns, one that never moved, one with nothing else beside it.
    """
    found = {}
    for symbol in symbols:
        own = returns.by_symbol.get(symbol)
        rest = {s: w for s, w in returns.weights.items() if s != symbol}
        if own is None or not any(rest.values()):
            continue
        value = _correlation(own[-SESSIONS:], returns.weighted(rest)[-SESSIONS:])
        if value is not None:
            found[symbol] = Decimal(str(round(value, PLACES)))
    return found


def _correlation(a: Sequence[float], b: Sequence[float]) -> float | None:
    if len(a) < ENOUGH:
        return None
    mean_a, mean_b = fmean(a), fmean(b)
    both = math.fsum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    spread = math.sqrt(math.fsum((x - mean_a) ** 2 for x in a) * math.fsum((y - mean_b) ** 2 for y in b))
    return both / spread if spread else None


async def _read(what: str, reading: Awaitable[T], notes: list[str]) -> T | None:
    """What a source says, or None with a note where it fails or takes too long."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await reading
    except (SourceFailed, TimeoutError) as failure:
        log.warning("%s cannot be read for the risk checks: %s", what, failure or "no answer in time")
        notes.append(what)
        return None
