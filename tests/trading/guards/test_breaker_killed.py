"""The breaker with a real process, a real database file and an end nothing can catch: `os._exit` at every step of a trip and of a reset."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from domain.orders import BreakerIntent
from storage import journal
from storage.engine import open_store
from storage.store import Store
from tests.trading.guards.stage import btc, closes, fall, measured
from tests.trading.stage import ACCOUNT, Stage, buy, stage
from trading.guards.state import TradingState

KILLED = 9
Work = Callable[[Stage], Awaitable[object]]


def url(home: Path) -> str:
    return f"sqlite:///{home / 'book.db'}"


async def lives(home: Path, prepare: Work, work: Work, die_at: int) -> int:
    """Prepare, then work and end at a step; the number of steps there are."""
    store = await open_store(url(home))
    world = await measured(store=store)
    await prepare(world)
    steps = 0

    def point(name: str) -> None:
        nonlocal steps
        steps += 1
        if steps == die_at:
            os._exit(KILLED)

    for part in (world.floor.desk, world.floor.execution, world.floor.execution._record, world.floor.guards.breaker):
        part._fail = point
    await work(world)
    await store.close()
    return steps


async def start_again(home: Path) -> tuple[TradingState, TradingState, list[str]]:
    """The state at once, the state after the loss was looked at again, and what the journal says of the breaker, oldest first."""
    store: Store = await open_store(url(home))
    try:
        fresh = await stage(started=False)  # its store is thrown away, its market is the same
        world = Stage(store, fresh.clock, fresh.market, fresh.hub, fresh.broker, fresh.spec, fresh.floor, restarts=1)
        closes(world)
        btc(world, "5%")
        await world.restart()
        at_once = world.floor.guards.trading.now()
        denied = not (await world.propose(buy("XOM", "1"))).open
        assert denied or at_once is not TradingState.REDUCING  # before it trips, the check of the day's loss may deny as well
        await world.pass_time(12, step=6)
        async with store.read() as tx:
            assert await journal.verify(tx) is None
            lines = await journal.lines(tx, ACCOUNT, limit=100, kinds=("BreakerTripped", "BreakerReset"))
        return at_once, world.floor.guards.trading.now(), [line.kind for line in reversed(lines)]
    finally:
        await store.close()


async def nothing(world: Stage) -> None:
    """No preparation."""


async def loses(world: Stage) -> None:
    await fall(world, "5%")


async def resets(world: Stage) -> None:
    await world.do(BreakerIntent())


def ends(home: Path, prepare: Work, work: Work) -> list[tuple[TradingState, TradingState, list[str]]]:
    whole = home / "whole"
    whole.mkdir()
    steps = asyncio.run(lives(whole, prepare, work, 0))
    assert steps
    found = []
    for die_at in range(1, steps + 1):
        place = home / str(die_at)
        place.mkdir()
        child = os.fork()
        if child == 0:
            asyncio.run(lives(place, prepare, work, die_at))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == KILLED
        found.append(asyncio.run(start_again(place)))
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_process_that_dies_at_every_step_of_a_trip(tmp_path: Path) -> None:
    found = ends(tmp_path, nothing, loses)
    assert {state for _, state, _ in found} == {TradingState.REDUCING}, "it holds, or the loss that is still there trips it again"
    assert {state for state, _, _ in found} == {TradingState.ACTIVE, TradingState.REDUCING}
    assert all(lines == ["BreakerTripped"] for _, _, lines in found), "told once, whenever it died"


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_process_that_dies_at_every_step_of_a_reset(tmp_path: Path) -> None:
    found = ends(tmp_path, loses, resets)
    assert {tuple(lines) for _, _, lines in found} == {("BreakerTripped",), ("BreakerTripped", "BreakerReset")}
    for at_once, later, lines in found:
        assert at_once is later, "neither does it trip again at once, nor is it forgotten"
        assert (at_once is TradingState.ACTIVE) is (lines[-1] == "BreakerReset")
