"""Exits: standing rules on a position that the core holds itself, because the broker cannot or because they are more than an order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.errors import IllegalMove


class ExitKind(StrEnum):
    """What an exit waits for."""

    STOP = "stop"
    TRAILING = "trailing"
    TARGET = "target"
    BREAK_EVEN = "break_even"  # the position's stop moves to its average price
    TIME = "time"


class ExitStatus(StrEnum):
    """Where an exit is."""

    ACTIVE = "active"
    FIRED = "fired"  # its ticket is drawn up; what became of it is that ticket's
    REMOVED = "removed"  # taken back by a person, or replaced
    EXPIRED = "expired"
    ENDED = "ended"  # the position it was for is closed


MOVES: dict[ExitStatus, frozenset[ExitStatus]] = {
    ExitStatus.ACTIVE: frozenset(ExitStatus) - {ExitStatus.ACTIVE},
    # its ticket came to nothing (expired card, refused order): it waits again
    ExitStatus.FIRED: frozenset({ExitStatus.ACTIVE, ExitStatus.ENDED, ExitStatus.REMOVED, ExitStatus.EXPIRED}),
    ExitStatus.REMOVED: frozenset(),
    ExitStatus.EXPIRED: frozenset(),
    ExitStatus.ENDED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class ExitRule:
    """One exit of one position; the ticket that set it is its mandate until `expires`.

    `share` of the position is closed when it fires (1 is all). `level` is the price that fires it (of a trailing one: where it stands now);
    `trail` an absolute distance, `trail_percent` a fraction; `arm` the price from which on it follows, None once it does. `due` is when a
    time exit fires. Levels never loosen: a moved rule is at most nearer to the market.
    """

    id: str
    account: str
    symbol: str
    kind: ExitKind
    ticket: str
    created: datetime
    expires: datetime
    long: bool
    share: Decimal = Decimal(1)
    level: Decimal | None = None
    trail: Decimal | None = None
    trail_percent: Decimal | None = None
    arm: Decimal | None = None
    due: datetime | None = None
    why: str = ""
    status: ExitStatus = ExitStatus.ACTIVE
    fired: str | None = None  # the ticket it fired on
    reason: str = ""

    def moved(self, status: ExitStatus, reason: str = "", *, fired: str | None = None) -> ExitRule:
        """The same exit in another state; raises IllegalMove where the table has no such row. Repeating the current state is no move."""
        if status is not self.status and status not in MOVES[self.status]:
            raise IllegalMove(f"exit {self.id}", self.status, status)
        return replace(self, status=status, reason=reason or self.reason, fired=fired or self.fired)
