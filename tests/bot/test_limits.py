"""The pace of a platform, on a clock that moves by hand."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cutting import units
from bot.limits import RESERVED, TELEGRAM, Limits, Pace
from domain.clock import ManualClock
from tests.fakes.market import utc


class Waits(ManualClock):
    """A clock that moves on as soon as somebody sleeps."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.set(self.now() + timedelta(seconds=seconds))


@pytest.mark.parametrize(("text", "length"), [("", 0), ("abc", 3), ("é−…", 3), ("😀", 2), ("a😀b", 4)])
def test_a_text_is_measured_as_the_platform_does(text: str, length: int) -> None:
    assert units(text) == length == len(text.encode("utf-16-le")) // 2


async def sent(limits: Limits, chats: list[str], *, urgent: bool = False, group: bool = False) -> list[float]:
    clock = Waits(utc("2025-10-10 14:30"))
    pace, times = Pace(limits, clock), []
    for chat in chats:
        async with pace.turn(chat, urgent=urgent, group=group):
            times.append(clock.monotonic())
    return times


async def test_one_message_a_second_to_a_chat() -> None:
    times = await sent(TELEGRAM, ["a", "b", "a", "a"])
    assert times[1] == times[0]
    assert times[2] - times[0] >= 1
    assert times[3] - times[2] >= 1


async def test_so_many_a_second_to_everybody_and_a_few_more_for_what_is_urgent() -> None:
    for urgent, room in ((False, TELEGRAM.overall - RESERVED), (True, TELEGRAM.overall)):
        times = await sent(TELEGRAM, [str(n) for n in range(3 * room)], urgent=urgent)
        for n, at in enumerate(times):
            assert sum(1 for t in times[: n + 1] if at - t < 1.0) <= room
        assert times[-1] - times[0] == pytest.approx(2.0)


async def test_twenty_a_minute_to_a_group() -> None:
    times = await sent(replace(TELEGRAM, apart=0.0), ["g"] * 41, group=True)
    assert times[19] == times[0]
    assert times[20] - times[0] >= 60
    assert times[40] - times[20] >= 60


async def test_a_pause_that_the_platform_asks_for_holds_everybody() -> None:
    clock = Waits(utc("2025-10-10 14:30"))
    pace = Pace(TELEGRAM, clock)
    pace.pause(7)
    before = clock.monotonic()
    async with pace.turn("a", urgent=True):
        pass
    assert clock.monotonic() - before >= 7


async def test_turns_come_in_order_and_urgent_ones_first() -> None:
    pace, order = Pace(TELEGRAM, Waits(utc("2025-10-10 14:30"))), []

    async def send(name: str, *, urgent: bool = False) -> None:
        async with pace.turn(name, urgent=urgent):
            order.append(name)

    ordinary = [f"o{n}" for n in range(60)]
    await asyncio.gather(*(send(name) for name in ordinary), send("u1", urgent=True), send("u2", urgent=True))
    assert order[:2] == ["u1", "u2"]
    assert order[2:] == ordinary


async def test_who_gave_up_waiting_takes_no_turn() -> None:
    pace, done = Pace(TELEGRAM, ManualClock(utc("2025-10-10 14:30"))), []

    async def send(name: str) -> None:
        async with pace.turn(name):
            done.append(name)

    await asyncio.wait_for(send("a"), 1)
    waits = asyncio.create_task(send("a"))
    await asyncio.sleep(0)
    waits.cancel()
    (gave_up,) = await asyncio.gather(waits, return_exceptions=True)
    assert isinstance(gave_up, asyncio.CancelledError)
    await asyncio.wait_for(send("b"), 1)
    assert done == ["a", "b"], "a chat that nobody waits for holds nobody up"


async def test_no_more_are_on_their_way_than_the_line_takes() -> None:
    pace, under_way, most = Pace(TELEGRAM, Waits(utc("2025-10-10 14:30")), at_once=3), 0, 0

    async def send(name: str) -> None:
        nonlocal under_way, most
        async with pace.turn(name):
            under_way += 1
            most = max(most, under_way)
            for _ in range(5):
                await asyncio.sleep(0)
            under_way -= 1

    await asyncio.wait_for(asyncio.gather(*(send(str(n)) for n in range(12))), 5)
    assert most == 3
