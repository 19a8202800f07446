"""The ticket desk, the one door to the broker: a proposal is shown, confirmed once by the right person, judged again, and then sent."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from domain.errors import Halted, NotAllowed, TicketClosed, TicketMismatch, UserError, WordNeeded
from domain.events import ActionProposed, TicketMoved
from domain.exits import ExitRule
from domain.mandates import Scope
from domain.money import ZERO
from domain.orders import BreakerIntent, Intent, MandateIntent, Order, ResumeIntent
from domain.portfolio import Portfolio
from domain.ports import Clock, Ids
from domain.tickets import CODE, Finding, Origin, Proposer, Ticket, TicketStatus
from storage import tickets
from storage.store import Store
from trading.assessment import TOLERANCE, Assessment, Assessor, closes, drift
from trading.authority import Authority, Keyboard
from trading.book import Book
from trading.bus import Bus, Note, Unit
from trading.execution import Execution
from trading.guards.buckets import By
from trading.guards.safeguards import Guards
from trading.guards.state import HALTED
from trading.legs import reduces
from trading.record import Failpoint, unbroken
from trading.turns import Turns

SHOWN = "ticket_shown"
BY_RESTART = "expired by restart, nothing was sent"
BY_TIME = "expired, nothing was sent"
WHO = "desk"
LARGE_WORD = "LARGE"
RESUME_WORD = "RESUME"

Beside = Callable[[Unit, Ticket], Awaitable[None]]

OWNERS_ONLY = (ResumeIntent, BreakerIntent, MandateIntent)

_CLOSED = {
    TicketStatus.DENIED: "was denied",
    TicketStatus.CANCELLED: "was cancelled",
    TicketStatus.EXPIRED: "has expired, nothing was sent",
    TicketStatus.REPLACED: "was replaced by a fresh card",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a card offers: how long it waits, how far a price may move until its confirmation, as a fraction, and from what value on an
    order that may open asks for more than a tap (None: never).
    """

    life: timedelta = timedelta(minutes=2)
    tolerance: Decimal = TOLERANCE
    large: Decimal | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What automation asks for; see `TicketDesk.act`."""

    line: str
    verb: str
    proposer: Proposer
    origin: Origin
    intents: tuple[Intent, ...]
    scope: Scope
    why: str
    signed: ExitRule | None
    beside: Beside | None


class _NeedsCardError(Exception):
    """What was to go unseen is for a person to decide."""


class TicketDesk:
    """Tickets of one account, from proposal to release. Nothing else calls `Execution.submit`."""

    def __init__(
        self,
        book: Book,
        store: Store,
        bus: Bus,
        assessor: Assessor,
        execution: Execution,
        clock: Clock,
        ids: Ids,
        guards: Guards,
        *,
        authority: Authority | None = None,
        failpoint: Failpoint = unbroken,
        terms: Terms | None = None,
    ) -> None:
        self._terms = terms or Terms()
        self._book = book
        self._store = store
        self._bus = bus
        self._assessor = assessor
        self._execution = execution
        self._clock = clock
        self._ids = ids
        self._guards = guards
        self._authority = authority or Keyboard()
        self._fail = failpoint
        self._turns = Turns()

    async def propose(
        self, *, line: str, verb: str, origin: Origin, proposer: Proposer, intents: Sequence[Intent], word: str | None = None
    ) -> Ticket:
        """Draw up a ticket on quotes read now: stored and journalled with all it shows, PROPOSED, or DENIED with a blocking finding.

        Nothing is sent. Raises UserError where there is nothing to propose (unknown symbol, no price, too small an amount).
        """
        if not intents:
            raise UserError("There is nothing to do.", code="nothing_to_do")
        found = await self._assessor.assess(intents, automated=proposer.automated)
        word = self._asks(found, origin, word)
        ticket = self._ticket(found, line=line, verb=verb, origin=origin, proposer=proposer, word=word)
        async with self._unit(origin) as unit:
            await self._store_new(unit, ticket)
        return ticket

    async def confirm(self, ticket_id: str, digest: str | None, origin: Origin, *, word: str | None = None) -> Ticket:
        """Release a ticket: the same person, what was shown, in time, once; then it is sent, and the ticket as it then stands comes back.

        A fresh PROPOSED ticket whose `replaces` is this id comes back when the price left the tolerance, a DENIED one when risk now finds
        something blocking. Raises NotAllowed, TicketMismatch, WordNeeded, Halted, or TicketClosed, also for all but the first tap.
        """
        ticket = await self._open_ticket(ticket_id, origin)
        self._check(ticket, digest, origin, word)
        if ticket.word == CODE:
            await self._authority.prove(origin, (word or "").strip())
        async with self._turns.turn(ticket.intents, self._book.orders) as over:
            found = await self._assessor.assess(ticket.intents, as_shown=True, automated=ticket.proposer.automated)
            moved = drift(ticket, found.quotes, self._terms.tolerance)
            if moved:
                return await self._replace(ticket, origin, moved)
            if found.blocked:
                return await self._deny(ticket, origin, found)
            self._fail("order.1 before the release")
            with self._execution.claim(ticket.id):
                released = await self._release(ticket, origin)
                if released.status is TicketStatus.DENIED:
                    return released
                self._fail("order.3 after the release")
                await self._execution.submit(released, written=over)
        return await self._now(ticket)

    async def act(
        self,
        *,
        line: str,
        verb: str,
        proposer: Proposer,
        origin: Origin,
        intents: Sequence[Intent],
        scope: Scope,
        why: str,
        signed: ExitRule | None = None,
        beside: Beside | None = None,
    ) -> Ticket:
        """A ticket of the house's own: released and sent at once where a mandate covers it, else PROPOSED to the person of `origin`.

        `signed` is the exit that asks, whose own card is its mandate; `beside` writes in the transaction that stores the ticket. Release
        and order rows are one transaction, so a stop waits for the disk once. Risk and the trading state judge it like any other, so it may
        come back DENIED. Raises UserError as `propose` does.
        """
        asked = _Asked(line, verb, proposer, origin, tuple(intents), scope, why, signed, beside)
        async with self._turns.turn(intents, self._book.orders) as over:
            if signed is not None and self._guards.automation.allowed and closes(intents):
                with suppress(_NeedsCardError):
                    return await self._act(asked, over, unseen=True)
            return await self._act(asked, over, unseen=False)

    async def _act(self, asked: _Asked, over: Callable[[], None], *, unseen: bool) -> Ticket:
        """`act` once; `unseen` reckons nothing that only a reader needs, and raises _NeedsCardError where somebody is to read it."""
        found = await self._assessor.assess(asked.intents, automated=asked.proposer.automated, unseen=unseen)
        ticket = self._ticket(found, line=asked.line, verb=asked.verb, origin=asked.origin, proposer=asked.proposer, word=None)
        portfolio = found.portfolio if unseen else await self._book.snapshot(day=False)  # what only closes reduces whatever is held
        rows: list[Order] = []
        with self._execution.claim(ticket.id):
            async with self._bus.unit(who=asked.proposer.value) as unit:
                ticket = await self._covered(unit, ticket, portfolio, asked.scope, asked.signed)
                if unseen and ticket.open and ticket.mandate is None:
                    raise _NeedsCardError
                await self._store_new(unit, ticket)
                if asked.beside is not None:
                    await asked.beside(unit, ticket)
                if ticket.mandate is not None:
                    await tickets.move(unit.tx, ticket.id, TicketStatus.PROPOSED, TicketStatus.CONFIRMED)
                    unit.emit(self._moved(ticket, TicketStatus.CONFIRMED, f"mandate:{ticket.mandate}", asked.why))
                    rows = await self._execution.prepare(unit, ticket)
                elif ticket.open:
                    unit.emit(self._waiting(ticket, asked.why, urgent=asked.scope is Scope.STOPS))
                self._fail("order.2 release before its commit")
            if ticket.mandate is None:
                return ticket
            self._fail("order.3 after the release")
            await self._execution.submit(ticket.moved(TicketStatus.CONFIRMED), rows, written=over)
        return await self._now(ticket)

    async def cancel(self, ticket_id: str, origin: Origin) -> Ticket:
        """Say no: the ticket is CANCELLED and nothing was or will be sent. Raises NotAllowed or TicketClosed."""
        ticket = await self._open_ticket(ticket_id, origin)
        return await self._close(ticket, origin, TicketStatus.CANCELLED, "cancelled, nothing was sent")

    async def expire(self) -> list[Ticket]:
        """Expire every open ticket whose time is over, and return those."""
        now = self._clock.now()
        return await self._expire([t for t in await self.open_tickets() if t.expires <= now], BY_TIME)

    async def expire_by_restart(self) -> list[Ticket]:
        """Expire every ticket that was open when the program stopped: its card was shown by a program that is gone."""
        return await self._expire(await self.open_tickets(), BY_RESTART)

    async def open_tickets(self) -> list[Ticket]:
        """Tickets that wait for a person, oldest first; one whose time is over waits until it is expired."""
        async with self._store.read() as tx:
            return await tickets.in_status(tx, self._book.spec.name, TicketStatus.PROPOSED)

    async def get(self, ticket_id: str) -> Ticket | None:
        """A ticket of this account as it stands, or None."""
        async with self._store.read() as tx:
            ticket = await tickets.get(tx, ticket_id)
        return ticket if ticket is not None and ticket.account == self._book.spec.name else None

    def _asks(self, found: Assessment, origin: Origin, word: str | None) -> str | None:
        """What the card asks for besides the tap: a word, of a large order and to trade again too; a code instead where there is one."""
        value = sum((leg.value or ZERO for leg in found.consequence.legs), ZERO)
        large = self._terms.large is not None and value > self._terms.large and not closes(found.intents)
        reserved = any(isinstance(intent, OWNERS_ONLY) for intent in found.intents)
        resumes = any(isinstance(intent, ResumeIntent) for intent in found.intents)
        word = word or (LARGE_WORD if large else RESUME_WORD if resumes else None)
        return self._authority.word(origin, word, weighty=reserved or word is not None)

    def _ticket(self, found: Assessment, **fields: object) -> Ticket:
        now = self._clock.now()
        status = TicketStatus.DENIED if found.blocked else TicketStatus.PROPOSED
        return Ticket(
            id=self._ids.new(),
            account=self._book.spec.name,
            intents=found.intents,
            quotes=found.quotes,
            consequence=found.consequence,
            findings=found.findings,
            created=now,
            expires=now + self._terms.life,
            status=status,
            reason=found.blocked,
            **fields,  # type: ignore[arg-type]
        )

    async def _open_ticket(self, ticket_id: str, origin: Origin) -> Ticket:
        """The ticket, for its owner, while it waits; a stranger learns nothing of its state."""
        ticket = await self.get(ticket_id)
        if ticket is None:
            raise TicketClosed(f"There is no card {ticket_id[:12]} here.")
        if not self._authority.answers(origin, ticket.origin):
            raise NotAllowed("Only the person who asked for this, or an owner, can answer its card.")
        if not ticket.open:
            raise _closed(ticket)
        if ticket.expires <= self._clock.now():
            await self._expire([ticket], BY_TIME)
            raise _closed(ticket.moved(TicketStatus.EXPIRED))
        return ticket

    def _check(self, ticket: Ticket, digest: str | None, origin: Origin, word: str | None) -> None:
        if digest is None or not hmac.compare_digest(digest.encode(), ticket.digest().encode()):
            raise TicketMismatch("This button does not belong to the card as it was shown; nothing was sent.", example=ticket.line)
        reserved = next((i for i in ticket.intents if isinstance(i, OWNERS_ONLY)), None)
        if reserved is not None and not self._authority.owns(origin):
            raise NotAllowed(f"Only an owner can {reserved.sentence}.")
        if ticket.word not in (None, CODE) and (word or "").strip().upper() != ticket.word.upper():
            example = f"confirm {ticket.id} {ticket.word}"
            raise WordNeeded(f"This needs its word besides the tap: type {example}.", word=ticket.word, example=example)

    async def _release(self, ticket: Ticket, origin: Origin) -> Ticket:
        """PROPOSED to CONFIRMED for the first tap only; the trading state and the order buckets are read in the same transaction."""
        portfolio = await self._book.snapshot(day=False)
        async with self._unit(origin) as unit:
            refused = await self._refusal(unit, ticket, portfolio, By.PERSON)
            if refused is None:
                released = await self._move(unit, ticket, origin, TicketStatus.CONFIRMED)
                self._fail("order.2 release before its commit")
                return released
            denied = await self._move(unit, ticket, origin, TicketStatus.DENIED, f"{refused.sentence} Nothing was sent.")
        if refused.code == HALTED:
            raise Halted("Trading is halted: nothing was sent. Closing and cancelling go on; `#resume` is an owner's.", example="#resume")
        return replace(denied, findings=(refused, *denied.findings))

    async def _covered(self, unit: Unit, ticket: Ticket, portfolio: Portfolio, scope: Scope, signed: ExitRule | None) -> Ticket:
        """A ticket of the house's own with the mandate that releases it; DENIED when nothing may."""
        if not ticket.open:
            return ticket
        mandate = await self._guards.mandates.covering(unit.tx, ticket, scope, signed)
        refused = await self._refusal(unit, ticket, portfolio, By.CARD if mandate is None else By.MANDATE)
        if refused is None:
            return replace(ticket, mandate=mandate)
        return replace(ticket, status=TicketStatus.DENIED, reason=refused.sentence, findings=(refused, *ticket.findings))

    async def _refusal(self, unit: Unit, ticket: Ticket, portfolio: Portfolio, by: By) -> Finding | None:
        """What speaks against releasing a ticket now: the trading state where it opens anything, and a bucket that is full."""
        refused = self._guards.trading.finding(await self._guards.trading.stored(unit.tx))
        if refused is not None and not all(reduces(i, portfolio) for i in ticket.intents):
            return refused
        return await self._guards.buckets.overflow(unit, ticket, portfolio, by)

    async def _replace(self, ticket: Ticket, origin: Origin, moved: str) -> Ticket:
        """The price left the tolerance: a fresh card, sized anew where money was named, in the place of the old one."""
        found = await self._assessor.assess(ticket.intents, automated=ticket.proposer.automated)
        fresh = self._ticket(found, line=ticket.line, verb=ticket.verb, origin=ticket.origin, proposer=ticket.proposer, word=ticket.word)
        fresh = replace(fresh, replaces=ticket.id)
        async with self._unit(origin) as unit:
            await self._move(unit, ticket, origin, TicketStatus.REPLACED, moved)
            await self._store_new(unit, fresh)
        return fresh

    async def _deny(self, ticket: Ticket, origin: Origin, found: Assessment) -> Ticket:
        if any(f.code == HALTED for f in found.findings):
            await self._close(ticket, origin, TicketStatus.DENIED, found.blocked)
            raise Halted(f"{found.blocked} Nothing was sent.", example="#resume")
        denied = await self._close(ticket, origin, TicketStatus.DENIED, f"{found.blocked} Nothing was sent.")
        return replace(denied, findings=found.findings)

    async def _close(self, ticket: Ticket, origin: Origin, status: TicketStatus, reason: str) -> Ticket:
        async with self._unit(origin) as unit:
            return await self._move(unit, ticket, origin, status, reason)

    async def _expire(self, over: Sequence[Ticket], reason: str) -> list[Ticket]:
        expired = []
        for ticket in over:
            async with self._bus.unit(who=WHO) as unit:
                if await tickets.move(unit.tx, ticket.id, TicketStatus.PROPOSED, TicketStatus.EXPIRED, reason):
                    unit.emit(self._moved(ticket, TicketStatus.EXPIRED, WHO, reason))
                    expired.append(ticket.moved(TicketStatus.EXPIRED, reason))
        return expired

    async def _move(self, unit: Unit, ticket: Ticket, origin: Origin, status: TicketStatus, reason: str = "") -> Ticket:
        """Out of PROPOSED, once: whoever comes second gets TicketClosed."""
        if not await tickets.move(unit.tx, ticket.id, TicketStatus.PROPOSED, status, reason):
            current = await tickets.get(unit.tx, ticket.id)
            raise _closed(current or ticket)
        unit.emit(self._moved(ticket, status, origin.who, reason))
        return ticket.moved(status, reason)

    async def _store_new(self, unit: Unit, ticket: Ticket) -> None:
        body = await tickets.add(unit.tx, ticket)
        unit.note(Note(ticket.created, ticket.account, SHOWN, ticket, body))
        unit.emit(self._moved(ticket, ticket.status, ticket.origin.who, ticket.reason))

    def _moved(self, ticket: Ticket, status: TicketStatus, mover: str, reason: str) -> TicketMoved:
        return TicketMoved(self._clock.now(), ticket.account, ticket.id, ticket.line, status, mover, reason)

    def _waiting(self, ticket: Ticket, why: str, *, urgent: bool) -> ActionProposed:
        return ActionProposed(
            self._clock.now(), ticket.account, ticket.id, ticket.digest(), ticket.line, why, ticket.expires, urgent=urgent
        )

    async def _now(self, ticket: Ticket) -> Ticket:
        return await self.get(ticket.id) or ticket

    def _unit(self, origin: Origin) -> AbstractAsyncContextManager[Unit]:
        return self._bus.unit(who=origin.who, origin=origin.chat)


def _closed(ticket: Ticket) -> TicketClosed:
    return TicketClosed(f"This card {_CLOSED.get(ticket.status, 'was confirmed already')}: {ticket.line}")
