"""Discord: pair, ask, tap, be told; through the real library and a server with its rules."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest

from bot.adapters.discord import render, turns
from tests.journeys.discord_phone import on_discord
from tests.servers.discord import DiscordServer
from tests.servers.discord_people import SELF

STRANGER = "You are 666 on discord. An owner of this installation must approve that id before anything is shown here."


async def test_a_first_day_on_discord(tmp_path: Path, discord: DiscordServer) -> None:
    ada = discord.person(11, "Ada")
    async with on_discord(tmp_path, discord) as desk:
        ada.says("hello")
        assert (await ada.hears(1)).text.startswith("You are 11 on discord. An owner of this installation must approve")
        ada.slash("start", code=await desk.code())
        welcome = await ada.hears(2)
        assert welcome.text.startswith("You are in, as an owner of this account.")
        ada.taps(welcome, "Positions")
        assert "positions worth" in (await ada.hears(3)).text
        ada.says("#AAPL close 50%")
        card = await ada.hears(4)
        assert (card.labels, card.colour, card.silent) == (["Confirm", "Cancel"], render.CARD, False)
        ada.taps(card, "Confirm")
        ada.taps(card, "Confirm")
        await discord.until(lambda: card.text.startswith(("Done: #AAPL close 50%", "Sent: #AAPL close 50%")))
        assert card.labels == []
        assert await desk.terminal.whole()


async def test_commands_have_typed_options_and_are_seen_by_who_asked_only(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        span = next(o for o in discord.commands["chart"]["options"] if o["name"] == "span")
        assert span["choices"], "one of few is chosen, not typed"
        assert len(discord.commands) == len(desk.house.front.registry.commands()) + 3
        asking = ada.slash("quote", room=True, symbol="aapl")
        shown = await ada.hears(2)
        assert shown.text.startswith("Apple (AAPL) is at")
        assert shown.hidden
        assert asking.original is shown
        ada.slash("ask", room=True, question="how am I doing today?")
        assert (await ada.hears(3)).hidden
        here = ada.slash("positions")
        assert not (await ada.hears(4)).hidden, "in direct messages nobody reads along"
        assert here.original is ada.shown[-1]
        assert here.original.colour in (render.GOOD, render.BAD), "red or green with the day's P/L"


async def test_symbols_orders_and_actions_are_completed(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada, eve = await desk.paired(11), discord.person(666, "Eve")
        assert "AAPL" in await ada.completes("quote", "symbol", "aap")
        assert "#AAPL close 50%" in await ada.completes("do", "line", "#aapl cl")
        ada.says("#sell AAPL 1 limit 1000")
        card = await ada.hears(2)
        ada.taps(card, "Confirm")
        await discord.until(lambda: card.text.startswith("Sent:"))
        order = next(o for o in desk.house.floor.book.orders if o.open)
        assert f"#order-{order.client_id} cancel" in await ada.completes("do", "line", "order")
        assert len(await ada.completes("do", "line", "a")) <= 25
        asking = discord.asks(eve, 4, _typing("do", "line", "#aapl"), discord.dm("666")["id"])
        await discord.until(lambda: asking.answered is not None)
        assert asking.choices == [], "what is held is nothing for a stranger"


async def test_completions_are_at_most_twenty_five_and_come_within_a_tenth_of_a_second(tmp_path: Path, discord: DiscordServer) -> None:
    """Symbols, orders and actions, with more of each than fit; through the wire, in the middle of the times."""
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        for n in range(30):
            await desk.terminal.say(f"#sell AAPL 1 limit {1000 + n}")
            await desk.terminal.say(f"confirm {(await desk.house.floor.desk.open_tickets())[-1].id}")
        assert len([o for o in desk.house.floor.book.orders if o.open and not o.protective]) == 30
        wanted = (("quote", "symbol", ""), ("quote", "symbol", "a"), ("do", "line", ""), ("do", "line", "#order"), ("do", "line", "#aapl"))
        took, counts = [], []
        for _ in range(8):
            for name, option, text in wanted:
                began = time.monotonic()
                counts.append(len(await ada.completes(name, option, text)))
                took.append(time.monotonic() - began)
        assert max(counts) == 25
        assert min(counts) > 0
        assert statistics.median(took) < 0.1


def _typing(name: str, option: str, text: str) -> dict[str, object]:
    return {"id": "3", "name": name, "type": 1, "options": [{"name": option, "type": 3, "value": text, "focused": True}]}


async def test_a_word_and_a_limit_price_are_asked_for_in_a_window(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        ada.says("#sell AAPL 2")
        asking = ada.taps(await ada.hears(2), "Limit price…")
        await ada.fills(asking, "1000")
        limit = await ada.hears(3)
        assert limit.text.startswith("#sell AAPL 2 limit 1000")
        assert "Limit price…" not in limit.labels
        ada.says("#close-all")
        card = await ada.hears(4)
        assert card.labels == ["Confirm…", "Cancel"]
        asking = ada.taps(card, "Confirm…")
        await ada.fills(asking, "nonsense")
        assert "type" in (await ada.hears(5)).text.lower()
        assert card.labels == ["Confirm…", "Cancel"]
        word = card.buttons["Confirm…"].split(":")[1]
        again = await ada.fills(ada.taps(card, "Confirm…"), word)
        await discord.until(lambda: card.text.startswith(("Done: #close-all", "Sent: #close-all", "Partly done: #close-all")))
        assert again.answered is not None


async def test_a_card_on_a_server_is_confirmed_where_only_its_person_sees_it(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        ada.slash("do", room=True, line="#BTC close 0.01")
        card = await ada.hears(2)
        assert card.hidden
        tap = ada.taps(card, "Confirm")
        await discord.until(lambda: card.text.startswith("Done: #BTC close 0.01"))
        assert (card.labels, tap.original) == ([], card)
        filled = await discord.until(lambda: next((m for m in ada.shown if m.text.startswith("Filled: sold 0.01 BTC")), None))
        assert not filled.hidden, "what comes later comes to direct messages"


async def test_an_action_by_name_on_a_server_is_answered_in_private(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada, eve = await desk.paired(11), discord.person(666, "Eve")
        ada.says("#AAPL close", room=True)  # without the intent nobody reads it
        ada.says(f"<@{SELF}> #AAPL close 50%", room=True)
        card = await ada.hears(2)
        assert (card.text.partition("\n")[0], card.channel) == ("#AAPL close 50%", "711")
        eve.says(f"<@{SELF}> /positions", room=True)
        assert (await eve.hears(1)).text == STRANGER
        assert not [m for m in discord.messages if not m.to], "nothing was shown where others read along"


async def test_with_the_intent_an_action_needs_no_name_and_strangers_get_no_word(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord, discord_contents=True) as desk:
        ada, eve = await desk.paired(11), discord.person(666, "Eve")
        eve.says("#AAPL close", room=True)
        ada.says("what a day", room=True)
        ada.says("#AAPL close 50%", room=True)
        assert (await ada.hears(2)).text.startswith("#AAPL close 50%")
        assert eve.shown == []


async def test_buttons_work_after_a_restart_and_what_was_missed_is_answered(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        ada.says("/positions")
        shown = await ada.hears(2)
        ada.says("#AAPL close 50%")
        card = await ada.hears(3)
    ada.says("/status", unheard=True)
    ada.says("#emergency-stop", unheard=True, age=400)
    async with on_discord(tmp_path, discord) as desk:
        await discord.until(lambda: card.text.startswith("Expired: #AAPL close 50%. Nothing was sent."))
        late = await discord.until(lambda: next((m for m in ada.shown if "more than five minutes late" in m.text), None))
        assert "#emergency-stop" in late.text
        assert not desk.house.floor.killswitch.halted()
        await discord.until(lambda: next((m for m in ada.shown if "Account" in m.text or "account" in m.text), None))
        ada.taps(shown, "Refresh")
        await discord.until(lambda: "Updated " in shown.text)


async def test_a_stranger_walks_through_every_door(tmp_path: Path, discord: DiscordServer) -> None:
    """Every command with its options, every button that the owner was shown, forged windows and completions."""
    async with on_discord(tmp_path, discord) as desk:
        ada, eve = await desk.paired(11), discord.person(666, "Eve")
        ada.says("#close-all")
        card = await ada.hears(2)
        payloads = [p for m in ada.shown for p in m.buttons.values()]
        askings = [eve.presses(card, payload) for payload in payloads]
        askings += [discord.asks(eve, 5, _forged(payload), card.channel, card) for payload in payloads]
        for name, command in discord.commands.items():
            given = {o["name"]: _value(o) for o in command.get("options") or [] if o.get("required")}
            askings.append(eve.slash(name, room=name != "start", **given))
        await discord.until(lambda: len(eve.shown) >= len(askings), 60)
        told = {m.text for m in eve.shown}
        assert told <= {STRANGER, "That code is not valid: codes work once, for ten minutes. Ask the owner for a new one."}
        assert card.labels == ["Confirm…", "Cancel"]
        assert all(a.answered is not None for a in askings)
        assert await desk.terminal.whole()


def _value(option: dict[str, object]) -> object:
    return {3: "AAPL", 4: 1, 10: 1.5}[int(str(option["type"]))]


def _forged(payload: str) -> dict[str, object]:
    return {
        "custom_id": payload,
        "components": [{"type": 18, "id": 1, "component": {"type": 4, "id": 2, "custom_id": "text", "value": "x"}}],
    }


async def test_a_slow_answer_is_acknowledged_in_time_and_shown_later(
    tmp_path: Path, discord: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        handle = desk.line.intake._handle

        async def slowly(incoming, draft):
            await desk.line._wall.sleep(turns.SOON + 0.4)
            return await handle(incoming, draft)

        monkeypatch.setattr(desk.line.intake, "_handle", slowly)
        asking = ada.slash("positions", room=True)
        waiting = await discord.until(lambda: asking.original)
        assert waiting.loading
        assert asking.answered is not None
        assert asking.answered < 3.0
        shown = await ada.hears(2)
        assert shown is waiting
        assert "positions worth" in shown.text


async def test_what_is_said_by_bots_forwarded_or_edited_never_acts(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        ada.says("#emergency-stop", author={**ada.json, "bot": True})
        ada.says("#emergency-stop", webhook_id="5")
        ada.says("#emergency-stop", type=6)
        snapshot = {"content": "#emergency-stop", "embeds": [], "attachments": [], "timestamp": "2026-01-01T00:00:00+00:00", "type": 0}
        snapshot |= {"edited_timestamp": None, "flags": 0}
        ada.says("", message_snapshots=[{"message": snapshot}], message_reference={"type": 1, "message_id": "5", "channel_id": "711"})
        written = ada.says("/help")
        await ada.hears(2)
        discord.gateway.say("MESSAGE_UPDATE", {**written, "content": "#emergency-stop", "edited_timestamp": "2026-01-01T00:00:00+00:00"})
        ada.says("/status")
        await ada.hears(3)
        assert not desk.house.floor.killswitch.halted()


async def test_a_chart_is_a_file_with_a_description(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        ada.slash("chart", room=True, symbol="AAPL", span="month")
        shown = await ada.hears(2)
        ((description, picture),) = shown.pictures.items()
        assert picture.startswith(b"\x89PNG")
        assert description.startswith("AAPL (simulated): From ")
        assert shown.body["embeds"][0]["image"]["url"] == "attachment://chart.png"
        ada.taps(shown, "Refresh")
        await discord.until(lambda: "Updated " in shown.text)
        assert len(shown.pictures) == 1
