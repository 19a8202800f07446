"""What a person and the copilot said to each other, for the lines that follow; it is theirs and is forgotten when they say so."""

from __future__ import annotations

from datetime import datetime

from domain import codec
from domain.speech import Exchange
from storage.bodies import read_body
from storage.store import Tx

KEPT = 40


async def add(tx: Tx, account: str, human: str, exchange: Exchange, at: datetime) -> None:
    """Keep a question and its answer; of the oldest only so many stay."""
    await tx.insert("talks", {"account": account, "human": human, "at": at, "body": codec.dumps(exchange)})
    rows = await tx.select("talks", account=account, human=human, order="seq", descending=True)
    old = tuple(row["seq"] for row in rows[KEPT:])
    if old:
        await tx.delete("talks", seq=old)


async def of(tx: Tx, account: str, human: str) -> list[Exchange]:
    """What was said, oldest first."""
    rows = await tx.select("talks", account=account, human=human, order="seq")
    return [read_body(Exchange, row["body"], table="talks", key=row["seq"]) for row in rows]


async def forget(tx: Tx, account: str, human: str) -> int:
    """Forget all of it; returns how many questions that were."""
    return await tx.delete("talks", account=account, human=human)
