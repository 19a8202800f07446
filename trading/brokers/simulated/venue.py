"""The venue: cash, positions and working orders of one account, and what a bar, a quote, a cancel or the clock does to them.

Pure: the same calls in the same order give the same state. Work on a `draft`, keep it when what it changed is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from domain.instruments import Instrument
from domain.market import Bar, Quote
from domain.money import CENT, ONE, ZERO, to_lot
from domain.orders import STOPS, Fill, OrderStatus, Side
from domain.portfolio import AccountSpec
from domain.ports import OrderReport
from trading.brokers.simulated import fills
from trading.brokers.simulated.fills import FillModel, Touch
from trading.brokers.simulated.order import VenueOrder

FLAT = "the position it was to reduce is closed"
SHRUNK = "reduced to the size of the position"
NO_CASH = "cash ran out at the price it met"
DAY_OVER = "not traded by the end of its day"


class Venue:
    """One account's books at the venue. `touched` and `moved` name the orders and positions changed in a draft, `reports` tells them."""

    def __init__(self, spec: AccountSpec, model: FillModel, instrument: Callable[[str], Instrument]) -> None:
        self.spec = spec
        self.model = model
        self.instrument = instrument
        self.cash = ZERO
        self.positions: dict[str, Decimal] = {}
        self.averages: dict[str, Decimal] = {}
        self.orders: dict[str, VenueOrder] = {}
        self.sequence = 0
        self.touched: dict[str, None] = {}
        self.moved: dict[str, None] = {}
        self.reports: list[OrderReport] = []

    def draft(self) -> Venue:
        """A copy to work on, with nothing changed yet."""
        twin = Venue(self.spec, self.model, self.instrument)
        twin.cash, twin.sequence = self.cash, self.sequence
        twin.positions, twin.orders, twin.averages = dict(self.positions), dict(self.orders), dict(self.averages)
        return twin

    def working(self, symbol: str | None = None) -> list[VenueOrder]:
        """Open orders in the order of their arrival, of one symbol or all."""
        return [w for w in self.orders.values() if w.open and (symbol is None or w.order.symbol == symbol)]

    def report(self, working: VenueOrder) -> OrderReport:
        """What is said of an order."""
        return working.report(self.instrument(working.order.symbol).tick)

    def keep(self, working: VenueOrder, *, tell: bool = True) -> None:
        """Store an order's new state in the draft and, unless it only remembered something, report it."""
        self.orders[working.id] = working
        self.touched[working.id] = None
        if tell:
            self.reports.append(self.report(working))

    def arrive(self, working: VenueOrder, quote: Quote | None, volume: Decimal | None) -> None:
        """Put an order (new or changed) to work; with a usable quote of an open market it trades against that where it can."""
        self.keep(working)
        if quote is None:
            return
        at, instrument = working.order.updated, self.instrument(working.order.symbol)
        met, touch = fills.at_quote(working, quote, instrument.tick)
        if met is not working:
            self.keep(met, tell=False)
        if touch is not None:
            self._trade(met, touch, fills.room(self.model, instrument, volume), volume, at, at)

    def end(self, working: VenueOrder, status: OrderStatus, at: datetime, reason: str) -> None:
        """Take an order off the market: cancelled, expired."""
        self.keep(replace(working, order=working.order.moved(status, at, reason=reason)))

    def play(self, bars: Iterable[Bar], until: datetime) -> None:
        """Live through bars (by their end) up to an instant; orders expire between them when their time is over."""
        reached = None
        names: dict[str, list[str]] = {}
        for working in self.working():
            names.setdefault(working.order.symbol, []).append(working.id)
        for bar in bars:
            if bar.end != reached:
                reached = bar.end
                self._expire(reached, inclusive=False)
            self._bar(bar, names.get(bar.symbol, ()))
        self._expire(until, inclusive=True)
        for working in self.working():
            if (followed := working.followed(self.instrument(working.order.symbol).tick)) is not None:
                self.keep(followed)

    def coverable(self, working: VenueOrder) -> Decimal:
        """How much of the position an order could reduce; zero when it is flat or on the order's own side."""
        return max(-working.order.side.sign * self.positions.get(working.order.symbol, ZERO), ZERO)

    def reducing(self, working: VenueOrder) -> bool:
        """True for an order that may never open: reduce-only, or any sell on an account that allows no shorting."""
        return working.order.reduce_only or (working.order.side is Side.SELL and not self.spec.shorting)

    def shrink(self, symbol: str, at: datetime) -> None:
        """Keep reducing orders within the position they reduce: larger ones shrink, and without a position they are cancelled."""
        for working in self.working(symbol):
            if not self.reducing(working):
                continue
            cover, order = self.coverable(working), working.order
            if cover == 0:
                self.end(working, OrderStatus.CANCELLED, at, FLAT)
            elif order.left > cover:
                self.keep(replace(working, order=replace(order, quantity=order.filled + cover, updated=at, reason=SHRUNK)))

    def _expire(self, at: datetime, *, inclusive: bool) -> None:
        for working in self.working():
            due = working.expires
            if due is not None and (due < at or (inclusive and due == at)):
                self.end(working, OrderStatus.EXPIRED, due, DAY_OVER)

    def _bar(self, bar: Bar, names: Sequence[str]) -> None:
        instrument = self.instrument(bar.symbol)
        ready = [name for name in names if self._concerned(self.orders[name], bar, instrument.tick)]
        if not ready:
            return
        volume = fills.bar_volume(bar)
        left = fills.room(self.model, instrument, volume)
        waiting = []
        for name in ready:
            met, touch = fills.at_open(self.model, self.orders[name], bar, instrument.tick)
            acted, left = self._meet(name, met, touch, left, volume, bar.start, bar.end)
            if not acted:
                waiting.append(name)
        waiting.sort(key=lambda name: self.orders[name].kind not in STOPS)  # the adverse way first
        for name in waiting:
            met, touch = fills.inside(self.model, self.orders[name], bar, instrument.tick)
            _, left = self._meet(name, met, touch, left, volume, bar.end, bar.end)
        if any(self.orders[name].since == bar.end for name in ready):
            for name in ready:  # the bar is spent for all of them: seen again after a restart it must not share its volume out anew
                if self.orders[name].open and self.orders[name].since != bar.end:
                    self.keep(replace(self.orders[name], since=bar.end), tell=False)

    def _concerned(self, working: VenueOrder, bar: Bar, tick: Decimal) -> bool:
        """True for an open order that was there when the bar began and that it can touch."""
        if not working.open or working.since > bar.start or (working.expires is not None and bar.start >= working.expires):
            return False
        return not fills.calm(working, bar, tick)

    def _meet(
        self, name: str, met: VenueOrder, touch: Touch | None, room: Decimal | None, volume: Decimal | None, at: datetime, since: datetime
    ) -> tuple[bool, Decimal | None]:
        """Let one order act on what the market did; an order ended by another's fill does nothing. Says whether it was reached."""
        if not self.orders[name].open:
            return True, room
        if met is not self.orders[name]:
            met = replace(met, since=since)
            self.keep(met, tell=False)
        if touch is None:
            return False, room
        traded = self._trade(met, touch, room, volume, at, since)
        return True, None if room is None else room - traded

    def _trade(
        self, working: VenueOrder, touch: Touch, room: Decimal | None, volume: Decimal | None, at: datetime, since: datetime
    ) -> Decimal:
        """Fill what room and cash allow; returns the quantity."""
        order, instrument = working.order, self.instrument(working.order.symbol)
        quantity = order.left if room is None else min(order.left, room)  # `shrink` keeps what reduces within the position
        if quantity <= 0:
            return ZERO
        paid = fills.price(self.model, instrument, working, touch, quantity, volume)
        payable = self._payable(working, instrument, quantity, paid)
        if payable > 0:
            self._fill(working, payable, paid, at, since)
        if payable < quantity:
            self.end(self.orders[order.client_id], OrderStatus.CANCELLED, at, NO_CASH)
        return payable

    def _payable(self, working: VenueOrder, instrument: Instrument, quantity: Decimal, paid: Decimal) -> Decimal:
        """How much of a buy the cash pays for; what only buys back is always paid."""
        if working.order.side is Side.SELL:
            return quantity
        cover = self.coverable(working)
        each = paid * instrument.multiplier * (ONE + self.model.commission.rate(instrument))
        rounding = CENT if each != paid * instrument.multiplier else ZERO  # fees are rounded to the cent, perhaps up
        spare = self.cash - self.model.commission.minimum - rounding - each * min(cover, quantity)
        if each * max(quantity - cover, ZERO) <= spare or quantity <= cover:
            return quantity
        opening = to_lot(max(spare, ZERO) / each, instrument.lot)
        return min(quantity, cover + opening)

    def _fill(self, working: VenueOrder, quantity: Decimal, paid: Decimal, at: datetime, since: datetime) -> None:
        order, instrument = working.order, self.instrument(working.order.symbol)
        fee = self.model.commission.fee(instrument, quantity, paid)
        fill = Fill(
            id=f"{order.client_id}.{len(working.fills) + 1}",
            client_id=order.client_id,
            account=order.account,
            symbol=order.symbol,
            side=order.side,
            quantity=quantity,
            price=paid,
            fee=fee,
            at=at,
        )
        filled = order.filled + quantity
        average = ((order.average_price or ZERO) * order.filled + paid * quantity) / filled
        status = OrderStatus.FILLED if filled >= order.quantity else OrderStatus.PARTIAL
        moved = order.moved(status, at, filled=filled, average_price=average, reason="")
        self.keep(replace(working, order=moved, fills=(*working.fills, fill), since=since))
        self.cash -= order.side.sign * quantity * paid * instrument.multiplier + fee
        self._average(order.symbol, order.side.sign * quantity, paid)
        self.positions[order.symbol] = self.positions.get(order.symbol, ZERO) + order.side.sign * quantity
        self.moved[order.symbol] = None
        self.shrink(order.symbol, at)

    def _average(self, symbol: str, signed: Decimal, paid: Decimal) -> None:
        """What a unit of the position costs on average, where everything of it was bought here; what was brought in has no price."""
        held, average = self.positions.get(symbol, ZERO), self.averages.get(symbol)
        after = held + signed
        if after == 0:
            self.averages.pop(symbol, None)
        elif held * after <= 0:
            self.averages[symbol] = paid
        elif held * signed > 0 and average is not None:
            self.averages[symbol] = (average * held + paid * signed) / after


def reserved(venue: Venue, working: VenueOrder) -> Decimal:
    """The cash an open order may still take, fees included: its part that opens, at the price it was let in for."""
    if venue.reducing(working):
        return ZERO
    instrument = venue.instrument(working.order.symbol)
    opening = max(working.order.left - venue.coverable(working), ZERO)
    fee = venue.model.commission.fee(instrument, opening, working.reserve) if opening else ZERO
    return opening * working.reserve * instrument.multiplier + fee
