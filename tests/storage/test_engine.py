"""Opening a database: made, brought up to date, or refused with what to do."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from domain.errors import HomeUnusable, NewerDatabase, SetupError, StorageFailed
from storage import files, journal, migrate, schema, statements, tables
from storage.engine import open_store
from storage.server import address
from tests.storage import server
from tests.storage.conftest import Place
from tests.storage.samples import AT

ROOT = Path(__file__).parents[2]


@contextmanager
def nobody(directory: Path) -> Iterator[None]:
    """As somebody whom permissions bind, also where the tests are run by root; what is above the directory may be passed through."""
    if os.geteuid() != 0:
        yield
        return
    for above in directory.parents:
        if above.stat().st_mode & 0o5 != 0o5:
            if "pytest-of-" not in str(above):
                pytest.skip(f"nobody else may pass through {above}, and that is not for a test to change")
            above.chmod(0o755)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def shape(connection: sqlite3.Connection) -> dict[str, Any]:
    """Every table with its columns, keys, indexes and triggers."""
    found: dict[str, Any] = {}
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall():
        columns = [(c[1], c[2], c[3] or c[5] > 0, c[5]) for c in connection.execute(f"PRAGMA table_info('{name}')")]
        indexes = connection.execute(f"PRAGMA index_list('{name}')").fetchall()
        covered = sorted((i[2], tuple(c[2] for c in connection.execute(f"PRAGMA index_info('{i[1]}')"))) for i in indexes)
        triggers = connection.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? ORDER BY sql", (name,)
        ).fetchall()
        made = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
        found[name] = (columns, covered, triggers, "AUTOINCREMENT" in made)
    return found


async def test_a_file_is_made_with_its_directory_for_its_owner_only(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/a%20b 100%?/é/foliopilot.db")
    await store.close()
    path = tmp_path / "a%20b 100%?" / "é" / "foliopilot.db"
    assert path.exists()
    assert path.parent.stat().st_mode & 0o77 == 0
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_every_connection_waits_for_the_disk(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/foliopilot.db")
    async with store.read() as one, store.read() as two, store.write() as three:
        for tx in (one, two, three):
            assert tx.connection.execute("PRAGMA synchronous").fetchone() == (2,)  # type: ignore[attr-defined]  # FULL
    await store.close()


async def test_a_log_that_is_just_being_switched_on_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "foliopilot.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE leftover (x)")
        other.execute("BEGIN IMMEDIATE")
        opening = asyncio.ensure_future(open_store(f"sqlite:///{path}", patience=20.0))
        await asyncio.wait([opening], timeout=0.1)
        assert not opening.done()
        other.execute("COMMIT")
    await (await opening).close()


async def test_a_place_that_cannot_keep_a_log(tmp_path: Path) -> None:
    class Stubborn(sqlite3.Connection):
        def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
            return super().execute(sql.replace("= WAL", "= DELETE"), *arguments)

    with (
        closing(sqlite3.connect(tmp_path / "foliopilot.db", factory=Stubborn)) as connection,
        pytest.raises(sqlite3.OperationalError, match="write-ahead log"),
    ):
        files._use_log(connection)


async def test_a_migration_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path}/foliopilot.db"
    plain = migrate.upgrade

    def fails_late(connection: Connection) -> None:
        plain(connection)
        connection.execute(text("SELECT * FROM nothing_there"))

    monkeypatch.setattr(migrate, "upgrade", fails_late)
    with pytest.raises(StorageFailed, match="nothing_there"):
        await open_store(url)
    with closing(sqlite3.connect(tmp_path / "foliopilot.db")) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    monkeypatch.undo()
    await (await open_store(url)).close()


async def test_migrations_make_what_the_light_store_makes(tmp_path: Path) -> None:
    await (await open_store(f"sqlite:///{tmp_path}/foliopilot.db")).close()
    with closing(sqlite3.connect(tmp_path / "foliopilot.db")) as migrated, closing(sqlite3.connect(":memory:")) as light:
        for table in schema.TABLES.values():
            for statement in statements.create(table):
                light.execute(statement)
        found = shape(migrated)
        assert found.pop("alembic_version")
        assert found == shape(light)


async def test_migrations_make_what_the_schema_says(place: Place) -> None:
    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), tables.METADATA))

    if place.url.startswith("sqlite"):
        made = create_engine(place.url)
        with made.connect() as connection:
            assert differences(connection) == []
        made.dispose()
        return
    store: Any = await place.another()
    async with store.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


def test_every_migration_is_known() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "storage" / "migrations"))
    known = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(known)) == schema.REVISIONS


async def test_a_database_that_is_up_to_date_is_opened_without_alembic(place: Place) -> None:
    script = (
        "import asyncio, sys\nfrom storage.engine import open_store\n"
        "async def main():\n    await (await open_store(sys.argv[1])).close()\n"
        "asyncio.run(main())\nassert 'alembic' not in sys.modules\n"
        "assert 'sqlalchemy' not in sys.modules or not sys.argv[1].startswith('sqlite')"
    )
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", script, place.url], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


async def test_two_first_starts_at_once(tmp_path: Path, postgres: str) -> None:
    url = f"sqlite:///{tmp_path}/home/foliopilot.db"
    stores = await asyncio.gather(*(open_store(url, patience=20.0) for _ in range(4)))
    with server.database(postgres) as fresh:
        servers = await asyncio.gather(*(open_store(fresh) for _ in range(3)))
        for opened in (stores, servers):
            for number, store in enumerate(opened):
                async with store.write() as tx:
                    await journal.append(tx, at=AT, account="demo", kind=str(number), body="")
            async with opened[0].read() as tx:
                assert await journal.verify(tx) is None
                assert len(await tx.select("journal")) == len(opened)
            for store in opened:
                await store.close()


async def test_two_processes_start_at_once(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys\nfrom storage.engine import open_store\n"
        "async def main():\n    await (await open_store(sys.argv[1], patience=20.0)).close()\nasyncio.run(main())"
    )
    command = [sys.executable, "-c", script, f"sqlite:///{tmp_path}/home/foliopilot.db"]
    running = [await asyncio.create_subprocess_exec(*command, cwd=ROOT, stderr=asyncio.subprocess.PIPE) for _ in range(2)]
    for process in running:
        _, complaint = await process.communicate()
        assert process.returncode == 0, complaint.decode()


async def test_a_newer_database_is_not_touched(place: Place) -> None:
    await place.run("UPDATE alembic_version SET version_num = '9999'")
    try:
        with pytest.raises(NewerDatabase, match="9999") as refused:
            await open_store(place.url)
        assert refused.value.example
    finally:
        await place.run(f"UPDATE alembic_version SET version_num = '{schema.HEAD}'")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "cannot be read"),
        ("mysql://localhost/x", "'mysql' are not known"),
        ("sqlite://", "names a file"),
        ("sqlite:///:memory:", "names a file"),
    ],
)
async def test_urls_that_mean_nothing_here(url: str, words: str) -> None:
    with pytest.raises(SetupError, match=words) as refused:
        await open_store(url)
    assert refused.value.example


@pytest.mark.parametrize("name", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+asyncpg"])
def test_every_spelling_of_postgresql_uses_the_async_driver(name: str) -> None:
    found = address(f"{name}://me:secret@host:5433/db?sslmode=require")
    assert found.render_as_string(hide_password=False) == "postgresql+asyncpg://me:secret@host:5433/db?ssl=require"


def test_a_missing_driver_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.server.find_spec", lambda name: None)
    assert importlib.util.find_spec("asyncpg")
    with pytest.raises(SetupError) as refused:
        address("postgresql://localhost/x")
    assert refused.value.example == "pip install 'foliopilot[postgres]'"


async def test_a_server_that_is_not_there() -> None:
    with pytest.raises(SetupError, match="does not answer"):
        await open_store("postgresql://nobody@127.0.0.1:1/x")


async def test_a_database_that_is_not_on_the_server(postgres: str) -> None:
    base, _, query = postgres.partition("?")
    with pytest.raises(SetupError, match="does not exist"):
        await open_store(f"{base.rpartition('/')[0]}/not_there?{query}")


async def test_a_file_in_place_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(HomeUnusable) as refused:
        await open_store(f"sqlite:///{tmp_path}/home/foliopilot.db")
    assert refused.value.example
    with pytest.raises(HomeUnusable):
        await open_store(f"sqlite:///{tmp_path}/home/deeper/foliopilot.db")


async def test_a_directory_in_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "foliopilot.db").mkdir()
    with pytest.raises(HomeUnusable, match="cannot be opened"):
        await open_store(f"sqlite:///{tmp_path}/foliopilot.db")


async def test_a_directory_that_may_not_be_written(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o555)
    with nobody(home):
        with pytest.raises(HomeUnusable, match="cannot be opened"):
            await open_store(f"sqlite:///{home}/foliopilot.db")
        with pytest.raises(HomeUnusable, match="permission denied"):
            await open_store(f"sqlite:///{home}/deeper/foliopilot.db")


async def test_a_file_that_may_not_be_written(tmp_path: Path) -> None:
    await (await open_store(f"sqlite:///{tmp_path}/foliopilot.db")).close()
    (tmp_path / "foliopilot.db").chmod(0o444)
    with nobody(tmp_path / "foliopilot.db"), pytest.raises(HomeUnusable, match=r"read-only|cannot be opened"):
        await open_store(f"sqlite:///{tmp_path}/foliopilot.db")


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "foliopilot.db").write_text("dear diary\n" * 500)
    with pytest.raises(HomeUnusable, match="not a database"):
        await open_store(f"sqlite:///{tmp_path}/foliopilot.db")
    assert (tmp_path / "foliopilot.db").read_text().startswith("dear diary")


async def test_a_locked_database_says_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/foliopilot.db"
    with closing(sqlite3.connect(tmp_path / "foliopilot.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageFailed, match="locked"):
            await open_store(url, patience=0.05)
    await (await open_store(url)).close()
