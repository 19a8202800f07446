"""Recommendations that were shown, as rows written once, with what became of them; and their scores, one for each horizon."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from domain import codec
from domain.advice import Adoption, Advice, Score
from domain.errors import StorageFailed, Unreadable
from storage.bodies import read_body
from storage.store import Tx


async def add(tx: Tx, advice: Advice) -> bool:
    """Write one that was shown; False when it was shown before, and then nothing changed."""
    row = {"id": advice.id, "account": advice.account, "rule": advice.rule, "symbol": advice.symbol, "at": advice.at}
    return await tx.insert("recommendations", row | _state(advice) | {"body": codec.dumps(_as_shown(advice))})


async def settle(tx: Tx, advice: Advice) -> None:
    """Write what became of one; raises StorageFailed when it was never shown."""
    if await tx.update("recommendations", _state(advice), id=advice.id, account=advice.account) != 1:
        raise StorageFailed(f"There is no recommendation {advice.id} to settle.")


async def get(tx: Tx, account: str, id: str) -> Advice | None:
    """The one under that id as it stands now, or None."""
    rows = await tx.select("recommendations", account=account, id=id)
    return _advice(rows[0]) if rows else None


async def shown(tx: Tx, account: str, *, since: datetime | None = None, limit: int | None = None, rule: str | None = None) -> list[Advice]:
    """Those shown at or after an instant (all where None is given), of one rule where named, newest first."""
    narrowed: dict[str, Any] = {} if rule is None else {"rule": rule}
    start = None if since is None else ("at", since)
    rows = await tx.select("recommendations", account=account, since=start, order="at, seq", descending=True, limit=limit, **narrowed)
    return [_advice(row) for row in rows]


async def in_adoption(tx: Tx, account: str, *adoptions: Adoption) -> list[Advice]:
    """Those of which one of these things became, oldest first."""
    return [_advice(row) for row in await tx.select("recommendations", account=account, adoption=adoptions, order="seq")]


async def add_score(tx: Tx, score: Score) -> bool:
    """Write a score; False when that horizon of it was scored before, and then nothing changed."""
    row = {"advice": score.advice, "account": score.account, "rule": score.rule, "horizon": score.horizon, "due": score.due}
    return await tx.insert("recommendation_scores", row | {"body": codec.dumps(score)})


async def scores(
    tx: Tx, account: str, *, horizon: int | None = None, rule: str | None = None, limit: int | None = None, since: datetime | None = None
) -> list[Score]:
    """Scores of an account, of one horizon or rule or due at or after an instant where given, the latest due first."""
    narrowed: dict[str, Any] = {} if horizon is None else {"horizon": horizon}
    narrowed |= {} if rule is None else {"rule": rule}
    start = None if since is None else ("due", since)
    rows = await tx.select(
        "recommendation_scores", account=account, order="due, seq", descending=True, limit=limit, since=start, **narrowed
    )
    return [read_body(Score, row["body"], table="recommendation_scores", key=f"{row['advice']} {row['horizon']}") for row in rows]


def _as_shown(advice: Advice) -> Advice:
    """What is written once; what becomes of it has columns of its own."""
    return replace(advice, adoption=Adoption.OPEN, ticket="", settled=None)


def _state(advice: Advice) -> dict[str, Any]:
    return {"adoption": advice.adoption, "ticket": advice.ticket, "settled": advice.settled}


def _advice(row: dict[str, Any]) -> Advice:
    found = read_body(Advice, row["body"], table="recommendations", key=row["id"])
    try:
        return replace(found, adoption=Adoption(row["adoption"]), ticket=row["ticket"], settled=row["settled"])
    except ValueError as error:
        raise Unreadable(f"The row {row['id']} of table recommendations says of what became of it: {row['adoption']}") from error
