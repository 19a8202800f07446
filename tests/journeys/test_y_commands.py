"""Every command and every action with its own examples, on both platforms: each is answered, and every button under it leads somewhere."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from commands import arguments
from domain.people import Member, Role
from tests.journeys.discord_phone import on_discord
from tests.journeys.phone import Room, connected
from tests.servers.discord import DiscordServer
from tests.servers.telegram import TelegramServer

BROKEN = ("finds it in the log", "There is no command", "There is no action")
LAST = ("#cancel-all", "#close-all", "#emergency-stop", "#resume")
"""Lines that end what the others do."""


def walks(room: Room) -> list[list[str]]:
    """The lines of each walk: a command or verb with its examples; what touches everything comes in the last one."""
    registry = room.house.front.registry
    lines = [[*spec.examples] for spec in (*registry.commands(), *registry.actions())]
    return [walk for one in lines if (walk := [line for line in one if line not in LAST])] + [list(LAST)]


async def admitted(room: Room, platform: str, count: int) -> list[int]:
    """So many owners, each in a chat of their own: a chat takes a message a second."""
    people, numbers = room.house.front.people, list(range(5001, 5001 + count))
    async with room.house.store.write() as tx:
        for number in numbers:
            who = f"{platform}:{number}"
            member = Member(
                people.account, platform, str(number), Role.OWNER, who, str(number), "Ada", room.house.floor.clock.now(), "test"
            )
            await people.put(tx, member)
            people.took(member)
    return numbers


def answered(asked: Sequence[str], texts: Sequence[str]) -> None:
    """Every line got something, and nothing of it is a fault of the program or a command that is not there."""
    assert len(texts) >= len(asked), f"{asked} got only {texts}"
    for text in texts:
        assert text, f"an empty answer to one of {asked}"
        assert not any(words in text for words in BROKEN), f"one of {asked} got: {text}"


def pressable(payloads: Iterator[str]) -> list[str]:
    """Lines under buttons that were not said yet in a walk; cards are left to their own journeys."""
    return [p for p in dict.fromkeys(payloads) if p.startswith(("/", "#", "refresh:"))][:4]


async def test_on_telegram(tmp_path: Path, telegram: TelegramServer, caplog: pytest.LogCaptureFixture) -> None:
    async with connected(tmp_path, telegram) as desk:
        lines = walks(desk)
        people = [telegram.person(number) for number in await admitted(desk, "telegram", len(lines))]
        for count, (person, walk) in enumerate(zip(people, lines, strict=True)):
            for line in walk:
                head, blank, rest = line.partition(" ")
                person.says((head.replace("-", "_") if count % 2 and line.startswith("/") else head) + blank + rest)
        await settled(desk, telegram)
        for person, walk in zip(people, lines, strict=True):
            answered(walk, [m.text for m in person.shown])
        for person in people:
            newest = [m for m in person.shown if m.rows][-2:]
            for payload in pressable(b["callback_data"] for m in newest for row in m.rows for b in row):
                person.presses(newest[-1], payload)
        await settled(desk, telegram)
        for person, walk in zip(people, lines, strict=True):
            answered(walk, [m.text for m in person.shown])
        assert telegram.meter.refused == 0
        quiet(caplog)


async def test_on_discord(tmp_path: Path, discord: DiscordServer, caplog: pytest.LogCaptureFixture) -> None:
    async with on_discord(tmp_path, discord) as desk:
        lines = walks(desk)
        people = [discord.person(number) for number in await admitted(desk, "discord", len(lines))]
        registry = desk.house.front.registry
        for person, walk in zip(people, lines, strict=True):
            for line in walk:
                name, *words = line[1:].split()
                if line.startswith("/"):
                    person.slash(name, **given(registry.command(name), words))
                else:
                    person.says(line)
        await settled(desk, discord)
        for person, walk in zip(people, lines, strict=True):
            answered(walk, [m.text for m in person.shown])
        for person in people:
            newest = [m for m in person.shown if m.buttons][-2:]
            for payload in pressable(itertools.chain.from_iterable(m.buttons.values() for m in newest)):
                person.presses(newest[-1], payload)
        await settled(desk, discord)
        for person, walk in zip(people, lines, strict=True):
            answered(walk, [m.text for m in person.shown])
        quiet(caplog)


def given(spec: Any, words: list[str]) -> dict[str, Any]:
    """The words of an example as the options of a slash command, of the kinds that the platform has them in."""
    kinds = {p.name: p.kind for p in spec.parameters}
    bound = arguments.bind(spec, words)
    return {name: {"integer": int, "number": float}.get(kinds[name], str)(value) for name, value in bound.items()}


async def settled(desk: Room, server: Any) -> None:
    """Everything that was said is answered, and every answer shown."""
    await desk.house.pulse()
    for _ in range(3):
        await server.until(lambda: not desk.line.intake._lanes._lanes, 60)
        await desk.line.intake.idle()
        await desk.line.post.idle()


def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """No message was refused, and nothing broke; what the lines did to the demo's trading is the core's to log."""
    loud = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING and r.name.split(".")[0] in ("bot", "commands")]
    assert loud == []
