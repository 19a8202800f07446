"""One account reached from everywhere at once: Telegram, Discord and the terminal, by one person and by two."""

from __future__ import annotations

from pathlib import Path

from app import phones, wiring
from app.run import attend
from app.settings import Settings
from app.worlds import Wanted
from tests.journeys.chat import Chat
from tests.journeys.discord_phone import DiscordDesk
from tests.journeys.phone import Desk
from tests.servers import discord as discordly
from tests.servers import telegram as telegramly
from tests.servers.discord import DiscordServer
from tests.servers.telegram import TelegramServer


async def test_a_card_answered_in_one_place_is_edited_in_the_others_and_alerts_reach_them_all(
    tmp_path: Path, telegram: TelegramServer, discord: DiscordServer
) -> None:
    settings = Settings(
        home=tmp_path,
        telegram_token=telegramly.TOKEN,
        telegram_base=telegram.base,
        discord_token=discordly.TOKEN,
        discord_base=discord.base,
    )
    house = await wiring.build(settings, Wanted(), command="run")
    try:
        async with phones.connected(house) as lines, attend(house, None):
            await discord.until(lambda: discord.commands and discord.gateway.connected)
            terminal = Chat(house)
            phone = await Desk(house, terminal, lines[0], telegram).paired(11)
            desk = await DiscordDesk(house, terminal, lines[1], discord).paired(21)
            assert "Telegram (1 let in), Discord (1 let in)" in next(p for p in house.parts() if p.name == "chat").detail
            phone.says("#BTC close 0.01")
            card = await telegram.until(lambda: next((m for m in phone.shown if m.text.startswith("#BTC close 0.01")), None))
            ident = card.payload("Confirm").split(":")[1]
            desk.says(f"confirm {ident}")  # the same person, elsewhere
            await telegram.until(lambda: card.text.startswith("Done: #BTC close 0.01"))
            assert card.labels == []
            await telegram.until(lambda: any(m.text.startswith("Filled: sold 0.01 BTC") for m in phone.shown))
            await discord.until(lambda: any(m.text.startswith("Filled: sold 0.01 BTC") for m in desk.shown))
            desk.slash("positions", room=True)
            await discord.until(lambda: any("positions worth" in m.text for m in desk.shown))
            phone.says("/why cash")  # a follow-up to what was answered on the other platform
            await telegram.until(lambda: any(m.text.startswith("1 figure of /positions; the first is cash") for m in phone.shown))
            assert await terminal.whole()
    finally:
        await house.close()
