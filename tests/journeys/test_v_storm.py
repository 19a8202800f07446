"""A storm of alerts for one person, on a platform that takes one message a second; `python -m benchmarks storm` plays a larger one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.journeys.phone import connected
from tests.journeys.storm import counted, storm
from tests.servers.telegram import TelegramServer

EVENTS, CRITICAL = 2500, 5


async def test_a_storm_loses_no_critical_alert_and_breaks_no_limit(tmp_path: Path, telegram: TelegramServer) -> None:
    async with connected(tmp_path, telegram) as desk:
        ada = await desk.paired(11)
        await storm(desk, "telegram:11", EVENTS, CRITICAL, desk.house.floor.clock.now() - timedelta(seconds=15))
        told = [m.text for m in ada.shown[1:]]
        assert told[:CRITICAL] == [f"Critical {n}." for n in range(0, EVENTS, EVENTS // CRITICAL)]
        assert counted(told) == EVENTS - CRITICAL
        assert (telegram.meter.refused, len(told) < 20) == (0, True)
