"""What the market says: quotes, bars, news and what is on the calendar. Instants are aware UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum


class Freshness(StrEnum):
    """How far a quote can be trusted as current."""

    LIVE = "live"
    DELAYED = "delayed"
    CLOSED = "closed"
    STALE = "stale"


class Timeframe(StrEnum):
    """The bar sizes sources are asked for."""

    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    HOUR = "1h"
    DAY = "1d"


@dataclass(frozen=True, slots=True)
class Quote:
    """Best bid and ask and the last trade at an instant; `simulated` marks generated prices, everywhere they are shown.

    `pace` is how many seconds its source may take until the next one in an open market: none where quotes stream, bars where bars are all.
    """

    symbol: str
    bid: Decimal
    ask: Decimal
    last: Decimal
    at: datetime
    source: str
    freshness: Freshness = Freshness.LIVE
    simulated: bool = False
    pace: int = 0

    @property
    def mid(self) -> Decimal:
        """Half way between bid and ask."""
        return (self.bid + self.ask) / 2

    @property
    def spread(self) -> Decimal:
        """Ask less bid; negative when crossed."""
        return self.ask - self.bid

    def overdue(self, now: datetime, grace: timedelta) -> bool:
        """True where its source should have said more since: it is older than the source's pace and a grace."""
        return now - self.at > grace + timedelta(seconds=self.pace)


@dataclass(frozen=True, slots=True)
class Bar:
    """Prices and volume over [start, end); visible only from `end` on."""

    symbol: str
    start: datetime
    end: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


@dataclass(frozen=True, slots=True)
class NewsItem:
    """A headline; `headline` and `body` are text from outside and never instructions; `symbols` may be empty (macro)."""

    id: str
    at: datetime
    headline: str
    body: str
    symbols: tuple[str, ...]
    source: str
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class EarningsDate:
    """When a company reports; `at` is the instant of the release, `session` is `before` or `after` the exchange session."""

    symbol: str
    at: datetime
    session: str
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class EconomicEvent:
    """A scheduled release (FOMC, CPI, jobs, GDP); `importance` 1 to 3; `actual` and `expected` are text as published."""

    id: str
    at: datetime
    name: str
    importance: int
    expected: str | None = None
    actual: str | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Shock:
    """A move given to the demo world by hand: from `at` on the symbol's price is `1 + move` times what it was (−0.08 is −8%)."""

    at: datetime
    symbol: str
    move: Decimal
