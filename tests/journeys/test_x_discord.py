"""Discord: pair, ask, tap, be told; through the real library and a server with its rules."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.discord_phone import on_discord
from tests.servers.discord import DiscordServer


async def test_a_first_day_on_discord(tmp_path: Path, discord: DiscordServer) -> None:
    ada = discord.person(11, "Ada")
    async with on_discord(tmp_path, discord) as desk:
        ada.says("hello")
        assert (await ada.hears(1)).text.startswith("You are 11 on discord. An owner of this installation must approve")
        ada.says(f"/pair {await desk.code()}")
        welcome = await ada.hears(2)
        assert welcome.text.startswith("You are in, as an owner of this account.")
        ada.taps(welcome, "Positions")
        assert "positions worth" in (await ada.hears(3)).text
        ada.says("#AAPL close 50%")
        card = await ada.hears(4)
        assert card.labels == ["Confirm", "Cancel", "Limit price…"]
        ada.taps(card, "Confirm")
        ada.taps(card, "Confirm")
        await discord.until(lambda: card.text.startswith(("Done: #AAPL close 50%", "Sent: #AAPL close 50%")))
        assert card.labels == []
        assert await desk.terminal.whole()
