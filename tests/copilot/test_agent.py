"""The agent over the real client and a real socket: words, tools, limits, and every way in which a server can fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from copilot.agent import LONGEST, MOST_CALLS, MOST_TURNS, Agent
from copilot.models import any as other
from copilot.models import openai
from domain.chat import Access, CommandSpec, Output
from domain.errors import ModelFailed, SetupError
from domain.ports import LanguageModel
from domain.speech import Asked, Exchange, Looked, Piece, Spent, Words
from tests.servers.openai import KEY, Babbles, Calls, Endless, Fails, OpenAIServer, Says, each, told


async def _nothing(*_: Any) -> None: ...


class OneTool:
    """`positions`, with one argument that may be left out; what it was called with is kept."""

    def __init__(self) -> None:
        self.called: list[tuple[str, Mapping[str, Any]]] = []

    def offered(self) -> Sequence[CommandSpec]:
        return (CommandSpec("positions", "Portfolio", "What you hold.", "/", Access.READ, Output.OWN, (), (), _nothing),)

    def schema(self, spec: CommandSpec) -> Mapping[str, Any]:
        return {"type": "object", "properties": {"span": {"type": "string"}}, "required": []}

    async def call(self, name: str, given: Mapping[str, Any]) -> str:
        self.called.append((name, dict(given)))
        return "AAPL 10 shares"


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    made = OpenAIServer()
    await made.start()
    yield made
    await made.stop()


ASKED = Asked("RULES", "FACTS", (Exchange("before?", "that."),), "What do I hold?")


@asynccontextmanager
async def modelled(base: str, key: str | None = KEY) -> AsyncIterator[LanguageModel]:
    model = openai.build(openai.Settings("scripted", key, base))
    try:
        yield model
    finally:
        await model.close()


async def spoken(server: OpenAIServer, tools: OneTool | None = None, asked: Asked = ASKED) -> tuple[list[Piece], Spent]:
    heard: list[Piece] = []
    async with modelled(server.base) as model:
        return heard, await model.speak(asked, tools or OneTool(), heard.append)


def text(pieces: Sequence[Piece]) -> str:
    return "".join(p.text for p in pieces if isinstance(p, Words))


async def test_words_come_in_pieces_and_what_they_took_is_counted(server: OpenAIServer) -> None:
    server.script = each(Says("You hold one thing."))
    heard, spent = await spoken(server)
    assert text(heard) == "You hold one thing."
    assert len([p for p in heard if isinstance(p, Words)]) == 4
    assert spent == Spent(1000, 100)


async def test_rules_come_first_and_the_question_last(server: OpenAIServer) -> None:
    await spoken(server)
    assert list(told(server.requests[0])) == ["RULES", "before?", "that.", "FACTS\n\nQUESTION\nWhat do I hold?"]
    assert server.keys == [f"Bearer {KEY}"]


async def test_a_tool_is_called_and_what_it_says_is_read(server: OpenAIServer) -> None:
    tools = OneTool()
    server.script = each(Calls((("positions", {"span": "today"}),)), Says("AAPL."))
    heard, spent = await spoken(server, tools)
    assert tools.called == [("positions", {"span": "today"})]
    assert heard[0] == Looked("positions", '{"span": "today"}')
    assert told(server.requests[1])[-1] == "AAPL 10 shares"
    assert spent == Spent(2000, 200)


async def test_an_unknown_tool_and_arguments_that_are_no_json_stop_no_answer(server: OpenAIServer) -> None:
    tools = OneTool()
    server.script = each(Calls((("rob-bank", {}), ("positions", '{"span": '))), Says("Sorry."))
    heard, _ = await spoken(server, tools)
    assert text(heard) == "Sorry."
    assert not any(name == "rob-bank" for name, _ in tools.called)


async def test_two_hundred_calls_are_cut_off(server: OpenAIServer) -> None:
    tools = OneTool()
    server.script = each(Calls(tuple(("positions", {"span": str(k)}) for k in range(200))))
    await spoken(server, tools)
    assert len(tools.called) <= MOST_CALLS
    assert len(server.requests) <= MOST_TURNS


async def test_a_model_without_an_end_is_cut_off(server: OpenAIServer) -> None:
    server.script = each(Endless("And so on."))
    heard, spent = await asyncio.wait_for(spoken(server), 10)
    assert LONGEST < len(text(heard)) < LONGEST + 100
    assert spent.written > 0


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        (Fails(401), "refuses the key"),
        (Fails(404), "does not know that model"),
        (Fails(429, after="0"), "takes nothing for now"),
        (Fails(500), "status 500"),
        (
            Fails(400, '{"error": {"message": "maximum context length is 4096 tokens", "code": "context_length_exceeded"}}'),
            "more than it can read",
        ),
        (Says("one two three four", cut=2), "reached"),
    ],
)
async def test_a_server_that_fails_is_named_in_few_words(server: OpenAIServer, turn: Any, said: str) -> None:
    server.script = each(turn)
    with pytest.raises(ModelFailed) as caught:
        await spoken(server)
    assert said in str(caught.value)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("body", ["<html>welcome to the hotel</html>", 'data: {"broken": \n\n', "", "data: [DONE]\n\n"])
async def test_what_is_no_answer_at_all_is_a_failure_or_no_words(server: OpenAIServer, body: str) -> None:
    server.script = each(Babbles(body))
    heard: list[Piece] = []
    async with modelled(server.base) as model:
        with suppress(ModelFailed):
            await model.speak(ASKED, OneTool(), heard.append)
    assert text(heard) == ""


async def test_a_server_that_is_not_there(server: OpenAIServer) -> None:
    async with modelled("http://127.0.0.1:9/v1", None) as model:
        with pytest.raises(ModelFailed, match="cannot be reached"):
            await model.speak(ASKED, OneTool(), lambda piece: None)
        assert model.name == "scripted"


async def test_a_cancelled_answer_stops(server: OpenAIServer) -> None:
    server.script = each(Says("word " * 1000, pause=0.01))
    heard: list[Piece] = []
    began = asyncio.Event()

    def hear(piece: Piece) -> None:
        heard.append(piece)
        began.set()

    async with modelled(server.base) as model:
        speaking = asyncio.create_task(model.speak(ASKED, OneTool(), hear))
        await asyncio.wait_for(began.wait(), 5)
        speaking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await speaking
        seen = len(heard)
        await asyncio.sleep(0.05)
        assert len(heard) == seen


@pytest.mark.parametrize("model", ["nobody:nothing", "anthropic:claude-test"])
def test_a_provider_that_is_not_here_says_what_is_missing(model: str) -> None:
    with pytest.raises(SetupError, match=model):
        other.build(other.Settings(model))


async def test_any_provider_of_langchain_is_built_by_its_name(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.base)
    server.script = each(Says("Here."))
    heard: list[Piece] = []
    model = other.build(other.Settings("openai:scripted"))
    await model.speak(ASKED, OneTool(), heard.append)
    assert text(heard) == "Here."
    await model.close()
    assert isinstance(model, Agent)
    chat: Any = model._model
    await chat.root_async_client.close()  # langchain shares it with the whole program
