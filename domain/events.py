"""What happened, in the past tense. Every event says when and on which account; the bus journals it before anyone hears it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.event import Event as Event  # everybody takes it from here
from domain.exits import ExitKind
from domain.orders import Fill, Order
from domain.people import AccessMoved as AccessMoved
from domain.tickets import TicketStatus


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
    """An execution was booked; `realised` is the P/L it booked, `order` the order after it.

    `why` says what the house placed the order for, such as an exit of its own that fired; nothing for what a person asked for.
    """

    order: Order
    fill: Fill
    realised: Decimal
    why: str = ""


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


@dataclass(frozen=True, slots=True)
class JobSkipped(Event):
    """A run of a job came too late to be of use and was left out; `why` says how late."""

    job: str
    due: datetime
    why: str


@dataclass(frozen=True, slots=True)
class MarketNoted(Event):
    """What there is to say at a point of the trading day: `part` is the job that says it, `lines` are sentences, the answer first."""

    part: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StopMoved(Event):
    """A stop tightened (or was armed: `was` None). `stop` is the client id of a broker's order or the id of an exit the core holds."""

    symbol: str
    stop: str
    was: Decimal | None
    becomes: Decimal
    why: str


@dataclass(frozen=True, slots=True)
class ExitTriggered(Event):
    """An exit the core holds has fired on `ticket`. `gap` is how far beyond its level the market was, zero when it met it.

    `share` is the part of the position it closes; a target of less than all of it is a rung of a ladder.
    """

    symbol: str
    kind: ExitKind
    exit: str
    level: Decimal | None
    price: Decimal | None
    gap: Decimal
    ticket: str
    released: bool  # False: it only proposed, because no mandate covers it
    share: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class StopFailed(Event):
    """A position is without the stop it should have, `since` then; `quantity` is what is unprotected."""

    symbol: str
    quantity: Decimal
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class StopRestored(Event):
    """A position whose stop had failed is protected again."""

    symbol: str


@dataclass(frozen=True, slots=True)
class QuoteDoubted(Event):
    """A quote that would have fired a stop was not believed: crossed, stale, or outside the sane band. `level` is the stop it reached."""

    symbol: str
    price: Decimal
    level: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class QuotesWentStale(Event):
    """No usable quote of these held symbols `since` then, though their market is open."""

    symbols: tuple[str, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class QuotesCameBack(Event):
    """Quotes are usable again."""

    symbols: tuple[str, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class PositionMoved(Event):
    """A held instrument did something worth a look: `what` is `drawdown`, `spike`, `volume` or `gap`, `value` its fraction or multiple."""

    symbol: str
    what: str
    value: Decimal
    price: Decimal
    over: str  # the span it is measured over, in words


@dataclass(frozen=True, slots=True)
class NewsTouched(Event):
    """A headline concerns a held position; `headline` is text from outside. `tone` is -1 to 1."""

    symbol: str
    news: str
    headline: str
    tone: Decimal


@dataclass(frozen=True, slots=True)
class EarningsNeared(Event):
    """A held company reports soon."""

    symbol: str
    when: datetime
    session: str


FRACTION, COUNT = "fraction", "count"


@dataclass(frozen=True, slots=True)
class LimitNeared(Event):
    """A limit of the account is near (`crossed` False) or crossed; `code` is one of the risk codes.

    `unit` is FRACTION (0.05 is 5%), COUNT, or the currency of an amount of money; `value` and `limit` are both in it.
    """

    code: str
    about: str
    value: Decimal
    limit: Decimal
    crossed: bool
    unit: str = FRACTION


@dataclass(frozen=True, slots=True)
class BreakerTripped(Event):
    """The daily-loss or drawdown breaker stopped opening; only reducing goes on until `until`, or until an owner resets it."""

    code: str
    value: Decimal
    limit: Decimal
    until: datetime


@dataclass(frozen=True, slots=True)
class BreakerReset(Event):
    """Opening is allowed again: the cool-down is over (`who` is `breaker`), or an owner said so."""

    who: str


@dataclass(frozen=True, slots=True)
class AutomationChanged(Event):
    """Manual-only mode: with `allowed` False nothing automated may act, it only proposes."""

    allowed: bool
    who: str


@dataclass(frozen=True, slots=True)
class LimitChanged(Event):
    """An owner changed a risk limit; values as they are typed."""

    name: str
    was: str
    becomes: str
    who: str


@dataclass(frozen=True, slots=True)
class MandateSigned(Event):
    """A person signed limits within which standing automation may act."""

    mandate: str
    what: str
    expires: datetime
    who: str


@dataclass(frozen=True, slots=True)
class MandateEnded(Event):
    """A mandate was revoked, then `who` says by whom, or has expired."""

    mandate: str
    what: str
    reason: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class ActionProposed(Event):
    """Automation wants to act and no mandate covers it: its card waits for a person until `expires`."""

    ticket: str
    digest: str
    line: str
    why: str
    expires: datetime
    urgent: bool


@dataclass(frozen=True, slots=True)
class ReconciliationFound(Event):
    """Book and broker differed. `what` is `fill`, `orphan`, `foreign`, `missing`, `split`, `cash` or `order`; `done` says what was done."""

    what: str
    about: str
    book: str
    broker: str
    done: str


@dataclass(frozen=True, slots=True)
class BrokerDown(Event):
    """The broker has not answered since `since`; `positions` is how many are open meanwhile."""

    since: datetime
    reason: str
    positions: int


@dataclass(frozen=True, slots=True)
class BrokerUp(Event):
    """The broker answers again, and the books were compared."""

    since: datetime


@dataclass(frozen=True, slots=True)
class Missed:
    """What would have happened while the program was away, on one symbol: at which price, and what was done about it.

    `price` is the one at which it would have happened `when` it did, `now` the one when the program was back (None: no quote).
    """

    symbol: str
    what: str
    level: Decimal
    price: Decimal
    when: datetime
    done: str
    now: Decimal | None = None


@dataclass(frozen=True, slots=True)
class WasAway(Event):
    """The program saw nothing from `since` to `at`; `missed` is what fell into that interval."""

    since: datetime
    missed: tuple[Missed, ...]


@dataclass(frozen=True, slots=True)
class DayDigested(Event):
    """The nightly digest: what happened since the last one, and which alerts were held back, as sentences."""

    since: datetime
    happened: tuple[str, ...]
    held_back: tuple[str, ...]


ALL: tuple[type[Event], ...] = tuple(
    kind for kind in list(globals().values()) if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
)
