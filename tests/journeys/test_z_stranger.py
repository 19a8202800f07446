"""A stranger at every door: whatever the registry knows and every kind of payload there is, by a line, a press, a window, a completion."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from bot.adapters.discord.render import PRICE, WORD
from commands.desk import REFRESH
from commands.registry import Registry
from domain.people import Groups, Sight
from tests.journeys.walk import OnDiscord, OnTelegram, Walk, Walker, walking

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVE, ROOM = 666, -1001
TOLD = "You are 666 on {}. An owner of this installation must approve that id before anything is shown here."
NO_CODE = "That code is not valid: codes work once, for ten minutes. Ask the owner for a new one."
LINES = tuple(example for spec in Registry.discover().all() for example in spec.examples)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def walk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Walk]:
    async with walking(tmp_path_factory.mktemp("home")) as made:
        yield made


def _payloads(confirm: str, cancel: str) -> Iterator[str]:
    """Of each of `walk.KINDS` one, with what belongs to the owner's card in it, and every line as the payload that says it."""
    yield from (confirm, cancel, f"{WORD}CLOSE:{confirm}", f"{PRICE}#buy AAPL 2")
    for line in LINES:
        yield line
        yield f"{REFRESH}{line}"


def _eve(walk: Walk, owner: Walker) -> Any:
    """Somebody who writes to the bot, and was never let in."""
    person = owner.person.server.person(EVE, "Eve")
    if owner is walk.telegram:
        person.started = True
        return OnTelegram(owner.line, person)
    return OnDiscord(owner.line, person, walk.house.front.registry)


async def _unmoved(walk: Walk, card: Any, owner: Walker) -> None:
    assert set(owner.buttons(card)) >= {"Cancel"}, "the card waits for its owner"
    assert [m.person for m in walk.house.front.people.members] == ["11", "11"]
    assert not walk.house.floor.killswitch.halted()
    assert await walk.terminal.whole()


@pytest.mark.parametrize("name", ["telegram", "discord"])
async def test_every_line_and_every_press_of_a_stranger_is_told_the_same(walk: Walk, name: str) -> None:
    owner: Walker = walk.telegram if name == "telegram" else walk.discord
    eve, card = _eve(walk, owner), (await owner.asks("#close-all")).shown[-1]
    payloads = [p.removeprefix(f"{WORD}CLOSE:") for p in owner.buttons(card).values()]
    told = set()
    for line in LINES:
        told |= {eve.first(m) for m in (await eve.asks(line)).shown}
    for payload in _payloads(*payloads[:2]):
        told |= {eve.first(m) for m in (await eve.presses(card, payload)).shown}
    assert told == {TOLD.format(name)}
    assert len([i for i, _ in owner.line.heard if i.origin.person == str(EVE)]) == len(LINES) * 3 + 4
    await _unmoved(walk, card, owner)


async def test_windows_and_completions_of_a_stranger_bring_nothing(walk: Walk) -> None:
    owner = walk.discord
    eve, card = _eve(walk, owner), (await owner.asks("#close-all")).shown[-1]
    server = owner.person.server
    confirm = next(p for p in owner.buttons(card).values() if p.startswith(WORD)).partition("confirm:")
    for payload in _payloads("".join(confirm[1:]), owner.buttons(card)["Cancel"]):
        window = {"type": 18, "id": 1, "component": {"type": 4, "id": 2, "custom_id": "text", "value": "CLOSE"}}
        data = {"custom_id": payload, "components": [window]}
        filled = await eve._answered(lambda data=data: server.asks(eve.person, 5, data, card.channel, card))
        assert {eve.first(m) for m in filled.shown} <= {TOLD.format("discord"), NO_CODE}
    completed = [(name, o["name"]) for name, c in server.commands.items() for o in c.get("options") or [] if o.get("autocomplete")]
    assert ("do", "line") in completed
    for name, option in completed:
        typed = {"id": "3", "name": name, "type": 1, "options": [{"name": option, "type": 3, "value": "a", "focused": True}]}
        asking = server.asks(eve.person, 4, typed, server.dm(str(EVE))["id"])
        await server.until(lambda asking=asking: asking.answered is not None)
        assert asking.choices == [], (name, option)
    await _unmoved(walk, card, owner)


async def test_inline_questions_and_lines_in_an_open_group_bring_a_stranger_nothing(walk: Walk) -> None:
    owner = walk.telegram
    eve, server = _eve(walk, owner), owner.person.server
    room = server.group(ROOM)
    walk.house.front.people.groups = Groups({f"telegram:{room}": Sight.FIGURES})
    for number, line in enumerate(("", "aapl", *LINES)):
        server.put({"inline_query": {"id": f"eve{number}", "from": eve.person.json, "query": line, "offset": ""}})
        await server.until(lambda number=number: f"eve{number}" in server.offered)
        assert server.offered[f"eve{number}"] == {}
    for line in LINES:
        known = len(owner.line.heard)
        eve.person.says(line, chat=room)
        await owner.line.after(known)
    assert server.of(room) == []
    card = (await owner.asks("#close-all")).shown[-1]
    await _unmoved(walk, card, owner)
