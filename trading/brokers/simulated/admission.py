"""What the venue lets in: an order is checked once, on arrival, and refused definitively or put to work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from domain.errors import Rejected
from domain.instruments import Instrument
from domain.market import Quote
from domain.money import ONE, ZERO, money_text, plain, quantity_text, to_tick
from domain.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from market import calendar
from trading.brokers.simulated.order import VenueOrder
from trading.brokers.simulated.venue import Venue, reserved

_NEEDS = {
    OrderType.MARKET: (),
    OrderType.LIMIT: ("limit",),
    OrderType.STOP: ("stop",),
    OrderType.STOP_LIMIT: ("stop", "limit"),
    OrderType.TRAILING: (),
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """An order at the door: when, the instrument, its quote (perhaps old, perhaps none) and the value sold short on the account now."""

    order: Order
    at: datetime
    instrument: Instrument
    quote: Quote | None
    short_value: Decimal = ZERO


def admit(venue: Venue, arrival: Arrival) -> VenueOrder:
    """The order at work, priced to the tick and sized within what it may reduce; raises Rejected with a stable code, changing nothing."""
    order = _priced(arrival)
    lot = arrival.instrument.lot
    if order.quantity <= 0 or order.quantity % lot != 0:
        raise Rejected(f"{order.symbol} trades in steps of {plain(lot)}; {plain(order.quantity)} cannot be done.", code="bad_quantity")
    working = VenueOrder(
        order=order.moved(OrderStatus.ACCEPTED, arrival.at, broker_id=f"paper-{order.client_id}"),
        sequence=venue.sequence + 1,
        since=arrival.at,
        expires=day_end(arrival.instrument, arrival.at) if order.tif is TimeInForce.DAY else None,
        watermark=arrival.quote.last if arrival.quote is not None and order.type is OrderType.TRAILING else None,
    )
    return _allowed(venue, arrival, working)


def change(venue: Venue, arrival: Arrival, working: VenueOrder) -> VenueOrder:
    """A working order with the quantity, limit, stop and trail of the arriving one; raises Rejected as `admit` does."""
    asked, held = _priced(replace(arrival, order=_merged(working.order, arrival.order))), working.order
    lot = arrival.instrument.lot
    if asked.quantity <= held.filled or asked.quantity % lot != 0:
        sentence = f"{plain(asked.quantity)} is not a quantity this order can still have ({quantity_text(held.filled)} is filled)."
        raise Rejected(sentence, code="bad_quantity")
    return _allowed(venue, arrival, replace(working, order=replace(asked, updated=arrival.at, reason=""), since=arrival.at))


def day_end(instrument: Instrument, at: datetime) -> datetime:
    """When a day order sent now ends: with the session that is open or comes next, or at midnight UTC where trading never closes."""
    if instrument.round_the_clock:
        return datetime.combine(at.astimezone(UTC).date() + timedelta(days=1), datetime.min.time(), UTC)
    today = at.astimezone(calendar.NEW_YORK).date()
    session = calendar.session(today)
    if session is not None and at < session.close:
        return session.close
    return calendar.following(today).close


def _merged(held: Order, asked: Order) -> Order:
    """The held order with the fields a replacement may change."""
    return replace(held, quantity=asked.quantity, limit=asked.limit, stop=asked.stop, trail=asked.trail, trail_percent=asked.trail_percent)


def _priced(arrival: Arrival) -> Order:
    """The order with its limit and stop on the tick: a limit never to the worse, a stop to the nearest."""
    order, tick = arrival.order, arrival.instrument.tick
    for name in _NEEDS[order.type]:
        if getattr(order, name) is None:
            raise Rejected(f"A {order.type.value.replace('_', '-')} order needs a {name} price.", code="bad_price")
    if order.type is OrderType.TRAILING and (order.trail is None) == (order.trail_percent is None):
        raise Rejected("A trailing order needs a trail, as a distance or as a percentage.", code="bad_price")
    asked = (order.limit, order.stop, order.trail, order.trail_percent)
    if any(price is not None and price <= 0 for price in asked) or (order.trail_percent is not None and order.trail_percent >= 1):
        raise Rejected("A price or trail must be positive, and a trail less than the whole price.", code="bad_price")
    limit = order.limit
    if limit is not None:
        rounding = ROUND_DOWN if order.side is Side.BUY else ROUND_UP
        limit = ((limit / tick).quantize(ONE, rounding=rounding) * tick).quantize(tick)
    stop = to_tick(order.stop, tick) if order.stop is not None else None
    if limit == 0 or stop == 0:
        raise Rejected(f"{order.symbol} has no price below {plain(tick)}.", code="bad_price")
    return replace(order, limit=limit, stop=stop)


def _allowed(venue: Venue, arrival: Arrival, working: VenueOrder) -> VenueOrder:
    """Position, short and cash checks; a reduce-only order is cut to the position."""
    order, cover = working.order, venue.coverable(working)
    if order.reduce_only:
        if cover == 0:
            raise Rejected(f"There is no position in {order.symbol} for this order to reduce.", code="no_position")
        return replace(working, order=replace(order, quantity=min(order.quantity, order.filled + cover)))
    others = [w for w in venue.working() if w.id != working.id]
    if order.side is Side.SELL and not venue.spec.shorting:
        promised = sum((w.order.left for w in others if w.order.symbol == order.symbol and _plain_sell(w.order)), ZERO)
        if order.left > cover - promised:
            sentence = (
                f"{quantity_text(max(cover - promised, ZERO))} {order.symbol} can be sold; short sales are not allowed on this account."
            )
            raise Rejected(sentence, code="short_not_allowed")
        return working
    return _paid(venue, arrival, working, others, cover)


def _paid(venue: Venue, arrival: Arrival, working: VenueOrder, others: list[VenueOrder], cover: Decimal) -> VenueOrder:
    """The order with the price it was let in for; raises Rejected when its opening part costs more than is free."""
    order = working.order
    if order.left <= cover:
        return working
    price = _reserve(arrival, working)
    if price is None:
        raise Rejected(f"There is no price for {order.symbol} to check the order against.", code="no_price")
    working = replace(working, reserve=price)
    free = venue.cash - sum((reserved(venue, w) for w in others), ZERO) - 2 * arrival.short_value
    need = reserved(venue, working)
    if need > free:
        currency = venue.spec.currency
        sentence = f"This needs {money_text(need, currency)} and {money_text(max(free, ZERO), currency)} is free."
        raise Rejected(sentence, code="insufficient_cash")
    return working


def _reserve(arrival: Arrival, working: VenueOrder) -> Decimal | None:
    order, quote = working.order, arrival.quote
    if order.limit is not None:
        return order.limit
    level = working.level(arrival.instrument.tick)
    if level is not None:
        return level
    if quote is None or quote.ask <= 0 or quote.bid <= 0:
        return None
    return quote.ask if order.side is Side.BUY else quote.bid


def _plain_sell(order: Order) -> bool:
    return order.side is Side.SELL and not order.reduce_only
