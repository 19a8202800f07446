"""Usage: which command or verb, with what outcome, how often a day; never what was said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from storage.store import Tx


@dataclass(frozen=True, slots=True)
class Usage:
    """How often a command or verb ended in an outcome, over all days, and when last."""

    name: str
    outcome: str
    count: int
    last: datetime


async def record(tx: Tx, at: datetime, account: str, name: str, outcome: str) -> None:
    """Count one use."""
    key: dict[str, Any] = {"account": account, "day": at.astimezone(UTC).date().isoformat(), "name": name, "outcome": outcome}
    if not await tx.insert("usage", key | {"count": 1, "last": at}):
        rows = await tx.select("usage", **key)
        await tx.update("usage", {"count": rows[0]["count"] + 1, "last": max(at, rows[0]["last"])}, **key)


async def counts(tx: Tx, account: str) -> list[Usage]:
    """Every command or verb with each outcome it had, most used first."""
    sums: dict[tuple[str, str], tuple[int, datetime]] = {}
    for row in await tx.select("usage", account=account):
        key = (row["name"], row["outcome"])
        count, last = sums.get(key, (0, row["last"]))
        sums[key] = (count + row["count"], max(last, row["last"]))
    found = [Usage(name, outcome, count, last) for (name, outcome), (count, last) in sums.items()]
    return sorted(found, key=lambda usage: (-usage.count, usage.name, usage.outcome))
