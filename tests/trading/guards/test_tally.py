"""What was sent, remembered: always what a fresh count of the database says, whatever was rolled back in between."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.tickets import TicketStatus
from tests.trading.guards.stage import act, mandate, sign
from tests.trading.stage import ACCOUNT, START, Stage, bought, buy, close, deposit, stage
from trading.guards.tally import Counted, gone, sent

BOOK = (deposit("10000000"), bought("AAPL", "1000", "170"))
STEPS = st.lists(st.sampled_from(["card", "confirm", "cancel", "act", "expire", "rolled back", "count"]), max_size=12)


async def counted(world: Stage, counts: Counted, since: datetime = START) -> list[str]:
    async with world.floor.bus.unit(who="test") as unit:
        found = await counts.since(unit, ACCOUNT, since)
        assert sorted(g.ticket.id for g in found) == sorted(t.id for t in await sent(unit.tx, ACCOUNT, since))
    return [g.ticket.id for g in found]


@settings(max_examples=40, deadline=None)
@given(STEPS)
async def test_it_is_what_the_database_says(steps: list[str]) -> None:
    world = await stage(*BOOK)
    await sign(world, mandate())
    counts, cards = Counted(), []
    for step in steps:
        match step:
            case "card":
                cards.append(await world.propose(buy("XOM", "1")))
            case "confirm" if cards:
                await world.confirm(cards.pop(0))
            case "cancel" if cards:
                await world.floor.desk.cancel(cards[-1].id, cards.pop().origin)
            case "act":
                await act(world, close("AAPL", "1"))
            case "expire":
                await world.pass_time(130)
                cards = []
            case "rolled back":
                with pytest.raises(KeyError):
                    await rolled_back(world, counts)
            case _:
                await counted(world, counts)
    await counted(world, counts)


async def rolled_back(world: Stage, counts: Counted) -> None:
    """Count a ticket in a piece of work that then fails: neither is there afterwards."""
    ticket = await world.propose(buy("XOM", "1"))
    async with world.floor.bus.unit(who="test") as unit:
        await unit.tx.update("tickets", {"status": TicketStatus.CONFIRMED}, id=ticket.id)
        assert ticket.id in [g.ticket.id for g in await counts.since(unit, ACCOUNT, START)]
        raise KeyError(ticket.id)


async def test_a_card_that_waited_counts_once_it_is_confirmed() -> None:
    world, counts = await stage(*BOOK), Counted()
    card, other = await world.propose(buy("XOM", "1")), await world.do(buy("SPY", "1"))
    assert await counted(world, counts) == [other.id]
    await world.confirm(card)
    async with world.floor.bus.unit(who="test") as unit:
        found = await counts.since(unit, ACCOUNT, START)
    assert {g.ticket.id for g in found} == {card.id, other.id}


async def test_a_later_day_forgets_and_an_earlier_instant_reads_again() -> None:
    world, counts = await stage(*BOOK), Counted()
    first = await world.do(buy("XOM", "1"))
    await world.pass_time(60)
    second = await world.do(buy("XOM", "1"))
    assert await counted(world, counts) == [first.id, second.id]
    assert await counted(world, counts, START + timedelta(seconds=30)) == [second.id]
    assert await counted(world, counts) == [first.id, second.id]


async def test_what_a_ticket_sends_by_symbol() -> None:
    world = await stage(*BOOK)
    both = await world.propose(buy("XOM", "2"), buy("SPY", "1"), buy("XOM", "1"))
    found = gone(both)
    assert (found.load.orders, {s: x.orders for s, x in found.by_symbol.items()}) == (3, {"XOM": 2, "SPY": 1})
