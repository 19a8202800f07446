"""What must be survived: locks, full and read-only disks, kills, torn logs, failing commits."""

from __future__ import annotations

import asyncio
import itertools
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from domain.errors import HomeUnusable, StorageFailed
from storage import journal
from storage.engine import open_store
from storage.failures import server_failure, sqlite_failure
from storage.filestore import FileStore
from storage.snapshot import open_copy
from storage.store import Store
from tests.storage import server
from tests.storage.conftest import Place, file_url
from tests.storage.samples import AT

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def file(template: Path, tmp_path: Path) -> str:
    """The URL of an empty database file."""
    return await file_url(template, tmp_path)


async def note(store: Store, value: str, *, relaxed: bool = False) -> None:
    """One commit: a journal line and a row."""
    async with store.write(relaxed=relaxed) as tx:
        await journal.append(tx, at=AT, account="demo", kind="note", body=value)
        await tx.insert("preferences", {"account": "demo", "key": value, "value": value})


async def notes(store: Store) -> list[str]:
    """What was committed, after checking that the journal agrees."""
    async with store.read() as tx:
        assert await journal.verify(tx) is None
        kept = [row["key"] for row in await tx.select("preferences")]
        assert sorted(kept) == sorted(row["body"] for row in await tx.select("journal"))
    return kept


async def open_file(url: str, **how: float) -> FileStore:
    """The store of a file by its URL."""
    store = await open_store(url, **how)
    assert isinstance(store, FileStore)
    return store


async def sabotage(store: FileStore, settle: Callable[[sqlite3.Connection], object]) -> None:
    """Have every connection made from now on prepared by `settle` too, and leave those there are."""
    before = store.settle
    store.settle = lambda connection: (before(connection), settle(connection))
    await store.renew()


async def test_another_process_keeps_it_locked(file: str) -> None:
    store = await open_store(file, patience=0.1)
    script = (
        "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\nc.execute('BEGIN IMMEDIATE')\n"
        "print('held', flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, file.removeprefix("sqlite:///")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        await asyncio.to_thread(other.stdout.readline)
        with pytest.raises(StorageFailed, match="locked by another program"):
            await note(store, "a")
        assert await notes(store) == []  # reading goes on
        other.communicate()
    await note(store, "b")
    assert await notes(store) == ["b"]
    await store.close()


async def test_a_full_disk(file: str) -> None:
    store = await open_file(file)
    await note(store, "before")
    with closing(sqlite3.connect(file.removeprefix("sqlite:///"))) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    limit = [f"PRAGMA max_page_count = {pages + 1}"]
    await sabotage(store, lambda connection: [connection.execute(pragma) for pragma in limit])
    with pytest.raises(StorageFailed, match="disk is full"):
        await note(store, "x" * 50_000)
    assert await notes(store) == ["before"]
    limit.clear()
    await store.renew()
    await note(store, "after")
    assert await notes(store) == ["before", "after"]
    await store.close()


async def test_a_read_only_database(file: str) -> None:
    store = await open_file(file)
    await note(store, "before")
    await sabotage(store, lambda connection: connection.execute("PRAGMA query_only = 1"))
    with pytest.raises(StorageFailed, match="read-only"):
        await note(store, "x")
    assert await notes(store) == ["before"]
    await store.close()


async def test_a_damaged_file(file: str) -> None:
    store = await open_store(file)
    for number in range(20):
        await note(store, f"{number}" * 400)
    await store.close()
    path = Path(file.removeprefix("sqlite:///"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-16384] + bytes(reversed(whole[-16384:])))
    store = await open_store(file)
    with pytest.raises(StorageFailed, match="damaged"):
        await notes(store)
    await store.close()
    path.write_bytes(whole[:4096] + bytes(reversed(whole[4096:])))
    with pytest.raises(HomeUnusable, match="damaged"):
        await open_store(file)


async def deny_commits(store: FileStore, denied: Callable[[int], bool]) -> None:
    """Have the database refuse the commits whose number, counted from 1, is `denied`."""
    numbers = itertools.count(1)

    def authorise(action: int, argument: str | None, *_: Any) -> int:
        commits = action == sqlite3.SQLITE_TRANSACTION and argument == "COMMIT"
        return sqlite3.SQLITE_DENY if commits and denied(next(numbers)) else sqlite3.SQLITE_OK

    await sabotage(store, lambda connection: connection.set_authorizer(authorise))


@pytest.mark.parametrize("relaxed", ["", "ac", "abcd"])
@pytest.mark.parametrize("failing", [1, 2, 3, 4])
async def test_the_nth_commit_fails(file: str, failing: int, relaxed: str) -> None:
    store = await open_file(file)
    await deny_commits(store, lambda number: number == failing)
    kept = []
    for value in "abcd":
        try:
            await note(store, value, relaxed=value in relaxed)
            kept.append(value)
        except StorageFailed:
            assert len(kept) == failing - 1
        assert await notes(store) == kept
    assert len(kept) == 3
    await store.close()


@pytest.mark.parametrize("fails", [False, True])
async def test_a_writer_cancelled_in_its_commit_ends_it_first(file: str, fails: bool) -> None:
    store, loop = await open_file(file), asyncio.get_running_loop()
    writing = asyncio.ensure_future(note(store, "a"))

    def cancelled_meanwhile(number: int) -> bool:
        if number == 1:
            asyncio.run_coroutine_threadsafe(_cancel(writing), loop).result()  # the thread waits until the loop has done it
        return fails and number == 1

    await deny_commits(store, cancelled_meanwhile)
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await notes(store) == ([] if fails else ["a"])
    await note(store, "b")
    assert (await notes(store))[-1] == "b"
    await store.close()


async def _cancel(task: asyncio.Future[None]) -> None:
    task.cancel()


async def test_writers_that_wait_share_a_commit(file: str) -> None:
    store, counted = await open_file(file), [0]

    def counts(number: int) -> bool:
        counted.append(number)
        return False

    await deny_commits(store, counts)
    await asyncio.gather(*(note(store, f"{n:03}") for n in range(200)))
    assert sorted(await notes(store)) == [f"{n:03}" for n in range(200)]
    assert 0 < counted[-1] < 100
    await store.close()


async def test_a_relaxed_write_shares_what_is_open_and_waits_for_nobody_else(file: str) -> None:
    store, other = await open_file(file), await open_store(file, patience=0.1)
    works = [note(store, f"{n:02}", relaxed=n % 3 == 0) for n in range(60)]
    await asyncio.gather(*works)
    assert sorted(await notes(store)) == [f"{n:02}" for n in range(60)]
    async with other.write() as tx:
        await tx.insert("preferences", {"account": "other", "key": "x", "value": "x"})
        waiting = asyncio.ensure_future(note(store, "late", relaxed=True))
        await asyncio.wait({waiting}, timeout=0.05)
        assert not waiting.done(), "another process writes, so it takes its turn"
    await waiting
    async with store.read() as tx:
        assert {row["key"] for row in await tx.select("preferences", key=["x", "late"])} == {"x", "late"}
    await store.close()
    await other.close()


async def test_relaxed_writes_do_not_let_the_log_grow_for_ever(file: str) -> None:
    store, path = await open_file(file), Path(file.removeprefix("sqlite:///"))
    for number in range(1500):
        await note(store, f"{number}" * 100, relaxed=number % 5 > 0)
    assert path.with_name(path.name + "-wal").stat().st_size < 8_000_000
    await store.close()


async def test_one_writer_of_a_group_that_fails_takes_nothing_of_the_others(file: str) -> None:
    store = await open_file(file)

    async def fails(value: str) -> None:
        async with store.write() as tx:
            await tx.insert("preferences", {"account": "demo", "key": value, "value": value})
            raise ValueError(value)

    works = [note(store, f"{n:02}") if n % 3 else fails(f"{n:02}") for n in range(30)]
    ended = await asyncio.gather(*works, return_exceptions=True)
    assert [type(e) for e in ended] == [type(None) if n % 3 else ValueError for n in range(30)]
    assert await notes(store) == [f"{n:02}" for n in range(30) if n % 3]
    await store.close()


async def test_a_commit_that_fails_fails_for_everybody_in_its_group(file: str) -> None:
    store = await open_file(file)
    await deny_commits(store, lambda number: number == 1)
    ended = await asyncio.gather(*(note(store, f"{n:02}") for n in range(40)), return_exceptions=True)
    failed = [n for n, e in enumerate(ended) if isinstance(e, StorageFailed)]
    assert len(failed) > 1, "the commit was shared"
    assert sorted(await notes(store)) == [f"{n:02}" for n in range(40) if n not in failed]
    await note(store, "after")
    assert "after" in await notes(store)
    await store.close()


async def test_a_group_the_database_gives_up_is_nobodys(file: str) -> None:
    store = await open_file(file)

    async def gives_up() -> None:
        async with store.write() as tx:
            tx.connection.rollback()  # type: ignore[attr-defined]  # as SQLite does by itself when the disk is full
            raise StorageFailed("the disk is full")

    ended = await asyncio.gather(note(store, "a"), note(store, "b"), gives_up(), note(store, "c"), return_exceptions=True)
    kept = [name for name, e in zip(("a", "b", "-", "c"), ended, strict=True) if e is None]
    assert await notes(store) == kept
    assert isinstance(ended[2], StorageFailed)
    await note(store, "after")
    assert (await notes(store))[-1] == "after"
    await store.close()


async def test_read_modify_writers_lose_nothing(place: Place) -> None:
    first, second = await place.another(), await place.another()
    async with first.write() as tx:
        await tx.insert("usage", {"account": "demo", "day": "", "name": "n", "outcome": "", "count": 0, "last": AT})

    async def increment(store: Store) -> None:
        for _ in range(100):
            async with store.write() as tx:
                count = (await tx.select("usage"))[0]["count"]
                await tx.update("usage", {"count": count + 1})

    await asyncio.gather(increment(first), increment(second))
    async with first.read() as tx:
        assert (await tx.select("usage"))[0]["count"] == 200


async def test_a_server_whose_writers_wait_too_long(postgres: str) -> None:
    patient, hasty = await open_store(postgres), await open_store(postgres, patience=0.05)
    await server.empty(postgres)
    async with patient.write():
        with pytest.raises(StorageFailed, match="locked"):
            await note(hasty, "a")
    await note(hasty, "b")
    assert await notes(patient) == ["b"]
    await patient.close()
    await hasty.close()


async def test_a_server_that_drops_the_connection(postgres: str) -> None:
    store = await open_store(postgres)
    await server.empty(postgres)

    async def write() -> None:
        async with store.write() as tx:
            await journal.append(tx, at=AT, account="demo", kind="note", body="a")
            await server.execute(
                postgres,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            await journal.append(tx, at=AT, account="demo", kind="note", body="b")

    with pytest.raises(StorageFailed):
        await write()
    await note(store, "c")
    assert await notes(store) == ["c"]
    await store.close()


WRITER = """
import asyncio, sys
from storage.engine import open_store
from tests.storage.test_faults import note
async def main():
    store = await open_store(sys.argv[1])
    for number in range(100000):
        await note(store, f"{sys.argv[2]}-{number}", relaxed=number % 2 == 1)
        print(number, flush=True)
asyncio.run(main())
"""


async def test_a_killed_writer_loses_nothing_it_acknowledged(file: str) -> None:
    chance = random.Random(7)
    acknowledged: list[str] = []
    for life in range(5):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WRITER, file, str(life), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        for _ in range(chance.randrange(1, 25)):
            acknowledged.append(f"{life}-{int(await process.stdout.readline())}")
        process.kill()
        acknowledged.extend(f"{life}-{int(line)}" for line in (await process.stdout.read()).splitlines())
        await process.wait()
        store = await open_store(file)
        kept = await notes(store)
        await store.close()
        assert set(acknowledged) <= set(kept)
        assert len(kept) <= len(acknowledged) + life + 1  # at most the one that was being acknowledged, of each life


async def test_a_torn_log_gives_a_prefix_of_the_commits(file: str, tmp_path: Path) -> None:
    store = await open_store(file)
    path = Path(file.removeprefix("sqlite:///"))
    values = [f"{number:03}" for number in range(30)]
    for number, value in enumerate(values):
        await note(store, value, relaxed=number % 3 == 1)
    torn = tmp_path / "torn"
    torn.mkdir()
    base, log = path.read_bytes(), path.with_name(path.name + "-wal").read_bytes()
    await store.close()
    before = -1
    for offset in [*range(0, len(log), max(512, len(log) // 120 // 512 * 512)), len(log)]:
        for left in torn.iterdir():
            left.unlink()
        (torn / path.name).write_bytes(base)
        (torn / f"{path.name}-wal").write_bytes(log[:offset])
        copy = await open_copy(torn / path.name)
        kept = await notes(copy)
        await copy.close()
        assert kept == values[: len(kept)]
        assert len(kept) >= before
        before = len(kept)
    assert before == len(values)
    shutil.rmtree(torn)


@pytest.mark.parametrize(
    ("sqlstate", "words"),
    [
        ("40001", "locked"),
        ("55P03", "locked"),
        ("53100", "full"),
        ("25006", "read-only"),
        ("57P01", "shutting down"),
        ("08006", "was lost"),
        ("23505", "breaks its rules; nothing was written: why"),
        ("42601", "refused; nothing was written: why"),
        (None, "does not answer: why"),
    ],
)
def test_a_server_error_is_a_sentence(sqlstate: str | None, words: str) -> None:
    assert words in str(server_failure(sqlstate, "why"))


def test_an_error_without_a_code_keeps_its_words() -> None:
    assert "why" in str(sqlite_failure(sqlite3.ProgrammingError("why")))
