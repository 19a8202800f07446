"""What answers of language models took: by account, person, day and model; never what was said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.speech import Spent
from storage.store import Tx


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What a model took: answers, and tokens read and written."""

    model: str
    answers: int
    spent: Spent


async def add(tx: Tx, account: str, human: str, day: date, model: str, spent: Spent) -> None:
    """Count one answer."""
    key: dict[str, Any] = {"account": account, "human": human, "day": day.isoformat(), "model": model}
    if not await tx.insert("model_use", key | {"answers": 1, "read": spent.read, "written": spent.written}):
        row = (await tx.select("model_use", **key))[0]
        more = {"answers": row["answers"] + 1, "read": row["read"] + spent.read, "written": row["written"] + spent.written}
        await tx.update("model_use", more, **key)


async def of_day(tx: Tx, account: str, human: str, day: date) -> Spent:
    """What a person's answers of a day took, by all models."""
    rows = await tx.select("model_use", account=account, human=human, day=day.isoformat())
    return sum((Spent(row["read"], row["written"]) for row in rows), Spent())


async def by_model(tx: Tx, account: str, day: date | None = None) -> list[ModelUse]:
    """What each model took on an account, of one day or of all, by name."""
    narrowed: dict[str, Any] = {} if day is None else {"day": day.isoformat()}
    sums: dict[str, ModelUse] = {}
    for row in await tx.select("model_use", account=account, **narrowed):
        seen = sums.get(row["model"], ModelUse(row["model"], 0, Spent()))
        spent = seen.spent + Spent(row["read"], row["written"])
        sums[row["model"]] = ModelUse(row["model"], seen.answers + row["answers"], spent)
    return sorted(sums.values(), key=lambda use: use.model)
