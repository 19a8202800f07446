"""Telegram calls us: with its secret, and again until an update is written down."""

from __future__ import annotations

import socket
from pathlib import Path

import aiohttp
import pytest

from app import phones
from app.settings import Settings
from domain.errors import SetupError, StorageFailed
from storage import inbox
from tests.journeys.phone import connected
from tests.servers.telegram import TOKEN, TelegramServer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_updates_are_brought_with_a_secret_and_again_until_they_are_kept(
    tmp_path: Path, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}/hook"
    async with connected(tmp_path, telegram, telegram_webhook=address, telegram_port=port) as desk:
        await telegram.until(lambda: telegram.hook)
        ada = await desk.paired(11)
        assert telegram.calls["getupdates"] == 0
        add = inbox.add
        failed: list[int] = []

        async def full(*given: object) -> bool:
            if not failed:
                failed.append(1)
                raise StorageFailed("disk full")
            return await add(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(inbox, "add", full)
        ada.says("#AAPL close 50%")
        card = await ada.hears(2)
        ada.taps(card, "Confirm", times=2)
        await telegram.until(lambda: card.text.startswith(("Done: #AAPL close 50%", "Sent: #AAPL close 50%")))
        assert telegram.brought.count(503) == 1
        forged = {"update_id": 99_999, "message": ada.message("#emergency-stop")}
        async with aiohttp.ClientSession() as other:
            for head, body, status in (
                ({}, forged, 403),
                ({"X-Telegram-Bot-Api-Secret-Token": TOKEN}, forged, 403),
                ({"X-Telegram-Bot-Api-Secret-Token": telegram.hook[1]}, [], 400),
            ):
                async with other.post(address, json=body, headers=head) as answer:
                    assert answer.status == status
        assert not desk.house.floor.killswitch.halted()
        settings = Settings(telegram_token=TOKEN, telegram_webhook=address, telegram_port=port)
        (taken,) = phones.adapters(settings, desk.house.floor.clock)
        with pytest.raises(SetupError, match="listen on port"):
            await taken.serve()
    async with connected(tmp_path, telegram):  # without the setting the platform is asked again
        ada.says("/status")
        await telegram.until(lambda: any("ccount" in m.text for m in ada.shown[2:]))
        assert telegram.calls["getupdates"]
