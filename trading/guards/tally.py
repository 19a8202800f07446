"""The tally: what was sent today and under what, counted from the stored tickets themselves, so that there is no second truth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.money import ZERO
from domain.orders import OrderIntent, ReplaceIntent
from domain.tickets import Ticket, TicketStatus
from storage import orders, tickets
from storage.store import Tx

SENT = (TicketStatus.CONFIRMED, TicketStatus.WORKING, TicketStatus.EXECUTED, TicketStatus.PARTIAL, TicketStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Load:
    """How many orders (new ones and changes; taking back is none) and how much money at the prices shown; None where a price is unknown."""

    orders: int = 0
    notional: Decimal | None = ZERO

    def __add__(self, other: Load) -> Load:
        known = self.notional is not None and other.notional is not None
        return Load(self.orders + other.orders, (self.notional or ZERO) + (other.notional or ZERO) if known else None)


def load_of(ticket: Ticket) -> Load:
    """What a ticket sends."""
    return total(leg for leg in legs_of(ticket).values())


def legs_of(ticket: Ticket) -> dict[int, Load]:
    """What each leg of a ticket that can trade sends, by its number."""
    values = {leg.leg: leg.value for leg in ticket.consequence.legs}
    found: dict[int, Load] = {}
    for number, intent in enumerate(ticket.intents, 1):
        if isinstance(intent, OrderIntent | ReplaceIntent):
            value = values.get(number)
            found[number] = Load(1, None if value is None else abs(value))
    return found


def total(loads: Iterable[Load]) -> Load:
    """The sum of loads."""
    found = Load()
    for load in loads:
        found += load
    return found


async def sent(tx: Tx, account: str, since: datetime) -> list[Ticket]:
    """The tickets drawn up at or after an instant of which anything was released to be sent, oldest first.

    A cancelled one counts when it has an order: the others were taken away before anybody confirmed them.
    """
    found = await tickets.since(tx, account, since, *SENT, TicketStatus.CANCELLED)
    kept = []
    for ticket in found:
        if ticket.status is not TicketStatus.CANCELLED or await orders.of_ticket(tx, ticket.id):
            kept.append(ticket)
    return kept
