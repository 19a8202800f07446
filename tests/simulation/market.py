"""The market of a world: a seeded walk with gaps and halts, seen truly by the venue and through a feed that goes wrong by the house."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

from domain.clock import ManualClock
from domain.errors import SourceFailed
from domain.instruments import Instrument
from domain.market import Bar, Freshness, Quote, Timeframe
from domain.money import CENT, to_tick
from market import calendar
from tests.fakes.market import INSTRUMENTS, utc
from tests.simulation.dice import Dice

D = Decimal
MINUTE = timedelta(minutes=1)
OPENING = {"AAPL": D(182), "NVDA": D(120), "XOM": D(110), "SPY": D(560), "BTC": D(70000)}
KNOWN: Mapping[str, Instrument] = {i.symbol: i for i in INSTRUMENTS}
FIRST_DAY = utc("2025-10-10 20:00")


@dataclass
class Forming:
    """A minute that is not over."""

    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


class Market:
    """The truth. `move` walks to the clock's now; a halted symbol neither moves nor trades."""

    def __init__(self, clock: ManualClock, seed: int) -> None:
        self._clock = clock
        self._dice = Dice(seed, "market")
        self.prices = dict(OPENING)
        self.bars: dict[str, list[Bar]] = defaultdict(list)
        self.halted: dict[str, datetime] = {}
        self._forming: dict[str, Forming] = {}
        self._session = calendar.last_close(clock.now())

    def trading(self, symbol: str) -> bool:
        return symbol not in self.halted and (KNOWN[symbol].round_the_clock or calendar.is_open(self._clock.now()))

    def move(self) -> None:
        now = self._clock.now()
        closed = calendar.last_close(now)
        overnight, self._session = closed != self._session, closed
        for symbol in OPENING:
            if self.trading(symbol):
                if overnight:
                    self.jump(symbol, D(self._dice.between(-600, 600)) / 10_000)
                self._walk(symbol, now)

    def jump(self, symbol: str, by: Decimal) -> None:
        """A gap: nothing trades in between."""
        self._seal(symbol, self._clock.now())
        self.prices[symbol] = max(to_tick(self.prices[symbol] * (1 + by), CENT), D(1))

    def _walk(self, symbol: str, now: datetime) -> None:
        price = to_tick(self.prices[symbol] * (1 + D(self._dice.between(-15, 15)) / 10_000), CENT)
        self.prices[symbol] = price
        minute = now.replace(second=0, microsecond=0)
        forming = self._forming.get(symbol)
        if forming is not None and forming.start != minute:
            self._seal(symbol, now)
            forming = None
        if forming is None:
            self._forming[symbol] = Forming(minute, price, price, price, price)
        else:
            forming.high, forming.low, forming.close = max(forming.high, price), min(forming.low, price), price

    def _seal(self, symbol: str, now: datetime) -> None:
        forming = self._forming.get(symbol)
        if forming is None or forming.start + MINUTE > now:
            return
        del self._forming[symbol]
        volume = D(self._dice.one_of((50, 120, 400, 5000)))
        bar = Bar(symbol, forming.start, forming.start + MINUTE, forming.open, forming.high, forming.low, forming.close, volume)
        self.bars[symbol].append(bar)

    def quote(self, symbol: str) -> Quote:
        price, half = self.prices[symbol], max(CENT, to_tick(self.prices[symbol] / 10_000, CENT))
        at, freshness = self._clock.now(), Freshness.LIVE
        if symbol in self.halted:
            at, freshness = self.halted[symbol], Freshness.STALE
        elif not self.trading(symbol):
            freshness = Freshness.CLOSED
        return Quote(symbol, price - half, price + half, price, at, "walk", freshness, True)


Wrong = Callable[[Quote], Quote | None]


def crossed(quote: Quote) -> Quote:
    far = to_tick(quote.bid * D("0.97"), CENT)
    return replace(quote, bid=quote.ask + 1, ask=far, last=far)


def bad_print(quote: Quote) -> Quote:
    return replace(
        quote, bid=to_tick(quote.bid * D("0.7"), CENT), ask=to_tick(quote.ask * D("0.7"), CENT), last=to_tick(quote.last * D("0.7"), CENT)
    )


def stale(quote: Quote) -> Quote:
    """Where it stood five minutes ago, which was elsewhere."""
    bid, ask, last = (to_tick(p * D("0.98"), CENT) for p in (quote.bid, quote.ask, quote.last))
    return replace(quote, bid=bid, ask=ask, last=last, at=quote.at - timedelta(minutes=5), freshness=Freshness.STALE)


def missing(quote: Quote) -> None:
    return None


WRONG: Mapping[str, Wrong] = {"quote crossed": crossed, "bad print": bad_print, "quote stale": stale, "quote missing": missing}


class View:
    """The MarketData port on a market. `wrong[symbol]` is how often which mistake is still served; `served` is what the house was shown."""

    name = "walk"
    simulated = True

    def __init__(self, market: Market, clock: ManualClock, *, history: bool, fired: Callable[[str], None]) -> None:
        self._market = market
        self._clock = clock
        self._history = history
        self._fired = fired
        self.wrong: dict[str, tuple[str, int]] = {}
        self.down = 0
        self.served: dict[str, list[Quote]] = defaultdict(list)

    def instruments(self) -> Mapping[str, Instrument]:
        return KNOWN

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        if self.down > 0:
            self.down -= 1
            self._fired("feed down")
            raise SourceFailed("the feed does not answer")
        found = {s: q for s in symbols if s in OPENING and (q := self._seen(s)) is not None}
        for symbol, quote in found.items():
            self.served[symbol].append(quote)
        return found

    def _seen(self, symbol: str) -> Quote | None:
        quote = self._market.quote(symbol)
        if symbol not in self.wrong:
            return quote
        kind, left = self.wrong.pop(symbol)
        if left > 1:
            self.wrong[symbol] = (kind, left - 1)
        self._fired(kind)
        return WRONG[kind](quote)

    async def bars(self, symbol: str, timeframe: Timeframe, start: datetime, until: datetime) -> Sequence[Bar]:
        if timeframe is Timeframe.DAY and self._history:
            return tuple(b for b in days(symbol) if start <= b.start and b.end <= until)
        if timeframe is not Timeframe.MINUTE:
            return ()
        end = min(until, self._clock.now())
        return tuple(b for b in self._market.bars[symbol] if start <= b.start and b.end <= end)

    def heal(self) -> None:
        self.wrong.clear()
        self.down = 0


@cache
def days(symbol: str) -> tuple[Bar, ...]:
    """Thirty daily bars before the first day, for whoever asks for an average true range."""
    made, price = [], OPENING[symbol]
    session = calendar.latest_completed(FIRST_DAY - timedelta(days=1))
    for _ in range(30):
        made.append(Bar(symbol, session.open, session.close, price, price * D("1.01"), price * D("0.99"), price, D(1_000_000)))
        session = calendar.previous(session.day)
    return tuple(reversed(made))
