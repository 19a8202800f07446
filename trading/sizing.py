"""Sizing: from what was said (dollars, percent, a fraction of a holding) to a quantity that trades, always rounding down."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from domain.errors import BadArgument, NoPrice
from domain.instruments import Instrument
from domain.market import Quote
from domain.money import ONE, ZERO, money_text, plain, quantity_text, to_lot
from domain.orders import OrderIntent, OrderType, Side
from domain.portfolio import Portfolio

MOST_DIGITS = 15  # a quantity beyond this is a slip of the finger, and Decimal arithmetic would begin to round


def reference_price(intent: OrderIntent, quote: Quote | None) -> tuple[Decimal, str]:
    """The price an order is reckoned at, and its basis: `limit`, `stop`, else the other side of the spread, `ask` or `bid`.

    A trailing stop is reckoned at the stop it would start with. Raises NoPrice where there is neither.
    """
    if intent.type is OrderType.TRAILING and quote is not None:
        return trailing_stop(intent.side, quote, intent.trail, intent.trail_percent), "stop"
    if intent.limit is not None:
        return intent.limit, "limit"
    if intent.stop is not None:
        return intent.stop, "stop"
    if quote is None:
        raise NoPrice(f"There is no price for {intent.symbol} right now, so I cannot say what this would cost.")
    price, basis = (quote.ask, "ask") if intent.side is Side.BUY else (quote.bid, "bid")
    if price <= 0:
        raise NoPrice(f"The {basis} of {intent.symbol} is {plain(price)}: nothing trades on that.")
    return price, basis


def trailing_stop(side: Side, quote: Quote, trail: Decimal | None, percent: Decimal | None) -> Decimal:
    """Where a trailing stop starts: below the last price for a sell, above it for a buy."""
    distance = trail if trail is not None else quote.last * (percent or ZERO)
    return quote.last - distance if side is Side.SELL else quote.last + distance


def concrete(intent: OrderIntent, portfolio: Portfolio) -> OrderIntent:
    """The intent with a quantity that trades; a `notional` stays beside it so that a fresh card can be sized anew.

    Raises BadArgument for less than one lot or a part of one, NoPrice without a price; nothing is ever rounded up.
    """
    instrument = portfolio.instruments[intent.symbol]
    if intent.notional is not None:
        return replace(intent, quantity=units_for(intent.notional, intent, portfolio))
    if intent.quantity is None:
        line = _line(intent.side, instrument.symbol, ONE)
        raise BadArgument(f"How much {intent.symbol}? Type for example {line}.", example=line)
    return replace(intent, quantity=_whole_lots(intent.quantity, intent.side, instrument))


def units_for(notional: Decimal, intent: OrderIntent, portfolio: Portfolio) -> Decimal:
    """How many units an amount of money buys or sells at the price the order is reckoned at, in whole lots, rounded down."""
    instrument = portfolio.instruments[intent.symbol]
    price, basis = reference_price(intent, portfolio.quotes.get(intent.symbol))
    quantity = to_lot(notional / (price * instrument.multiplier), instrument.lot)
    if quantity <= 0:
        least = money_text(price * instrument.multiplier * instrument.lot, instrument.currency)
        verb = "buys" if intent.side is Side.BUY else "sells"
        line = _line(intent.side, instrument.symbol, instrument.lot)
        raise BadArgument(
            f"{money_text(notional, instrument.currency)} {verb} less than {_lot_text(instrument)} of {instrument.symbol} "
            f"({basis} {money_text(price, instrument.currency)}): type {line} (about {least}).",
            example=line,
        )
    return _checked(quantity, instrument)


def share_of_equity(fraction: Decimal, portfolio: Portfolio) -> Decimal:
    """A fraction of equity as money; raises NoPrice where a holding has no price, because equity is then not known."""
    if not portfolio.complete:
        missing = ", ".join(portfolio.unpriced)
        raise NoPrice(f"Equity is not known while there is no price for {missing}: say a number of shares or an amount of money.")
    return portfolio.equity * fraction


def part_of_holding(fraction: Decimal, symbol: str, portfolio: Portfolio) -> Decimal:
    """A fraction of what is held (unsigned), in whole lots, rounded down; all of it for 1. Raises BadArgument for less than one lot."""
    instrument = portfolio.instruments[symbol]
    position = portfolio.position(symbol)
    held = abs(position.quantity) if position else ZERO
    if fraction >= ONE:
        return held
    quantity = to_lot(held * fraction, instrument.lot)
    if quantity <= 0:
        percent = plain(fraction * 100)
        raise BadArgument(
            f"{percent}% of {quantity_text(held)} {symbol} is less than {_lot_text(instrument)}: type #{symbol} close.",
            example=f"#{symbol} close",
        )
    return quantity


def _whole_lots(quantity: Decimal, side: Side, instrument: Instrument) -> Decimal:
    checked = _checked(quantity, instrument)
    down = to_lot(checked, instrument.lot)
    if down == checked:
        return down
    line = _line(side, instrument.symbol, down if down > 0 else instrument.lot)
    raise BadArgument(
        f"{instrument.symbol} trades in steps of {_lot_text(instrument)}, {quantity_text(quantity)} is not one: type {line}.", example=line
    )


def _checked(quantity: Decimal, instrument: Instrument) -> Decimal:
    if not quantity.is_finite() or quantity <= 0 or quantity.adjusted() >= MOST_DIGITS:
        line = _line(Side.BUY, instrument.symbol, ONE)
        raise BadArgument(f"That is not a quantity of {instrument.symbol} anybody can trade: type for example {line}.", example=line)
    return quantity


def _lot_text(instrument: Instrument) -> str:
    if instrument.lot == ONE:
        return "one share" if instrument.unit == "shares" else f"one {instrument.unit}"
    return f"{plain(instrument.lot)} {instrument.unit}"


def _line(side: Side, symbol: str, quantity: Decimal) -> str:
    return f"#{side} {symbol} {plain(quantity)}"
