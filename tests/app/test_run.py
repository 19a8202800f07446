"""The rounds: quick while something held may move, told to the manager when they end, held up by no chat platform."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from app.run import CALM, QUICK, attend, pace, status
from bot.courier import Courier
from domain.clock import ManualClock
from tests.journeys.chat import NOW, chat


def clock_of(reader) -> ManualClock:
    clock = reader.house.floor.clock
    assert isinstance(clock, ManualClock)
    return clock


async def settle():
    for _ in range(200):
        await asyncio.sleep(0)


async def test_the_pace_follows_the_market_and_what_is_held(tmp_path):
    async with chat(tmp_path) as reader:
        house = reader.house
        assert pace(house) == QUICK
        clock_of(reader).set(NOW + timedelta(hours=12))
        assert pace(house) == QUICK, "the demo holds a coin"
        await reader.say("#BTC close")
        await reader.say("yes")
        await reader.later(minutes=3)
        assert await reader.held("BTC") == 0
        assert pace(house) == CALM


async def test_a_round_that_fails_is_a_round_and_the_next_one_comes(tmp_path, monkeypatch, caplog):
    async with chat(tmp_path) as reader:
        house, words, rounds = reader.house, [], []
        pulse = type(house).pulse

        async def broken(self):
            rounds.append(1)
            if len(rounds) == 1:
                raise ValueError("a bug")
            await pulse(self)

        monkeypatch.setattr(type(house), "pulse", broken)
        async with attend(house, None, alive=lambda: words.append(status(house))):
            for _ in range(3):
                await settle()
                await clock_of(reader).advance(timedelta(seconds=1))
            await settle()
        assert len(rounds) >= 2
        assert len(words) == len(rounds)
        assert words[0].startswith("demo (DEMO, SIMULATED MARKET): 13 positions, ")
        assert "a round of the core failed" in caplog.text
        assert house.floor.away.attended


async def test_a_core_that_hangs_is_not_alive(tmp_path, monkeypatch):
    async with chat(tmp_path) as reader:
        alive, rounds = [], []

        async def third_hangs(self):
            rounds.append(1)
            if len(rounds) == 3:
                await asyncio.Event().wait()

        monkeypatch.setattr(type(reader.house), "pulse", third_hangs)
        async with attend(reader.house, None, alive=lambda: alive.append(1)):
            for _ in range(40):
                await settle()
                await clock_of(reader).advance(timedelta(seconds=1))
        assert (len(rounds), len(alive)) == (3, 2), "no word for half a minute: the manager starts it again"


async def test_a_platform_that_hangs_holds_up_no_round(tmp_path):
    async with chat(tmp_path) as reader:
        house, alive, asked = reader.house, [], []

        async def hangs(reply, *, silent):
            asked.append(reply)
            await asyncio.Event().wait()

        await reader.say("#AAPL close 5")
        await reader.say("yes")
        courier = Courier(house.store, house.floor.clock, "demo", hangs)
        async with attend(house, courier, alive=lambda: alive.append(1)):
            for _ in range(20):
                await settle()
                await clock_of(reader).advance(timedelta(seconds=0.5))
            await settle()
        assert len(asked) == 1
        assert len(alive) >= 10


async def test_what_cannot_be_shown_is_tried_again(tmp_path, caplog):
    async with chat(tmp_path) as reader:
        shown = []

        async def also():
            shown.append(1)
            raise OSError("no terminal")

        async with attend(reader.house, None, also):
            for _ in range(3):
                await settle()
                await clock_of(reader).advance(timedelta(seconds=1))
            await settle()
        assert len(shown) >= 2
        assert "what was to be shown was not" in caplog.text
