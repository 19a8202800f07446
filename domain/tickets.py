"""Tickets: the only way anything reaches a broker is a proposal that was shown, bound to a digest, and released."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain import codec
from domain.errors import IllegalMove
from domain.market import Quote
from domain.orders import Intent, Side


class Severity(StrEnum):
    """How much a finding weighs; a blocking one denies the ticket."""

    INFO = "info"
    WARNING = "warning"
    BLOCKING = "blocking"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a risk check found: a stable `code`, `key=value` numbers (`details`) and a sentence for the reader."""

    code: str
    severity: Severity
    sentence: str
    details: tuple[tuple[str, str], ...] = ()


class TicketStatus(StrEnum):
    """Where a ticket is."""

    PROPOSED = "PROPOSED"
    DENIED = "DENIED"  # a blocking finding; never shown with a button
    CANCELLED = "CANCELLED"  # the person said no, or every order of it ended without a fill
    EXPIRED = "EXPIRED"
    REPLACED = "REPLACED"  # the price moved beyond tolerance at the tap; a fresh card took its place
    CONFIRMED = "CONFIRMED"  # released; orders are being sent
    WORKING = "WORKING"  # at the broker, not finished
    EXECUTED = "EXECUTED"
    PARTIAL = "PARTIAL"  # ended with less than was asked for
    FAILED = "FAILED"  # definitively rejected, nothing traded


MOVES: dict[TicketStatus, frozenset[TicketStatus]] = {
    TicketStatus.PROPOSED: frozenset(
        {TicketStatus.DENIED, TicketStatus.CANCELLED, TicketStatus.EXPIRED, TicketStatus.REPLACED, TicketStatus.CONFIRMED}
    ),
    TicketStatus.CONFIRMED: frozenset(
        {TicketStatus.WORKING, TicketStatus.EXECUTED, TicketStatus.PARTIAL, TicketStatus.FAILED, TicketStatus.CANCELLED}
    ),
    TicketStatus.WORKING: frozenset({TicketStatus.EXECUTED, TicketStatus.PARTIAL, TicketStatus.FAILED, TicketStatus.CANCELLED}),
    # a fill that was on its way when the end was told
    TicketStatus.CANCELLED: frozenset({TicketStatus.PARTIAL, TicketStatus.EXECUTED}),
    TicketStatus.PARTIAL: frozenset({TicketStatus.EXECUTED}),
    TicketStatus.DENIED: frozenset(),
    TicketStatus.EXPIRED: frozenset(),
    TicketStatus.REPLACED: frozenset(),
    TicketStatus.EXECUTED: frozenset(),
    # one leg was refused, another given up as never arrived: it arrived after all, and filled
    TicketStatus.FAILED: frozenset({TicketStatus.PARTIAL}),
}


CODE = "CODE"
"""The `word` of a ticket that asks for the code of a second factor instead of a word."""


class Proposer(StrEnum):
    """Who drew the ticket up."""

    PERSON = "person"
    COPILOT = "copilot"
    MODEL = "model"  # a language model put the line forward, and a person asked for its card
    STRATEGY = "strategy"
    WEBHOOK = "webhook"
    MONITOR = "monitor"  # an exit the core holds, or a stop it puts back
    SCHEDULE = "schedule"

    @property
    def automated(self) -> bool:
        """True when no person asked for it; what the copilot understood counts as the person's, and so does a line that they tapped."""
        return self not in (Proposer.PERSON, Proposer.COPILOT, Proposer.MODEL)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a line came from: the platform, the chat there, and the person (their id on that platform)."""

    platform: str
    chat: str
    person: str

    @property
    def who(self) -> str:
        """The person as the journal writes them."""
        return f"{self.platform}:{self.person}"


@dataclass(frozen=True, slots=True)
class LegEstimate:
    """What one leg would do at the quotes seen: `basis` is the price taken (bid, ask, limit, stop), `realised` the P/L it books."""

    leg: int
    sentence: str
    symbol: str
    side: Side | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    basis: str = ""
    quote_at: datetime | None = None
    value: Decimal | None = None
    fee: Decimal | None = None
    realised: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One figure before and after; `unit` as in facts (`USD`, `%` …, percent as 20 for 20%)."""

    label: str
    before: Decimal
    after: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Consequence:
    """What releasing the ticket would do: each leg's estimate, the figures before and after, and protective orders it would orphan."""

    legs: tuple[LegEstimate, ...]
    changes: tuple[Change, ...] = ()
    orphans: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ticket:
    """A proposal. `line` is the canonical `#` line, `verb` its registry name, `word` a typed word asked for besides the tap."""

    id: str
    line: str
    verb: str
    account: str
    origin: Origin
    proposer: Proposer
    intents: tuple[Intent, ...]
    quotes: tuple[Quote, ...]
    consequence: Consequence
    findings: tuple[Finding, ...]
    created: datetime
    expires: datetime
    status: TicketStatus = TicketStatus.PROPOSED
    word: str | None = None
    reason: str = ""
    replaces: str | None = None
    mandate: str | None = None  # what released it in place of a tap: a mandate's id, or the ticket that set the exit

    @property
    def open(self) -> bool:
        """True while it waits for a person."""
        return self.status is TicketStatus.PROPOSED

    @property
    def blocked(self) -> bool:
        """True when a finding denies it."""
        return any(f.severity is Severity.BLOCKING for f in self.findings)

    def digest(self) -> str:
        """16 hex digits over everything that was shown (not status and reason): a button with another digest confirms nothing."""
        shown = replace(self, status=TicketStatus.PROPOSED, reason="")
        return hashlib.sha256(codec.dumps(shown).encode()).hexdigest()[:16]

    def moved(self, status: TicketStatus, reason: str = "") -> Ticket:
        """The same ticket in another state; raises IllegalMove where the table has no such row. Repeating the current state is no move."""
        if status is not self.status and status not in MOVES[self.status]:
            raise IllegalMove(f"ticket {self.id}", self.status, status)
        return replace(self, status=status, reason=reason or self.reason)
