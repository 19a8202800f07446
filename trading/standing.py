"""What a released ticket changes in the house itself: the kill switch, and later whatever else a person signs by a card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from domain.orders import HouseIntent, ResumeIntent
from domain.tickets import Ticket
from storage import switches
from storage.store import Tx
from trading.guards.killswitch import KillSwitch


class Change(Protocol):
    """How one kind of intent is carried out; doing it twice is the same as once."""

    missed: str
    """What is said when the program stopped before it was done: it is not done later, the person is told and may ask again."""

    async def do(self, ticket: Ticket, leg: int, intent: Any) -> None:
        """Carry it out in one transaction, its events included."""
        ...

    async def done(self, tx: Tx, ticket: Ticket, leg: int, intent: Any) -> bool:
        """True when it stands, read in the given transaction."""
        ...


class Standing:
    """The changes by the kind of intent that asks for them; an intent nobody carries out raises LookupError."""

    def __init__(self, changes: Mapping[type, Change]) -> None:
        self._changes = changes

    async def do(self, ticket: Ticket, leg: int, intent: HouseIntent) -> None:
        """Carry a leg out."""
        await self._changes[type(intent)].do(ticket, leg, intent)

    async def done(self, tx: Tx, ticket: Ticket, leg: int, intent: HouseIntent) -> bool:
        """True when a leg stands."""
        return await self._changes[type(intent)].done(tx, ticket, leg, intent)

    def missed(self, intent: HouseIntent) -> str:
        """Why a leg of a ticket that was left behind is not done."""
        return self._changes[type(intent)].missed


class Resuming:
    """Releases the kill switch."""

    missed = "trading was not allowed again: it is still halted"

    def __init__(self, killswitch: KillSwitch) -> None:
        self._killswitch = killswitch

    async def do(self, ticket: Ticket, leg: int, intent: ResumeIntent) -> None:
        """See `Change`."""
        await self._killswitch.release(ticket.origin.who, ticket.origin.chat)

    async def done(self, tx: Tx, ticket: Ticket, leg: int, intent: ResumeIntent) -> bool:
        """See `Change`."""
        return not await switches.halted(tx, ticket.account)
