"""A venue that looks after nothing: it fills what it is told to, whatever the position, and keeps every order as it was sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from domain.errors import Rejected
from domain.orders import Fill, Order, OrderStatus, OrderType, TimeInForce
from domain.ports import BrokerState, BrokerTraits, Clock, OrderReport

ZERO = Decimal(0)


@dataclass
class PlainVenue:
    """The Broker port in memory. Market orders fill at once at their symbol's price, or as far as `room` lets them; others by `fill`.

    `watch` is called after every change with the venue, so that a test can look at each moment. `refusing` names symbols whose exits are
    refused. Without `stacks` an exit for what others are to close already is refused too.
    """

    can_replace: bool = True
    stacks: bool = True
    unique: bool = True
    prices: dict[str, Decimal] = field(default_factory=lambda: {"AAPL": Decimal(182), "NVDA": Decimal(120), "XOM": Decimal(110)})
    room: Decimal | None = None
    refusing: set[str] = field(default_factory=set)
    watch: Callable[[PlainVenue], None] = lambda venue: None
    orders: dict[str, Order] = field(default_factory=dict)
    fills: dict[str, tuple[Fill, ...]] = field(default_factory=dict)
    positions: dict[str, Decimal] = field(default_factory=dict)
    cash: Decimal = ZERO
    told: list[OrderReport] = field(default_factory=list)

    def open(self, clock: Clock, cash: Decimal, positions: dict[str, Decimal]) -> None:
        """Open the books."""
        self.clock, self.cash, self.positions = clock, cash, dict(positions)

    @property
    def traits(self) -> BrokerTraits:
        return BrokerTraits(
            "plain",
            self.unique,
            frozenset(OrderType),
            frozenset(TimeInForce),
            self.can_replace,
            keeps_within_position=False,
            stacks_exits=self.stacks,
        )

    async def submit(self, order: Order) -> OrderReport:
        if order.client_id in self.orders:
            return self.report(order.client_id)
        if order.reduce_only and order.symbol in self.refusing:
            raise Rejected("no exits in this symbol today")
        if order.protective and not self.stacks:
            same = [o for o in self.orders.values() if o.open and o.protective and o.symbol == order.symbol]
            if sum((o.left for o in same), order.quantity) > abs(self.positions.get(order.symbol, ZERO)):
                raise Rejected("another order reduces that already")
        fresh = replace(order, status=OrderStatus.PENDING, filled=ZERO)
        self._keep(fresh.moved(OrderStatus.ACCEPTED, self.clock.now(), broker_id=f"v-{order.client_id}"))
        if order.type is OrderType.MARKET:
            quantity = order.quantity if self.room is None else min(order.quantity, self.room)
            if quantity:
                self.fill(order.client_id, quantity, self.prices[order.symbol])
        return self.report(order.client_id)

    async def cancel(self, client_id: str) -> OrderReport:
        if client_id not in self.orders:
            raise Rejected("no such order")
        if self.orders[client_id].open:
            self._keep(self.orders[client_id].moved(OrderStatus.CANCELLED, self.clock.now(), reason="cancelled"))
        return self.report(client_id)

    async def replace(self, order: Order) -> OrderReport:
        held = self.orders.get(order.client_id)
        if not self.can_replace or held is None or not held.open or order.quantity <= held.filled:
            raise Rejected("this cannot be changed")
        self._keep(replace(held, quantity=order.quantity, limit=order.limit, stop=order.stop, updated=self.clock.now()))
        return self.report(order.client_id)

    async def find(self, client_id: str) -> OrderReport | None:
        return self.report(client_id) if client_id in self.orders else None

    async def state(self) -> BrokerState:
        held = {s: q for s, q in self.positions.items() if q}
        return BrokerState(self.clock.now(), self.cash, held, tuple(self.report(o) for o in self.orders if self.orders[o].open))

    async def updates(self) -> Sequence[OrderReport]:
        told, self.told = self.told, []
        return told

    def fill(self, client_id: str, quantity: Decimal | str, price: Decimal | str) -> None:
        """The market trades that much of an order, whether or not there is a position left for it."""
        order, quantity, price = self.orders[client_id], Decimal(quantity), Decimal(price)
        past = self.fills.get(client_id, ())
        name = f"{client_id}.{len(past) + 1}"
        fill = Fill(name, client_id, order.account, order.symbol, order.side, quantity, price, ZERO, self.clock.now())
        self.fills[client_id] = (*past, fill)
        self.positions[order.symbol] = self.positions.get(order.symbol, ZERO) + order.side.sign * quantity
        self.cash -= order.side.sign * quantity * price
        filled = order.filled + quantity
        status = OrderStatus.FILLED if filled >= order.quantity else OrderStatus.PARTIAL
        self._keep(replace(order, status=status, filled=filled, updated=self.clock.now()))

    def drop(self, client_id: str, status: OrderStatus = OrderStatus.CANCELLED) -> None:
        """The venue ends an order by itself."""
        self._keep(replace(self.orders[client_id], status=status, updated=self.clock.now(), reason="the venue ended it"))

    def report(self, client_id: str) -> OrderReport:
        o = self.orders[client_id]
        fills = self.fills.get(client_id, ())
        return OrderReport(
            o.client_id, o.broker_id or "", o.symbol, o.status, o.quantity, o.filled, None, o.updated, o.limit, o.stop, fills, o.reason
        )

    def _keep(self, order: Order) -> None:
        self.orders[order.client_id] = order
        self.told.append(self.report(order.client_id))
        self.watch(self)
