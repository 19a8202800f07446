"""A second program on the same database file: both read, count up and write, and no count may be lost or refused."""

from __future__ import annotations

import asyncio

from domain.errors import StorageFailed
from storage.store import Store
from tests.simulation.broken import Broken
from tests.simulation.files import opened
from tests.simulation.setting import ACCOUNT
from tests.simulation.world import World

ROUNDS = 3
NAME = "writers take turns"
KEY = "rival"


async def writes(world: World) -> None:
    made = world.setting
    assert made.path is not None
    world.fired("second writer")
    other = await opened(made.path)
    try:
        before = await _count(made.disk.inner)
        both = await asyncio.gather(_counts_up(made.disk.inner), _counts_up(other), return_exceptions=True)
        for failure in (one for one in both if one is not None):
            raise failure
        after = await _count(made.disk.inner)
    except StorageFailed as error:
        raise Broken(NAME, f"a writer was refused: {error}") from error
    finally:
        await other.close()
    if after - before != 2 * ROUNDS:
        raise Broken(NAME, f"{2 * ROUNDS} counts became {after - before}")
    world.counts.checks[NAME] += 1


async def _count(store: Store) -> int:
    async with store.read() as tx:
        rows = await tx.select("preferences", account=ACCOUNT, key=KEY)
    return int(rows[0]["value"]) if rows else 0


async def _counts_up(store: Store) -> None:
    for _ in range(ROUNDS):
        async with store.write() as tx:
            rows = await tx.select("preferences", account=ACCOUNT, key=KEY)
            await asyncio.sleep(0)
            if rows:
                await tx.update("preferences", {"value": str(int(rows[0]["value"]) + 1)}, account=ACCOUNT, key=KEY)
            else:
                await tx.insert("preferences", {"account": ACCOUNT, "key": KEY, "value": "1"})
