"""Reconciliation on a whole floor: what is done elsewhere is found, told and adopted once, and never before it is certain."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.events import OrderCancelled, OrderFilled
from domain.ledger import EntryKind
from domain.orders import OrderStatus, OrderType, Side, TimeInForce
from domain.ports import BrokerState, OrderReport
from domain.tickets import TicketStatus
from storage import orders, preferences
from tests.trading.reconciling.elsewhere import found, order, shelve
from tests.trading.stage import ACCOUNT, START, buy, close, limit, stage, stop
from tests.trading.underway import row
from trading.reconciling.orphans import POLICY
from trading.record import EXTERNAL

D = Decimal


async def test_a_trade_made_elsewhere_is_booked_at_its_own_price_and_told_once() -> None:
    world = await stage()
    await world.broker.inner.submit(order("theirs-77", Side.BUY, "5", symbol="XOM"))
    await world.pass_time(301)
    assert world.floor.book.holdings.quantity("XOM") == 0, "not at first sight"
    await world.pass_time(6)
    told = found(world)
    assert [(f.what, f.about, f.book, f.broker) for f in told] == [("foreign", "XOM", "0", "5")]
    assert told[0].done.startswith("booked the executions of order theirs-77, placed elsewhere: bought 5 at $110.01")
    entry = world.floor.book.entries[-1]
    assert (entry.id, entry.order, entry.source) == ("theirs-77.1", "theirs-77", "reconciled")
    assert await world.agrees()
    await world.pass_time(900, step=5)
    assert len(found(world)) == 1
    assert not world.heard(OrderFilled), "it is not one of ours"


async def test_what_nothing_explains_takes_the_price_that_its_cash_says() -> None:
    world = await stage()
    cash = world.floor.book.holdings.cash
    await shelve(world, cash=cash - D("1100.55"), XOM="10")
    await world.restart()
    entry = world.floor.book.entries[-1]
    assert (entry.kind, entry.side, entry.quantity, entry.price, entry.amount) == (
        EntryKind.TRADE,
        Side.BUY,
        D(10),
        D("110.055"),
        D("-1100.55"),
    )
    assert entry.source == "reconciled: as its cash says"
    assert [f.done for f in found(world)] == ["adopted as bought 10 at $110.06, as its cash says"]
    assert await world.agrees()


async def test_a_transfer_is_neither_profit_nor_loss() -> None:
    world = await stage()
    before = world.floor.book.holdings
    await shelve(world, AAPL="25")
    await world.restart()
    after = world.floor.book.holdings
    assert after.realised == before.realised
    assert after.deposited - before.deposited == 15 * D("182.00")
    assert [f.what for f in found(world)] == ["foreign", "cash"]
    assert found(world)[1].done == "booked +$2,730.00 as paid in, the value of what was moved"
    assert await world.agrees()


async def test_what_is_gone_at_the_broker_is_gone_here_and_told_as_missing() -> None:
    world = await stage()
    cash = world.floor.book.holdings.cash
    await shelve(world, cash=cash + 10 * D("181.50"), AAPL="0")
    await world.restart()
    assert [(f.what, f.about, f.book, f.broker) for f in found(world)] == [("missing", "AAPL", "10", "0")]
    assert world.floor.book.holdings.position("AAPL") is None
    assert world.floor.book.holdings.closed[-1].realised == 10 * (D("181.50") - 170)
    assert await world.agrees()


@pytest.mark.parametrize(
    ("by", "kind", "told"),
    [
        ("-1.25", EntryKind.FEE, "booked −$1.25 as a fee"),
        ("12.40", EntryKind.DIVIDEND, "booked +$12.40 as income, such as a dividend or interest"),
        ("5000", EntryKind.DEPOSIT, "booked +$5,000.00 as paid in"),
        ("-5000", EntryKind.WITHDRAWAL, "booked −$5,000.00 as paid out"),
        ("0.004", EntryKind.DIVIDEND, None),
    ],
)
async def test_cash_alone_is_booked_by_its_sign_and_size(by: str, kind: EntryKind, told: str | None) -> None:
    world = await stage()
    await shelve(world, cash=world.floor.book.holdings.cash + D(by))
    await world.restart()
    assert (world.floor.book.entries[-1].kind, world.floor.book.entries[-1].amount) == (kind, D(by))
    assert [f.done for f in found(world)] == ([told] if told else [])
    assert await world.agrees()


async def test_the_second_pass_finds_nothing_and_the_same_difference_later_is_another_one() -> None:
    world = await stage()
    for _ in range(2):
        await shelve(world, cash=world.floor.book.holdings.cash - 550, XOM=str(world.floor.book.holdings.quantity("XOM") + 5))
        await world.restart()
        lines, entries = await world.journal(), world.floor.book.entries
        assert (await world.floor.reconciler.now()).found == ()
        await world.restart()
        assert (await world.journal(), list(world.floor.book.entries)) == (lines, list(entries))
        await shelve(world, cash=world.floor.book.holdings.cash + 550, XOM=str(world.floor.book.holdings.quantity("XOM") - 5))
        await world.restart()
    assert len(found(world)) == 4
    assert await world.agrees()


async def test_a_fill_that_was_never_reported_is_booked_as_that_orders_and_told() -> None:
    world = await stage()
    ticket = await world.do(limit("XOM", Side.BUY, "5", "100"))
    world.market.quote("XOM", "98.99", "99.01", "99.00")
    await world.broker.inner.replace(replace((await row(world, f"{ticket.id}-1")), limit=D(105)))
    world.broker.shuffle = lambda reports: []
    await world.pass_time(301)
    assert [(f.what, f.about, f.done) for f in found(world)] == [("fill", f"{ticket.id}-1 (XOM)", "booked what had filled")]
    assert world.heard(OrderFilled)
    assert await world.status(ticket.id) is TicketStatus.EXECUTED
    assert await world.agrees()


async def test_an_order_the_broker_lost_is_looked_up_and_told() -> None:
    world = await stage()
    ticket = await world.do(limit("XOM", Side.BUY, "5", "100"))
    inner, state = world.broker.inner.find, world.broker.inner.state

    async def forgotten(client_id: str) -> OrderReport | None:
        return None if client_id == f"{ticket.id}-1" else await inner(client_id)

    async def without() -> BrokerState:
        return replace(await state(), orders=())

    world.broker.inner.find, world.broker.inner.state = forgotten, without  # type: ignore[method-assign]
    await world.pass_time(301)
    assert [(f.what, f.broker, f.done) for f in found(world)] == [("order", "not known there", "shown as expired")]
    assert len(world.heard(OrderCancelled)) == 1
    assert world.floor.book.orders == ()


async def test_an_order_placed_elsewhere_is_shown_and_never_touched() -> None:
    world = await stage()
    theirs = order("A1B2-c3d4.77", Side.BUY, "3", symbol="XOM", kind=OrderType.LIMIT, limit=D(100))
    await world.broker.inner.submit(theirs)
    await world.pass_time(301)
    assert [(f.what, f.about, f.broker) for f in found(world)] == [("orphan", "A1B2-c3d4.77", "buy 3 XOM limit $100.00 gtc")]
    shown = world.floor.book.orders[0]
    assert (shown.external, shown.reduce_only, shown.status) == (True, False, OrderStatus.ACCEPTED)
    await world.restart()
    await world.pass_time(900, step=60)
    assert not {c for c in world.broker.calls if c[0] in ("cancel", "replace", "submit")}
    world.market.quote("XOM", "98.99", "99.01", "99.00")
    await world.broker.inner.replace(replace(theirs, limit=D("100.5")))
    await world.pass_time(1)
    assert world.floor.book.holdings.quantity("XOM") == 3, "its fills are booked as they come"
    assert world.floor.book.orders == ()
    assert len(found(world)) == 1
    assert await world.agrees()


async def test_an_account_may_take_back_what_looks_like_its_own() -> None:
    world = await stage()
    async with world.store.write() as tx:
        await preferences.set(tx, ACCOUNT, POLICY, "cancel")
    await world.broker.inner.submit(order("k3x9ab-1", Side.BUY, "3", symbol="XOM", kind=OrderType.LIMIT, limit=D(100)))
    await world.broker.inner.submit(order("THEIRS", Side.BUY, "2", symbol="XOM", kind=OrderType.LIMIT, limit=D(100)))
    await world.pass_time(302, step=301)
    await world.pass_time(301, step=1)
    assert [(f.about, f.done.split(",")[0]) for f in found(world)] == [("k3x9ab-1", "being taken back"), ("THEIRS", "shown as external")]
    assert [r.client_id for r in (await world.broker.state()).orders] == ["THEIRS"]


async def test_an_order_of_a_kind_nobody_tells_is_told_and_left_alone() -> None:
    world = await stage()
    await world.broker.inner.submit(order("theirs", Side.BUY, "3", symbol="XOM", kind=OrderType.LIMIT, limit=D(100)))
    state = world.broker.inner.state

    async def silent() -> BrokerState:
        seen = await state()
        return replace(seen, orders=tuple(replace(o, side=None) for o in seen.orders))

    world.broker.inner.state = silent  # type: ignore[method-assign]
    await world.pass_time(900, step=301)
    assert [f.done for f in found(world)] == ["left alone: the broker does not say what kind of order it is"]
    assert world.floor.book.orders == ()


async def test_an_order_that_ended_here_and_lives_there_is_taken_back() -> None:
    world = await stage()
    ticket = await world.do(limit("XOM", Side.BUY, "5", "100"))
    ended = (await row(world, f"{ticket.id}-1")).moved(OrderStatus.EXPIRED, START + timedelta(seconds=1), reason="lost")
    async with world.store.write() as tx:
        await orders.save(tx, ended)
    await world.floor.book.load()
    await world.pass_time(301)
    await world.pass_time(2, step=1)
    assert [(f.what, f.book, f.broker) for f in found(world)] == [("order", "expired", "open")]
    assert (await world.broker.state()).orders == ()


async def test_nothing_is_adopted_while_an_order_is_in_flight() -> None:
    world = await stage(unique=False)
    world.broker.faults["submit"].append("late")
    await world.do(buy("XOM", "5"))
    await shelve(world, cash=world.floor.book.holdings.cash - 100)
    for _ in range(5):
        await world.floor.reconciler.now()
    assert (found(world), world.floor.reconciler.last is not None) == ([], True)
    await world.broker.deliver()
    await world.pass_time(6, step=1)
    await world.floor.reconciler.now()
    assert world.floor.book.holdings.quantity("XOM") == 5
    assert [f.what for f in found(world)] == ["cash"]
    assert await world.agrees()


async def test_a_report_that_is_late_is_waited_for() -> None:
    world = await stage()
    world.broker.shuffle = lambda reports: []
    ticket = await world.do(limit("XOM", Side.BUY, "5", "109"))
    name = f"{ticket.id}-1"
    world.market.quote("XOM", "104.99", "105.01", "105.00")
    await world.broker.inner.replace(replace(await row(world, name), limit=D(108)))
    await world.pass_time(320, step=2)
    assert world.floor.book.entries[-1].order == name, "booked as what it was, not as somebody else's"
    assert {f.what for f in found(world)} <= {"fill", "order"}
    assert await world.agrees()


async def test_a_stop_that_lost_its_position_elsewhere_is_ended_by_the_venue() -> None:
    world = await stage()
    await world.do(stop("AAPL", "10", "170"))
    await world.broker.inner.submit(order("THEIRS", Side.SELL, "10", symbol="AAPL"))
    await world.pass_time(310, step=5)
    assert [f.what for f in found(world)] == ["missing"]
    assert world.floor.book.orders == ()
    assert await world.agrees()


async def test_a_round_trip_made_elsewhere_is_booked_though_no_quantity_differs() -> None:
    world = await stage()
    for name, side in (("IN", Side.BUY), ("OUT", Side.SELL)):
        await world.broker.inner.submit(order(name, side, "4", symbol="XOM"))
    await world.pass_time(310, step=5)
    assert [e.order for e in world.floor.book.entries[-2:]] == ["IN", "OUT"]
    assert [f.what for f in found(world)] == ["foreign"]
    assert await world.agrees()


async def test_the_journal_says_who_placed_what() -> None:
    world = await stage()
    await world.broker.inner.submit(order("THEIRS", Side.BUY, "3", symbol="XOM", kind=OrderType.LIMIT, limit=D(100)))
    await world.restart()
    assert await world.journal() == [EXTERNAL, "ReconciliationFound"]


async def test_what_was_worked_out_on_a_ledger_that_moved_on_is_not_booked() -> None:
    world = await stage()
    await shelve(world, cash=world.floor.book.holdings.cash - 100)
    ticket = await world.propose(close("AAPL", "1"))
    reconciler = world.floor.reconciler
    await reconciler._pass()
    scene = reconciler._scene

    async def late(look: object) -> object:
        made = await scene(look)  # type: ignore[arg-type]
        if await world.status(ticket.id) is TicketStatus.PROPOSED:
            await world.confirm(ticket)
        return made

    reconciler._scene = late  # type: ignore[method-assign, assignment]
    outcome = await reconciler._pass()
    assert (outcome.found, outcome.equal) == ((), False)
    assert (await reconciler.now()).equal
    assert [f.done for f in found(world)] == ["booked −$100.00 as a fee"]
    assert await world.agrees()


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, OrderType.MARKET),
        ({"limit": D(100)}, OrderType.LIMIT),
        ({"stop": D(100)}, OrderType.STOP),
        ({"stop": D(100), "limit": D(99)}, OrderType.STOP_LIMIT),
    ],
)
async def test_an_order_whose_type_is_not_told_is_what_its_prices_make_it(changes: dict[str, Decimal], kind: OrderType) -> None:
    world = await stage()
    state = world.broker.state
    theirs = OrderReport("T", "b", "XOM", OrderStatus.ACCEPTED, D(3), D(0), None, START, side=Side.BUY)
    theirs = replace(theirs, limit=changes.get("limit"), stop=changes.get("stop"))

    async def with_theirs() -> BrokerState:
        return replace(await state(), orders=(theirs,))

    world.broker.state = with_theirs  # type: ignore[method-assign]
    await world.pass_time(301)
    assert [(o.type, o.tif) for o in world.floor.book.orders] == [(kind, TimeInForce.GTC)]
    await world.restart()
    assert [o.client_id for o in world.floor.book.orders] == ["T"], "that its id is not known there does not end it"
    world.broker.state = state  # type: ignore[method-assign]
    await world.restart()
    assert world.floor.book.orders == (), "that it is not among the open ones does"
    assert [f.what for f in found(world)] == ["orphan", "order"]


async def test_a_look_that_costs_nothing_is_not_taken_twice_a_second() -> None:
    world = await stage()
    before = len(world.broker.calls)
    await world.pass_time(290, step=1)
    asked = [c for c, _ in world.broker.calls[before:]]
    assert asked.count("state") == 0
    await world.pass_time(20, step=1)
    assert [c for c, _ in world.broker.calls].count("state") <= 3
    assert world.floor.reconciler.next == world.floor.reconciler.last.at + timedelta(minutes=5)
