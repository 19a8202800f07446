"""The bars a venue lives on: for each symbol the finest size the source has, oldest first over all symbols."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from domain.instruments import Instrument
from domain.market import Bar, Timeframe
from market import calendar
from market.hub import Hub

LADDER: tuple[tuple[Timeframe, timedelta], ...] = (
    (Timeframe.MINUTE, timedelta(minutes=30)),
    (Timeframe.FIVE_MINUTES, timedelta(hours=2)),
    (Timeframe.HOUR, timedelta(days=1)),
    (Timeframe.DAY, timedelta(days=20)),
)
"""Bar sizes, finest first, each with how far back recent bars of it are looked for."""


class BarFeed:
    """Bars of a hub for a simulation. A symbol's size is found once, by asking for recent bars, and kept: sizes are never mixed."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._sizes: dict[str, Timeframe] = {}

    async def between(self, starts: Mapping[str, datetime], until: datetime) -> list[Bar]:
        """Bars of each symbol that start at or after its instant and end by `until`, by their end, then by symbol.

        Bars outside exchange sessions are left out for instruments bound to them, so nothing trades on a closed market's prints.
        """
        found: list[Bar] = []
        for symbol, start in starts.items():
            if start < until and (size := await self._size(symbol, until)) is not None:
                bars = await self._hub.bars(symbol, size, start, until)
                found += [b for b in bars if size is Timeframe.DAY or self._trading(symbol, b.start)]
        return sorted(found, key=lambda b: (b.end, b.symbol))

    async def volume(self, symbol: str, at: datetime) -> Decimal | None:
        """The mean volume of a recent bar, or None where it is not known."""
        bars = await self._recent(symbol, at)
        volumes = [b.volume for b in bars if b.volume > 0]
        return sum(volumes, Decimal(0)) / len(volumes) if volumes else None

    def trading(self, instrument: Instrument, at: datetime) -> bool:
        """True when the instrument can trade at that instant."""
        return instrument.round_the_clock or calendar.is_open(at)

    def _trading(self, symbol: str, at: datetime) -> bool:
        instrument = self._hub.instrument(symbol)
        return instrument is not None and self.trading(instrument, at)

    async def _size(self, symbol: str, at: datetime) -> Timeframe | None:
        if symbol not in self._sizes:
            await self._recent(symbol, at)
        return self._sizes.get(symbol)

    async def _recent(self, symbol: str, at: datetime) -> list[Bar]:
        """The last bars of the finest size that has any: just before the instant, else before the last session's close."""
        known = self._sizes.get(symbol)
        for size, back in LADDER:
            if known is not None and size is not known:
                continue
            for end in (at, calendar.last_close(at)):
                bars = list(await self._hub.bars(symbol, size, end - back, end))
                if bars:
                    self._sizes[symbol] = size
                    return bars
        return []
