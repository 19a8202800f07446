"""Long work on a phone: one message says how far it is, [Stop] ends it, and the answer takes its place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app import demo
from bot import drafts
from commands.draft import Draft
from domain.chat import Incoming
from domain.tickets import Origin
from tests.journeys.discord_phone import on_discord
from tests.journeys.phone import connected
from tests.servers.discord import DiscordServer
from tests.servers.telegram import TelegramServer

GROUP = -1007


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What there is of an answer is shown at once, and a month of the demo has many steps."""
    monkeypatch.setattr(drafts, "FIRST", 0.0)
    monkeypatch.setattr(demo, "A_DAY", timedelta(minutes=5))


def draft_among(messages: Sequence[Any]) -> Any:
    """The message that is edited while its answer grows, once it is there."""
    return next((m for m in messages if "Stop" in m.labels), None)


async def growing_for(person: Any) -> Any:
    return await person.server.until(lambda: draft_among(person.shown))


async def test_a_long_way_is_shown_and_stopped(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        ada.says("/demo forward 31d")
        growing = await growing_for(ada)
        assert growing.text.startswith("On the way to ")
        assert (growing.labels, growing.silent) == (["Stop"], True)
        ada.taps(growing, "Stop", times=2)
        await telegram.until(lambda: growing.text.startswith("Stopped. It is "))
        assert "Stop" not in growing.labels
        assert "Journal" in growing.labels
        await desk.line.intake.idle()
        await desk.line.post.idle()
        assert len([m for m in ada.shown if "It is " in m.text]) == 1, "the answer took its place"
        assert telegram.meter.refused == 0


async def test_a_draft_of_an_earlier_program_says_so_and_one_that_was_answered_stays(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        ada.says("/demo forward 1d")
        growing = await growing_for(ada)
        payload = growing.payload("Stop")
        await telegram.until(lambda: growing.text.startswith("It is "))
        ada.presses(growing, payload)
        ada.says("/help")
        await telegram.until(lambda: any("/positions" in m.text for m in ada.shown))
        assert growing.text.startswith("It is "), growing.text
    async with connected(tmp_path, telegram):
        ada.presses(growing, payload)
        await telegram.until(lambda: growing.text.startswith("Nothing that you asked for is being worked out"))


async def test_in_a_group_only_its_person_and_owners_stop_what_is_worked_out(tmp_path: Path, telegram: TelegramServer) -> None:
    room = telegram.group(-1001)
    async with connected(tmp_path, telegram) as desk:
        ada, bob = await desk.paired(11), await desk.paired(12, "viewer", "Bob")
        await desk.terminal.say("/group figures telegram:-1001")
        ada.says("/demo forward 31d", chat=room)
        growing = await telegram.until(lambda: draft_among(telegram.of(room)))
        for other in (bob, telegram.person(66, "Eve")):
            other.taps(growing, "Stop")
        await telegram.until(lambda: any(m.text.startswith("Nothing that you asked for") for m in telegram.of(room)))
        assert growing.text.startswith("On the way to ")
        ada.taps(growing, "Stop")
        await telegram.until(lambda: growing.text.startswith("Stopped. "))


async def test_a_draft_that_somebody_took_away_is_answered_all_the_same(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        ada.says("/demo forward 4d")
        growing = await growing_for(ada)
        telegram.messages.remove(growing)
        answer = await telegram.until(lambda: next((m for m in ada.shown if m.text.startswith("It is ")), None))
        assert answer is not growing


async def test_the_same_on_discord(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        ada.says("/demo forward 31d")
        growing = await growing_for(ada)
        assert "Stop" in growing.labels
        ada.taps(growing, "Stop")
        await discord.until(lambda: growing.text.startswith("Stopped. It is "))
        assert "Stop" not in growing.labels


async def test_where_others_read_words_a_draft_has_no_figures(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        await desk.paired(11)
        await desk.terminal.say(f"/group words telegram:{GROUP}")
        line = Incoming("k", Origin("telegram", str(GROUP), "11"), "/demo forward 2d", desk.house.floor.clock.now(), group=True)
        draft = Draft()
        await desk.house.front.handle(line, draft)
        assert "•••" in desk.lead(await draft.grown())
