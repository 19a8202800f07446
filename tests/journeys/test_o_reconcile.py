"""O: what happens at the broker behind the program's back is found, told and taken over; an outage is told and its end too."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from domain import events
from domain.errors import BrokerDown, SourceFailed
from domain.ledger import EntryKind
from domain.money import quantity_text, to_tick
from domain.orders import Order, OrderType, Side, TimeInForce
from storage import paper
from tests.journeys.chat import NOW, Chat, chat


def elsewhere(name: str, side: Side, quantity: str, symbol: str, *, limit: Decimal | None = None) -> Order:
    """An order that the reader gave in the broker's own app."""
    kind = OrderType.MARKET if limit is None else OrderType.LIMIT
    return Order(name, "demo", name, 1, symbol, side, kind, Decimal(quantity), TimeInForce.GTC, NOW, NOW, limit=limit)


def listen(reader: Chat) -> list[events.Event]:
    """What the core says from now on."""
    heard: list[events.Event] = []

    async def note(event: events.Event) -> None:
        heard.append(event)

    reader.house.floor.bus.subscribe(note)
    return heard


def kinds(heard: list[events.Event]) -> list[str]:
    wanted = (events.ReconciliationFound, events.BrokerDown, events.BrokerUp)
    return [
        f"{type(e).__name__} {e.what} {e.about}" if isinstance(e, wanted[0]) else type(e).__name__ for e in heard if isinstance(e, wanted)
    ]


def inner(reader: Chat) -> Any:
    """The venue itself, at the other end of the line."""
    line: Any = reader.house.floor.broker
    return line._broker


async def cut(reader: Chat, *, down: bool = True) -> None:
    """The venue stops answering, or answers again; prices go on."""
    venue = inner(reader)

    async def dead(*_: object) -> object:
        raise BrokerDown("connection refused")

    for call in ("submit", "cancel", "replace", "find", "state", "updates"):
        if down:
            setattr(venue, call, dead)
        else:
            delattr(venue, call)


async def test_a_trade_in_the_brokers_own_app_is_taken_over_within_minutes(tmp_path):
    async with chat(tmp_path) as reader:
        heard, before = listen(reader), await reader.held("MSFT")
        await reader.house.floor.broker.submit(elsewhere("App-1", Side.BUY, "5", "MSFT"))
        await reader.later(minutes=5, seconds=1)
        await reader.later(seconds=6)
        assert kinds(heard) == ["ReconciliationFound foreign MSFT"]
        assert await reader.held("MSFT") == before + 5
        assert "MSFT" in await reader.say("/positions")
        assert "Bought 5 MSFT at $" in await reader.say("/journal")
        assert await reader.whole()
        assert "Book and broker agree; nothing differed." in await reader.say("/reconcile")
        said = await reader.say("/status")
        assert "no order leaves this machine; books compared 10:35: book and broker agree" in said


async def test_who_does_not_want_to_wait_asks(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.house.floor.broker.submit(elsewhere("App-1", Side.BUY, "5", "MSFT"))
        await reader.house.floor.broker.submit(elsewhere("App-2", Side.SELL, quantity_text(await reader.held("UNH")), "UNH"))
        said = await reader.say("/reconcile")
        assert said.startswith("Book and broker agree now; 2 differences settled.")
        assert "Traded elsewhere: MSFT" in said
        assert "Gone at the broker: UNH" in said
        assert "placed elsewhere: bought 5 at $" in said
        assert await reader.held("UNH") == 0
        assert await reader.whole()


async def test_an_order_placed_elsewhere_is_shown_and_only_its_name_takes_it_back(tmp_path):
    async with chat(tmp_path) as reader:
        name = "B7f0-22ae-App.9"
        await reader.house.floor.broker.submit(elsewhere(name, Side.BUY, "5", "MSFT", limit=Decimal(100)))
        assert f"`#order-{name} cancel` takes it back" in await reader.say("/reconcile")
        assert "external, buy 5 MSFT limit $100.00 gtc" in await reader.say("/orders")
        assert f"Order {name} was placed elsewhere and stays" in await reader.say("#cancel-all")
        await reader.say("yes")
        await reader.say("confirm")
        assert name in await reader.say("/orders")
        await reader.say(f"#order-{name} cancel")
        assert (await reader.turn("yes")).released
        assert name not in await reader.say("/orders")
        assert await reader.whole()


async def test_the_owner_decides_what_becomes_of_orders_nobody_knows(tmp_path):
    async with chat(tmp_path) as reader:
        assert "shown as external and left alone" in await reader.say("/orphans")
        assert "taken back when its id looks like one of ours" in await reader.say("/orphans cancel")
        await reader.house.floor.broker.submit(elsewhere("k3x9-1", Side.BUY, "5", "MSFT", limit=Decimal(100)))
        assert "being taken back" in await reader.say("/reconcile")
        await reader.later(seconds=1)
        assert (await reader.house.floor.broker.find("k3x9-1")).status == "cancelled"


async def test_an_outage_stops_opening_and_its_end_comes_after_a_comparison(tmp_path):
    async with chat(tmp_path) as reader:
        heard = listen(reader)
        await cut(reader)
        for _ in range(90):
            await reader.later(seconds=1)
        assert kinds(heard) == ["BrokerDown"]
        assert "paper has not answered since 10:30" in await reader.say("/status")
        assert "The broker does not answer since 10:30 New York" in await reader.say("/reconcile")
        card = await reader.reply("#buy MSFT 1")
        assert [f.code for f in card.ticket.findings if f.severity == "blocking"] == ["not_reconciled"]
        assert "has not answered since" in await reader.say("#buy MSFT 1")
        assert (await reader.reply("#MSFT close 1")).ticket.open
        await cut(reader, down=False)
        await inner(reader).submit(elsewhere("App-1", Side.BUY, "5", "MSFT"))
        for _ in range(16):
            await reader.later(seconds=1)
        assert kinds(heard) == ["BrokerDown", "ReconciliationFound foreign MSFT", "BrokerUp"]
        assert (await reader.reply("#buy MSFT 1")).ticket.open
        assert await reader.whole()


async def test_a_split_while_nobody_was_there(tmp_path):
    async with chat(tmp_path, still=False, account="demo") as reader:
        await reader.say("/demo forward 6m")
        await reader.pushes()
        floor, held, stop = reader.house.floor, await reader.held("AAPL"), (await reader.book()).stop("AAPL")
        assert stop is not None
        assert stop.stop is not None
        await floor.broker.cancel(stop.client_id)  # as some brokers do at a split
        async with floor.store.write() as tx:
            await paper.set_position(tx, "demo", "AAPL", held * 2)
        await reader.say("/demo shock AAPL -50%")
        equity = (await reader.book()).equity + (await reader.book()).value("AAPL")
    for _ in range(2):
        async with chat(tmp_path, still=False, account="demo") as reader:
            book, entries = await reader.book(), reader.house.floor.book.entries
            assert await reader.held("AAPL") == held * 2
            assert [e.kind for e in entries if e.symbol == "AAPL"].count(EntryKind.SPLIT) == 1
            assert abs(book.equity / equity - 1) < Decimal("0.01")
            assert (book.stop("AAPL").quantity, book.stop("AAPL").stop) == (
                stop.quantity * 2,
                to_tick(stop.stop / 2, Decimal("0.01")),
            )
            assert await reader.whole()


async def test_a_split_in_a_running_house_alarms_nobody(tmp_path):
    async with chat(tmp_path) as reader:
        heard = listen(reader)
        await reader.later(minutes=5, seconds=1)
        floor, held, equity = reader.house.floor, await reader.held("AAPL"), (await reader.book()).equity
        stop = (await reader.book()).stop("AAPL")
        assert stop is not None
        async with floor.store.write() as tx:
            await paper.set_position(tx, "demo", "AAPL", held * 2)
        inner(reader)._venue = None
        await reader.say("/demo shock AAPL -50%")
        await reader.later(seconds=11)
        assert "ReconciliationFound split AAPL" in kinds(heard)
        book = await reader.book()
        assert [e.kind for e in floor.book.entries if e.symbol == "AAPL"].count(EntryKind.SPLIT) == 1
        assert abs(book.equity / equity - 1) < Decimal("0.01")
        assert (await reader.book()).stop("AAPL").quantity == stop.quantity * 2
        await reader.later(minutes=10)
        assert [e.kind for e in floor.book.entries if e.symbol == "AAPL"].count(EntryKind.SPLIT) == 1


async def test_a_dead_market_is_no_difference(tmp_path):
    async with chat(tmp_path) as reader:
        heard = listen(reader)
        source: Any = reader.house.floor.hub.source

        async def failing(*_: object) -> object:
            raise SourceFailed("down")

        source.quotes = failing
        await reader.later(minutes=6)
        assert [k for k in kinds(heard) if k.startswith("Recon")] == []


async def test_the_pushes_name_what_was_found_and_when_the_line_was_lost(tmp_path):
    async with chat(tmp_path) as reader:
        await reader.house.floor.broker.submit(elsewhere("App-1", Side.BUY, "5", "MSFT"))
        pushed = await reader.later(minutes=5, seconds=1) + await reader.later(seconds=6)
        assert len([p for p in pushed if "MSFT" in p and "placed elsewhere: bought 5 at $" in p]) == 1
        await cut(reader)
        pushed = [p for _ in range(60) for p in await reader.later(seconds=1)]
        assert len([p for p in pushed if "broker" in p.lower()]) == 1
        await cut(reader, down=False)
        pushed = [p for _ in range(16) for p in await reader.later(seconds=1)]
        assert len([p for p in pushed if "broker" in p.lower()]) == 1
