"""Bodies: domain values kept as JSON text beside the columns they are found by."""

from __future__ import annotations

from typing import TypeVar

from domain import codec
from domain.errors import Unreadable

T = TypeVar("T")


def read_body(kind: type[T], text: str, *, table: str, key: object) -> T:
    """The value of a stored body; raises Unreadable naming table and key when it no longer decodes."""
    try:
        return codec.loads(kind, text)
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError) as error:
        raise Unreadable(f"The row {key} of table {table} does not read back as {kind.__name__}: {error}") from error
