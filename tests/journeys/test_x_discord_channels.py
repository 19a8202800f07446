"""Channels of a server that an owner opened: who sees what there, and what stays private."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.adapters.discord import turns
from commands.desk import PERSONAL
from tests.journeys.discord_phone import DiscordDesk, on_discord
from tests.servers.discord import DiscordServer
from tests.servers.discord_people import ROOM, SELF, Person
from tests.servers.discord_rooms import HISTORY, SEND, Room
from tests.servers.discord_rules import Refused

CALLED = f"<@{SELF}>"


async def opened(desk: DiscordDesk, owner: Person, what: str = "figures", room: str | bool = True) -> None:
    """An owner types `/group` in a channel and reads that it is done, which nobody else sees."""
    before = len(owner.shown)
    owner.slash("group", room=room, what=what)
    said = {"figures": "is shown figures", "words": "is shown answers without", "nothing": "is shown nothing"}[what]
    assert (await owner.told(f"The group discord:{ROOM} {said}", before)).hidden


async def test_an_owner_opens_a_channel_and_members_are_answered_in_it(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada, bob, eve = await desk.paired(11), await desk.paired(22, "viewer", "Bob"), discord.person(666, "Eve")
        bob.slash("group", room=True, what="figures")
        refused = await bob.hears(2)
        assert refused.hidden
        assert "Only an owner" in refused.text
        ada.slash("positions", room=True)
        assert (await ada.told("positions worth")).hidden, "nobody opened it yet"
        await opened(desk, ada)
        assert f"discord:{ROOM}" in await desk.terminal.say("/group")
        bob.slash("positions", room=True)
        shown = await bob.reads(ROOM, 1)
        assert "positions worth $" in shown.text
        written = bob.says(f"{CALLED} /quote AAPL", room=True)
        quote = await bob.reads(ROOM, 2)
        assert (quote.text.startswith("Apple (AAPL)"), str(quote.under)) == (True, written["id"])
        bob.taps(shown, "Refresh")
        await discord.until(lambda: "Updated " in shown.text)
        eve.slash("positions", room=True)
        assert (await eve.hears(1)).hidden, "a stranger is answered for themselves, whatever the channel is shown"
        eve.says(f"{CALLED} /positions", room=True)
        assert (await eve.hears(2)).channel == "7666"
        ada.slash("people", room=True)
        people = await discord.until(lambda: next((m for m in ada.shown if m.hidden and "discord:22" in m.text), None))
        since = len(ada.shown)
        ada.says(f"{CALLED} /people", room=True)
        assert (await ada.told(people.text.partition("\n")[0], since)).channel == "711"
        assert len(discord.open(ROOM)) == 2
        await opened(desk, ada, "nothing")
        bob.slash("positions", room=True)
        await discord.until(lambda: any(m.hidden and "positions worth" in m.text for m in bob.shown))
        assert len(discord.open(ROOM)) == 2


async def test_where_words_are_shown_figures_and_cards_are_not(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord, discord_contents=True) as desk:
        ada = await desk.paired(11)
        await opened(desk, ada, "words")
        ada.slash("positions", room=True)
        words = await ada.reads(ROOM, 1)
        assert "positions worth •••" in words.text
        assert not any(c.isdigit() for c in words.text.partition("As of")[0])
        ada.slash("do", room=True, line="#BTC close 0.01")
        assert (await ada.told("#BTC close 0.01")).hidden
        ada.says("#AAPL close 50%", room=True)
        assert (await ada.told("#AAPL close 50%")).channel == "711"
        assert len(discord.open(ROOM)) == 1


async def test_a_card_in_an_open_channel_is_answered_by_whom_it_belongs_to(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord, discord_contents=True) as desk:
        ada, bob, eve = await desk.paired(11), await desk.paired(22, "viewer", "Bob"), discord.person(666, "Eve")
        await opened(desk, ada)
        ada.says("#BTC close 0.01", room=True)
        card = await ada.reads(ROOM, 1)
        assert card.labels == ["Confirm", "Cancel"]
        bob.taps(card, "Confirm")
        refused = await bob.told("Only a trader")
        assert refused.hidden
        eve.taps(card, "Confirm")
        stranger = await eve.hears(1)
        assert (stranger.hidden, stranger.text.startswith("You are 666 on discord.")) == (True, True)
        assert card.labels == ["Confirm", "Cancel"]
        ada.taps(card, "Confirm")
        await discord.until(lambda: card.text.startswith("Done: #BTC close 0.01"))
        assert card.labels == []
        bob.slash("do", room=True, line="#BTC close 0.01")
        assert (await bob.told("Only a trader", bob.shown.index(refused) + 1)).hidden
        ada.says("#close-all", room=True)
        asks = await discord.until(lambda: next((m for m in discord.open(ROOM) if m.labels == ["Confirm…", "Cancel"]), None))
        window = await ada.fills(ada.taps(asks, "Confirm…"), "nonsense")
        await discord.until(lambda: any(m.hidden and "type" in m.text.lower() for m in ada.shown))
        assert window.answered is not None
        assert asks.labels == ["Confirm…", "Cancel"]


async def test_a_thread_is_shown_what_its_channel_is(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        talk = discord.rooms.every["9100"] = Room("9100", discord.rooms[ROOM].guild, "talk", 11, discord.rooms[ROOM])
        discord.gateway.say("THREAD_CREATE", talk.json)
        ada.slash("positions", room="9100")
        assert (await ada.hears(2)).hidden
        await opened(desk, ada, room="9100")
        assert f"discord:{ROOM}" in await desk.terminal.say("/group")
        ada.slash("positions", room="9100")
        assert "positions worth" in (await ada.reads("9100", 1)).text
        ada.says(f"{CALLED} /quote AAPL", room="9100")
        assert (await ada.reads("9100", 2)).text.startswith("Apple (AAPL)")
        assert discord.open(ROOM) == []


async def test_a_channel_that_is_closed_before_the_answer_is_not_shown_it(
    tmp_path: Path, discord: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Acknowledged for everybody, closed, answered: what waits is taken away and the answer is for its person alone."""
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        await opened(desk, ada)
        handle = desk.line.intake._handle
        aside = desk.line.intake._aside

        async def slowly(incoming, draft):
            await desk.line._wall.sleep(turns.SOON + 0.4)
            return await handle(incoming, draft)

        monkeypatch.setattr(desk.line.intake, "_handle", slowly)
        monkeypatch.setattr(desk.line.intake, "_aside", lambda line: "11" if "/positions" in line.text else aside(line))
        asking = ada.slash("positions", room=True)
        waiting = await discord.until(lambda: asking.original)
        assert (waiting.loading, waiting.hidden) == (True, False)
        assert (await ada.told("positions worth")).hidden
        assert waiting not in discord.messages


async def test_an_answer_that_waits_is_not_brought_to_a_channel_that_was_closed(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        await opened(desk, ada)
        for what in ("nothing", "words"):
            discord.fail("POST channels/messages", Refused(403, 40333, "internal network error"))
            ada.says(f"{CALLED} /positions", room=True)
            await discord.until(lambda: not discord.faults["POST channels/messages"])
            await desk.terminal.say(f"/group {what} discord:{ROOM}")
            await desk.line.post.idle()
            shown = [m.text for m in discord.open(ROOM)]
            if what == "nothing":
                assert shown == []
                await opened(desk, ada)
        assert len(shown) == 1
        assert "positions worth •••" in shown[0]


async def test_an_answer_that_the_platform_holds_up_is_recalled_when_its_channel_is_closed(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        await opened(desk, ada)
        discord.bucket = (1, 2.0)
        for symbol in ("AAPL", "NVDA"):
            ada.says(f"{CALLED} /quote {symbol}", room=True)
        await ada.reads(ROOM, 1)
        seen = discord.calls["POST channels/messages"]
        await discord.until(lambda: discord.calls["POST channels/messages"] > seen or discord.refused)
        await desk.terminal.say(f"/group nothing discord:{ROOM}")
        await desk.line.post.idle()
        await desk.line._wall.sleep(2.2)
        assert len(discord.open(ROOM)) == 1, "the library would have brought it as soon as it might"


async def test_where_the_bot_may_not_speak_the_answer_comes_in_private(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        await opened(desk, ada)
        discord.rooms[ROOM].denied = {SEND}
        ada.says(f"{CALLED} /positions", room=True)
        assert (await ada.told("positions worth")).channel == "711"
        ada.slash("quote", room=True, symbol="AAPL")
        assert (await ada.reads(ROOM, 1)).text.startswith("Apple (AAPL)"), "a command needs no permission"
        discord.rooms[ROOM].denied = {HISTORY}
        ada.says(f"{CALLED} /quote NVDA", room=True)
        ada.slash("quote", room=True, symbol="MSFT")
        assert "(MSFT)" in (await ada.reads(ROOM, 2)).text, "who cannot be found holds nobody up"


async def test_a_key_on_a_server_is_taken_away_and_its_person_warned_in_private(tmp_path: Path, discord: DiscordServer) -> None:
    token = "110201599:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"
    async with on_discord(tmp_path, discord) as desk:
        ada, eve = await desk.paired(11), discord.person(666, "Eve")
        for person in (ada, eve):
            written = person.says(f"{CALLED} here is my token {token}", room=True)
            assert (await person.told("That looks like a Telegram bot token" if person is ada else "You are 666")).channel == person.dm
            if person is ada:
                await discord.until(lambda written=written: written not in discord._written[ROOM])
        await opened(desk, ada)
        written = ada.says(f"{CALLED} here is my token {token}", room=True)
        assert (await ada.reads(ROOM, 1)).text.startswith("That looks like a Telegram bot token")
        assert written not in discord._written[ROOM]


async def test_in_an_open_channel_a_stranger_and_what_is_personal_stay_private(tmp_path: Path, discord: DiscordServer) -> None:
    """Every command of both, every button that stands in the channel, and windows that nobody opened."""
    async with on_discord(tmp_path, discord) as desk:
        ada, eve = await desk.paired(11), discord.person(666, "Eve")
        await opened(desk, ada)
        for line in ("#close-all", "#BTC close 0.01"):
            ada.slash("do", room=True, line=line)
        ada.slash("positions", room=True)
        await ada.reads(ROOM, 3)
        standing = [(m, m.text, m.labels) for m in discord.open(ROOM)]
        askings = [eve.presses(m, payload) for m, _, _ in standing for payload in m.buttons.values()]
        texts = [{"type": 18, "id": 1, "component": {"type": 4, "id": 2, "custom_id": "text", "value": "CLOSE"}}]
        for m, _, _ in standing:
            askings += [discord.asks(eve, 5, {"custom_id": p, "components": texts}, ROOM, m) for p in m.buttons.values()]
        kinds = {3: "AAPL", 4: 1, 10: 1.5}
        for who, names in ((eve, list(discord.commands)), (ada, sorted(PERSONAL))):
            for name in names:
                options = discord.commands[name].get("options") or []
                askings.append(who.slash(name, room=True, **{o["name"]: kinds[o["type"]] for o in options if o.get("required")}))
        await discord.until(lambda: len(eve.shown) >= len(askings) - len(PERSONAL), 60)
        await discord.until(lambda: all(a.answered is not None and not (a.original and a.original.loading) for a in askings), 60)
        assert all(m.hidden for m in eve.shown)
        assert [(m, m.text, m.labels) for m in discord.open(ROOM)] == standing
        assert await desk.terminal.whole()
