"""The tally: what was sent today and under what, counted from the stored tickets themselves, so that there is no second truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.money import ZERO
from domain.orders import OrderIntent, ReplaceIntent
from domain.tickets import Ticket, TicketStatus
from storage import orders, tickets
from storage.store import Tx
from trading.bus import Unit

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


@dataclass(frozen=True, slots=True)
class Gone:
    """A ticket of which anything was released to be sent, as it stood when it was counted, with what it sends: all of it, and by symbol."""

    ticket: Ticket
    load: Load
    by_symbol: Mapping[str, Load]


class Counted:
    """`sent` of one account, remembered: what was sent once stays sent, so only what is new or still waits is read again.

    What is read in a transaction is remembered when that is committed, and not before.
    """

    def __init__(self) -> None:
        self._gone: dict[str, Gone] = {}
        self._since: datetime | None = None
        self._through = 0  # every ticket up to this number is counted, or will never be sent

    async def since(self, unit: Unit, account: str, since: datetime) -> list[Gone]:
        """The tickets drawn up at or after an instant of which anything was released to be sent, in the order they were counted in."""
        anew = self._since is None or since < self._since
        rows = await tickets.numbered(unit.tx, account, ("created", since) if anew else ("seq", self._through + 1))
        through = 0 if anew else self._through
        known: dict[str, Gone] = {} if anew else dict(self._gone) if since == self._since else self._young(since)
        waits = False
        for number, ticket in rows:
            waits = waits or ticket.status is TicketStatus.PROPOSED
            through = through if waits else number
            if ticket.id in known or ticket.created < since:
                continue
            if ticket.status in SENT or (ticket.status is TicketStatus.CANCELLED and await orders.of_ticket(unit.tx, ticket.id)):
                known[ticket.id] = gone(ticket)

        def remember() -> None:
            self._gone, self._since, self._through = known, since, through

        unit.then(remember)
        return list(known.values())

    def _young(self, since: datetime) -> dict[str, Gone]:
        return {id: g for id, g in self._gone.items() if g.ticket.created >= since}


def gone(ticket: Ticket) -> Gone:
    """A ticket with what it sends."""
    by_leg = legs_of(ticket)
    by_symbol: dict[str, Load] = {}
    for number, intent in enumerate(ticket.intents, 1):
        if isinstance(intent, OrderIntent | ReplaceIntent):
            by_symbol[intent.symbol] = by_symbol.get(intent.symbol, Load()) + by_leg[number]
    return Gone(ticket, total(by_leg.values()), by_symbol)
