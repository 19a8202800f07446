"""The socket of storage: a store opens read and write transactions, a transaction works on rows of the declared tables."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

Row = Mapping[str, Any]
"""Column name to domain value: str, int, bool, Decimal, aware datetime or None."""


class Tx(Protocol):
    """One transaction over the tables of `schema`; a table or column that is not declared raises LookupError.

    Conditions are equalities; a tuple or list means "one of", None means "is empty". Every database error raises StorageFailed, after
    which the transaction can only be left: nothing of it is kept.
    """

    async def insert(self, table: str, row: Row) -> bool:
        """Add a row; False when a row with the same key exists, and then nothing changed."""
        ...

    async def update(self, table: str, changes: Row, **where: Any) -> int:
        """Change the rows that match and return how many did."""
        ...

    async def delete(self, table: str, **where: Any) -> int:
        """Remove the rows that match and return how many did."""
        ...

    async def select(
        self,
        table: str,
        *,
        order: str = "",
        descending: bool = False,
        limit: int | None = None,
        since: tuple[str, Any] | None = None,
        until: tuple[str, Any] | None = None,
        **where: Any,
    ) -> list[dict[str, Any]]:
        """The rows that match, whole. `order` names columns, comma-separated; `since` and `until` are (column, value), both inclusive."""
        ...


class Store(Protocol):
    """A database with one writer at a time; a read sees one committed state. Opening either inside one's own write raises RuntimeError."""

    def read(self) -> AbstractAsyncContextManager[Tx]:
        """A view of one committed state; writing through it raises StorageFailed."""
        ...

    def write(self, *, relaxed: bool = False) -> AbstractAsyncContextManager[Tx]:
        """The one writer: commits on leaving, rolls back on any exception. When it was left without one, everything is on disk.

        What is `relaxed` is committed and seen as any other and survives the end of the program, but a power cut may take it back, with
        what was committed after it: for what is then done again and comes out the same.
        """
        ...

    async def close(self) -> None:
        """Let go of the database; closing twice changes nothing, and every transaction after it raises StorageFailed."""
        ...
