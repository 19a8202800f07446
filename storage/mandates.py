"""Mandates as rows."""

from __future__ import annotations

from typing import Any

from domain import codec
from domain.errors import StorageFailed
from domain.mandates import Mandate, MandateStatus
from storage.bodies import read_body
from storage.store import Tx


async def add(tx: Tx, mandate: Mandate) -> bool:
    """Store a new mandate; False when its id exists, and then nothing changed."""
    return await tx.insert("mandates", {"id": mandate.id, "account": mandate.account} | _state(mandate))


async def save(tx: Tx, mandate: Mandate) -> None:
    """Write a mandate's present state; raises StorageFailed when it was never added."""
    if await tx.update("mandates", _state(mandate), id=mandate.id) != 1:
        raise StorageFailed(f"There is no mandate {mandate.id} to save.")


async def get(tx: Tx, id: str) -> Mandate | None:
    """The mandate under that id, or None."""
    rows = await tx.select("mandates", id=id)
    return _mandate(rows[0]) if rows else None


async def in_status(tx: Tx, account: str, *statuses: MandateStatus) -> list[Mandate]:
    """Every mandate of an account in one of these states, oldest first."""
    return [_mandate(row) for row in await tx.select("mandates", account=account, status=statuses, order="seq")]


def _state(mandate: Mandate) -> dict[str, Any]:
    return {"status": mandate.status, "body": codec.dumps(mandate)}


def _mandate(row: dict[str, Any]) -> Mandate:
    return read_body(Mandate, row["body"], table="mandates", key=row["id"])
