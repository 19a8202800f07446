"""The limits an account's owner changed, as they are typed, by name; what is not there has its default."""

from __future__ import annotations

from storage.store import Tx


async def all(tx: Tx, account: str) -> dict[str, str]:
    """Every changed limit of an account."""
    return {row["name"]: row["value"] for row in await tx.select("limits", account=account, order="name")}


async def put(tx: Tx, account: str, name: str, value: str) -> None:
    """Set one, in place of what was set before."""
    if not await tx.insert("limits", {"account": account, "name": name, "value": value}):
        await tx.update("limits", {"value": value}, account=account, name=name)


async def drop(tx: Tx, account: str, name: str) -> None:
    """Back to the default; nothing happens where it has it already."""
    await tx.delete("limits", account=account, name=name)
