"""The agent against a server that nobody here wrote: words, tools, broken arguments, a full queue, dropped connections."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from copilot.agent import MOST_TURNS
from copilot.models import openai
from domain.errors import ModelFailed
from domain.speech import Asked, Looked, Piece, Spent
from tests.copilot.test_agent import OneTool, text
from tests.servers.aimock import MISSING, Aimock, aimock

pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))

FIXTURES: tuple[Mapping[str, Any], ...] = (
    {"match": {"userMessage": "What do I hold?", "hasToolResult": True}, "response": {"content": "You hold ten shares of AAPL."}},
    {"match": {"userMessage": "What do I hold?"}, "response": {"toolCalls": [{"name": "positions", "arguments": {"span": "today"}}]}},
    {"match": {"userMessage": "Break"}, "response": {"toolCalls": [{"name": "positions", "arguments": '{"span": '}]}},
    {"match": {"userMessage": "Rob"}, "response": {"toolCalls": [{"name": "rob-bank", "arguments": {}}]}},
    {"match": {"userMessage": "Busy"}, "response": {"error": {"message": "slow down", "type": "rate_limit_error"}, "status": 429}},
)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Aimock]:
    async with aimock(tmp_path, FIXTURES) as made:
        yield made


async def spoken(server: Aimock, question: str) -> tuple[list[Piece], Spent, OneTool]:
    heard: list[Piece] = []
    tools = OneTool()
    model = openai.build(openai.Settings("gpt-4o-mini", "test", server.base))
    try:
        spent = await model.speak(Asked("RULES", "FACTS", (), question), tools, heard.append)
    finally:
        await model.close()
    return heard, spent, tools


async def test_a_tool_then_words(server: Aimock) -> None:
    heard, spent, tools = await spoken(server, "What do I hold?")
    assert tools.called == [("positions", {"span": "today"})]
    assert heard[0] == Looked("positions", '{"span": "today"}')
    assert text(heard) == "You hold ten shares of AAPL."
    assert spent.read > 0
    assert spent.written > 0
    sent = await server.journal()
    assert len(sent) == 2
    assert str(sent[0]["body"]).index("RULES") < str(sent[0]["body"]).index("FACTS")


async def test_broken_arguments_and_tools_that_do_not_exist_end(server: Aimock) -> None:
    for question in ("Break", "Rob"):
        heard, _, tools = await spoken(server, question)
        assert text(heard) == ""
        assert all(name == "positions" for name, _ in tools.called)
    assert len(await server.journal()) <= 2 * MOST_TURNS


async def test_a_full_queue_and_a_question_that_is_not_scripted_are_failures(server: Aimock) -> None:
    with pytest.raises(ModelFailed, match="takes nothing for now"):
        await spoken(server, "Busy")
    with pytest.raises(ModelFailed, match="status 503"):
        await spoken(server, "Something else")


@pytest.mark.parametrize("rates", [{"dropRate": 1.0}, {"malformedRate": 1.0}, {"disconnectRate": 1.0}])
async def test_chaos_is_a_failure_or_no_words_and_then_it_is_over(server: Aimock, rates: dict[str, float]) -> None:
    await server.chaos(**rates)
    with suppress(ModelFailed):
        heard, _, _ = await spoken(server, "What do I hold?")
        assert text(heard) == ""
    await server.chaos()
    heard, _, _ = await spoken(server, "What do I hold?")
    assert text(heard) == "You hold ten shares of AAPL."
