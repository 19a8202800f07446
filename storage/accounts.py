"""Accounts as they were set up."""

from __future__ import annotations

from typing import Any

from domain import codec
from domain.portfolio import AccountSpec
from storage.bodies import read_body
from storage.store import Tx


async def add(tx: Tx, spec: AccountSpec) -> bool:
    """Set up an account; False when there is one of that name, and then nothing changed."""
    return await tx.insert("accounts", {"account": spec.name, "body": codec.dumps(spec)})


async def get(tx: Tx, name: str) -> AccountSpec | None:
    """The account of that name, or None."""
    rows = await tx.select("accounts", account=name)
    return _spec(rows[0]) if rows else None


async def all(tx: Tx) -> list[AccountSpec]:
    """Every account, in the order they were set up."""
    return [_spec(row) for row in await tx.select("accounts", order="seq")]


def _spec(row: dict[str, Any]) -> AccountSpec:
    return read_body(AccountSpec, row["body"], table="accounts", key=row["account"])
