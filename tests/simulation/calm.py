"""News and a calendar of a world in which nothing is published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.market import EarningsDate, EconomicEvent, NewsItem


class Nothing:
    """NewsSource and Calendar without entries."""

    async def news(self, start: datetime, end: datetime) -> Sequence[NewsItem]:
        return ()

    async def earnings(self, start: datetime, end: datetime) -> Sequence[EarningsDate]:
        return ()

    async def economic(self, start: datetime, end: datetime) -> Sequence[EconomicEvent]:
        return ()


NOTHING = Nothing()
