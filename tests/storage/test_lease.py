"""The lease: one at a time, told who it is, free again after a crash, and no write by one who was overtaken."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from domain.clock import ManualClock, SystemClock
from domain.errors import HomeUnusable, LeaseTaken, StorageFailed
from storage import lease
from storage.engine import open_store
from storage.lock import FileLock
from storage.snapshot import open_memory
from storage.store import Store
from tests.storage import server
from tests.storage.conftest import file_url
from tests.storage.samples import AT
from tests.storage.test_faults import note, notes

ROOT = Path(__file__).parents[2]

HOLDER = """
import asyncio, sys
from pathlib import Path
from domain.clock import SystemClock
from storage import lease
from storage.engine import open_store
async def main():
    store = await open_store(sys.argv[1])
    home = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    held = await lease.take(store, SystemClock(), command="run", home=home)
    print("held", flush=True)
    sys.stdin.read()
asyncio.run(main())
"""


def hold(*arguments: str) -> subprocess.Popen[str]:
    """Another process that takes the lease and keeps it until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, *arguments], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


async def test_a_second_process_is_told_and_a_crash_frees_it(template: Path, tmp_path: Path) -> None:
    url = await file_url(template, tmp_path)
    other = await asyncio.to_thread(hold, url, str(tmp_path))
    store = await open_store(url)
    with pytest.raises(LeaseTaken, match=rf"process {other.pid} \(foliopilot run\) since \d{{4}}-") as refused:
        await lease.take(store, SystemClock(), command="chat", home=tmp_path)
    assert refused.value.example
    end(other)
    mine = await lease.take(store, SystemClock(), command="chat", home=tmp_path)
    assert mine.token == 2
    assert json.loads((tmp_path / lease.LOCK_FILE).read_text())["pid"] == os.getpid()
    await mine.release()
    again = await lease.take(store, SystemClock(), command="chat", home=tmp_path)
    assert again.token == 3
    await again.release()
    await again.release()
    await store.close()


async def test_many_at_once_one_gets_it(template: Path, tmp_path: Path) -> None:
    url = await file_url(template, tmp_path)
    stores = [await open_store(url) for _ in range(4)]
    found = await asyncio.gather(
        *(lease.take(store, SystemClock(), command="run", home=tmp_path) for store in stores), return_exceptions=True
    )
    won = [one for one in found if isinstance(one, lease.Lease)]
    assert len(won) == 1
    assert sum(isinstance(one, LeaseTaken) for one in found) == 3
    await won[0].release()
    for store in stores:
        await store.close()


async def test_a_lock_whose_holder_has_not_written_yet(tmp_path: Path) -> None:
    first = FileLock(tmp_path / lease.LOCK_FILE)
    assert first.take({}) is None
    store = await open_memory()
    for content in ("", "{", "[]"):
        (tmp_path / lease.LOCK_FILE).write_text(content)
        with pytest.raises(LeaseTaken, match="in use by another process;"):
            await lease.take(store, SystemClock(), command="chat", home=tmp_path)
    first.release()
    first.release()
    await store.close()


async def test_a_home_without_room_for_a_lock(tmp_path: Path) -> None:
    (tmp_path / lease.LOCK_FILE).mkdir()
    store = await open_memory()
    with pytest.raises(HomeUnusable):
        await lease.take(store, SystemClock(), command="chat", home=tmp_path)
    await store.close()


async def test_a_failing_database_leaves_no_lock(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = await open_store(await file_url(template, tmp_path))

    async def fail(_tx: object) -> None:
        raise StorageFailed("not now")

    store.fence(fail)
    with pytest.raises(StorageFailed, match="not now"):
        await lease.take(store, SystemClock(), command="chat", home=tmp_path)
    store.fence(None)
    await (await lease.take(store, SystemClock(), command="chat", home=tmp_path)).release()
    await store.close()


async def test_without_file_locks_the_row_decides(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "SUPPORTED", False)
    clock = ManualClock(AT)
    first = await lease.take(store, clock, command="run", home=tmp_path)
    with pytest.raises(LeaseTaken, match=rf"process {os.getpid()} \(foliopilot run\) since 2025-10-10T14:00:00.123456Z"):
        await lease.take(store, clock, command="chat", home=tmp_path)
    clock.set(AT + timedelta(seconds=29))
    await first.renew()
    clock.set(AT + timedelta(seconds=58))
    with pytest.raises(LeaseTaken):
        await lease.take(store, clock, command="chat", home=tmp_path)
    await first.release()
    second = await lease.take(store, clock, command="chat", home=tmp_path)
    assert second.token == first.token + 1
    assert list(tmp_path.glob(lease.LOCK_FILE)) == []
    await second.release()


async def test_a_holder_that_stood_still_writes_nothing_more(postgres: str) -> None:
    clock = ManualClock(AT)
    stopped, next_one = await open_store(postgres), await open_store(postgres)
    await server.empty(postgres)
    old = await lease.take(stopped, clock, command="run")
    await note(stopped, "mine")
    clock.set(AT + timedelta(seconds=31))
    new = await lease.take(next_one, clock, command="run")
    with pytest.raises(LeaseTaken, match="foliopilot run"):
        await note(stopped, "too late")
    with pytest.raises(LeaseTaken):
        await old.renew()
    await note(next_one, "theirs")
    assert await notes(stopped) == ["mine", "theirs"]  # looking is allowed
    await new.release()
    await stopped.close()
    await next_one.close()


async def test_on_a_server_a_crash_of_this_machine_frees_it_at_once(postgres: str) -> None:
    store = await open_store(postgres)
    await server.empty(postgres)
    other = await asyncio.to_thread(hold, postgres)
    with pytest.raises(LeaseTaken, match=f"process {other.pid}"):
        await lease.take(store, SystemClock(), command="run")
    end(other)
    mine = await lease.take(store, SystemClock(), command="run")
    await mine.release()
    await store.close()


async def test_another_machines_lease_counts_until_it_runs_out() -> None:
    clock, store = ManualClock(AT), await open_memory()
    await lease.take(store, clock, command="run")
    async with store.write() as tx:
        await tx.update("leases", {"host": "elsewhere", "pid": 2**22 + 1})
    with pytest.raises(LeaseTaken):
        await lease.take(store, clock, command="chat")
    clock.set(AT + timedelta(seconds=30))
    await lease.take(store, clock, command="chat")
    await store.close()


async def test_a_process_of_somebody_else_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_pid: int, _signal: int) -> None:
        raise PermissionError

    clock, store = ManualClock(AT), await open_memory()
    await lease.take(store, clock, command="run")
    monkeypatch.setattr("os.kill", forbidden)
    with pytest.raises(LeaseTaken):
        await lease.take(store, clock, command="chat")
    await store.close()


async def test_keeping_it_renews_and_ends_when_overtaken(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, store = ManualClock(AT), await open_memory()
    mine = await lease.take(store, clock, command="run")
    keeping = asyncio.ensure_future(mine.keep())
    await clock.advance(timedelta(seconds=0))
    for _ in range(12):
        await clock.advance(timedelta(seconds=10))
    assert not keeping.done()
    async with store.read() as tx:
        assert (await tx.select("leases"))[0]["expires"] > clock.now()

    renew, failures = mine.renew, [StorageFailed("locked")]

    async def stutter() -> None:
        if failures:
            raise failures.pop()
        await renew()

    monkeypatch.setattr(mine, "renew", stutter)
    await clock.advance(timedelta(seconds=10))
    assert not keeping.done()
    async with store.write() as tx:
        await tx.update("leases", {"token": 99})
    await clock.advance(timedelta(seconds=10))
    with pytest.raises(LeaseTaken):
        await keeping
    await store.close()
