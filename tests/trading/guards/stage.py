"""What the tests of the guards share: mandates, what automation asks for, and limits that can be changed while a world runs."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.errors import StorageFailed
from domain.exits import ExitKind, ExitRule
from domain.ledger import Entry
from domain.mandates import Mandate, Scope
from domain.market import Freshness, Timeframe
from domain.orders import Intent
from domain.tickets import Proposer, Ticket
from storage.store import Store, Tx
from tests.fakes.market import bar, utc
from tests.trading.stage import ACCOUNT, LIMITS, ME, START, Stage, stage
from trading.tickets import Beside

D = Decimal


def mandate(id: str = "m1", **changes: Any) -> Mandate:
    """A mandate for stops, in force for a month."""
    made = Mandate(id, ACCOUNT, (Scope.STOPS,), "t0", ME.who, START, START + timedelta(days=30))
    return replace(made, **changes)


async def sign(world: Stage, *mandates: Mandate) -> None:
    for one in mandates:
        assert await world.floor.guards.mandates.sign(one, "let stops act", ME.who)


def exit_rule(symbol: str = "AAPL", **changes: Any) -> ExitRule:
    """An exit that a card set."""
    made = ExitRule("e1", ACCOUNT, symbol, ExitKind.STOP, "card", START, START + timedelta(days=1), long=True, level=D(170))
    return replace(made, **changes)


async def act(
    world: Stage,
    *intents: Intent,
    scope: Scope = Scope.STOPS,
    proposer: Proposer = Proposer.MONITOR,
    signed: ExitRule | None = None,
    beside: Beside | None = None,
) -> Ticket:
    """What standing automation asks for."""
    return await world.floor.desk.act(
        line="#line",
        verb="x",
        proposer=proposer,
        origin=ME,
        intents=intents,
        scope=scope,
        why="it was reached",
        signed=signed,
        beside=beside,
    )


def limit(world: Stage, **changes: Any) -> None:
    """Change the limits of a running world; everything else holds nothing back."""
    world.floor.limits.current = replace(LIMITS, **changes)


CLOSED = utc("2025-10-09 20:00")  # the close before the stage begins
BITCOIN = {"calm": "70000", "5%": "59000", "10%": "48000", "16%": "36000"}
"""BTC prices at which the stage's book has lost about that much of its 105,520 USD."""


async def measured(*entries: Entry, store: Store | None = None, **options: Any) -> Stage:
    """A stage whose previous closes are known, so that a day's loss can be measured, after its first look."""
    world = await stage(*entries, store=store, started=False, **options)
    closes(world)
    await world.floor.start()
    await world.floor.guards.breaker.round()
    return world


def closes(world: Stage, at: datetime = CLOSED) -> None:
    """Every instrument closed then where it stands now."""
    for symbol, price in (("AAPL", "182"), ("NVDA", "120"), ("XOM", "110"), ("SPY", "560")):
        world.market.add(bar(symbol, at - timedelta(days=1), price, size=Timeframe.DAY), size=Timeframe.DAY)
    world.market.add(bar("BTC", at - timedelta(minutes=1), "70000"))


def btc(world: Stage, lost: str, *, freshness: Freshness = Freshness.LIVE) -> None:
    """Move BTC so that the book has lost about so much."""
    price = BITCOIN.get(lost, lost)
    world.market.quote("BTC", str(D(price) - 10), str(D(price) + 10), price, freshness=freshness)


async def fall(world: Stage, lost: str) -> None:
    """Lose so much and let it stand."""
    btc(world, lost)
    await world.pass_time(12, step=6)


class Refusing:
    """A store whose writes fail until told otherwise."""

    def __init__(self, world: Stage) -> None:
        self._write = world.store.write
        self.refuses = True
        world.store.write = self.write  # type: ignore[method-assign]

    def write(self, *, relaxed: bool = False) -> AbstractAsyncContextManager[Tx]:
        if self.refuses:
            raise StorageFailed("database is locked")
        return self._write(relaxed=relaxed)
