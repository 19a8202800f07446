"""A Discord on loopback: the REST API and the gateway by the rules of the documentation, with people to talk as."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.servers.discord_gateway import Gateway
from tests.servers.discord_people import BOT, SELF, Person
from tests.servers.discord_rooms import HISTORY, MANAGE, Rooms
from tests.servers.discord_rules import Refused, as_json, checked_choices, checked_commands, checked_message, checked_modal

TOKEN = "MTEwMjAxNTQzMTEwMjAxNTQz.GTestA.abcdefghijklmnopqrstuvwxyzABCDEFGH-TEST"
EPOCH = 1420070400000
HIDDEN, SILENT = 64, 4096
ANSWER = 3.0  # seconds in which an interaction has to be acknowledged
APP: dict[str, Any] = {
    **{"id": SELF, "name": "folio", "icon": None, "description": "", "bot_public": True, "bot_require_code_grant": False},
    **{"verify_key": "", "flags": 0, "owner": BOT, "team": None, "summary": ""},
}


@dataclass
class Message:
    """A message of the bot as it is shown now; `hidden` is seen by `to` only, `was` is what it showed before."""

    id: str
    channel: str
    body: dict[str, Any]
    hidden: bool = False
    to: str = ""
    was: list[str] = field(default_factory=list)
    loading: bool = False

    @property
    def text(self) -> str:
        """All its words without markup, fields as `name: value`."""
        embed = (self.body.get("embeds") or [{}])[0]
        rows = [f"{f['name']}: {f['value']}" for f in embed.get("fields") or []]
        every = "\n".join(filter(None, [self.body.get("content"), embed.get("description"), *rows]))
        return every.replace("**", "").replace("\\", "").replace("`", "").strip()

    @property
    def pictures(self) -> dict[str, bytes]:
        """Its files by what they are described as."""
        return {a["description"]: a["content"] for a in self.body.get("attachments") or []}

    @property
    def buttons(self) -> dict[str, str]:
        """The payloads of its buttons by their labels."""
        return {b["label"]: b["custom_id"] for row in self.body.get("components") or [] for b in row["components"]}

    @property
    def labels(self) -> list[str]:
        return list(self.buttons)

    @property
    def colour(self) -> int:
        return int((self.body.get("embeds") or [{}])[0].get("color") or 0)

    @property
    def silent(self) -> bool:
        return bool((self.body.get("flags") or 0) & SILENT)

    @property
    def under(self) -> str | None:
        return (self.body.get("message_reference") or {}).get("message_id")


@dataclass
class Asking:
    """An interaction and what became of it."""

    id: str
    token: str
    person: str
    channel: str
    kind: int
    at: float
    message: Message | None = None
    answered: float | None = None
    original: Message | None = None
    modal: dict[str, Any] | None = None
    choices: list[dict[str, Any]] | None = None
    dead: bool = False


class DiscordServer:
    """`start` it, point a bot at `base`, and be somebody with `person`."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.askings: dict[str, Asking] = {}
        self.commands: dict[str, dict[str, Any]] = {}
        self.calls: Counter[str] = Counter()
        self.refusals: list[str] = []  # what was asked for that the rules do not allow; faults on demand are not among them
        self.faults: defaultdict[str, deque[Refused]] = defaultdict(deque)
        self.blocked: set[str] = set()
        self.bucket = (1000, 1.0)  # messages to one channel in so many seconds
        self.refused = 0  # of them
        self.base = ""
        self.rooms = Rooms(self)
        self.shards = 1  # as many as it recommends
        self.gateway = Gateway(self)
        self._written: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._nonces: dict[tuple[str, str], Message] = {}
        self._sent: defaultdict[str, deque[float]] = defaultdict(deque)
        self._people: dict[str, Person] = {}
        self._ids = itertools.count(1)
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/gateway{tail:.*}", self.gateway.serve)
        app.router.add_route("*", "/api/v10/{path:.*}", self._call)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        self.base = f"http://127.0.0.1:{port}/api/v10"
        self.gateway.url = f"ws://127.0.0.1:{port}/gateway"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def person(self, number: int, name: str = "Ada") -> Person:
        return self._people.setdefault(str(number), Person(self, str(number), name))

    def snowflake(self, age: float = 0) -> str:
        return str(int((time.time() - age) * 1000) - EPOCH << 22 | next(self._ids) & 0x3FFFFF)

    def fail(self, path: str, fault: Refused, times: int = 1) -> None:
        """The next calls of a kind (`POST channels/messages`) end so."""
        self.faults[path].extend([fault] * times)

    async def until(self, look: Any, within: float = 10.0) -> Any:
        """What a look finds, as soon as it finds something; AssertionError after a while."""
        deadline = time.monotonic() + within
        while not (found := look()):
            if time.monotonic() > deadline:
                raise AssertionError(f"not seen within {within:g} s; the bot said: {[m.text[:60] for m in self.messages]}")
            await asyncio.sleep(0.01)
        return found

    # the protocol

    async def _call(self, request: web.Request) -> web.StreamResponse:
        parts = request.match_info["path"].split("/")
        kind = f"{request.method} {'/'.join(p for p in parts if not p.isdecimal() and p not in self.askings and len(p) < 40)}"
        self.calls[kind] += 1
        try:
            if request.headers.get("Authorization") != f"Bot {TOKEN}" and parts[0] not in ("interactions", "webhooks"):
                raise Refused(401, 0, "401: Unauthorized")
            if self.faults[kind]:
                raise self.faults[kind].popleft()
            found = self._allowed(kind, request.method, parts, await _body(request), request.query)
        except Refused as refused:
            body: dict[str, Any] = {"code": refused.code, "message": refused.message}
            if refused.status == 429:
                body = {"message": refused.message, "retry_after": float(refused.headers["Retry-After"]), "global": False}
            return as_json(body, refused.status, refused.headers)
        return web.Response(status=204) if found is None else as_json(found)

    def _allowed(self, kind: str, method: str, parts: list[str], body: Any, query: Any) -> Any:
        try:
            return self._route(method, parts, body, query)
        except Refused as refused:
            self.refusals.append(f"{kind}: {refused.message}")
            raise

    def _route(self, method: str, parts: list[str], body: Any, query: Any) -> Any:
        match method, *parts:
            case "GET", "users", "@me":
                return BOT
            case "GET", "oauth2", "applications", "@me":
                return APP
            case "GET", "applications", "@me":
                return APP
            case "GET", "gateway", "bot":
                limit = {"total": 1000, "remaining": 1000 - self.gateway.identified, "reset_after": 0, "max_concurrency": 1}
                return {"url": self.gateway.url, "shards": self.shards, "session_start_limit": limit}
            case "PUT", "applications", _, "commands":
                checked_commands(body)
                self.commands = {c["name"]: c for c in body}
                return [{**c, "id": str(n), "application_id": SELF, "version": "1"} for n, c in enumerate(body, 1)]
            case "POST", "users", "@me", "channels":
                return self.dm(body["recipient_id"])
            case "POST", "channels", channel, "typing":
                return self.rooms[channel].needs() if not self._private(channel) else None
            case "GET", "channels", channel:
                return self.rooms[channel].json
            case "PATCH", "channels", channel:
                return self.rooms.changed(channel, body)
            case "POST", "channels", channel, "messages", number, "threads":
                found = next((m for m in self.messages if m.id == number and m.channel == channel and not m.hidden), None)
                return self.rooms.begun(channel, found, body)
            case "GET", "channels", channel, "messages", number:
                self.rooms[channel].needs(HISTORY)
                theirs = [m for m in self._written[channel] if m["id"] == number]
                return theirs[0] if theirs else self.asas_json(self._found(lambda m: m.id == number and not m.hidden))
            case "GET", "channels", channel, "messages":
                if not self._private(channel):
                    self.rooms[channel].needs()
                    if HISTORY in self.rooms[channel].denied:
                        return []
                after, most = int(query.get("after", 0)), int(query.get("limit", 50))
                asked = [m for m in self._written[channel] if int(m["id"]) > after][:most]
                return [self._asked_for(m) for m in reversed(asked)]
            case "POST", "channels", channel, "messages":
                return self._posted(channel, body)
            case "PATCH", "channels", channel, "messages", number:
                if not self._private(channel):
                    self.rooms.edited(channel)
                return self._edited(self._found(lambda m: m.id == number and m.channel == channel and not m.hidden), body)
            case "POST", "interactions", _, token, "callback":
                return self._answered(self._asking(token, fresh=True), body, query)
            case "POST", "webhooks", _, token:
                return self._followed(self._asking(token), body)
            case "PATCH", "webhooks", _, token, "messages", which:
                asking = self._asking(token)
                mine = asking.original if which == "@original" else self._found(lambda m: m.id == which and m.to == asking.person)
                if mine is None:
                    raise Refused(404, 10008, "Unknown Message")
                return self._edited(mine, body)
            case "DELETE", "webhooks", _, token, "messages", "@original":
                self.messages = [m for m in self.messages if m is not self._asking(token).original]
                self._asking(token).original = None
                return None
            case "DELETE", "channels", channel, "messages", number:
                if not self._private(channel) and any(m["id"] == number for m in self._written[channel]):
                    self.rooms[channel].needs(MANAGE)
                    self._written[channel] = [m for m in self._written[channel] if m["id"] != number]
                    return None
                if not any(m.id == number and m.channel == channel for m in self.messages):
                    raise Refused(403, 50003, "Cannot execute action on a DM channel")
                self.messages = [m for m in self.messages if m.id != number]
                return None
        raise Refused(404, 0, "404: Not Found")

    def _private(self, channel: str) -> bool:
        """True for direct messages; raises for a channel that is not there."""
        return channel not in self.rooms and channel.startswith("7")

    def _asked_for(self, message: dict[str, Any]) -> dict[str, Any]:
        """A message as a list of them shows it: not on which server, and without the intent only the words of one that names the bot."""
        read = not message.get("guild_id") or message["mentions"] or any(s.contents for s in self.gateway.sessions.values())
        return {k: v for k, v in message.items() if k not in ("guild_id", "member")} | ({} if read else {"content": ""})

    def open(self, channel: str) -> list[Message]:
        """What everybody sees in a channel or a thread, oldest first."""
        return [m for m in self.messages if m.channel == channel and not m.to and not m.loading]

    def _found(self, wanted: Any) -> Message:
        found = next((m for m in self.messages if wanted(m)), None)
        if found is None:
            raise Refused(404, 10008, "Unknown Message")
        return found

    def _posted(self, channel: str, body: dict[str, Any]) -> dict[str, Any]:
        checked_message(body)
        person = channel.removeprefix("7") if self._private(channel) else ""
        if not person:
            self.rooms.posted(channel, body)
        if person in self.blocked:
            raise Refused(403, 50007, "Cannot send messages to this user")
        nonce = (channel, str(body.get("nonce")))
        if body.get("enforce_nonce") and nonce in self._nonces:
            return self.asas_json(self._nonces[nonce])
        most, seconds = self.bucket
        now, sent = time.monotonic(), self._sent[channel]
        while sent and now - sent[0] >= seconds:
            sent.popleft()
        if len(sent) >= most:
            self.refused += 1
            after = f"{seconds - (now - sent[0]):.3f}"
            raise Refused(429, 0, "You are being rate limited.", **{"Retry-After": after, "Via": "1.1 test"})
        sent.append(now)
        message = self._nonces[nonce] = Message(self.snowflake(), channel, body, to=person)
        self.messages.append(message)
        return self.asas_json(message)

    def _edited(self, message: Message, body: dict[str, Any]) -> dict[str, Any]:
        checked_message(body, edit=True)
        message.was.append(message.text)
        message.body = {**message.body, **body}
        message.loading = False
        return self.asas_json(message)

    def _asking(self, token: str, *, fresh: bool = False) -> Asking:
        asking = next((a for a in self.askings.values() if a.token == token), None)
        if asking is None or asking.dead or (fresh and time.monotonic() - asking.at > ANSWER):
            raise Refused(404, 10062 if fresh else 10015, "Unknown interaction" if fresh else "Unknown Webhook")
        if not fresh and asking.answered is None:
            raise Refused(404, 10015, "Unknown Webhook")
        if fresh and asking.answered is not None:
            raise Refused(400, 40060, "Interaction has already been acknowledged.")
        return asking

    def _answered(self, asking: Asking, body: dict[str, Any], query: Any) -> Any:
        data, kind = body.get("data") or {}, body["type"]
        if kind == 4:
            checked_message(data)
            asking.original = self._shown(asking, data)
        elif kind == 5:
            asking.original = self._shown(asking, data, loading=True)
        elif kind == 6:
            asking.original = asking.message
        elif kind == 8:
            checked_choices(data["choices"])
            asking.choices = data["choices"]
        elif kind == 9:
            checked_modal(data)
            asking.modal = data
        asking.answered = time.monotonic() - asking.at
        if query.get("with_response") not in ("true", "True", "1"):
            return None
        made = {"id": asking.id, "type": asking.kind, "response_message_loading": kind == 5, "response_message_ephemeral": False}
        message = asking.original
        if message is not None:
            made["response_message_id"] = message.id
        return {"interaction": made, **({"resource": {"type": kind, "message": self.asas_json(message)}} if kind == 4 and message else {})}

    def _followed(self, asking: Asking, body: dict[str, Any]) -> dict[str, Any]:
        checked_message(body)
        if asking.original is not None and asking.original.loading:  # whatever it says of itself, it takes the place of what waits
            return self._edited(asking.original, {**body, "flags": asking.original.body.get("flags")})
        return self.asas_json(self._shown(asking, body))

    def _shown(self, asking: Asking, body: dict[str, Any], *, loading: bool = False) -> Message:
        hidden = bool((body.get("flags") or 0) & HIDDEN)
        message = Message(
            self.snowflake(), asking.channel, body, hidden, asking.person if hidden or asking.channel not in self.rooms else ""
        )
        message.loading = loading
        self.messages.append(message)
        return message

    # what people do

    def dm(self, person: str) -> dict[str, Any]:
        name = self._people[person].json if person in self._people else {**BOT, "id": person, "bot": False}
        return {"id": f"7{person}", "type": 1, "recipients": [name], "last_message_id": None}

    def written(self, channel: str, message: dict[str, Any]) -> None:
        self._written[channel].append(message)
        self.gateway.say("MESSAGE_CREATE", message)

    def asks(self, person: Person, kind: int, data: dict[str, Any], channel: str, message: Message | None = None) -> Asking:
        ident = self.snowflake()
        asking = Asking(ident, f"tok-{ident}-{'x' * 40}", person.number, channel, kind, time.monotonic(), message)
        self.askings[ident] = asking
        room = self.rooms.every.get(channel)
        where = {"guild_id": room.guild, "member": person.member, "channel": room.json} if room is not None else {}
        here = {"user": person.json, "channel": self.dm(person.number)}
        event: dict[str, Any] = {
            **{"id": ident, "application_id": SELF, "type": kind, "token": asking.token, "version": 1, "channel_id": channel, "data": data},
            **{"locale": "en-US", "entitlements": [], "authorizing_integration_owners": {"0": "1"}, "context": 0 if room else 1},
            **{"attachment_size_limit": 1000, "app_permissions": "0", **(where if room else here)},
        }
        if message is not None:
            event["message"] = self.asas_json(message)
        self.gateway.say("INTERACTION_CREATE", event)
        return asking

    def asas_json(self, message: Message) -> dict[str, Any]:
        shown = {"content": "", "embeds": [], "components": [], **message.body}
        return {
            **{"id": message.id, "channel_id": message.channel, "author": BOT, "timestamp": "2026-01-01T00:00:00+00:00"},
            **{"edited_timestamp": None, "tts": False, "mention_everyone": False, "mentions": [], "mention_roles": [], "pinned": False},
            **{
                "attachments": [],
                "type": 0,
                "content": shown["content"] or "",
                "embeds": shown["embeds"],
                "components": shown["components"],
            },
            "flags": HIDDEN if message.hidden else 0,
        }


async def _body(request: web.Request) -> Any:
    """What a request says: JSON, or a form with files beside it, whose names and descriptions the JSON lists."""
    if not request.content_type.startswith("multipart/"):
        text = await request.text()
        return json.loads(text) if text else {}
    form = await request.post()
    body = json.loads(str(form["payload_json"]))
    data = body.get("data", body)
    sent = {str(name): value.file.read() for name, value in form.items() if isinstance(value, web.FileField)}
    for listed in data.get("attachments") or []:
        listed["content"] = sent[f"files[{listed['id']}]"]
    return body
