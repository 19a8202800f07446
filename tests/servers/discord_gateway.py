"""The gateway: one compressed stream a connection, heartbeats, sessions that can be resumed, and trouble on demand."""

from __future__ import annotations

import asyncio
import importlib
import itertools
import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import WSCloseCode, web

from tests.servers.discord_people import BOT, SELF

CONTENTS = 1 << 15


class Gateway:
    """Events go to the sessions of their shard; one that lost its connection gets them when it resumes.

    `pace` is how many seconds apart two shards may begin a session; the documentation says five, of so many at a time as are allowed.
    """

    def __init__(self, server: Any) -> None:
        self.url = ""
        self.server = server
        self.identified = self.resumed = self.beats = 0
        self.refuse_contents = False
        self.sessions: dict[str, Session] = {}
        self.beat = 45_000
        self.pace = 0.0
        self.hasty = 0
        self._last = -1e9
        self._ids = itertools.count(1)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        assert request.query.get("encoding") == "json", "this gateway speaks JSON"
        line = Line(socket, packed=request.query.get("compress", ""))
        await line.send({"op": 10, "d": {"heartbeat_interval": self.beat}, "s": None, "t": None})
        session: Session | None = None
        async for raw in socket:
            said = json.loads(raw.data)
            match said["op"]:
                case 1:
                    self.beats += 1
                    await line.send({"op": 11, "d": None, "s": None, "t": None})
                case 2:
                    if said["d"]["intents"] & CONTENTS and self.refuse_contents:
                        await socket.close(code=4014, message=b"Disallowed intent(s)")
                        break
                    shard = said["d"].get("shard", [0, 1])
                    if shard[1] != self.server.shards or not 0 <= shard[0] < shard[1]:
                        await socket.close(code=4010, message=b"Invalid shard")
                        break
                    if await self._hurried(line):
                        continue
                    session = await self._identified(line, said["d"])
                case 6:
                    session = await self._resumed(line, said["d"])
        if session is not None and session.line is line:
            session.line = None
        return socket

    def say(self, event: str, data: dict[str, Any]) -> None:
        """An event for the shard that it belongs to, whether it is, or was, connected."""
        guild = data.get("guild_id")
        shard = self.shard(guild) if isinstance(guild, str) and guild.isascii() and guild.isdecimal() else 0  # a test may send anything
        for session in self.sessions.values():
            if session.shard == shard:
                session.say(event, data)

    def shard(self, guild: str) -> int:
        """The shard of a server; direct messages, which have none, come to the first."""
        return int((int(guild) >> 22) % self.server.shards)

    @property
    def connected(self) -> bool:
        return bool(len({s.shard for s in self.sessions.values() if s.line is not None}) == self.server.shards)

    async def cut(self, *, forget: bool = False, shard: int | None = None) -> None:
        """Every connection is lost, or that of one shard; with `forget` its session cannot be resumed."""
        cut = {i: s for i, s in self.sessions.items() if shard is None or s.shard == shard}
        lines = [s.line for s in cut.values() if s.line is not None]
        for ident, session in cut.items():
            session.line = None
            if forget:
                del self.sessions[ident]
        for line in lines:
            await line.socket.close(code=WSCloseCode.INTERNAL_ERROR)

    async def _hurried(self, line: Line) -> bool:
        """True for a session that begins too soon after another; the platform calls it invalid."""
        now = asyncio.get_running_loop().time()
        if now - self._last < self.pace:
            self.hasty += 1
            await line.send({"op": 9, "d": False, "s": None, "t": None})
            return True
        self._last = now
        return False

    async def _identified(self, line: Line, data: dict[str, Any]) -> Session:
        self.identified += 1
        shard = data.get("shard", [0, 1])
        session = Session(f"session-{next(self._ids)}", line, contents=bool(data["intents"] & CONTENTS), shard=shard[0])
        others = {i: s for i, s in self.sessions.items() if s.line is not None or s.shard != session.shard}
        self.sessions = others | {session.id: session}
        rooms = self.server.rooms
        mine = [g for g in dict.fromkeys(r.guild for r in rooms.every.values()) if self.shard(g) == session.shard]
        session.say(
            "READY",
            {
                **{"v": 10, "user": BOT, "guilds": [{"id": g, "unavailable": True} for g in mine], "session_id": session.id},
                **{"shard": shard, "resume_gateway_url": self.url, "application": {"id": SELF, "flags": 0}, "private_channels": []},
            },
        )
        for guild in mine:
            session.say("GUILD_CREATE", rooms.guild(guild))
        return session

    async def _resumed(self, line: Line, data: dict[str, Any]) -> Session | None:
        session = self.sessions.get(data["session_id"])
        if session is None:
            await line.send({"op": 9, "d": False, "s": None, "t": None})
            return None
        self.resumed += 1
        session.resume(line, data["seq"])
        return session


def _zlib() -> Callable[[bytes], bytes]:
    packer = zlib.compressobj()
    return lambda data: packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)


def _zstd() -> Callable[[bytes], bytes]:
    """What the library asks for where that package happens to be installed."""
    zstandard = importlib.import_module("zstandard")
    packer = zstandard.ZstdCompressor().compressobj()
    return lambda data: packer.compress(data) + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


PACKERS: Mapping[str, Callable[[], Callable[[bytes], bytes] | None]] = {"": lambda: None, "zlib-stream": _zlib, "zstd-stream": _zstd}


class Line:
    """A connection, with its one compressor."""

    def __init__(self, socket: web.WebSocketResponse, *, packed: str) -> None:
        self.socket = socket
        self._pack = PACKERS[packed]()
        self._turn = asyncio.Lock()

    async def send(self, payload: dict[str, Any]) -> None:
        text = json.dumps(payload)
        async with self._turn:
            if self.socket.closed:
                return
            if self._pack is None:
                await self.socket.send_str(text)
            else:
                await self.socket.send_bytes(self._pack(text.encode()))


class Session:
    """What was said to one client, so that it can be said again."""

    def __init__(self, ident: str, line: Line | None, *, contents: bool, shard: int) -> None:
        self.id, self.line, self.contents, self.shard = ident, line, contents, shard
        self._said: list[dict[str, Any]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def say(self, event: str, data: dict[str, Any]) -> None:
        if event == "MESSAGE_CREATE" and data.get("guild_id") and not self.contents and not data["mentions"]:
            data = {**data, "content": "", "embeds": [], "attachments": []}
        payload = {"op": 0, "s": len(self._said) + 1, "t": event, "d": data}
        self._said.append(payload)
        self._send(payload)

    def resume(self, line: Line, seen: int) -> None:
        self.line = line
        for payload in self._said[seen:]:
            self._send(payload)
        self._said.append({"op": 0, "s": len(self._said) + 1, "t": "RESUMED", "d": {}})
        self._send(self._said[-1])

    def _send(self, payload: dict[str, Any]) -> None:
        if self.line is not None:
            task = asyncio.create_task(self.line.send(payload))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
