"""Earnings reports of the simulated world: when each company reports in a quarter, and by how much it surprises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from market import calendar
from market.world import draws
from market.world.listing import companies
from market.world.quarters import DAY, quarter
from market.world.releases import exponential

_HOURS = {"before": time(7), "after": time(16, 5)}


@dataclass(frozen=True, slots=True)
class Report:
    """One report: released before or after the session of `day`; `surprise` in daily sigmas of the company's own moves, unscaled."""

    symbol: str
    day: date
    at: datetime
    session: str
    surprise: float


@lru_cache(maxsize=4096)
def report(seed: int, symbol: str, n: int) -> Report:
    """A company's report in a quarter: near its usual day, never on the last session of the quarter."""
    company, block = companies()[symbol], quarter(n)
    u = draws.uniforms(f"{seed}/report/{symbol}/{block.label()}", 3)
    day = block.start + timedelta(days=company.report_day - 2 + int(u[0] * 5))
    while not calendar.is_session(day) or day.weekday() == 4:
        day += DAY
    day = min(day, block.sessions[-3])
    size = 1 + min(2.2 * exponential(u[1]), 8.0)
    at = datetime.combine(day, _HOURS[company.when], calendar.NEW_YORK).astimezone(UTC)
    return Report(symbol, day, at, company.when, size if u[2] < 0.5 else -size)
