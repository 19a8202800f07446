"""Orders and journal in the reader's words."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from commands.slash.activity import event_text
from domain import events
from domain.chat import KeyValues
from domain.errors import BadArgument
from domain.ledger import EntryKind
from domain.orders import OrderStatus
from domain.tickets import TicketStatus
from tests.commands.actions.stage import LEDGER, ORIGIN, START, STOPS, entry, stage
from tests.commands.happenings import EVERY
from tests.commands.slash.reading import buttons, everything, keyed, lead, unsupported, value

D = Decimal


async def test_open_orders_with_their_ids():
    reply = await (await stage()).call("orders")
    assert lead(reply) == "3 orders open, 2 of them protective."
    assert keyed(reply)["s1-1"] == "sell 20 AAPL stop $170.00 gtc; since Thu 9 Oct 10:30"
    assert keyed(reply)["b1-1"].startswith("buy 10 KO limit $65.00 gtc")
    assert value(reply, "order s1-1 stop") == D(170)
    assert "`#order-s1-1 cancel`" in everything(reply)
    assert not unsupported(reply)


async def test_ended_orders_on_request():
    done = replace(STOPS[1], client_id="d1-1", ticket="d1", status=OrderStatus.FILLED, filled=D(20), average_price=D("219.97"))
    lost = replace(STOPS[1], client_id="r1-1", ticket="r1", status=OrderStatus.REJECTED, reason="no such thing")
    reply = await (await stage(waiting=[*STOPS, done, lost])).call("orders", "all")
    assert lead(reply) == "3 orders open; the last 5 orders."
    assert "20 of 20 filled at $219.97; filled; at Thu 9 Oct 10:30" in keyed(reply)["d1-1"]
    assert "rejected (no such thing)" in keyed(reply)["r1-1"]
    assert value(reply, "order d1-1 filled") == 20
    none = await stage(waiting=[])
    assert lead(await none.call("orders")) == "No order is open."
    assert lead(await none.call("orders", "all")) == "No order is open; none was ever placed."


async def test_a_partly_filled_order_says_so():
    half = replace(STOPS[2], status=OrderStatus.PARTIAL, filled=D(4), average_price=D("64.99"))
    assert "4 of 10 filled at $64.99; since" in keyed(await (await stage(waiting=[half])).call("orders"))["b1-1"]


async def test_the_journal_tells_the_last_moves_newest_first():
    one = await stage()
    async with one.floor.bus.unit(who="me", origin="main") as unit:
        unit.emit(events.DemoMoved(START, "main", "forward 2:00:00"))
        unit.emit(events.TicketMoved(START + timedelta(seconds=1), "main", "t1", "#AAPL close", TicketStatus.CONFIRMED, "me"))
    reply = await one.call("journal", "4")
    assert lead(reply) == "The last move: Card t1 confirmed: #AAPL close."
    said = [text for block in reply.blocks if isinstance(block, KeyValues) for _, text in block.rows]
    assert said[1] == "The demo world moved: forward 2:00:00."
    assert said[2] == "Dividend XOM: $12.50."
    assert len(said) == 4
    assert buttons(reply)[0].payload == "/journal 8"
    assert "Times of New York." in everything(reply)


async def test_an_empty_journal_says_what_to_do():
    reply = await (await stage(entries=[], waiting=[])).call("journal")
    assert lead(reply) == "Nothing has happened on this account yet."
    for words in ("0", "51"):
        with pytest.raises(BadArgument, match="1 to 50"):
            await (await stage()).call("journal", words)


async def test_every_kind_of_entry_has_words():
    more = [
        entry(21, "2025-10-01", EntryKind.WITHDRAWAL, "-100"),
        entry(22, "2025-10-02", EntryKind.FEE, "-5"),
        entry(23, "2025-10-03", EntryKind.SPLIT, "0", symbol="AAPL", quantity=D(2)),
    ]
    text = everything(await (await stage(entries=[*LEDGER, *more])).call("journal", "20"))
    wanted = (
        "Paid in: $30,000.00.",
        "Paid out: $100.00.",
        "Fee: $5.00.",
        "Split AAPL: 2 new for each old share.",
        "Sold 5 AAPL at $170.00",
    )
    for words in wanted:
        assert words in text


def test_every_event_that_a_person_can_meet_has_a_sentence():
    assert set(EVERY) == set(events.ALL)
    for event in EVERY.values():
        said = event_text(event)
        assert said.endswith(".")
        assert said[0].isupper()
    assert event_text(events.Event(START, ORIGIN.chat)) == ""
