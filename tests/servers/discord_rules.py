"""What Discord refuses, by its documentation: texts that are too long, embeds that are too large, buttons that cannot be told apart."""

from __future__ import annotations

import json
import re
from typing import Any

from aiohttp import web

TEXT, EMBED, DESCRIPTION, FIELD_NAME, FIELD, FIELDS = 2000, 6000, 4096, 256, 1024, 25
LABEL, PAYLOAD, ROWS, ROW = 80, 100, 5, 5
COMMANDS, CHOICES, OPTIONS, HELP = 100, 25, 25, 100
_NAME = re.compile(r"^[-_a-z0-9]{1,32}$")
_KINDS: dict[int, Any] = {3: str, 4: int, 10: (int, float)}


class Refused(Exception):
    """An answer that is an error: the status, the platform's code and its words."""

    def __init__(self, status: int, code: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers


def wrong(what: str) -> Refused:
    return Refused(400, 50035, f"Invalid Form Body: {what}")


def checked_message(body: dict[str, Any], *, edit: bool = False) -> None:
    """Raise for a message that the platform would not take."""
    content, embeds = body.get("content") or "", body.get("embeds") or []
    if len(content) > TEXT:
        raise wrong("content: Must be 2000 or fewer in length.")
    if not content and not embeds and not edit:
        raise Refused(400, 50006, "Cannot send an empty message")
    total = 0
    for embed in embeds:
        total += len(embed.get("description") or "")
        if len(embed.get("description") or "") > DESCRIPTION:
            raise wrong("embeds[0].description: Must be 4096 or fewer in length.")
        fields = embed.get("fields") or []
        if len(fields) > FIELDS:
            raise wrong("embeds[0].fields: Must be 25 or fewer in length.")
        for field in fields:
            if not 1 <= len(field["name"]) <= FIELD_NAME or not 1 <= len(field["value"]) <= FIELD:
                raise wrong("embeds[0].fields: Must be between 1 and 1024 in length.")
            total += len(field["name"]) + len(field["value"])
    if total > EMBED:
        raise wrong("embeds: Embed size exceeds maximum size of 6000")
    checked_components(body.get("components") or [])


def checked_components(rows: list[dict[str, Any]]) -> None:
    if len(rows) > ROWS:
        raise wrong("components: Must be between 1 and 5 in length.")
    seen: set[str] = set()
    for row in rows:
        buttons = row["components"]
        if not 1 <= len(buttons) <= ROW:
            raise wrong("components[0].components: Must be between 1 and 5 in length.")
        for button in buttons:
            payload = button["custom_id"]
            if not 1 <= len(payload) <= PAYLOAD or not 1 <= len(button["label"]) <= LABEL:
                raise wrong("components[0].components[0]: Must be between 1 and 100 in length.")
            if payload in seen:
                raise wrong("components: Component custom id cannot be duplicated")
            seen.add(payload)


def checked_modal(data: dict[str, Any]) -> None:
    if not 1 <= len(data["title"]) <= 45 or not 1 <= len(data["custom_id"]) <= PAYLOAD or not 1 <= len(data["components"]) <= 5:
        raise wrong("data: a modal has a title of at most 45, a custom_id and one to five components")
    for label in data["components"]:
        if label["type"] != 18 or not 1 <= len(label["label"]) <= 45 or label["component"]["type"] != 4:
            raise wrong("data.components: a label of at most 45 around a text input")


def checked_commands(commands: list[dict[str, Any]]) -> None:
    if len(commands) > COMMANDS:
        raise Refused(400, 30032, "Maximum number of application commands reached (100)")
    if len({c["name"] for c in commands}) != len(commands):
        raise wrong("name: Application command names must be unique")
    for command in commands:
        if not _NAME.match(command["name"]) or not 1 <= len(command["description"]) <= HELP:
            raise wrong(f"{command['name']}: name or description")
        options = command.get("options") or []
        required = [bool(o.get("required")) for o in options]
        if len(options) > OPTIONS or required != sorted(required, reverse=True):
            raise wrong(f"{command['name']}: Required options must be placed before non-required options")
        for option in options:
            choices = option.get("choices") or []
            fits = _NAME.match(option["name"]) and 1 <= len(option["description"]) <= HELP and len(choices) <= CHOICES
            if not fits or (choices and option.get("autocomplete")):
                raise wrong(f"{command['name']}.{option['name']}: name, description or choices")


def checked_choices(choices: list[dict[str, Any]]) -> None:
    if len(choices) > CHOICES:
        raise wrong("data.choices: Must be 25 or fewer in length.")
    for choice in choices:
        if not 1 <= len(choice["name"]) <= 100 or not 1 <= len(str(choice["value"])) <= 100:
            raise wrong("data.choices: Must be between 1 and 100 in length.")


def typed_options(command: dict[str, Any], given: dict[str, Any]) -> list[dict[str, Any]]:
    """Options as the platform sends them, after it has checked them itself: a person cannot send others."""
    known = {o["name"]: o for o in command.get("options") or []}
    missing = [name for name, o in known.items() if o.get("required") and name not in given]
    assert not missing, f"the platform would ask for {missing}"
    for name, value in given.items():
        option = known[name]
        assert isinstance(value, _KINDS[option["type"]]), f"the platform would not take {value!r} for {name}"
        assert not option.get("choices") or value in [c["value"] for c in option["choices"]], f"{value!r} is no choice of {name}"
    return [{"name": name, "type": known[name]["type"], "value": value} for name, value in given.items()]


def as_json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """The library reads only what is exactly `application/json`."""
    return web.Response(body=json.dumps(body).encode(), status=status, headers={"Content-Type": "application/json", **(headers or {})})
