"""Two shards: the platform recommends them, tells each its servers, and direct messages to the first alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.adapters.discord.adapter import Discord
from tests.journeys.discord_phone import on_discord
from tests.servers.discord import DiscordServer
from tests.servers.discord_people import FAR_ROOM, ROOM, SELF

CALLED = f"<@{SELF}>"
GET = "GET channels/messages"


async def test_both_shards_are_answered_and_the_trouble_of_one_is_not_the_others(
    tmp_path: Path, discord: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready: list[int] = []
    caught_up = Discord.ready

    async def noted(self: Discord, shard: int) -> None:
        await caught_up(self, shard)
        ready.append(shard)

    monkeypatch.setattr(Discord, "ready", noted)
    discord.shards, discord.gateway.pace = 2, 4.9  # of the five seconds of the documentation, less what a clock may be off
    gateway = discord.gateway
    async with on_discord(tmp_path, discord) as desk:
        assert (gateway.identified, gateway.hasty) == (2, 0)
        await discord.until(lambda: sorted(ready) == [0, 1])
        ada = await desk.paired(11)
        await desk.terminal.say(f"/group figures discord:{ROOM}")
        await desk.terminal.say(f"/group figures discord:{FAR_ROOM}")
        for room, symbol in ((ROOM, "AAPL"), (FAR_ROOM, "NVDA")):
            ada.slash("quote", room=room, symbol=symbol)
            assert f"({symbol})" in (await ada.reads(room, 1)).text
            ada.says(f"{CALLED} /quote {symbol}", room=room)
            assert f"({symbol})" in (await ada.reads(room, 2)).text

        await gateway.cut(shard=1)  # it continues where it was
        ada.says(f"{CALLED} /quote MSFT", room=FAR_ROOM)
        ada.says("/quote TSLA")
        await ada.told("(TSLA)")
        assert "(MSFT)" in (await ada.reads(FAR_ROOM, 3, within=30)).text
        assert (gateway.resumed, gateway.identified, sorted(ready)) == (1, 2, [0, 1])

        await gateway.cut(shard=1, forget=True)  # it begins anew, and asks for what was said meanwhile
        ada.says(f"{CALLED} /quote AMZN", room=FAR_ROOM)
        ada.slash("quote", room=ROOM, symbol="META")
        assert "(META)" in (await ada.reads(ROOM, 3)).text, "the other shard heard it meanwhile"
        assert "(AMZN)" in (await ada.reads(FAR_ROOM, 4, within=30)).text
        await discord.until(lambda: sorted(ready) == [0, 1, 1])
        assert (gateway.resumed, gateway.identified) == (1, 3)

        await gateway.cut(shard=0, forget=True)
        ada.says("/quote GOOGL")
        ada.says(f"{CALLED} /quote AAPL", room=ROOM)
        ada.says(f"{CALLED} /quote TSLA", room=FAR_ROOM)
        assert "(TSLA)" in (await ada.reads(FAR_ROOM, 5)).text
        assert "(AAPL)" in (await ada.reads(ROOM, 4, within=30)).text
        await discord.until(lambda: any("(GOOGL)" in m.text for m in ada.shown), 30)
        await discord.until(lambda: sorted(ready) == [0, 0, 1, 1])
        assert (gateway.resumed, gateway.identified, gateway.hasty) == (1, 4, 0)
        told = [m.text.partition("\n")[0] for m in discord.messages if m.text.startswith(("Google", "Alphabet"))]
        assert len(told) == 1, "what was asked once is answered once"
        assert (len(discord.open(ROOM)), len(discord.open(FAR_ROOM))) == (4, 5)
