"""Legs: what each part of a released ticket becomes, how far it is, and what that makes of the ticket."""

from __future__ import annotations

from collections.abc import Sequence
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
    """An intent as the pending order of a leg, under the name it will have at the broker."""
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
    )


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


class LegState(Enum):
    """How far a leg is."""

    WAITING = auto()  # nothing the broker confirmed
    WORKING = auto()
    DONE = auto()
    PART = auto()
    NOTHING = auto()  # ended without a fill
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg's state, and the reason where there is one to tell."""

    state: LegState
    reason: str = ""


def order_leg(order: Order) -> Leg:
    """How far the order of a leg is; what the broker refused after it had filled a part is a part."""
    if order.status in IN_FLIGHT:
        return Leg(LegState.WAITING)
    if order.open:
        return Leg(LegState.WORKING)
    if order.status is OrderStatus.FILLED:
        return Leg(LegState.DONE)
    if order.filled > 0:
        return Leg(LegState.PART, order.reason)
    return Leg(LegState.FAILED if order.status is OrderStatus.REJECTED else LegState.NOTHING, order.reason)


def cancel_leg(target: Order | None) -> Leg:
    """How far a cancel is, from the order it takes back."""
    if target is None:
        return Leg(LegState.FAILED, "there is no such order")
    if target.open:
        return Leg(LegState.WAITING)
    if target.status is OrderStatus.FILLED:
        return Leg(LegState.FAILED, f"order {target.client_id} was filled before the cancel arrived")
    return Leg(LegState.DONE)


def replace_leg(target: Order | None, intent: ReplaceIntent) -> Leg:
    """How far a change is, from the order it changes."""
    if target is None:
        return Leg(LegState.FAILED, "there is no such order")
    if is_changed(target, intent):
        return Leg(LegState.DONE)
    if target.open:
        return Leg(LegState.WAITING)
    return Leg(LegState.FAILED, f"order {target.client_id} had ended as {target.status} before the change arrived")


def outcome(legs: Sequence[Leg]) -> tuple[TicketStatus, str]:
    """What the legs make of their ticket, and why.

    CONFIRMED while there is a leg of which the broker has confirmed nothing; WORKING while an order rests at the broker, so a protective
    stop or a limit order keeps its ticket working for as long as it stands; EXECUTED when every leg did all it was to do; PARTIAL when
    something was done and something not; FAILED when nothing was done and a leg was refused; CANCELLED when every order ended without
    a fill.
    """
    states = [leg.state for leg in legs]
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
