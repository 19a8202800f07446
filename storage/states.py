"""What a part of the core remembers across restarts: one value per account and part."""

from __future__ import annotations

from typing import Any, TypeVar

from domain import codec
from storage.bodies import read_body
from storage.store import Tx

T = TypeVar("T")


async def get(tx: Tx, account: str, part: str, kind: type[T]) -> T | None:
    """What the part kept, read as `kind`; None before it kept anything."""
    rows = await tx.select("states", account=account, part=part)
    return read_body(kind, rows[0]["body"], table="states", key=f"{account}/{part}") if rows else None


async def put(tx: Tx, account: str, part: str, value: Any) -> None:
    """Keep a value in place of what was kept before."""
    body = codec.dumps(value)
    if not await tx.insert("states", {"account": account, "part": part, "body": body}):
        await tx.update("states", {"body": body}, account=account, part=part)
