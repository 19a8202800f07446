"""The setting of a world: what outlives every process in it, and how this seed's world differs from the next."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from domain.clock import ManualClock
from domain.ledger import Entry, EntryKind
from domain.orders import Side
from domain.portfolio import AccountSpec, Mode
from market.hub import Hub
from storage import ledger
from storage.snapshot import open_memory
from storage.store import Store
from tests.fakes.market import utc
from tests.simulation.dice import Dice
from tests.simulation.disk import Disk
from tests.simulation.market import Market, View
from tests.simulation.wire import Wire
from trading.brokers import paper
from trading.holdings import fold

ACCOUNT = "main"
STARTS = (utc("2025-10-10 14:30"), utc("2025-10-10 14:30"), utc("2025-10-10 14:30"), utc("2025-10-10 19:50"), utc("2025-10-11 14:30"))
D = Decimal


@dataclass
class Setting:
    """`shared` worlds keep the venue's books in the program's own database, as the paper account does; in others the venue is elsewhere.

    `durable` worlds work on a SQLite file; its writes are done by a thread, so such a world is checked but not byte for byte repeatable.
    """

    seed: int
    clock: ManualClock
    market: Market
    feed: View
    truth: View
    disk: Disk
    venue_store: Store
    wire: Wire
    spec: AccountSpec
    shared: bool
    directory: tempfile.TemporaryDirectory[str] | None = None
    path: Path | None = None

    @property
    def durable(self) -> bool:
        return self.directory is not None

    async def close(self) -> None:
        await self.disk.inner.close()
        if self.venue_store is not self.disk.inner:
            await self.venue_store.close()
        if self.directory is not None:
            self.directory.cleanup()


def is_durable(seed: int) -> bool:
    return seed % 50 == 7


async def setting(seed: int, fired: Callable[[str], None]) -> Setting:
    dice = Dice(seed, "setting")
    clock = ManualClock(dice.one_of(STARTS))
    market = Market(clock, seed)
    history = dice.chance(30)
    feed, truth = View(market, clock, history=history, fired=fired), View(market, clock, history=False, fired=fired)
    shared = dice.chance(25) and not is_durable(seed)
    spec = AccountSpec(ACCOUNT, Mode.PAPER, shorting=dice.chance(30))
    directory, path = None, None
    store: Store | None = None
    if is_durable(seed):
        from tests.simulation.files import fresh_file, opened

        directory = tempfile.TemporaryDirectory()
        path = await fresh_file(Path(directory.name))
        store = await opened(path)
    if store is None:
        store = await open_memory()
    venue_store: Store = store if shared else await open_memory()
    wire = Wire(clock, Dice(seed, "wire"), unique=dice.chance(50), plain=Dice(seed, "venue").chance(20), fired=fired)
    made = Setting(seed, clock, market, feed, truth, Disk(store, fired), venue_store, wire, spec, shared, directory, path)
    await _opened(made, dice)
    return made


async def _opened(made: Setting, dice: Dice) -> None:
    """A book of some positions, here and at the venue."""
    at = made.clock.now() - timedelta(days=20)
    book = [Entry("d1", ACCOUNT, at - timedelta(days=1), EntryKind.DEPOSIT, D(dice.one_of((40_000, 120_000))))]
    for symbol, quantity, price in (("AAPL", D(40), D(170)), ("NVDA", D(60), D(100)), ("BTC", D("0.5"), D(60000))):
        if dice.chance(75):
            book.append(Entry(f"b-{symbol}", ACCOUNT, at, EntryKind.TRADE, -quantity * price, symbol, Side.BUY, quantity, price))
    async with made.disk.inner.write() as tx:
        for entry in book:
            await ledger.add(tx, entry)
    held = fold(book)
    venue = paper.build(made.spec, Hub(made.truth, made.clock), made.venue_store, made.clock)
    await venue.seed(held.cash, {p.symbol: p.quantity for p in held.positions})
    made.wire.venue = venue
    for _ in range(3):  # minutes before the first line, so that the venue knows what a minute's volume is
        made.market.move()
        made.clock.set(made.clock.now() + timedelta(minutes=1))
    made.market.move()
