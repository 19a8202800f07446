"""The New York Stock Exchange's sessions from 2000 to 2036, read from a shipped table, so that no start builds a calendar.

Days are exchange days; instants are aware UTC. Asking for a session outside the table raises SourceFailed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from domain.errors import SourceFailed

NEW_YORK = ZoneInfo("America/New_York")
_OPEN, _CLOSE, _EARLY = time(9, 30), time(16), time(13)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Session:
    """One exchange session: its day, its first and last instant, and whether it ends early (13:00 instead of 16:00)."""

    day: date
    open: datetime
    close: datetime
    early: bool

    @property
    def minutes(self) -> int:
        """Its length: 390, or 210 when it ends early."""
        return 210 if self.early else 390


@dataclass(frozen=True, slots=True)
class _Table:
    first: date
    last: date
    closed: frozenset[date]
    early: frozenset[date]


@cache
def _table() -> _Table:
    data = json.loads(Path(__file__).with_name("sessions.json").read_text(encoding="ascii"))
    days = {name: frozenset(map(date.fromisoformat, data[name])) for name in ("closed", "early")}
    return _Table(date.fromisoformat(data["first"]), date.fromisoformat(data["last"]), days["closed"], days["early"])


def first_day() -> date:
    """The first day the table knows of."""
    return _table().first


def last_day() -> date:
    """The last day the table knows of."""
    return _table().last


def is_session(day: date) -> bool:
    """True when the exchange trades that day; False outside the table."""
    table = _table()
    return day.weekday() < 5 and day not in table.closed and table.first <= day <= table.last


@lru_cache(maxsize=4096)
def session(day: date) -> Session | None:
    """The session of that day, or None when there is none."""
    if not is_session(day):
        return None
    early = day in _table().early
    opens = datetime.combine(day, _OPEN, NEW_YORK).astimezone(UTC)
    return Session(day, opens, datetime.combine(day, _EARLY if early else _CLOSE, NEW_YORK).astimezone(UTC), early)


def require(day: date) -> Session:
    """The session of that day; raises SourceFailed when there is none."""
    found = session(day)
    if found is None:
        raise SourceFailed(f"the exchange does not trade on {day}")
    return found


def session_at(at: datetime) -> Session | None:
    """The session that is open at that instant (`open <= at < close`), or None."""
    found = session(at.astimezone(NEW_YORK).date())
    return found if found is not None and found.open <= at < found.close else None


def is_open(at: datetime) -> bool:
    """True while a session is open."""
    return session_at(at) is not None


def previous(day: date) -> Session:
    """The last session before that day."""
    return _walk(day, -_DAY)


def following(day: date) -> Session:
    """The first session after that day."""
    return _walk(day, _DAY)


def latest_completed(at: datetime) -> Session:
    """The last session that has closed by that instant; at the very close it has."""
    day = at.astimezone(NEW_YORK).date()
    found = session(day)
    return found if found is not None and found.close <= at else previous(day)


def last_close(at: datetime) -> datetime:
    """The close of the last completed session."""
    return latest_completed(at).close


def sessions(start: date, end: date) -> Sequence[Session]:
    """Every session with `start <= day <= end`, oldest first."""
    table = _table()
    start, end = max(start, table.first), min(end, table.last)
    days = (start + timedelta(days=n) for n in range((end - start).days + 1))
    return [found for day in days if (found := session(day)) is not None]


def _walk(day: date, step: timedelta) -> Session:
    table = _table()
    day = min(max(day, table.first - _DAY), table.last + _DAY)
    while table.first <= (day := day + step) <= table.last:
        if (found := session(day)) is not None:
            return found
    raise SourceFailed(f"the session table covers {table.first} to {table.last}")
