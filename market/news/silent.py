"""The news and calendar of a market that brings none: it answers, and has nothing to say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.market import EarningsDate, EconomicEvent, NewsItem


class Silent:
    """A NewsSource and Calendar without entries."""

    async def news(self, start: datetime, end: datetime) -> Sequence[NewsItem]:
        """Nothing was published."""
        return ()

    async def earnings(self, start: datetime, end: datetime) -> Sequence[EarningsDate]:
        """Nobody reports."""
        return ()

    async def economic(self, start: datetime, end: datetime) -> Sequence[EconomicEvent]:
        """Nothing is scheduled."""
        return ()
