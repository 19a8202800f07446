"""Bodies: domain values kept as JSON text beside the columns they are found by."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar, cast

from domain import codec
from domain.errors import Unreadable

T = TypeVar("T")

_loads = lru_cache(maxsize=1024)(codec.loads)  # values are frozen, and one row is often read several times while one thing happens


def read_body(kind: type[T], text: str, *, table: str, key: object) -> T:
    """The value of a stored body; raises Unreadable naming table and key when it no longer decodes."""
    try:
        return cast(T, _loads(cast(Any, kind), text))
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError) as error:
        raise Unreadable(f"The row {key} of table {table} does not read back as {kind.__name__}: {error}") from error
