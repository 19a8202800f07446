"""Recommendations on every store: written once, settled, scored once for each horizon."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.advice import Adoption
from domain.errors import StorageFailed, Unreadable
from storage import recommendations
from tests.storage.samples import AT, advice, later, score


async def test_what_was_shown_is_written_once_and_comes_back_as_it_was(store):
    everything = advice("r2", symbol=None, rule="stop_missing", market=None, at=later(60), calibrated=True)
    async with store.write() as tx:
        assert await recommendations.add(tx, advice())
        assert not await recommendations.add(tx, advice(line="#AAPL close"))
        assert await recommendations.add(tx, everything)
        assert await recommendations.add(tx, advice(account="other")), "another account's is another"
    async with store.read() as tx:
        assert await recommendations.get(tx, "demo", "r1") == advice()
        assert await recommendations.get(tx, "demo", "r9") is None
        assert await recommendations.shown(tx, "demo") == [everything, advice()]
        assert await recommendations.shown(tx, "demo", since=later(1)) == [everything]
        assert await recommendations.shown(tx, "demo", rule="concentration", limit=3) == [advice()]


async def test_what_became_of_it(store):
    done = advice(adoption=Adoption.PARTLY, ticket="t7", settled=later(60))
    async with store.write() as tx:
        await recommendations.add(tx, advice())
        await recommendations.add(tx, advice("r2"))
        await recommendations.settle(tx, done)
    async with store.read() as tx:
        assert await recommendations.get(tx, "demo", "r1") == done
        assert await recommendations.in_adoption(tx, "demo", Adoption.OPEN) == [advice("r2")]
        assert await recommendations.in_adoption(tx, "demo", Adoption.PARTLY, Adoption.OPEN) == [done, advice("r2")]
    with pytest.raises(StorageFailed, match="no recommendation r9"):
        async with store.write() as tx:
            await recommendations.settle(tx, advice("r9"))


async def test_a_horizon_is_scored_once(store):
    async with store.write() as tx:
        assert await recommendations.add_score(tx, score())
        assert not await recommendations.add_score(tx, score(gain=Decimal(99)))
        assert await recommendations.add_score(tx, score(horizon=20, market=Decimal("0.02")))
        assert await recommendations.add_score(tx, score("r2", rule="hedging"))
    async with store.read() as tx:
        assert await recommendations.scores(tx, "demo", rule="concentration") == [score(horizon=20, market=Decimal("0.02")), score()]
        assert await recommendations.scores(tx, "demo", horizon=5, limit=1) == [score("r2", rule="hedging")]
        assert await recommendations.scores(tx, "demo", since=later(3600 * 6)) == [score(horizon=20, market=Decimal("0.02"))]
        assert await recommendations.scores(tx, "other") == []


async def test_a_row_that_says_something_else_is_named(store):
    async with store.write() as tx:
        await recommendations.add(tx, advice())
        await tx.update("recommendations", {"adoption": "shrugged at"}, id="r1")
    async with store.read() as tx:
        with pytest.raises(Unreadable, match="r1 of table recommendations"):
            await recommendations.get(tx, "demo", "r1")


def test_its_key_and_the_value_it_touches():
    assert advice().key == "concentration-aapl"
    assert replace(advice(), rule="stop_missing", symbol=None).key == "stop-missing"
    assert advice().value == Decimal("1220.50")
    assert advice().at == AT
