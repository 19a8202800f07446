"""The session table, against the calendar it was made from and at its edges."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from domain.errors import SourceFailed
from market import calendar, sessions_table

pandas_change = pytest.mark.filterwarnings("ignore:Series.values returning")  # inside exchange-calendars


@pandas_change
def test_table_equals_exchange_calendars() -> None:
    ec = pytest.importorskip("exchange_calendars")
    truth = ec.get_calendar("XNYS", start=calendar.first_day().isoformat(), end=calendar.last_day().isoformat())
    ours = calendar.sessions(calendar.first_day(), calendar.last_day())
    assert [s.day for s in ours] == [stamp.date() for stamp in truth.sessions]
    assert [s.open for s in ours] == [stamp.to_pydatetime() for stamp in truth.opens]
    assert [s.close for s in ours] == [stamp.to_pydatetime() for stamp in truth.closes]
    assert [s.day for s in ours if s.early] == [stamp.date() for stamp in truth.early_closes]


@pandas_change
def test_shipped_table_is_what_the_script_writes() -> None:
    pytest.importorskip("exchange_calendars")
    table = sessions_table.table()
    assert table["closed"] == [d.isoformat() for d in sorted(calendar._table().closed)]
    assert table["early"] == [d.isoformat() for d in sorted(calendar._table().early)]


@pandas_change
def test_the_script_writes_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("exchange_calendars")
    monkeypatch.setattr(sessions_table, "TABLE", tmp_path / "sessions.json")
    sessions_table.main()
    assert (tmp_path / "sessions.json").read_bytes() == Path(calendar.__file__).with_name("sessions.json").read_bytes()
    assert "sessions.json" in capsys.readouterr().out


def test_sessions_around_thanksgiving() -> None:
    assert calendar.session(date(2026, 11, 26)) is None
    with pytest.raises(SourceFailed, match="2026-11-26"):
        calendar.require(date(2026, 11, 26))
    friday = calendar.session(date(2026, 11, 27))
    assert friday is not None
    assert friday.early
    assert friday.minutes == 210
    assert friday.open == datetime(2026, 11, 27, 14, 30, tzinfo=UTC)
    assert friday.close == datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
    assert calendar.previous(friday.day).day == date(2026, 11, 25)
    assert calendar.following(date(2026, 11, 25)) == friday


def test_open_is_half_open() -> None:
    monday = calendar.session(date(2026, 11, 23))
    assert monday is not None
    assert monday.minutes == 390
    tick = timedelta(microseconds=1)
    assert calendar.session_at(monday.open - tick) is None
    assert calendar.session_at(monday.open) == monday
    assert calendar.is_open(monday.close - tick)
    assert not calendar.is_open(monday.close)
    assert calendar.latest_completed(monday.close - tick).day == date(2026, 11, 20)
    assert calendar.latest_completed(monday.close) == monday
    assert calendar.last_close(monday.close) == monday.close


def test_weekend_looks_back_to_friday() -> None:
    sunday = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert calendar.session_at(sunday) is None
    assert calendar.latest_completed(sunday).day == date(2026, 11, 20)


def test_summer_time_moves_the_open() -> None:
    march = calendar.sessions(date(2026, 3, 6), date(2026, 3, 9))
    assert [s.open.hour for s in march] == [14, 13]


def test_outside_the_table() -> None:
    assert calendar.session(date(1999, 12, 31)) is None
    assert calendar.session(date(2037, 1, 2)) is None
    assert calendar.sessions(date(1990, 1, 1), date(1999, 12, 31)) == []
    assert calendar.previous(date(2050, 1, 1)).day == date(2036, 12, 31)
    with pytest.raises(SourceFailed):
        calendar.previous(date(2000, 1, 3))
    with pytest.raises(SourceFailed):
        calendar.following(date(2036, 12, 31))
    with pytest.raises(SourceFailed):
        calendar.previous(date(1980, 1, 1))
