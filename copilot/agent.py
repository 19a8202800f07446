"""An answer by a language model: langchain's agent over any chat model, its tools the ones it is given, its calls counted."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

os.environ["LANGSMITH_TRACING"] = os.environ["LANGCHAIN_TRACING_V2"] = "false"  # what a model is told is sent to nobody else

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelCallLimitMiddleware, ToolCallLimitMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, HumanMessage
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.errors import GraphRecursionError

from copilot.tokens import tokens
from domain.chat import CommandSpec
from domain.errors import ModelFailed
from domain.ports import Tools
from domain.speech import Asked, Looked, Piece, Spent, Words

MOST_TURNS, MOST_CALLS = 5, 8
STEPS = 60
"""Steps of langchain's graph, above what those two allow: where they did not hold, this does."""

LONGEST = 6000
"""Characters after which an answer is cut off."""

ARGUMENTS = 120

Hear = Callable[[Piece], None]


class Agent:
    """A chat model that may look at what it is given tools for; see `LanguageModel`."""

    def __init__(self, model: BaseChatModel, name: str, close: Callable[[], Awaitable[None]] | None = None) -> None:
        self._model = model
        self._name = name
        self._close = close

    @property
    def name(self) -> str:
        """What it is called."""
        return self._name

    async def close(self) -> None:
        """See `LanguageModel`; the clients of providers that cannot be closed end with the program."""
        if self._close is not None:
            await self._close()

    async def speak(self, asked: Asked, tools: Tools, hear: Hear) -> Spent:
        """See `LanguageModel`."""
        limits: list[AgentMiddleware[Any, Any, Any]] = [
            ModelCallLimitMiddleware(run_limit=MOST_TURNS, exit_behavior="end"),
            ToolCallLimitMiddleware(run_limit=MOST_CALLS, exit_behavior="continue"),
        ]
        offered = [_tool(tools, spec, hear) for spec in tools.offered()]
        agent: Any = create_agent(self._model, offered, system_prompt=asked.rules, middleware=limits)
        spent, written = Spent(), 0
        stream = agent.astream({"messages": messages(asked)}, {"recursion_limit": STEPS}, stream_mode="messages")
        try:
            async with aclosing(stream):
                async for chunk, _ in stream:
                    if not isinstance(chunk, AIMessageChunk):
                        continue  # what a tool said, and what the limits say
                    spent += _used(chunk)
                    if chunk.text:
                        written += len(chunk.text)
                        hear(Words(chunk.text))
                    if written > LONGEST:
                        break
        except GraphRecursionError:
            pass  # what was said until then is the answer
        except Exception as error:
            raise ModelFailed(reason(error)) from error
        return spent if spent.read else Spent(_size(asked), -(-written // 3))


def messages(asked: Asked) -> list[AnyMessage]:
    """What was said before, then the facts with the question; the rules stand before them, so that what changes comes last."""
    said: list[AnyMessage] = []
    for one in asked.before:
        said += [HumanMessage(one.asked), AIMessage(one.answered)]
    return [*said, HumanMessage(f"{asked.facts}\n\nQUESTION\n{asked.question}")]


def reason(error: BaseException) -> str:
    """Why there is no answer, in a few words and none of the server's own, which may repeat what it was sent."""
    status = getattr(error, "status_code", None)
    name = type(error).__name__
    if isinstance(error, TimeoutError) or "Timeout" in name:
        return "it did not answer in time"
    if status in (401, 403):
        return "its server refuses the key"
    if status == 404:
        return "its server does not know that model"
    if status == 429:
        return "its server takes nothing for now, or its quota is used"
    if status == 400 and "context" in str(error).lower():
        return "that was more than it can read"
    if isinstance(status, int):
        return f"its server answered with status {status}"
    if "Connect" in name or isinstance(error, OSError):
        return "its server cannot be reached"
    return f"its server sent something that is no answer ({name})"


def _tool(tools: Tools, spec: CommandSpec, hear: Hear) -> BaseTool:
    async def call(**given: Any) -> str:
        hear(Looked(spec.name, json.dumps(given, ensure_ascii=False)[:ARGUMENTS] if given else ""))
        return await tools.call(spec.name, given)

    return StructuredTool(name=spec.name, description=spec.help, args_schema=dict(tools.schema(spec)), coroutine=call)


def _used(chunk: AIMessageChunk) -> Spent:
    used = chunk.usage_metadata
    return Spent(used["input_tokens"], used["output_tokens"]) if used else Spent()


def _size(asked: Asked) -> int:
    return sum(tokens(text) for text in (asked.rules, asked.facts, asked.question, *(f"{e.asked} {e.answered}" for e in asked.before)))
