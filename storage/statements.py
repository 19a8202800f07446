"""SQLite statements as text, made from the schema: what the light store runs without a query builder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from storage.schema import Column, Kind, Table
from storage.schema import table as table_named
from storage.values import new_row, stored, stored_row

Statement = tuple[str, tuple[str | int | None, ...]]
"""The text with its parameters."""

_AFFINITY = {Kind.INTEGER: "BIGINT", Kind.BOOLEAN: "INTEGER", Kind.SERIAL: "INTEGER"}


def create(table: Table) -> Iterator[str]:
    """The statements that make a table, its indexes and, where it is append-only, the triggers that keep it so."""
    serial = table.serial
    columns = [_declaration(c, serial) for c in table.columns]
    if table.key:
        rule = "UNIQUE" if serial else "PRIMARY KEY"
        columns.append(f"{rule} ({_names(table.key)})")
    yield f'CREATE TABLE "{table.name}" ({", ".join(columns)})'
    for index in table.indexes:
        yield f'CREATE INDEX "ix_{table.name}_{"_".join(index)}" ON "{table.name}" ({_names(index)})'
    if table.append_only:
        for verb in ("UPDATE", "DELETE"):
            yield (
                f'CREATE TRIGGER "{table.name}_no_{verb.lower()}" BEFORE {verb} ON "{table.name}" '
                f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only'); END"
            )


def _declaration(column: Column, serial: str | None) -> str:
    rule = " PRIMARY KEY AUTOINCREMENT" if column.name == serial else ""
    return f'"{column.name}" {_AFFINITY.get(column.kind, "TEXT")}{"" if column.empty else " NOT NULL"}{rule}'


def insert(table: Table, row: Mapping[str, Any]) -> Statement:
    """Add a row unless its key exists."""
    values = new_row(table, row)
    return _insert(table.name, tuple(values)), tuple(values.values())


@cache
def _insert(table: str, names: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(names))
    return f'INSERT INTO "{table}" ({_names(names)}) VALUES ({marks}) ON CONFLICT DO NOTHING'


def update(table: Table, changes: Mapping[str, Any], where: Mapping[str, Any]) -> Statement:
    """Change the rows that match."""
    values = stored_row(table, changes)
    condition, parameters = _conditions(table, where)
    sets = ", ".join(f'"{name}" = ?' for name in values)
    return f'UPDATE "{table.name}" SET {sets}{condition}', (*values.values(), *parameters)


def delete(table: Table, where: Mapping[str, Any]) -> Statement:
    """Remove the rows that match."""
    condition, parameters = _conditions(table, where)
    return f'DELETE FROM "{table.name}"{condition}', tuple(parameters)


def select(
    table: Table,
    where: Mapping[str, Any],
    *,
    order: str = "",
    descending: bool = False,
    limit: int | None = None,
    since: tuple[str, Any] | None = None,
    until: tuple[str, Any] | None = None,
) -> Statement:
    """The rows that match, every column in the order of the schema."""
    condition, parameters = _conditions(table, where, since, until)
    text = f"{_select(table.name)}{condition}"
    if order:
        direction = " DESC" if descending else ""
        text += " ORDER BY " + ", ".join(f'"{table.column(name.strip()).name}"{direction}' for name in order.split(","))
    if limit is not None:
        text += " LIMIT ?"
        parameters.append(limit)
    return text, tuple(parameters)


@cache
def _select(table: str) -> str:
    return f'SELECT {_names(table_named(table).by_name)} FROM "{table}"'


def _conditions(
    table: Table, where: Mapping[str, Any], since: tuple[str, Any] | None = None, until: tuple[str, Any] | None = None
) -> tuple[str, list[str | int | None]]:
    parts: list[str] = []
    parameters: list[str | int | None] = []
    for name, value in where.items():
        column = table.column(name)
        if value is None:
            parts.append(f'"{name}" IS NULL')
        elif isinstance(value, tuple | list):
            parts.append(f'"{name}" IN ({", ".join("?" * len(value))})')
            parameters.extend(stored(table, column, v) for v in value)
        else:
            parts.append(f'"{name}" = ?')
            parameters.append(stored(table, column, value))
    for bound, sign in ((since, ">="), (until, "<=")):
        if bound is not None:
            column = table.column(bound[0])
            parts.append(f'"{column.name}" {sign} ?')
            parameters.append(stored(table, column, bound[1]))
    return (" WHERE " + " AND ".join(parts) if parts else ""), parameters


def _names(names: Any) -> str:
    return ", ".join(f'"{n}"' for n in names)
