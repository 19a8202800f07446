"""Scheduled economic releases of the simulated world: consumer prices, jobs, output, the central bank; what was expected and what came."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from market import calendar
from market.world import draws
from market.world.quarters import DAY, quarter

_MORNING, _AFTERNOON = time(8, 30), time(14)
# the central bank meets on these Wednesdays: month of the quarter and week (negative: from the end of the month)
_MEETINGS = {0: ((1, -1), (3, 3)), 1: ((2, 1), (3, 3)), 2: ((1, -1), (3, 3)), 3: ((1, -1), (3, 2))}


@dataclass(frozen=True, slots=True)
class Release:
    """One release: `surprise` in standard deviations of what was expected, `move` what it does to the market in daily sigmas."""

    id: str
    kind: str
    name: str
    day: date
    at: datetime
    importance: int
    expected: str
    actual: str
    surprise: float
    move: float


def exponential(u: float) -> float:
    """A uniform number as an exponential one of mean 1."""
    return -math.log(u)


@lru_cache(maxsize=256)
def scheduled(seed: int, n: int) -> tuple[Release, ...]:
    """The releases of a quarter, in order; always on exchange days, at 8:30 or 14:00 New York."""
    block = quarter(n)
    year, first = n // 4, n % 4 * 3 + 1
    z = draws.normals(f"{seed}/releases/{block.label()}", 16)
    found = []
    for i in range(3):
        month = first + i
        found.append(_prices(_on_or_after(date(year, month, 10 + int(abs(z[i]) * 2) % 4)), z[i], z[15]))
        found.append(_jobs(_first_friday(year, month), z[3 + i], z[12]))
    found.append(_output(_on_or_after(date(year, first, 26)), z[6], z[13]))
    found.extend(_bank(_on_or_after(_wednesday(year, first + m - 1, week)), z[7 + m]) for m, week in _MEETINGS[n % 4])
    return tuple(sorted(found, key=lambda r: (r.at, r.id)))


def _prices(day: date, z: float, level: float) -> Release:
    expected = 2.7 + 0.1 * round(3 * level)
    actual = expected + 0.1 * round(1.2 * z)
    return _make("cpi", "Consumer prices (CPI), year on year", day, _MORNING, 3, (f"{expected:.1f}%", f"{actual:.1f}%"), z, -1.1)


def _jobs(day: date, z: float, level: float) -> Release:
    expected = 150 + 5 * round(6 * level)
    return _make("jobs", "Jobs report (nonfarm payrolls)", day, _MORNING, 3, (f"{expected}k", f"{expected + round(60 * z)}k"), z, 0.9)


def _output(day: date, z: float, level: float) -> Release:
    expected = 2.1 + 0.1 * round(5 * level)
    actual = expected + 0.1 * round(4 * z)
    return _make("gdp", "Output (GDP), annualised growth", day, _MORNING, 2, (f"{expected:.1f}%", f"{actual:.1f}%"), z, 0.5)


def _bank(day: date, z: float) -> Release:
    steps = ((-1.2, "25 bp cut"), (-0.4, "no change, dovish tone"), (0.4, "no change"), (1.2, "no change, hawkish tone"))
    actual = next((text for most, text in steps if z <= most), "25 bp increase")
    return _make("fomc", "Federal Reserve rate decision (FOMC)", day, _AFTERNOON, 3, ("no change", actual), z, -1.1)


def _make(kind: str, name: str, day: date, at: time, importance: int, values: tuple[str, str], z: float, sense: float) -> Release:
    instant = datetime.combine(day, at, calendar.NEW_YORK).astimezone(UTC)
    return Release(f"{kind}-{day.isoformat()}", kind, name, day, instant, importance, values[0], values[1], z, sense * z)


def _on_or_after(day: date) -> date:
    while not calendar.is_session(day):
        day += DAY
    return day


def _first_friday(year: int, month: int) -> date:
    day = _nth((date(year, month, d) for d in range(1, 8)), 4)
    while not calendar.is_session(day):
        day -= DAY
    return day if day.month == month else _on_or_after(date(year, month, 1))


def _wednesday(year: int, month: int, week: int) -> date:
    if week > 0:
        return _nth((date(year, month, 7 * week - 6 + i) for i in range(7)), 2)
    last = date(year, month, 31)
    return _nth((last - timedelta(days=i) for i in range(7)), 2)


def _nth(days: Iterable[date], weekday: int) -> date:
    return next(d for d in days if d.weekday() == weekday)
