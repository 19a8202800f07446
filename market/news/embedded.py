"""The news, earnings dates and economic releases of the simulated world, as of the clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from domain.market import EarningsDate, EconomicEvent, NewsItem
from domain.ports import Clock
from market.world.world import World


class EmbeddedNews:
    """NewsSource and Calendar over the World that makes the prices, so that headlines and moves belong together."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._world = world
        self._clock = clock

    async def news(self, start: datetime, end: datetime) -> Sequence[NewsItem]:
        """What was published in [start, end) and by now, oldest first."""
        return self._world.news(start, min(end, self._clock.now() + timedelta(microseconds=1)))

    async def earnings(self, start: datetime, end: datetime) -> Sequence[EarningsDate]:
        """Company reports in [start, end), past and future."""
        return self._world.earnings(start, end)

    async def economic(self, start: datetime, end: datetime) -> Sequence[EconomicEvent]:
        """Economic releases in [start, end), past and future; `actual` only once it is out."""
        return self._world.economic(start, end, self._clock.now())


class Generated(Protocol):
    """A price source that shows the world and the clock behind it."""

    world: World
    clock: Clock


def build(source: Generated) -> EmbeddedNews:
    """The news of the world behind a price source, on the same clock."""
    return EmbeddedNews(source.world, source.clock)
