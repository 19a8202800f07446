"""A market that knows instruments but no prices: the truth about an imported book without a price source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from domain.instruments import AssetClass, Instrument
from domain.market import Bar, Quote, Timeframe


class Unpriced:
    """MarketData without a single price; `symbols` beyond the known instruments are taken for US shares in hundred-millionths."""

    name = "no prices"
    simulated = False

    def __init__(self, known: Mapping[str, Instrument], symbols: Iterable[str]) -> None:
        self._instruments = dict(known) | {s: unknown_share(s) for s in sorted(symbols) if s not in known}

    def instruments(self) -> Mapping[str, Instrument]:
        """The known instruments and those of the book."""
        return self._instruments

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """None."""
        return {}

    async def bars(self, symbol: str, timeframe: Timeframe, start: datetime, until: datetime) -> Sequence[Bar]:
        """None."""
        return ()


def unknown_share(symbol: str) -> Instrument:
    """An instrument for a symbol that only a reader's file knows; its sector is `Unknown`."""
    return Instrument(symbol, symbol, AssetClass.EQUITY, "unknown", "USD", Decimal("0.01"), Decimal("0.00000001"), "Unknown")
