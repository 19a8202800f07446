"""Brackets: an entry whose ticket carries its stop and target, reckoned from the price the entry is reckoned at and kept as prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.errors import BadArgument
from domain.market import Quote
from domain.money import ZERO, cents, money_text, plain, to_tick
from domain.orders import Intent, OrderIntent, OrderType, Side
from domain.portfolio import Portfolio
from domain.tickets import LegEstimate, Ticket
from trading.sizing import concrete, reference_price


def sized(intents: Sequence[Intent], portfolio: Portfolio) -> tuple[Intent, ...]:
    """Every order with a quantity that trades; a bracket's exits with prices and with what their entry opens.

    Raises BadArgument where an exit lies on the wrong side of its entry or of the market, or its entry opens nothing, and what `concrete`
    raises. A distance stays beside its price, so that a fresh card reckons it anew.
    """
    made: list[Intent] = []
    for intent in intents:
        if not isinstance(intent, OrderIntent):
            made.append(intent)
        elif intent.waits_for is None:
            made.append(concrete(intent, portfolio))
        else:
            entry = made[intent.waits_for - 1]
            if not isinstance(entry, OrderIntent):
                raise ValueError(f"leg {intent.waits_for} is no order to wait for")
            made.append(_exit(intent, entry, portfolio))
    return tuple(made)


def _exit(wish: OrderIntent, entry: OrderIntent, portfolio: Portfolio) -> OrderIntent:
    quote = portfolio.quotes.get(entry.symbol)
    price, _ = reference_price(entry, quote)
    tick = portfolio.instruments[entry.symbol].tick
    stops = wish.type is OrderType.STOP
    level = wish.stop if stops else wish.limit
    distance = wish.away if wish.away_percent is None else price * wish.away_percent
    if distance is not None:
        level = price + distance * (-entry.side.sign if stops else entry.side.sign)
    level = to_tick(level or ZERO, tick)
    _right_side(entry, level, to_tick(price, tick), quote, stops=stops)
    named = replace(wish, stop=level) if stops else replace(wish, limit=level)
    return replace(named, quantity=_opened(entry, portfolio))


def _opened(entry: OrderIntent, portfolio: Portfolio) -> Decimal:
    """How much of a position the entry opens: what it closes of the other side needs no exit."""
    position = portfolio.position(entry.symbol)
    held = position.quantity if position else ZERO
    quantity = entry.quantity or ZERO
    against = min(quantity, abs(held)) if held * entry.side.sign < 0 else ZERO
    if quantity > against:
        return quantity - against
    word, line = ("short", f"#{entry.symbol} stop 5%") if held < 0 else ("long", f"#{entry.symbol} stop 5%")
    raise BadArgument(
        f"You are {word} {plain(abs(held))} {entry.symbol} and this only closes of it, so it opens nothing that a stop or target could "
        f"protect. For what you hold:",
        example=line,
    )


def _right_side(entry: OrderIntent, level: Decimal, price: Decimal, quote: Quote | None, *, stops: bool) -> None:
    """A stop lies on the losing side of the entry and of the market, a target on the winning side of the entry."""
    buying = entry.side is Side.BUY
    word, line = ("stop", f"#{entry.side} {entry.symbol} 10 stop 5%") if stops else ("target", f"#{entry.side} {entry.symbol} 10 target 8%")
    if level <= 0:
        raise BadArgument(f"A {word} needs a price above zero.", example=line)
    bound = price
    if stops and quote is not None:
        bound = min(price, quote.bid) if buying else max(price, quote.ask)
    below = stops == buying
    if (level < bound) if below else (level > bound):
        return
    side = "below" if below else "above"
    at = f"this {entry.side}, reckoned at {money_text(price)}" if bound == price else f"the market, {money_text(bound)}"
    raise BadArgument(f"A {word} lies {side} {at}; {money_text(level)} does not.", example=line)


@dataclass(frozen=True, slots=True)
class Exit:
    """One exit of a bracket as its card shows it: `outcome` is the P/L of entry and exit together, fees included, to the cent."""

    leg: LegEstimate
    entry: LegEstimate
    word: str
    outcome: Decimal
    distance: Decimal  # from the entry, a fraction of its price, signed


def exits(ticket: Ticket) -> tuple[Exit, ...]:
    """The exits of a bracket, stop first; empty for a ticket that is none."""
    found = []
    for intent, leg in zip(ticket.intents, ticket.consequence.legs, strict=False):
        if isinstance(intent, OrderIntent) and intent.waits_for is not None:
            entry = ticket.consequence.legs[intent.waits_for - 1]
            found.append(_shown(intent, leg, entry))
    return tuple(sorted(found, key=lambda e: e.word))


def _shown(intent: OrderIntent, leg: LegEstimate, entry: LegEstimate) -> Exit:
    """Bought at the entry and sold at the exit, or the other way round; the entry's value and fee for the part that the exit closes."""
    paid, price = entry.price or ZERO, leg.price or ZERO
    quantity, whole = leg.quantity or ZERO, entry.quantity or ZERO
    multiplier = (leg.value or ZERO) / (quantity * price) if quantity and price else ZERO
    moved = (price - paid) * intent.side.other.sign * quantity * multiplier
    fee = (entry.fee or ZERO) * (quantity / whole if whole else ZERO) + (leg.fee or ZERO)
    word = "stop" if intent.type is OrderType.STOP else "target"
    return Exit(leg, entry, word, cents(moved - fee), price / paid - 1 if paid else ZERO)
