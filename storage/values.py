"""Domain values to what a database column holds and back, the same on every database.

Decimals are text, digit for digit; instants are UTC text of fixed width, so that their order as text is their order in time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from domain.errors import StorageFailed, Unreadable
from storage.schema import Column, Kind, Table
from storage.schema import table as table_named


def stored(table: Table, column: Column, value: Any) -> str | int | None:
    """What is written for a value; raises StorageFailed for one the column cannot hold, before anything reaches the database."""
    if value is None:
        if not column.empty and column.kind is not Kind.SERIAL:
            raise StorageFailed(f"{table.name}.{column.name} cannot be empty")
        return None
    try:
        return _WRITE[column.kind](value)
    except (ValueError, TypeError, OverflowError) as error:
        raise StorageFailed(f"{table.name}.{column.name} cannot hold this value: {error}") from error


def stored_row(table: Table, row: Mapping[str, Any]) -> dict[str, str | int | None]:
    """`stored` for each named column."""
    return {name: stored(table, table.column(name), value) for name, value in row.items()}


def new_row(table: Table, row: Mapping[str, Any]) -> dict[str, str | int | None]:
    """`stored_row` for a row that is added: every column that cannot be empty must be there."""
    values = stored_row(table, row)
    if len(values) < len(table.columns):
        for column in table.columns:
            if column.name not in values:
                stored(table, column, None)
    return values


def read_row(table: Table, names: tuple[str, ...], raw: tuple[Any, ...]) -> dict[str, Any]:
    """A row as domain values; raises Unreadable naming table, column and key where one does not read back."""
    row: dict[str, Any] = {}
    for name, read, value in zip(names, _readers(table.name, names), raw, strict=True):
        try:
            row[name] = None if value is None else read(value)
        except (ValueError, TypeError, ArithmeticError) as error:
            found = dict(zip(names, raw, strict=True))
            key = ", ".join(str(found[k]) for k in table.key)
            raise Unreadable(f"{table.name}.{name} of {key or raw[0]} does not read back: {value!r}") from error
    return row


@cache
def _readers(table: str, names: tuple[str, ...]) -> tuple[Callable[[Any], Any], ...]:
    """How the columns of a row are read, worked out once."""
    declared = table_named(table)
    return tuple(_READ[declared.column(name).kind] for name in names)


def _write_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} is not text")
    if "\0" in value:
        raise ValueError("a NUL character cannot be stored")
    value.encode()  # a lone surrogate has no UTF-8 form: UnicodeEncodeError is a ValueError
    return str(value)


def _write_decimal(value: Any) -> str:
    if not isinstance(value, Decimal) or not value.is_finite():
        raise TypeError(f"{value!r} is not a finite Decimal")
    return str(value)


def _write_instant(value: Any) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError(f"{value!r} is not an aware datetime")
    return value.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def _write_integer(value: Any) -> int:
    if not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise TypeError(f"{value!r} is not a 64-bit integer")
    return int(value)


def _write_boolean(value: Any) -> int:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is not True or False")
    return int(value)


def _read_instant(value: Any) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("an instant without zone")
    return at


def _read_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value


_WRITE: Mapping[Kind, Callable[[Any], str | int]] = {
    Kind.TEXT: _write_text,
    Kind.BODY: _write_text,
    Kind.DECIMAL: _write_decimal,
    Kind.INSTANT: _write_instant,
    Kind.INTEGER: _write_integer,
    Kind.BOOLEAN: _write_boolean,
    Kind.SERIAL: _write_integer,
}
_READ: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _read_text,
    Kind.BODY: _read_text,
    Kind.DECIMAL: Decimal,
    Kind.INSTANT: _read_instant,
    Kind.INTEGER: int,
    Kind.BOOLEAN: bool,
    Kind.SERIAL: int,
}
