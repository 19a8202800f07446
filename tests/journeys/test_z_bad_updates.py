"""Updates that nobody should send: every field missing, of a wrong type, huge or forged. An answer or a refusal, never an act."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from storage import journal
from tests.journeys.mutilated import mutilated
from tests.journeys.walk import Walk, Walker, walking
from tests.servers.discord import Asking

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOMS = ("app", "bot", "commands", "copilot", "trading", "market", "storage", "domain")
LINE = "#AAPL close 50%"
EVE, HALF = 666, "\\ud800"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def walk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Walk]:
    async with walking(tmp_path_factory.mktemp("home")) as made:
        yield made


async def _nothing_came_of_it(walk: Walk, walker: Walker, caplog: pytest.LogCaptureFixture) -> None:
    """The program still answers, has no fault in its log, and nobody's card was answered."""
    known = len(walker.line.heard)
    walker.person.says("/portfolio-summary")
    await walker.line.until(lambda: any(i.text == "/portfolio-summary" for i, _ in walker.line.heard[known:]))
    await walker.line.idle()
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR and r.name.partition(".")[0] in ROOMS] == []
    answers = [reply for _, reply in walker.line.heard if reply.failure is not None and reply.failure.code == "internal"]
    assert answers == []
    async with walk.house.store.read() as tx:
        moves = await journal.lines(tx, walk.house.floor.spec.name, limit=100_000, kinds=["TicketMoved"])
    assert moves
    assert [m for m in moves if "confirmed" in m.body.lower()] == []
    assert not walk.house.floor.killswitch.halted()
    assert await walk.terminal.whole()


TELEGRAM: dict[str, Callable[[Walk, Any], dict[str, Any]]] = {
    "message": lambda walk, card: {"message": walk.telegram.person.message(LINE) | MORE},
    "press": lambda walk, card: {"callback_query": _press(walk, card, walk.telegram.person.server.person(EVE, "Eve"))},
    "question": lambda walk, card: {"inline_query": {"id": "q", "from": walk.telegram.person.json, "query": "aapl", "offset": ""}},
}
MORE: dict[str, Any] = {
    "reply_to_message": {"message_id": 1, "date": 1, "chat": {"id": 11, "type": "private"}, "text": "x"},
    "entities": [{"type": "bold", "offset": 0, "length": 3}],
    "message_thread_id": 5,
}


def _press(walk: Walk, card: Any, person: Any) -> dict[str, Any]:
    shown = {"message_id": card.id, "date": 1, "chat": walk.telegram.person.server._chat(card.chat), "text": card.text}
    return {"id": "tap", "from": person.json, "chat_instance": "1", "data": card.payload("Confirm"), "message": shown}


@pytest.mark.parametrize("kind", TELEGRAM)
async def test_no_field_of_an_update_of_telegram_can_break_or_move_anything(
    walk: Walk, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    card = (await walk.telegram.asks(LINE)).shown[-1]
    server, valid = walk.telegram.person.server, TELEGRAM[kind](walk, card)
    for name, update in mutilated(valid):
        assert name
        server.put(update)
    await _nothing_came_of_it(walk, walk.telegram, caplog)
    assert "Confirm" in card.labels


def _interactions(walk: Walk, card: Any) -> dict[str, Callable[[], object]]:
    """What is done on Discord: a line and a command of the owner, and a press, a window and a completion of a stranger."""
    ada, server = walk.discord.person, walk.discord.person.server
    eve, confirm = server.person(EVE, "Eve"), walk.discord.buttons(card)["Confirm"]
    field = {"type": 18, "id": 1, "component": {"type": 4, "id": 2, "custom_id": "text", "value": "CLOSE"}}
    typed = [{"name": "symbol", "type": 3, "value": "aa", "focused": True}]
    return {
        "message": lambda: ada.says(LINE),
        "command": lambda: ada.slash("quote", room=True, symbol="AAPL"),
        "press": lambda: eve.presses(card, confirm),
        "window": lambda: server.asks(eve, 5, {"custom_id": confirm, "components": [field]}, card.channel, card),
        "completion": lambda: server.asks(eve, 4, {"id": "3", "name": "quote", "type": 1, "options": typed}, "7666"),
    }


@pytest.mark.parametrize("kind", ["message", "command", "press", "window", "completion"])
async def test_no_field_of_an_event_of_discord_can_break_or_move_anything(
    walk: Walk, kind: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = (await walk.discord.asks(LINE)).shown[-1]
    server, recorded = walk.discord.person.server, []
    say = server.gateway.say
    monkeypatch.setattr(server.gateway, "say", lambda event, data: recorded.append((event, data)))
    _interactions(walk, card)[kind]()
    monkeypatch.setattr(server.gateway, "say", say)
    ((event, valid),) = recorded
    for name, data in mutilated(valid):
        if HALF in json.dumps(data):
            continue  # a gateway of halves of characters is none: the library reads no JSON with them
        if name.startswith("id "):
            say(event, data)
        elif "token" in data:
            asking = Asking(server.snowflake(), f"tok-{server.snowflake()}-{'x' * 40}", "11", card.channel, valid["type"], time.monotonic())
            server.askings[asking.id] = asking
            say(event, {**data, "id": asking.id} | ({"token": asking.token} if not name.startswith("token") else {}))
        else:
            say(event, {**data, "id": server.snowflake()})
    await _nothing_came_of_it(walk, walk.discord, caplog)
    assert "Confirm" in card.labels
    assert server.gateway.identified == 1, "nothing of it ended the connection"
