"""An order as the chats see it: one message that is edited while it makes no sound, and replaced by the one that does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.journeys.chat import Chat
from tests.journeys.discord_phone import on_discord
from tests.journeys.phone import connected
from tests.servers.discord import DiscordServer
from tests.servers.telegram import TelegramServer


async def confirmed(terminal: Chat, house: Any, line: str) -> None:
    """A line and its confirmation, at the terminal."""
    await terminal.say(line)
    card = (await house.floor.desk.open_tickets())[-1]
    await terminal.say(f"confirm {card.id}")


async def went(desk: Any, server: Any, person: Any) -> None:
    """An order is placed, changed twice, and filled in two parts; what the person is shown of it."""
    house = desk.house
    await confirmed(desk.terminal, house, "#sell AAPL 4 limit 1000")
    placed = await server.until(lambda: next((m for m in person.shown if m.text.startswith("Placed: sell 4 AAPL")), None))
    assert placed.silent
    (order,) = [o for o in house.floor.book.orders if o.open and o.symbol == "AAPL" and not o.protective]
    await confirmed(desk.terminal, house, f"#order-{order.client_id} modify limit 900")
    await server.until(lambda: placed.text.startswith("Changed: sell 4 AAPL"))
    await confirmed(desk.terminal, house, f"#order-{order.client_id} modify limit 1")
    filled = await server.until(lambda: next((m for m in person.shown if m.text.startswith("Filled: sold 4 AAPL")), None))
    assert not filled.silent
    await server.until(lambda: placed not in person.shown)


async def test_one_message_on_telegram(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        await went(desk, telegram, await desk.paired(11))


async def test_one_message_on_discord(tmp_path: Path, discord: DiscordServer) -> None:
    async with on_discord(tmp_path, discord) as desk:
        await went(desk, discord, await desk.paired(11))


async def test_an_edit_that_finds_nothing_is_a_message(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        await confirmed(desk.terminal, desk.house, "#sell AAPL 4 limit 1000")
        placed = await telegram.until(lambda: next((m for m in ada.shown if m.text.startswith("Placed: sell 4 AAPL")), None))
        telegram.messages.remove(placed)  # somebody took it away
        (order,) = [o for o in desk.house.floor.book.orders if o.open and o.symbol == "AAPL" and not o.protective]
        await confirmed(desk.terminal, desk.house, f"#order-{order.client_id} modify limit 900")
        await telegram.until(lambda: any(m.text.startswith("Changed: sell 4 AAPL") for m in ada.shown))


async def test_an_open_group_on_telegram_reads_how_the_order_of_its_card_goes(tmp_path: Path, telegram: TelegramServer) -> None:
    room = telegram.group(-1001)
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        await desk.terminal.say("/group figures telegram:-1001")
        ada.says("/do #BTC close 0.01", chat=room)
        (card,) = await telegram.shows(room, 1)
        ada.taps(card, "Confirm")
        _, filled = await telegram.shows(room, 2)
        assert (filled.text.startswith("Filled: sold 0.01 BTC"), filled.under) == (True, card.id)
        await telegram.until(lambda: any(m.text.startswith("Filled: sold 0.01 BTC") for m in ada.shown))
        ada.says("/do #BTC close 0.02", chat=room)
        card = (await telegram.shows(room, 3))[-1]
        await desk.terminal.say("/group words telegram:-1001")
        await desk.terminal.say(f"confirm {card.payload('Confirm').split(':')[1]}")
        await telegram.until(lambda: any(m.text.startswith("Filled: sold 0.02 BTC") for m in ada.shown))
        await telegram.until(lambda: card.text == "What becomes of this is not shown here any more.")
        assert len(telegram.of(room)) == 3
