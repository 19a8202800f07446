"""An exit that could not fire is tried again soon: nothing that hinders it puts it to sleep."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.errors import StorageFailed
from domain.events import ExitTriggered
from domain.exits import ExitKind
from domain.tickets import TicketStatus
from storage import exits
from tests.trading.exits.test_monitor import falls, hold, rule
from tests.trading.stage import Stage, buy, close, stage

D = Decimal


async def stays_down(made: Stage, seconds: int) -> None:
    for _ in range(seconds // 5):
        await falls(made, "170", seconds=5)


async def test_a_stop_fires_soon_after_the_close_that_was_under_way_came_to_nothing() -> None:
    made = await stage()
    await hold(made, rule())
    made.broker.faults["submit"].append("lost_request")
    made.broker.faults["find"].extend(["down"] * 2000)
    closing = await made.do(close("AAPL", "10"))
    await stays_down(made, 700)
    assert made.heard(ExitTriggered) == [], "it is being closed already"
    made.broker.faults.clear()
    await stays_down(made, 40)
    assert (await made.ticket(closing.id)).status is not TicketStatus.CONFIRMED
    assert len(made.heard(ExitTriggered)) == 1
    assert made.floor.book.holdings.position("AAPL") is None


async def test_a_stop_fires_within_a_minute_after_the_database_works_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = await stage()
    await hold(made, rule())

    async def full(*_: object) -> None:
        raise StorageFailed("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(exits, "save", full)
        await stays_down(made, 700)
        assert made.heard(ExitTriggered) == []
    await stays_down(made, 60)
    assert len(made.heard(ExitTriggered)) == 1


async def test_a_rung_takes_its_share_of_what_an_order_under_way_leaves() -> None:
    made = await stage()
    first, second = (rule(ExitKind.TARGET, id=f"x{n}", level=D(level), share=D("0.5")) for n, level in ((1, "190"), (2, "195")))
    await hold(made, first, second)
    made.broker.faults["submit"].append("lost_request")
    made.broker.faults["find"].extend(["down"] * 20)
    await falls(made, "191")
    await falls(made, "196")
    await made.pass_time(120, step=5)
    assert made.floor.book.holdings.quantity("AAPL") == 3, "half of ten, and half of the other five to the share below"


async def test_a_stop_closes_the_rest_when_the_close_beside_it_came_to_nothing() -> None:
    made = await stage()
    await hold(made, rule())
    made.broker.faults["submit"].append("lost_request")
    made.broker.faults["find"].extend(["down"] * 30)
    await made.do(close("AAPL", "4"))
    await stays_down(made, 30)
    assert made.floor.book.holdings.quantity("AAPL") == 4, "the other six are sold; four are being closed already"
    await stays_down(made, 180)
    assert made.floor.book.holdings.position("AAPL") is None
    assert len(made.heard(ExitTriggered)) == 2
    assert await made.agrees()


async def test_what_was_bought_after_a_stop_fired_is_not_its_to_close() -> None:
    made = await stage()
    await hold(made, rule())
    made.broker.faults["submit"].append("lost_response")
    await falls(made, "170")
    await made.do(buy("AAPL", "3"))
    await stays_down(made, 60)
    assert made.floor.book.holdings.quantity("AAPL") == 3
