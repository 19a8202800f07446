"""Mandates: what a person signed once lets automation act; without one it only proposes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from domain.errors import UserError
from domain.events import MandateEnded, MandateSigned
from domain.exits import ExitRule, ExitStatus
from domain.mandates import Mandate, MandateStatus, Scope
from domain.money import ZERO, money_text
from domain.orders import CancelIntent, Intent, MandateIntent, OrderIntent, ReplaceIntent
from domain.ports import Clock
from domain.tickets import Ticket
from market.hub import Hub
from storage import exits, mandates, orders
from storage.store import Store, Tx
from trading.book import Book
from trading.bus import Bus
from trading.guards.automation import Automation
from trading.guards.tally import legs_of, load_of, sent, total

WHO = "mandates"
OVER = (ExitStatus.REMOVED, ExitStatus.EXPIRED, ExitStatus.ENDED)


class OwnCards:
    """The mandate an exit carries itself: the card that set it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def covering(self, tx: Tx, ticket: Ticket, signed: ExitRule | None) -> str | None:
        """The ticket that set the exit, while it is in force, for orders that reduce its symbol and nothing else."""
        if signed is None or signed.status is not ExitStatus.ACTIVE or signed.expires <= self._clock.now():
            return None
        stored = await exits.get(tx, signed.id)
        if stored is not None and stored.status in OVER:
            return None  # taken back since it fired
        return signed.ticket if all(_within(i, signed) for i in ticket.intents) else None


class MandateDesk:
    """One account's mandates: signed by a card, counted where they are used, ended by their time or by a person."""

    def __init__(self, book: Book, hub: Hub, store: Store, bus: Bus, clock: Clock, automation: Automation) -> None:
        self._book = book
        self._hub = hub
        self._store = store
        self._bus = bus
        self._clock = clock
        self._automation = automation
        self._own = OwnCards(clock)
        self._due: datetime | None = None

    async def load(self) -> None:
        """Take up what is in force."""
        found = await self.active()
        self._due = min((m.expires for m in found), default=None)

    async def covering(self, tx: Tx, ticket: Ticket, scope: Scope, signed: ExitRule | None) -> str | None:
        """The id of what a person signed for this, or None: then it is only proposed. Read in the ticket's own transaction.

        In manual-only mode nothing covers; else the exit's own card, else the oldest mandate in force that has room for it.

        What was sent under a mandate today is counted in the same transaction, so two tickets at once never exceed it together.
        """
        if not await self._automation.allowed_in(tx):
            return None
        own = await self._own.covering(tx, ticket, signed)
        if own is not None:
            return own
        for mandate in await mandates.in_status(tx, self._account, MandateStatus.ACTIVE):
            if await self._fits(tx, mandate, ticket, scope):
                return mandate.id
        return None

    async def active(self) -> list[Mandate]:
        """The mandates in force, oldest first."""
        now = self._clock.now()
        async with self._store.read() as tx:
            return [m for m in await mandates.in_status(tx, self._account, MandateStatus.ACTIVE) if m.expires > now]

    async def used(self, mandate: Mandate) -> tuple[int, str]:
        """What was sent under a mandate today: orders, and money as text."""
        async with self._store.read() as tx:
            load = total(load_of(t) for t in await sent(tx, self._account, self._hub.day_start()) if t.mandate == mandate.id)
        return load.orders, money_text(load.notional or ZERO, self._book.spec.currency)

    async def sign(self, mandate: Mandate, what: str, who: str, origin: str = "") -> bool:
        """Put a mandate into force; False when it is already. `what` is the sentence that was signed."""
        async with self._bus.unit(who=who, origin=origin) as unit:
            if not await mandates.add(unit.tx, mandate):
                return False
            unit.emit(MandateSigned(mandate.signed, self._account, mandate.id, what, mandate.expires, who))

            def follow() -> None:
                self._due = min(self._due or mandate.expires, mandate.expires)

            unit.then(follow)
        return True

    async def revoke(self, id: str, who: str, origin: str = "") -> Mandate:
        """End a mandate at once; a later ticket is only proposed. Raises UserError when there is none of that id in force."""
        async with self._bus.unit(who=who, origin=origin) as unit:
            mandate = await mandates.get(unit.tx, id)
            if mandate is None or mandate.account != self._account or mandate.status is not MandateStatus.ACTIVE:
                raise UserError(f"There is no mandate {id[:12]} in force.", example="/mandates", code="nothing_to_do")
            ended = mandate.moved(MandateStatus.REVOKED)
            await mandates.save(unit.tx, ended)
            unit.emit(MandateEnded(self._clock.now(), self._account, id, scopes_text(mandate), "revoked", who))
        return ended

    async def stands(self, tx: Tx, intent: MandateIntent) -> bool:
        """True when what an intent asks for is done: the mandate was put into force, or is not any more."""
        found = await mandates.get(tx, intent.mandate.id)
        if intent.revoke:
            return found is None or found.status is not MandateStatus.ACTIVE
        return found is not None

    async def expire(self) -> list[Mandate]:
        """End the mandates whose time is over, and return those."""
        now = self._clock.now()
        if self._due is None or self._due > now:
            return []
        async with self._bus.unit(who=WHO) as unit:
            standing = await mandates.in_status(unit.tx, self._account, MandateStatus.ACTIVE)
            over = [m.moved(MandateStatus.EXPIRED) for m in standing if m.expires <= now]
            for mandate in over:
                await mandates.save(unit.tx, mandate)
                unit.emit(MandateEnded(now, self._account, mandate.id, scopes_text(mandate), "its time is over"))
            due = min((m.expires for m in standing if m.expires > now), default=None)

            def follow() -> None:
                self._due = due

            unit.then(follow)
        return over

    @property
    def _account(self) -> str:
        return self._book.spec.name

    async def _fits(self, tx: Tx, mandate: Mandate, ticket: Ticket, scope: Scope) -> bool:
        if scope not in mandate.scopes or mandate.expires <= self._clock.now():
            return False
        for intent in ticket.intents:
            if not await _allows(tx, mandate, intent):
                return False
        loads = legs_of(ticket)
        if mandate.per_order is not None and any(x.notional is None or x.notional > mandate.per_order for x in loads.values()):
            return False
        today = await sent(tx, mandate.account, self._hub.day_start())
        after = total([*(load_of(t) for t in today if t.mandate == mandate.id), *loads.values()])
        if mandate.per_day is not None and (after.notional is None or after.notional > mandate.per_day):
            return False
        return after.orders <= mandate.orders_a_day


async def _allows(tx: Tx, mandate: Mandate, intent: Intent) -> bool:
    """True for an order, change or cancel on a symbol the mandate is for; what changes the house itself is nobody's but a person's.

    Under one that only reduces, an order has to be reduce-only: two sales that each only take from a holding could cross zero together.
    """
    if not isinstance(intent, OrderIntent | CancelIntent | ReplaceIntent):
        return False
    if mandate.symbols and intent.symbol not in mandate.symbols:
        return False
    if not mandate.reduce_only or isinstance(intent, CancelIntent):
        return True
    if isinstance(intent, OrderIntent):
        return intent.reduce_only
    order = await orders.get(tx, intent.client_id)
    return order is not None and order.reduce_only


def scopes_text(mandate: Mandate) -> str:
    """Which automation it is for: `stops and targets`."""
    names = [s.value for s in mandate.scopes]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _within(intent: Intent, rule: ExitRule) -> bool:
    if isinstance(intent, OrderIntent):
        return intent.symbol == rule.symbol and intent.reduce_only
    return isinstance(intent, CancelIntent | ReplaceIntent) and intent.symbol == rule.symbol


class Signing:
    """Puts a mandate into force by a card, or ends one."""

    missed = "nothing was signed: what automation may do is as it was"

    def __init__(self, desk: MandateDesk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    async def do(self, ticket: Ticket, leg: int, intent: MandateIntent) -> None:
        """See `Change`."""
        who, chat = ticket.origin.who, ticket.origin.chat
        if intent.revoke:
            await self._desk.revoke(intent.mandate.id, who, chat)
            return
        signed = replace(intent.mandate, ticket=ticket.id, signed_by=who, signed=self._clock.now())
        await self._desk.sign(signed, intent.sentence, who, chat)

    async def done(self, tx: Tx, ticket: Ticket, leg: int, intent: MandateIntent) -> bool:
        """See `Change`."""
        return await self._desk.stands(tx, intent)
