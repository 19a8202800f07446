"""Copies of a live database: consistent, disturbing nobody, also where nothing can be written."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from domain.errors import HomeUnusable, NewerDatabase, SetupError, StorageFailed
from storage import snapshot
from storage.engine import open_store
from storage.schema import REVISIONS
from storage.snapshot import copy_store, open_copy
from storage.store import Store
from tests.storage.conftest import file_url
from tests.storage.samples import AT
from tests.storage.test_engine import nobody
from tests.storage.test_faults import note, notes

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def path(template: Path, tmp_path: Path) -> Path:
    """An empty database file alone in a directory."""
    return Path((await file_url(template, tmp_path / "home")).removeprefix("sqlite:///"))


def listing(path: Path) -> list[tuple[str, int]]:
    return sorted((p.name, p.stat().st_mtime_ns) for p in path.parent.iterdir())


async def test_a_missing_file_is_an_empty_store(tmp_path: Path) -> None:
    store = await open_copy(tmp_path / "nowhere" / "foliopilot.db")
    await note(store, "a")
    assert await notes(store) == ["a"]
    await store.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("started", ["empty file", "log only"])
async def test_a_first_start_under_way_is_an_empty_store(tmp_path: Path, started: str) -> None:
    path = tmp_path / "foliopilot.db"
    path.touch()
    if started == "log only":
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    store = await open_copy(path)
    assert await notes(store) == []
    await store.close()


async def test_a_database_at_rest_is_left_as_it_is(path: Path) -> None:
    store = await open_store(f"sqlite:///{path}")
    await note(store, "a")
    await store.close()
    before = listing(path)
    copy = await open_copy(path)
    assert await notes(copy) == ["a"]
    await note(copy, "b")  # goes nowhere
    await copy.close()
    assert listing(path) == before


async def test_a_live_database_is_copied_with_what_is_in_its_log_and_nothing_uncommitted(path: Path) -> None:
    store = await open_store(f"sqlite:///{path}")
    await note(store, "a")
    async with store.write() as tx:
        await tx.insert("preferences", {"account": "demo", "key": "x", "value": ""})
        copy = await open_copy(path)
        assert await notes(copy) == ["a"]
        await copy.close()
    await store.close()


async def test_copies_while_somebody_writes_are_consistent(path: Path) -> None:
    store = await open_store(f"sqlite:///{path}")

    async def write() -> None:
        for number in range(25):
            await note(store, str(number))

    writing = asyncio.ensure_future(write())
    sizes = []
    while not writing.done():
        copy = await open_copy(path)
        sizes.append(len(await notes(copy)))
        await copy.close()
        await asyncio.wait([writing], timeout=0.001)
    await writing
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0]
    await store.close()


async def test_somebody_begins_to_write_while_a_resting_file_is_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = await open_store(f"sqlite:///{path}")
    await note(store, "a")
    await store.close()
    plain = snapshot._backup
    ways = []

    def meanwhile(file: Path, how: str) -> sqlite3.Connection:
        ways.append(how)
        if how == "immutable=1":
            with closing(sqlite3.connect(path)) as other:
                other.execute("INSERT INTO preferences VALUES ('mine', 'k', 'v')")
                other.commit()
        return plain(file, how)

    monkeypatch.setattr(snapshot, "_backup", meanwhile)
    copy = await open_copy(path)
    async with copy.read() as tx:
        assert len(await tx.select("preferences")) == 2
    await copy.close()
    assert ways == ["immutable=1", "mode=ro"]


async def test_a_home_that_cannot_be_written(path: Path) -> None:
    store = await open_store(f"sqlite:///{path}")
    await note(store, "a")
    await store.close()
    path.parent.chmod(0o555)
    path.chmod(0o444)
    with nobody(path.parent):
        copy = await open_copy(path)
    assert await notes(copy) == ["a"]
    await copy.close()


async def test_a_home_that_cannot_be_written_after_a_crash(path: Path, tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{path}")
    await note(store, "a")
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for name in (path.name, f"{path.name}-wal"):
        (crashed / name).write_bytes((path.parent / name).read_bytes())
    await store.close()
    crashed.chmod(0o555)
    with nobody(crashed):
        copy = await open_copy(crashed / path.name)
    assert await notes(copy) == ["a"]
    await copy.close()
    assert sorted(p.name for p in crashed.iterdir()) == [path.name, f"{path.name}-wal"]


async def test_a_home_that_cannot_be_read(path: Path) -> None:
    path.parent.chmod(0o000)
    try:
        with nobody(path.parent), pytest.raises(HomeUnusable, match="permission denied"):
            await open_copy(path)
    finally:
        path.parent.chmod(0o755)
    path.chmod(0o000)
    with nobody(path.parent), pytest.raises(HomeUnusable):
        await open_copy(path)


async def test_a_newer_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(NewerDatabase):
        await open_copy(path)


async def test_an_older_database(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.version.REVISIONS", (*REVISIONS, "9999"))
    monkeypatch.setattr("storage.version.HEAD", "9999")
    with pytest.raises(SetupError, match="earlier version") as refused:
        await open_copy(path)
    assert refused.value.example == "foliopilot chat"


async def test_another_programs_database(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "foliopilot.db")) as connection:
        connection.execute("CREATE TABLE diary (page)")
    with pytest.raises(HomeUnusable, match="another program"):
        await open_copy(tmp_path / "foliopilot.db")


async def test_no_database_at_all(tmp_path: Path) -> None:
    (tmp_path / "foliopilot.db").write_text("dear diary\n" * 500)
    with pytest.raises(HomeUnusable, match="not a database"):
        await open_copy(tmp_path / "foliopilot.db")
    with pytest.raises(HomeUnusable):
        await open_copy(tmp_path)


async def test_a_database_locked_by_another_program(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "_PATIENCE", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr(snapshot, "_copy_at_rest", lambda path: None)
        with pytest.raises(StorageFailed, match="locked"):
            await open_copy(path)


async def test_any_store_can_be_copied(store: Store) -> None:
    await note(store, "a")
    async with store.write() as tx:
        await tx.insert("outbox", {"account": "", "at": AT, "due": AT, "tries": 0, "delivered": None, "body": ""})
        await tx.delete("outbox")
        await tx.insert("outbox", {"account": "", "at": AT, "due": AT, "tries": 0, "delivered": None, "body": ""})
    copy = await copy_store(store)
    async with store.read() as theirs, copy.read() as ours:
        assert await theirs.select("outbox") == await ours.select("outbox")
        assert await theirs.select("journal") == await ours.select("journal")
    await note(copy, "b")
    assert await notes(copy) == ["a", "b"]
    assert await notes(store) == ["a"]
    await copy.close()


def test_the_light_way_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom storage import accounts, inbox, journal, ledger, orders, outbox, paper\n"
        "from storage import preferences, snapshot, switches, tickets, usage, world\n"
        "heavy = {'sqlalchemy', 'alembic', 'aiosqlite', 'asyncpg', 'pydantic'} & set(sys.modules)\nassert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": "."})
    assert done.returncode == 0, done.stderr
