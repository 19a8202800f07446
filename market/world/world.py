"""The simulated world as one object: quotes, bars, headlines, schedules and, for tests, the causes of its moves.

The price of a symbol at an instant is a pure function of the seed, the shocks, the symbol and the instant: independent of what was asked
before, the same in every process. It has no clock; whoever asks says until when, and never gets a bar that ends later. It reaches from
2000 to 2036. What comes out near the calibration and what does not is stated in `model` and measured by the tests of this room.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from domain.instruments import Instrument
from domain.market import Bar, EarningsDate, EconomicEvent, Freshness, NewsItem, Quote, Shock, Timeframe
from market import calendar
from market.world import listing, prices, quarters, releases, reports, stories
from market.world.causes import Cause
from market.world.days import Calendar
from market.world.minutes import Minutes
from market.world.model import DAY_MINUTES, SymbolModel
from market.world.quarters import DAY, midnight
from market.world.shocks import Shocks
from market.world.streams import Streams

SOURCE = "simulated"
MOST_BARS = 20_000  # daily bars kept: a year of every symbol
MINUTE = timedelta(minutes=1)
_STEP = {Timeframe.MINUTE: 1, Timeframe.FIVE_MINUTES: 5, Timeframe.HOUR: 60}


class World:
    """One generated market. Nothing is computed before it is asked for; what was computed is kept within bounds."""

    def __init__(self, seed: int = 7, shocks: Iterable[Shock] = ()) -> None:
        self.seed = seed
        self.shocks = Shocks(shocks)
        self._streams = Streams(seed)
        self._days = Calendar(self._streams)
        self._minutes = Minutes(self._days)
        self._stories = stories.Stories(self._streams.causes)
        self._bars: Callable[[str, date], Bar] = lru_cache(maxsize=MOST_BARS)(self._day_bar)

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """What is listed, by symbol."""
        return listing.instruments()

    def add(self, shock: Shock) -> None:
        """Move a price from an instant on; prices before it stay as they were."""
        self.shocks.add(shock)
        self._bars = lru_cache(maxsize=MOST_BARS)(self._day_bar)

    def quote(self, symbol: str, at: datetime) -> Quote | None:
        """The quote at an instant: live while the symbol trades, else the last close with any shock since; None when unknown."""
        row = self._streams.model.symbols.get(symbol)
        if row is None or not self._covered(at):
            return None
        at = at.astimezone(UTC).replace(microsecond=0)
        if row.crypto:
            start, day, length = midnight(at.date()), at.date(), DAY_MINUTES
        else:
            session = calendar.session_at(at)
            if session is None:
                return self._closed(row, at)
            start, day, length = session.open, session.day, session.minutes
        minute, second = divmod(int((at - start).total_seconds()), 60)
        last = self._second(row, day, (minute, second), start, length)
        bid, ask = prices.spread(row, last, minute, second, day)
        return self._quote(symbol, (bid, ask, last), at, Freshness.LIVE)

    def bars(self, symbol: str, timeframe: Timeframe, start: datetime, until: datetime) -> Sequence[Bar]:
        """Bars with `start <= bar.start` and `bar.end <= until`, oldest first; hours count from the open (crypto: from midnight UTC)."""
        row = self._streams.model.symbols.get(symbol)
        start, until = start.astimezone(UTC), until.astimezone(UTC)
        if row is None or start >= until:
            return ()
        if timeframe is Timeframe.DAY:
            daily = (bar for n in quarters.of(start, until) for bar in self._daily(row, n, start.date(), until.date()))
            return [bar for bar in daily if start <= bar.start and bar.end <= until]
        found: list[Bar] = []
        for day, opens, length in self._trading_days(row, start, until):
            first = max(-((opens - start) // MINUTE), 0)  # the first minute that starts at or after `start`
            last = min((until - opens) // MINUTE, length)
            found += self._cut(row, day, opens, (first, last, length), _STEP[timeframe])
        return found

    def news(self, start: datetime, end: datetime) -> Sequence[NewsItem]:
        """Headlines published in [start, end), oldest first."""
        items = [item for n in quarters.of(start, end) for item in self._stories.items(n)]
        items += [stories.of_shock(shock) for shock in self.shocks.listed()]
        return sorted((item for item in items if start <= item.at < end), key=lambda item: (item.at, item.id))

    def causes(self, start: datetime, end: datetime) -> Sequence[Cause]:
        """What was published in [start, end) and moved prices, oldest first. For tests: the product never looks."""
        causes = self._streams.causes
        found = [cause for n in quarters.of(start, end) for stream in causes.streams() for cause in causes.of(stream, n)]
        return sorted((cause for cause in found if start <= cause.at < end), key=lambda cause: (cause.at, cause.id))

    def expected_move(self, cause: Cause, symbol: str) -> float:
        """The log move that a cause makes in a symbol, all else equal. For tests."""
        row = self._streams.model.symbols[symbol]
        return row.sigma * dict(row.parts).get(cause.stream, 0.0) * cause.size

    def earnings(self, start: datetime, end: datetime) -> Sequence[EarningsDate]:
        """Company reports in [start, end), oldest first; every share class has its own row."""
        rows = [reports.report(self.seed, symbol, n) for n in quarters.of(start, end) for symbol in listing.companies()]
        dates = [
            EarningsDate(symbol, row.at, row.session, simulated=True)
            for row in rows
            if start <= row.at < end
            for symbol in listing.companies()[row.symbol].symbols
        ]
        return sorted(dates, key=lambda e: (e.at, e.symbol))

    def economic(self, start: datetime, end: datetime, known: datetime) -> Sequence[EconomicEvent]:
        """Releases in [start, end), oldest first; `actual` only for those out by `known`."""
        rows = [row for n in quarters.of(start, end) for row in releases.scheduled(self.seed, n)]
        return [
            EconomicEvent(row.id, row.at, row.name, row.importance, row.expected, row.actual if row.at <= known else None, simulated=True)
            for row in rows
            if start <= row.at < end
        ]

    def _covered(self, at: datetime) -> bool:
        return quarters.quarter(quarters.FIRST).start + 10 * DAY < at.date() <= quarters.quarter(quarters.LAST).days[-2]

    def _closed(self, row: SymbolModel, at: datetime) -> Quote:
        session = calendar.latest_completed(at)
        days = self._days.of(row.symbol, quarters.number(session.day))
        log = days.closes[days.at[session.day]] + self.shocks.moved(row.symbol, at)
        last = prices.ticks(log)
        seen = self.shocks.last(row.symbol, session.close, at)
        bid, ask = prices.spread(row, last, None, 0, session.day)
        return self._quote(row.symbol, (bid, ask, last), seen, Freshness.CLOSED)

    def _quote(self, symbol: str, values: tuple[int, int, int], at: datetime, freshness: Freshness) -> Quote:
        bid, ask, last = map(prices.money, values)
        return Quote(symbol, bid, ask, last, at, SOURCE, freshness, simulated=True)

    def _second(self, row: SymbolModel, day: date, moment: tuple[int, int], start: datetime, length: int) -> int:
        minute, second = moment
        path = self._minutes.of(row.symbol, day)
        moved = self.shocks.moved(row.symbol, start + timedelta(minutes=minute, seconds=second))
        rows = prices.minute_rows(path, prices.Steps(moved), minute, minute + 1)
        return prices.within(rows[0], row.symbol, day, minute, second / 60)

    def _steps(self, symbol: str, opens: datetime, length: int) -> prices.Steps:
        if not self.shocks.touches(symbol):
            return prices.Steps(0.0)
        within = self.shocks.within(symbol, opens, opens + length * MINUTE)
        return prices.Steps(self.shocks.moved(symbol, opens), tuple(((then - opens) // MINUTE, move) for then, move in within))

    def _trading_days(self, row: SymbolModel, start: datetime, until: datetime) -> Iterable[tuple[date, datetime, int]]:
        first, last = max(start.date(), date(2000, 1, 4)), min(until.date(), date(2036, 12, 30))
        if not row.crypto:
            return ((s.day, s.open, s.minutes) for s in calendar.sessions(first - DAY, last) if s.close > start and s.open < until)
        return ((day, midnight(day), DAY_MINUTES) for day in (first + i * DAY for i in range((last - first).days + 1)))

    def _cut(self, row: SymbolModel, day: date, opens: datetime, span: tuple[int, int, int], step: int) -> list[Bar]:
        first, last, length = span
        first = -(-first // step) * step
        if last < length:
            last = last // step * step
        if first >= last:
            return []
        path = self._minutes.of(row.symbol, day)
        steps = self._steps(row.symbol, opens, length)
        rows = prices.minute_rows(path, steps, first, last)
        if step > 1:
            rows = [prices.merged(rows[k : k + step]) for k in range(0, len(rows), step)]
        edges = [opens + min(m, length) * MINUTE for m in range(first, last + step, step)]
        return [self._bar(row, edges[k], edges[k + 1], values) for k, values in enumerate(rows)]

    def _bar(self, row: SymbolModel, start: datetime, end: datetime, values: prices.Ohlcv) -> Bar:
        o, h, low, c, v = values
        money = prices.money
        return Bar(row.symbol, start, end, money(o), money(h), money(low), money(c), prices.volume(row, v))

    def _daily(self, row: SymbolModel, n: int, first: date, last: date) -> Iterator[Bar]:
        days = self._days.of(row.symbol, n).days
        return (self._bars(row.symbol, day) for day in days[bisect_left(days, first) : bisect_right(days, last)])

    def _day_bar(self, symbol: str, day: date) -> Bar:
        row = self._streams.model.symbols[symbol]
        start, end, length = _hours(row, day)
        steps = self._steps(symbol, start, length)
        if steps.within:
            path = self._minutes.of(symbol, day)
            values = prices.merged(prices.minute_rows(path, steps, 0, length))
        else:
            days = self._days.of(symbol, quarters.number(day))
            i, (high, low) = days.at[day], self._days.extremes(symbol, day)
            o, h, low_, c = (prices.ticks(x + steps.before) for x in (days.opens[i], high, low, days.closes[i]))
            values = o, h, low_, c, self._days.volume(symbol, day)
        return self._bar(row, start, end, values)


def _hours(row: SymbolModel, day: date) -> tuple[datetime, datetime, int]:
    if row.crypto:
        return midnight(day), midnight(day + DAY), DAY_MINUTES
    session = calendar.require(day)
    return session.open, session.close, session.minutes
