"""Clocks: they never go back, and time moved by hand wakes sleepers in order, each at its own instant."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import clock as module
from domain.clock import ManualClock, SystemClock, WorldClock

START = datetime(2025, 10, 10, 14, 30, tzinfo=UTC)


async def test_the_system_clock_is_aware_and_does_not_go_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    first = clock.now()
    assert first.tzinfo is UTC
    assert clock.now() >= first

    class Backwards(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return first - timedelta(hours=1)

    monkeypatch.setattr(module, "datetime", Backwards)
    assert clock.now() >= first
    before = clock.monotonic()
    await clock.sleep(0)
    assert clock.monotonic() >= before


async def test_manual_time_stands_still_until_moved() -> None:
    clock = ManualClock(START.astimezone(timezone(timedelta(hours=-4))))
    assert clock.now() == START
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() == 0
    clock.set(START + timedelta(seconds=5))
    clock.set(START)
    assert (clock.now(), clock.monotonic()) == (START + timedelta(seconds=5), 5)
    await clock.sleep(0)
    await clock.sleep(-1)
    assert clock.now() == START + timedelta(seconds=5)


@given(waits=st.lists(st.integers(1, 100), min_size=1, max_size=8), by=st.integers(1, 120))
async def test_sleepers_wake_in_order_each_at_its_instant(waits: list[int], by: int) -> None:
    clock = ManualClock(START)
    woken: list[tuple[int, datetime]] = []

    async def sleeper(seconds: int) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.now()))

    tasks = [asyncio.create_task(sleeper(s)) for s in waits]
    await asyncio.sleep(0)
    await clock.advance(timedelta(seconds=by))
    assert woken == [(s, START + timedelta(seconds=s)) for s in sorted(waits) if s <= by]
    assert clock.now() == START + timedelta(seconds=by)
    await clock.advance(timedelta(seconds=200))
    await asyncio.gather(*tasks)
    assert [s for s, _ in woken] == sorted(waits)


async def test_a_sleeper_may_sleep_again_on_the_way() -> None:
    clock = ManualClock(START)
    ticks: list[datetime] = []

    async def ticking() -> None:
        for _ in range(3):
            await clock.sleep(10)
            ticks.append(clock.now())

    task = asyncio.create_task(ticking())
    await asyncio.sleep(0)
    await clock.advance(timedelta(seconds=30))
    await task
    assert ticks == [START + timedelta(seconds=s) for s in (10, 20, 30)]


async def test_the_worlds_clock_runs_at_its_speed_and_only_forwards() -> None:
    clock = WorldClock(START, speed=1000)
    before, wall = clock.now(), clock.monotonic()
    await clock.sleep(0.01)
    passed, waited = (clock.now() - before).total_seconds(), clock.monotonic() - wall
    assert before >= START
    assert before.tzinfo is UTC
    assert waited >= 0.009
    assert passed >= waited * 500
    clock.forward(timedelta(hours=2))
    assert clock.now() >= before + timedelta(hours=2)
    clock.forward(timedelta(0))
    with pytest.raises(ValueError, match="go back"):
        clock.forward(timedelta(seconds=-1))


async def test_a_world_without_speed_stands_still() -> None:
    clock = WorldClock(START, speed=0)
    await clock.sleep(0.001)
    assert clock.now() == START
