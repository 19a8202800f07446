"""People with roles, the chats alerts go to, answers on their way to a platform, and the messages that show cards."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, Identity, Integer, Text, UniqueConstraint

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
_SERIAL = BigInteger().with_variant(Integer(), "sqlite")


def text(*names: str) -> list[Column[Any]]:
    return [Column(name, _TEXT, nullable=False) for name in names]


def numbered(table: str, name: str, *columns: Column[Any], unique: tuple[str, ...] = ()) -> None:
    key: Column[Any] = Column(name, _SERIAL, Identity(always=False), primary_key=True)
    rules = [UniqueConstraint(*unique, name=f"uq_{table}")] if unique else []
    op.create_table(table, key, *columns, *rules, sqlite_autoincrement=True)


def index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def upgrade() -> None:
    numbered("people", "seq", *text("account", "platform", "person", "body"), unique=("account", "platform", "person"))
    numbered(
        "answers",
        "id",
        *text("platform", "chat", "at"),
        Column("sent", _TEXT, nullable=True),
        *text("body"),
    )
    index("answers", "platform", "sent")
    numbered(
        "messages",
        "seq",
        *text("platform", "chat", "message", "account", "thread"),
        Column("open", Integer(), nullable=False),
        *text("at"),
        unique=("platform", "chat", "message"),
    )
    index("messages", "account", "thread")
    index("messages", "platform", "open")
    op.add_column("outbox", Column("chat", _TEXT, nullable=True))
    op.execute("UPDATE outbox SET chat = 'terminal:local'")
    index("outbox", "account", "chat")


def downgrade() -> None:
    raise NotImplementedError("a ledger does not go back")
