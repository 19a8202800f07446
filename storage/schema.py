"""Every table as plain data, from which both the light store and the durable one are built."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

REVISIONS: tuple[str, ...] = ("0001", "0002", "0003", "0004", "0005")
"""Every migration this version knows, oldest first; a database at any other one is newer than this program."""

HEAD = REVISIONS[-1]


class Kind(StrEnum):
    """What a column holds, and so how it is written: see `values`."""

    TEXT = "text"
    BODY = "body"  # JSON of domain/codec
    DECIMAL = "decimal"
    INSTANT = "instant"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    SERIAL = "serial"  # numbered by the database, growing, never used twice


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `empty` allows None."""

    name: str
    kind: Kind
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `key` identifies a row; a serial column, where there is one, is the primary key and `key` is unique beside it."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...] = ()
    append_only: bool = False
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {c.name: c for c in self.columns})

    @property
    def serial(self) -> str | None:
        """The column the database numbers, or None."""
        return next((c.name for c in self.columns if c.kind is Kind.SERIAL), None)

    def column(self, name: str) -> Column:
        """The column of that name; raises LookupError."""
        try:
            return self.by_name[name]
        except KeyError:
            raise LookupError(f"table {self.name} has no column {name}") from None


def _columns(text: str) -> tuple[Column, ...]:
    """`"at instant, symbol text?"`: names with kinds, a question mark where None is allowed."""
    pairs = (part.split() for part in text.split(","))
    return tuple(Column(name, Kind(kind.rstrip("?")), kind.endswith("?")) for name, kind in pairs)


_ALL = (
    Table("accounts", _columns("seq serial, account text, body body"), ("account",)),
    Table(
        "tickets",
        _columns("seq serial, id text, account text, status text, reason text, created instant, expires instant, body body"),
        ("id",),
        (("account", "status"),),
    ),
    Table(
        "orders",
        _columns("seq serial, client_id text, account text, ticket text, symbol text, status text, updated instant, body body"),
        ("client_id",),
        (("account", "status"), ("ticket",)),
    ),
    Table("ledger", _columns("seq serial, account text, id text, at instant, body body"), ("account", "id"), (("account", "at"),)),
    Table(
        "journal",
        _columns(
            "seq integer, at instant, account text, kind text, body text, who text, origin text, previous text, hash text",
        ),
        ("seq",),
        (("account", "kind"),),
        append_only=True,
    ),
    Table("journal_head", _columns("one integer, seq integer, hash text"), ("one",)),
    Table("switches", _columns("account text, halted boolean, who text, at instant"), ("account",)),
    Table(
        "outbox",
        _columns(
            "id serial, account text, at instant, due instant, tries integer, delivered instant?, body body, "
            "kind text?, key text?, verdict text?, chat text?"
        ),
        (),
        (("delivered", "due"), ("account", "key"), ("account", "chat")),
    ),
    Table("inbox", _columns("seq serial, key text, account text, at instant, done instant?, body body"), ("key",), (("done",),)),
    Table(
        "answers",
        _columns("id serial, platform text, chat text, at instant, sent instant?, body body"),
        (),
        (("platform", "sent"),),
    ),
    Table(
        "messages",
        _columns("seq serial, platform text, chat text, message text, account text, thread text, open boolean, at instant"),
        ("platform", "chat", "message"),
        (("account", "thread"), ("platform", "open")),
    ),
    Table(
        "usage",
        _columns("account text, day text, name text, outcome text, count integer, last instant"),
        ("account", "day", "name", "outcome"),
    ),
    Table("preferences", _columns("account text, key text, value text"), ("account", "key")),
    Table("limits", _columns("account text, name text, value text"), ("account", "name")),
    Table("states", _columns("account text, part text, body body"), ("account", "part")),
    Table(
        "mandates",
        _columns("seq serial, id text, account text, status text, body body"),
        ("id",),
        (("account", "status"),),
    ),
    Table(
        "exits",
        _columns("seq serial, id text, account text, symbol text, status text, body body"),
        ("id",),
        (("account", "status"),),
    ),
    Table("people", _columns("seq serial, account text, platform text, person text, body body"), ("account", "platform", "person")),
    Table(
        "job_runs",
        _columns("seq serial, account text, job text, due instant, ran instant, outcome text, detail text"),
        ("account", "job", "due"),
    ),
    Table("talks", _columns("seq serial, account text, human text, at instant, body body"), (), (("account", "human"),)),
    Table(
        "model_use",
        _columns("account text, human text, day text, model text, answers integer, read integer, written integer"),
        ("account", "human", "day", "model"),
    ),
    Table(
        "recommendations",
        _columns(
            "seq serial, id text, account text, rule text, symbol text?, at instant, "
            "adoption text, ticket text, settled instant?, body body"
        ),
        ("account", "id"),
        (("account", "at"), ("account", "adoption")),
    ),
    Table(
        "recommendation_scores",
        _columns("seq serial, advice text, account text, rule text, horizon integer, due instant, body body"),
        ("account", "advice", "horizon"),
        (("account", "due"),),
    ),
    Table("world", _columns("one integer, seed integer, epoch instant, instant instant, body body"), ("one",)),
    Table("paper_accounts", _columns("account text, cash decimal, cursor instant?"), ("account",)),
    Table(
        "paper_orders",
        _columns("seq serial, account text, client_id text, open boolean, body body"),
        ("account", "client_id"),
        (("account", "open"),),
    ),
    Table("paper_positions", _columns("account text, symbol text, quantity decimal"), ("account", "symbol")),
    Table(
        "leases",
        _columns("name text, token integer, host text, pid integer, command text, since instant, expires instant"),
        ("name",),
    ),
)

TABLES = MappingProxyType({t.name: t for t in _ALL})


def table(name: str) -> Table:
    """The table of that name; raises LookupError."""
    try:
        return TABLES[name]
    except KeyError:
        raise LookupError(f"there is no table {name}") from None
