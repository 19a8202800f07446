"""Whatever a column may hold comes back equal, and sorts as it should."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import StorageFailed, Unreadable
from storage import schema
from storage.engine import open_store
from storage.snapshot import open_memory
from storage.store import Store
from storage.values import read_row, stored

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
DECIMAL = st.decimals(allow_nan=False, allow_infinity=False, places=30) | st.decimals(allow_nan=False, allow_infinity=False)
INSTANT = st.datetimes(
    min_value=datetime(1, 1, 2),
    max_value=datetime(9999, 12, 30),
    timezones=st.integers(-14, 14).map(lambda h: timezone(timedelta(hours=h))),
)
INTEGER = st.integers(-(2**63), 2**63 - 1)
QUICK = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], database=None
)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def bare(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """A store of each kind, whatever is in it."""
    if request.param == "memory":
        made: Store = await open_memory()
    else:
        server_url = request.getfixturevalue("postgres") if request.param == "postgresql" else None
        made = await open_store(server_url or f"sqlite:///{tmp_path}/foliopilot.db")
    yield made
    await made.close()


@QUICK
@given(rows=st.lists(st.tuples(TEXT, DECIMAL, INSTANT | st.none()), min_size=1, max_size=20))
async def test_text_decimals_and_instants(bare: Store, rows: list[tuple[str, Decimal, datetime | None]]) -> None:
    wanted = {account: (cash, cursor) for account, cash, cursor in rows}
    async with bare.write() as tx:
        await tx.delete("paper_accounts")
        for account, (cash, cursor) in wanted.items():
            assert await tx.insert("paper_accounts", {"account": account, "cash": cash, "cursor": cursor})
    async with bare.read() as tx:
        found = await tx.select("paper_accounts", order="account")
    assert {row["account"]: (row["cash"], row["cursor"]) for row in found} == wanted
    assert [row["cash"].as_tuple() for row in found] == [wanted[row["account"]][0].as_tuple() for row in found]
    assert [row["account"] for row in found] == sorted(wanted)
    assert all(row["cursor"] is None or row["cursor"].tzinfo is UTC for row in found)


@QUICK
@given(instants=st.lists(INSTANT, min_size=1, max_size=20, unique=True), numbers=st.lists(INTEGER, min_size=20, max_size=20))
async def test_instants_sort_as_time_and_integers_come_back(bare: Store, instants: list[datetime], numbers: list[int]) -> None:
    async with bare.write() as tx:
        await tx.delete("usage")
        for name, (at, number) in enumerate(zip(instants, numbers, strict=False)):
            await tx.insert("usage", {"account": "", "day": "", "name": str(name), "outcome": "", "count": number, "last": at})
    middle = sorted(instants)[len(instants) // 2]
    async with bare.read() as tx:
        assert [row["last"] for row in await tx.select("usage", order="last")] == sorted(instants)
        assert {row["last"] for row in await tx.select("usage", since=("last", middle))} == {at for at in instants if at >= middle}
        assert {row["last"] for row in await tx.select("usage", until=("last", middle))} == {at for at in instants if at <= middle}
        found = {row["name"]: row["count"] for row in await tx.select("usage")}
    assert found == {str(name): number for name, number in enumerate(numbers[: len(instants)])}


@given(at=INSTANT)
def test_instants_have_one_width(at: datetime) -> None:
    table = schema.table("ledger")
    text = stored(table, table.column("at"), at)
    assert isinstance(text, str)
    assert len(text) == len("2025-10-10T14:00:00.000000Z")


@pytest.mark.parametrize(
    ("table", "column", "raw"),
    [
        ("ledger", "at", "yesterday"),
        ("ledger", "at", "2025-10-10T14:00:00"),
        ("ledger", "at", 3),
        ("ledger", "body", 3),
        ("ledger", "seq", "three"),
        ("paper_positions", "quantity", "1,5"),
    ],
)
def test_what_does_not_read_back_is_named(table: str, column: str, raw: object) -> None:
    declared = schema.table(table)
    good = {"seq": 1, "account": "demo", "id": "e1", "at": "2025-10-10T14:00:00.000000Z", "body": "{}", "symbol": "AAPL", "quantity": "1"}
    row = {name: good[name] for name in declared.by_name} | {column: raw}
    with pytest.raises(Unreadable, match=rf"{table}\.{column} of .*demo"):
        read_row(declared, tuple(row), tuple(row.values()))


def test_an_instant_beyond_the_calendar_is_refused() -> None:
    table = schema.table("ledger")
    with pytest.raises(StorageFailed, match="cannot hold"):
        stored(table, table.column("at"), datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))))
