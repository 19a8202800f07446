"""Bars of one symbol held compactly: when each ends, the last one visible at an instant, and coarser bars made of finer ones.

Prices are kept as doubles, which carry what a file wrote up to 15 digits, and become Decimals where a Bar leaves. Nothing here knows the
present: a bar is visible from its end on, and who asks says until when.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from math import fsum

from domain.market import Bar, Timeframe
from market import calendar

DAY = 86_400
_DAILY_FROM = 20 * 3600  # bars at least this far apart are days, or several days
_FALLBACK_CLOSE = time(16)
SECONDS: Mapping[Timeframe, int] = {Timeframe.MINUTE: 60, Timeframe.FIVE_MINUTES: 300, Timeframe.HOUR: 3600, Timeframe.DAY: DAY}


@dataclass(slots=True)
class Columns:
    """A symbol's rows as read: starts in epoch seconds (UTC), prices and volume; `dates` when the file gave days without a time."""

    starts: array[int] = field(default_factory=lambda: array("q"))
    opens: array[float] = field(default_factory=lambda: array("d"))
    highs: array[float] = field(default_factory=lambda: array("d"))
    lows: array[float] = field(default_factory=lambda: array("d"))
    closes: array[float] = field(default_factory=lambda: array("d"))
    volumes: array[float] = field(default_factory=lambda: array("d"))
    dates: bool = False


@dataclass(frozen=True, slots=True)
class _Groups:
    """Coarser bars: rows `firsts[i] : lasts[i]` make the bar from `starts[i]` to `ends[i]`."""

    starts: Sequence[int]
    ends: Sequence[int]
    firsts: Sequence[int]
    lasts: Sequence[int]


class Series:
    """The bars of one symbol, oldest first. `size` is their length in seconds; `around_the_clock` bars know no sessions."""

    def __init__(self, symbol: str, columns: Columns, *, size: int, zone: tzinfo, around_the_clock: bool) -> None:
        self.symbol = symbol
        self.size = size
        self.daily = columns.dates or size >= _DAILY_FROM
        self._around_the_clock = around_the_clock
        self._columns = columns
        starts = columns.starts
        if self.daily:
            days = max(round(size / DAY), 1)
            spans = [_days_span(start, days, zone, around_the_clock) for start in starts]
        elif around_the_clock:
            spans = [(start, start + size) for start in starts]
        else:
            spans = [(start, _clipped_end(start, size)) for start in starts]
        self.starts: array[int] = array("q", (s for s, _ in spans))
        self.ends: array[int] = array("q", (e for _, e in spans))
        self._groups: dict[Timeframe, _Groups] = {}

    def visible(self, at: datetime) -> int:
        """How many bars have ended by an instant."""
        return bisect_right(self.ends, at.timestamp())

    def last(self, at: datetime) -> tuple[Decimal, datetime] | None:
        """The last visible close and when its bar ended, or None before the first."""
        count = self.visible(at)
        if not count:
            return None
        return _decimal(self._columns.closes[count - 1]), datetime.fromtimestamp(self.ends[count - 1], UTC)

    def between(self, timeframe: Timeframe, start: datetime, until: datetime) -> list[Bar]:
        """Bars of a size with `start <= bar.start` and `bar.end <= until`; asked finer than they are, they come as they are."""
        groups = self._grouped(timeframe)
        first = bisect_left(groups.starts, start.timestamp())
        last = bisect_right(groups.ends, until.timestamp())
        return [self._bar(groups, i) for i in range(first, last)]

    def _bar(self, groups: _Groups, i: int) -> Bar:
        rows = slice(groups.firsts[i], groups.lasts[i])
        c = self._columns
        return Bar(
            self.symbol,
            datetime.fromtimestamp(groups.starts[i], UTC),
            datetime.fromtimestamp(groups.ends[i], UTC),
            _decimal(c.opens[rows.start]),
            _decimal(max(c.highs[rows])),
            _decimal(min(c.lows[rows])),
            _decimal(c.closes[rows.stop - 1]),
            _decimal(round(fsum(c.volumes[rows]), 8)),
        )

    def _grouped(self, timeframe: Timeframe) -> _Groups:
        if timeframe not in self._groups:
            self._groups[timeframe] = self._group(timeframe)
        return self._groups[timeframe]

    def _group(self, timeframe: Timeframe) -> _Groups:
        wanted = SECONDS[timeframe]
        count = len(self.starts)
        if self.daily or self.size >= wanted:
            return _Groups(self.starts, self.ends, range(count), range(1, count + 1))
        starts, ends, firsts, lasts = array("q"), array("q"), array("q"), array("q")
        for i in range(count):
            span = self._span(i, wanted)
            if span is None:
                continue
            if starts and starts[-1] == span[0] and lasts[-1] == i:
                lasts[-1] = i + 1
                ends[-1] = max(ends[-1], span[1])
                continue
            starts.append(span[0])
            ends.append(span[1])
            firsts.append(i)
            lasts.append(i + 1)
        return _Groups(starts, ends, firsts, lasts)

    def _span(self, i: int, wanted: int) -> tuple[int, int] | None:
        """The coarser bar that a row belongs to; None for a row outside the session when days are asked for."""
        start, end = self.starts[i], self.ends[i]
        session = None if self._around_the_clock else _session(start)
        if session is None:
            if wanted == DAY and not self._around_the_clock:
                begin = _new_york_midnight(start)
                return begin, max(_fallback_close(begin), end)
            begin = start - start % wanted
            return begin, max(begin + wanted, end)
        opens, closes = session
        if wanted == DAY:
            return (opens, closes) if opens <= start and end <= closes else None
        anchor = opens if start < closes else closes
        begin = anchor + (start - anchor) // wanted * wanted
        until = begin + wanted
        return begin, max(min(until, closes) if start < closes else until, end)


def spacing(starts: Sequence[int]) -> int | None:
    """The commonest distance in seconds between neighbouring starts (the smallest of equals), or None with fewer than two."""
    counts = Counter(b - a for a, b in pairwise(starts))
    if not counts:
        return None
    most = max(counts.values())
    return min(gap for gap, count in counts.items() if count == most)


def _decimal(value: float) -> Decimal:
    return Decimal(int(value)) if value.is_integer() else Decimal(repr(value))


@lru_cache(maxsize=65536)
def _clipped_end(start: int, size: int) -> int:
    """Where a bar of a session's instrument ends: after its size, or at the session's close where that comes first."""
    session = _session(start)
    end = start + size
    return session[1] if session is not None and start < session[1] < end else end


@lru_cache(maxsize=65536)
def _days_span(start: int, days: int, zone: tzinfo, around_the_clock: bool) -> tuple[int, int]:
    """From the open of the first day to the close of the last one; round the clock from midnight to midnight in the file's zone."""
    if around_the_clock:
        return start, start + days * DAY
    first = _day_of(start, zone)
    last = first + timedelta(days=days - 1)
    sessions = calendar.sessions(first, last)
    if sessions:
        return int(sessions[0].open.timestamp()), int(sessions[-1].close.timestamp())
    return start, _fallback_close(int(datetime.combine(last, time(), calendar.NEW_YORK).timestamp()))


def _day_of(start: int, zone: tzinfo) -> date:
    """The day a daily bar is of: the date written, which an aware midnight of another zone still shows in UTC."""
    at = datetime.fromtimestamp(start, UTC)
    local = at.astimezone(zone)
    return at.date() if at.time() == time() and local.time() != time() else local.date()


@lru_cache(maxsize=65536)
def _session(start: int) -> tuple[int, int] | None:
    return _session_of(datetime.fromtimestamp(start, calendar.NEW_YORK).date())


@lru_cache(maxsize=16384)
def _session_of(day: date) -> tuple[int, int] | None:
    found = calendar.session(day)
    return None if found is None else (int(found.open.timestamp()), int(found.close.timestamp()))


def _new_york_midnight(start: int) -> int:
    day = datetime.fromtimestamp(start, calendar.NEW_YORK).date()
    return int(datetime.combine(day, time(), calendar.NEW_YORK).timestamp())


def _fallback_close(midnight: int) -> int:
    day = datetime.fromtimestamp(midnight, calendar.NEW_YORK).date()
    return int(datetime.combine(day, _FALLBACK_CLOSE, calendar.NEW_YORK).timestamp())
