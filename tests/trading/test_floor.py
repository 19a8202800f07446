"""The floor and the kill switch: start-up, the pulse, differences with the broker, halting whatever happens."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from domain.errors import StorageFailed
from domain.events import DemoMoved, JobFailed, KillSwitchPulled
from storage import ledger, switches
from storage.store import Tx
from tests.trading.stage import ACCOUNT, Stage, bought, close, stage
from trading.reconciling.differences import Difference

D = Decimal


async def book_without_the_broker(world: Stage) -> None:
    async with world.store.write() as tx:
        await ledger.add(tx, bought("XOM", "5", "100", days=1))


async def test_equal_books_leave_no_trace() -> None:
    world = await stage()
    assert world.floor.differences == ()
    assert await world.journal() == []


async def test_a_comparison_only_looks_and_keeps_what_it_saw() -> None:
    world = await stage()
    await book_without_the_broker(world)
    await world.floor.book.load()
    cash = world.floor.book.holdings.cash
    wanted = (Difference("cash", cash, cash + 500), Difference("XOM", D(5), D(0)))
    assert await world.floor.compare() == wanted
    assert world.floor.differences == wanted
    assert await world.journal() == []
    world.broker.faults["state"].append("down")
    assert await world.floor.compare() == wanted


async def test_a_start_brings_the_book_to_the_brokers_truth() -> None:
    world = await stage()
    await book_without_the_broker(world)
    await world.restart()
    assert await world.floor.compare() == ()
    assert await world.journal() == ["ReconciliationFound"]


async def test_a_failing_pulse_is_told_once_until_it_works_again() -> None:
    world = await stage()
    poll = world.floor.execution.poll

    async def broken() -> None:
        raise ValueError("a bug")

    world.floor.execution.poll = broken  # type: ignore[method-assign]
    await world.pass_time(3, step=1)
    failures = [e for e in world.events if isinstance(e, JobFailed)]
    assert [f.job for f in failures] == ["poll"]
    assert failures[0].reference
    world.floor.execution.poll = poll  # type: ignore[method-assign]
    await world.pass_time(1)
    world.floor.execution.poll = broken  # type: ignore[method-assign]
    await world.pass_time(1)
    assert len(world.heard(JobFailed)) == 2


async def test_a_pulse_stands_even_when_its_failure_cannot_be_written(caplog: pytest.LogCaptureFixture) -> None:
    world = await stage()
    ticket = await world.propose(close("AAPL", "1"))
    write = world.store.write

    def full() -> object:
        raise StorageFailed("the disk is full")

    world.store.write = full  # type: ignore[method-assign, assignment]
    await world.pass_time(121)
    assert "could not be journalled" in caplog.text
    world.store.write = write  # type: ignore[method-assign]
    await world.pass_time(1)
    assert not (await world.ticket(ticket.id)).open


async def test_a_moved_world_is_seen_at_once() -> None:
    world = await stage()
    before = await world.floor.book.snapshot()
    world.market.quote("AAPL", "167.00", "167.02")
    world.hub.clear()
    async with world.floor.bus.unit(who="me") as unit:
        unit.emit(DemoMoved(world.clock.now(), ACCOUNT, "shock AAPL -8%"))
    after = await world.floor.book.snapshot()
    assert after.quotes["AAPL"].bid != before.quotes["AAPL"].bid


class TestKillSwitch:
    async def test_it_survives_a_restart(self) -> None:
        world = await stage()
        assert await world.floor.killswitch.pull("me", "terminal:tty")
        assert not await world.floor.killswitch.pull("me")
        await world.restart()
        assert world.floor.killswitch.halted()
        assert (await world.floor.book.snapshot()).halted
        assert await world.floor.killswitch.release("me")
        assert not await world.floor.killswitch.release("me")
        await world.restart()
        assert not world.floor.killswitch.halted()
        assert await world.journal() == ["KillSwitchPulled", "KillSwitchReleased"]

    async def test_it_needs_no_broker_and_holds_before_the_database_answers(self) -> None:
        world = await stage()
        for call in ("submit", "cancel", "find", "state", "updates"):
            world.broker.faults[call].extend(["down"] * 10)
        async with world.store.write():
            pull = asyncio.create_task(world.floor.killswitch.pull("me"))
            await asyncio.sleep(0)
            assert world.floor.killswitch.halted()
        assert await pull
        assert world.heard(KillSwitchPulled)

    async def test_a_database_that_refuses_leaves_trading_halted_here(self, monkeypatch: pytest.MonkeyPatch) -> None:
        world = await stage()

        async def full(tx: Tx, account: str, **_: object) -> None:
            raise StorageFailed("the disk is full")

        monkeypatch.setattr(switches, "set_halted", full)
        with pytest.raises(StorageFailed):
            await world.floor.killswitch.pull("me")
        assert world.floor.killswitch.halted()
        assert world.floor.book.spec.name == ACCOUNT
