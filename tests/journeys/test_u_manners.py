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
