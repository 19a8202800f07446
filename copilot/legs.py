"""What a suggested line would trade, at the prices of the instant: the same sizes and levels as its card."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from copilot.recommendation import View
from domain.advice import AdvisedLeg
from domain.chat import Action, Amount, Unit, Verb
from domain.errors import BadArgument, NoPrice
from domain.instruments import Instrument
from domain.money import HUNDRED, ZERO, to_lot, to_tick
from domain.orders import OrderIntent, Side
from domain.portfolio import Position
from trading import sizing
from trading.commission import Commission

TWO_RANGES = Amount(Decimal(2), Unit.ATR)


def legs_of(action: Action, view: View, commission: Commission) -> tuple[AdvisedLeg, ...]:
    """The legs of a line that closes, buys, sells or places stops; none where it could not be carried out as it stands."""
    symbol = action.target or ""
    match action.verb:
        case Verb.SET_STOPS:
            bare = [p.symbol for p in view.priced() if view.portfolio.stop(p.symbol) is None]
            return tuple(leg for s in bare for leg in _stop(s, action.amount or TWO_RANGES, view))
        case Verb.STOP if action.amount is not None:
            return _stop(symbol, action.amount, view)
        case Verb.CLOSE:
            return _close(symbol, action.amount, view, commission)
        case Verb.BUY | Verb.SELL if action.amount is not None:
            return _open(symbol, Side(action.verb.value), action.amount, view, commission)
        case _:
            return ()


def _stop(symbol: str, amount: Amount, view: View) -> tuple[AdvisedLeg, ...]:
    position, instrument = view.portfolio.position(symbol), view.portfolio.instruments.get(symbol)
    day = view.atr.get(symbol) if amount.unit is Unit.ATR else Decimal(0)
    if position is None or instrument is None or day is None or symbol not in view.portfolio.quotes:
        return ()
    last, quantity = view.last(symbol), to_lot(abs(position.quantity), instrument.lot)
    distance = day * amount.value if amount.unit is Unit.ATR else last * amount.value / HUNDRED
    side = 1 if position.quantity > 0 else -1
    level = to_tick(last - side * distance, instrument.tick)
    if quantity <= 0 or level <= 0 or (last - level) * side <= 0:
        return ()
    value = quantity * last * instrument.multiplier
    return (AdvisedLeg(symbol, -side * quantity, -side * value, stop=level, standing=_standing(view, symbol)),)


def _close(symbol: str, amount: Amount | None, view: View, commission: Commission) -> tuple[AdvisedLeg, ...]:
    position, instrument = view.portfolio.position(symbol), view.portfolio.instruments.get(symbol)
    if position is None or instrument is None or symbol not in view.portfolio.quotes:
        return ()
    if amount is None:
        quantity = to_lot(abs(position.quantity), instrument.lot)
    else:
        try:
            quantity = sizing.part_of_holding(amount.value / HUNDRED, symbol, view.portfolio)
        except BadArgument:
            return ()
    side = Side.SELL if position.quantity > 0 else Side.BUY
    return _traded(instrument, side, quantity, position, view, commission)


def _open(symbol: str, side: Side, amount: Amount, view: View, commission: Commission) -> tuple[AdvisedLeg, ...]:
    instrument = view.portfolio.instruments.get(symbol)
    if instrument is None or symbol not in view.portfolio.quotes or amount.unit is not Unit.MONEY:
        return ()
    try:
        quantity = sizing.units_for(amount.value, OrderIntent(symbol, side, notional=amount.value), view.portfolio)
    except (BadArgument, NoPrice):
        return ()
    return _traded(instrument, side, quantity, view.portfolio.position(symbol), view, commission)


def _traded(
    instrument: Instrument, side: Side, quantity: Decimal, position: Position | None, view: View, commission: Commission
) -> tuple[AdvisedLeg, ...]:
    """One order at the market, at the side of the spread that it would meet."""
    symbol = instrument.symbol
    quote = view.portfolio.quotes[symbol]
    price = quote.ask if side is Side.BUY else quote.bid
    if quantity <= 0 or price <= 0:
        return ()
    reduces = position is not None and position.quantity * side.sign < 0
    return (
        AdvisedLeg(
            symbol,
            side.sign * quantity,
            side.sign * quantity * quote.last * instrument.multiplier,
            price=price,
            standing=_standing(view, symbol) if reduces else None,
            fee=commission.fee(instrument, quantity, price),
        ),
    )


def _standing(view: View, symbol: str) -> Decimal | None:
    """The level of the fixed stop that is there; a trailing one has no level that holds."""
    order = view.portfolio.stop(symbol)
    return order.stop if order is not None else None


def touched(legs: Sequence[AdvisedLeg]) -> Decimal:
    """The market value that legs touch."""
    return sum((abs(leg.value) for leg in legs), ZERO)
