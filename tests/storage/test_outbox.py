"""The outbox on every store: two lanes, one verdict a row, and what was told of a fact."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from domain.alerts import Urgency
from storage import journal, outbox
from storage.outbox import HELD_BACK, TOLD, Verdict
from storage.store import Store
from tests.storage.samples import AT, alert, later


def ordinary(key: str, kind: str = "news"):
    return replace(alert(key), kind=kind, urgency=Urgency.INFO, weight=Decimal("0.1"))


async def test_critical_rows_have_a_lane_of_their_own(store: Store) -> None:
    async with store.write() as tx:
        for made in (ordinary("a"), alert("b"), ordinary("c"), replace(alert("d"), account="other")):
            await outbox.add(tx, made)
    async with store.read() as tx:
        assert [row.alert.key for row in await outbox.urgent(tx, "demo", 10)] == ["b"]
        assert [row.alert.key for row in await outbox.ordinary(tx, "demo", AT, 10)] == ["a", "c"]
        assert [row.alert.key for row in await outbox.ordinary(tx, "demo", AT, 1)] == ["a"]
        assert [row.alert.key for row in await outbox.waiting(tx, "demo")] == ["a", "b", "c"]
        assert (await outbox.ordinary(tx, "demo", AT, 1))[0].alert.weight == Decimal("0.1")


async def test_a_row_ends_with_one_verdict(store: Store) -> None:
    async with store.write() as tx:
        for key in "abc":
            await outbox.add(tx, ordinary(key))
        first, second, third = (row.id for row in await outbox.waiting(tx, "demo"))
        await outbox.settle(tx, (first, second), later(1), Verdict.SILENT)
        await outbox.settle(tx, (first,), later(2), Verdict.OFF)
        await outbox.settle(tx, (), later(2), Verdict.OFF)
        await outbox.hold(tx, (first,), later(60))
        await outbox.hold(tx, (third,), later(60))
        await outbox.hold(tx, (), later(60))
    async with store.read() as tx:
        rows = {row.alert.key: row for row in await outbox.recent(tx, "demo", 9)}
        assert (rows["a"].verdict, rows["a"].delivered) == (Verdict.SILENT, later(1))
        assert (rows["c"].verdict, rows["c"].delivered, rows["c"].due) == (Verdict.HELD, None, later(60))
        assert await outbox.ordinary(tx, "demo", later(59), 9) == []
        assert len(await outbox.ordinary(tx, "demo", later(60), 9)) == 1
    async with store.write() as tx:
        assert await outbox.release(tx, "demo", later(5)) == 1
        assert len(await outbox.ordinary(tx, "demo", later(5), 9)) == 1


async def test_what_was_told_of_a_fact_and_of_a_day(store: Store) -> None:
    async with store.write() as tx:
        for key, at, verdict in (
            ("news:AAPL:1", 1, Verdict.LOUD),
            ("news:AAPL:1", 2, Verdict.SILENT),
            ("news:AAPL:1", 3, Verdict.REPEATED),
            ("news:KO:2", 4, Verdict.OVER_BUDGET),
            ("gap:KO", 5, Verdict.MERGED),
        ):
            await outbox.add(tx, ordinary(key, key.partition(":")[0]))
            newest = await outbox.newest(tx, "demo", key)
            await outbox.settle(tx, (newest.id,), later(at), verdict)
        await outbox.add(tx, ordinary("gap:KO", "gap"))
    async with store.read() as tx:
        last = await outbox.told(tx, "demo", "news:AAPL:1", AT)
        assert (last.delivered, last.verdict) == (later(2), Verdict.SILENT)
        assert await outbox.told(tx, "demo", "news:AAPL:1", later(3)) is None
        assert (await outbox.told(tx, "demo", "gap:KO", AT)).verdict is Verdict.MERGED
        assert sorted(await outbox.told_kinds(tx, "demo", AT)) == ["news", "news"]
        assert [row.alert.key for row in await outbox.settled(tx, "demo", AT, *HELD_BACK)] == ["news:AAPL:1", "news:KO:2"]
        assert len(await outbox.settled(tx, "demo", later(2), *TOLD)) == 2
        assert (await outbox.newest(tx, "demo", "news:A")).alert.key == "news:AAPL:1"
        assert await outbox.newest(tx, "demo", "news:Z") is None
        assert await outbox.newest(tx, "nobody", "news") is None


async def test_what_does_not_read_back_is_settled_and_in_nobodys_way(store: Store) -> None:
    row = {"account": "demo", "at": AT, "due": AT, "tries": 0, "delivered": None, "body": "{}", "chat": outbox.HOME}
    async with store.write() as tx:
        await tx.insert("outbox", row)
        await tx.insert("outbox", row | {"body": "[]", "verdict": "a new word"})
        await outbox.add(tx, ordinary("a"))
        assert [row.alert.key for row in await outbox.due(tx, AT)] == ["a"]
        assert await outbox.settle_unreadable(tx, "demo", later(1)) == 2
        assert await outbox.settle_unreadable(tx, "demo", later(1)) == 0
        assert len(await tx.select("outbox", verdict=Verdict.UNREADABLE)) == 2


async def test_journal_lines_of_a_half_open_interval(store: Store) -> None:
    async with store.write() as tx:
        for number, kind in enumerate(("a", "b", "a", "c", "a")):
            await journal.append(tx, at=later(number), account="demo", kind=kind, body=str(number))
        await journal.append(tx, at=later(1), account="other", kind="a", body="x")
    async with store.read() as tx:
        found = await journal.between(tx, "demo", later(0), later(4), kinds=("a", "b"))
        assert [line.body for line in found] == ["0", "1", "2"]
        assert await journal.between(tx, "demo", later(9), later(10), kinds=("a",)) == []
