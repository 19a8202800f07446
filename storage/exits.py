"""Exits the core holds, as rows."""

from __future__ import annotations

from typing import Any

from domain import codec
from domain.errors import StorageFailed
from domain.exits import ExitRule, ExitStatus
from storage.bodies import read_body
from storage.store import Tx


async def add(tx: Tx, rule: ExitRule) -> bool:
    """Store a new exit; False when its id exists, and then nothing changed."""
    fixed = {"id": rule.id, "account": rule.account, "symbol": rule.symbol}
    return await tx.insert("exits", fixed | _state(rule))


async def save(tx: Tx, rule: ExitRule) -> None:
    """Write an exit's present state; raises StorageFailed when it was never added."""
    if await tx.update("exits", _state(rule), id=rule.id) != 1:
        raise StorageFailed(f"There is no exit {rule.id} to save.")


async def get(tx: Tx, id: str) -> ExitRule | None:
    """The exit under that id, or None."""
    rows = await tx.select("exits", id=id)
    return _rule(rows[0]) if rows else None


async def in_status(tx: Tx, account: str, *statuses: ExitStatus) -> list[ExitRule]:
    """Every exit of an account in one of these states, oldest first."""
    return [_rule(row) for row in await tx.select("exits", account=account, status=statuses, order="seq")]


def _state(rule: ExitRule) -> dict[str, Any]:
    return {"status": rule.status, "body": codec.dumps(rule)}


def _rule(row: dict[str, Any]) -> ExitRule:
    return read_body(ExitRule, row["body"], table="exits", key=row["id"])
