"""The health of positions: profit, age, drawdown, distance to stop and target, and what is wrong with each, if anything."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from domain.errors import SourceFailed
from domain.exits import ExitKind
from domain.market import Quote
from domain.money import ONE, ZERO, cents
from domain.orders import OrderType
from domain.portfolio import Position
from domain.ports import Clock
from market.hub import Hub
from trading.book import Book
from trading.exits.failed_stops import FailedStops
from trading.exits.held import Exits
from trading.exits.judge import Doubt, Judged

log = logging.getLogger(__name__)

NEAR = Decimal("0.01")  # of the price: nearer to its stop than this a position is near it
SESSIONS = 120  # how far back the best price of a holding is looked for
FAR = Decimal(10)


class Health(StrEnum):
    """What is wrong with a position, the worst first."""

    HALTED = "halted"
    STALE = "stale"
    UNPROTECTED = "unprotected"
    NEAR_STOP = "near stop"
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class PositionWatch:
    """How one position stands. Distances and drawdown are fractions of the last price; None where there is no stop, target or price.

    `drawdown` is how far the last price is from the best since the position was opened, zero at the best. `doubt` says why the last quote
    is not believed.
    """

    symbol: str
    quantity: Decimal
    last: Decimal | None
    profit: Decimal | None
    gain: Decimal | None
    age: timedelta
    best: Decimal | None
    drawdown: Decimal | None
    stop: Decimal | None
    to_stop: Decimal | None
    target: Decimal | None
    to_target: Decimal | None
    health: Health
    at: datetime
    doubt: str = ""

    @property
    def nearness(self) -> Decimal:
        """The distance to the stop, for sorting: without one it is far."""
        return self.to_stop if self.to_stop is not None else FAR


@dataclass(slots=True)
class _State:
    """What is kept of a holding between two looks: since when it is held, its best price, the last quote and what was made of it."""

    opened: datetime
    best: Decimal
    doubt: Doubt | None = None
    complete: bool = False  # the days before it was first looked at are counted too


class Watching:
    """Keeps what the rounds saw of each position."""

    def __init__(self, book: Book, hub: Hub, known: Exits, failed: FailedStops, clock: Clock) -> None:
        self._book = book
        self._hub = hub
        self._known = known
        self._failed = failed
        self._clock = clock
        self._states: dict[str, _State] = {}

    def saw(self, quote: Quote, judged: Judged) -> None:
        """Remember a quote of a held symbol; only believed prices make a best price."""
        position = self._position(quote.symbol)
        if position is None:
            self._states.pop(quote.symbol, None)
            return
        state = self._begun(position)
        state.doubt = judged.doubt
        for price in judged.prices:
            state.best = max(state.best, price) if position.quantity > 0 else min(state.best, price)

    def missed(self, symbols: Iterable[str]) -> None:
        """These have no quote although their market is open."""
        for symbol in symbols:
            if symbol in self._states:
                self._states[symbol].doubt = Doubt.STALE

    async def watch(self, symbol: str) -> PositionWatch | None:
        """How a position stands now, or None."""
        position = self._position(symbol)
        if position is None:
            return None
        state = await self._state(position)
        quote = await self._hub.quote(symbol) if self._book.spec.priced else None
        last = quote.last if quote is not None and quote.last > 0 else None
        stop, target = self._levels(position)
        instrument = self._hub.instrument(symbol)
        multiplier = instrument.multiplier if instrument else ONE
        sign = 1 if position.quantity > 0 else -1
        if last is not None and state.doubt is None:
            state.best = max(state.best, last) if sign > 0 else min(state.best, last)
        to_stop = (last - stop) * sign / last if last is not None and stop is not None else None
        return PositionWatch(
            symbol=symbol,
            quantity=position.quantity,
            last=last,
            profit=cents((last - position.average_price) * position.quantity * multiplier) if last is not None else None,
            gain=sign * (last / position.average_price - ONE) if last is not None and position.average_price > 0 else None,
            age=self._clock.now() - position.opened,
            best=state.best,
            drawdown=max((state.best - last) * sign / state.best, ZERO) if last is not None else None,
            stop=stop,
            to_stop=to_stop,
            target=target,
            to_target=(target - last) * sign / last if last is not None and target is not None else None,
            health=self._health(symbol, state, to_stop, priced=last is not None),
            at=quote.at if quote is not None else self._clock.now(),
            doubt=state.doubt.value if state.doubt is not None else "",
        )

    def _health(self, symbol: str, state: _State, to_stop: Decimal | None, *, priced: bool) -> Health:
        if state.doubt is Doubt.HALTED:
            return Health.HALTED
        if not priced or state.doubt is Doubt.STALE:
            return Health.STALE
        if symbol in self._failed.failed or not self._failed.protected(symbol):
            return Health.UNPROTECTED
        return Health.NEAR_STOP if to_stop is not None and to_stop <= NEAR else Health.FINE

    def _position(self, symbol: str) -> Position | None:
        return self._book.holdings.position(symbol)

    async def _state(self, position: Position) -> _State:
        """What is kept of a position, begun with the best daily price since it was opened."""
        state, long = self._begun(position), position.quantity > 0
        if state.complete:
            return state
        try:
            bars = await self._hub.closes(position.symbol, SESSIONS)
        except SourceFailed as failure:
            log.warning("no history of %s for its best price: %s", position.symbol, failure)
            bars = ()
        for bar in bars:
            if bar.start >= position.opened:
                state.best = max(state.best, bar.high) if long else min(state.best, bar.low)
        state.complete = True
        return state

    def _begun(self, position: Position) -> _State:
        known = self._states.get(position.symbol)
        if known is None or known.opened != position.opened:
            known = self._states[position.symbol] = _State(position.opened, position.average_price)
        return known

    def _levels(self, position: Position) -> tuple[Decimal | None, Decimal | None]:
        """The nearest stop and target, at the broker or held by the core."""
        symbol, long = position.symbol, position.quantity > 0
        orders = [o for o in self._book.orders if o.symbol == symbol and o.protective]
        rules = self._known.active(symbol)
        stops = [o.stop for o in orders if o.type is not OrderType.LIMIT and o.stop is not None]
        stops += [r.level for r in rules if r.kind in (ExitKind.STOP, ExitKind.TRAILING) and r.level is not None]
        targets = [o.limit for o in orders if o.type is OrderType.LIMIT and o.limit is not None]
        targets += [r.level for r in rules if r.kind is ExitKind.TARGET and r.level is not None]
        nearest, first = (max, min) if long else (min, max)
        return nearest(stops, default=None), first(targets, default=None)
