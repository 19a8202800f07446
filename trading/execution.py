"""Execution: sends what a released ticket says, once, and finds out what became of it, whatever goes wrong on the way.

Only the ticket desk calls `submit`. What leaves is written down first; every leg has one name at the broker for ever; an answer that does
not come leaves the order UNKNOWN until the broker says, and it is sent again only under the same name, only where the venue keeps names
for ever, and only within a minute of its release. After a crash `recover` walks the same paths.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal

from domain.errors import BrokerDown, BrokerError, OutcomeUnknown, Rejected, StorageFailed, Throttled
from domain.orders import IN_FLIGHT, OPEN, CancelIntent, Intent, Order, OrderIntent, OrderStatus, ReplaceIntent
from domain.ports import Broker, Clock, OrderReport
from domain.tickets import Ticket
from trading.book import Book
from trading.bus import Unit
from trading.changes import Changes, Wire
from trading.exits.cover import NEVER_ARRIVED
from trading.guards.state import Opening, TradingState
from trading.legs import LegState, cancel_leg, replace_leg, shrinks
from trading.line import BARRED
from trading.record import Failpoint, Record, Told, unbroken
from trading.reports import lacks
from trading.standing import Standing

log = logging.getLogger(__name__)

SEND_WITHIN = timedelta(seconds=60)  # a price that was accepted longer ago is not traded on any more
LONGEST_DELAY = timedelta(seconds=60)  # the longest a request may be under way before it cannot arrive any more

DOWN = "the broker could not be reached or was too busy: nothing was sent"
STOPPED = "it stopped between the confirmation and the first order: nothing was sent"
HALTED = "trading was halted before it left: nothing was sent"
TRIPPED = "the breaker tripped before it left: nothing was sent"
NOT_KNOWN_THERE = "the broker does not know this order any more"


async def _nothing() -> None:
    """Until somebody protects what fills."""


def _unasked() -> None:
    """Nobody waits for the rows."""


class Execution:
    """Sends the legs of released tickets and applies what comes back."""

    def __init__(
        self,
        book: Book,
        broker: Broker,
        record: Record,
        trading: Opening,
        standing: Standing,
        clock: Clock,
        failpoint: Failpoint = unbroken,
    ) -> None:
        self._book = book
        self._broker = broker
        self._record = record
        self._trading = trading
        self._standing = standing
        self._clock = clock
        self._fail = failpoint
        self._reports: deque[OrderReport] = deque()
        self._unsent: set[str] = set()  # the last word on these was BrokerDown: certainly not there
        self._ask_for: set[str] = set()  # to be looked up at the broker
        self._strays: set[str] = set()  # given up here, alive there
        self._polling = asyncio.Lock()
        self.changes = Changes(record, broker, clock, failpoint, Wire(self._send, self._apply, self._unsent, self._refused))
        self.protect: Callable[[], Awaitable[None]] = _nothing

    def claim(self, ticket_id: str) -> AbstractContextManager[None]:
        """While a ticket is released and sent by its own caller, `poll` leaves it alone."""
        return self._record.driving.claim(ticket_id)

    async def prepare(self, unit: Unit, ticket: Ticket) -> list[Order]:
        """Write the rows of a new ticket in the transaction that releases it; they are for `submit`, once that is committed."""
        return await self._record.write_rows_in(unit, ticket)

    async def submit(self, ticket: Ticket, prepared: Sequence[Order] | None = None, *, written: Callable[[], None] = _unasked) -> None:
        """Send every leg of a confirmed ticket, in order; returns when each was answered, refused or is being asked for.

        `prepared` are the rows that were committed with its release; without them they are written first. `written` is called when its
        orders are in the book, before the first is sent.
        """
        with self.claim(ticket.id):
            self._record.watch(ticket)
            if prepared is None:
                await self._record.write_rows(ticket)
                prepared = await self._record.rows(ticket)
            written()
            self._fail("order.5 rows after their commit")
            rows = {o.leg: o for o in prepared}
            for leg, intent in enumerate(ticket.intents, 1):
                if not isinstance(intent, OrderIntent):
                    await self._work(ticket, leg, intent)
                elif not rows[leg].held:
                    await self._send(rows[leg])
        self._fail("order.16 everything sent")
        await self._tried(self.protect(), "protecting what has filled", [])  # else the next poll does, and says what kept it
        await self._record.follow(ticket)

    async def poll(self) -> None:
        """Apply what the broker reports, ask for what is in flight and finish what was begun.

        One order's trouble does not keep another waiting: everything is tried, then the first failure is raised.
        """
        async with self._polling:
            failures: list[Exception] = []
            for step in (self._hear, self._look_up_all, self._resolve_all, self._end_strays, self._resume_all, self._protect):
                try:
                    await step(failures)
                except StorageFailed as failure:
                    failures.append(failure)
            if failures:
                raise failures[0]

    async def recover(self) -> None:
        """Find out what became of everything that was under way when the program stopped; running it again changes nothing.

        The book is loaded before. A broker that cannot be reached leaves orders as they are; `poll` asks again.
        """
        for ticket in await self._record.released():
            self._record.watch(ticket)
        self._ask_for |= {o.client_id for o in self._book.orders if o.working}
        await self._record.look_again()
        await self._find_strays()
        await self.poll()

    @property
    def unsettled(self) -> frozenset[str]:
        """Client ids of orders of which the broker may know more than the book: in flight, to be asked for, or to be taken back."""
        waiting = {o.client_id for o in self._book.orders if o.status in IN_FLIGHT}
        return frozenset(waiting | self._ask_for | self._strays | {r.client_id for r in self._reports})

    async def look_up(self, name: str, told: Told | None = None) -> None:
        """Ask the broker for one order now and apply what it says; `told` as in `Record.apply`."""
        async with self._polling:
            await self._look_up(name, told)

    async def hear(self, report: OrderReport) -> None:
        """Apply what the broker says of one order."""
        async with self._polling:
            await self._apply(report)

    def take_back(self, name: str) -> None:
        """Cancel an order at the broker that nobody here waits for, with the next poll."""
        self._strays.add(name)

    async def _send(self, order: Order, *, untried: bool = True) -> None:
        """One attempt. Whatever happens the order ends up in a state that says what is known; `untried` when no earlier one may arrive."""
        if untried and (barred := self.gate(order)):
            await self._record.refuse(order, barred)
            return
        self._unsent.discard(order.client_id)
        self._fail("order.6 before sending")
        try:
            report = await self._broker.submit(order)
        except Rejected as refusal:
            if untried or refusal.code != BARRED:  # a halt that came in between says nothing of an earlier attempt
                await self._record.refuse(order, refusal.message)
        except (BrokerDown, Throttled) as error:
            if untried:
                self._unsent.add(order.client_id)
            log.warning("order %s was not sent: %s", order.client_id, error)
        except Exception as error:  # anything else, expected or not, leaves open whether it arrived
            if not isinstance(error, OutcomeUnknown):
                log.exception("sending order %s failed in an unforeseen way", order.client_id)
            await self._record.unknown(order, str(error) or "the broker did not answer")
            await self._look_up(order.client_id)
        else:
            self._fail("order.7 after the broker answered")
            await self._apply(report)

    async def _resolve(self, order: Order) -> None:
        """An order in flight: ask first; then send again where that is safe and still wanted, wait, or give it up with the truth."""
        if order.client_id not in self._unsent:
            try:
                report = await self._broker.find(order.client_id)
            except BrokerError as error:
                log.warning("order %s cannot be asked for: %s", order.client_id, error)
                return
            if report is not None:
                await self._apply(report)
                return
        now = self._clock.now()
        certain = order.client_id in self._unsent
        barred = self.gate(order)
        wanted = now - order.created <= SEND_WITHIN or order.waits_for is not None  # protection is wanted however late it comes
        if not barred and wanted and (certain or self._broker.traits.ids_unique_for_ever):
            await self._send(order, untried=certain)
        elif certain:
            await self._record.refuse(order, barred or DOWN)
        elif order.status is OrderStatus.PENDING:
            await self._record.unknown(order, "the program stopped while it was being sent")
        elif now - order.updated > LONGEST_DELAY:
            await self._record.give_up(order, NEVER_ARRIVED)

    async def _work(self, ticket: Ticket, leg: int, intent: Intent) -> None:
        """A leg that sends no new order; doing it twice is the same as once."""
        if isinstance(intent, CancelIntent):
            await self.changes.take_back(ticket, leg, intent)
        elif isinstance(intent, ReplaceIntent):
            await self.changes.change(ticket, leg, intent)
        elif not isinstance(intent, OrderIntent):
            self._fail("order.15 before the release")
            await self._standing.do(ticket, leg, intent)

    async def _resume(self, ticket: Ticket) -> None:
        """A confirmed ticket nobody is sending: its sender stopped, or some of it is not confirmed by the broker."""
        with self.claim(ticket.id):
            if any(isinstance(i, OrderIntent) for i in ticket.intents) and not await self._record.rows(ticket):
                await self._record.fail(ticket, STOPPED)  # rows are written before anything is sent
                return
            late = self._clock.now() > ticket.expires + SEND_WITHIN
            for leg, intent in enumerate(ticket.intents, 1):
                if isinstance(intent, CancelIntent | ReplaceIntent):
                    await self._finish(ticket, leg, intent, late=late)
                elif not isinstance(intent, OrderIntent) and not await self._record.stands(ticket, leg, intent):
                    await self._record.leg_failed(ticket, leg, self._standing.missed(intent))
        await self._record.follow(ticket)

    async def _finish(self, ticket: Ticket, leg: int, intent: CancelIntent | ReplaceIntent, *, late: bool) -> None:
        rows = await self._record.chain(intent.client_id)
        state = cancel_leg(rows) if isinstance(intent, CancelIntent) else replace_leg(rows, intent, ticket.created)
        if state.state is not LegState.WAITING:
            return
        if not late:
            await self._work(ticket, leg, intent)
            return
        await self._look_up(intent.client_id)
        verb = "cancel" if isinstance(intent, CancelIntent) else "change"
        await self._record.leg_failed(ticket, leg, f"the broker never confirmed the {verb} of order {intent.client_id}")

    async def _hear(self, failures: list[Exception]) -> None:
        try:
            self._reports.extend(await self._broker.updates())
        except BrokerError as error:
            log.warning("no updates from the broker: %s", error)
        while self._reports:
            try:
                await self._apply(self._reports[0])
            except StorageFailed:
                raise  # the report is kept, and applied when the database works again
            except Exception as error:
                log.exception("a report of order %s could not be applied", self._reports[0].client_id)
                self._ask_for.add(self._reports[0].client_id)
                failures.append(error)
            self._reports.popleft()

    async def _look_up_all(self, failures: list[Exception]) -> None:
        self._ask_for |= self._record.doubtful
        self._record.doubtful.clear()
        for name in sorted(self._ask_for):
            await self._tried(self._look_up(name), f"looking up order {name}", failures)

    async def _resolve_all(self, failures: list[Exception]) -> None:
        for order in self._book.orders:
            if order.status in IN_FLIGHT and order.ticket not in self._record.driving and order in self._book.orders:
                with self.claim(order.ticket):
                    await self._tried(self._resolve(order), f"asking for order {order.client_id}", failures)

    async def _end_strays(self, failures: list[Exception]) -> None:
        for name in sorted(self._strays):
            await self._tried(self._end_stray(name), f"taking back late order {name}", failures)

    async def _resume_all(self, failures: list[Exception]) -> None:
        for ticket in await self._record.released():
            if ticket.id not in self._record.driving:
                await self._tried(self._resume(ticket), f"finishing ticket {ticket.id}", failures)

    async def _protect(self, failures: list[Exception]) -> None:
        await self._tried(self.protect(), "protecting what has filled", failures)

    async def _tried(self, work: Awaitable[None], what: str, failures: list[Exception]) -> None:
        try:
            await work
        except Exception as error:
            log.exception("%s failed", what)
            failures.append(error)

    async def _apply(
        self,
        report: OrderReport,
        change: ReplaceIntent | None = None,
        covers: Decimal | None = None,
        why: str = "",
        told: Told | None = None,
    ) -> None:
        applied = await self._record.apply(report, change=change, covers=covers, why=why, told=told)
        if applied is None:
            return
        before, after = applied
        self._unsent.discard(after.client_id)
        if lacks(after, report):
            self._ask_for.add(after.client_id)
        if report.status in OPEN and not after.open and before.broker_id is None:
            self._strays.add(after.client_id)

    async def _look_up(self, name: str, told: Told | None = None) -> None:
        """Ask the broker for one order and apply what it says; one that worked and is not there works no more."""
        try:
            report = await self._broker.find(name)
        except BrokerError as error:
            log.warning("order %s cannot be asked for: %s", name, error)
            self._ask_for.add(name)
            return
        self._ask_for.discard(name)
        if report is not None:
            await self._apply(report, told=told)
            return
        order = await self._record.order(name)
        if order is not None and order.open and order.status not in IN_FLIGHT and not order.external:  # others may have no id of ours there
            await self._record.lost(order, NOT_KNOWN_THERE)

    async def _end_stray(self, name: str) -> None:
        """An order that arrived after it was given up is taken back; nobody waits for it any more."""
        try:
            report = await self._broker.cancel(name)
        except Rejected:
            report = None
        except BrokerError as error:
            log.warning("late order %s cannot be cancelled yet: %s", name, error)
            return
        self._strays.discard(name)
        if report is not None:
            await self._record.apply(report)

    async def _find_strays(self) -> None:
        try:
            state = await self._broker.state()
        except BrokerError as error:
            log.warning("the broker's open orders cannot be read: %s", error)
            return
        for report in state.orders:
            row = await self._record.order(report.client_id)
            if row is None:
                await self._record.apply(report)  # notes it as external
            elif not row.open and not row.external:
                self._strays.add(report.client_id)

    def gate(self, order: Order) -> str:
        """What speaks against letting an order leave now: nothing does where it closes, else the halt or the breaker."""
        return "" if self._closing(order) else self._refused()

    def _refused(self) -> str:
        """Why nothing that opens is sent now, or nothing."""
        return {TradingState.HALTED: HALTED, TradingState.REDUCING: TRIPPED}.get(self._trading.now(), "")

    def _closing(self, order: Order) -> bool:
        return order.reduce_only or shrinks(self._book.holdings.quantity(order.symbol), order.side.sign * order.quantity)
