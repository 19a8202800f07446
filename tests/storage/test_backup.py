"""Back-ups: whole or not at all, made beside a writer, checked, and kept by the calendar; a restore sets aside and never mixes."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import SystemClock
from domain.errors import HomeUnusable, LeaseTaken, SetupError, StorageFailed
from storage import backup, journal, lease, preferences
from storage.backup import BackUp, back_up, backups, check, drop_old, kept, restore
from storage.engine import open_store
from storage.snapshot import open_copy

AT = datetime(2025, 3, 5, 8, 15, tzinfo=UTC)


async def written(path: Path, value: str = "1", lines: int = 3) -> None:
    store = await open_store(f"sqlite:///{path}")
    try:
        async with store.write() as tx:
            await preferences.set(tx, "main", "x", value)
            for n in range(lines):
                await journal.append(tx, at=AT, account="main", kind="k", body=str(n))
    finally:
        await store.close()


async def value(path: Path) -> str | None:
    copy = await open_copy(path)
    async with copy.read() as tx:
        found = await preferences.get(tx, "main", "x")
    await copy.close()
    return found


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    path = tmp_path / "home" / "foliopilot.db"
    await written(path)
    return path


async def test_a_copy_is_one_file_for_its_owner_alone_and_reads_back(database, tmp_path):
    made = await asyncio.to_thread(back_up, database, tmp_path / "to", AT)
    assert made.path == tmp_path / "to" / "foliopilot-20250305-0815.db"
    assert (made.at, made.size) == (AT, made.path.stat().st_size)
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.path.parent.stat().st_mode) == 0o700
    assert await value(made.path) == "1"
    assert [p.name for p in made.path.parent.iterdir()] == [made.path.name], "no log, no half-made file"


async def test_a_copy_holds_up_no_writer_and_shows_one_commit(database, tmp_path):
    store = await open_store(f"sqlite:///{database}")
    try:
        async with store.write() as tx:
            await preferences.set(tx, "main", "x", "not yet")
            made = await asyncio.to_thread(back_up, database, tmp_path / "to", AT)  # while a write is under way
        assert await value(made.path) == "1"
        again = await asyncio.to_thread(back_up, database, tmp_path / "to", AT + timedelta(minutes=1))
        assert await value(again.path) == "not yet"
    finally:
        await store.close()


async def test_a_locked_database_is_said_to_be_locked(database, tmp_path, monkeypatch):
    monkeypatch.setattr(backup, "_PATIENCE", 0.05)
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageFailed, match="locked"):
            await asyncio.to_thread(back_up, database, tmp_path / "to", AT)
    assert list((tmp_path / "to").iterdir()) == []


async def test_a_changed_journal_does_not_count_as_a_back_up(database, tmp_path):
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE journal SET body = 'changed' WHERE seq = 2")
    with pytest.raises(StorageFailed, match="from line 2 on"):
        await asyncio.to_thread(back_up, database, tmp_path / "to", AT)
    assert list((tmp_path / "to").iterdir()) == []


async def test_a_damaged_file_is_found(database):
    data = bytearray(database.read_bytes())
    for page in range(3, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    database.write_bytes(data)
    with pytest.raises((StorageFailed, HomeUnusable), match="damaged"):
        await asyncio.to_thread(check, database)


async def test_what_is_no_database_of_ours_is_refused(tmp_path):
    empty = tmp_path / "empty.db"
    with closing(sqlite3.connect(empty)) as connection:
        connection.execute("CREATE TABLE t (x)")
    with pytest.raises(StorageFailed, match="not a database of Foliopilot"):
        await asyncio.to_thread(check, empty)
    text = tmp_path / "text.db"
    text.write_text("hello, " * 1000)
    with pytest.raises(HomeUnusable, match="not a database"):
        await asyncio.to_thread(check, text)
    with pytest.raises(StorageFailed, match="no database"):
        await asyncio.to_thread(back_up, tmp_path / "none.db", tmp_path / "to", AT)


async def test_a_place_that_cannot_be_written_is_named(database, tmp_path):
    (tmp_path / "to").write_text("a file")
    with pytest.raises(HomeUnusable, match="cannot be used"):
        await asyncio.to_thread(back_up, database, tmp_path / "to", AT)


def files(directory: Path, *instants: datetime) -> None:
    directory.mkdir(exist_ok=True)
    for at in instants:
        (directory / f"foliopilot-{at:%Y%m%d-%H%M}.db").write_bytes(b"x")


def test_seven_days_and_four_weeks_are_kept_and_nothing_else_is_touched(tmp_path):
    files(tmp_path, *(AT - timedelta(days=n, hours=h) for n in range(60) for h in (0, 2)))
    for name in ("mine.db", "foliopilot-20259999-0000.db", "foliopilot-20250101-0000.db.part"):
        (tmp_path / name).write_bytes(b"x")
    assert drop_old(tmp_path) == 120 - 9
    left = backups(tmp_path)
    assert [b.at for b in left[:7]] == [AT - timedelta(days=n) for n in range(7)]
    assert [b.at.date().isoformat() for b in left[7:]] == ["2025-02-23", "2025-02-16"], "the newest of the two weeks before"
    assert (tmp_path / "mine.db").exists()
    assert backups(tmp_path / "none") == []
    assert drop_old(tmp_path) == 0


@given(st.lists(st.integers(0, 200 * 24 * 60), max_size=60))
def test_the_newest_is_always_kept_and_never_more_than_eleven(minutes):
    there = [BackUp(Path(f"{n}"), AT - timedelta(minutes=n), 1) for n in set(minutes)]
    found = kept(there)
    assert len(found) <= 11
    assert found <= {b.path for b in there}
    if there:
        assert max(there, key=lambda b: b.at).path in found
    days = {b.at.date() for b in there}
    assert len({b.at.date() for b in there if b.path in found}) >= min(len(days), 7)


async def test_a_restore_brings_back_and_sets_aside(database, tmp_path):
    made = await asyncio.to_thread(back_up, database, tmp_path / "to", AT)
    await written(database, "2")
    aside = await asyncio.to_thread(restore, made.path, database, AT)
    assert await value(database) == "1"
    assert aside is not None
    assert await value(aside) == "2"
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    await written(database, "3")
    assert await value(database) == "3"


async def test_a_log_left_by_a_crash_goes_aside_with_its_database(database, tmp_path):
    made = await asyncio.to_thread(back_up, database, tmp_path / "to", AT)
    database.write_bytes(b"not a database at all" * 500)
    log = database.with_name("foliopilot.db-wal")
    log.write_bytes(b"frames")
    aside = await asyncio.to_thread(restore, made.path, database, AT)
    assert aside is not None
    assert not log.exists()
    assert aside.read_bytes().startswith(b"not a database")
    assert await value(database) == "1"


async def test_a_restore_where_nothing_was(database, tmp_path):
    made = await asyncio.to_thread(back_up, database, tmp_path / "to", AT)
    assert await asyncio.to_thread(restore, made.path, tmp_path / "new" / "foliopilot.db", AT) is None
    assert await value(tmp_path / "new" / "foliopilot.db") == "1"


async def test_a_bad_file_is_refused_before_anything_is_touched(database, tmp_path):
    before = database.read_bytes()
    bad = tmp_path / "bad.db"
    bad.write_bytes(b"x" * 5000)
    with pytest.raises(HomeUnusable):
        await asyncio.to_thread(restore, bad, database, AT)
    with pytest.raises(SetupError, match="no file"):
        await asyncio.to_thread(restore, tmp_path / "none.db", database, AT)
    assert database.read_bytes() == before


async def test_a_directory_is_held_by_one(database, monkeypatch):
    clock = SystemClock()
    first = lease.hold(database.parent, clock, command="restore")
    assert first is not None
    with pytest.raises(LeaseTaken, match=r"foliopilot restore"):
        lease.hold(database.parent, clock, command="restore")
    first.release()
    store = await open_store(f"sqlite:///{database}")
    taken = await lease.take(store, clock, command="run", home=database.parent)
    try:
        with pytest.raises(LeaseTaken, match=r"foliopilot run"):
            lease.hold(database.parent, clock, command="restore")
        async with store.read() as tx:
            found = await lease.holder(tx, clock.now())
        assert found is not None
        assert (found.command, found.alive) == ("run", True)
    finally:
        await taken.release()
        await store.close()
    monkeypatch.setattr(lease, "SUPPORTED", False)
    assert lease.hold(database.parent, clock, command="restore") is None


async def test_nobody_holds_a_database_that_was_never_used(database):
    store = await open_store(f"sqlite:///{database}")
    async with store.read() as tx:
        assert await lease.holder(tx, AT) is None
        assert await journal.length(tx) == 3
    await store.close()
