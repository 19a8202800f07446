"""The same with a real process, a real database file and an end nothing can catch: `os._exit` at every step of releasing a ticket."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.orders import CancelIntent
from domain.tickets import Ticket, TicketStatus
from storage.engine import open_store
from storage.store import Store
from tests.trading.stage import Stage, close, stage, stop
from tests.trading.test_execution_crashes import check
from trading.floor import Floor

KILLED = 9


def url(home: Path) -> str:
    return f"sqlite:///{home / 'book.db'}"


def failing(floor: Floor, point: Callable[[str], None]) -> None:
    for part in (floor.desk, floor.execution, floor.execution._record):
        part._fail = point


async def release(home: Path, die_at: int) -> int:
    """Prepare a book with a stop, then take the stop back and close in one ticket, ending at a step; the number of steps there are."""
    store = await open_store(url(home))
    world = await stage(store=store)
    await world.do(stop("AAPL", "10", "170"))
    ticket = await world.propose(CancelIntent("r1x1-1", "AAPL"), close("AAPL", "10"), close("NVDA", "20"))
    steps = 0

    def point(name: str) -> None:
        nonlocal steps
        steps += 1
        if steps == die_at:
            os._exit(KILLED)

    failing(world.floor, point)
    await world.confirm(ticket)
    await store.close()
    return steps


async def start_again(home: Path) -> Ticket:
    store: Store = await open_store(url(home))
    try:
        fresh = await stage(started=False)  # its store is thrown away, its market is the same
        world = Stage(store, fresh.clock, fresh.market, fresh.hub, fresh.broker, fresh.spec, fresh.floor, restarts=1)
        await world.restart()
        await check(world, "r1x2")
        return await world.ticket("r1x2")
    finally:
        await store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_process_that_dies_at_every_step(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    steps = asyncio.run(release(whole, 0))
    assert asyncio.run(start_again(whole)).status is TicketStatus.EXECUTED
    seen = set()
    for die_at in range(1, steps + 1):
        home = tmp_path / str(die_at)
        home.mkdir()
        child = os.fork()
        if child == 0:
            asyncio.run(release(home, die_at))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == KILLED
        seen.add(asyncio.run(start_again(home)).status)
    assert seen == {TicketStatus.EXPIRED, TicketStatus.FAILED, TicketStatus.EXECUTED}
