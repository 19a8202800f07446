"""The quote judge: which quotes may fire a stop. A quote that is not live, cannot be, or stands alone against its market fires nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from domain.market import Freshness, Quote
from domain.money import ONE, ZERO
from trading.reconciling.splits import suspected

STALE_AFTER = timedelta(seconds=15)
BAND = Decimal("0.03")  # a move up to this is never doubted
SIGMAS = 10  # nor one up to so many times the move expected over the time since the last price
WHOLE = Decimal("0.25")  # bid, ask and last moving together are believed at once up to this; beyond it may be a split
LOOSE = Decimal("0.0025")  # how far a last trade may lie outside bid and ask
SPREADS = 2  # or so many spreads, of those not wider than this
WIDE = Decimal("0.005")
DAILY = 0.02  # the volatility of a session where none is known
SESSION = timedelta(hours=6, minutes=30)
CONFIRMED_BY = 2  # quotes that agree, where bid, ask and last do
CONFIRMED_BY_SIDES = 3  # where only bid and ask do
SPLIT_WAIT = timedelta(seconds=60)  # how long a move like a split's waits for the books to be compared


class Doubt(StrEnum):
    """Why a quote fires nothing."""

    CLOSED = "the market is closed"
    HALTED = "trading in it is halted"
    STALE = "the quote is stale"
    CROSSED = "bid and ask are crossed"
    EMPTY = "it has no price above zero"
    PRINT = "its last trade lies far outside bid and ask"
    JUMP = "it jumped and nothing confirms it yet"
    SPLIT = "it moved like a split, and the books are compared first"


@dataclass(frozen=True, slots=True)
class Judged:
    """What is made of a quote: `prices` may fire stops, in this order; `doubt` is why the price it `said` may not."""

    prices: tuple[Decimal, ...] = ()
    doubt: Doubt | None = None
    said: Decimal | None = None


@dataclass(slots=True)
class _Seen:
    """What is known of a symbol: the last price believed and when, and quotes that said something else since."""

    price: Decimal | None = None
    at: datetime | None = None
    pending: Decimal | None = None
    pending_at: datetime | None = None
    count: int = 0
    suspected: datetime | None = None  # since when it has stood where a split would have put it


@dataclass(slots=True)
class Judge:
    """Judges the quotes of any number of symbols, each in the order they come.

    A price is the last trade where it lies at bid and ask, and besides it the side of the spread that has left it behind; a last trade far
    outside is not used, bid and ask stand for it. A jump beyond the band, at least 3% or ten times the move expected since the price
    before, needs bid, ask and last together, or two later quotes that say the same or more.

    A price may know of a split before the ledger does. So one that moved like a split's is held back, however well it is confirmed, until
    book and broker were found to agree since, which says that there was none, or a minute is over.
    """

    volatility: dict[str, float] = field(default_factory=dict)  # of a session, as a fraction
    _seen: dict[str, _Seen] = field(default_factory=dict)

    def judge(self, quote: Quote, now: datetime, *, trading: bool, splits: bool = False, agreed: datetime | None = None) -> Judged:
        """What a quote read at `now` may fire; `trading` says whether its market is open by the calendar.

        `splits` says that it is of something that can be split, `agreed` when book and broker were last found to agree.
        """
        doubt = self._unusable(quote, now, trading=trading)
        if doubt is not None:
            return Judged((), doubt, quote.last)
        slack = max(quote.mid * LOOSE, min(quote.spread, quote.mid * WIDE) * SPREADS)
        fits = quote.last > 0 and quote.bid - slack <= quote.last <= quote.ask + slack
        price = quote.last if fits else min(max(quote.last, quote.bid), quote.ask)
        awaits = splits and self._awaits_books(quote.symbol, price, now, agreed)
        if not self._believed(quote, price, whole=fits, awaits=awaits):
            return Judged((), Doubt.SPLIT if awaits else Doubt.JUMP, price)
        prices = (price, *(side for side in (quote.ask, quote.bid) if (side < price if side is quote.ask else side > price)))
        return Judged(prices, None if fits else Doubt.PRINT, None if fits else quote.last)

    def forget(self, symbol: str) -> None:
        """Start anew with a symbol, for when its prices mean something else (a split)."""
        self._seen.pop(symbol, None)

    def _unusable(self, quote: Quote, now: datetime, *, trading: bool) -> Doubt | None:
        if not trading:
            return Doubt.CLOSED
        if quote.freshness is Freshness.CLOSED:
            return Doubt.HALTED
        if quote.freshness is not Freshness.LIVE or quote.overdue(now, STALE_AFTER):
            return Doubt.STALE
        if not (quote.bid.is_finite() and quote.ask.is_finite() and quote.last.is_finite()) or quote.bid <= 0 or quote.ask <= 0:
            return Doubt.EMPTY
        if quote.last <= 0:
            return Doubt.EMPTY
        return Doubt.CROSSED if quote.bid > quote.ask else None

    def _awaits_books(self, symbol: str, price: Decimal, now: datetime, agreed: datetime | None) -> bool:
        """True while a price stands where a split would have put it and nobody has looked whether there was one."""
        seen = self._seen.setdefault(symbol, _Seen())
        if seen.price is None or not suspected(price, seen.price):
            seen.suspected = None
            return False
        seen.suspected = seen.suspected or now
        return not (agreed is not None and agreed > seen.suspected) and now - seen.suspected < SPLIT_WAIT

    def _believed(self, quote: Quote, price: Decimal, *, whole: bool, awaits: bool) -> bool:
        """True when a price lies in the band, or is confirmed; then it is what the next one is measured against."""
        seen = self._seen.setdefault(quote.symbol, _Seen())
        if seen.price is None or seen.at is None:
            return self._take(seen, price, quote.at)
        jump = abs(price / seen.price - ONE)
        if not awaits and (jump <= self._band(quote.symbol, quote.at - seen.at) or (whole and jump <= WHOLE)):
            return self._take(seen, price, quote.at)
        if not self._again(seen, price, quote.at):
            seen.pending, seen.pending_at, seen.count = price, quote.at, 1
            return False
        if awaits or seen.count < (CONFIRMED_BY if whole else CONFIRMED_BY_SIDES):
            return False
        return self._take(seen, price, quote.at)

    def _again(self, seen: _Seen, price: Decimal, at: datetime) -> bool:
        """Counts a later quote that says the same as the doubted one, or more."""
        if seen.price is None or seen.pending is None or seen.pending_at is None:
            return False
        near = abs(price / seen.pending - ONE) <= BAND
        further = (price - seen.pending) * (seen.pending - seen.price) > 0
        if not (near or further):
            return False
        if at > seen.pending_at:
            seen.count += 1
            seen.pending_at = at
        return True

    def _band(self, symbol: str, since: timedelta) -> Decimal:
        share = max(since.total_seconds(), 0.0) / SESSION.total_seconds()
        return max(BAND, Decimal(repr(SIGMAS * self.volatility.get(symbol, DAILY) * math.sqrt(share))))

    def _take(self, seen: _Seen, price: Decimal, at: datetime) -> bool:
        seen.price, seen.at = price, at
        seen.pending, seen.pending_at, seen.count = None, None, 0
        return True


def gap(level: Decimal, price: Decimal, *, falling: bool) -> Decimal:
    """How far beyond its level the market met an exit (below it where it fires as prices fall, else above); at least zero."""
    return max(level - price if falling else price - level, ZERO)
