"""Legs: what each part of a released ticket becomes, how far it is, and what that makes of the ticket."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto

from domain.money import ZERO
from domain.orders import IN_FLIGHT, CancelIntent, Intent, Order, OrderIntent, OrderStatus, ReplaceIntent
from domain.portfolio import Portfolio
from domain.tickets import Ticket, TicketStatus


def client_id(ticket_id: str, leg: int) -> str:
    """The name of a leg at the broker, for ever."""
    return f"{ticket_id}-{leg}"


def order_for(ticket: Ticket, leg: int, intent: OrderIntent, at: datetime) -> Order:
    """The row of an order leg before anything is sent."""
    return order_row(ticket.account, ticket.id, leg, intent, at)


def order_row(account: str, ticket_id: str, leg: int, intent: OrderIntent, at: datetime) -> Order:
    """An intent as the pending order of a leg, held where it waits for another, under the name it will have at the broker."""
    return Order(
        client_id=client_id(ticket_id, leg),
        account=account,
        ticket=ticket_id,
        leg=leg,
        symbol=intent.symbol,
        side=intent.side,
        type=intent.type,
        quantity=intent.quantity or ZERO,
        tif=intent.tif,
        created=at,
        updated=at,
        limit=intent.limit,
        stop=intent.stop,
        trail=intent.trail,
        trail_percent=intent.trail_percent,
        reduce_only=intent.reduce_only,
        status=OrderStatus.PENDING if intent.waits_for is None else OrderStatus.HELD,
        waits_for=None if intent.waits_for is None else client_id(ticket_id, intent.waits_for),
    )


def chain(rows: Sequence[Order], name: str) -> tuple[Order, ...]:
    """The order of that client id and every order that took its place, oldest first; empty for an unknown one. `rows` are its ticket's."""
    found = [o for o in rows if o.client_id == name]
    for row in sorted(rows, key=lambda o: o.leg):
        if row.replaces in {o.client_id for o in found}:
            found.append(row)
    return tuple(found)


def tip(orders: Sequence[Order]) -> Order | None:
    """The order of a chain that counts now: the newest that was not refused, else the first; None for an empty chain."""
    standing = [o for o in orders if o.status is not OrderStatus.REJECTED]
    return standing[-1] if standing else next(iter(orders), None)


def changed_order(order: Order, intent: ReplaceIntent) -> Order:
    """The order with the changes of a ReplaceIntent; a trail in money takes the place of one in percent, and the other way round."""
    trail, percent = order.trail, order.trail_percent
    if intent.trail is not None or intent.trail_percent is not None:
        trail, percent = intent.trail, intent.trail_percent
    return replace(
        order,
        quantity=order.quantity if intent.quantity is None else intent.quantity,
        limit=order.limit if intent.limit is None else intent.limit,
        stop=order.stop if intent.stop is None else intent.stop,
        trail=trail,
        trail_percent=percent,
    )


def is_changed(order: Order, intent: ReplaceIntent) -> bool:
    """True when the order already is what the intent asks for."""
    return changed_order(order, intent) == order


def reduces(intent: Intent, portfolio: Portfolio) -> bool:
    """True for what stays allowed while trading is halted: cancelling, closing, and protecting what is held.

    A change of an order counts when that order is reduce-only.
    """
    if isinstance(intent, CancelIntent):
        return True
    if isinstance(intent, ReplaceIntent):
        order = next((o for o in portfolio.orders if o.client_id == intent.client_id), None)
        return order is not None and order.reduce_only
    if isinstance(intent, OrderIntent):
        position = portfolio.position(intent.symbol)
        held = position.quantity if position else ZERO
        return intent.reduce_only or shrinks(held, intent.side.sign * (intent.quantity or ZERO))
    return True


def shrinks(held: Decimal, signed: Decimal) -> bool:
    """True when a signed quantity takes from a holding and does not cross zero."""
    return held * signed < 0 and abs(signed) <= abs(held)


def whole_close(orders: Iterable[Order], close: OrderIntent) -> tuple[Intent, ...]:
    """What closes all of a position: the cancels of the plain orders on the side of `close`, and `close`.

    Such an order would open the other way once the position is flat, and a venue that sets units aside for it would refuse the close.
    """
    beside = (o for o in orders if o.open and o.symbol == close.symbol and o.side is close.side and not o.reduce_only)
    return (*(CancelIntent(o.client_id, o.symbol, why="its position is being closed") for o in beside), close)


@dataclass(frozen=True, slots=True)
class Succeeded:
    """An order in the place of another, and why: what the journal keeps of it."""

    order: Order
    why: str


class LegState(Enum):
    """How far a leg is."""

    WAITING = auto()  # nothing the broker confirmed
    WORKING = auto()
    DONE = auto()
    PART = auto()
    NOTHING = auto()  # ended without a fill
    FAILED = auto()
    SPARE = auto()  # an exit of a bracket that had nothing to do in the end


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg's state, and the reason where there is one to tell."""

    state: LegState
    reason: str = ""


def order_leg(rows: Sequence[Order]) -> Leg:
    """How far the chain of orders of a leg is; what the broker refused after it had filled a part is a part."""
    last = rows[-1]
    if any(o.open for o in rows):
        unsaid = len(rows) == 1 and last.status in IN_FLIGHT
        return Leg(LegState.WAITING if unsaid else LegState.WORKING)
    if last.status is OrderStatus.FILLED:
        return Leg(LegState.DONE)
    if any(o.filled > 0 for o in rows):
        return Leg(LegState.PART, last.reason)
    return Leg(LegState.FAILED if last.status is OrderStatus.REJECTED else LegState.NOTHING, last.reason)


def exit_leg(rows: Sequence[Order]) -> Leg:
    """How far an exit of a bracket is. It is there to be placed and to stand: one that was taken back, or that its twin made needless,
    leaves its ticket as the entry makes it; one that was refused does not.
    """
    if any(o.open for o in rows):
        return Leg(LegState.WORKING)
    if any(o.filled > 0 for o in rows):
        return Leg(LegState.DONE)
    refused = rows[-1].status is OrderStatus.REJECTED
    return Leg(LegState.FAILED, rows[-1].reason) if refused else Leg(LegState.SPARE)


def cancel_leg(rows: Sequence[Order]) -> Leg:
    """How far a cancel is, from the chain of the order it takes back."""
    target = tip(rows)
    if target is None:
        return Leg(LegState.FAILED, "there is no such order")
    if any(o.open for o in rows):
        return Leg(LegState.WAITING)
    if target.status is OrderStatus.FILLED:
        return Leg(LegState.FAILED, f"order {target.client_id} was filled before the cancel arrived")
    return Leg(LegState.DONE)


def replace_leg(rows: Sequence[Order], intent: ReplaceIntent, since: datetime) -> Leg:
    """How far a change asked for at `since` is, from the chain of the order it changes.

    Where the broker cannot change an order, it is done when an order with the new terms works and the old one has ended.
    """
    target = next((o for o in rows if o.client_id == intent.client_id), None)
    if target is None:
        return Leg(LegState.FAILED, "there is no such order")
    if is_changed(target, intent):
        return Leg(LegState.DONE)
    new = follower(rows, intent, since)
    if new is not None:
        if new.status is OrderStatus.REJECTED:
            return Leg(LegState.FAILED, new.reason)
        settled = not new.held and new.status not in IN_FLIGHT and not any(o.open for o in rows if o.client_id == new.replaces)
        unsent = new.status is OrderStatus.EXPIRED and not new.filled
        return Leg(LegState.FAILED, new.reason) if unsent else Leg(LegState.DONE if settled else LegState.WAITING)
    if target.open:
        return Leg(LegState.WAITING)
    return Leg(LegState.FAILED, f"order {target.client_id} had ended as {target.status} before the change arrived")


def follower(rows: Sequence[Order], intent: ReplaceIntent, since: datetime) -> Order | None:
    """The newest order put in the place of another for the change asked for at `since`; None before there is one."""
    target = next((o for o in rows if o.client_id == intent.client_id), None)
    if target is None:
        return None
    wanted = changed_order(target, intent)
    fresh = [o for o in rows if o.replaces is not None and o.created >= since and _same_terms(o, wanted)]
    return fresh[-1] if fresh else None


def _same_terms(order: Order, wanted: Order) -> bool:
    terms = (wanted.limit, wanted.stop, wanted.trail, wanted.trail_percent)
    return (order.limit, order.stop, order.trail, order.trail_percent) == terms


def outcome(legs: Sequence[Leg]) -> tuple[TicketStatus, str]:
    """What the legs make of their ticket, and why.

    CONFIRMED while there is a leg of which the broker has confirmed nothing; WORKING while an order rests at the broker, so a protective
    stop or a limit order keeps its ticket working for as long as it stands; EXECUTED when every leg did all it was to do; PARTIAL when
    something was done and something not; FAILED when nothing was done and a leg was refused; CANCELLED when every order ended without
    a fill. What an exit of a bracket was spared counts for nothing.
    """
    states = [leg.state for leg in legs if leg.state is not LegState.SPARE]
    reason = "; ".join(dict.fromkeys(leg.reason for leg in legs if leg.reason))
    if LegState.WAITING in states:
        return TicketStatus.CONFIRMED, reason
    if LegState.WORKING in states:
        return TicketStatus.WORKING, reason
    if all(s is LegState.DONE for s in states):
        return TicketStatus.EXECUTED, ""
    if LegState.DONE in states or LegState.PART in states:
        return TicketStatus.PARTIAL, reason
    return (TicketStatus.FAILED if LegState.FAILED in states else TicketStatus.CANCELLED), reason


def with_trail(order: Order, change: ReplaceIntent) -> Order:
    """Reports do not carry the trail, so a confirmed change tells it."""
    wanted = changed_order(order, change)
    return replace(order, trail=wanted.trail, trail_percent=wanted.trail_percent)


def had_failed(ticket: Ticket) -> bool:
    """True when a leg had failed before and is not asked about any more, since its target has moved on or nothing more is tried."""
    if ticket.status is TicketStatus.PARTIAL:
        return not all(isinstance(i, OrderIntent) for i in ticket.intents)  # what orders alone left undone, a late fill may complete
    return ticket.status is TicketStatus.WORKING and bool(ticket.reason)
