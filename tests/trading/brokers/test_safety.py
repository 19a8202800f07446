"""What survives: restarts, failing disks and markets, cut-off calls, repeated and late reports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.errors import BrokerDown, Rejected, StorageFailed
from domain.orders import OrderStatus, OrderType, Side
from market.hub import Hub
from storage.store import Row, Store, Tx
from tests.fakes.market import bar
from tests.trading.brokers.desk import FRIDAY, MINUTE, Desk, open_desk
from trading.brokers.paper import PaperBroker

LIMIT, STOP = OrderType.LIMIT, OrderType.STOP
BUY, SELL = Side.BUY, Side.SELL


class CutStore:
    """A store whose n-th write statement fails, or whose commit does; `after` lets the commit through and fails then."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.left = -1
        self.error: type[BaseException] = StorageFailed
        self.after = False

    def read(self) -> Any:
        return self.inner.read()

    @asynccontextmanager
    async def write(self, *, relaxed: bool = False) -> AsyncIterator[Tx]:
        async with self.inner.write(relaxed=relaxed) as tx:
            yield CutTx(tx, self)
            if not self.after:
                self.count()
        if self.after:
            self.count()

    async def close(self) -> None:
        await self.inner.close()

    def count(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise self.error("cut")


class CutTx:
    """Counts the statements that change something."""

    def __init__(self, tx: Tx, cut: CutStore) -> None:
        self.tx, self.cut = tx, cut

    async def insert(self, table: str, row: Row) -> bool:
        self.cut.count()
        return await self.tx.insert(table, row)

    async def update(self, table: str, changes: Row, **where: Any) -> int:
        self.cut.count()
        return await self.tx.update(table, changes, **where)

    async def delete(self, table: str, **where: Any) -> int:
        self.cut.count()
        return await self.tx.delete(table, **where)

    async def select(self, table: str, **rest: Any) -> list[dict[str, Any]]:
        return await self.tx.select(table, **rest)


async def truth(desk: Desk) -> tuple[Decimal, dict[str, Decimal], list[tuple[str, str, Decimal]]]:
    state = await desk.broker.state()
    found = [(n, r.status.value, r.filled) for n in ("stop", "buy", "rest") if (r := await desk.broker.find(n))]
    return state.cash, dict(state.positions), found


async def story(desk: Desk) -> None:
    """A little of everything; each step may be repeated."""
    await desk.send("stop", SELL, "50", STOP, stop="95", reduce_only=True)
    await desk.send("buy", BUY, "10")
    await desk.send("rest", BUY, "5", LIMIT, limit="90")
    await desk.broker.cancel("rest")
    await desk.till(FRIDAY + MINUTE)
    await desk.broker.updates()


async def prepared() -> tuple[Desk, CutStore]:
    desk = await open_desk(AAPL="50")
    desk.market.add(bar("AAPL", FRIDAY - MINUTE, "100"), bar("AAPL", FRIDAY, "94", volume="400"))
    cut = CutStore(desk.store)
    desk.store = cut
    desk.restart()
    return desk, cut


async def steps(error: type[BaseException], *, after: bool) -> int:
    """Fail at every statement in turn, restart or go on, finish the story: the truth is always the same."""
    clean, _ = await prepared()
    await story(clean)
    wanted = await truth(clean)
    for n in range(1, 200):
        desk, cut = await prepared()
        cut.left, cut.error, cut.after = n, error, after
        try:
            await story(desk)
        except (BrokerDown, asyncio.CancelledError):
            if n % 2:
                desk.restart()
            await story(desk)
        else:
            return n
        assert await truth(desk) == wanted, n
    raise AssertionError("the story never ended")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("error", [StorageFailed, asyncio.CancelledError])
async def test_a_failure_at_any_line_loses_nothing_and_does_nothing_twice(error: type[BaseException], after: bool) -> None:
    assert await steps(error, after=after) > 4


async def test_reports_not_handed_out_survive_a_restart() -> None:
    desk = await open_desk(AAPL="50")
    await desk.send("buy", BUY, "10")
    desk.restart()
    first = await desk.broker.updates()
    assert [(r.client_id, r.status) for r in first] == [("buy", OrderStatus.FILLED)]
    desk.restart()
    assert [r.client_id for r in await desk.broker.updates()] == ["buy"], "handed out, but nobody said it arrived"
    assert await desk.broker.updates() == []
    desk.restart()
    assert await desk.broker.updates() == []
    assert (await desk.of("buy")).filled == 10


async def test_working_orders_are_told_again_after_a_restart() -> None:
    desk = await open_desk(AAPL="50")
    await desk.send("stop", SELL, "50", STOP, stop="95")
    await desk.broker.updates()
    desk.restart()
    assert [r.client_id for r in await desk.broker.updates()] == ["stop"]


async def test_a_market_that_is_down_takes_nothing_and_comes_back() -> None:
    desk = await open_desk(AAPL="50")
    await desk.send("stop", SELL, "50", STOP, stop="95")
    desk.market.add(bar("AAPL", FRIDAY - MINUTE, "100"), bar("AAPL", FRIDAY, "94"))
    desk.market.failing = True
    desk.clock.set(FRIDAY + MINUTE)
    for call in (desk.broker.updates, desk.broker.state, lambda: desk.broker.find("stop"), lambda: desk.broker.cancel("stop")):
        with pytest.raises(BrokerDown):
            await call()
    desk.market.failing = False
    assert (await desk.of("stop")).status is OrderStatus.FILLED


async def test_a_bar_that_comes_late_is_still_lived_through() -> None:
    desk = await open_desk(AAPL="50", BTC="1")
    desk.market.add(*(bar(s, FRIDAY - MINUTE, p) for s, p in (("AAPL", "100"), ("BTC", "50000"))))
    await desk.send("a", SELL, "50", STOP, stop="95")
    await desk.send("b", SELL, "1", STOP, symbol="BTC", stop="49000")
    desk.market.add(bar("BTC", FRIDAY, "50000"))
    await desk.till(FRIDAY + MINUTE)
    desk.market.add(bar("AAPL", FRIDAY, "94"), bar("BTC", FRIDAY + MINUTE, "50000"))
    await desk.till(FRIDAY + 2 * MINUTE)
    assert await desk.price("a") == 94


async def test_after_a_quiet_week_a_restart_looks_back_a_day_not_a_week() -> None:
    desk = await open_desk(BTC="1")
    week = timedelta(days=7)
    desk.market.add(bar("BTC", FRIDAY - MINUTE, "50000"), bar("BTC", FRIDAY + week - MINUTE, "50000"))
    await desk.send("b", SELL, "1", STOP, symbol="BTC", stop="40000")
    await desk.till(FRIDAY + week)
    desk.restart()
    desk.market.starts.clear()
    await desk.till(FRIDAY + week + MINUTE)
    assert min(desk.market.starts) >= FRIDAY + week - timedelta(days=1, hours=1)


async def test_a_bar_seen_again_does_not_share_its_volume_out_again() -> None:
    desk = await open_desk(AAPL="160")
    await desk.send("a", SELL, "80", LIMIT, limit="101")
    await desk.send("b", SELL, "80", LIMIT, limit="101")
    desk.market.add(bar("AAPL", FRIDAY, "100", "102", "100", "102", volume="800"))
    await desk.till(FRIDAY + MINUTE)
    desk.restart()
    await desk.till(FRIDAY + 2 * MINUTE)
    assert ((await desk.of("a")).filled, (await desk.of("b")).filled) == (Decimal(80), Decimal(0))


async def test_seeding_twice_changes_nothing() -> None:
    desk = await open_desk(cash="10", AAPL="5")
    assert await desk.broker.seed(Decimal(99), {"AAPL": Decimal(1), "NVDA": Decimal(0)}) is False
    assert await desk.cash() == 10
    assert await desk.position() == 5


async def test_orders_at_once_share_one_cash() -> None:
    desk = await open_desk(cash="1500")
    results = await asyncio.gather(*(desk.send(f"o{n}", BUY, "10") for n in range(5)), return_exceptions=True)
    assert sum(not isinstance(r, BaseException) for r in results) == 1
    assert sum(isinstance(r, Rejected) for r in results) == 4
    assert await desk.position() == 10


async def test_one_id_sent_at_once_many_times_trades_once() -> None:
    desk = await open_desk()
    reports = await asyncio.gather(*(desk.send("same", BUY, "10") for _ in range(5)))
    assert {r.broker_id for r in reports} == {"paper-same"}
    assert await desk.position() == 10


async def test_a_broker_without_books_says_so() -> None:
    desk = await open_desk()
    broker = PaperBroker(desk.spec, Hub(desk.market, desk.clock), desk.store, desk.clock, desk.model)
    with pytest.raises(BrokerDown):
        broker._ready()
