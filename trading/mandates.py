"""Mandates: what a person signed once lets automation act; without one it only proposes."""

from __future__ import annotations

from typing import Protocol

from domain.exits import ExitRule, ExitStatus
from domain.mandates import Scope
from domain.orders import CancelIntent, Intent, OrderIntent, ReplaceIntent
from domain.ports import Clock
from domain.tickets import Ticket
from storage.store import Tx


class Mandates(Protocol):
    """Says what releases a ticket of the house's own."""

    async def covering(self, tx: Tx, ticket: Ticket, scope: Scope, signed: ExitRule | None) -> str | None:
        """The id of what a person signed for this, or None: then it is only proposed. Read in the ticket's own transaction."""
        ...


class OwnCards:
    """The mandate an exit carries itself: the card that set it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def covering(self, tx: Tx, ticket: Ticket, scope: Scope, signed: ExitRule | None) -> str | None:
        """The ticket that set the exit, while it is in force, for orders that reduce its symbol and nothing else."""
        if signed is None or signed.status is not ExitStatus.ACTIVE or signed.expires <= self._clock.now():
            return None
        return signed.ticket if all(_within(i, signed) for i in ticket.intents) else None


def _within(intent: Intent, rule: ExitRule) -> bool:
    if isinstance(intent, OrderIntent):
        return intent.symbol == rule.symbol and intent.reduce_only
    return isinstance(intent, CancelIntent | ReplaceIntent) and intent.symbol == rule.symbol
