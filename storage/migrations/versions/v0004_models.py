"""What was said with a language model, and what that took."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Identity, Integer, Text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
_SERIAL = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "talks",
        Column("seq", _SERIAL, Identity(always=False), primary_key=True),
        *(Column(name, _TEXT, nullable=False) for name in ("account", "human", "at", "body")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_talks_account_human", "talks", ["account", "human"])
    op.create_table(
        "model_use",
        *(Column(name, _TEXT, primary_key=True) for name in ("account", "human", "day", "model")),
        *(Column(name, BigInteger(), nullable=False) for name in ("answers", "read", "written")),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger does not go back")
