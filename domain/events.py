"""What happened, in the past tense. Every event says when and on which account; the bus journals it before anyone hears it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.orders import Fill, Order
from domain.tickets import TicketStatus


@dataclass(frozen=True, slots=True)
class Event:
    """The root: an instant (aware UTC) and an account."""

    at: datetime
    account: str


@dataclass(frozen=True, slots=True)
class TicketMoved(Event):
    """A ticket changed state; `who` is the person or part that moved it."""

    ticket: str
    line: str
    status: TicketStatus
    who: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OrderAccepted(Event):
    """The broker has it."""

    order: Order


@dataclass(frozen=True, slots=True)
class OrderFilled(Event):
    """An execution was booked; `realised` is the P/L it booked, `order` the order after it."""

    order: Order
    fill: Fill
    realised: Decimal


@dataclass(frozen=True, slots=True)
class OrderRejected(Event):
    """Definitively refused."""

    order: Order


@dataclass(frozen=True, slots=True)
class OrderCancelled(Event):
    """Taken back or expired before it was done; the reason is on the order."""

    order: Order


@dataclass(frozen=True, slots=True)
class OrderReplaced(Event):
    """Price or quantity of a working order changed."""

    order: Order


@dataclass(frozen=True, slots=True)
class OrderOutcomeUnknown(Event):
    """Sent, and no answer that says; it is being asked for."""

    order: Order


@dataclass(frozen=True, slots=True)
class PositionOpened(Event):
    """A first fill from flat."""

    symbol: str
    quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class PositionClosed(Event):
    """Flat again; `realised` over the whole holding."""

    symbol: str
    realised: Decimal


@dataclass(frozen=True, slots=True)
class KillSwitchPulled(Event):
    """Trading halted by a person."""

    who: str


@dataclass(frozen=True, slots=True)
class KillSwitchReleased(Event):
    """Trading allowed again by an owner."""

    who: str


@dataclass(frozen=True, slots=True)
class DemoMoved(Event):
    """The demo world was moved: forward, or by a shock."""

    what: str


@dataclass(frozen=True, slots=True)
class JobFailed(Event):
    """A part of the core failed and goes on next time; `reference` finds the log line."""

    job: str
    reference: str


ALL: tuple[type[Event], ...] = (
    TicketMoved,
    OrderAccepted,
    OrderFilled,
    OrderRejected,
    OrderCancelled,
    OrderReplaced,
    OrderOutcomeUnknown,
    PositionOpened,
    PositionClosed,
    KillSwitchPulled,
    KillSwitchReleased,
    DemoMoved,
    JobFailed,
)
