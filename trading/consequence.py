"""Consequence: what releasing a proposal would do, worked out on a copy of the book with the same sums that book a real fill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.errors import NoSuchOrder
from domain.ledger import trade
from domain.money import HUNDRED, ZERO, cents, to_tick
from domain.orders import CancelIntent, Fill, Intent, Order, OrderIntent, OrderType, ReplaceIntent
from domain.portfolio import Portfolio
from domain.ports import BrokerTraits
from domain.tickets import Change, Consequence, LegEstimate
from trading.commission import Commission
from trading.holdings import Holdings
from trading.legs import changed_order
from trading.sizing import reference_price
from trading.wording import describe, describe_intent

VALUE_AT_RISK = "1-day VaR 95"
PERCENT_STEP = Decimal("0.0001")

Var = Callable[[Portfolio], Decimal | None]


def no_var(portfolio: Portfolio) -> Decimal | None:
    """For books without a history of prices."""
    return None


@dataclass(slots=True)
class _Sheet:
    """The hypothetical book while the legs are gone through."""

    portfolio: Portfolio
    holdings: Holdings
    commission: Commission
    traits: BrokerTraits | None


def consequence(
    portfolio: Portfolio,
    holdings: Holdings,
    intents: Sequence[Intent],
    commission: Commission,
    var: Var = no_var,
    traits: BrokerTraits | None = None,
    *,
    figures: bool = True,
) -> Consequence:
    """Each leg's estimate, the `figures` before and after, and the protective orders left without a position.

    `holdings` is a copy this function may change. Money is in cents, percent has four decimals. After means: every leg that trades now,
    and every entry or limit order as if filled at its own price. A stop, trailing stop or target that protects a holding changes no figure
    until it triggers; its estimate says what it would realise then. Where the broker (`traits`) cannot change an order, the sentence of a
    change says what happens in its place, and whether a position is without its stop meanwhile. Raises NoPrice where a leg cannot be
    reckoned, NoSuchOrder where one is to be cancelled or changed that is not open.
    """
    sheet = _Sheet(portfolio, holdings, commission, traits)
    legs = tuple(_leg(sheet, number, intent) for number, intent in enumerate(intents, 1))
    symbols = tuple(dict.fromkeys(i.symbol for i in intents if isinstance(i, OrderIntent)))
    moved = tuple(s for s in symbols if holdings.quantity(s) != _quantity(portfolio, s))
    if not figures and not any(portfolio.protection(s) for s in moved):
        return Consequence(legs)
    after = replace(portfolio, cash=holdings.cash, positions=holdings.positions, realised=holdings.realised)
    changes = _changes(portfolio, after, moved, var) if moved and figures else ()
    return Consequence(legs, changes, _orphans(after, intents, moved))


def _leg(sheet: _Sheet, number: int, intent: Intent) -> LegEstimate:
    if isinstance(intent, OrderIntent):
        return _order_leg(sheet, number, intent)
    if isinstance(intent, CancelIntent | ReplaceIntent):
        order = _open_order(sheet.portfolio, intent.client_id)
        if isinstance(intent, CancelIntent):
            return LegEstimate(number, f"cancel order {intent.client_id}: {describe(order)}", intent.symbol)
        changed = changed_order(order, intent)
        sentence = f"change order {intent.client_id}: {describe(order)} becomes {describe(changed)}{_instead(order, sheet.traits)}"
        aside = replace(sheet, holdings=sheet.holdings.copy())  # it rests as it did: nothing of the book changes now
        return replace(_order_leg(aside, number, _wish(changed)), sentence=sentence)
    return LegEstimate(number, intent.sentence, "")


def _instead(order: Order, traits: BrokerTraits | None) -> str:
    """How a change is done where the broker has none."""
    if traits is None or traits.can_replace or order.held:
        return ""
    if order.protective and traits.stacks_exits:
        return "; this broker changes no order: the new one is placed first, then the old one is taken back"
    naked = f", and until the new one stands {order.symbol} is without it" if order.protective else ""
    return f"; this broker changes no order: the old one is taken back, then a new one is placed{naked}"


def _wish(order: Order) -> OrderIntent:
    """What is left of a working order, as the intent it would be if it were sent now."""
    return OrderIntent(
        order.symbol,
        order.side,
        order.type,
        quantity=order.left,
        limit=order.limit,
        stop=order.stop,
        trail=order.trail,
        trail_percent=order.trail_percent,
        tif=order.tif,
        reduce_only=order.reduce_only,
    )


def _order_leg(sheet: _Sheet, number: int, intent: OrderIntent) -> LegEstimate:
    instrument = sheet.portfolio.instruments[intent.symbol]
    quote = sheet.portfolio.quotes.get(intent.symbol)
    price, basis = reference_price(intent, quote)
    price = to_tick(price, instrument.tick)
    held = sheet.holdings.quantity(intent.symbol)
    asked = intent.quantity or ZERO
    quantity = min(asked, abs(held)) if intent.reduce_only else asked
    fee = sheet.commission.fee(instrument, quantity, price)
    fill = Fill(f"?{number}", "?", sheet.portfolio.spec.name, intent.symbol, intent.side, quantity, price, fee, sheet.portfolio.at)
    entry = trade(fill, source="estimate", multiplier=instrument.multiplier)
    closes = held * intent.side.sign < 0
    protects = intent.reduce_only and intent.type is not OrderType.MARKET
    booked = (sheet.holdings.copy() if protects else sheet.holdings).add(entry)
    return LegEstimate(
        leg=number,
        sentence=describe_intent(intent),
        symbol=intent.symbol,
        side=intent.side,
        quantity=asked,
        price=price,
        basis=basis,
        quote_at=quote.at if quote else None,
        value=cents(asked * price * instrument.multiplier),
        fee=fee,
        realised=cents(booked) if closes else None,
    )


def _changes(before: Portfolio, after: Portfolio, symbols: Sequence[str], var: Var) -> tuple[Change, ...]:
    rows = [Change(f"{s} weight", _percent(before.weight(s)), _percent(after.weight(s)), "%") for s in symbols]
    touched = dict.fromkeys(before.instruments[s].sector for s in symbols)
    was, becomes = before.sectors(), after.sectors()
    for sector in touched:
        rows.append(Change(f"{sector} exposure", _share(was.get(sector), before), _share(becomes.get(sector), after), "%"))
    currency = before.spec.currency
    rows.append(Change("Cash", cents(before.cash), cents(after.cash), currency))
    rows.append(Change("Gross exposure", cents(before.gross_exposure), cents(after.gross_exposure), currency))
    risk_before, risk_after = var(before), var(after)
    if risk_before is not None and risk_after is not None:
        rows.append(Change(VALUE_AT_RISK, risk_before, risk_after, currency))
    return tuple(rows)


def _share(value: Decimal | None, portfolio: Portfolio) -> Decimal:
    equity = portfolio.equity
    return _percent((value or ZERO) / equity) if equity > 0 else ZERO


def _percent(fraction: Decimal) -> Decimal:
    """To four decimals: what is shown and signed carries no digits that mean nothing."""
    return (fraction * HUNDRED).quantize(PERCENT_STEP)


def _orphans(after: Portfolio, intents: Sequence[Intent], symbols: Sequence[str]) -> tuple[str, ...]:
    """Protective orders on a touched symbol that would have nothing left to reduce, and are not taken back by the same ticket."""
    taken = {i.client_id for i in intents if isinstance(i, CancelIntent)}
    left = (o for s in symbols for o in after.protection(s) if o.client_id not in taken)
    return tuple(f"{o.client_id}: {describe(o)}" for o in left if _quantity(after, o.symbol) * o.side.sign >= 0)


def _quantity(portfolio: Portfolio, symbol: str) -> Decimal:
    position = portfolio.position(symbol)
    return position.quantity if position else ZERO


def _open_order(portfolio: Portfolio, client_id: str) -> Order:
    order = next((o for o in portfolio.orders if o.client_id == client_id), None)
    if order is None:
        raise NoSuchOrder(f"There is no open order {client_id}.", example="/orders")
    return order
