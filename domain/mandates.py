"""Mandates: limits that a person signed, within which standing automation may act without asking again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.errors import IllegalMove


class Scope(StrEnum):
    """Which automation a mandate lets act."""

    STOPS = "stops"  # protective exits the core holds, and stops it puts back
    TARGETS = "targets"
    SCHEDULES = "schedules"
    STRATEGIES = "strategies"


class MandateStatus(StrEnum):
    """Where a mandate is."""

    ACTIVE = "active"
    REVOKED = "revoked"
    EXPIRED = "expired"


MOVES: dict[MandateStatus, frozenset[MandateStatus]] = {
    MandateStatus.ACTIVE: frozenset({MandateStatus.REVOKED, MandateStatus.EXPIRED}),
    MandateStatus.REVOKED: frozenset(),
    MandateStatus.EXPIRED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Mandate:
    """What was signed. No `symbols` means any; `per_order` and `per_day` are notional in the account's currency, None without a limit.

    `reduce_only` lets it close and protect, never open. `orders_a_day` counts orders sent under it on one exchange day.
    """

    id: str
    account: str
    scopes: tuple[Scope, ...]
    ticket: str
    signed_by: str
    signed: datetime
    expires: datetime
    reduce_only: bool = True
    symbols: tuple[str, ...] = ()
    per_order: Decimal | None = None
    per_day: Decimal | None = None
    orders_a_day: int = 20
    status: MandateStatus = MandateStatus.ACTIVE

    def moved(self, status: MandateStatus) -> Mandate:
        """The same mandate in another state; raises IllegalMove where the table has no such row. Repeating the current state is no move."""
        if status is not self.status and status not in MOVES[self.status]:
            raise IllegalMove(f"mandate {self.id}", self.status, status)
        return replace(self, status=status)
