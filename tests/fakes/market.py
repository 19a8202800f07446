"""A scripted market behind the MarketData port: bars and quotes as the test sets them, nothing from after now, failures on demand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.errors import SourceFailed
from domain.instruments import AssetClass, Instrument
from domain.market import Bar, Freshness, Quote, Timeframe
from domain.money import CENT, to_tick
from domain.ports import Clock
from market import calendar
from market.sectors import BROAD

SPAN = {
    Timeframe.MINUTE: timedelta(minutes=1),
    Timeframe.FIVE_MINUTES: timedelta(minutes=5),
    Timeframe.HOUR: timedelta(hours=1),
    Timeframe.DAY: timedelta(days=1),
}


def share(symbol: str, sector: str = "Technology", *, kind: AssetClass = AssetClass.EQUITY) -> Instrument:
    """A share that trades in whole numbers and cents."""
    return Instrument(symbol, f"{symbol} Inc", kind, "XNYS", "USD", CENT, Decimal(1), sector, aliases=(symbol.lower(),))


def coin(symbol: str) -> Instrument:
    """A coin that trades round the clock in fractions."""
    return Instrument(symbol, f"{symbol} coin", AssetClass.CRYPTO, "COIN", "USD", CENT, Decimal("0.0001"), "Crypto")


INSTRUMENTS = (share("AAPL"), share("NVDA"), share("XOM", "Energy"), share("SPY", BROAD, kind=AssetClass.ETF), coin("BTC"))


def bar(symbol: str, start: datetime, *prices: str, volume: str = "100000", size: Timeframe = Timeframe.MINUTE) -> Bar:
    """A bar from `open high low close` (or one price for all four) that starts then."""
    opened, high, low, close = (Decimal(p) for p in (prices * 4 if len(prices) == 1 else prices))
    return Bar(symbol, start, start + SPAN[size], opened, high, low, close, Decimal(volume))


def path(symbol: str, start: datetime, until: datetime, price: Decimal, *, seed: int = 0, volume: Decimal = Decimal(20_000)) -> list[Bar]:
    """Minute bars of a seeded walk between two instants, in exchange sessions only unless the symbol is BTC; steps up to 0.3%."""
    bars, at, last = [], start, price
    while at < until:
        if symbol == "BTC" or calendar.is_open(at):
            dice = hashlib.sha256(f"{seed}/{symbol}/{at.isoformat()}".encode()).digest()
            opened, high, low, close = last, last, last, last
            for byte in dice[:6]:
                close = to_tick(close * (1 + (Decimal(byte) - Decimal("127.5")) / 85000), CENT)
                high, low = max(high, close), min(low, close)
            last = close
            bars.append(Bar(symbol, at, at + SPAN[Timeframe.MINUTE], opened, high, low, close, volume * (1 + dice[6] % 4)))
        at += SPAN[Timeframe.MINUTE]
    return bars


class FakeMarket:
    """MarketData from scripts. Without a scripted quote the last visible bar's close is quoted, a cent to each side.

    `failing` makes every read raise SourceFailed; `asked` lists the bar reads as (symbol, timeframe), `starts` from when.
    """

    def __init__(
        self, clock: Clock, *, name: str = "fake", simulated: bool = True, instruments: Iterable[Instrument] = INSTRUMENTS
    ) -> None:
        self._clock = clock
        self._name = name
        self._simulated = simulated
        self._instruments = {i.symbol: i for i in instruments}
        self._bars: dict[tuple[str, Timeframe], list[Bar]] = {}
        self._quotes: dict[str, Quote] = {}
        self.failing = False
        self.asked: list[tuple[str, Timeframe]] = []
        self.starts: list[datetime] = []

    @property
    def name(self) -> str:
        return self._name

    @property
    def simulated(self) -> bool:
        return self._simulated

    def add(self, *bars: Bar, size: Timeframe = Timeframe.MINUTE) -> None:
        """Script bars, kept in order."""
        for one in bars:
            self._bars.setdefault((one.symbol, size), []).append(one)
        for symbol in {b.symbol for b in bars}:
            self._bars[symbol, size].sort(key=lambda b: b.start)

    def quote(self, symbol: str, bid: str, ask: str, last: str | None = None, *, freshness: Freshness = Freshness.LIVE) -> Quote:
        """Script the quote of a symbol from now on."""
        at = self._clock.now()
        found = Quote(symbol, Decimal(bid), Decimal(ask), Decimal(last or bid), at, self._name, freshness, self._simulated)
        self._quotes[symbol] = found
        return found

    def no_quote(self, symbol: str) -> None:
        """Forget a scripted quote."""
        self._quotes.pop(symbol, None)

    def instruments(self) -> Mapping[str, Instrument]:
        return self._instruments

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        self._may_fail()
        found = {s: self._quote(s) for s in symbols}
        return {s: q for s, q in found.items() if q is not None}

    async def bars(self, symbol: str, timeframe: Timeframe, start: datetime, until: datetime) -> Sequence[Bar]:
        self._may_fail()
        self.asked.append((symbol, timeframe))
        self.starts.append(start)
        end = min(until, self._clock.now())
        return tuple(b for b in self._bars.get((symbol, timeframe), ()) if start <= b.start and b.end <= end)

    def _may_fail(self) -> None:
        if self.failing:
            raise SourceFailed("the scripted market is down")

    def _quote(self, symbol: str) -> Quote | None:
        now = self._clock.now()
        scripted = self._quotes.get(symbol)
        if scripted is not None:
            return replace(scripted, at=now) if scripted.freshness is Freshness.LIVE else scripted
        past = [b for (s, _), bars in self._bars.items() if s == symbol for b in bars if b.end <= now]
        if not past:
            return None
        last = max(past, key=lambda b: b.end)
        instrument = self._instruments[symbol]
        freshness = Freshness.LIVE if instrument.round_the_clock or calendar.is_open(now) else Freshness.CLOSED
        tick = instrument.tick
        return Quote(symbol, last.close - tick, last.close + tick, last.close, last.end, self._name, freshness, self._simulated)


def utc(text: str) -> datetime:
    """`2025-10-10 14:30` as an aware UTC instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
