"""Discord in trouble: cut off, busy, blocking, refusing, and a program that is killed."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from pathlib import Path

import pytest

from app import doctor
from app.settings import Settings
from bot.adapters.discord import adapter
from domain.errors import StorageFailed
from storage import inbox
from tests.journeys.discord_phone import on_discord
from tests.journeys.phone import opened
from tests.journeys.program import start
from tests.servers.discord import TOKEN, DiscordServer
from tests.servers.discord_rules import Refused

BUSY = Refused(429, 0, "You are being rate limited.", **{"Retry-After": "0.3", "Via": "1.1 test"})
POST = "POST channels/messages"


@pytest.mark.parametrize("fault", [BUSY, Refused(500, 0, "Internal Server Error")], ids=["busy", "fault"])
async def test_an_answer_that_is_not_taken_comes_later_and_once(tmp_path: Path, discord: DiscordServer, fault: Refused) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        discord.fail(POST, fault)
        ada.says("/positions")
        assert "positions worth" in (await ada.hears(2)).text
        ada.says("/status")
        await ada.hears(3)
        assert len([m for m in ada.shown if "positions worth" in m.text]) == 1


async def test_more_than_a_chat_takes_waits_its_turn_and_keeps_its_order(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        discord.bucket = (3, 0.5)
        symbols = ["AAPL", "MSFT", "NVDA", "AMZN", "TSLA", "GOOGL", "META"]
        for symbol in symbols:
            ada.says(f"/quote {symbol}")
        await ada.hears(1 + len(symbols), within=20)
        assert [s for m in ada.shown[1:] for s in symbols if f"({s})" in m.text.partition("\n")[0]] == symbols


async def test_a_connection_that_is_lost_continues_and_a_session_that_is_lost_begins_again(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        await discord.gateway.cut()
        ada.says("/positions")
        assert "positions worth" in (await ada.hears(2, within=20)).text
        assert (discord.gateway.resumed, discord.gateway.identified) == (1, 1)
        await discord.gateway.cut(forget=True)
        ada.says("/quote NVDA")
        assert "(NVDA)" in (await ada.hears(3, within=30)).text, "it is asked for when a new session began"
    assert discord.gateway.identified == 1, "the program ends at once, also while the library waits to come back"


async def test_somebody_who_takes_no_messages_holds_nobody_up_and_the_owner_hears(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada, bob = await desk.paired(11), await desk.paired(22, "owner", "Bob")
        discord.blocked.add("22")
        await desk.terminal.say("#emergency-stop")
        await discord.until(lambda: any(m.text.startswith("Trading is halted") for m in ada.shown))
        await discord.until(lambda: any("discord:22" in m.text and "reach" in m.text for m in ada.shown))
        bob.slash("positions", room=True)
        await discord.until(lambda: any("positions worth" in m.text for m in bob.shown))


async def test_an_interaction_that_is_over_is_answered_in_direct_messages(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        discord.fail("POST interactions/callback", Refused(404, 10062, "Unknown interaction"))
        ada.slash("positions", room=True)
        shown = await ada.hears(2)
        assert (shown.hidden, "positions worth" in shown.text) == (False, True)
        ada.slash("do", room=True, line="#BTC close 0.01")
        card = await ada.hears(3)
        for asking in discord.askings.values():
            asking.dead = True
        discord.messages.remove(card)
        await desk.terminal.say(f"confirm {card.buttons['Confirm'].split(':')[1]}")
        await discord.until(lambda: any(m.text.startswith("Filled: sold 0.01 BTC") for m in ada.shown))
        ada.says("/status")
        await discord.until(lambda: any("ccount" in m.text for m in ada.shown))


async def test_an_interaction_that_was_taken_already_holds_up_no_answer(tmp_path: Path, discord: DiscordServer) -> None:
    """The library sends again what met a fault; where it had arrived, the platform says that it was acknowledged before."""
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        discord.fail("POST interactions/callback", Refused(400, 40060, "Interaction has already been acknowledged."))
        ada.slash("positions", room=True)
        assert "positions worth" in (await ada.hears(2, within=3)).text
        ada.slash("quote", room=True, symbol="AAPL")
        assert "(AAPL)" in (await ada.hears(3, within=3)).text


async def test_a_command_that_cannot_be_written_down_is_refused_there_and_then(
    tmp_path: Path, discord: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        add = inbox.add
        failed: list[int] = []

        async def full(*given: object) -> bool:
            if len(failed) < 2:
                failed.append(1)
                raise StorageFailed("disk full")
            return await add(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(inbox, "add", full)
        ada.slash("positions", room=True)
        assert (await ada.hears(2)).text == adapter.NOT_TAKEN
        ada.says("/positions")  # a message is kept as soon as that works
        assert "positions worth" in (await ada.hears(3)).text


async def test_the_doctor_says_what_is_missing(
    tmp_path: Path, discord: DiscordServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("FOLIOPILOT_HOME", str(tmp_path))
    monkeypatch.setenv("FOLIOPILOT_DISCORD_BASE", discord.base)
    monkeypatch.setenv("FOLIOPILOT_DISCORD_TOKEN", TOKEN.replace("GTestA", "GTestB"))
    monkeypatch.chdir(tmp_path)
    parts, _ = await doctor.examine()
    assert next(p for p in parts if p.name == "discord").detail == adapter.UNKNOWN_BOT
    monkeypatch.setenv("FOLIOPILOT_DISCORD_TOKEN", TOKEN)
    parts, _ = await doctor.examine()
    assert "folio answers; it reads on servers only what names it" in next(p for p in parts if p.name == "discord").detail
    discord.gateway.refuse_contents = True
    with caplog.at_level(logging.ERROR):
        async with opened(Settings(home=tmp_path, discord_token=TOKEN, discord_base=discord.base, discord_contents=True)):
            await discord.until(lambda: "Message Content Intent" in caplog.text)


async def test_what_nobody_can_read_holds_up_nothing_and_never_acts(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        ada.says("#AAPL close")
        card = await ada.hears(2)
        dice = random.Random(5)
        values: list[object] = [
            None,
            "",
            "-1",
            [],
            {},
            "\u202e\u0000",
            "😀" * 400,
            True,
            1.5,
            "confirm:",
            "word:",
            "price:",
            "word:x:confirm:y:z",
        ]
        discord.asks(ada, 3, {"custom_id": [], "component_type": 2}, card.channel, card)  # the library ends its connection over this
        for n in range(150):
            forged = dice.choice(values) if n % 3 else str(card.buttons["Confirm"])[: dice.randrange(20)]
            discord.asks(ada, 3, {"custom_id": forged, "component_type": 2}, card.channel, card)
            discord.asks(ada, 5, {"custom_id": forged, "components": dice.choice(values)}, card.channel, card)
            ada.says(str(dice.choice(values)), content=dice.choice(values))
        ada.says("/positions")
        await discord.until(lambda: any("positions worth" in m.text for m in ada.shown), within=60)
        assert card.labels, "nothing of that answered the card"
        assert [t.id for t in await desk.house.floor.desk.open_tickets()] == [card.buttons["Confirm"].split(":")[1]]
        assert await desk.terminal.whole()


async def test_killed_at_any_moment_nothing_is_lost_and_nothing_repeated(tmp_path: Path, discord: DiscordServer) -> None:
    """Twelve people write while the program is down, which is killed four times as it answers. Discord takes a key with a message."""
    home = tmp_path / "home"
    people = [discord.person(100 + n) for n in range(12)]
    async with on_discord(home, discord) as desk:
        for person in people:
            await desk.terminal.say(f"/people admit discord:{person.number} viewer")
        await desk.terminal.say("/people role discord:100 trader")
    for person in people:
        person.says("#BTC close 0.001" if person is people[0] else "/positions", unheard=True)
    more = {"FOLIOPILOT_DISCORD_TOKEN": TOKEN, "FOLIOPILOT_DISCORD_BASE": discord.base}
    for pause in (0.0, 0.05, 0.1, 0.2):
        process = start(home, "run", **more)
        seen = discord.calls[POST]
        await discord.until(lambda seen=seen: discord.calls[POST] > seen, within=30)
        await asyncio.sleep(pause)
        process.kill()
        process.communicate()
        people[1].says("/positions", unheard=True)
    process = start(home, "run", **more)
    try:
        wanted = {person.number: 1 for person in people[1:]} | {people[1].number: 5}
        await discord.until(lambda: Counter(m.to for m in discord.messages if "positions worth" in m.text) == wanted, within=60)
        await discord.until(lambda: any("#BTC close" in m.text for m in people[0].shown), within=30)
    finally:
        process.terminate()
        out, err = process.communicate()
    assert TOKEN not in out.decode() + err.decode() + (home / "foliopilot.log").read_text()
    async with on_discord(home, discord) as desk:
        assert await desk.terminal.whole()
        assert [e for e in desk.house.floor.book.entries if e.symbol == "BTC" and e.id.startswith("r")] == []
