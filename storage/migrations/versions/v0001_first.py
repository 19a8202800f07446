"""The first tables."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, Identity, Integer, PrimaryKeyConstraint, Text, UniqueConstraint

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def text(*names: str) -> list[Column[Any]]:
    return [Column(name, _TEXT, nullable=False) for name in names]


def maybe(name: str) -> Column[Any]:
    return Column(name, _TEXT, nullable=True)


def number(*names: str) -> list[Column[Any]]:
    return [Column(name, BigInteger(), nullable=False) for name in names]


def flag(name: str) -> Column[Any]:
    return Column(name, Integer(), nullable=False)


def numbered(table: str, serial: str, *columns: Column[Any], unique: tuple[str, ...] = ()) -> None:
    kind = BigInteger().with_variant(Integer(), "sqlite")
    rules = [UniqueConstraint(*unique, name=f"uq_{table}")] if unique else []
    key: Column[Any] = Column(serial, kind, Identity(always=False), primary_key=True)
    op.create_table(table, key, *columns, *rules, sqlite_autoincrement=True)


def keyed(table: str, *columns: Column[Any], key: tuple[str, ...]) -> None:
    op.create_table(table, *columns, PrimaryKeyConstraint(*key))


def index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def upgrade() -> None:
    _book()
    _chat()
    _demo()
    _journal()


def _book() -> None:
    numbered("accounts", "seq", *text("account", "body"), unique=("account",))
    numbered("tickets", "seq", *text("id", "account", "status", "reason", "created", "expires", "body"), unique=("id",))
    index("tickets", "account", "status")
    numbered("orders", "seq", *text("client_id", "account", "ticket", "symbol", "status", "updated", "body"), unique=("client_id",))
    index("orders", "account", "status")
    index("orders", "ticket")
    numbered("ledger", "seq", *text("account", "id", "at", "body"), unique=("account", "id"))
    index("ledger", "account", "at")
    keyed("switches", *text("account"), flag("halted"), *text("who", "at"), key=("account",))


def _chat() -> None:
    numbered("outbox", "id", *text("account", "at", "due"), *number("tries"), maybe("delivered"), *text("body"))
    index("outbox", "delivered", "due")
    numbered("inbox", "seq", *text("key", "account", "at"), maybe("done"), *text("body"), unique=("key",))
    index("inbox", "done")
    keyed("usage", *text("account", "day", "name", "outcome"), *number("count"), *text("last"), key=("account", "day", "name", "outcome"))
    keyed("preferences", *text("account", "key", "value"), key=("account", "key"))
    leases = (*text("name"), *number("token"), *text("host"), *number("pid"), *text("command", "since", "expires"))
    keyed("leases", *leases, key=("name",))


def _demo() -> None:
    keyed("world", *number("one", "seed"), *text("epoch", "instant", "body"), key=("one",))
    keyed("paper_accounts", *text("account", "cash"), maybe("cursor"), key=("account",))
    numbered("paper_orders", "seq", *text("account", "client_id"), flag("open"), *text("body"), unique=("account", "client_id"))
    index("paper_orders", "account", "open")
    keyed("paper_positions", *text("account", "symbol", "quantity"), key=("account", "symbol"))


def _journal() -> None:
    journal = (*number("seq"), *text("at", "account", "kind", "body", "who", "origin", "previous", "hash"))
    keyed("journal", *journal, key=("seq",))
    index("journal", "account", "kind")
    keyed("journal_head", *number("one", "seq"), *text("hash"), key=("one",))
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f'CREATE TRIGGER "journal_no_{verb.lower()}" BEFORE {verb} ON "journal" '
                "BEGIN SELECT RAISE(ABORT, 'journal is append-only'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'journal is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON journal "
            "FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only()"
        )


def downgrade() -> None:
    raise NotImplementedError("a ledger does not go back")
