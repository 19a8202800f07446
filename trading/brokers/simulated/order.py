"""An order as the venue keeps it: the order, what it has become, and what the simulation must remember of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from domain.money import ONE, ZERO, to_tick
from domain.orders import Fill, Order, OrderType, Side
from domain.ports import OrderReport

STEP = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class VenueOrder:
    """One order at the venue, kept whole as JSON.

    `sequence` is its place among all orders. It trades only in bars that start at or after `since`, which moves on with every bar that
    changed it, so a bar seen again after a restart does nothing twice. `reserve` is the price a unit was paid for in the cash check;
    `watermark` the best price a trailing order has seen, `told` where its stop stood when that was last reported; `triggered` says that
    its stop was reached.
    """

    order: Order
    sequence: int
    since: datetime
    expires: datetime | None
    reserve: Decimal = ZERO
    watermark: Decimal | None = None
    triggered: bool = False
    told: Decimal | None = None
    fills: tuple[Fill, ...] = ()

    @property
    def id(self) -> str:
        """The client order id."""
        return self.order.client_id

    @property
    def open(self) -> bool:
        """True while it may trade."""
        return self.order.open

    @property
    def kind(self) -> OrderType:
        """How it trades now: a triggered stop is a market order, a triggered stop-limit a limit order."""
        if not self.triggered:
            return self.order.type
        return OrderType.LIMIT if self.order.type is OrderType.STOP_LIMIT else OrderType.MARKET

    def level(self, tick: Decimal) -> Decimal | None:
        """The price that triggers it: its stop, or the trail behind the watermark, to the tick; None where nothing triggers."""
        order = self.order
        if order.type is not OrderType.TRAILING:
            return order.stop
        if self.watermark is None:
            return None
        sign = order.side.sign
        if order.trail is not None:
            return to_tick(self.watermark + sign * order.trail, tick)
        return to_tick(self.watermark * (ONE + sign * (order.trail_percent or ZERO)), tick)

    def seen(self, high: Decimal, low: Decimal) -> VenueOrder:
        """The same order after a trailing stop saw these prices: the watermark follows the better one and never goes back."""
        best = high if self.order.side is Side.SELL else low
        if self.watermark is not None and (best - self.watermark) * self.order.side.sign >= 0:
            return self
        return replace(self, watermark=best)

    def followed(self, tick: Decimal) -> VenueOrder | None:
        """The same order when its trailing stop is to be reported: it stands 0.1% and a tick from where it was told; else None."""
        level = self.level(tick) if self.order.type is OrderType.TRAILING and self.open and not self.triggered else None
        if level is None or (self.told is not None and abs(level - self.told) < max(tick, self.told * STEP)):
            return None
        return replace(self, told=level)

    def report(self, tick: Decimal) -> OrderReport:
        """What the broker says of it now; a trailing order tells where its stop stands."""
        order = self.order
        follows = order.type is OrderType.TRAILING and self.open and self.watermark is not None
        return OrderReport(
            client_id=order.client_id,
            broker_id=order.broker_id or "",
            symbol=order.symbol,
            status=order.status,
            quantity=order.quantity,
            filled=order.filled,
            average_price=order.average_price,
            at=max(order.updated, self.since) if follows else order.updated,  # with the bar its stop followed last
            limit=order.limit,
            stop=self.level(tick),
            fills=self.fills,
            reason=order.reason,
            side=order.side,
            type=order.type,
            tif=order.tif,
            trail=order.trail,
            trail_percent=order.trail_percent,
        )
