"""Changes of orders that exist: taken back, replaced, or followed by another where the broker cannot change one.

A person's ticket asks for them, or protection does: that only ever makes an exit fit what is held, or ends what has nothing left to do.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.errors import BrokerError, Rejected
from domain.orders import CancelIntent, Order, OrderStatus, ReplaceIntent
from domain.ports import Broker, Clock
from domain.tickets import Ticket
from trading.legs import changed_order, client_id, follower, tip
from trading.record import Failpoint, Record

log = logging.getLogger(__name__)

REFUSED_FOR = 60.0  # seconds a size the broker refused is not asked for again
TAKEN_BACK = "taken back before it was sent: nothing was sent"


@dataclass(frozen=True, slots=True)
class Wire:
    """How orders are sent and answers applied; `unsent` are the orders that certainly never left, `refused` why nothing may open now."""

    send: Callable[[Order], Awaitable[None]]
    apply: Callable[..., Awaitable[None]]
    unsent: set[str]
    refused: Callable[[], str]


class Changes:
    """Cancels and changes at the broker. Doing one twice is the same as once; an answer that does not come is asked for by `poll`."""

    def __init__(self, record: Record, broker: Broker, clock: Clock, failpoint: Failpoint, wire: Wire) -> None:
        self._record = record
        self._broker = broker
        self._clock = clock
        self._fail = failpoint
        self._wire = wire
        self._refused: dict[tuple[str, Decimal], float] = {}  # until when it is not asked for again, on the clock's monotonic seconds

    async def take_back(self, ticket: Ticket, leg: int, intent: CancelIntent) -> None:
        """A ticket's cancel: of the order, and of those that took its place."""
        for target in await self._record.chain(intent.client_id):
            if target.held:
                await self._record.end_held(target, TAKEN_BACK, by_person=True)
            elif target.client_id in self._wire.unsent and target.open:
                if target.ticket not in self._record.driving:  # else it is just being tried again, and the cancel comes after that
                    with self._record.driving.claim(target.ticket):
                        await self._record.refuse(target, TAKEN_BACK)
            elif target.open:
                self._fail("order.13 before the cancel")
                self._record.take_back(target.client_id, by_person=True)
                try:
                    report = await self._broker.cancel(target.client_id)
                except Rejected as refusal:
                    await self._record.leg_failed(ticket, leg, refusal.message)
                except BrokerError as error:
                    log.warning("cancelling order %s is not confirmed: %s", target.client_id, error)
                else:
                    await self._wire.apply(report)

    async def change(self, ticket: Ticket, leg: int, intent: ReplaceIntent) -> None:
        """A ticket's change of an order: at the broker, by another order where it cannot, here while it is held."""
        rows = await self._record.chain(intent.client_id)
        target = tip(rows)
        if target is None or not target.open or follower(rows, intent, ticket.created) is not None:
            return
        if not target.reduce_only and (refused := self._wire.refused()):
            await self._record.leg_failed(ticket, leg, refused)
            return
        if target.held:
            await self._record.rewrite(target, intent)
            return
        if not self._broker.traits.can_replace:
            await self.succeed(changed_order(target, intent), covers=target.covers, why=intent.why, linked=intent.quantity is None)
            return
        self._fail("order.14 before the change")
        try:
            report = await self._broker.replace(changed_order(target, intent))
        except Rejected as refusal:
            await self._record.leg_failed(ticket, leg, refusal.message)
        except BrokerError as error:
            log.warning("changing order %s is not confirmed: %s", intent.client_id, error)
        else:
            await self._wire.apply(report, intent)

    async def release(self, order: Order, quantity: Decimal, covers: Decimal) -> None:
        """Send an order that was held back, for that quantity."""
        row = await self._record.sent(order, quantity, covers)
        if row is not None:
            await self._wire.send(row)

    async def resize(self, order: Order, left: Decimal, covers: Decimal, why: str) -> None:
        """Let an exit have that much left; `covers` is what of its entry it accounts for then."""
        intent = ReplaceIntent(order.client_id, order.symbol, quantity=order.filled + left, why=why)
        asked = (order.client_id, left)
        if self._clock.monotonic() < self._refused.get(asked, 0.0):
            return
        if not self._broker.traits.can_replace:
            if not await self.succeed(changed_order(order, intent), covers=covers, why=why):
                self._refused[asked] = self._clock.monotonic() + REFUSED_FOR
            return
        self._fail("order.21 before the exit is resized")
        try:
            report = await self._broker.replace(changed_order(order, intent))
        except BrokerError as error:
            if isinstance(error, Rejected):
                self._refused[asked] = self._clock.monotonic() + REFUSED_FOR
            log.warning("order %s is not yet resized (%s): %s", order.client_id, why, error)
        else:
            await self._wire.apply(report, intent, covers)

    async def end(self, order: Order, why: str) -> None:
        """End an order that has nothing left to do; why is kept as its reason."""
        if order.held:
            await self._record.end_held(order, why)
            return
        self._fail("order.22 before the core ends an order")
        self._record.take_back(order.client_id)
        try:
            report = await self._broker.cancel(order.client_id)
        except BrokerError as error:
            log.warning("order %s is not yet ended (%s): %s", order.client_id, why, error)
        else:
            await self._wire.apply(report, None, None, why)

    async def again(self, order: Order, quantity: Decimal, covers: Decimal, why: str) -> None:
        """A new order in the place of one that has ended, on the same terms."""
        fresh = await self._successor(order, quantity, covers, held=False, linked=True)
        if await self._record.succeed(order, fresh, why):
            await self._wire.send(fresh)

    async def succeed(self, wanted: Order, *, covers: Decimal, why: str, linked: bool = True) -> bool:
        """Put an order on the terms of `wanted` in the place of the working one of its id, under the next leg number of its ticket.

        An exit is followed first and taken back then, where the broker takes a second one on the same quantity, so that its position is
        never naked; everything else is taken back first, and its successor is held until that is certain. Protection finishes either.
        False when the broker refused the successor: the order stays as it is.
        """
        first = wanted.reduce_only and self._broker.traits.stacks_exits
        fresh = await self._successor(wanted, wanted.left if first else wanted.quantity, covers, held=not first, linked=linked)
        if not await self._record.succeed(wanted, fresh, why):
            return True
        if first:
            await self._wire.send(fresh)
            sent = await self._record.order(fresh.client_id)
            if sent is None or not (sent.working or sent.filled):
                return sent is None or sent.status is not OrderStatus.REJECTED
        await self.end(wanted, f"replaced by {fresh.client_id}")
        return True

    async def _successor(self, order: Order, quantity: Decimal, covers: Decimal, *, held: bool, linked: bool) -> Order:
        now, leg = self._clock.now(), await self._record.next_leg(order.ticket)
        return replace(
            order,
            client_id=client_id(order.ticket, leg),
            leg=leg,
            quantity=quantity,
            created=now,
            updated=now,
            status=OrderStatus.HELD if held else OrderStatus.PENDING,
            broker_id=None,
            filled=Decimal(0),
            average_price=None,
            reason="",
            waits_for=order.waits_for if linked else None,
            covers=covers,
            replaces=order.client_id,
        )
