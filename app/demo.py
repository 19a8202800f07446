"""The demo world's levers and its memory: forwards, shocks, and the instant a restart resumes at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from app.worlds import YEARS
from domain.clock import ManualClock, WorldClock
from domain.errors import BadArgument
from domain.events import DemoMoved
from domain.market import Shock
from domain.money import percent_text
from storage import world as worlds
from storage.world import WorldState
from trading.floor import Floor

SAVED_EVERY = timedelta(seconds=5)
LONGEST = timedelta(days=366)
A_DAY = timedelta(days=1)

Onward = Callable[[datetime], bool]
"""Told where the world stands on its way; False when that is far enough."""


def whole_way(at: datetime) -> bool:
    """Nobody stops it."""
    return True


class DemoWorld:
    """Moves the demo world, and only that. Each move is stored and journalled before it returns; time never goes back."""

    def __init__(self, floor: Floor, source: Any, state: WorldState) -> None:
        self._floor = floor
        self._source = source
        self._state = state
        self._saved = state.instant

    def now(self) -> datetime:
        """The simulated instant."""
        return self._floor.clock.now()

    def describe(self) -> str:
        """One sentence: the seed, how far the world was moved, the shocks in force."""
        shocks = ", ".join(f"{s.symbol} {percent_text(s.move, places=1)}" for s in self._state.shocks) or "none"
        return f"Simulated market, seed {self._state.seed}; shocks in force: {shocks}."

    async def forward(self, by: timedelta, onward: Onward = whole_way) -> datetime:
        """Move the world forwards, at most a day at a time while `onward`; working orders meet every minute on the way, in order.

        The core has its turn at the end, as after an absence: a month is no month of alerts. Returns the new instant.
        """
        start = self.now()
        until = start + by
        if until.year not in YEARS:
            raise BadArgument(f"The exchange calendar here ends with {YEARS[-1]}; the demo cannot go beyond it.", example="/demo")
        clock = cast("WorldClock | ManualClock", self._floor.clock)
        gone = timedelta(0)
        while gone < by:
            step = min(by - gone, A_DAY)
            gone += step
            if isinstance(clock, ManualClock):
                clock.set(start + gone)
            else:
                clock.forward(step)
            if gone < by:
                self._floor.hub.clear()
                await self._floor.execution.poll()
            if not onward(self.now()):
                break
        await self._moved(f"forward {gone}")
        return self.now()

    async def shock(self, symbol: str, move: Decimal) -> None:
        """Move one instrument's price from now on by a fraction."""
        shock = Shock(self.now().replace(microsecond=0), symbol, move)  # the world quotes by the second
        self._state = replace(self._state, shocks=(*self._state.shocks, shock))
        self._source.add_shock(shock)
        await self._moved(f"shock {symbol} {percent_text(move, places=2)}")

    async def save(self, *, force: bool = False) -> None:
        """Remember the instant, so that a restart does not go back; at most every five seconds unless forced."""
        now = self.now()
        if force or now - self._saved >= SAVED_EVERY:
            async with self._floor.store.write() as tx:
                await worlds.save(tx, replace(self._state, instant=now))
            self._saved = now

    async def _moved(self, what: str) -> None:
        self._floor.hub.clear()
        await self.save(force=True)
        async with self._floor.bus.unit(who="reader", origin="demo") as unit:
            unit.emit(DemoMoved(self.now(), self._floor.spec.name, what))
        await self._floor.pulse()
