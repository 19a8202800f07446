"""Pushes arrive once and in order, whatever the database or a restart do in between."""

from collections import Counter

import pytest

from bot.courier import Courier
from domain.alerts import Alert, Urgency
from domain.chat import Reply, Text
from domain.clock import ManualClock
from domain.errors import StorageFailed
from storage import outbox
from storage.snapshot import open_memory
from tests.fakes.market import utc
from tests.simulation.disk import Disk, DiskView
from tests.simulation.doom import Doom

NOW = utc("2025-10-10 14:30")


async def test_a_note_that_fails_is_made_later_and_nothing_is_shown_twice():
    disk = Disk(await open_memory(), lambda fault: None)
    shown: list[Reply] = []

    async def deliver(reply: Reply, *, silent: bool) -> None:
        shown.append(reply)

    courier = Courier(DiskView(disk, Doom(Counter())), ManualClock(NOW), "main", deliver)
    assert await courier.run_once() == 0
    async with disk.inner.write() as tx:
        for word in ("first", "second"):
            await outbox.add(tx, Alert(NOW, "main", "told", f"told:{word}", Urgency.INFO, Reply((Text(word),))))
    disk.locked = 1
    with pytest.raises(StorageFailed):
        await courier.run_once()
    assert await courier.run_once() == 1
    assert [r.blocks[0].text for r in shown] == ["first", "second"]
    async with disk.inner.read() as tx:
        assert await outbox.due(tx, NOW) == []


async def test_what_is_to_be_tried_again_is_not_overtaken_after_a_restart():
    store, clock = await open_memory(), ManualClock(NOW)
    async with store.write() as tx:
        await outbox.add(tx, Alert(NOW, "main", "told", "told:first", Urgency.INFO, Reply((Text("first"),))))
    shown: list[Reply] = []
    broken = True

    async def deliver(reply: Reply, *, silent: bool) -> None:
        if broken:
            raise OSError("the platform is down")
        shown.append(reply)

    await Courier(store, clock, "main", deliver).run_once()
    async with store.write() as tx:
        await outbox.add(tx, Alert(NOW, "main", "told", "told:second", Urgency.INFO, Reply((Text("second"),))))
    broken = False
    again = Courier(store, clock, "main", deliver)
    assert await again.run_once() == 2, "a new start tries at once"
    assert [r.blocks[0].text for r in shown] == ["first", "second"]
