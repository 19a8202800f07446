"""What a transaction does, the same on every store."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from domain.errors import StorageFailed
from storage.store import Store
from tests.storage.samples import AT, later


def preference(key: str, value: str = "v", account: str = "demo") -> dict[str, Any]:
    return {"account": account, "key": key, "value": value}


async def keys(store: Store) -> list[str]:
    async with store.read() as tx:
        return [row["key"] for row in await tx.select("preferences", order="key")]


async def test_a_write_is_kept_and_read_back(store: Store) -> None:
    async with store.write() as tx:
        assert await tx.insert("preferences", preference("a"))
    async with store.read() as tx:
        assert await tx.select("preferences") == [preference("a")]


async def test_an_existing_key_changes_nothing(store: Store) -> None:
    async with store.write() as tx:
        assert await tx.insert("preferences", preference("a", "first"))
        assert not await tx.insert("preferences", preference("a", "second"))
        assert await tx.insert("preferences", preference("a", "other", account="mine"))
    async with store.read() as tx:
        assert [row["value"] for row in await tx.select("preferences", account="demo")] == ["first"]


async def test_an_existing_key_beside_a_serial_changes_nothing(store: Store) -> None:
    row = {"key": "u1", "account": "", "at": AT, "done": None, "body": "{}"}
    async with store.write() as tx:
        assert await tx.insert("inbox", row)
        assert not await tx.insert("inbox", row | {"body": "[]"})
    async with store.read() as tx:
        assert [r["body"] for r in await tx.select("inbox")] == ["{}"]


async def test_an_exception_leaves_nothing(store: Store) -> None:
    async def write() -> None:
        async with store.write() as tx:
            await tx.insert("preferences", preference("a"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write()
    assert await keys(store) == []
    async with store.write() as tx:
        await tx.insert("preferences", preference("b"))
    assert await keys(store) == ["b"]


async def test_conditions(store: Store) -> None:
    async with store.write() as tx:
        for number in range(5):
            done = later(number) if number > 2 else None
            await tx.insert("inbox", {"key": f"u{number}", "account": "demo", "at": later(number), "done": done, "body": ""})

    async def found(**conditions: Any) -> list[str]:
        async with store.read() as tx:
            return [row["key"] for row in await tx.select("inbox", **({"order": "seq"} | conditions))]

    assert await found(done=None) == ["u0", "u1", "u2"]
    assert await found(key=("u4", "u1")) == ["u1", "u4"]
    assert await found(key=["u4"]) == ["u4"]
    assert await found(key=()) == []
    assert await found(since=("at", later(3))) == ["u3", "u4"]
    assert await found(until=("at", later(1))) == ["u0", "u1"]
    assert await found(since=("at", later(1)), until=("at", later(2)), done=None) == ["u1", "u2"]
    assert await found(order="seq", descending=True, limit=2) == ["u4", "u3"]
    assert await found(order="account, seq", descending=True, limit=1) == ["u4"]
    assert await found(limit=0) == []
    assert await found(at=later(2)) == ["u2"]


async def test_update_and_delete_say_how_many(store: Store) -> None:
    async with store.write() as tx:
        for key in "abc":
            await tx.insert("preferences", preference(key))
        assert await tx.update("preferences", {"value": "w"}, key=("a", "b")) == 2
        assert await tx.update("preferences", {"value": "x"}, key="z") == 0
        assert await tx.update("preferences", {}, key="a") == 0
        assert await tx.delete("preferences", value="w") == 2
        assert await tx.delete("preferences", value="w") == 0
    assert await keys(store) == ["c"]


async def test_a_read_keeps_the_state_it_began_with(store: Store) -> None:
    async with store.write() as tx:
        await tx.insert("preferences", preference("a"))
    async with store.read() as before:
        assert len(await before.select("preferences")) == 1
        async with store.write() as tx:
            await tx.insert("preferences", preference("b"))
        async with store.write() as tx:
            await tx.delete("preferences", key="a")
        assert [row["key"] for row in await before.select("preferences")] == ["a"]
    assert await keys(store) == ["b"]


async def test_a_read_meanwhile_sees_nothing_of_a_write_under_way(store: Store) -> None:
    written, seen = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with store.write() as tx:
            await tx.insert("preferences", preference("a"))
            written.set()
            await asyncio.wait([asyncio.ensure_future(seen.wait())], timeout=0.1)  # the light store has its readers wait instead
        committed.append(True)

    async def read() -> None:
        await written.wait()
        async with store.read() as tx:
            rows = await tx.select("preferences")
            assert len(rows) == (1 if committed else 0)
        seen.set()

    committed: list[bool] = []
    await asyncio.gather(write(), read())
    assert await keys(store) == ["a"]


async def test_writers_take_turns(store: Store) -> None:
    async with store.write() as tx:
        await tx.insert("usage", {"account": "demo", "day": "", "name": "n", "outcome": "", "count": 0, "last": AT})

    async def increment() -> None:
        async with store.write() as tx:
            count = (await tx.select("usage"))[0]["count"]
            await asyncio.wait([asyncio.ensure_future(asyncio.Event().wait())], timeout=0)
            await tx.update("usage", {"count": count + 1})

    await asyncio.gather(*(increment() for _ in range(25)))
    async with store.read() as tx:
        assert (await tx.select("usage"))[0]["count"] == 25


@pytest.mark.parametrize("way", ["read", "write"])
async def test_a_transaction_inside_ones_own_write_is_refused(store: Store, way: str) -> None:
    with pytest.raises(RuntimeError, match="inside one's own write"):
        async with store.write(), getattr(store, way)():
            pass
    async with store.write() as tx:
        await tx.insert("preferences", preference("a"))
    assert await keys(store) == ["a"]


async def test_a_read_changes_nothing(store: Store) -> None:
    async with store.read() as tx:
        with pytest.raises(StorageFailed, match="read"):
            await tx.insert("preferences", preference("a"))
        with pytest.raises(StorageFailed):
            await tx.update("preferences", {"value": "b"})
        with pytest.raises(StorageFailed):
            await tx.delete("preferences")
    assert await keys(store) == []


async def test_a_transaction_that_was_left_is_over(store: Store) -> None:
    async with store.write() as tx:
        pass
    with pytest.raises(RuntimeError, match="left"):
        await tx.insert("preferences", preference("a"))
    async with store.read() as tx:
        pass
    with pytest.raises(RuntimeError, match="left"):
        await tx.select("preferences")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("value", "a\0b"),
        ("value", "\ud800"),
        ("value", 3),
        ("value", None),
    ],
)
async def test_a_value_that_fits_no_column_ends_the_transaction(store: Store, column: str, value: Any) -> None:
    async def write() -> None:
        async with store.write() as tx:
            await tx.insert("preferences", preference("good"))
            with pytest.raises(StorageFailed, match=r"preferences\.value cannot"):
                await tx.insert("preferences", preference("bad") | {column: value})

    with pytest.raises(StorageFailed):  # even when the first refusal was caught
        await write()
    assert await keys(store) == []


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("paper_positions", {"account": "a", "symbol": "X", "quantity": Decimal("NaN")}),
        ("paper_positions", {"account": "a", "symbol": "X", "quantity": 1.5}),
        ("switches", {"account": "a", "halted": 1, "who": "", "at": AT}),
        ("switches", {"account": "a", "halted": True, "who": "", "at": AT.replace(tzinfo=None)}),
        ("journal_head", {"one": 2**63, "seq": 1, "hash": ""}),
    ],
)
async def test_each_kind_refuses_what_it_is_not(store: Store, table: str, row: dict[str, Any]) -> None:
    with pytest.raises(StorageFailed, match="cannot hold"):
        async with store.write() as tx:
            await tx.insert(table, row)


async def test_a_broken_rule_ends_the_transaction(store: Store) -> None:
    async def write() -> None:
        async with store.write() as tx:
            await tx.insert("preferences", preference("a"))
            await tx.insert("preferences", preference("b"))
            with pytest.raises(StorageFailed, match="breaks its rules"):
                await tx.update("preferences", {"key": "a"}, key="b")
            with pytest.raises(StorageFailed, match="breaks its rules"):  # and stays ended
                await tx.select("preferences")

    with pytest.raises(StorageFailed):
        await write()
    assert await keys(store) == []


async def test_a_new_row_has_every_column_that_cannot_be_empty(store: Store) -> None:
    with pytest.raises(StorageFailed, match=r"preferences\.key cannot be empty"):
        async with store.write() as tx:
            await tx.insert("preferences", {"account": "demo", "value": ""})


async def test_names_that_are_not_declared(store: Store) -> None:
    async with store.read() as tx:
        with pytest.raises(LookupError, match="no table nowhere"):
            await tx.select("nowhere")
        with pytest.raises(LookupError, match="no column nothing"):
            await tx.select("preferences", nothing=1)
        with pytest.raises(LookupError):
            await tx.select("preferences", order="nothing")
        with pytest.raises(LookupError):
            await tx.select("preferences", since=("nothing", 1))
    with pytest.raises(LookupError):
        async with store.write() as tx:
            await tx.insert("preferences", {"nothing": 1})


async def test_a_cancelled_write_leaves_nothing(store: Store) -> None:
    reached = asyncio.Event()

    async def write() -> None:
        async with store.write() as tx:
            await tx.insert("preferences", preference("a"))
            reached.set()
            await asyncio.Event().wait()

    task = asyncio.ensure_future(write())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await keys(store) == []


async def test_cancellation_at_any_moment_is_all_or_nothing(store: Store) -> None:
    async def write(number: int) -> None:
        async with store.write() as tx:
            await tx.insert("preferences", preference(f"{number:02}a"))
            await tx.insert("preferences", preference(f"{number:02}b"))

    for number in range(12):
        task = asyncio.ensure_future(write(number))
        for _ in range(number * 3):
            await asyncio.wait([asyncio.ensure_future(asyncio.Event().wait())], timeout=0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    found = await keys(store)
    assert {k[:2] for k in found if k.endswith("a")} == {k[:2] for k in found if k.endswith("b")}
    async with store.write() as tx:
        await tx.insert("preferences", preference("last"))
    assert "last" in await keys(store)


async def test_serials_grow_and_are_never_used_twice(store: Store) -> None:
    row = {"account": "demo", "at": AT, "due": AT, "tries": 0, "delivered": None, "body": ""}
    async with store.write() as tx:
        for _ in range(3):
            await tx.insert("outbox", row)
        last = max(r["id"] for r in await tx.select("outbox"))
        await tx.delete("outbox", id=last)
        await tx.insert("outbox", row)
        assert max(r["id"] for r in await tx.select("outbox")) > last


async def test_text_sorts_by_code_point(store: Store) -> None:
    async with store.write() as tx:
        for key in ("b", "B", "a", "ä", "_", "🙂"):
            await tx.insert("preferences", preference(key))
    assert await keys(store) == sorted(("b", "B", "a", "ä", "_", "🙂"))


@pytest.mark.parametrize("way", ["read", "write"])
async def test_a_closed_store_stays_closed(store: Store, way: str) -> None:
    await store.close()
    await store.close()
    with pytest.raises(StorageFailed, match="was closed"):
        async with getattr(store, way)():
            pass
