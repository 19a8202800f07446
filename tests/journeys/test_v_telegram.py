"""Telegram: pair, ask, tap, be told; through the real library and a strict server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journeys.phone import connected
from tests.servers.telegram import TelegramServer


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    made = TelegramServer()
    await made.start()
    yield made
    await made.stop()


async def test_a_first_day_on_the_phone(tmp_path: Path, server: TelegramServer) -> None:
    ada = server.person(11, "Ada")
    async with connected(tmp_path, server) as desk:
        ada.says("/start")
        assert (await ada.hears(1)).text == "You are 11 on telegram. An owner of this installation must approve that id before anything is shown here."
        ada.says(f"/start pair_{await desk.code()}")
        welcome = await ada.hears(2)
        assert welcome.text.startswith("You are in, as an owner of this account.")
        ada.taps(welcome, "Positions")
        positions = await ada.hears(3)
        assert "positions worth" in positions.text
        await server.until(lambda: sum(server.acknowledged.values()) == 1)
        ada.says("#AAPL close 50%")
        card = await ada.hears(4)
        assert card.labels == ["Confirm", "Cancel"]
        ada.taps(card, "Confirm", times=2)
        await server.until(lambda: card.text.startswith(("Done: #AAPL close 50%", "Sent: #AAPL close 50%")))
        assert card.labels == []
        assert server.meter.refused == 0
        assert await desk.terminal.whole()
    assert "foliopilot" not in server.menus
