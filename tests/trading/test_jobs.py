"""The table of jobs: due at the right instants of ten years, and found by the names people type."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadArgument
from market import calendar
from trading.jobs import AtSession, Jobs, Mark, Missed, Turn, table

NY = ZoneInfo("America/New_York")
FIRST, LAST = datetime(2016, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)


async def nothing(turn: Turn) -> None:
    return None


def job(name):
    return next(j for j in table() if j.name == name)


def due_times(name, first=FIRST, last=LAST):
    found, at = [], job(name).following(first - timedelta(seconds=1))
    while at is not None and at < last:
        found.append(at)
        at = job(name).following(at)
    return found


@pytest.mark.filterwarnings("ignore:Series.values returning")  # inside exchange-calendars
@pytest.mark.parametrize(
    ("name", "mark", "offset"),
    [("pre-market", "opens", -60), ("open", "opens", 5), ("close", "closes", 5), ("end-of-day", "closes", 15)],
)
def test_session_jobs_follow_the_exchange_over_ten_years(name, mark, offset):
    exchange_calendars = pytest.importorskip("exchange_calendars")
    exchange = exchange_calendars.get_calendar("XNYS", start="2015-12-01", end="2026-02-01")
    series = getattr(exchange, mark).loc["2016-01-01":"2025-12-31"]
    assert due_times(name) == [stamp.to_pydatetime() + timedelta(minutes=offset) for stamp in series]
    assert len(series) == 2514


@pytest.mark.parametrize(("name", "hour", "minute"), [("digest", 20, 0), ("backup", 3, 15), ("verify", 4, 15)])
def test_daily_jobs_are_due_once_a_day_at_their_time_of_day_in_new_york(name, hour, minute):
    found = [at.astimezone(NY) for at in due_times(name, datetime(2016, 1, 1, 12, tzinfo=UTC), datetime(2026, 1, 1, 12, tzinfo=UTC))]
    assert {(at.hour, at.minute, at.second) for at in found} == {(hour, minute, 0)}
    days = [at.date() for at in found]
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    assert len(days) == 3653
    assert date(2024, 2, 29) in days


@pytest.mark.parametrize("day", [date(2025, 3, 9), date(2025, 11, 2)])
def test_interval_jobs_keep_their_distance_when_the_clocks_change(day):
    start = datetime(day.year, day.month, day.day, tzinfo=NY).astimezone(UTC)
    found = due_times("reconcile", start, start + timedelta(days=1))
    assert found == [start + timedelta(minutes=5 * n) for n in range(288)]


@given(at=st.datetimes(datetime(2001, 1, 1), datetime(2035, 1, 1)), number=st.integers(0, len(table()) - 1))
def test_the_next_due_time_is_later_and_nothing_lies_between(at, number):
    at, row = at.replace(tzinfo=UTC), table()[number]
    following = row.following(at)
    assert following is not None
    assert following > at
    between = row.following(following - (following - at) / 2)
    assert between == following or between > following - (following - at) / 2
    assert row.following(following - timedelta(seconds=1)) == following


def test_a_trigger_answers_as_apscheduler_asks():
    trigger = AtSession(Mark.CLOSE, timedelta(0))
    close = calendar.require(date(2024, 11, 29)).close
    assert close == datetime(2024, 11, 29, 18, tzinfo=UTC), "the day after Thanksgiving ends at 13:00"
    assert trigger.get_next_fire_time(None, close) == close
    assert trigger.get_next_fire_time(close, close) == calendar.require(date(2024, 12, 2)).close
    assert trigger.get_next_fire_time(None, datetime(2036, 12, 31, 22, tzinfo=UTC)) is None


def test_every_row_says_what_it_does_and_what_becomes_of_a_missed_run():
    names = [row.name for row in table()]
    assert len(set(names)) == len(names)
    assert {"pre-market", "open", "close", "end-of-day", "digest", "reconcile", "backup", "verify"} <= set(names)
    for row in table():
        assert row.help.endswith(".")
        assert row.deadline > 0
        assert row.grace > timedelta(0)
        assert row.missed in Missed


def test_only_jobs_with_an_action_are_there():
    jobs = Jobs({"backup": nothing, "verify": nothing})
    assert [j.name for j in jobs.all()] == ["backup", "verify"]
    assert jobs.get("Backup").name == "backup"
    assert jobs.action(jobs.get("verify")) is nothing
    with pytest.raises(BadArgument, match="there is: backup, verify") as refused:
        jobs.get("back-up")
    assert refused.value.example == "/jobs run backup"
    with pytest.raises(BadArgument) as unlike:
        jobs.get("zzz")
    assert unlike.value.example == "/jobs"


def test_an_action_without_a_row_is_a_mistake_of_the_wiring():
    with pytest.raises(LookupError, match="no job typo"):
        Jobs({"typo": nothing}).all()
