"""Orders that only one side knows: executions nobody booked, orders the broker lost, and orders somebody placed without us."""

from __future__ import annotations

import logging
import re
from enum import StrEnum
from functools import partial

from domain.events import Event, ReconciliationFound
from domain.money import quantity_text
from domain.orders import EXTERNAL, Order, OrderStatus, OrderType, TimeInForce
from domain.ports import BrokerState, Clock, OrderReport
from storage import orders, preferences
from storage.store import Store
from trading.book import Book
from trading.bus import Bus
from trading.execution import NOT_KNOWN_THERE, Execution
from trading.record import Record
from trading.reports import Executed, executed
from trading.wording import describe

log = logging.getLogger(__name__)

WHO = "reconcile"
POLICY = "orphans"
OURS = re.compile(r"[a-z0-9]{1,12}-[0-9]{1,4}")


class Policy(StrEnum):
    """What becomes of an open order at the broker that we have no row of."""

    ADOPT = "adopt"  # shown as external, never changed by us
    CANCEL = "cancel"  # taken back where its id looks like one of ours, which a restored back-up no longer knows; else adopted


class Orphans:
    """Brings the open orders of book and broker together. Doing it again changes nothing."""

    def __init__(self, book: Book, store: Store, bus: Bus, clock: Clock, execution: Execution, record: Record) -> None:
        self._book = book
        self._store = store
        self._bus = bus
        self._clock = clock
        self._execution = execution
        self._record = record
        self._shown: set[str] = set()

    async def settle(self, state: BrokerState) -> tuple[list[ReconciliationFound], bool]:
        """What was found and done, and whether anything had to be asked for: then the books have moved on and are to be looked at again.

        Only what a poll before did not settle by itself is told.
        """
        found: list[ReconciliationFound] = []
        at_broker = {r.client_id: r for r in state.orders}
        behind = [o for o in self._book.orders if o.working and self._behind(o, at_broker.get(o.client_id))]
        if behind:
            await self._execution.poll()
        for order in behind:
            found += await self._ask(order.client_id, at_broker)
        for report in state.orders:
            found += await self._alone(report)
        return found, bool(behind or found)

    def _behind(self, order: Order, report: OrderReport | None) -> bool:
        return report is None or report.filled > order.filled

    async def _ask(self, name: str, at_broker: dict[str, OrderReport]) -> list[ReconciliationFound]:
        """An order of which the broker knows more, or nothing: ask for it, book what it says, and tell what polling had not heard."""
        before = await self._record.order(name)
        if before is None or not before.open or not self._behind(before, at_broker.get(name)):
            return []  # the poll has heard of it meanwhile
        told: list[ReconciliationFound] = []

        def booked(was: Order, becomes: Order) -> Event:
            told.append(self._found("fill", becomes, _filled(was), _filled(becomes), "booked what had filled"))
            return told[0]

        await self._execution.look_up(name, booked)
        after = await self._record.order(name)
        if after is not None and after.open and after.external and name not in at_broker:
            await self._record.lost(after, NOT_KNOWN_THERE)
            after = await self._record.order(name)
        if told or after is None or after.open or name in at_broker:
            return told
        there = "not known there" if after.reason == NOT_KNOWN_THERE else "ended"
        event = self._found("order", after, "open", there, f"shown as {after.status.value}")
        async with self._bus.unit(who=WHO) as unit:
            unit.emit(event)
        return [event]

    async def _alone(self, report: OrderReport) -> list[ReconciliationFound]:
        """An open order at the broker that the book does not show as open."""
        row = await self._record.order(report.client_id)
        if row is None:
            return await self._orphan(report)
        if row.open or row.external or report.client_id in self._execution.unsettled:
            return []
        self._execution.take_back(report.client_id)
        event = self._found("order", row, row.status.value, "open", "being taken back: nothing here waits for it any more")
        async with self._bus.unit(who=WHO) as unit:
            unit.emit(event)
        return [event]

    async def _orphan(self, report: OrderReport) -> list[ReconciliationFound]:
        row = _external(report, self._book.spec.name, executed(self._book.executions(report.client_id)))
        if report.client_id in self._shown or report.client_id in self._execution.unsettled:
            return []
        cancel = OURS.fullmatch(report.client_id) is not None and await self.policy() is Policy.CANCEL
        if cancel:
            self._execution.take_back(report.client_id)
            done = "being taken back, as this account is set"
        elif row is None:
            self._shown.add(report.client_id)
            done = "left alone: the broker does not say what kind of order it is"
        else:
            done = f"shown as external, left alone; `#order-{report.client_id} cancel` takes it back"
        what = describe(row) if row is not None else f"an order on {report.symbol}"
        at, account = self._clock.now(), self._book.spec.name
        event = ReconciliationFound(at, account, "orphan", report.client_id, "not known", what, done)
        async with self._bus.unit(who=WHO) as unit:
            if row is not None and not cancel and await orders.add(unit.tx, row):
                unit.then(partial(self._book.put, row))
            unit.emit(event)
        if row is not None and not cancel:
            await self._execution.hear(report)  # what had filled of it until now
        return [event]

    async def policy(self) -> Policy:
        """What the account is set to."""
        async with self._store.read() as tx:
            return Policy(await preferences.get(tx, self._book.spec.name, POLICY) or Policy.ADOPT)

    def _found(self, what: str, order: Order, book: str, broker: str, done: str) -> ReconciliationFound:
        return ReconciliationFound(self._clock.now(), order.account, what, f"{order.client_id} ({order.symbol})", book, broker, done)


def _external(report: OrderReport, account: str, done: Executed) -> Order | None:
    """The row of an order that somebody placed elsewhere; None when its side is not known.

    It is never reduce-only here, whatever it is there: what others placed is not counted as our protection.
    """
    if report.side is None:
        return None
    return Order(
        client_id=report.client_id,
        account=account,
        ticket=EXTERNAL,
        leg=0,
        symbol=report.symbol,
        side=report.side,
        type=report.type or _type(report),
        quantity=report.quantity,
        tif=report.tif or TimeInForce.GTC,
        created=report.at,
        updated=report.at,
        limit=report.limit,
        stop=report.stop,
        trail=report.trail,
        trail_percent=report.trail_percent,
        status=OrderStatus.ACCEPTED,
        broker_id=report.broker_id or None,
        filled=done.quantity,
        average_price=done.average,
    )


def _filled(order: Order) -> str:
    return f"{quantity_text(order.filled)} of {quantity_text(order.quantity)} filled"


def _type(report: OrderReport) -> OrderType:
    if report.stop is not None:
        return OrderType.STOP if report.limit is None else OrderType.STOP_LIMIT
    return OrderType.MARKET if report.limit is None else OrderType.LIMIT
