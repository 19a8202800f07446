"""The blocks the world is generated in: calendar quarters, so that a late date costs no more than an early one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from market import calendar

ANCHOR = 2024 * 4 + 3  # at the end of this quarter every price is its reference close
FIRST, LAST = 2000 * 4, 2036 * 4 + 3
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quarter:
    """One quarter: every day, the exchange days among them, and where each exchange day is in that list."""

    number: int
    days: tuple[date, ...]
    sessions: tuple[date, ...]
    at: dict[date, int]

    @property
    def start(self) -> date:
        """Its first day."""
        return self.days[0]

    def label(self) -> str:
        """For keys: `2026Q4`."""
        return f"{self.number // 4}Q{self.number % 4 + 1}"


def number(day: date) -> int:
    """The number of the quarter a day is in; they count on from year to year."""
    return day.year * 4 + (day.month - 1) // 3


@lru_cache(maxsize=256)
def quarter(n: int) -> Quarter:
    """The quarter of that number."""
    start = date(n // 4, n % 4 * 3 + 1, 1)
    end = date((n + 1) // 4, (n + 1) % 4 * 3 + 1, 1)
    days = tuple(start + timedelta(days=i) for i in range((end - start).days))
    sessions = tuple(d for d in days if calendar.is_session(d))
    return Quarter(n, days, sessions, {d: i for i, d in enumerate(sessions)})


def of(start: datetime, end: datetime) -> range:
    """The numbers of the quarters that touch [start, end), within what is generated."""
    first, last = number((start.astimezone(UTC) - DAY).date()), number((end.astimezone(UTC) + DAY).date())
    return range(max(first, FIRST), min(last, LAST) + 1)


def midnight(day: date) -> datetime:
    """The first instant of a UTC day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
