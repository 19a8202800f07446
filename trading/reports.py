"""Reports: what a broker says of an order, folded into what we know, whatever order it arrives in and however often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.ledger import Entry
from domain.money import ZERO
from domain.orders import ENDED, IN_FLIGHT, Order, OrderStatus, OrderType
from domain.ports import OrderReport


@dataclass(frozen=True, slots=True)
class Executed:
    """What the ledger holds of one order."""

    quantity: Decimal
    average: Decimal | None


def executed(entries: Sequence[Entry]) -> Executed:
    """Sum and average price of an order's entries; exact, so their order does not matter."""
    quantity = sum((e.quantity for e in entries), ZERO)
    if not quantity:
        return Executed(ZERO, None)
    return Executed(quantity, sum((e.quantity * e.price for e in entries), ZERO) / quantity)


def folded(order: Order, report: OrderReport, done: Executed, *, newest: bool) -> Order:
    """The order after a report; `done` counts this report's executions too, `newest` when no later report of it was seen.

    What has filled is what the ledger holds, never a number somebody says. An end is final for the order, and a fill that was on its way
    when it ended still counts. Only the newest report changes quantity, limit and stop, of two of one instant the one that came last (and
    the broker is asked). So any permutation and repetition of the same reports ends in the same order.
    """
    quantity = report.quantity if newest and report.quantity > 0 else order.quantity
    status = status_after(order.status, report.status, done.quantity, quantity)
    return replace(
        order,
        status=status,
        updated=max(order.updated, report.at),
        broker_id=report.broker_id or order.broker_id,
        quantity=quantity,
        limit=report.limit if newest and report.limit is not None else order.limit,
        stop=report.stop if newest and report.stop is not None else order.stop,
        filled=done.quantity,
        average_price=done.average,
        reason=_reason(order, report, status),
    )


def other_terms(order: Order, report: OrderReport) -> bool:
    """True where a report says another quantity, limit or stop than the order has; where a trailing stop stands is no term."""
    stop = report.stop if order.type is not OrderType.TRAILING else None
    terms = ((report.quantity or None, order.quantity), (report.limit, order.limit), (stop, order.stop))
    return any(said is not None and said != known for said, known in terms)


def status_after(current: OrderStatus, told: OrderStatus, filled: Decimal, quantity: Decimal) -> OrderStatus:
    """The state of an order that was `current` and of which `told` is said, with that much of its quantity booked.

    Filled only when all of it is booked: a broker that says filled and shows no executions leaves the order open until they are seen.
    """
    if current in (OrderStatus.REJECTED, OrderStatus.FILLED):
        return current  # nothing follows these, the table says
    if filled >= quantity:
        return OrderStatus.FILLED
    if current in ENDED:
        return current
    if told is OrderStatus.REJECTED:
        return OrderStatus.CANCELLED if filled else OrderStatus.REJECTED
    if told in ENDED and told is not OrderStatus.FILLED:
        return told
    if filled:
        return OrderStatus.PARTIAL
    if told in IN_FLIGHT:
        return current
    return OrderStatus.ACCEPTED


def lacks(order: Order, report: OrderReport) -> bool:
    """True when a report tells of more than its executions, or the ledger, account for."""
    return report.filled > order.filled


def _reason(order: Order, report: OrderReport, status: OrderStatus) -> str:
    """Why it ended is kept as first told; an order that works or filled needs no reason, one in flight keeps its own."""
    if status in IN_FLIGHT or order.status in ENDED:
        return "" if status is OrderStatus.FILLED else order.reason
    return report.reason if status in ENDED and status is not OrderStatus.FILLED else ""
