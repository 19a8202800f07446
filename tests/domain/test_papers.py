"""Exits and mandates: what a person signed moves by its table and no other way."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain import exits, mandates
from domain.errors import Busy, IllegalMove
from domain.exits import ExitKind, ExitRule, ExitStatus
from domain.mandates import Mandate, MandateStatus, Scope
from tests.fakes.market import utc

START, END = utc("2025-10-10 14:30"), utc("2026-01-08 14:30")
RULE = ExitRule("x1", "main", "AAPL", ExitKind.STOP, "t1", START, END, long=True, level=Decimal(170))
MANDATE = Mandate("m1", "main", (Scope.STOPS,), "t1", "terminal:me", START, END)


@pytest.mark.parametrize("becomes", ExitStatus)
@pytest.mark.parametrize("status", ExitStatus)
def test_an_exit_moves_by_its_table_alone(status: ExitStatus, becomes: ExitStatus) -> None:
    rule = (
        RULE if status is ExitStatus.ACTIVE else ExitRule("x1", "main", "AAPL", ExitKind.STOP, "t1", START, END, long=True, status=status)
    )
    if becomes is status or becomes in exits.MOVES[status]:
        moved = rule.moved(becomes, "because", fired="t2")
        assert (moved.status, moved.reason, moved.fired) == (becomes, "because", "t2")
        assert moved.moved(becomes) == moved, "repeating it changes nothing"
    else:
        with pytest.raises(IllegalMove, match=f"exit x1 cannot move from {status} to {becomes}"):
            rule.moved(becomes)


@pytest.mark.parametrize("becomes", [s for s in MandateStatus if s is not MandateStatus.ACTIVE])
def test_what_a_mandate_has_become_it_stays(becomes: MandateStatus) -> None:
    ended = MANDATE.moved(becomes)
    assert ended.status is becomes
    assert mandates.MOVES[becomes] == frozenset()
    with pytest.raises(IllegalMove, match="mandate m1"):
        ended.moved(MandateStatus.ACTIVE)


def test_a_platform_that_is_busy_says_when_to_come_back() -> None:
    busy = Busy(12.5)
    assert (busy.after, str(busy)) == (12.5, "come back in 12.5 s")
