"""A deadline on a clock that moves by hand."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from domain.clock import ManualClock, within
from tests.fakes.faulty_broker import Crash
from tests.fakes.market import utc

START = utc("2025-10-10 14:30")


async def soon(value: str) -> str:
    await asyncio.sleep(0)
    return value


async def never() -> str:
    await asyncio.Event().wait()
    raise AssertionError("it never comes")


async def broken(error: BaseException) -> str:
    await asyncio.sleep(0)
    raise error


async def begun() -> None:
    """Let what was started get as far as it can without time passing."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_what_comes_in_time_is_given_and_leaves_no_sleeper() -> None:
    clock = ManualClock(START)
    assert await within(clock, 5, soon("done")) == "done"
    await begun()
    assert clock._sleepers == []


@pytest.mark.parametrize("error", [ValueError("truncated"), Crash("gone")])
async def test_a_failure_comes_through_as_it_is(error: BaseException) -> None:
    with pytest.raises(type(error), match=str(error)):
        await within(ManualClock(START), 5, broken(error))


async def test_it_is_given_up_at_the_deadline_and_not_before() -> None:
    clock = ManualClock(START)
    waiting = asyncio.ensure_future(within(clock, 5, never()))
    await begun()
    await clock.advance(timedelta(seconds=4.9))
    assert not waiting.done()
    await clock.advance(timedelta(seconds=0.1))
    with pytest.raises(TimeoutError, match="no answer within 5 s"):
        await waiting


async def test_what_is_given_up_is_cancelled_and_may_fail_unseen() -> None:
    clock, ended = ManualClock(START), asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
            raise ValueError("while it was cancelled")

    waiting = asyncio.ensure_future(within(clock, 1, stubborn()))
    await begun()
    await clock.advance(timedelta(seconds=1))
    with pytest.raises(TimeoutError):
        await waiting
    await asyncio.wait_for(ended.wait(), 1)


async def test_who_is_cancelled_lets_the_work_end_first() -> None:
    ended: list[str] = []

    async def tidy() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("tidied")

    waiting = asyncio.ensure_future(within(ManualClock(START), 5, tidy()))
    await begun()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended == ["tidied"]


async def test_what_is_only_waited_for_goes_on_after_the_deadline_and_after_who_waited() -> None:
    clock, go = ManualClock(START), asyncio.Event()

    async def long() -> str:
        await go.wait()
        return "done"

    task = asyncio.ensure_future(long())
    waiting = asyncio.ensure_future(within(clock, 1, asyncio.wait({task})))
    await begun()
    await clock.advance(timedelta(seconds=1))
    with pytest.raises(TimeoutError):
        await waiting
    waiting = asyncio.ensure_future(within(clock, 1, asyncio.wait({task})))
    await begun()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    go.set()
    assert await task == "done"
