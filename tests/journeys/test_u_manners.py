"""A worried person asks about what stands guard, in words, and is told without anything being changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage import journal
from tests.journeys.chat import Chat, chat


async def lines(seen: Chat) -> int:
    async with seen.house.store.read() as tx:
        return await journal.length(tx)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("what are my risk limits?", "of your limits"),
        ("is everything protected?", "positions have a stop"),
        ("why did you halt?", "The breaker has not tripped"),
        ("stop all automation", "/automation off"),
        ("what did you do while I was away?", "since 00:00 New York"),
        ("what would a 10% crash do to me?", "If the market fell 10%"),
        ("what would a market crash cost me?", "If the market fell 10%"),
        ("what if the broker goes down?", "The broker is away for 10 min"),
        ("when is the next backup?", "jobs"),
        ("are the books right?", "Book and broker agree"),
    ],
)
async def test_a_worried_question_is_answered_and_changes_nothing(home: Path, text: str, answer: str) -> None:
    async with chat(home) as seen:
        await seen.pushes()
        before = await lines(seen)
        assert answer in await seen.say(text)
        assert await lines(seen) == before
        assert seen.house.floor.guards.automation.allowed


async def test_status_and_breaker_agree_while_trading_is_halted(home: Path) -> None:
    async with chat(home) as seen:
        await seen.say("#emergency-stop")
        assert "HALTED" in await seen.say("/status")
        said = await seen.say("why did you halt?")
        assert said.startswith("Trading is halted by the emergency stop; the breaker itself has not tripped.")
        assert "opening is allowed" not in said


async def test_what_was_signed_is_told_the_same_by_mandates_and_exits(home: Path) -> None:
    async with chat(home) as seen:
        assert "No mandate is in force: automation only proposes." in await seen.say("/mandates")
        await seen.say("#XOM exit 10d")
        await seen.say("yes")
        assert "No mandate is in force: beyond 1 exit you confirmed, automation only proposes." in await seen.say("/mandates")
        listed = await seen.say("/exits")
        assert "XOM: sell all" in listed
        assert "signed by owner in the terminal until" in listed


async def test_a_limit_that_is_not_read_names_what_it_takes(home: Path) -> None:
    async with chat(home) as seen:
        assert "a value from 1% to 1000%" in await seen.say("/risk-limits set sector banana")


async def test_a_stop_that_fires_is_one_push(home: Path) -> None:
    async with chat(home) as seen:
        await seen.say("#NVDA ladder 30% 50% 50% 50%")
        await seen.say("yes")
        await seen.pushes()
        await seen.say("/demo shock NVDA -15%")
        told = await seen.later(minutes=2)
        assert len(told) == 1, told
        assert told[0].startswith("Stop filled: sold")
        assert await seen.held("NVDA") == 0
        assert "NVDA is closed: P/L" in await seen.say("/journal 20"), "it stands in the journal"


async def test_what_the_reader_did_here_is_answered_and_not_pushed_too(home: Path) -> None:
    async with chat(home) as seen:
        await seen.pushes()
        assert "39%" in await seen.say("/risk-limits set sector 39%")
        await seen.say("/automation off")
        await seen.say("/automation on")
        await seen.say("/mandate stops 7d")
        await seen.say("yes")
        assert await seen.pushes() == []
        assert "told elsewhere" in await seen.say("/alerts recent")
        assert "0 held back" in await seen.say("/alerts")


async def test_a_fall_of_the_market_is_told_in_one_message(home: Path) -> None:
    async with chat(home) as seen:
        await seen.pushes()
        for symbol in ("MSFT", "AMZN", "JPM"):
            await seen.say(f"/demo shock {symbol} -9%")
        told = [text for text in await seen.later(minutes=2) if "moved" in text]
        assert len(told) == 1, told
        assert told[0].startswith("3 of your positions moved at once, most of all ")
