"""What a report made happen, as events: from the order before and after, and the executions it brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from domain.events import (
    Event,
    OrderAccepted,
    OrderCancelled,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    PositionClosed,
    PositionOpened,
    StopMoved,
)
from domain.ledger import Entry
from domain.orders import ENDED, IN_FLIGHT, Fill, Order, OrderIntent, OrderStatus, OrderType
from domain.tickets import Proposer
from storage import tickets
from storage.store import Tx
from trading.holdings import Holdings


async def asked_by_the_house(tx: Tx, order: Order) -> str:
    """Why the house itself drew up the ticket of an order; nothing for a person's, and for one without a ticket here."""
    ticket = await tickets.get(tx, order.ticket)
    if ticket is None or ticket.proposer is not Proposer.MONITOR:
        return ""
    return next((i.why for i in ticket.intents if isinstance(i, OrderIntent) and i.symbol == order.symbol), "")


def happened(
    before: Order, after: Order, entries: Sequence[Entry], holdings: Holdings, at: datetime, *, replaced: bool, why: str = ""
) -> list[Event]:
    """The events of one report, in the order in which they are told. `holdings` are those before it, and this function may change them."""
    account = after.account
    events: list[Event] = []
    if before.status in IN_FLIGHT and after.status is OrderStatus.ACCEPTED:
        events.append(OrderAccepted(at, account, after))
    cut = before.open and after.status is OrderStatus.FILLED and not entries  # the broker took off what had not filled
    if (replaced and after.open) or cut:
        events.append(OrderReplaced(at, account, after))
    if not replaced and (moved := _trailed(before, after)) is not None:
        events.append(StopMoved(at, account, after.symbol, after.client_id, before.stop, moved, "trailing stop at the broker"))
    events += _fills(before, after, entries, holdings, at, why)
    if before.open and after.status is OrderStatus.REJECTED:
        events.append(OrderRejected(at, account, after))
    elif before.open and after.status in ENDED and after.status is not OrderStatus.FILLED:
        events.append(OrderCancelled(at, account, after))
    return events


def _fills(before: Order, after: Order, entries: Sequence[Entry], holdings: Holdings, at: datetime, why: str) -> list[Event]:
    account, symbol, filled = after.account, after.symbol, before.filled
    events: list[Event] = []
    for number, entry in enumerate(entries, 1):
        was = holdings.quantity(symbol)
        realised = holdings.add(entry)
        becomes = holdings.quantity(symbol)
        filled += entry.quantity
        shown = after if number == len(entries) else replace(after, status=OrderStatus.PARTIAL, filled=filled)
        events.append(OrderFilled(at, account, shown, _fill(entry, after), realised, why))
        if was and (not becomes or was * becomes < 0):
            events.append(PositionClosed(at, account, symbol, holdings.closed[-1].realised))
        if becomes and was * becomes <= 0:
            events.append(PositionOpened(at, account, symbol, becomes, entry.price))
    return events


def _trailed(before: Order, after: Order) -> Decimal | None:
    """Where a trailing stop at the broker stands when it has followed the price since the last report; None when it has not."""
    if after.type is not OrderType.TRAILING or not after.open or before.stop is None or after.stop is None:
        return None
    return after.stop if (after.stop - before.stop) * after.side.sign < 0 else None


def _fill(entry: Entry, order: Order) -> Fill:
    return Fill(entry.id, order.client_id, entry.account, order.symbol, order.side, entry.quantity, entry.price, entry.fee, entry.at)
