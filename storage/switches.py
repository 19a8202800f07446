"""The kill switch of each account; it survives a restart."""

from __future__ import annotations

from datetime import datetime

from storage.store import Tx


async def halted(tx: Tx, account: str) -> bool:
    """True while trading on the account is halted."""
    rows = await tx.select("switches", account=account)
    return bool(rows and rows[0]["halted"])


async def set_halted(tx: Tx, account: str, halted: bool, who: str, at: datetime) -> None:
    """Halt or release an account; `who` did it, at that instant."""
    row = {"halted": halted, "who": who, "at": at}
    if not await tx.insert("switches", row | {"account": account}):
        await tx.update("switches", row, account=account)
