"""A server on loopback that speaks the chat-completions protocol, streamed or whole; what it says is a script, what it was sent is kept."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEY = "sk-test-0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Calls:
    """Tools that it calls: names and arguments, which may be text that is no JSON."""

    calls: tuple[tuple[str, Mapping[str, Any] | str], ...]

    @classmethod
    def of(cls, *names: str) -> Calls:
        """Calls without arguments."""
        return cls(tuple((name, {}) for name in names))


@dataclass(frozen=True, slots=True)
class Says:
    """Text, sent word by word, the first after `wait` seconds and each after `pause`; `cut` drops the connection after so many words."""

    text: str
    wait: float = 0.0
    pause: float = 0.0
    cut: int | None = None


@dataclass(frozen=True, slots=True)
class Fails:
    """A status other than 200, with a body in the protocol's form unless another one is given."""

    status: int
    body: str = ""
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Babbles:
    """What is no answer at all, under status 200."""

    body: str


@dataclass(frozen=True, slots=True)
class Endless:
    """One sentence for ever."""

    sentence: str


Turn = Calls | Says | Fails | Babbles | Endless
Script = Callable[[Mapping[str, Any]], Turn]


def each(*turns: Turn) -> Script:
    """One turn after the other; the last one again for ever."""
    left = list(turns)

    def next_one(_: Mapping[str, Any]) -> Turn:
        return left.pop(0) if len(left) > 1 else left[0]

    return next_one


@dataclass
class OpenAIServer:
    """`start` it and point a client at `base`. `script` says what it answers to a request's body."""

    script: Script = field(default_factory=lambda: each(Says("Nothing to say.")))
    models: tuple[str, ...] = ("scripted",)
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    base: str = ""

    async def start(self) -> None:
        """Listen on a free port of loopback."""
        app = web.Application(client_max_size=10_000_000)
        app.router.add_post("/v1/chat/completions", self._completed)
        app.router.add_get("/v1/models", self._listed)
        self._runner = web.AppRunner(app, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"

    async def stop(self) -> None:
        """Close every connection."""
        await self._runner.cleanup()

    def sent(self) -> str:
        """Everything that any request said, as one text."""
        return json.dumps(self.requests, ensure_ascii=False)

    async def _listed(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return _error(401, "Incorrect API key provided")
        return web.json_response(
            {"object": "list", "data": [{"id": m, "object": "model", "created": 0, "owned_by": "us"} for m in self.models]}
        )

    async def _completed(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append(body)
        self.keys.append(request.headers.get("Authorization", ""))
        turn = self.script(body)
        if isinstance(turn, Fails):
            headers = {"retry-after": turn.after} if turn.after is not None else {}
            return web.Response(status=turn.status, text=turn.body, headers=headers) if turn.body else _error(turn.status, "no", headers)
        if isinstance(turn, Babbles):
            return web.Response(text=turn.body, content_type="text/event-stream")
        stream = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await stream.prepare(request)
        try:
            await self._streamed(stream, body, turn)
        except (ConnectionError, asyncio.CancelledError):
            return stream
        return stream

    async def _streamed(self, stream: web.StreamResponse, body: Mapping[str, Any], turn: Calls | Says | Endless) -> None:
        common = {"id": "cmpl-1", "created": 1, "model": body["model"], "object": "chat.completion.chunk"}

        async def send(delta: Mapping[str, Any] | None, finish: str | None = None) -> None:
            choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
            used = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100} if delta is None else None
            await stream.write(b"data: " + json.dumps({**common, "choices": choices, "usage": used}).encode() + b"\n\n")

        match turn:
            case Calls(calls=calls):
                shaped = [
                    {
                        "index": k,
                        "id": f"call_{len(self.requests)}_{k}",
                        "type": "function",
                        "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
                    }
                    for k, (name, given) in enumerate(calls)
                ]
                await send({"role": "assistant", "content": None, "tool_calls": shaped})
                await send({}, "tool_calls")
            case Says(text=text, wait=wait, pause=pause, cut=cut):
                await asyncio.sleep(wait)
                for k, word in enumerate(re.findall(r"\s*\S+", text)):
                    if cut is not None and k >= cut:
                        if stream._req is not None and stream._req.transport is not None:
                            stream._req.transport.abort()
                        return
                    await send({"role": "assistant", "content": word})
                    if pause:
                        await asyncio.sleep(pause)
                await send({}, "stop")
            case Endless(sentence=sentence):
                while True:
                    await send({"role": "assistant", "content": f"{sentence} "})
                    await asyncio.sleep(0.001)
        if (body.get("stream_options") or {}).get("include_usage"):
            await send(None)
        await stream.write(b"data: [DONE]\n\n")


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"message": message, "type": "error", "code": None}}, status=status, headers=headers)


def told(body: Mapping[str, Any]) -> Sequence[str]:
    """The texts of a request's messages."""
    return [str(m.get("content") or "") for m in body["messages"]]
