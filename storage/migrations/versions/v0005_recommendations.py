"""Recommendations that were shown, and what they were worth."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, Identity, Integer, Text, UniqueConstraint

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
_SERIAL = BigInteger().with_variant(Integer(), "sqlite")


def text(*names: str) -> list[Column[Any]]:
    return [Column(name, _TEXT, nullable=False) for name in names]


def numbered(table: str, *columns: Column[Any], unique: tuple[str, ...]) -> None:
    key: Column[Any] = Column("seq", _SERIAL, Identity(always=False), primary_key=True)
    op.create_table(table, key, *columns, UniqueConstraint(*unique, name=f"uq_{table}"), sqlite_autoincrement=True)


def index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def upgrade() -> None:
    numbered(
        "recommendations",
        *text("id", "account", "rule"),
        Column("symbol", _TEXT, nullable=True),
        *text("at", "adoption", "ticket"),
        Column("settled", _TEXT, nullable=True),
        *text("body"),
        unique=("account", "id"),
    )
    index("recommendations", "account", "at")
    index("recommendations", "account", "adoption")
    numbered(
        "recommendation_scores",
        *text("advice", "account", "rule"),
        Column("horizon", BigInteger(), nullable=False),
        *text("due", "body"),
        unique=("account", "advice", "horizon"),
    )
    index("recommendation_scores", "account", "due")


def downgrade() -> None:
    raise NotImplementedError("a ledger does not go back")
