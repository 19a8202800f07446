"""Orders in words, the same on a card, in a follow-up and in a refusal."""

from __future__ import annotations

from decimal import Decimal

from domain.money import HUNDRED, ZERO, money_text, plain, quantity_text
from domain.orders import Order, OrderIntent, OrderType, TimeInForce


def describe(order: Order) -> str:
    """An order in words: `sell 10 AAPL stop $175.00 gtc`."""
    return _words(order, order.left)


def describe_intent(intent: OrderIntent) -> str:
    """An intent in the same words as the order it becomes."""
    return _words(intent, intent.quantity or ZERO)


def _words(order: Order | OrderIntent, quantity: Decimal) -> str:
    parts = [f"{order.side} {quantity_text(quantity)} {order.symbol}"]
    if order.type is OrderType.MARKET:
        parts.append("at market")
    if order.type is OrderType.TRAILING:
        percent = order.trail_percent
        parts.append(
            f"trailing {money_text(order.trail)}" if order.trail is not None else f"trailing {plain((percent or ZERO) * HUNDRED)}%"
        )
    elif order.stop is not None:
        parts.append(f"stop {money_text(order.stop)}")
    if order.limit is not None:
        parts.append(f"{'target' if order.reduce_only and order.type is OrderType.LIMIT else 'limit'} {money_text(order.limit)}")
    if order.tif is TimeInForce.GTC:
        parts.append("gtc")
    return " ".join(parts)
