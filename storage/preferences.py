"""What each account's people set for themselves, as text by key."""

from __future__ import annotations

from storage.store import Tx


async def get(tx: Tx, account: str, key: str) -> str | None:
    """What was set, or None."""
    rows = await tx.select("preferences", account=account, key=key)
    return str(rows[0]["value"]) if rows else None


async def set(tx: Tx, account: str, key: str, value: str) -> None:
    """Set it, in place of what was set before."""
    if not await tx.insert("preferences", {"account": account, "key": key, "value": value}):
        await tx.update("preferences", {"value": value}, account=account, key=key)
