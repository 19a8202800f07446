"""What the jobs of this house do."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from app import agenda
from app.worlds import Wanted
from domain.errors import StorageFailed
from storage import journal
from tests.journeys.chat import NOW, chat
from trading.jobs import Turn
from trading.reconciling.differences import Difference, Outcome

TURN = Turn("x", NOW, NOW - timedelta(days=1))


async def test_the_digest_is_asked_for_the_time_since_the_last_one(tmp_path):
    async with chat(tmp_path) as reader:
        asked = []

        async def digest(since, until):
            asked.append((since, until))

        found = agenda.actions(reader.house.floor, reader.house.settings, reader.house.wanted, digest=digest)
        await found["digest"](TURN)
        assert asked == [(NOW - timedelta(days=1), NOW)]
        assert "digest" not in agenda.actions(reader.house.floor, reader.house.settings, reader.house.wanted)


async def test_a_back_up_is_made_of_a_file_that_is_kept(tmp_path):
    async with chat(tmp_path) as reader:
        floor, settings = reader.house.floor, reader.house.settings
        assert "backup" in agenda.actions(floor, settings, Wanted())
        assert "backup" in agenda.actions(floor, settings, Wanted(still=True)), "who only looks sees the jobs of the one that runs"
        assert "backup" not in agenda.actions(floor, settings, Wanted(now=NOW))


async def test_differences_and_a_changed_journal_are_said(tmp_path, monkeypatch):
    async with chat(tmp_path) as reader:
        found = agenda.actions(reader.house.floor, reader.house.settings, reader.house.wanted)

        async def third(tx):
            return 3

        monkeypatch.setattr(journal, "verify", third)
        with pytest.raises(StorageFailed, match="from line 3 on"):
            await found["verify"](TURN)
        assert await found["reconcile"](TURN) == "book and broker agree"
        floor, at = reader.house.floor, reader.house.floor.clock.now()
        floor.reconciler.last = Outcome(at, (), (Difference("AAPL", Decimal(1), Decimal(2)), Difference("cash", Decimal(1), Decimal(2))))
        assert await found["reconcile"](TURN) == "2 differences are left"
