"""What the trading core remembers: limits, mandates, exits it holds, the runs of its jobs, and how each alert was dealt with."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, Identity, Integer, PrimaryKeyConstraint, Text, UniqueConstraint

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def text(*names: str) -> list[Column[Any]]:
    return [Column(name, _TEXT, nullable=False) for name in names]


def numbered(table: str, *columns: Column[Any], unique: tuple[str, ...]) -> None:
    kind = BigInteger().with_variant(Integer(), "sqlite")
    key: Column[Any] = Column("seq", kind, Identity(always=False), primary_key=True)
    op.create_table(table, key, *columns, UniqueConstraint(*unique, name=f"uq_{table}"), sqlite_autoincrement=True)


def keyed(table: str, *columns: Column[Any], key: tuple[str, ...]) -> None:
    op.create_table(table, *columns, PrimaryKeyConstraint(*key))


def index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def upgrade() -> None:
    keyed("limits", *text("account", "name", "value"), key=("account", "name"))
    keyed("states", *text("account", "part", "body"), key=("account", "part"))
    numbered("mandates", *text("id", "account", "status", "body"), unique=("id",))
    index("mandates", "account", "status")
    numbered("exits", *text("id", "account", "symbol", "status", "body"), unique=("id",))
    index("exits", "account", "status")
    numbered("job_runs", *text("account", "job", "due", "ran", "outcome", "detail"), unique=("account", "job", "due"))
    for name in ("kind", "key", "verdict"):
        op.add_column("outbox", Column(name, _TEXT, nullable=True))
    index("outbox", "account", "key")


def downgrade() -> None:
    raise NotImplementedError("a ledger does not go back")
