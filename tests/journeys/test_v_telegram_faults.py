"""Telegram in trouble: busy, cut off, blocking, polled by another program, and a program that is killed."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from pathlib import Path

import aiohttp
import pytest

from bot.adapters.telegram.api import AT_ONCE
from tests.journeys.phone import connected
from tests.journeys.program import start
from tests.servers.telegram import TOKEN, TelegramServer
from tests.servers.telegram_rules import Refused


@pytest.mark.parametrize(
    "fault",
    [Refused(429, "Too Many Requests: retry after 1", retry_after=1), Refused(500, "Internal Server Error"), "drop", "html"],
    ids=["busy", "fault", "cut", "gateway"],
)
async def test_an_answer_that_is_not_taken_comes_later_and_once(tmp_path: Path, telegram: TelegramServer, fault: Refused | str) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        telegram.fail("sendMessage", fault)
        ada.says("/positions")
        assert "positions worth" in (await ada.hears(2)).text
        ada.says("/status")
        await ada.hears(3)
        assert len([m for m in ada.shown if "positions worth" in m.text]) == 1


async def test_a_card_whose_edit_fails_is_edited_all_the_same(
    tmp_path: Path, telegram: TelegramServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        ada.says("#AAPL close 50%")
        card = await ada.hears(2)
        telegram.fail("editMessageText", Refused(500, "Internal Server Error"))
        telegram.fail("editMessageText", Refused(429, "Too Many Requests: retry after 1", retry_after=1))
        await desk.terminal.say(f"cancel {card.payload('Confirm').split(':')[1]}")
        await telegram.until(lambda: card.text.startswith("Cancelled: #AAPL close 50%"))
        assert "Deprecat" not in caplog.text, "what the library warns of would hide what the platform asked for"


async def test_a_page_that_is_not_read_as_html_goes_without_markup(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        telegram.fail("sendMessage", Refused(400, "Bad Request: can't parse entities: whatever"))
        ada.says("/positions")
        assert "positions worth" in (await ada.hears(2)).text


async def test_another_program_with_the_token_is_said_once_and_waited_out(
    tmp_path: Path, telegram: TelegramServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        with caplog.at_level(logging.WARNING):
            async with aiohttp.ClientSession() as other:
                await (await other.post(f"{telegram.base}{TOKEN}/getUpdates", data={"timeout": "0"})).read()
            await telegram.until(lambda: "Telegram holds updates back" in caplog.text)
        assert caplog.text.count("Telegram holds updates back") == 1
        assert TOKEN not in caplog.text
        assert "worth" in await desk.terminal.say("/positions"), "nothing else stops for it"
        assert ada.shown


async def test_somebody_who_blocks_the_bot_holds_nobody_up_and_the_owner_hears(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada, bob = await desk.paired(11), await desk.paired(22, "viewer", "Bob")
        bob.blocked = True
        await desk.terminal.say("#emergency-stop")
        gone = await telegram.until(lambda: next((m for m in ada.shown if "Bob (telegram:22) cannot be reached" in m.text), None))
        assert "/people remove telegram:22" in gone.text
        assert [m.text for m in ada.shown if m.text.startswith("Trading is halted")]


async def test_a_platform_that_is_away_at_the_start_is_waited_for(tmp_path: Path) -> None:
    server = TelegramServer()
    await server.start()
    port = server.port
    await server.stop()
    ada = server.person(11)
    async with connected(tmp_path, server) as desk:
        ada.says(f"/start pair_{await desk.code()}")
        assert "DEMO" in await desk.terminal.say("/status")
        await server.start(port)
        await ada.hears(1, within=15)
        await server.stop()


async def test_an_update_that_nobody_can_read_holds_up_no_other(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        good = ada.message("#AAPL close")
        dice = random.Random(5)
        values: list[object] = [None, "", -1, 10**30, [], {}, "\u202e\u0000", "😀" * 4096, True, 1.5]
        for _ in range(200):
            bad = dict(good)
            for _ in range(dice.randint(1, 3)):
                bad[dice.choice(list(good))] = dice.choice(values)
            if dice.random() < 0.3:
                bad.pop(dice.choice(list(bad)))
            bad["text"] = dice.choice(values)
            telegram.put({"message": bad} if dice.random() < 0.7 else {"callback_query": bad | {"id": "x", "data": dice.choice(values)}})
        ada.says("/positions")
        await telegram.until(lambda: next((m for m in ada.shown if "positions worth" in m.text), None), within=30)
        assert not await desk.house.floor.desk.open_tickets()
        assert await desk.terminal.whole()


async def test_killed_at_any_moment_nothing_is_lost_and_no_act_repeated(tmp_path: Path, telegram: TelegramServer) -> None:
    """Forty people write while the program is down; it is killed four times while it answers them."""
    home = tmp_path / "home"
    async with connected(home, telegram) as desk:
        people = [telegram.person(100 + n) for n in range(40)]
        for person in people:
            await desk.terminal.say(f"/people admit telegram:{person.number} viewer")
        await desk.terminal.say("/people role telegram:100 trader")
    for person in people[1:]:
        person.says("/positions")
    people[0].says("#BTC close 0.001")
    more = {"FOLIOPILOT_TELEGRAM_TOKEN": TOKEN, "FOLIOPILOT_TELEGRAM_BASE": telegram.base}
    readers = {person.number for person in people[1:]}
    for pause in (0.0, 0.05, 0.3, 0.6):
        process = start(home, "run", **more)
        seen = telegram.calls["sendmessage"]
        await telegram.until(lambda seen=seen: telegram.calls["sendmessage"] > seen, within=30)
        await asyncio.sleep(pause)
        process.kill()
        process.communicate()
    process = start(home, "run", **more)
    try:
        await telegram.until(lambda: {m.chat for m in telegram.messages if "positions worth" in m.text} >= readers, within=60)
        await telegram.until(lambda: any("#BTC close" in m.text for m in people[0].shown), within=30)
    finally:
        process.terminate()
        out, err = process.communicate()
    answers = Counter(m.chat for m in telegram.messages if "positions worth" in m.text)
    assert set(answers) == readers
    assert sum(answers.values()) - len(answers) <= 4 * 2 * AT_ONCE, "what was on its way at a kill may come again, and nothing else"
    cards = [m for m in people[0].shown if m.text.startswith(("#BTC close", "Expired: #BTC close"))]
    assert cards, [m.text for m in people[0].shown]
    assert TOKEN not in out.decode() + err.decode() + (home / "foliopilot.log").read_text()
    async with connected(home, telegram) as desk:
        assert await desk.terminal.whole()
        assert [e for e in desk.house.floor.book.entries if e.symbol == "BTC" and e.id.startswith("r")] == []


async def test_what_is_on_its_way_when_the_program_ends_is_noted_and_not_shown_again(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        telegram.slow = 0.4
        ada.says("/positions")
        await telegram.until(lambda: len(ada.shown) == 2)  # the platform has it, and has not said so yet
    telegram.slow = 0.0
    async with connected(tmp_path, telegram):
        ada.says("/status")
        await telegram.until(lambda: any("ccount" in m.text for m in ada.shown[2:]))
    assert len([m for m in ada.shown if "positions worth" in m.text]) == 1


async def test_a_card_that_is_answered_while_it_is_being_shown_loses_its_buttons(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        telegram.slow = 0.5  # the platform shows it and does not say so yet
        ada.says("#AAPL close 50%")
        card = await ada.hears(2)
        assert "Cancelled" in await desk.terminal.say(f"cancel {card.payload('Confirm').split(':')[1]}")
        telegram.slow = 0.0
        await telegram.until(lambda: card.text.startswith("Cancelled: #AAPL close 50%"))
        assert card.labels == []
