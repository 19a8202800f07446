"""The hub: everybody's prices come through here, so that one moment has one price and a repeated question costs nothing."""

from __future__ import annotations

import asyncio
import difflib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.errors import UnknownSymbol
from domain.instruments import Instrument
from domain.market import Bar, Quote, Timeframe
from domain.ports import Clock, MarketData
from market import calendar

QUOTE_LIFE = timedelta(seconds=1)
RETRY_DAILY = timedelta(seconds=60)  # how long a daily bar that should be there already is not asked for again
LOOK_BACK = (timedelta(minutes=10), timedelta(hours=8))  # how far minute bars are searched for the last price of an instant
MOST_PRICES = 20_000


@dataclass(frozen=True, slots=True)
class _Daily:
    """Daily bars of one symbol as read once: complete from `start` to `through`."""

    bars: tuple[Bar, ...]
    ends: tuple[datetime, ...]
    start: datetime
    through: datetime


class Hub:
    """Quotes, bars and closes of one market source, with the caches. A cached read of 100 symbols costs well under 0.3 ms.

    `lots` are the quantity steps an account trades in, where they are finer than the source's (a book with fractions of a share). What a
    source does not have is left out, never invented; a failure of the source (SourceFailed) passes through.
    """

    def __init__(self, source: MarketData, clock: Clock, lots: Mapping[str, Decimal] | None = None) -> None:
        self.source = source
        self.clock = clock
        self._lots = lots or {}
        self._instruments: Mapping[str, Instrument] | None = None
        self._names: dict[str, str] | None = None
        self._quotes: dict[str, Quote] = {}
        self._read: dict[str, datetime] = {}
        self._daily: dict[str, _Daily] = {}
        self._prices: dict[tuple[str, datetime], Decimal] = {}
        self._previous: dict[str, Decimal | None] = {}
        self._previous_at: datetime | None = None

    @property
    def simulated(self) -> bool:
        """True when prices are generated."""
        return self.source.simulated

    def instruments(self) -> Mapping[str, Instrument]:
        """Every instrument of the source, by symbol, in the finer of its lot and `lots`; read once until `clear`."""
        if self._instruments is None:
            known = self.source.instruments()
            finer = {s: replace(known[s], lot=lot) for s, lot in self._lots.items() if s in known and lot < known[s].lot}
            self._instruments = {**known, **finer} if finer else known
        return self._instruments

    def instrument(self, symbol: str) -> Instrument | None:
        """The instrument of a symbol in any case and with or without `$`, or None; names are not symbols."""
        known = self.instruments()
        return known.get(symbol) or known.get(symbol.strip().lstrip("$").upper())

    def require(self, symbol: str) -> Instrument:
        """The instrument of a symbol; raises UnknownSymbol that names the nearest by symbol, name or alias."""
        found = self.instrument(symbol)
        if found is not None:
            return found
        shown = symbol.strip()[:20] or "that"
        near = self.nearest(symbol)
        if not near:
            raise UnknownSymbol(f"I know no instrument {shown} in this market.", example="/positions")
        names = " or ".join(f"{i.symbol} ({i.name})" if i.name != i.symbol else i.symbol for i in near)
        raise UnknownSymbol(f"I know no instrument {shown} in this market. Did you mean {names}?", example=f"/explain {near[0].symbol}")

    def nearest(self, text: str, limit: int = 3) -> Sequence[Instrument]:
        """Instruments whose symbol, name or alias is most like a text, best first; empty when nothing is near."""
        words = text.strip().lstrip("$").lower()[:40]
        if not words:
            return ()
        names = self._searchable()
        exact = [names[words]] if words in names else []
        starts = [s for name, s in names.items() if len(words) > 1 and name.startswith(words)]
        close = [names[name] for name in difflib.get_close_matches(words, names, n=limit * 2, cutoff=0.6)]
        symbols = dict.fromkeys(exact + starts[:limit] + close)
        known = self.instruments()
        return tuple(known[s] for s in list(symbols)[:limit])

    async def quotes(self, symbols: Sequence[str], *, fresh: bool = False) -> Mapping[str, Quote]:
        """The latest quote of each symbol, at most a second of clock time old (`fresh`: read now); unknown ones are left out."""
        now = self.clock.now()
        oldest = now - QUOTE_LIFE
        read = self._read
        wanted = dict.fromkeys(symbols)
        missing = [s for s in wanted if fresh or s not in read or read[s] < oldest]
        if missing:
            found = await self.source.quotes(missing)
            for symbol in missing:
                read[symbol] = now
                self._quotes.pop(symbol, None)
            self._quotes.update(found)
        held = self._quotes
        return {s: held[s] for s in wanted if s in held}

    async def quote(self, symbol: str, *, fresh: bool = False) -> Quote | None:
        """The latest quote of one symbol, or None."""
        return (await self.quotes((symbol,), fresh=fresh)).get(symbol)

    async def bars(self, symbol: str, timeframe: Timeframe, start: datetime, until: datetime | None = None) -> Sequence[Bar]:
        """Bars that start at or after `start` and ended by `until` (now when not given), oldest first; never one from the future."""
        now = self.clock.now()
        end = now if until is None else min(until, now)
        return await self.source.bars(symbol, timeframe, start, end) if start < end else ()

    async def closes(self, symbol: str, sessions: int, until: datetime | None = None) -> Sequence[Bar]:
        """The last `sessions` completed daily bars that ended by `until` (now when not given), oldest first; fewer when there are fewer."""
        now = self.clock.now()
        end = now if until is None else min(until, now)
        days = sessions if self._round_the_clock(symbol) else sessions * 3 // 2
        daily = await self._daily_bars(symbol, end - timedelta(days=days + 12), end)
        last = bisect_right(daily.ends, end)
        return daily.bars[max(last - sessions, 0) : last]

    async def prices_at(self, symbols: Sequence[str], at: datetime) -> Mapping[str, Decimal]:
        """The last price at or before an instant, by symbol; symbols without one are left out.

        Now or later is the quote's last price; while an exchange is closed it is the close of its last session; otherwise the close of the
        last minute bar. Round-the-clock instruments always use minute bars. Prices of the past are kept until `clear`.
        """
        if at >= self.clock.now():
            return {s: q.last for s, q in (await self.quotes(symbols)).items()}
        wanted = tuple(dict.fromkeys(symbols))
        missing = [s for s in wanted if (s, at) not in self._prices]
        if missing:
            found = await asyncio.gather(*(self._price_at(s, at) for s in missing))
            if len(self._prices) > MOST_PRICES:
                self._prices.clear()
            self._prices.update({(s, at): p for s, p in zip(missing, found, strict=True) if p is not None})
        return {s: self._prices[s, at] for s in wanted if (s, at) in self._prices}

    def day_start(self, at: datetime | None = None) -> datetime:
        """When the current trading day's account begins: the close of the session before it; `today` and day P/L count from here.

        The current trading day is the session of the New York date, before its open too; on a day without one, the last session.
        """
        instant = self.clock.now() if at is None else at
        session = calendar.session(instant.astimezone(calendar.NEW_YORK).date()) or calendar.latest_completed(instant)
        return calendar.previous(session.day).close

    async def previous_closes(self, symbols: Sequence[str]) -> Mapping[str, Decimal]:
        """The close of the session before the current trading day, by symbol; crypto has its price at that same instant (`day_start`)."""
        boundary = self.day_start()
        if boundary != self._previous_at:
            self._previous, self._previous_at = {}, boundary
        held = self._previous
        missing = [s for s in dict.fromkeys(symbols) if s not in held]
        if missing:
            prices = await self.prices_at(missing, boundary)
            held.update({s: prices.get(s) for s in missing})
        return {s: price for s in symbols if (price := held.get(s)) is not None}

    def clear(self) -> None:
        """Forget everything read, for when the world itself was changed (a demo shock or forward)."""
        self._instruments = None
        self._names = None
        self._previous_at = None
        for cache in (self._quotes, self._read, self._daily, self._prices, self._previous):
            cache.clear()

    def _searchable(self) -> dict[str, str]:
        if self._names is None:
            names: dict[str, str] = {}
            for i in self.instruments().values():
                for name in (i.symbol.lower(), i.name.lower(), *i.aliases):
                    names.setdefault(name, i.symbol)
            self._names = names
        return self._names

    def _round_the_clock(self, symbol: str) -> bool:
        known = self.instrument(symbol)
        return known is not None and known.round_the_clock

    async def _daily_bars(self, symbol: str, start: datetime, end: datetime) -> _Daily:
        held = self._daily.get(symbol)
        if held is not None and held.start <= start and self._current(symbol, held, end):
            return held
        now = self.clock.now()
        first = min(start, held.start) if held else start
        bars = tuple(await self.source.bars(symbol, Timeframe.DAY, first, now))
        daily = _Daily(bars, tuple(b.end for b in bars), first, now)
        self._daily[symbol] = daily
        return daily

    def _current(self, symbol: str, held: _Daily, end: datetime) -> bool:
        if end <= held.through:
            return True
        if self._round_the_clock(symbol):
            due = end.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        else:
            due = calendar.last_close(end)
        if due <= held.through and held.ends and held.ends[-1] >= due:
            return True
        return self.clock.now() - held.through < RETRY_DAILY and due <= held.through

    async def _price_at(self, symbol: str, at: datetime) -> Decimal | None:
        round_the_clock = self._round_the_clock(symbol)
        if round_the_clock or calendar.is_open(at):
            for back in LOOK_BACK:
                bars = await self.source.bars(symbol, Timeframe.MINUTE, at - back, at)
                if bars:
                    return bars[-1].close
        closes = await self.closes(symbol, 1, at)
        return closes[-1].close if closes else None
