"""The outbox: alerts that are not lost, written with the journal line that caused them and kept with what became of each.

A row waits while `delivered` is empty. Then it is settled: `delivered` says when, `verdict` how, and it never changes again. A critical
alert has its verdict from the beginning: nothing that a reader sets keeps it back.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain import codec
from domain.alerts import Alert, Urgency
from domain.errors import StorageFailed, Unreadable
from storage.bodies import read_body
from storage.store import Tx

log = logging.getLogger(__name__)

LAST = "\U0010ffff"
HOME = "terminal:local"
"""The chat of the person at the terminal: whatever goes to anybody goes there too."""


class Verdict(StrEnum):
    """What became of an alert; `HELD` alone is not the end."""

    LOUD = "loud"
    SILENT = "silent"
    MERGED = "merged"  # told inside the summary that another row carried
    HELD = "held"  # waits for the end of the quiet hours
    ELSEWHERE = "not needed: told elsewhere"  # by the answer to the reader's own line, or by another alert of the same fact
    OFF = "suppressed: switched off"
    SNOOZED = "suppressed: snoozed"
    REPEATED = "suppressed: told already"
    OVER_BUDGET = "suppressed: over the day's budget"
    UNDELIVERED = "failed: could not be shown"
    UNREADABLE = "failed: does not read back"


TOLD = (Verdict.LOUD, Verdict.SILENT, Verdict.MERGED)
HELD_BACK = (Verdict.OFF, Verdict.SNOOZED, Verdict.REPEATED, Verdict.OVER_BUDGET, Verdict.UNDELIVERED)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An alert with how it stands; `tries` is how often sending it failed, `due` when it is to be tried (again)."""

    id: int
    alert: Alert
    tries: int
    due: datetime
    delivered: datetime | None = None
    verdict: Verdict | None = None


async def add(tx: Tx, alert: Alert, chats: Sequence[str] = (HOME,)) -> None:
    """Queue an alert for every chat it goes to, due at once; each chat's row has a fate of its own."""
    row = {"account": alert.account, "at": alert.at, "due": alert.at, "tries": 0, "delivered": None, "body": codec.dumps(alert)}
    verdict = Verdict.LOUD if alert.urgency is Urgency.CRITICAL else None
    for chat in chats:
        await tx.insert("outbox", row | {"kind": alert.kind, "key": alert.key, "verdict": verdict, "chat": chat})


async def due(tx: Tx, now: datetime, limit: int = 50, *, account: str | None = None) -> list[OutboxRow]:
    """What waits and is due by now, of one account where it is named, in the order it was queued."""
    narrowed: dict[str, Any] = {} if account is None else {"account": account}
    return _read(await tx.select("outbox", delivered=None, until=("due", now), order="id", limit=limit, **narrowed))


async def chats(tx: Tx, account: str, now: datetime) -> list[str]:
    """The chats that something waits for which may be told now, those with something critical first."""
    rows = await tx.select("outbox", account=account, delivered=None, order="id")
    ready = [row for row in rows if row["verdict"] != Verdict.HELD or row["due"] <= now]
    return list(dict.fromkeys(row["chat"] for row in sorted(ready, key=lambda row: row["verdict"] != Verdict.LOUD)))


async def urgent(tx: Tx, account: str, limit: int, *, chat: str = HOME) -> list[OutboxRow]:
    """Critical alerts that wait, in the order they were queued, those to be tried later included."""
    return _read(await tx.select("outbox", account=account, chat=chat, delivered=None, verdict=Verdict.LOUD, order="id", limit=limit))


async def ordinary(tx: Tx, account: str, now: datetime, limit: int, *, chat: str = HOME) -> list[OutboxRow]:
    """The other alerts that wait, in the order they were queued: those to be tried later included, those held only once it is time."""
    fresh = await tx.select("outbox", account=account, chat=chat, delivered=None, verdict=None, order="id", limit=limit)
    held = await tx.select(
        "outbox", account=account, chat=chat, delivered=None, verdict=Verdict.HELD, until=("due", now), order="id", limit=limit
    )
    return _read(sorted([*fresh, *held], key=lambda row: row["id"])[:limit])


async def waiting(tx: Tx, account: str, limit: int = 1000, *, chat: str = HOME) -> list[OutboxRow]:
    """Everything that waits, whatever for, in the order it was queued."""
    return _read(await tx.select("outbox", account=account, chat=chat, delivered=None, order="id", limit=limit))


async def delivered(tx: Tx, id: int, at: datetime, verdict: Verdict = Verdict.LOUD) -> None:
    """Note that it arrived; a second time changes nothing."""
    await settle(tx, (id,), at, verdict)


async def settle(tx: Tx, ids: Sequence[int], at: datetime, verdict: Verdict) -> None:
    """End the waiting of these rows; one that is settled already keeps its verdict."""
    if ids:
        await tx.update("outbox", {"delivered": at, "verdict": verdict}, id=tuple(ids), delivered=None)


async def settle_unreadable(tx: Tx, account: str, at: datetime, *, chat: str = HOME) -> int:
    """End the waiting of rows whose body no longer reads back, so that they hold nobody up; returns how many there were."""
    rows = await tx.select("outbox", account=account, chat=chat, delivered=None)
    bad = tuple(row["id"] for row in rows if _one(row) is None)
    await settle(tx, bad, at, Verdict.UNREADABLE)
    return len(bad)


async def hold(tx: Tx, ids: Sequence[int], until: datetime) -> None:
    """Keep these rows back until then."""
    if ids:
        await tx.update("outbox", {"verdict": Verdict.HELD, "due": until}, id=tuple(ids), delivered=None)


async def release(tx: Tx, account: str, at: datetime, *, chat: str = HOME) -> int:
    """What is held is due at once, because the quiet hours changed; returns how many that are."""
    return await tx.update("outbox", {"due": at}, account=account, chat=chat, delivered=None, verdict=Verdict.HELD)


async def retry(tx: Tx, id: int, at: datetime) -> None:
    """Note that sending failed and try again from that instant on; raises StorageFailed for an unknown id."""
    rows = await tx.select("outbox", id=id)
    if not rows:
        raise StorageFailed(f"There is no alert {id} in the outbox.")
    await tx.update("outbox", {"due": at, "tries": rows[0]["tries"] + 1}, id=id)


async def told(tx: Tx, account: str, key: str, since: datetime, *, chat: str = HOME) -> OutboxRow | None:
    """The last time this fact was told, if that was not before `since`."""
    rows = _read(await tx.select("outbox", account=account, chat=chat, key=key, verdict=TOLD, since=("delivered", since), order="id"))
    return max(rows, key=lambda row: (row.delivered, row.id), default=None)


async def told_kinds(tx: Tx, account: str, since: datetime, *, chat: str = HOME) -> list[str]:
    """The kind of every message that was shown from then on; a summary is the kind of the row that carried it."""
    rows = await tx.select("outbox", account=account, chat=chat, verdict=(Verdict.LOUD, Verdict.SILENT), since=("delivered", since))
    return [row["kind"] or "" for row in rows]


async def settled(tx: Tx, account: str, since: datetime, *verdicts: Verdict, chat: str = HOME) -> list[OutboxRow]:
    """What was settled from then on with one of these verdicts, in the order it was queued."""
    return _read(await tx.select("outbox", account=account, chat=chat, verdict=verdicts, since=("delivered", since), order="id"))


async def newest(tx: Tx, account: str, key: str, *, chat: str = HOME) -> OutboxRow | None:
    """The newest alert whose key begins so, or None."""
    rows = await tx.select(
        "outbox", account=account, chat=chat, since=("key", key), until=("key", key + LAST), order="id", descending=True, limit=1
    )
    return next(iter(_read(rows)), None)


async def recent(tx: Tx, account: str, limit: int, *, chat: str = HOME) -> list[OutboxRow]:
    """The newest alerts, newest first, whatever became of them."""
    return _read(await tx.select("outbox", account=account, chat=chat, order="id", descending=True, limit=limit))


def _read(rows: Sequence[dict[str, Any]]) -> list[OutboxRow]:
    """The rows that read back; the others are settled by `settle_unreadable`."""
    return [found for row in rows if (found := _one(row)) is not None]


def _one(row: dict[str, Any]) -> OutboxRow | None:
    try:
        alert = read_body(Alert, row["body"], table="outbox", key=row["id"])
        verdict = Verdict(row["verdict"]) if row["verdict"] else None
    except (Unreadable, ValueError) as failure:
        log.error("%s", failure)
        return None
    return OutboxRow(row["id"], alert, row["tries"], row["due"], row["delivered"], verdict)
