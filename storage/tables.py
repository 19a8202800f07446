"""The schema as SQLAlchemy tables; the column types are the same plain text and integers on every database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, MetaData, Table, Text, UniqueConstraint

from storage import schema
from storage.schema import Kind

TEXT = Text().with_variant(Text(collation="C"), "postgresql")  # so that text sorts by code point, as SQLite does
SERIAL = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers only INTEGER PRIMARY KEY

_TYPES: dict[Kind, Any] = {Kind.INTEGER: BigInteger(), Kind.BOOLEAN: Integer(), Kind.SERIAL: SERIAL}


def _table(metadata: MetaData, declared: schema.Table) -> Table:
    serial = declared.serial
    columns = []
    for column in declared.columns:
        primary = column.name == serial or (serial is None and column.name in declared.key)
        extras = [Identity(always=False)] if column.name == serial else []
        columns.append(
            Column(
                column.name, _TYPES.get(column.kind, TEXT), *extras, primary_key=primary, nullable=column.empty, autoincrement=bool(extras)
            )
        )
    rules: list[Any] = [Index(f"ix_{declared.name}_{'_'.join(index)}", *index) for index in declared.indexes]
    if serial and declared.key:
        rules.append(UniqueConstraint(*declared.key, name=f"uq_{declared.name}"))
    return Table(declared.name, metadata, *columns, *rules, sqlite_autoincrement=serial is not None)


METADATA = MetaData()
TABLES: dict[str, Table] = {name: _table(METADATA, declared) for name, declared in schema.TABLES.items()}
