"""A paper broker over a scripted market, with short words for what tests do to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from domain.clock import ManualClock
from domain.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from domain.portfolio import AccountSpec, Mode
from domain.ports import OrderReport
from market.hub import Hub
from storage.snapshot import open_memory
from storage.store import Store
from tests.fakes.market import FakeMarket, utc
from trading.brokers.paper import PaperBroker, build
from trading.brokers.simulated.fills import FillModel

FRIDAY = utc("2025-10-10 14:30")  # 10:30 New York
MONDAY_OPEN = utc("2025-10-13 13:30")
MINUTE = timedelta(minutes=1)
SPEC = AccountSpec("main", Mode.PAPER)
FLAT = FillModel(impact=Decimal(0), half_spread=Decimal(0))
"""Fills at exactly the touch, so that tests of the rules read as prices."""


@dataclass
class Desk:
    clock: ManualClock
    market: FakeMarket
    store: Store
    spec: AccountSpec
    model: FillModel
    broker: PaperBroker
    told: list[OrderReport] = field(default_factory=list)

    def restart(self) -> None:
        """The same books in a new process."""
        self.broker = build(self.spec, Hub(self.market, self.clock), self.store, self.clock, self.model)

    async def send(self, name: str, side: Side, quantity: str, kind: OrderType = OrderType.MARKET, **changes: object) -> OrderReport:
        return await self.broker.submit(self.order(name, side, quantity, kind, **changes))

    def order(self, name: str, side: Side, quantity: str, kind: OrderType = OrderType.MARKET, **changes: object) -> Order:
        now = self.clock.now()
        made = Order(name, self.spec.name, name, 1, "AAPL", side, kind, Decimal(quantity), TimeInForce.GTC, now, now)
        prices = {k: Decimal(v) if type(v) is str and k != "symbol" else v for k, v in changes.items()}
        return replace(made, **prices)  # type: ignore[arg-type]

    async def till(self, at: datetime) -> None:
        self.clock.set(at)
        self.told += await self.broker.updates()

    async def of(self, name: str) -> OrderReport:
        found = await self.broker.find(name)
        assert found is not None
        return found

    async def price(self, name: str) -> Decimal:
        """The one price an order filled at, whole."""
        report = await self.of(name)
        assert report.status is OrderStatus.FILLED, report
        assert report.average_price is not None
        return report.average_price

    async def position(self, symbol: str = "AAPL") -> Decimal:
        return (await self.broker.state()).positions.get(symbol, Decimal(0))

    async def cash(self) -> Decimal:
        return (await self.broker.state()).cash


async def open_desk(
    at: datetime = FRIDAY, *, cash: str = "100000", spec: AccountSpec = SPEC, model: FillModel = FLAT, name: str = "fake", **held: str
) -> Desk:
    """A desk at an instant with cash and positions; AAPL is quoted 99.99 / 100.01, BTC 50,000 flat."""
    clock = ManualClock(at)
    market = FakeMarket(clock, name=name)
    market.quote("AAPL", "99.99", "100.01", "100.00")
    market.quote("BTC", "49995", "50005", "50000")
    store = await open_memory()
    desk = Desk(clock, market, store, spec, model, build(spec, Hub(market, clock), store, clock, model))
    await desk.broker.seed(Decimal(cash), {s: Decimal(q) for s, q in held.items()})
    return desk
