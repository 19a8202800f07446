"""S: what runs by itself: seen, run by hand, told of; the program killed and started again; the database copied and brought back."""

import asyncio
import json
import socket
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from app import backing, doctor, restoring
from domain import codec
from domain.clock import ManualClock
from domain.errors import LeaseTaken, SetupError
from domain.events import WasAway
from domain.exits import ExitKind, ExitRule
from domain.tickets import TicketStatus
from storage import backup, exits, journal, states, tickets
from storage.engine import open_store
from tests.journeys.chat import NOW, chat
from tests.journeys.program import run, start
from trading.away import PART, Heartbeat


async def test_the_jobs_are_seen_and_run_by_hand(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.pushes()
        said = await reader.say("/jobs")
        assert said.startswith("8 jobs; next reconcile, 10:35 New York, Wed 5 Mar 2025.")
        assert "pre-market  next Thu 08:30; not run yet" in said
        assert await reader.say("/jobs run reconcile") == "reconcile ran: book and broker agree."
        assert "reconcile   next Wed 10:35; last Wed 10:30 done" in await reader.say("/jobs")
        assert "Missed while nothing runs: skip and say so." in await reader.say("/jobs pre_market")
        assert await reader.say("/jobs run verify") == "verify ran: the chain of hashes is whole."
        refused = await reader.say("/jobs run recncile")
        assert "There is no job" in refused
        assert "/jobs run reconcile" in refused
        assert "Which job?" in await reader.say("/jobs run")


async def test_asking_shows_the_jobs_and_runs_none(tmp_path):
    async with chat(tmp_path, read_only=True) as reader:
        assert (await reader.say("/jobs")).startswith("8 jobs; next reconcile")
        assert "only looks" in await reader.say("/jobs run reconcile")


async def test_a_day_is_told_by_its_notes(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.pushes()
        clock = reader.house.floor.clock
        assert isinstance(clock, ManualClock)
        told = []
        for at in ("21:06", "21:16", "13:30", "14:36"):  # UTC: the close of Wednesday, then Thursday before and after the open
            hour, minute = map(int, at.split(":"))
            clock.set(NOW.replace(hour=hour, minute=minute) + timedelta(days=hour < 20))
            told += await reader.pushes()
        notes = [t for t in told if t.startswith(("The session", "The market"))]
        assert notes[0].startswith("The session has closed: today ")
        assert notes[1].startswith("The market opens at 09:30 EST and closes at 16:00 EST; ")
        async with reader.house.store.read() as tx:
            marks = await journal.lines(tx, "demo", limit=9, kinds=("equity_mark",))
        assert len(marks) == 1
        assert json.loads(marks[0].body)["day"] == "2025-03-05"
        assert await reader.whole()


async def test_a_note_that_comes_too_late_is_left_out_and_said_to_be(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.pushes()
        told = await reader.later(days=1)
        assert any("Left out: pre-market, due Thu 08:30 EST. It came 2 h late" in push for push in told)
        assert "pre-market  next Fri 08:30; last Thu 08:30 skipped" in await reader.say("/jobs")


async def test_the_demo_moved_a_month_by_hand_is_no_month_of_pushes(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.pushes()
        await reader.say("/demo forward 31d")
        told = await reader.pushes()
        assert not [p for p in told if "Left out" in p or "opens at" in p or "has closed" in p]
        history = await reader.say("/jobs end-of-day")
        assert "23 closes marked" in history
        assert "with next" in history
        assert await reader.whole()


async def test_a_failing_job_is_told_once(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.pushes()

        class Broken:
            @property
            def last(self):
                raise ValueError("a bug")

            async def round(self):
                pass

        reader.house.floor.reconciler = Broken()  # type: ignore[assignment]
        told = [p for _ in range(3) for p in await reader.later(minutes=5)]
        assert len([p for p in told if p.startswith("reconcile failed and will be tried again")]) == 1
        assert (await reader.say("/jobs")).startswith("reconcile failed last time: ValueError: a bug (")
        assert (await reader.say("/jobs run reconcile")).startswith("reconcile failed: ValueError: a bug (")


@contextmanager
def manager(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "n"))
        listening.settimeout(30)
        yield listening


def heard(listening, word):
    """The first datagram with that word."""
    while True:
        lines = listening.recv(4096).decode().split("\n")
        if word in lines:
            return lines


async def _in_the_past(home, by):
    """The program stopped that long ago, with an exit waiting that the market reached meanwhile."""
    store = await open_store(f"sqlite:///{home / 'foliopilot.db'}")
    async with store.write() as tx:
        beat = await states.get(tx, "demo", PART, Heartbeat)
        assert beat is not None
        await states.put(tx, "demo", PART, replace(beat, at=beat.at - by))
        begun, far = beat.at - timedelta(days=1), beat.at + timedelta(days=9)
        await exits.add(
            tx, ExitRule("e1", "demo", "AAPL", ExitKind.STOP, "t1", begun, far, long=True, level=Decimal(100_000), why="a test's")
        )
    await store.close()


async def test_killed_in_the_middle_and_started_again(tmp_path):
    home = tmp_path / "home"
    async with chat(home, still=False, account="demo") as reader:
        card = await reader.card("#AAPL close 5")
    with manager(tmp_path) as listening:
        first = start(home, "run", NOTIFY_SOCKET=str(tmp_path / "n"))
        assert any(line.startswith("STATUS=demo (DEMO") for line in heard(listening, "READY=1"))
        assert heard(listening, "WATCHDOG=1")
        assert heard(listening, "WATCHDOG=1"), "round after round"
        first.kill()
        first.communicate()
        await _in_the_past(home, timedelta(minutes=30))
        second = start(home, "run", NOTIFY_SOCKET=str(tmp_path / "n"))
        heard(listening, "READY=1")
        health = json.loads(run(home, "doctor", "--json").out)["health"]
        assert health["running"] is True
        assert health["process"] == {"pid": second.pid, "command": "run"}
        assert heard(listening, "WATCHDOG=1")
        second.terminate()
        assert "STATUS=stopping" in heard(listening, "STOPPING=1")
        second.communicate(timeout=30)
        assert second.returncode == 0
    store = await open_store(f"sqlite:///{home / 'foliopilot.db'}")
    async with store.read() as tx:
        settled = await tickets.get(tx, card.id)
        told = [codec.loads(WasAway, line.body) for line in await journal.lines(tx, "demo", limit=50, kinds=("WasAway",))]
        assert await journal.verify(tx) is None
    await store.close()
    assert settled.status is TicketStatus.EXPIRED
    assert len(told) == 1, "told once"
    assert timedelta(minutes=29) <= told[0].at - told[0].since < timedelta(minutes=45)
    assert [(m.symbol, m.what, m.done) for m in told[0].missed] == [("AAPL", "stop", "fires now")]


async def test_the_nightly_back_up_and_the_way_back(tmp_path, monkeypatch, capsys):
    home = tmp_path / "home"
    monkeypatch.setenv("FOLIOPILOT_HOME", str(home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SetupError, match="no database"):
        backing.main(None)
    async with chat(home, still=False, account="demo") as reader:
        said = await reader.say("/jobs run backup")
        assert said.startswith("backup ran: foliopilot-")
        assert (await reader.say("/jobs run verify")).startswith("verify ran: the file is sound")
        held = await reader.held("AAPL")
        await reader.say("#AAPL close 5")
        await reader.say("yes")
        await reader.pushes()
        assert await reader.held("AAPL") == held - 5
        with pytest.raises(LeaseTaken, match="foliopilot chat"):
            await asyncio.to_thread(restoring.main, backup.backups(home / "backups")[0].path)
    (made,) = backup.backups(home / "backups")
    assert await asyncio.to_thread(restoring.main, made.path) == 0
    assert "is now" in capsys.readouterr().out
    async with chat(home, still=False, account="demo") as reader:
        assert await reader.held("AAPL") == held
        assert await reader.whole()
    assert await asyncio.to_thread(backing.main, tmp_path / "elsewhere") == 0
    assert "foliopilot restore" in capsys.readouterr().out
    assert len(backup.backups(tmp_path / "elsewhere")) == 1
    assert await asyncio.to_thread(backing.main, None) == 0


def test_a_servers_database_is_its_own_tools_business(home, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/x")
    with pytest.raises(SetupError, match="PostgreSQL") as refused:
        backing.main(None)
    assert refused.value.example.startswith("pg_dump")
    with pytest.raises(SetupError, match="PostgreSQL"):
        restoring.main(home / "x.db")


async def test_a_monitor_reads_the_health_beside_a_running_program(tmp_path, monkeypatch, capsys):
    home = tmp_path / "home"
    monkeypatch.setenv("FOLIOPILOT_HOME", str(home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    async with chat(home, still=False, account="demo") as reader:
        await reader.pushes()
        await reader.say("#AAPL close 5")
        await reader.say("/jobs run backup")
        await reader.say("/jobs run reconcile")
        assert await asyncio.to_thread(doctor.main, True) == 0
        found = json.loads(capsys.readouterr().out)
        health = found["health"]
        assert health["running"] is True
        assert health["heartbeat"]["age_seconds"] <= 10
        assert health["cards_open"] == 1
        assert health["reconciled"]["outcome"] == "ran"
        assert health["backup"]["bytes"] > 0
        assert health["journal"]["whole"] is True
        assert health["outbox"] == {"waiting": 0, "oldest_seconds": None}
        assert health["failing"] == []
        assert {j["name"] for j in health["jobs"]} >= {"backup", "verify", "reconcile"}
        assert health["disk"]["database_bytes"] > 0
        assert {p["part"]: p["state"] for p in found["parts"]}["core"] == "ready"
    await asyncio.to_thread(doctor.main, False)
    assert "not running; its last round was" in capsys.readouterr().out
