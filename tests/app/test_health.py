"""What `doctor` says of a running program: working, hung, gone; failing jobs, old back-ups, a full disk, a clock that went back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app import health
from app.health import Seen, parts
from app.settings import Settings
from commands.context import PartState
from domain.errors import SourceFailed
from storage.backup import BackUp
from storage.job_runs import JobRun, Outcome
from storage.lease import Holder
from tests.journeys.chat import chat
from tests.trading.timetable import job
from trading.away import Heartbeat
from trading.schedule import Planned

NOW = datetime(2025, 3, 5, 15, 30, tzinfo=UTC)
READY, OFF, NEEDS = PartState.READY, PartState.OFF, PartState.NEEDS
WELL = JobRun("backup", NOW, NOW, Outcome.RAN)
SEEN = Seen(
    now=NOW,
    beat=Heartbeat(NOW, NOW - timedelta(seconds=4)),
    holder=Holder(4711, "run", NOW - timedelta(hours=5), alive=True),
    broken=None,
    lines=9,
    waiting=0,
    oldest=None,
    cards=0,
    planned=(Planned(job("backup"), NOW, WELL),),
    copies=(BackUp(Path("b.db"), NOW - timedelta(hours=7), 1_500_000),),
    free=50_000_000_000,
    quotes=(NOW, (), ""),
)


def row(name: str, settings: Settings | None = None, **changed: object) -> tuple[PartState, str]:
    found = {p.name: p for p in parts(replace(SEEN, **changed), settings or Settings())}  # type: ignore[arg-type]
    return found[name].state, found[name].detail


def test_all_is_well():
    assert {p.state for p in parts(SEEN, Settings())} == {READY}
    assert row("core") == (READY, "foliopilot run (process 4711) works; its last round was 4 seconds ago")
    assert row("back-ups") == (READY, "1, the newest 7 hours ago (1.5 MB)")


def test_a_core_that_hangs_is_to_be_started_again():
    state, detail = row("core", beat=Heartbeat(NOW, NOW - timedelta(minutes=5)))
    assert state is NEEDS
    assert detail.endswith("its last round was 5 minutes ago; end it and start it again: kill 4711")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"holder": None}, "not running; its last round was 4 seconds ago"),
        ({"holder": Holder(4711, "run", NOW, alive=False)}, "not running; its last round was 4 seconds ago"),
        ({"holder": None, "beat": None}, "not running, and never has: foliopilot run, or foliopilot chat"),
    ],
)
def test_a_program_that_is_not_there_is_off(changed, said):
    assert row("core", **changed) == (OFF, said)


def test_one_that_has_just_started_has_made_no_round():
    assert row("core", beat=None) == (READY, "foliopilot run (process 4711) works; it has made no round yet")


def test_a_failed_job_names_the_line_that_runs_it_again():
    failed = JobRun("backup", NOW, NOW, Outcome.FAILED, "StorageFailed: the disk is full (abc)")
    state, detail = row("jobs", planned=(Planned(job("backup"), NOW, failed),))
    assert state is NEEDS
    assert detail == "backup failed: StorageFailed: the disk is full (abc). Once mended: /jobs run backup"
    assert row("jobs", planned=(Planned(job("backup"), NOW, None),)) == (OFF, "1, none has run yet")


def test_back_ups():
    assert row("back-ups", copies=())[0] is OFF
    old = (BackUp(Path("b.db"), NOW - timedelta(days=4), 400_000),)
    assert row("back-ups", copies=old) == (NEEDS, "1, the newest 4 days ago (400 kB): foliopilot backup")
    assert row("back-ups", copies=old, holder=None)[0] is READY, "nobody was there to make one"
    assert "pg_dump" in row("back-ups", Settings(database_url="postgresql://x/y"))[1]


def test_a_full_disk_a_clock_that_went_back_and_a_changed_journal():
    assert row("disk", free=1_000_000) == (NEEDS, "only 1.0 MB free: make room, or point FOLIOPILOT_HOME elsewhere")
    assert row("clock", beat=Heartbeat(NOW, NOW + timedelta(hours=1)))[1].startswith("it stands 3600 seconds before what was written last")
    assert row("clock", beat=None, holder=None)[0] is READY
    assert row("journal", broken=7) == (NEEDS, "line 7 is not as it was written: restore a back-up from before it")


async def test_a_source_that_does_not_answer_is_told(tmp_path, monkeypatch):
    async with chat(tmp_path) as reader:

        async def down(*_, **__):
            raise SourceFailed("no line")

        monkeypatch.setattr(reader.house.floor.book, "snapshot", down)
        seen = await health.see(reader.house)
        assert seen.quotes == (None, (), "no line")
        assert health.document(seen, reader.house)["data"]["error"] == "no line"


async def test_a_home_that_is_not_there_yet_has_a_disk_all_the_same(tmp_path):
    async with chat(tmp_path / "not" / "yet") as reader:
        assert (await health.see(reader.house)).free > 0
