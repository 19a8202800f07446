"""Orders: what we would like (intents), what has left us (Order), what happened (Fill), and the table of moves between states."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.errors import IllegalMove
from domain.exits import ExitRule
from domain.mandates import Mandate
from domain.money import ZERO


class Side(StrEnum):
    """Buy or sell."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 if self is Side.BUY else -1

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """How an order wants to trade."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING = "trailing"


STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING})
"""What waits for the price to turn against a position; a protective order of another type is a target."""


class TimeInForce(StrEnum):
    """How long an order lives."""

    DAY = "day"
    GTC = "gtc"


class OrderStatus(StrEnum):
    """Where an order is; `OPEN` and `ENDED` below group them."""

    HELD = "held"  # a leg of a bracket the core keeps back: not sent before what it waits for has filled or ended
    PENDING = "pending"  # row written, nothing sent yet
    UNKNOWN = "unknown"  # sent, the outcome is not known
    ACCEPTED = "accepted"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"


OPEN = frozenset({OrderStatus.HELD, OrderStatus.PENDING, OrderStatus.UNKNOWN, OrderStatus.ACCEPTED, OrderStatus.PARTIAL})
IN_FLIGHT = frozenset({OrderStatus.PENDING, OrderStatus.UNKNOWN})
ENDED = frozenset(OrderStatus) - OPEN

MOVES: dict[OrderStatus, frozenset[OrderStatus]] = {
    # sent by way of PENDING, or ended unsent. Accepted or filled without that only after a database was put back from a copy: the broker
    # has an order whose sending the copy does not know
    OrderStatus.HELD: frozenset(OrderStatus) - {OrderStatus.HELD, OrderStatus.UNKNOWN},
    # a fill before the acknowledgement, and every end without one: the answer to a request may be overtaken by what it caused
    OrderStatus.PENDING: frozenset(OrderStatus) - {OrderStatus.HELD, OrderStatus.PENDING},
    # the same after a time-out; it never becomes unsent again, because it may have arrived
    OrderStatus.UNKNOWN: frozenset(OrderStatus) - {OrderStatus.HELD, OrderStatus.PENDING, OrderStatus.UNKNOWN},
    OrderStatus.ACCEPTED: frozenset(
        {OrderStatus.PARTIAL, OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED, OrderStatus.REJECTED}  # a late reject happens
    ),
    # the next part is no move; a reject of the rest after a part has filled is told as cancelled, for what filled stays
    OrderStatus.PARTIAL: frozenset({OrderStatus.PARTIAL, OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED}),
    # a fill that was on its way when the cancel or expiry was confirmed
    OrderStatus.CANCELLED: frozenset({OrderStatus.PARTIAL, OrderStatus.FILLED}),
    OrderStatus.EXPIRED: frozenset({OrderStatus.PARTIAL, OrderStatus.FILLED}),
    # duplicates and reports that were overtaken say what was true before: they move nothing
    OrderStatus.FILLED: frozenset(),
    OrderStatus.REJECTED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """An order we would like. Exactly one of `quantity` and `notional` is set until sizing; never sent as is.

    `trail` is an absolute price distance; `trail_percent` a fraction (0.02 is 2%). `reduce_only` orders never open or flip a position.
    `waits_for` is the number of the ticket's leg whose fills it protects: it is held until that leg fills. `away` (a distance) or
    `away_percent` (a fraction) from the price that leg is reckoned at becomes its `stop` or `limit` when the card is drawn.
    """

    symbol: str
    side: Side
    type: OrderType = OrderType.MARKET
    quantity: Decimal | None = None
    notional: Decimal | None = None
    limit: Decimal | None = None
    stop: Decimal | None = None
    trail: Decimal | None = None
    trail_percent: Decimal | None = None
    tif: TimeInForce = TimeInForce.DAY
    reduce_only: bool = False
    why: str = ""
    waits_for: int | None = None
    away: Decimal | None = None
    away_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CancelIntent:
    """Take back one open order."""

    client_id: str
    symbol: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class ReplaceIntent:
    """Change an open order; what is None stays as it is."""

    client_id: str
    symbol: str
    quantity: Decimal | None = None
    limit: Decimal | None = None
    stop: Decimal | None = None
    trail: Decimal | None = None
    trail_percent: Decimal | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class ResumeIntent:
    """Release the kill switch."""

    why: str = ""

    @property
    def sentence(self) -> str:
        """What it does, for the card."""
        return "allow trading again"


@dataclass(frozen=True, slots=True)
class ExitIntent:
    """Hold an exit, or take one back (`remove`); `replaces` names exits that go when this one stands. Confirming it is its mandate."""

    rule: ExitRule
    sentence: str
    remove: bool = False
    replaces: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class MandateIntent:
    """Sign a mandate, or revoke one."""

    mandate: Mandate
    sentence: str
    revoke: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class BreakerIntent:
    """Allow opening again before the breaker's cool-down is over."""

    why: str = ""

    @property
    def sentence(self) -> str:
        """What it does, for the card."""
        return "allow opening again before the cool-down is over"


HouseIntent = ResumeIntent | ExitIntent | MandateIntent | BreakerIntent
"""What changes the house itself and sends no order."""

Intent = OrderIntent | CancelIntent | ReplaceIntent | HouseIntent


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution; `id` is the broker's execution id, unique per account; `fee` is positive when paid."""

    id: str
    client_id: str
    account: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    at: datetime


EXTERNAL = "external"
"""The ticket of an order that somebody placed at the broker without us."""


@dataclass(frozen=True, slots=True)
class Order:
    """An intent that has left us: `client_id` is `<ticket>-<leg>` and identifies it at the broker for ever.

    A leg of a bracket `waits_for` the client id of its entry, and `covers` says how much of that entry's fills its quantity accounts for;
    once a person resizes it or takes it back it waits for nothing any more. `replaces` is the client id of the order in whose place it
    stands, at brokers that cannot change an order.
    """

    client_id: str
    account: str
    ticket: str
    leg: int
    symbol: str
    side: Side
    type: OrderType
    quantity: Decimal
    tif: TimeInForce
    created: datetime
    updated: datetime
    limit: Decimal | None = None
    stop: Decimal | None = None
    trail: Decimal | None = None
    trail_percent: Decimal | None = None
    reduce_only: bool = False
    status: OrderStatus = OrderStatus.PENDING
    broker_id: str | None = None
    filled: Decimal = ZERO
    average_price: Decimal | None = None
    reason: str = ""
    waits_for: str | None = None
    covers: Decimal = ZERO
    replaces: str | None = None

    @property
    def open(self) -> bool:
        """True while it may still trade."""
        return self.status in OPEN

    @property
    def held(self) -> bool:
        """True while the core keeps it back."""
        return self.status is OrderStatus.HELD

    @property
    def working(self) -> bool:
        """True while the broker has it and it may trade."""
        return self.status in (OrderStatus.ACCEPTED, OrderStatus.PARTIAL)

    @property
    def left(self) -> Decimal:
        """Quantity not yet filled."""
        return self.quantity - self.filled

    @property
    def external(self) -> bool:
        """True for an order placed at the broker without us: shown, and changed by nobody but a person who names it."""
        return self.ticket == EXTERNAL

    @property
    def protective(self) -> bool:
        """True for a reduce-only stop, trailing stop or target."""
        return self.reduce_only and self.type is not OrderType.MARKET

    def moved(self, status: OrderStatus, at: datetime, **changes: object) -> Order:
        """The same order in another state; raises IllegalMove where the table has no such row. Repeating the current state is no move."""
        if status is not self.status and status not in MOVES[self.status]:
            raise IllegalMove(f"order {self.client_id}", self.status, status)
        return replace(self, status=status, updated=at, **changes)  # type: ignore[arg-type]
