"""A Bot API server on loopback: long polling, messages, buttons and menus by the rules of the documentation, with people to talk as."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, web

from tests.servers.telegram_people import Person
from tests.servers.telegram_rules import (
    Meter,
    Refused,
    checked_caption,
    checked_commands,
    checked_keys,
    checked_markup,
    checked_picture,
    checked_results,
    checked_text,
)

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawTEST"
BOT = {"id": 110201543, "is_bot": True, "first_name": "Folio", "username": "folio_test_bot"}
HASTE = 15.0  # seconds within which a tap has to be answered


@dataclass
class Message:
    """A message of the bot as the chat shows it now; `was` is what it showed before."""

    id: int
    chat: int
    text: str
    rows: list[list[dict[str, Any]]]
    under: int | None
    silent: bool
    was: list[str] = field(default_factory=list)
    topic: int = 0
    picture: bytes = b""

    @property
    def labels(self) -> list[str]:
        return [button["text"] for row in self.rows for button in row]

    def payload(self, label: str) -> str:
        return str(next(button["callback_data"] for row in self.rows for button in row if button["text"] == label))


class TelegramServer:
    """`start` it, point a bot at `base`, and be somebody with `person`."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.menus: dict[str, list[dict[str, str]]] = {}
        self.calls: Counter[str] = Counter()
        self.faults: defaultdict[str, deque[Refused | str]] = defaultdict(deque)
        self.meter = Meter()
        self.refusals: list[str] = []  # what was asked for that the rules do not allow; faults on demand are not among them
        self.acknowledged: Counter[str] = Counter()
        self.confirmed = 0
        self.deleted: list[tuple[int, int]] = []
        self.reactions: list[tuple[int, int, str]] = []
        self.offered: dict[str, dict[str, str]] = {}
        self._became: dict[int, int] = {}
        self.base = ""
        self.hook: tuple[str, str] | None = None
        self.brought: list[int] = []
        self.keys: dict[int, list[list[str]]] = {}
        self._calls: list[asyncio.Task[None]] = []
        self.slow = 0.0  # seconds that a message takes to be confirmed
        self._updates: list[dict[str, Any]] = []
        self._newest: dict[str, Any] = {}
        self._numbers = itertools.count(1000)
        self._ids = itertools.count(1)
        self._taps: dict[str, float] = {}
        self._people: dict[int, Person] = {}
        self._groups: set[int] = set()
        self._poll: asyncio.Event | None = None
        self._came = asyncio.Event()
        self._shown = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> None:
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]
        self.base = f"http://127.0.0.1:{self.port}/bot"

    async def stop(self) -> None:
        self.hook = None
        await asyncio.gather(*self._calls, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    def person(self, number: int, name: str = "Ada") -> Person:
        found = self._people.get(number)
        if found is None:
            found = self._people[number] = Person(self, number, name)
        return found

    def put(self, update: dict[str, Any]) -> int:
        """An update as it is, under the next number."""
        number = next(self._numbers)
        self._newest = {"update_id": number, **update}
        self._updates.append(self._newest)
        self._came.set()
        return number

    def again(self) -> None:
        """The newest update is delivered under its number once more, as after a confirmation that was lost."""
        self._updates.append(self._newest)
        self._came.set()

    def fail(self, method: str, fault: Refused | str, times: int = 1) -> None:
        """The next calls of a method end so: with an error, or `drop` (the connection is cut) or `html` (an answer that is no JSON)."""
        self.faults[method.lower()].extend([fault] * times)

    async def shows(self, chat: int, count: int, within: float = 10.0) -> list[Message]:
        """The messages of a chat once there are so many."""
        found: list[Message] = await self.until(lambda: seen if len(seen := self.of(chat)) >= count else None, within)
        return found

    async def until(self, look: Any, within: float = 10.0) -> Any:
        """What a look finds, as soon as it finds something; AssertionError after a while."""
        deadline = time.monotonic() + within
        while (found := look()) is None or found is False:
            if time.monotonic() > deadline:
                raise AssertionError(f"not seen within {within:g} s; the bot said: {[m.text[:60] for m in self.messages]}")
            await asyncio.sleep(0.01)
        return found

    def of(self, chat: int) -> list[Message]:
        return [m for m in self.messages if m.chat == chat]

    def next_id(self) -> int:
        return next(self._ids)

    # the protocol

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"].lower()
        self.calls[method] += 1
        try:
            if request.match_info["token"] != TOKEN:
                raise Refused(401, "Unauthorized")
            fields = await _fields(request)
            if self.faults[method]:
                fault = self.faults[method].popleft()
                if fault == "drop":
                    assert request.transport is not None
                    request.transport.close()
                    return web.Response()
                if fault == "html":
                    return web.Response(text="<html>bad gateway</html>", status=502)
                assert isinstance(fault, Refused)
                raise fault
            handler = getattr(self, f"_{method}", None)
            if handler is None:
                raise Refused(404, "Not Found")
            result = await self._allowed(method, handler(fields))
        except Refused as refused:
            body = {"ok": False, "error_code": refused.code, "description": refused.description}
            return web.json_response(body | ({"parameters": refused.parameters} if refused.parameters else {}), status=refused.code)
        return web.json_response({"ok": True, "result": result})

    async def _allowed(self, method: str, work: Awaitable[Any]) -> Any:
        try:
            return await work
        except Refused as refused:
            self.refusals.append(f"{method}: {refused.description}")
            raise

    async def _getme(self, fields: dict[str, Any]) -> dict[str, Any]:
        return BOT | {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}

    async def _setwebhook(self, fields: dict[str, Any]) -> bool:
        self.hook = (fields["url"], fields["secret_token"])
        self._calls.append(asyncio.create_task(self._bring()))
        return True

    async def _deletewebhook(self, fields: dict[str, Any]) -> bool:
        self.hook = None
        return True

    async def _bring(self) -> None:
        """Bring updates to the address one after the other, each until it is taken."""
        async with ClientSession() as session:
            while self.hook is not None:
                address, secret = self.hook
                if not self._updates:
                    await asyncio.sleep(0.01)
                    continue
                head = {"X-Telegram-Bot-Api-Secret-Token": secret}
                async with session.post(address, json=self._updates[0], headers=head) as answer:
                    self.brought.append(answer.status)
                    if answer.status == 200:
                        self._updates.pop(0)
                    else:
                        await asyncio.sleep(0.05)

    async def _getupdates(self, fields: dict[str, Any]) -> list[dict[str, Any]]:
        if self.hook is not None:
            raise Refused(
                409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        if self._poll is not None:
            self._poll.set()
        mine = self._poll = asyncio.Event()
        offset, limit = int(fields.get("offset", 0)), int(fields.get("limit", 100))
        if offset:
            self._updates = [u for u in self._updates if u["update_id"] >= offset]
            self.confirmed = max(self.confirmed, offset - 1)
        deadline = time.monotonic() + float(fields.get("timeout", 0))
        while not self._updates and time.monotonic() < deadline:
            self._came.clear()
            waits = [asyncio.create_task(self._came.wait()), asyncio.create_task(mine.wait())]
            await asyncio.wait(waits, timeout=deadline - time.monotonic(), return_when=asyncio.FIRST_COMPLETED)
            for task in waits:
                task.cancel()
            if mine.is_set():
                raise Refused(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
        self._poll = None if self._poll is mine else self._poll
        return self._updates[:limit]

    async def _sendmessage(self, fields: dict[str, Any]) -> dict[str, Any]:
        message = await self._new(fields, checked_text(fields.get("text", ""), fields.get("parse_mode")))
        await asyncio.sleep(self.slow)
        return self._as_json(message)

    async def _new(self, fields: dict[str, Any], text: str) -> Message:
        chat = int(fields["chat_id"])
        rows = checked_markup(fields.get("reply_markup"))
        keys = checked_keys(fields.get("reply_markup"))
        self._reachable(chat)
        self.meter.admit(chat, time.monotonic(), group=chat in self._groups)
        if keys is not None:
            self.keys[chat] = keys
        reply = fields.get("reply_parameters") or {}
        message = Message(next(self._ids), chat, text, rows, reply.get("message_id"), bool(fields.get("disable_notification")))
        message.topic = int(fields.get("message_thread_id") or 0)
        self.messages.append(message)
        return message

    def _to_edit(self, fields: dict[str, Any]) -> Message:
        chat = int(fields["chat_id"])
        message = next((m for m in self.of(chat) if m.id == int(fields["message_id"])), None)
        if message is None:
            raise Refused(400, "Bad Request: message to edit not found")
        self._reachable(chat)
        self.meter.admit(chat, time.monotonic(), group=chat in self._groups)
        return message

    async def _sendphoto(self, fields: dict[str, Any]) -> dict[str, Any]:
        checked_picture(fields["photo"])
        message = await self._new(fields, checked_caption(fields.get("caption", ""), fields.get("parse_mode")))
        message.picture = fields["photo"]
        return self._as_json(message)

    async def _editmessagemedia(self, fields: dict[str, Any]) -> dict[str, Any]:
        media = fields["media"]
        assert media["type"] == "photo"
        picture = fields[media["media"].removeprefix("attach://")]
        checked_picture(picture)
        message = self._to_edit(fields)
        message.was.append(message.text)
        message.text, message.rows = (
            checked_caption(media.get("caption", ""), media.get("parse_mode")),
            checked_markup(fields.get("reply_markup")),
        )
        message.picture = picture
        return self._as_json(message)

    async def _editmessagecaption(self, fields: dict[str, Any]) -> dict[str, Any]:
        message = self._to_edit(fields)
        message.was.append(message.text)
        message.text = checked_caption(fields.get("caption", ""), fields.get("parse_mode"))
        message.rows = checked_markup(fields.get("reply_markup"))
        return self._as_json(message)

    async def _editmessagetext(self, fields: dict[str, Any]) -> dict[str, Any]:
        text = checked_text(fields.get("text", ""), fields.get("parse_mode"))
        rows = checked_markup(fields.get("reply_markup"))
        message = self._to_edit(fields)
        if message.picture:
            raise Refused(400, "Bad Request: there is no text in the message to edit")
        if (message.text, message.rows) == (text, rows):
            raise Refused(400, "Bad Request: message is not modified: specified new message content is exactly the same")
        message.was.append(message.text)
        message.text, message.rows = text, rows
        return self._as_json(message)

    async def _answercallbackquery(self, fields: dict[str, Any]) -> bool:
        tap = fields["callback_query_id"]
        if self.acknowledged[tap] or time.monotonic() - self._taps.get(tap, -HASTE) > HASTE:
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.acknowledged[tap] += 1
        return True

    async def _deletemessage(self, fields: dict[str, Any]) -> bool:
        chat, number = int(fields["chat_id"]), int(fields["message_id"])
        self.deleted.append((chat, number))
        self.messages = [m for m in self.messages if (m.chat, m.id) != (chat, number)]
        return True

    async def _answerinlinequery(self, fields: dict[str, Any]) -> bool:
        results = fields["results"]
        checked_results(results)
        self.offered[fields["inline_query_id"]] = {
            r["title"]: checked_text(r["input_message_content"]["message_text"], None) for r in results
        }
        return True

    async def _setmessagereaction(self, fields: dict[str, Any]) -> bool:
        (reaction,) = fields["reaction"]
        self.reactions.append((int(fields["chat_id"]), int(fields["message_id"]), reaction["emoji"]))
        return True

    async def _sendchataction(self, fields: dict[str, Any]) -> bool:
        self._reachable(int(fields["chat_id"]))
        return True

    async def _setmycommands(self, fields: dict[str, Any]) -> bool:
        commands = fields.get("commands") or []
        checked_commands(commands)
        self.menus[str((fields.get("scope") or {}).get("chat_id", "everybody"))] = commands
        return True

    def _reachable(self, chat: int) -> None:
        if chat in self._became:
            moved = {"migrate_to_chat_id": self._became[chat]}
            raise Refused(400, "Bad Request: group chat was upgraded to a supergroup chat", **moved)
        person = self._people.get(chat)
        if chat not in self._groups and (person is None or not person.started):
            raise Refused(400, "Bad Request: chat not found")
        if person is not None and person.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")

    def _as_json(self, message: Message) -> dict[str, Any]:
        return {"message_id": message.id, "date": int(time.time()), "chat": self._chat(message.chat), "from": BOT, "text": message.text}

    def _chat(self, number: int) -> dict[str, Any]:
        return {"id": number, "type": "supergroup" if number in self._groups else "private", "title": "Desk", "first_name": "Ada"}

    def tapped(self, tap: str) -> None:
        self._taps[tap] = time.monotonic()

    def group(self, number: int) -> int:
        """A group that the bot is in."""
        self._groups.add(number)
        return number

    def upgrade(self, old: int, new: int, *, told: bool = True) -> None:
        """A group becomes a supergroup and has another number from now on."""
        self._became[old] = self.group(new)
        if told:
            service = {"message_id": self.next_id(), "date": int(time.time()), "chat": self._chat(old) | {"type": "group"}}
            self.put({"message": service | {"migrate_to_chat_id": new}})


NESTED = frozenset(
    {"reply_markup", "reply_parameters", "commands", "scope", "link_preview_options", "allowed_updates", "reaction", "media", "results"}
)
"""Fields that are JSON within the form."""


async def _fields(request: web.Request) -> dict[str, Any]:
    raw = dict(await request.post()) if request.method == "POST" else dict(request.query)
    found: dict[str, Any] = {}
    for name, value in raw.items():
        if isinstance(value, web.FileField):
            found[name] = value.file.read()
            continue
        text = str(value)
        nested = name in NESTED
        found[name] = json.loads(text) if nested or text in ("true", "false") else text
    return found
