"""Every command and every action, as their own examples say them, on Telegram and on Discord; and every button under what they answer."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from commands.desk import REFRESH
from commands.registry import Registry
from domain.chat import Access, CommandSpec, ReplyKind
from tests.journeys.walk import KINDS, Answer, Walk, Walker, lead, walking

pytestmark = pytest.mark.asyncio(loop_scope="module")

REFUSED = {
    "/totp 123456": "word_needed",
    "/totp off 123456": "word_needed",
    "/breaker reset": "nothing_to_do",
    "/mandate revoke k3x9": "nothing_to_do",
    "#AAPL target 185": "bad_argument",
}
"""Examples that the demo account cannot follow, with what they are told: no such code, mandate or price is there."""

ACTS = ("/totp ", "/people ", "/jobs run", "/risk-limits set", "/risk-limits reset", "/keyboard")
"""How lines begin of commands that everybody may call and that do something: these are not said a second time to compare."""

BEFORE = {"/why": "/portfolio-summary", "/why equity": "/portfolio-summary"}
"""What an example follows up."""

AFTER = {"/group words discord:9002": "/group nothing discord:9002"}
"""What takes an example back that would change where the others are answered: the walk on Discord is in that channel."""

UNCHANGED = "message is not modified"
"""What Telegram says where a card is edited by the tap and by whoever looks after cards: no rule is broken by that."""


def _groups() -> dict[str, list[CommandSpec]]:
    """Actions first, on the account as it opens; last the commands of the house itself, of which one moves the clock."""
    found: defaultdict[str, list[CommandSpec]] = defaultdict(list)
    for spec in (*Registry.discover().actions(), *Registry.discover().commands()):
        found[spec.group].append(spec)
    found["System"] = found.pop("System")
    return dict(found)


GROUPS = _groups()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def walk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Walk]:
    async with walking(tmp_path_factory.mktemp("home")) as made:
        for line in ("#buy AAPL 1 limit 200", "#AAPL exit 10d"):
            card = await made.terminal.card(line)
            await made.terminal.say(f"confirm {card.id}")
        await made.house.pulse()
        yield made


@pytest.mark.parametrize("name", ["telegram", "discord"])
@pytest.mark.parametrize("group", GROUPS)
async def test_every_example_is_answered_and_every_button_leads_somewhere(
    walk: Walk, group: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    walker: Walker = walk.telegram if name == "telegram" else walk.discord
    for spec in GROUPS[group]:
        for example in spec.examples:
            for line in walker.spellings(example) if spec.sigil == "/" else [_with_ids(walk, example)]:
                if example in BEFORE:
                    await walker.asks(BEFORE[example])
                wanted = await _at_the_terminal(walk, spec, example)
                answer = await walker.asks(line)
                _shown(walker, answer, line)
                assert answer.code == REFUSED.get(example, ""), (line, answer.lead)
                assert wanted in ("", answer.lead), line
                if spec.sigil == "#" and not answer.code:
                    assert answer.reply.kind is ReplyKind.TICKET, line
                await _every_button(walk, walker, answer, line)
                if example in AFTER:
                    await walk.terminal.say(AFTER[example])
    await walk.house.floor.killswitch.release("terminal:owner")
    assert [r for r in walker.refused if UNCHANGED not in r] == []
    logged = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert [r.getMessage() for r in logged if not r.name.startswith("trading.")] == [], "a drill logs what it plays"
    assert await walk.house.floor.desk.open_tickets() == []


def _with_ids(walk: Walk, example: str) -> str:
    """An action with the id of an order or an exit that is there."""
    orders = {str(o.type): o.client_id for o in walk.house.floor.book.orders if o.symbol == "AAPL"}
    order = orders["stop" if " modify stop " in example else "limit"]
    exits = [item.id for item in walk.house.floor.monitor.exits.all()]
    return example.replace("order-k3x9-1", f"order-{order}").replace("exit-ab12cd34", f"exit-{exits[0]}")


async def _at_the_terminal(walk: Walk, spec: CommandSpec, example: str) -> str:
    """The first line that the terminal shows for a line that only looks; empty for the others."""
    acts = spec.sigil == "#" or spec.access is not Access.READ or example.startswith(ACTS)
    return "" if acts else lead(await walk.terminal.reply(example))


def _shown(walker: Walker, answer: Answer, line: str) -> None:
    """What the desk said is what the platform shows, and the program is not broken."""
    assert answer.code not in ("internal", "unknown_command"), (line, answer.lead)
    assert answer.lead in [walker.first(m) for m in answer.shown], (line, answer.lead)


async def _every_button(walk: Walk, walker: Walker, answer: Answer, line: str) -> None:
    """Press what is under an answer, each payload once on a platform; a card is cancelled at last."""
    cancel: tuple[Any, str] | None = None
    for message in answer.shown:
        for label, payload in walker.buttons(message).items():
            assert payload.startswith(KINDS), "a stranger is to try it too"
            if payload.startswith("cancel:"):
                cancel = (message, payload)
            if not payload.startswith(("/", "#", REFRESH)) or (walker.name, payload) in walk.pressed:
                continue
            walk.pressed.add((walker.name, payload))
            at = walk.house.floor.clock.now()
            pressed = await walker.presses(message, payload)
            _shown(walker, pressed, f"[{label}] under {line}")
            assert pressed.code == "", (line, label, pressed.lead)
            assert not payload.startswith(REFRESH) or walk.house.floor.clock.now() == at, "who looks again moves nothing"
            if pressed.reply.ticket is not None and pressed.reply.ticket.open:
                await _cancelled(walker, pressed)
    if cancel is not None and answer.reply.ticket is not None and answer.reply.ticket.open:
        await _cancelled(walker, answer)


async def _cancelled(walker: Walker, card: Answer) -> None:
    message = next(m for m in card.shown if "Cancel" in walker.buttons(m))
    gone = await walker.presses(message, walker.buttons(message)["Cancel"])
    assert gone.lead.startswith("Cancelled: "), gone.lead
    assert gone.lead == walker.first(message)


async def test_every_command_is_on_the_menu_of_both(walk: Walk) -> None:
    names = {spec.name for spec in walk.house.front.registry.commands()}
    telegram, discord = walk.telegram.person.server, walk.discord.person.server
    await telegram.until(lambda: "11" in telegram.menus)
    assert {command["command"].replace("_", "-") for command in telegram.menus["11"]} == names
    assert set(discord.commands) == names | {"do", "ask", "start"}
