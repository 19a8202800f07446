"""The record: what became of every order, written in one transaction with the ledger, the events and the ticket it belongs to."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from domain.events import (
    Event,
    OrderAccepted,
    OrderCancelled,
    OrderFilled,
    OrderOutcomeUnknown,
    OrderRejected,
    OrderReplaced,
    PositionClosed,
    PositionOpened,
    StopMoved,
    TicketMoved,
)
from domain.ledger import Entry, trade
from domain.money import ONE
from domain.orders import (
    ENDED,
    IN_FLIGHT,
    CancelIntent,
    Fill,
    HouseIntent,
    Intent,
    Order,
    OrderIntent,
    OrderStatus,
    OrderType,
    ReplaceIntent,
)
from domain.ports import Clock, OrderReport
from domain.tickets import MOVES, Ticket, TicketStatus
from market.hub import Hub
from storage import ledger, orders, tickets
from storage.store import Store, Tx
from trading.book import Book
from trading.bus import Bus, Note, Unit
from trading.legs import Leg, LegState, cancel_leg, changed_order, client_id, order_for, order_leg, outcome, replace_leg
from trading.reports import Executed, executed, folded
from trading.standing import Standing

log = logging.getLogger(__name__)

Failpoint = Callable[[str], None]

WHO = "execution"
EXTERNAL = "external_order"
CLOCK_MARGIN = timedelta(days=1)  # how far a venue's clock may be behind ours


def unbroken(name: str) -> None:
    """The failpoint of every day: goes on."""


class Record:
    """Writes down what the broker said. Every method is one transaction, and repeating it changes nothing.

    `driving` are the tickets somebody is sending right now; until that is done they do not move to WORKING.
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
        self._external: set[str] = set()
        self.driving: Counter[str] = Counter()

    async def order(self, name: str) -> Order | None:
        """The order under a client id as committed, or None."""
        async with self._store.read() as tx:
            return await orders.get(tx, name)

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
        now = self._clock.now()
        async with self._bus.unit(who=WHO) as unit:
            for leg, intent in enumerate(ticket.intents, 1):
                if isinstance(intent, OrderIntent):
                    order = order_for(ticket, leg, intent, now)
                    if await orders.add(unit.tx, order):
                        self._shown(unit, order)
            self._fail("order.4 rows before their commit")

    async def apply(self, report: OrderReport, *, change: ReplaceIntent | None = None) -> tuple[Order, Order] | None:
        """Fold a report into its order and book its executions; the order before and after, or None for an order that is not ours.

        Executions are told by their id, so nothing is booked twice. `change` is what the report is the answer to, if anything.
        """
        async with self._bus.unit(who=WHO) as unit:
            before = await orders.get(unit.tx, report.client_id)
            if before is None:
                self._note_external(unit, report)
                return None
            entries = [e for f in report.fills if await ledger.add(unit.tx, e := self._entry(f))]
            done = await self._executed(unit.tx, before, entries)
            latest = self._newest.get(before.client_id)
            newest = change is not None or latest is None or report.at > latest or _shrunk(before, report, latest)
            after = folded(before, report, done, newest=newest)
            if change is not None:
                after = _with_trail(after, change)
            if after != before:
                await orders.save(unit.tx, after)
                self._shown(unit, after)
            for event in self._events(before, after, entries, replaced=change is not None):
                unit.emit(event)
            for entry in entries:
                unit.then(partial(self._book.accept, entry))
            self._fail("order.8 report before its commit")
            if after != before or change is not None:
                await self._follow_all(unit, after)
            self._newest[before.client_id] = report.at if latest is None else max(latest, report.at)
        self._fail("order.9 report after its commit")
        return before, after

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

    async def _end(self, order: Order, status: OrderStatus, reason: str, *, from_flight: bool = True) -> None:
        now = self._clock.now()
        async with self._bus.unit(who=WHO) as unit:
            current = await orders.get(unit.tx, order.client_id)
            if current is None or not current.open or (from_flight and current.status not in IN_FLIGHT):
                return
            after = current.moved(status, now, reason=reason)
            await orders.save(unit.tx, after)
            self._shown(unit, after)
            rejected = status is OrderStatus.REJECTED
            unit.emit(OrderRejected(now, order.account, after) if rejected else OrderCancelled(now, order.account, after))
            self._fail("order.10 end before its commit")
            await self._follow_all(unit, after)
        self._fail("order.11 end after its commit")

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
        if report.client_id not in self._external:
            self._external.add(report.client_id)
            log.warning("the broker reports order %s, which is not ours", report.client_id)
            unit.note(Note(self._clock.now(), self._book.spec.name, EXTERNAL, report))

    def _events(self, before: Order, after: Order, entries: list[Entry], *, replaced: bool) -> list[Event]:
        at, account = self._clock.now(), after.account
        events: list[Event] = []
        if before.status in IN_FLIGHT and after.status is OrderStatus.ACCEPTED:
            events.append(OrderAccepted(at, account, after))
        if replaced and after.open:
            events.append(OrderReplaced(at, account, after))
        if not replaced and (moved := _trailed(before, after)) is not None:
            events.append(StopMoved(at, account, after.symbol, after.client_id, before.stop, moved, "trailing stop at the broker"))
        events += self._fill_events(before, after, entries)
        if before.open and after.status is OrderStatus.REJECTED:
            events.append(OrderRejected(at, account, after))
        elif before.open and after.status in ENDED and after.status is not OrderStatus.FILLED:
            events.append(OrderCancelled(at, account, after))
        return events

    def _fill_events(self, before: Order, after: Order, entries: list[Entry]) -> list[Event]:
        at, account, symbol = self._clock.now(), after.account, after.symbol
        holdings, filled = self._book.preview(()), before.filled
        events: list[Event] = []
        for number, entry in enumerate(entries, 1):
            was = holdings.quantity(symbol)
            realised = holdings.add(entry)
            becomes = holdings.quantity(symbol)
            filled += entry.quantity
            shown = after if number == len(entries) else replace(after, status=OrderStatus.PARTIAL, filled=filled)
            events.append(OrderFilled(at, account, shown, _fill(entry, after), realised))
            if was and (not becomes or was * becomes < 0):
                events.append(PositionClosed(at, account, symbol, holdings.closed[-1].realised))
            if becomes and was * becomes <= 0:
                events.append(PositionOpened(at, account, symbol, becomes, entry.price))
        return events

    async def _follow_all(self, unit: Unit, order: Order) -> None:
        for ticket_id in [order.ticket, *sorted(self._changed.get(order.client_id, set()) - {order.ticket})]:
            await self._follow(unit, ticket_id)

    async def _follow(self, unit: Unit, ticket_id: str, *, settled: bool = False) -> None:
        ticket = await tickets.get(unit.tx, ticket_id)
        if ticket is None:
            return
        rows = {o.client_id: o for o in await orders.of_ticket(unit.tx, ticket_id)}
        legs = [await self._leg(unit.tx, ticket, n, intent, rows) for n, intent in enumerate(ticket.intents, 1)]
        status, reason = outcome(legs)
        if status is TicketStatus.WORKING and ticket.id in self.driving and not settled:
            return
        if ticket.status is TicketStatus.WORKING and ticket.reason and status is TicketStatus.EXECUTED:
            status, reason = TicketStatus.PARTIAL, ticket.reason  # a leg had failed before, and its target has moved on since
        if status is not ticket.status and status in MOVES[ticket.status]:
            await self._move(unit, ticket, status, reason)

    async def _leg(self, tx: Tx, ticket: Ticket, number: int, intent: Intent, rows: dict[str, Order]) -> Leg:
        if isinstance(intent, OrderIntent):
            row = rows.get(client_id(ticket.id, number))
            return order_leg(row) if row else Leg(LegState.WAITING)
        if ticket.status is not TicketStatus.CONFIRMED:
            return Leg(LegState.DONE)  # it was settled before the ticket left CONFIRMED
        if (ticket.id, number) in self._refused:
            return Leg(LegState.FAILED, self._refused[ticket.id, number])
        if isinstance(intent, CancelIntent):
            return cancel_leg(await orders.get(tx, intent.client_id))
        if isinstance(intent, ReplaceIntent):
            return replace_leg(await orders.get(tx, intent.client_id), intent)
        return Leg(LegState.DONE if await self._standing.done(tx, ticket, number, intent) else LegState.WAITING)

    async def _move(self, unit: Unit, ticket: Ticket, status: TicketStatus, reason: str) -> None:
        self._fail("order.12 ticket before its move")
        if await tickets.move(unit.tx, ticket.id, ticket.status, status, reason):
            unit.emit(TicketMoved(self._clock.now(), ticket.account, ticket.id, ticket.line, status, WHO, reason))


def _shrunk(order: Order, report: OrderReport, latest: datetime) -> bool:
    """Of two reports of one instant that differ in what a reducing order still may sell, the smaller is the later: cover only went."""
    return report.at == latest and order.reduce_only and report.quantity < order.quantity


def _trailed(before: Order, after: Order) -> Decimal | None:
    """Where a trailing stop at the broker stands when it has followed the price since the last report; None when it has not."""
    if after.type is not OrderType.TRAILING or not after.open or before.stop is None or after.stop is None:
        return None
    return after.stop if (after.stop - before.stop) * after.side.sign < 0 else None


def _with_trail(order: Order, change: ReplaceIntent) -> Order:
    """Reports do not carry the trail, so a confirmed change tells it."""
    wanted = changed_order(order, change)
    return replace(order, trail=wanted.trail, trail_percent=wanted.trail_percent)


def _fill(entry: Entry, order: Order) -> Fill:
    return Fill(entry.id, order.client_id, entry.account, order.symbol, order.side, entry.quantity, entry.price, entry.fee, entry.at)


__all__ = ["EXTERNAL", "Failpoint", "Record", "unbroken"]
