"""Adjusting: after a split every open order of the symbol stands at the same value in new shares, exactly once.

Orders rest at the broker, and brokers differ: some adjust them, some cancel them, some do nothing. So what each was is remembered in the
transaction of the split and made true afterwards by way of the desk, restarts included. Exits that the core holds follow the ledger's split
by themselves.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from domain.errors import UserError
from domain.events import ReconciliationFound
from domain.exits import ExitKind, ExitRule
from domain.mandates import Scope
from domain.money import plain
from domain.orders import CancelIntent, Order, OrderIntent, OrderStatus, OrderType, ReplaceIntent, Side
from domain.ports import Clock
from domain.tickets import Origin, Proposer, TicketStatus
from market.hub import Hub
from storage import orders, states, tickets
from storage.store import Store, Tx
from trading.book import Book
from trading.bus import Bus, Unit
from trading.execution import Execution
from trading.legs import order_for
from trading.reconciling.splits import Ratio, rebased_order
from trading.tickets import TicketDesk
from trading.wording import describe

log = logging.getLogger(__name__)

MOST = 200
PART = "adjusting"
WHO = "reconcile"
HOUSE = Origin("terminal", "local", "owner")  # who is asked when what an order was placed with is not known
Step = OrderIntent | CancelIntent | ReplaceIntent
WENT = frozenset({TicketStatus.CONFIRMED, TicketStatus.WORKING, TicketStatus.EXECUTED})


@dataclass(frozen=True, slots=True)
class Due:
    """An order as it was before a split, to be made true after it."""

    was: Order
    ratio: Ratio


@dataclass(frozen=True, slots=True)
class AllDue:
    """What is still to be made true, oldest first."""

    orders: tuple[Due, ...] = ()


class Adjusting:
    """Follows splits with exits and orders."""

    def __init__(self, book: Book, hub: Hub, store: Store, bus: Bus, clock: Clock, execution: Execution, desk: TicketDesk) -> None:
        self._book = book
        self._hub = hub
        self._store = store
        self._bus = bus
        self._clock = clock
        self._execution = execution
        self._desk = desk
        self._due = AllDue()

    def load(self, due: AllDue | None) -> None:
        """Begin with what an earlier process left."""
        self._due = due or AllDue()

    @property
    def waiting(self) -> bool:
        """True while an order is still to follow."""
        return bool(self._due.orders)

    async def begin(self, unit: Unit, symbol: str, ratio: Ratio, known: Mapping[str, Order], since: datetime) -> None:
        """In the transaction of a split: remember its orders. What others placed is left alone; exits follow the ledger by themselves.

        `known` are open orders as they stood when book and broker last agreed, at `since`: the broker may have adjusted them already.
        """
        account = self._book.spec.name
        mine = await self._before(unit.tx, symbol, ratio, known, since)
        before = await states.get(unit.tx, account, PART, AllDue) or AllDue()
        due = AllDue((*before.orders, *(Due(o, ratio) for o in mine)))
        await states.put(unit.tx, account, PART, due)
        unit.then(lambda: self.load(due))

    async def _before(self, tx: Tx, symbol: str, ratio: Ratio, known: Mapping[str, Order], since: datetime) -> list[Order]:
        """The orders of a symbol as they were: open ones, and protective ones that ended since without a person having asked for it."""
        account = self._book.spec.name
        mine = [o for o in [*await orders.open(tx, account), *await orders.recent(tx, account, MOST)] if o.symbol == symbol]
        recent = list({o.client_id: o for o in mine if not o.external}.values())
        asked = {i.client_id for t in await tickets.recent(tx, account, MOST) for i in t.intents if isinstance(i, CancelIntent)}
        ended = {OrderStatus.CANCELLED, OrderStatus.EXPIRED}
        gone = [o for o in recent if o.protective and o.status in ended and o.updated >= since and o.client_id not in asked]
        waiting = [await self._unadjusted(tx, o, ratio, known) for o in recent if o.open]
        return sorted([*waiting, *gone], key=lambda o: (o.created, o.client_id))

    async def _unadjusted(self, tx: Tx, now: Order, ratio: Ratio, known: Mapping[str, Order]) -> Order:
        """An open order in old shares: as it was known, or as its card asked for it, when the broker has made exactly that of it."""
        was = known.get(now.client_id)
        ticket = await tickets.get(tx, now.ticket) if was is None else None
        if ticket is not None and isinstance(intent := ticket.intents[now.leg - 1], OrderIntent):
            was = order_for(ticket, now.leg, intent, now.created)
        adjusted = was is not None and _terms(now) == _terms(rebased_order(was, ratio, self._hub.instrument(now.symbol)))
        return was if was is not None and adjusted else now

    async def round(self) -> None:
        """Make every order that is due true; one that cannot be is told and let go, one without a price waits."""
        for due in self._due.orders:
            await self._execution.look_up(due.was.client_id)  # the broker may have adjusted or ended it by itself
            async with self._store.read() as tx:
                now = await orders.get(tx, due.was.client_id)
                rows = await tickets.get(tx, due.was.ticket)
            steps = self._steps(due, now) if now is not None else ()
            trouble = await self._act(due, steps, rows.origin if rows else HOUSE) if steps else ""
            if trouble is not None:
                await self._done(due, trouble)

    def _steps(self, due: Due, now: Order) -> tuple[Step, ...]:
        """What is missing for an order to be what it should be; nothing when it is.

        A trailing order follows the best price it has seen, which is one of old shares: a new one takes its place.
        """
        wanted = rebased_order(due.was, due.ratio, self._hub.instrument(due.was.symbol))
        if now.open:
            cancel = CancelIntent(now.client_id, now.symbol, why="after the split")
            if wanted.left <= 0:
                return (cancel,)
            if _terms(now) == _terms(wanted):
                return ()
            if now.type is OrderType.TRAILING:
                return (cancel, self._again(wanted))
            changed = {n: getattr(wanted, n) for n in ("quantity", "limit", "stop") if getattr(wanted, n) is not None}
            return (ReplaceIntent(now.client_id, now.symbol, why="after the split", **changed),)
        held = self._book.holdings.quantity(now.symbol)
        if now.status is OrderStatus.FILLED or not due.was.protective or held * now.side.sign >= 0 or self._replaced(due.was):
            return ()
        return (self._again(wanted),)

    def _again(self, wanted: Order) -> OrderIntent:
        """An order in new shares in the place of one that ended, within the position."""
        held = self._book.holdings.quantity(wanted.symbol)
        return OrderIntent(
            symbol=wanted.symbol,
            side=wanted.side,
            type=wanted.type,
            quantity=min(wanted.left, abs(held)) if wanted.reduce_only else wanted.left,
            limit=wanted.limit,
            stop=None if wanted.type is OrderType.TRAILING else wanted.stop,
            trail=wanted.trail,
            trail_percent=wanted.trail_percent,
            tif=wanted.tif,
            reduce_only=wanted.reduce_only,
            why="after the split",
        )

    def _replaced(self, was: Order) -> bool:
        """True when an order of the same kind protects the position already."""
        return any(o.protective and (o.symbol, o.type, o.side) == (was.symbol, was.type, was.side) for o in self._book.orders)

    async def _act(self, due: Due, steps: tuple[Step, ...], origin: Origin) -> str | None:
        """Let the desk do it under the card the order was placed with; why it was not done, empty when it was, None to try again."""
        why = f"split {due.ratio} of {due.was.symbol}"
        try:
            ticket = await self._desk.act(
                line=_line(due.was, steps[-1]),
                verb=_verb(steps[-1]),
                proposer=Proposer.MONITOR,
                origin=origin,
                intents=steps,
                scope=Scope.STOPS,
                why=why,
                signed=self._card(due.was),
            )
        except UserError as error:
            log.warning("order %s cannot follow the %s yet: %s", due.was.client_id, why, error.message)
            return None
        if ticket.status in WENT:
            return ""
        return "it waits for you" if ticket.status is TicketStatus.PROPOSED else ticket.reason or "it was not done"

    def _card(self, was: Order) -> ExitRule:
        """The card an order was placed with, as the mandate under which the same order goes on in new shares."""
        expires, long = self._clock.now() + timedelta(days=1), was.side is Side.SELL
        return ExitRule(was.client_id, was.account, was.symbol, ExitKind.STOP, was.ticket, was.created, expires, long)

    async def _done(self, due: Due, trouble: str) -> None:
        left = AllDue(tuple(d for d in self._due.orders if d != due))
        at, account = self._clock.now(), self._book.spec.name
        async with self._bus.unit(who=WHO) as unit:
            await states.put(unit.tx, account, PART, left)
            if trouble:
                about = f"{due.was.client_id} ({due.was.symbol})"
                unit.emit(
                    ReconciliationFound(at, account, "order", about, describe(due.was), f"split {due.ratio}", f"not adjusted: {trouble}")
                )
            unit.then(lambda: self.load(left))


def _terms(order: Order) -> tuple[Decimal | None, ...]:
    """What an order asks for; where the stop of a trailing one stands is the venue's."""
    return (order.quantity, order.limit, None if order.type is OrderType.TRAILING else order.stop, order.trail)


def _verb(step: Step) -> str:
    if isinstance(step, CancelIntent):
        return "cancel"
    if isinstance(step, ReplaceIntent):
        return "modify"
    return {OrderType.TRAILING: "trailing", OrderType.LIMIT: "target"}.get(step.type, "stop")


def _line(was: Order, intent: Step) -> str:
    """What a person would have typed."""
    if isinstance(intent, CancelIntent):
        return f"#order-{was.client_id} cancel"
    if isinstance(intent, ReplaceIntent):
        price = f" stop {_text(intent.stop)}" if intent.stop else f" limit {_text(intent.limit)}" if intent.limit else ""
        return f"#order-{was.client_id} modify {_text(intent.quantity)}{price}"
    if intent.type is OrderType.TRAILING:
        trail = f"{plain((intent.trail_percent or Decimal(0)) * 100)}%" if intent.trail is None else _text(intent.trail)
        return f"#{was.symbol} trailing {trail}"
    return f"#{was.symbol} target {_text(intent.limit)}" if intent.type is OrderType.LIMIT else f"#{was.symbol} stop {_text(intent.stop)}"


def _text(value: Decimal | None) -> str:
    return plain(value) if value is not None else ""
