"""Limits as rows: set, replaced, dropped, each account its own."""

from storage import limits
from storage.store import Store


async def test_limits_are_kept_by_account_and_name(store: Store) -> None:
    async with store.write() as tx:
        await limits.put(tx, "a", "sector", "35%")
        await limits.put(tx, "a", "drawdown", "10%")
        await limits.put(tx, "b", "sector", "50%")
        await limits.put(tx, "a", "sector", "30%")
    async with store.read() as tx:
        assert await limits.all(tx, "a") == {"drawdown": "10%", "sector": "30%"}
    async with store.write() as tx:
        await limits.drop(tx, "a", "sector")
        await limits.drop(tx, "a", "never")
    async with store.read() as tx:
        assert await limits.all(tx, "a") == {"drawdown": "10%"}
        assert await limits.all(tx, "b") == {"sector": "50%"}
