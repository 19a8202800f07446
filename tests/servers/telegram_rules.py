"""What the Bot API refuses, as its documentation says it: texts after entities, markup, commands, and how often one may write."""

from __future__ import annotations

import html
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

LONGEST = 4096
CAPTION = 1024
PAYLOAD = 64
MOST_BUTTONS = 100
OVERALL, APART, GROUP = 30, 1.0, 20
SLACK = 0.05  # of a clock that measures when a request arrives, not when it was sent

_TAG = re.compile(r"<(/?)([a-z-]+)([^<>]*)>")
_KNOWN = frozenset({"b", "strong", "i", "em", "u", "s", "code", "pre", "a", "blockquote", "tg-spoiler"})
_ENTITY = re.compile(r"&(?!(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);)")
_COMMAND = re.compile(r"[a-z0-9_]{1,32}\Z")


class Refused(Exception):
    """An answer that is an error: its code, its description, and perhaps what comes with it."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def parsed(text: str, mode: str | None) -> str:
    """The text without its markup; raises for what is not well formed."""
    if mode is None:
        return text
    if mode != "HTML":
        raise Refused(400, "Bad Request: unsupported parse_mode")
    if _ENTITY.search(text):
        raise Refused(400, "Bad Request: can't parse entities: unexpected character after &")
    stack: list[str] = []
    bare, last = "", 0
    for found in _TAG.finditer(text):
        between = text[last : found.start()]
        if "<" in between or ">" in between:
            raise Refused(400, "Bad Request: can't parse entities: unexpected < or >")
        bare += between
        closing, name = found[1], found[2]
        if name not in _KNOWN:
            raise Refused(400, f'Bad Request: can\'t parse entities: unsupported start tag "{name}"')
        if not closing:
            stack.append(name)
        elif not stack or stack.pop() != name:
            raise Refused(400, "Bad Request: can't parse entities: unmatched end tag")
        last = found.end()
    rest = text[last:]
    if stack or "<" in rest or ">" in rest:
        raise Refused(400, "Bad Request: can't parse entities: can't find end tag")
    return html.unescape(bare + rest)


def checked_text(text: str, mode: str | None) -> str:
    bare = parsed(text, mode)
    if not bare.strip():
        raise Refused(400, "Bad Request: message text is empty")
    if units(bare) > LONGEST:
        raise Refused(400, "Bad Request: message is too long")
    return bare


def checked_caption(text: str, mode: str | None) -> str:
    bare = parsed(text, mode)
    if units(bare) > CAPTION:
        raise Refused(400, "Bad Request: message caption is too long")
    return bare


def checked_picture(data: bytes) -> None:
    if not data.startswith((b"\x89PNG", b"\xff\xd8")) or len(data) > 10_000_000:
        raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED")


def checked_results(results: list[dict[str, Any]]) -> None:
    if len(results) > 50 or len({r["id"] for r in results}) != len(results):
        raise Refused(400, "Bad Request: RESULT_ID_DUPLICATE")
    if any(not 1 <= len(r["id"].encode()) <= 64 or not r["title"] for r in results):
        raise Refused(400, "Bad Request: RESULT_ID_INVALID")


def checked_keys(markup: dict[str, Any] | None) -> list[list[str]] | None:
    """The rows below the input; empty where they are taken away, None where nothing is said of them."""
    if markup is None or "inline_keyboard" in markup:
        return None
    rows = [[key if isinstance(key, str) else key["text"] for key in row] for row in markup.get("keyboard", [])]
    if not rows and not markup.get("remove_keyboard"):
        raise Refused(400, "Bad Request: object expected as reply markup")
    return rows


def checked_markup(markup: dict[str, Any] | None) -> list[list[dict[str, Any]]]:
    rows: list[list[dict[str, Any]]] = (markup or {}).get("inline_keyboard", [])
    buttons = [button for row in rows for button in row]
    if len(buttons) > MOST_BUTTONS:
        raise Refused(400, "Bad Request: reply markup is too long")
    for button in buttons:
        if not button.get("text"):
            raise Refused(400, "Bad Request: inline keyboard button text is empty")
        if not 1 <= len(button.get("callback_data", "").encode()) <= PAYLOAD:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    return rows


def checked_commands(commands: list[dict[str, str]]) -> None:
    if len(commands) > 100:
        raise Refused(400, "Bad Request: too many commands")
    for command in commands:
        if not _COMMAND.match(command["command"]):
            raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise Refused(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")


@dataclass
class Meter:
    """Counts what was sent; `admit` raises 429 with the pause that is asked for."""

    overall: deque[float] = field(default_factory=deque)
    chats: dict[int, float] = field(default_factory=dict)
    groups: dict[int, deque[float]] = field(default_factory=dict)
    refused: int = 0

    def admit(self, chat: int, now: float, *, group: bool) -> None:
        while self.overall and now - self.overall[0] >= 1.0:
            self.overall.popleft()
        waits = []
        if len(self.overall) >= OVERALL:
            waits.append(1.0)
        last = self.chats.get(chat)
        if last is not None and now - last < APART - SLACK:
            waits.append(APART)
        minute = self.groups.setdefault(chat, deque())
        while minute and now - minute[0] >= 60.0:
            minute.popleft()
        if group and len(minute) >= GROUP:
            waits.append(60.0)
        if waits:
            self.refused += 1
            wait = max(1, round(max(waits)))
            raise Refused(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        self.overall.append(now)
        self.chats[chat] = now
        minute.append(now)
