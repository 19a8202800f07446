"""Every noun that is stored, on every store."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.errors import IllegalMove, StorageFailed, Unreadable
from domain.market import Shock
from domain.orders import OrderStatus
from domain.portfolio import AccountSpec, Mode
from domain.tickets import TicketStatus
from storage import accounts, inbox, ledger, orders, outbox, paper, preferences, switches, tickets, usage, world
from storage.store import Store
from tests.storage.samples import AT, alert, entry, incoming, later, order, ticket


async def test_tickets_come_back_as_they_were(store: Store) -> None:
    first, second = ticket("t1"), ticket("t2", account="mine")
    async with store.write() as tx:
        await tickets.add(tx, first)
        await tickets.add(tx, second)
    async with store.read() as tx:
        assert await tickets.get(tx, "t1") == first
        assert await tickets.get(tx, "t3") is None
        found = await tickets.get(tx, "t2")
        assert found is not None
        assert found.digest() == second.digest()
        assert await tickets.recent(tx, "demo", 10) == [first]


async def test_a_ticket_id_is_taken_once(store: Store) -> None:
    async with store.write() as tx:
        await tickets.add(tx, ticket("t1"))
    with pytest.raises(StorageFailed, match="already a ticket t1"):
        async with store.write() as tx:
            await tickets.add(tx, ticket("t1"))


async def test_the_first_move_wins(store: Store) -> None:
    async with store.write() as tx:
        await tickets.add(tx, ticket("t1"))
    won = []
    for to in (TicketStatus.CONFIRMED, TicketStatus.CANCELLED, TicketStatus.CONFIRMED):
        async with store.write() as tx:
            won.append(await tickets.move(tx, "t1", TicketStatus.PROPOSED, to, f"reason {to}"))
    assert won == [True, False, False]
    async with store.read() as tx:
        found = await tickets.get(tx, "t1")
        assert found == ticket("t1", status=TicketStatus.CONFIRMED, reason="reason CONFIRMED")
        assert found.digest() == ticket("t1").digest()
    async with store.write() as tx:
        assert await tickets.move(tx, "t1", TicketStatus.CONFIRMED, TicketStatus.WORKING)
        moved = await tickets.get(tx, "t1")
        assert moved is not None
        assert (moved.status, moved.reason) == (TicketStatus.WORKING, "reason CONFIRMED")
        with pytest.raises(IllegalMove):
            await tickets.move(tx, "t1", TicketStatus.EXECUTED, TicketStatus.PROPOSED)


async def test_tickets_by_status_and_age(store: Store) -> None:
    async with store.write() as tx:
        for number in range(4):
            await tickets.add(tx, ticket(f"t{number}"))
        await tickets.move(tx, "t1", TicketStatus.PROPOSED, TicketStatus.EXPIRED)
        await tickets.move(tx, "t2", TicketStatus.PROPOSED, TicketStatus.CONFIRMED)
    async with store.read() as tx:
        assert [t.id for t in await tickets.in_status(tx, "demo", TicketStatus.PROPOSED)] == ["t0", "t3"]
        assert [t.id for t in await tickets.in_status(tx, "demo", TicketStatus.CONFIRMED, TicketStatus.PROPOSED)] == ["t0", "t2", "t3"]
        assert await tickets.in_status(tx, "demo") == []
        assert [t.id for t in await tickets.recent(tx, "demo", 2)] == ["t3", "t2"]


async def test_orders(store: Store) -> None:
    first, second = order("t1-1"), order("t1-0")
    async with store.write() as tx:
        assert await orders.add(tx, first)
        assert await orders.add(tx, second)
        assert not await orders.add(tx, replace(first, quantity=Decimal(99)))
        assert await orders.add(tx, order("t2-0", account="mine"))
    filled = first.moved(OrderStatus.FILLED, later(1), filled=Decimal("5.000"), average_price=Decimal("244.1234567890123456789012345"))
    async with store.write() as tx:
        await orders.save(tx, filled)
    async with store.read() as tx:
        assert await orders.get(tx, "t1-1") == filled
        assert await orders.get(tx, "t9-0") is None
        assert await orders.open(tx, "demo") == [second]
        assert await orders.of_ticket(tx, "t1") == [second, filled]
        assert await orders.recent(tx, "demo", 1) == [second]
    with pytest.raises(StorageFailed, match="no order t9-0"):
        async with store.write() as tx:
            await orders.save(tx, order("t9-0"))


async def test_the_ledger_books_once_and_in_order(store: Store) -> None:
    async with store.write() as tx:
        assert await ledger.add(tx, entry("b", at=later(1)))
        assert await ledger.add(tx, entry("c", at=later(1)))
        assert await ledger.add(tx, entry("a", at=AT))
        assert not await ledger.add(tx, entry("b", amount=Decimal(1)))
        assert await ledger.add(tx, entry("b", account="mine"))
    async with store.read() as tx:
        assert [e.id for e in await ledger.entries(tx, "demo")] == ["a", "b", "c"]
        assert [e.id for e in await ledger.entries(tx, "demo", since=later(1))] == ["b", "c"]
        assert await ledger.entries(tx, "mine") == [entry("b", account="mine")]
        assert await ledger.entries(tx, "nobody") == []


async def test_accounts(store: Store) -> None:
    demo, mine = AccountSpec("demo", Mode.DEMO), AccountSpec("mine", Mode.PAPER, shorting=True, priced=False)
    async with store.write() as tx:
        assert await accounts.add(tx, mine)
        assert await accounts.add(tx, demo)
        assert not await accounts.add(tx, replace(demo, currency="EUR"))
    async with store.read() as tx:
        assert await accounts.get(tx, "demo") == demo
        assert await accounts.get(tx, "none") is None
        assert await accounts.all(tx) == [mine, demo]


async def test_the_kill_switch(store: Store) -> None:
    async with store.write() as tx:
        assert not await switches.halted(tx, "demo")
        await switches.set_halted(tx, "demo", True, "me", AT)
        assert await switches.halted(tx, "demo")
        assert not await switches.halted(tx, "mine")
    async with store.write() as tx:
        await switches.set_halted(tx, "demo", False, "owner", later(1))
    async with store.read() as tx:
        assert not await switches.halted(tx, "demo")


async def test_the_outbox_keeps_what_was_not_delivered(store: Store) -> None:
    async with store.write() as tx:
        await outbox.add(tx, alert("first"))
        await outbox.add(tx, alert("second"))
        await outbox.add(tx, alert("future", at=later(60)))
    async with store.read() as tx:
        waiting = await outbox.due(tx, AT)
    assert [(row.alert, row.tries) for row in waiting] == [(alert("first"), 0), (alert("second"), 0)]
    first, second = (row.id for row in waiting)
    async with store.write() as tx:
        await outbox.retry(tx, first, later(10))
        await outbox.delivered(tx, second, AT)
        await outbox.delivered(tx, second, later(5))
    async with store.read() as tx:
        assert await outbox.due(tx, later(9)) == []
        assert [(row.id, row.tries) for row in await outbox.due(tx, later(10))] == [(first, 1)]
        assert len(await outbox.due(tx, later(60))) == 2
        assert len(await outbox.due(tx, later(60), limit=1)) == 1
    with pytest.raises(StorageFailed, match="no alert 999"):
        async with store.write() as tx:
            await outbox.retry(tx, 999, AT)


async def test_the_inbox_takes_a_message_once(store: Store) -> None:
    async with store.write() as tx:
        assert await inbox.add(tx, incoming("u2"))
        assert await inbox.add(tx, incoming("u1"), account="demo")
        assert not await inbox.add(tx, incoming("u2", text="again"))
        assert await inbox.pending(tx) == [incoming("u2"), incoming("u1")]
        await inbox.done(tx, "u2", AT)
        await inbox.done(tx, "u2", later(1))
    async with store.read() as tx:
        assert await inbox.pending(tx) == [incoming("u1")]
    async with store.write() as tx:
        assert not await inbox.add(tx, incoming("u2"))  # handled, and still known


async def test_usage_counts(store: Store) -> None:
    async with store.write() as tx:
        for seconds, name, outcome in ((0, "positions", "ok"), (86400, "positions", "ok"), (5, "positions", "refused"), (9, "buy", "ok")):
            await usage.record(tx, later(seconds), "demo", name, outcome)
        await usage.record(tx, AT, "demo", "buy", "ok")
        await usage.record(tx, AT, "mine", "sell", "ok")
    async with store.read() as tx:
        assert await usage.counts(tx, "demo") == [
            usage.Usage("buy", "ok", 2, later(9)),
            usage.Usage("positions", "ok", 2, later(86400)),
            usage.Usage("positions", "refused", 1, later(5)),
        ]


async def test_preferences(store: Store) -> None:
    async with store.write() as tx:
        await preferences.set(tx, "demo", "zone", "Europe/Zürich")
        await preferences.set(tx, "demo", "zone", "Asia/Tokyo")
        await preferences.set(tx, "mine", "zone", "")
    async with store.read() as tx:
        assert await preferences.get(tx, "demo", "zone") == "Asia/Tokyo"
        assert await preferences.get(tx, "mine", "zone") == ""
        assert await preferences.get(tx, "demo", "quiet") is None


async def test_the_world_never_goes_back(store: Store) -> None:
    shocks = (Shock(AT, "NVDA", Decimal("-0.08")),)
    async with store.write() as tx:
        assert await world.load(tx) is None
        await world.save(tx, world.WorldState(7, AT, later(60)))
    async with store.write() as tx:
        await world.save(tx, world.WorldState(7, AT, later(30), shocks))
    async with store.read() as tx:
        assert await world.load(tx) == world.WorldState(7, AT, later(60), shocks)


async def test_the_paper_venue(store: Store) -> None:
    async with store.write() as tx:
        assert (await paper.cash(tx, "demo"), await paper.cursor(tx, "demo")) == (Decimal(0), None)
        await paper.set_cursor(tx, "demo", AT)
        await paper.set_cash(tx, "demo", Decimal("12.30"))
        await paper.set_cursor(tx, "demo", later(1))
        await paper.set_cash(tx, "mine", Decimal(5))
        await paper.put(tx, "demo", "t1-0", "one", True)
        await paper.put(tx, "demo", "t2-0", "two", True)
        await paper.put(tx, "demo", "t1-0", "one, done", False)
        await paper.put(tx, "mine", "t1-0", "theirs", True)
        await paper.set_position(tx, "demo", "MSFT", Decimal("-3"))
        await paper.set_position(tx, "demo", "AAPL", Decimal("1.5"))
        await paper.set_position(tx, "demo", "MSFT", Decimal("2"))
        await paper.set_position(tx, "demo", "NVDA", Decimal("2"))
        await paper.set_position(tx, "demo", "NVDA", Decimal("0.00"))
    async with store.read() as tx:
        assert (await paper.cash(tx, "demo"), await paper.cursor(tx, "demo")) == (Decimal("12.30"), later(1))
        assert (await paper.cash(tx, "mine"), await paper.cursor(tx, "mine")) == (Decimal(5), None)
        assert await paper.orders(tx, "demo") == ["one, done", "two"]
        assert await paper.orders(tx, "demo", open_only=True) == ["two"]
        assert await paper.get(tx, "demo", "t1-0") == "one, done"
        assert await paper.get(tx, "demo", "t9-0") is None
        assert await paper.positions(tx, "demo") == {"AAPL": Decimal("1.5"), "MSFT": Decimal(2)}
        assert list(await paper.positions(tx, "demo")) == ["AAPL", "MSFT"]


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"id": 3}', '{"id":"t1","line":1e999}', '{"intents":[{"kind":"Nothing"}]}'])
async def test_a_body_that_no_longer_decodes_is_named(store: Store, body: str) -> None:
    async with store.write() as tx:
        await tickets.add(tx, ticket("t1"))
        await tx.update("tickets", {"body": body}, id="t1")
    async with store.read() as tx:
        with pytest.raises(Unreadable, match="row t1 of table tickets"):
            await tickets.get(tx, "t1")


async def test_columns_that_no_longer_decode_are_named(store: Store) -> None:
    async with store.write() as tx:
        await tickets.add(tx, ticket("t1"))
        await tx.update("tickets", {"status": "LOST"}, id="t1")
        with pytest.raises(Unreadable, match="t1 of table tickets has no known status: LOST"):
            await tickets.get(tx, "t1")
