"""The record: what became of every order, written in one transaction with the ledger, the events and the ticket it belongs to."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from domain.events import Event, OrderCancelled, OrderOutcomeUnknown, OrderRejected, OrderReplaced, PositionOpened, TicketMoved
from domain.ledger import Entry, trade
from domain.money import ONE
from domain.orders import IN_FLIGHT, STOPS, CancelIntent, Fill, HouseIntent, Intent, Order, OrderIntent, OrderStatus, ReplaceIntent
from domain.ports import Clock, OrderReport
from domain.tickets import MOVES, Ticket, TicketStatus
from market.hub import Hub
from storage import ledger, orders, tickets
from storage.store import Store, Tx
from trading import legs
from trading.book import Book
from trading.bus import Bus, Note, Unit
from trading.claims import Claims
from trading.exits import lost_stops
from trading.happened import asked_by_the_house, happened
from trading.reports import Executed, executed, folded, other_terms
from trading.standing import Standing

log = logging.getLogger(__name__)

Failpoint = Callable[[str], None]
Told = Callable[[Order, Order], Event]

WHO = "execution"
EXTERNAL = "external_order"
SENT = "held_order_sent"
SUCCEEDED = "order_succeeded"
RESIZED = "exit_resized"
NEWEST = 200  # orders among which an entry may be whose last fill nobody has protected yet
CLOCK_MARGIN = timedelta(days=1)  # how far a venue's clock may be behind ours


def unbroken(name: str) -> None:
    """The failpoint of every day: goes on."""


class Record:
    """Writes down what the broker said. Every method is one transaction, and repeating it changes nothing.

    `driving` are the tickets somebody is sending right now; until that is done they do not move to WORKING. `strangers` is what was last
    reported of orders that are not ours.
    """

    def __init__(
        self, book: Book, hub: Hub, store: Store, bus: Bus, standing: Standing, clock: Clock, source: str, failpoint: Failpoint = unbroken
    ) -> None:
        self._book = book
        self._hub = hub
        self._store = store
        self._bus = bus
        self._standing = standing
        self._clock = clock
        self._source = source
        self._fail = failpoint
        self._newest: dict[str, datetime] = {}
        self._refused: dict[tuple[str, int], str] = {}
        self._changed: dict[str, set[str]] = {}
        self._taken_back: set[str] = set()  # by a person's ticket
        self._ours: set[str] = set()  # ended by the core
        self.strangers: dict[str, OrderReport] = {}
        self.doubtful: set[str] = set()  # two reports of one instant differ: which is the later is asked
        self.driving = Claims()
        self.touched: set[str] = set()  # tickets whose orders moved since protection looked at them

    async def order(self, name: str) -> Order | None:
        """The order under a client id as committed, or None."""
        async with self._store.read() as tx:
            return await orders.get(tx, name)

    async def chain(self, name: str) -> tuple[Order, ...]:
        """The order under a client id and those that took its place; empty for one that is not ours."""
        async with self._store.read() as tx:
            return await _chain(tx, name)

    async def look_again(self) -> None:
        """Have protection look at every ticket that may have a say in it: those of open orders and of the newest ones."""
        async with self._store.read() as tx:
            newest = await orders.recent(tx, self._book.spec.name, NEWEST)
        self.touched |= {o.ticket for o in (*newest, *self._book.orders)}

    async def released(self) -> list[Ticket]:
        """Tickets a person confirmed whose end is not known."""
        async with self._store.read() as tx:
            return await tickets.in_status(tx, self._book.spec.name, TicketStatus.CONFIRMED)

    async def rows(self, ticket: Ticket) -> list[Order]:
        """The order rows of a ticket."""
        async with self._store.read() as tx:
            return await orders.of_ticket(tx, ticket.id)

    async def write_rows(self, ticket: Ticket) -> None:
        """One row for each order leg, before anything of the ticket is sent."""
        async with self._bus.unit(who=WHO) as unit:
            await self.write_rows_in(unit, ticket)

    async def write_rows_in(self, unit: Unit, ticket: Ticket) -> list[Order]:
        """The same as part of a larger piece of work; the rows that were not there before."""
        now = self._clock.now()
        wanted = [legs.order_for(ticket, n, i, now) for n, i in enumerate(ticket.intents, 1) if isinstance(i, OrderIntent)]
        added = [order for order in wanted if await orders.add(unit.tx, order)]
        for order in added:
            self._shown(unit, order)
        self._fail("order.4 rows before their commit")
        return added

    async def apply(
        self,
        report: OrderReport,
        *,
        change: ReplaceIntent | None = None,
        covers: Decimal | None = None,
        why: str = "",
        told: Told | None = None,
    ) -> tuple[Order, Order] | None:
        """Fold a report into its order and book its executions; the order before and after, or None for an order that is not ours.

        Executions are told by their id, so nothing is booked twice. `change` is what the report is the answer to, if anything; `covers`
        is what of its entry the order then accounts for, where the core changed it; `why` the reason where the core ended it; `told` says
        what else is to be told when executions were booked.
        """
        async with self._bus.unit(who=WHO) as unit:
            before = await orders.get(unit.tx, report.client_id)
            if before is None:
                self._note_external(unit, report)
                return None
            entries = [e for f in report.fills if await ledger.add(unit.tx, e := self._entry(f))]
            done = await self._executed(unit.tx, before, entries)
            latest = self._newest.get(before.client_id)
            newest = change is not None or latest is None or report.at >= latest
            if change is None and report.at == latest and other_terms(before, report):
                self.doubtful.add(before.client_id)
            after = folded(before, report, done, newest=newest)
            if change is not None:
                after = legs.with_trail(after, change)
            after = self._linked(before, after, change, covers, why)
            if after != before:
                await orders.save(unit.tx, after)
                self._shown(unit, after)
                self.touched.add(after.ticket)
            asked = change is not None and covers is None  # what the core resizes follows a fill that is told already
            why = await asked_by_the_house(unit.tx, before) if entries else ""
            events = happened(before, after, entries, self._book.preview(()), self._clock.now(), replaced=asked, why=why)
            for event in events:
                unit.emit(event)
            if change is not None and not asked:
                unit.note(Note(self._clock.now(), after.account, RESIZED, change))  # nobody's ticket says why
            await self._guard(unit, before, after, flipped=any(isinstance(e, PositionOpened) for e in events))
            if entries and told is not None:
                unit.emit(told(before, after))
            for entry in entries:
                unit.then(partial(self._book.accept, entry))
            self._fail("order.8 report before its commit")
            if after != before or change is not None:
                await self._follow_all(unit, after)
            self._newest[before.client_id] = report.at if latest is None else max(latest, report.at)
        self._fail("order.9 report after its commit")
        return before, after

    async def sent(self, order: Order, quantity: Decimal, covers: Decimal) -> Order | None:
        """A held order is sent now, for that quantity: its row, pending from here on; None when it is not held any more."""
        now = self._clock.now()
        async with self._bus.unit(who=WHO) as unit:
            current = await orders.get(unit.tx, order.client_id)
            if current is None or not current.held:
                return None
            after = current.moved(OrderStatus.PENDING, now, quantity=quantity, covers=covers, created=now)
            await orders.save(unit.tx, after)
            self._shown(unit, after)
            unit.note(Note(now, after.account, SENT, after))
            self._fail("order.17 held leg before its commit")
        self._fail("order.18 held leg after its commit")
        return after

    async def next_leg(self, ticket_id: str) -> int:
        """The first leg number of a ticket that no intent and no order of it has."""
        async with self._store.read() as tx:
            ticket, rows = await tickets.get(tx, ticket_id), await orders.of_ticket(tx, ticket_id)
        return max([len(ticket.intents) if ticket else 0, *(o.leg for o in rows)]) + 1

    async def succeed(self, old: Order, new: Order, why: str) -> bool:
        """Write the row of an order that takes another's place, before anything is sent; False when it is there already."""
        async with self._bus.unit(who=WHO) as unit:
            added = await orders.add(unit.tx, new)
            if added:
                self._shown(unit, new)
                unit.note(Note(new.created, new.account, SUCCEEDED, legs.Succeeded(new, why)))
            self._fail("order.19 successor before its commit")
        for ticket_id in self._changed.get(old.client_id, ()):
            self._changed.setdefault(new.client_id, set()).add(ticket_id)
        self._fail("order.20 successor after its commit")
        return added

    async def rewrite(self, order: Order, change: ReplaceIntent) -> None:
        """Other prices for an order that is held: nothing has to be sent for that."""
        now = self._clock.now()
        async with self._bus.unit(who=WHO) as unit:
            current = await orders.get(unit.tx, order.client_id)
            if current is None or not current.held:
                return
            after = replace(legs.changed_order(current, change), updated=now)
            await orders.save(unit.tx, after)
            self._shown(unit, after)
            unit.emit(OrderReplaced(now, after.account, after))
            await self._follow_all(unit, after)

    async def end_held(self, order: Order, reason: str, *, by_person: bool = False) -> None:
        """An order that was held back is not sent any more."""
        status = OrderStatus.CANCELLED if by_person else OrderStatus.EXPIRED
        if by_person:
            self.take_back(order.client_id, by_person=True)
        await self._end(order, status, reason, from_flight=False)

    def take_back(self, name: str, *, by_person: bool = False) -> None:
        """An order is about to be ended by a person's ticket or by the core itself: its end is no surprise."""
        (self._taken_back if by_person else self._ours).add(name)

    def leaving(self, name: str) -> bool:
        """True for an order that a released ticket or the core is taking back."""
        return name in self._taken_back or name in self._ours

    async def refuse(self, order: Order, reason: str) -> None:
        """It is certain that the broker will not do it, or never got it."""
        await self._end(order, OrderStatus.REJECTED, reason)

    async def give_up(self, order: Order, reason: str) -> None:
        """Nothing more is done for an order in flight; should it turn up at the broker after all, its fills are booked."""
        await self._end(order, OrderStatus.EXPIRED, reason)

    async def lost(self, order: Order, reason: str) -> None:
        """An order we believed to work is not at the broker: it works no more."""
        await self._end(order, OrderStatus.EXPIRED, reason, from_flight=False)

    async def unknown(self, order: Order, reason: str) -> None:
        """It was sent and nobody knows; told once, its instant renewed with every attempt."""
        now = self._clock.now()
        async with self._bus.unit(who=WHO) as unit:
            current = await orders.get(unit.tx, order.client_id)
            if current is None or current.status not in IN_FLIGHT:
                return
            after = current.moved(OrderStatus.UNKNOWN, now, reason=reason)
            await orders.save(unit.tx, after)
            self._shown(unit, after)
            if current.status is not OrderStatus.UNKNOWN:
                unit.emit(OrderOutcomeUnknown(now, order.account, after))

    async def leg_failed(self, ticket: Ticket, leg: int, reason: str) -> None:
        """A cancel, change or release did not happen and will not be tried again."""
        self._refused[ticket.id, leg] = reason
        intent = ticket.intents[leg - 1]
        if isinstance(intent, CancelIntent):
            self._taken_back.discard(intent.client_id)
        await self.follow(ticket, settled=False)

    async def stands(self, ticket: Ticket, leg: int, intent: HouseIntent) -> bool:
        """True when what a leg changes in the house itself is done."""
        async with self._store.read() as tx:
            return await self._standing.done(tx, ticket, leg, intent)

    async def fail(self, ticket: Ticket, reason: str) -> None:
        """A confirmed ticket of which nothing was sent."""
        async with self._bus.unit(who=WHO) as unit:
            await self._move(unit, ticket, TicketStatus.FAILED, reason)

    async def follow(self, ticket: Ticket, *, settled: bool = True) -> None:
        """Let a ticket's status be what its legs make of it; not `settled` while some of them are still to be sent."""
        async with self._bus.unit(who=WHO) as unit:
            await self._follow(unit, ticket.id, settled=settled)

    def watch(self, ticket: Ticket) -> None:
        """Remember which orders a ticket cancels or changes, so that it follows them."""
        for intent in ticket.intents:
            if isinstance(intent, CancelIntent | ReplaceIntent):
                self._changed.setdefault(intent.client_id, set()).add(ticket.id)
            if isinstance(intent, CancelIntent):
                self._taken_back.add(intent.client_id)

    async def _end(self, order: Order, status: OrderStatus, reason: str, *, from_flight: bool = True) -> None:
        now = self._clock.now()
        async with self._bus.unit(who=WHO) as unit:
            current = await orders.get(unit.tx, order.client_id)
            if current is None or not current.open or (from_flight and current.status not in IN_FLIGHT):
                return
            after = self._linked(current, current.moved(status, now, reason=reason))
            await orders.save(unit.tx, after)
            self._shown(unit, after)
            self.touched.add(after.ticket)
            rejected = status is OrderStatus.REJECTED
            unit.emit(OrderRejected(now, order.account, after) if rejected else OrderCancelled(now, order.account, after))
            await self._guard(unit, current, after)
            self._fail("order.10 end before its commit")
            await self._follow_all(unit, after)
        self._fail("order.11 end after its commit")

    def _linked(
        self, before: Order, after: Order, change: ReplaceIntent | None = None, covers: Decimal | None = None, why: str = ""
    ) -> Order:
        """What the core did keeps an exit with its entry; a person who resizes it or takes it back has it to themselves from then on."""
        if covers is not None:
            after = replace(after, covers=covers)
        elif change is not None and change.quantity is not None:
            after = replace(after, waits_for=None)
        if before.open and not after.open:
            if why:
                return replace(after, reason=why)
            if before.client_id in self._taken_back:
                return replace(after, waits_for=None)
        return after

    async def _guard(self, unit: Unit, before: Order, after: Order, *, flipped: bool = False) -> None:
        """Remember a stop that went away unasked, and an exit that went beyond its position."""
        if flipped and after.reduce_only:
            await lost_stops.lose(unit.tx, after, self._clock.now(), flipped=True)
        ended = before.open and not after.open and not before.held and after.status is not OrderStatus.FILLED
        if not ended or not after.protective or after.type not in STOPS or self.leaving(after.client_id):
            return
        if before.status in IN_FLIGHT and before.waits_for is None and before.replaces is None:
            return  # it never protected anything, and its card says so
        await lost_stops.lose(unit.tx, after, self._clock.now())

    def _shown(self, unit: Unit, order: Order) -> None:
        unit.then(partial(self._book.put, order))

    def _entry(self, fill: Fill) -> Entry:
        instrument = self._hub.instrument(fill.symbol)
        return trade(fill, source=self._source, multiplier=instrument.multiplier if instrument else ONE)

    async def _executed(self, tx: Tx, order: Order, fresh: list[Entry]) -> Executed:
        if not fresh:
            return Executed(order.filled, order.average_price)
        counted = self._book.executions(order.client_id)
        if executed(counted).quantity == order.filled:
            return executed([*counted, *fresh])
        entries = await ledger.entries(tx, order.account, since=order.created - CLOCK_MARGIN)  # the book is not yet as far as the database
        return executed([e for e in entries if e.order == order.client_id])

    def _note_external(self, unit: Unit, report: OrderReport) -> None:
        """An order somebody else placed: shown in the journal once, never touched."""
        known = report.client_id in self.strangers
        self.strangers[report.client_id] = report
        if not known:
            log.warning("the broker reports order %s, which is not ours", report.client_id)
            unit.note(Note(self._clock.now(), self._book.spec.name, EXTERNAL, report))

    async def _follow_all(self, unit: Unit, order: Order) -> None:
        for ticket_id in [order.ticket, *sorted(self._changed.get(order.client_id, set()) - {order.ticket})]:
            await self._follow(unit, ticket_id)

    async def _follow(self, unit: Unit, ticket_id: str, *, settled: bool = False) -> None:
        ticket = await tickets.get(unit.tx, ticket_id)
        if ticket is None:
            return
        rows = await orders.of_ticket(unit.tx, ticket_id)
        each = [await self._leg(unit.tx, ticket, n, intent, rows) for n, intent in enumerate(ticket.intents, 1)]
        status, reason = legs.outcome(each)
        if status is TicketStatus.WORKING and ticket.id in self.driving and not settled:
            return
        if status is TicketStatus.EXECUTED and legs.had_failed(ticket):
            status, reason = TicketStatus.PARTIAL, ticket.reason
        if status is not ticket.status and status in MOVES[ticket.status]:
            await self._move(unit, ticket, status, reason)

    async def _leg(self, tx: Tx, ticket: Ticket, number: int, intent: Intent, rows: list[Order]) -> legs.Leg:
        if isinstance(intent, OrderIntent):
            found = legs.chain(rows, legs.client_id(ticket.id, number))
            if not found:
                return legs.Leg(legs.LegState.WAITING)
            return legs.order_leg(found) if intent.waits_for is None else legs.exit_leg(found)
        if ticket.status is not TicketStatus.CONFIRMED:
            return legs.Leg(legs.LegState.DONE)  # it was settled before the ticket left CONFIRMED
        if (ticket.id, number) in self._refused:
            return legs.Leg(legs.LegState.FAILED, self._refused[ticket.id, number])
        if isinstance(intent, CancelIntent):
            return legs.cancel_leg(await _chain(tx, intent.client_id))
        if isinstance(intent, ReplaceIntent):
            return legs.replace_leg(await _chain(tx, intent.client_id), intent, ticket.created)
        return legs.Leg(legs.LegState.DONE if await self._standing.done(tx, ticket, number, intent) else legs.LegState.WAITING)

    async def _move(self, unit: Unit, ticket: Ticket, status: TicketStatus, reason: str) -> None:
        self._fail("order.12 ticket before its move")
        if await tickets.move(unit.tx, ticket.id, ticket.status, status, reason):
            unit.emit(TicketMoved(self._clock.now(), ticket.account, ticket.id, ticket.line, status, WHO, reason))


async def _chain(tx: Tx, name: str) -> tuple[Order, ...]:
    order = await orders.get(tx, name)
    return () if order is None else legs.chain(await orders.of_ticket(tx, order.ticket), name)
