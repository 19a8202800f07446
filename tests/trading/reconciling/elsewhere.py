"""What happens at the broker without us: orders and holdings of somebody else's making."""

from __future__ import annotations

from decimal import Decimal

from domain.events import ReconciliationFound
from domain.orders import Order, OrderType, Side, TimeInForce
from storage import paper as shelf
from tests.trading.stage import ACCOUNT, START, Stage
from trading.brokers.paper import PaperBroker


def order(
    name: str, side: Side, quantity: str, *, symbol: str = "AAPL", kind: OrderType = OrderType.MARKET, limit: Decimal | None = None
) -> Order:
    """An order as another program would send it."""
    return Order(name, ACCOUNT, "elsewhere", 1, symbol, side, kind, Decimal(quantity), TimeInForce.GTC, START, START, limit=limit)


async def shelve(world: Stage, *, cash: Decimal | None = None, **held: str) -> None:
    """Change the venue's books behind everybody's back; it reads them again."""
    async with world.store.write() as tx:
        if cash is not None:
            await shelf.set_cash(tx, ACCOUNT, cash)
        for symbol, quantity in held.items():
            await shelf.set_position(tx, ACCOUNT, symbol, Decimal(quantity))
    assert isinstance(world.broker.inner, PaperBroker)
    world.broker.inner._venue = None


def found(world: Stage) -> list[ReconciliationFound]:
    """Every difference that was told."""
    return [e for e in world.events if isinstance(e, ReconciliationFound)]
