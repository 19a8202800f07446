"""The embedded market: quotes and bars of the simulated world, as of the clock, without any key or network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.instruments import Instrument
from domain.market import Bar, Quote, Shock, Timeframe
from domain.ports import Clock
from market.world.world import SOURCE, World


class Embedded:
    """MarketData over a World. Nothing from after now, everything marked as simulated, nothing computed before it is asked for."""

    name = SOURCE
    simulated = True

    def __init__(self, clock: Clock, seed: int = 7, shocks: Sequence[Shock] = ()) -> None:
        self.world = World(seed, shocks)
        self.clock = clock

    def instruments(self) -> Mapping[str, Instrument]:
        """Every instrument of the world, by symbol."""
        return self.world.instruments

    def add_shock(self, shock: Shock) -> None:
        """Move a price from an instant on; caches above this source have to be cleared by the caller."""
        self.world.add(shock)

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """The quotes of now; unknown symbols are left out."""
        now = self.clock.now()
        found = ((symbol, self.world.quote(symbol, now)) for symbol in symbols)
        return {symbol: quote for symbol, quote in found if quote is not None}

    async def bars(self, symbol: str, timeframe: Timeframe, start: datetime, until: datetime) -> Sequence[Bar]:
        """Bars with `start <= bar.start` and `bar.end <= min(until, now)`, oldest first; empty for an unknown symbol."""
        return self.world.bars(symbol, timeframe, start, min(until, self.clock.now()))


def build(clock: Clock, seed: int = 7, shocks: Sequence[Shock] = ()) -> Embedded:
    """The embedded market on a clock, with the shocks stored so far."""
    return Embedded(clock, seed, shocks)
