"""The journal: every move, append-only, each line bound by hash to the one before, so that a changed past shows."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain import codec
from domain.errors import Unreadable
from storage.store import Tx

_HEAD = 1  # the one row of journal_head, which knows the last line, so that a missing end shows as well
_GENESIS = "0" * 64
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One line; `hash` is SHA-256 over `previous` and everything before it here."""

    seq: int
    at: datetime
    account: str
    kind: str
    body: str
    who: str
    origin: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What a line says, before it has its place."""

    at: datetime
    account: str
    kind: str
    body: str


async def append(tx: Tx, *, at: datetime, account: str, kind: str, body: str, who: str = "", origin: str = "") -> None:
    """Add a line behind the last one; it becomes durable with the transaction."""
    await extend(tx, (Entry(at, account, kind, body),), who, origin)


async def extend(tx: Tx, entries: Sequence[Entry], who: str = "", origin: str = "") -> None:
    """Add lines in their order behind the last one; they become durable with the transaction."""
    if not entries:
        return
    heads = await tx.select("journal_head", one=_HEAD)
    seq, digest = (heads[0]["seq"], heads[0]["hash"]) if heads else (0, _GENESIS)
    for e in entries:
        seq, previous = seq + 1, digest
        digest = _digest(previous, seq, e.at, e.account, e.kind, e.body, who, origin)
        row = {"seq": seq, "at": e.at, "account": e.account, "kind": e.kind, "body": e.body, "who": who, "origin": origin}
        await tx.insert("journal", row | {"previous": previous, "hash": digest})
    if heads:
        await tx.update("journal_head", {"seq": seq, "hash": digest}, one=_HEAD)
    else:
        await tx.insert("journal_head", {"one": _HEAD, "seq": seq, "hash": digest})


async def lines(tx: Tx, account: str, *, limit: int, kinds: Collection[str] | None = None) -> list[JournalLine]:
    """The newest lines of an account, newest first, of these kinds only where given."""
    narrowed: dict[str, Any] = {} if kinds is None else {"kind": tuple(kinds)}
    rows = await tx.select("journal", account=account, order="seq", descending=True, limit=limit, **narrowed)
    return [JournalLine(**row) for row in rows]


async def between(tx: Tx, account: str, since: datetime, until: datetime, *, kinds: Collection[str]) -> list[JournalLine]:
    """The lines of these kinds in the half-open interval [since, until), oldest first."""
    rows = await tx.select("journal", account=account, kind=tuple(kinds), since=("at", since), until=("at", until), order="seq")
    return [JournalLine(**row) for row in rows if row["at"] < until]


async def length(tx: Tx) -> int:
    """How many lines there are, as the head says."""
    heads = await tx.select("journal_head", one=_HEAD)
    return heads[0]["seq"] if heads else 0


async def verify(tx: Tx) -> int | None:
    """None when every line is as it was written; else the number of the first line that was changed, removed or added."""
    heads = await tx.select("journal_head", one=_HEAD)
    last, last_hash = (heads[0]["seq"], heads[0]["hash"]) if heads else (0, _GENESIS)
    seq, previous, page = 0, _GENESIS, _PAGE
    while True:
        try:
            rows = await tx.select("journal", since=("seq", seq + 1), order="seq", limit=page)
        except Unreadable:
            if page == 1:
                return seq + 1
            page = 1  # one of these lines does not even read back: find out which
            continue
        for line in (JournalLine(**row) for row in rows):
            seq += 1
            digest = _digest(previous, line.seq, line.at, line.account, line.kind, line.body, line.who, line.origin)
            if line.seq != seq or seq > last or line.previous != previous or line.hash != digest:
                return seq
            previous = digest
        if len(rows) < page:
            break
    if seq < last:
        return seq + 1
    return None if previous == last_hash else max(seq, 1)


def _digest(previous: str, seq: int, at: datetime, account: str, kind: str, body: str, who: str, origin: str) -> str:
    return hashlib.sha256(codec.dumps((previous, seq, at, account, kind, body, who, origin)).encode()).hexdigest()
