"""The journal: nothing in it can be changed unseen."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from domain.errors import StorageFailed
from storage import journal
from storage.store import Store
from tests.storage import server
from tests.storage.conftest import Place
from tests.storage.samples import AT, later

LINES = 5


async def fill(store: Store) -> None:
    for number in range(LINES):
        async with store.write() as tx:
            await journal.append(
                tx,
                at=later(number),
                account="demo",
                kind="even" if number % 2 == 0 else "odd",
                body=f'{{"n":{number}}}',
                who="me",
                origin="here",
            )


async def first_broken(store: Store) -> int | None:
    async with store.read() as tx:
        return await journal.verify(tx)


async def test_lines_are_chained(store: Store) -> None:
    await fill(store)
    async with store.write() as tx:
        await journal.append(tx, at=AT, account="mine", kind="even", body="{}")
    async with store.read() as tx:
        found = await journal.lines(tx, "demo", limit=10)
        assert [line.seq for line in found] == [5, 4, 3, 2, 1]
        assert [line.previous for line in found[:-1]] == [line.hash for line in found[1:]]
        assert found[0].body == '{"n":4}'
        assert (found[0].at, found[0].who, found[0].origin, found[0].kind) == (later(4), "me", "here", "even")
        assert [line.seq for line in await journal.lines(tx, "demo", limit=2, kinds=("even",))] == [5, 3]
        assert await journal.lines(tx, "demo", limit=9, kinds=()) == []
        assert [line.seq for line in await journal.lines(tx, "mine", limit=9)] == [6]
        assert await journal.verify(tx) is None


async def test_the_same_lines_give_the_same_hashes(store: Store) -> None:
    await fill(store)
    async with store.read() as tx:
        assert (await journal.lines(tx, "demo", limit=1))[0].hash == "cb4555a6500297afc19592ec6039f3f65eb739297da9247682ed43b6e1d8c664"


async def test_an_empty_journal_is_whole(store: Store) -> None:
    assert await first_broken(store) is None


async def test_a_line_of_a_failed_transaction_leaves_no_gap(store: Store) -> None:
    await fill(store)

    async def fail() -> None:
        async with store.write() as tx:
            await journal.append(tx, at=AT, account="demo", kind="k", body="")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with store.write() as tx:
        await journal.append(tx, at=AT, account="demo", kind="k", body="")
    async with store.read() as tx:
        assert (await journal.lines(tx, "demo", limit=1))[0].seq == LINES + 1
    assert await first_broken(store) is None


@pytest.mark.parametrize("way", ["update", "delete"])
async def test_it_refuses_changes(store: Store, way: str) -> None:
    await fill(store)

    async def change() -> None:
        async with store.write() as tx:
            await (tx.update("journal", {"body": "x"}, seq=2) if way == "update" else tx.delete("journal", seq=2))

    with pytest.raises(StorageFailed, match="append-only"):
        await change()
    assert await first_broken(store) is None


async def test_it_is_whole_over_many_pages(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "_PAGE", 2)
    await fill(store)
    assert await first_broken(store) is None


TAMPERED = {
    "UPDATE journal SET body = '{\"n\":9}' WHERE seq = 3": 3,
    "UPDATE journal SET who = 'you' WHERE seq = 1": 1,
    "UPDATE journal SET at = '2025-10-10T14:00:00.000001Z' WHERE seq = 2": 2,
    "UPDATE journal SET at = 'never' WHERE seq = 4": 4,
    "UPDATE journal SET account = 'mine', kind = 'odd' WHERE seq = 5": 5,
    "UPDATE journal SET hash = previous WHERE seq = 2": 2,
    "UPDATE journal SET previous = hash WHERE seq = 2": 2,
    "UPDATE journal SET seq = 9 WHERE seq = 5": 5,
    "DELETE FROM journal WHERE seq = 3": 3,
    "DELETE FROM journal WHERE seq = 1": 1,
    "DELETE FROM journal WHERE seq >= 4": 4,
    "DELETE FROM journal": 1,
    "DELETE FROM journal_head": 1,
    "UPDATE journal_head SET seq = 4": 5,
    "UPDATE journal_head SET hash = ''": 5,
    "INSERT INTO journal SELECT 6, at, account, kind, body, who, origin, hash, hash FROM journal WHERE seq = 5": 6,
}


@pytest.fixture
async def written(place: Place) -> tuple[Place, Store]:
    """A place whose journal has lines."""
    store = await place.another()
    await fill(store)
    return place, store


@pytest.mark.parametrize(("statement", "seq"), TAMPERED.items(), ids=lambda v: str(v)[:60])
async def test_tampering_is_named(written: tuple[Place, Store], statement: str, seq: int) -> None:
    place, store = written
    if place.url.startswith("sqlite"):
        with closing(sqlite3.connect(place.url.removeprefix("sqlite:///"))) as connection:
            connection.execute("DROP TRIGGER journal_no_update")
            connection.execute("DROP TRIGGER journal_no_delete")
            connection.execute(statement)
            connection.commit()
    else:
        off, on = (f"ALTER TABLE journal {word} TRIGGER USER" for word in ("DISABLE", "ENABLE"))
        await server.execute(place.url, off, statement, on)
    assert await first_broken(store) == seq


async def test_a_database_that_fails_is_not_called_tampered(store: Store) -> None:
    async def verify_after_failure() -> None:
        async with store.write() as tx:
            with pytest.raises(StorageFailed):
                await tx.insert("preferences", {"account": None})
            await journal.verify(tx)

    with pytest.raises(StorageFailed, match="preferences"):
        await verify_after_failure()
