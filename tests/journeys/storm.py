"""A storm of alerts for the person in one chat, every so many of them critical."""

from __future__ import annotations

import asyncio
from datetime import datetime

from commands.hearing import Hearing
from commands.reader import keep
from domain.alerts import Alert, Urgency
from domain.chat import Reply, Text, Tone
from storage import outbox
from tests.journeys.phone import Desk


async def storm(desk: Desk, chat: str, events: int, critical: int, at: datetime) -> None:
    """Queue the alerts of one moment, and return once every one of them is settled."""
    house = desk.house
    account = house.floor.spec.name
    async with house.store.write() as tx:
        await keep(tx, account, chat, Hearing(budget=100), at)
        for number in range(events):
            urgent = number % (events // critical) == 0
            urgency, kind = (Urgency.CRITICAL, "stop-failed") if urgent else (Urgency.INFO, "order-filled")
            reply = Reply((Text(f"{'Critical' if urgent else 'Ordinary'} {number}.", Tone.LEAD),))
            await outbox.add(tx, Alert(at, account, kind, f"{kind}:AAPL:{number}", urgency, reply), (chat,))
    while True:
        await asyncio.sleep(0.1)
        async with house.store.read() as tx:
            if not await tx.select("outbox", account=account, chat=chat, delivered=None, limit=1):
                return


def counted(told: list[str]) -> int:
    """How many ordinary alerts messages tell of, alone or merged."""
    merged = sum(int(text.split()[0].replace(",", "")) for text in told if "had to wait" in text)
    return merged + sum(text.startswith("Ordinary") for text in told)
