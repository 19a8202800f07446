"""Kept records: what an account signed or asked for, as rows with an id, a status and the record itself as their body."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from domain import codec
from domain.errors import StorageFailed
from storage.bodies import read_body
from storage.store import Tx


class Record(Protocol):
    """What can be kept so."""

    @property
    def id(self) -> str:
        """What it is called; unique in its table."""
        ...

    @property
    def account(self) -> str:
        """Whose it is."""
        ...

    @property
    def status(self) -> StrEnum:
        """How it stands."""
        ...


R = TypeVar("R", bound=Record)


class Kept(Generic[R]):
    """The records of one table; `named` are the fields that have columns of their own besides id, account and status."""

    def __init__(self, table: str, kind: type[R], word: str, *named: str) -> None:
        self._table = table
        self._kind = kind
        self._word = word
        self._named = named

    async def add(self, tx: Tx, record: R) -> bool:
        """Store a new one; False when its id exists, and then nothing changed."""
        fixed = {"id": record.id, "account": record.account} | {name: getattr(record, name) for name in self._named}
        return await tx.insert(self._table, fixed | _state(record))

    async def save(self, tx: Tx, record: R) -> None:
        """Write its present state; raises StorageFailed when it was never added."""
        if await tx.update(self._table, _state(record), id=record.id) != 1:
            raise StorageFailed(f"There is no {self._word} {record.id} to save.")

    async def get(self, tx: Tx, id: str) -> R | None:
        """The one under that id, or None."""
        rows = await tx.select(self._table, id=id)
        return self._read(rows[0]) if rows else None

    async def in_status(self, tx: Tx, account: str, *statuses: StrEnum) -> list[R]:
        """Every one of an account in one of these states, oldest first."""
        return [self._read(row) for row in await tx.select(self._table, account=account, status=statuses, order="seq")]

    def _read(self, row: dict[str, Any]) -> R:
        return read_body(self._kind, row["body"], table=self._table, key=row["id"])


def _state(record: Record) -> dict[str, Any]:
    return {"status": record.status, "body": codec.dumps(record)}
