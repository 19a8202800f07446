"""The thread of an order: what becomes of a card in an open channel stands in a thread that begins at it."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.discord_phone import DiscordDesk, on_discord
from tests.journeys.test_x_discord_channels import opened
from tests.servers.discord import DiscordServer, Message
from tests.servers.discord_people import ROOM, Person
from tests.servers.discord_rooms import BEGIN, SEND_THERE
from tests.servers.discord_rules import Refused


async def carded(desk: DiscordDesk, ada: Person, line: str, room: str = ROOM) -> Message:
    """A card in an open channel, confirmed there."""
    before = len(desk.server.open(room))
    ada.slash("do", room=room, line=line)
    card = await ada.reads(room, before + 1)
    assert card.text.startswith(line)
    ada.taps(card, "Confirm")
    await desk.server.until(lambda: card.text.startswith((f"Done: {line}", f"Sent: {line}")))
    return card


async def modified(desk: DiscordDesk, price: str) -> None:
    """The one working order gets another limit, at the terminal."""
    (order,) = [o for o in desk.house.floor.book.orders if o.open and o.symbol == "AAPL" and not o.protective]
    await desk.terminal.say(f"#order-{order.client_id} modify limit {price}")
    card = (await desk.house.floor.desk.open_tickets())[-1]
    await desk.terminal.say(f"confirm {card.id}")


async def test_an_order_has_its_thread_also_after_a_restart_and_out_of_the_archive(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        await opened(desk, ada)
        card = await carded(desk, ada, "#sell AAPL 4 limit 1000")
        placed = await discord.until(lambda: next(iter(discord.open(card.id)), None))
        assert placed.text.startswith("Placed: sell 4 AAPL")
        (thread,) = discord.rooms.threads
        assert (thread.id, thread.name, thread.parent) == (card.id, "#sell AAPL 4 limit 1000", discord.rooms[ROOM])
        await ada.told("Placed: sell 4 AAPL")  # and in direct messages, as ever
        await modified(desk, "900")
        await discord.until(lambda: placed.text.startswith("Changed: sell 4 AAPL"))
        ada.taps(placed, "Cancel order")
        inner = await ada.reads(card.id, 2)
        assert inner.text.startswith("#order-"), "what is asked in the thread is answered in it"
        ada.taps(inner, "Cancel")
        thread.archived = True
        await modified(desk, "800")
        await discord.until(lambda: "$800" in placed.text)
        assert not thread.archived
        thread.archived = True
    async with on_discord(tmp_path, discord) as desk:
        await modified(desk, "1")
        filled = await discord.until(lambda: next((m for m in discord.open(card.id) if m.text.startswith("Filled: sold 4 AAPL")), None))
        await discord.until(lambda: placed not in discord.messages)
        await ada.told("Filled: sold 4 AAPL")
        assert not thread.archived
        assert discord.rooms.threads == [thread]
        assert [m for m in discord.messages if m.channel in (ROOM, card.id) and m.text.startswith("Filled")] == [filled], "told once"
        assert await desk.terminal.whole()


async def test_where_there_can_be_no_thread_what_follows_stands_under_the_card(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        await opened(desk, ada)
        discord.rooms[ROOM].denied = {BEGIN}
        card = await carded(desk, ada, "#BTC close 0.01")
        filled = await ada.reads(ROOM, 2)
        assert (filled.text.startswith("Filled: sold 0.01 BTC"), str(filled.under)) == (True, card.id)
        discord.rooms[ROOM].denied = {SEND_THERE}
        card = await carded(desk, ada, "#BTC close 0.02")
        filled = await ada.reads(ROOM, 4)
        assert (filled.text.startswith("Filled: sold 0.02 BTC"), str(filled.under)) == (True, card.id)
        discord.rooms[ROOM].denied = set()
        card = await carded(desk, ada, "#sell AAPL 4 limit 1000")
        placed = await ada.reads(card.id, 1)
        del discord.rooms.every[card.id]  # somebody deleted the thread
        discord.messages.remove(placed)
        await modified(desk, "1")
        filled = await ada.reads(ROOM, 6)
        assert (filled.text.startswith("Filled: sold 4 AAPL"), str(filled.under)) == (True, card.id)


async def test_a_card_that_only_its_person_sees_has_no_thread(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        ada.slash("do", room=True, line="#sell AAPL 4 limit 1000")
        card = await ada.told("#sell AAPL 4 limit 1000")
        assert card.hidden
        await opened(desk, ada)
        ada.taps(card, "Confirm")  # drawn before the channel was opened
        await discord.until(lambda: card.text.startswith("Sent: #sell AAPL 4 limit 1000"))
        await modified(desk, "1")
        await ada.told("Filled: sold 4 AAPL")
        ada.says("#BTC close 0.02")
        ada.taps(await ada.told("#BTC close 0.02"), "Confirm")
        await ada.told("Filled: sold 0.02 BTC")
        ada.slash("positions", room=True)
        assert "positions worth" in (await ada.reads(ROOM, 1)).text
        assert discord.rooms.threads == []


async def test_after_a_channel_is_closed_nothing_more_is_told_there(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        await opened(desk, ada)
        card = await carded(desk, ada, "#sell AAPL 4 limit 1000")
        placed = await ada.reads(card.id, 1)
        ada.slash("do", room=True, line="#BTC close 0.01")
        waits = await ada.reads(ROOM, 2)
        was = placed.text
        await opened(desk, ada, "nothing")
        await modified(desk, "900")
        await ada.told("Changed: sell 4 AAPL")
        ada.taps(waits, "Confirm")
        await ada.told("Filled: sold 0.01 BTC")
        await discord.until(lambda: waits.text == "What becomes of this is not shown here any more.")
        assert waits.labels == []
        await modified(desk, "1")
        await ada.told("Filled: sold 4 AAPL")
        await discord.until(lambda: card.text == "What becomes of this is not shown here any more.")
        assert (discord.open(card.id), placed.text) == ([placed], was)
    async with on_discord(tmp_path, discord) as desk:
        await opened(desk, ada)
        await carded(desk, ada, "#BTC close 0.02")
        await discord.until(lambda: len(discord.rooms.threads) == 2)
        assert discord.open(card.id) == [placed], "what was not told is not told later"


async def test_what_waited_for_a_thread_is_told_by_the_next_program_once(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        await opened(desk, ada)
        discord.fail("POST channels/messages/threads", Refused(502, 0, "Bad Gateway"), 100)
        card = await carded(desk, ada, "#BTC close 0.01")
        await ada.told("Filled: sold 0.01 BTC")
        await discord.until(lambda: discord.calls["POST channels/messages/threads"])
    discord.faults.clear()
    assert discord.rooms.threads == []
    async with on_discord(tmp_path, discord) as desk:
        filled = await ada.reads(card.id, 1)
        assert filled.text.startswith("Filled: sold 0.01 BTC")
        ada.says("/status")
        await ada.told("ccount", len(ada.shown))
        assert len([m for m in discord.messages if m.text.startswith("Filled: sold 0.01 BTC")]) == 2, "here, and in direct messages"


async def test_what_waited_for_a_channel_that_was_closed_is_not_told_when_it_opens_again(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        await opened(desk, ada)
        discord.fail("POST channels/messages/threads", Refused(502, 0, "Bad Gateway"), 100)
        await carded(desk, ada, "#BTC close 0.01")
        await discord.until(lambda: discord.calls["POST channels/messages/threads"])
        await opened(desk, ada, "nothing")
        discord.faults.clear()
        ada.says("#BTC close 0.003")
        ada.taps(await ada.told("#BTC close 0.003"), "Confirm")
        await ada.told("Filled: sold 0.003 BTC")
        await opened(desk, ada)
        card = await carded(desk, ada, "#BTC close 0.002")
        await ada.reads(card.id, 1)
        assert [room.id for room in discord.rooms.threads] == [card.id]
        assert [m for m in discord.messages if not m.to and m.text.startswith("Filled: sold 0.01")] == []


async def test_what_was_told_and_not_noted_before_a_crash_is_not_told_twice(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        ada = await desk.paired(11)
        await opened(desk, ada)
        card = await carded(desk, ada, "#BTC close 0.01")
        filled = await ada.reads(card.id, 1)
        await ada.told("Filled: sold 0.01 BTC")
        store = desk.house.store
        for chat in (f"discord:{ROOM}/{ROOM}", "discord:11"):
            async with store.write() as tx:
                (row,) = [r for r in await tx.select("outbox", chat=chat) if r["kind"] == "exit-person"]
                await tx.update("outbox", {"delivered": None, "verdict": None}, id=row["id"])
    async with on_discord(tmp_path, discord) as desk:
        waiting = f"discord:{ROOM}/{ROOM}", "discord:11"
        while [r for chat in waiting for r in await _outbox(desk, chat)]:
            await desk.line._wall.sleep(0.05)
        assert discord.open(card.id) == [filled]
        assert len([m for m in ada.shown if m.text.startswith("Filled: sold 0.01 BTC")]) == 1


async def _outbox(desk: DiscordDesk, chat: str) -> list[object]:
    async with desk.house.store.read() as tx:
        return [r for r in await tx.select("outbox", chat=chat, delivered=None) if r["kind"] == "exit-person"]
