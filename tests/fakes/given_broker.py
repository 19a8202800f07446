"""A broker that holds what a test gives it: no market, no waiting; it counts whatever anybody asks it to change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.errors import Rejected
from domain.orders import Order, OrderStatus, OrderType, TimeInForce
from domain.ports import BrokerState, BrokerTraits, OrderReport

TRAITS = BrokerTraits("given", True, frozenset(OrderType), frozenset(TimeInForce), can_replace=True)


@dataclass
class GivenBroker:
    """The Broker port over a fixed truth: the orders it knows (`reports`), what it holds, and what it was asked to do (`changed`)."""

    state_now: BrokerState
    reports: dict[str, OrderReport] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)

    @property
    def traits(self) -> BrokerTraits:
        return TRAITS

    async def submit(self, order: Order) -> OrderReport:
        self.changed.append(f"submit {order.client_id}")
        raise Rejected("nothing is taken here")

    async def cancel(self, client_id: str) -> OrderReport:
        self.changed.append(f"cancel {client_id}")
        report = self.reports.get(client_id)
        if report is None:
            raise Rejected("there is no such order", code="no_such_order")
        return report

    async def replace(self, order: Order) -> OrderReport:
        self.changed.append(f"replace {order.client_id}")
        raise Rejected("nothing is changed here")

    async def find(self, client_id: str) -> OrderReport | None:
        return self.reports.get(client_id)

    async def state(self) -> BrokerState:
        return self.state_now

    async def updates(self) -> Sequence[OrderReport]:
        return tuple(self.reports.values())


def open_ones(reports: dict[str, OrderReport]) -> tuple[OrderReport, ...]:
    """Those that may still trade."""
    return tuple(r for r in reports.values() if r.status in (OrderStatus.ACCEPTED, OrderStatus.PARTIAL))
