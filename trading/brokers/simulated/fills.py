"""At which price and for how much an order trades against a quote or a bar; every rule errs against the reader.

Against a quote: a buy at the ask, a sell at the bid. In a bar: what waits for the open trades at the open, half a spread away; a stop that
the open has jumped trades there, worse than its price; a limit the open has jumped gets the open, better than its price. Inside the bar the
adverse way is assumed: stops before targets, and a trailing stop meets the bar's worse end before it may follow the better one. A limit
trades only when the market went through it, not when it was touched. On top comes the size of the order, the square-root law of impact
(Torre, BARRA Market Impact Model Handbook, 1997): price x impact x sqrt(quantity / volume of the bar).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

from domain.instruments import Instrument
from domain.market import Bar, Freshness, Quote
from domain.money import ONE, ZERO, to_lot, to_tick
from domain.orders import STOPS, OrderType, Side
from trading.brokers.simulated.order import VenueOrder
from trading.commission import Commission


@dataclass(frozen=True, slots=True)
class FillModel:
    """The venue's manners, all fractions.

    `participation` of a bar's volume is the most that trades of one symbol in it; `impact` is the slippage of an order as large as the
    bar's volume; `half_spread` what crossing costs in a bar, where no quote is known. With `next_open` nothing trades against the quote:
    a market order trades at the open of the next bar, exactly there unless its size moves it.
    """

    participation: Decimal = Decimal("0.10")
    impact: Decimal = Decimal("0.0005")
    half_spread: Decimal = Decimal("0.0001")
    commission: Commission = field(default_factory=Commission)
    next_open: bool = False


@dataclass(frozen=True, slots=True)
class Touch:
    """The market has reached an order: at what price, whether it crosses the spread for it, and what crossing costs there."""

    price: Decimal
    crossing: bool
    half_spread: Decimal = ZERO


def usable(quote: Quote | None) -> bool:
    """True for a quote one can trade on: current, positive and not crossed."""
    if quote is None or quote.freshness in (Freshness.STALE, Freshness.CLOSED):
        return False
    return ZERO < quote.bid <= quote.ask


def room(model: FillModel, instrument: Instrument, volume: Decimal | None) -> Decimal | None:
    """The most that trades where so much was traded, whole lots; None is without limit (the volume is not known)."""
    return None if volume is None else to_lot(volume * model.participation, instrument.lot)


def bar_volume(bar: Bar) -> Decimal | None:
    """A bar's volume; None when prices moved although none is given, so that it cannot be known."""
    return None if bar.volume <= 0 and bar.high != bar.low else bar.volume


def price(
    model: FillModel, instrument: Instrument, working: VenueOrder, touch: Touch, quantity: Decimal, volume: Decimal | None
) -> Decimal:
    """What a unit trades at, to the tick: never better than the touch when crossing, never worse than the order's limit."""
    order, sign, tick = working.order, working.order.side.sign, instrument.tick
    paid = to_tick(touch.price, tick)
    if touch.crossing:
        share = min(quantity / volume, ONE) if volume else ZERO
        away = touch.price * (touch.half_spread + model.impact * share.sqrt())
        paid = to_tick(touch.price + sign * away, tick)
        if (paid - touch.price) * sign < 0:  # the touch lay between two ticks
            paid += sign * tick
    if order.limit is not None and (paid - order.limit) * sign > 0:
        paid = order.limit
    return max(paid, tick)


def at_quote(working: VenueOrder, quote: Quote, tick: Decimal) -> tuple[VenueOrder, Touch | None]:
    """An order meets a usable quote on arrival."""
    sign = working.order.side.sign
    market = quote.ask if sign > 0 else quote.bid
    if working.kind is OrderType.TRAILING:
        return working.seen(quote.last, quote.last), None
    if working.kind in STOPS and _reached(working, market, tick):
        working = replace(working, triggered=True)
    return working, _crossing(working, market, ZERO)


def calm(working: VenueOrder, bar: Bar, tick: Decimal) -> bool:
    """True when a bar cannot touch an order nor teach it anything: most bars of most orders, found cheaply."""
    kind, order = working.kind, working.order
    selling = order.side is Side.SELL
    if kind is OrderType.LIMIT and order.limit is not None:
        return bar.high <= order.limit if selling else bar.low >= order.limit
    if kind is OrderType.TRAILING:
        mark = working.watermark
        if mark is None or (bar.high > mark if selling else bar.low < mark):
            return False
    if kind in STOPS:
        level = working.level(tick)
        return level is not None and (bar.low > level if selling else bar.high < level)
    return False


def at_open(model: FillModel, working: VenueOrder, bar: Bar, tick: Decimal) -> tuple[VenueOrder, Touch | None]:
    """An order meets the open of a bar."""
    if working.kind is OrderType.TRAILING and working.watermark is None:
        working = working.seen(bar.open, bar.open)
    if working.kind in STOPS and _reached(working, bar.open, tick):
        working = replace(working, triggered=True)
        return working, _crossing(working, bar.open, model.half_spread)
    if working.kind is OrderType.LIMIT and _through(working, bar.open):
        return working, Touch(bar.open, crossing=False)
    if working.kind is OrderType.MARKET:
        return working, Touch(bar.open, crossing=True, half_spread=model.half_spread)
    return working, None


def inside(model: FillModel, working: VenueOrder, bar: Bar, tick: Decimal) -> tuple[VenueOrder, Touch | None]:
    """An order that did not trade at the open meets the rest of the bar."""
    selling = working.order.side.sign < 0
    adverse, kind = (bar.low if selling else bar.high), working.kind
    if kind in STOPS:
        if _reached(working, adverse, tick):
            return _triggered(model, working, tick)
        if kind is OrderType.TRAILING:
            working = working.seen(bar.high, bar.low)
            if _reached(working, bar.close, tick):  # the close comes after the best price, so the new level was crossed
                return _triggered(model, working, tick)
        return working, None
    if kind is OrderType.LIMIT and working.order.limit is not None and _through(working, bar.high if selling else bar.low):
        return working, Touch(working.order.limit, crossing=False)
    return working, None


def _triggered(model: FillModel, working: VenueOrder, tick: Decimal) -> tuple[VenueOrder, Touch | None]:
    level = working.level(tick)
    working = replace(working, triggered=True)
    return working, _crossing(working, level, model.half_spread) if level is not None else None


def _reached(working: VenueOrder, market: Decimal, tick: Decimal) -> bool:
    """A stop to sell is reached by a market at or below it, one to buy at or above it."""
    level = working.level(tick)
    return level is not None and (market - level) * working.order.side.sign >= 0


def _through(working: VenueOrder, market: Decimal) -> bool:
    """The market is strictly better than the order's limit."""
    limit = working.order.limit
    return limit is not None and (limit - market) * working.order.side.sign > 0


def _crossing(working: VenueOrder, market: Decimal, half_spread: Decimal) -> Touch | None:
    """Trade against the market where the order takes any price or the market is within its limit."""
    if working.kind is OrderType.MARKET:
        return Touch(market, crossing=True, half_spread=half_spread)
    limit = working.order.limit
    if working.kind is OrderType.LIMIT and limit is not None and (limit - market) * working.order.side.sign >= 0:
        return Touch(market, crossing=True, half_spread=half_spread)
    return None
