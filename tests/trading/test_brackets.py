"""Brackets: exits are reckoned from the entry on the card, sent as it fills, and cover exactly what of it is still held."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import BadArgument
from domain.events import StopFailed, StopRestored
from domain.ledger import Entry, EntryKind
from domain.orders import CancelIntent, Order, OrderIntent, OrderStatus, OrderType, ReplaceIntent, Side, TimeInForce
from domain.tickets import TicketStatus
from storage import ledger
from tests.fakes.plain_venue import PlainVenue
from tests.trading.stage import ACCOUNT, Stage, bracket, buy, close, limit, stage, stop
from tests.trading.underway import row
from trading import brackets

D = Decimal


async def resting(venue: PlainVenue | None = None, quantity: str = "10") -> tuple[Stage, PlainVenue, str]:
    """A bracket around a limit order on XOM, of which nothing is held."""
    venue = venue or PlainVenue()
    world = await stage(venue=venue)
    ticket = await world.do(*bracket(limit("XOM", Side.BUY, quantity, "109"), at_stop="100", at_target="120"))
    assert ticket.status is TicketStatus.WORKING
    return world, venue, ticket.id


def working(venue: PlainVenue, symbol: str = "XOM") -> dict[OrderType, Decimal]:
    """What the venue's exits would still close, by their kind."""
    sums: dict[OrderType, Decimal] = {}
    for order in venue.orders.values():
        if order.open and order.reduce_only and order.symbol == symbol:
            sums[order.type] = sums.get(order.type, D(0)) + order.left
    return sums


def both(quantity: int | str) -> dict[OrderType, Decimal]:
    return {OrderType.STOP: D(quantity), OrderType.LIMIT: D(quantity)}


class TestTheCard:
    async def test_a_distance_is_from_the_price_the_entry_is_reckoned_at_and_is_kept_as_a_price(self) -> None:
        world = await stage()
        wish = (
            buy("XOM", "10"),
            *(replace(i, stop=None, limit=None, away_percent=D("0.05")) for i in bracket(buy("XOM", "1"), at_stop="1", at_target="1")[1:]),
        )
        card = await world.propose(*wish)
        assert [(i.stop, i.limit, i.quantity) for i in card.intents] == [
            (None, None, 10),
            (D("104.51"), None, 10),
            (None, D("115.51"), 10),
        ]
        out = brackets.exits(card)
        assert [(e.word, e.outcome) for e in out] == [("stop", D("-55.00")), ("target", D("55.00"))]
        world.market.quote("XOM", "112.99", "113.01", "113.00")
        fresh = await world.confirm(card)
        assert fresh.replaces == card.id
        assert fresh.intents[1].stop == D("107.36"), "a fresh card reckons anew"

    async def test_a_short_entry_has_its_stop_above(self) -> None:
        world = await stage(shorting=True)
        entry = OrderIntent("XOM", Side.SELL, OrderType.MARKET, D(10))
        wish = bracket(entry, at_stop="1", at_target="1")
        card = await world.propose(entry, replace(wish[1], stop=None, away=D(5)), replace(wish[2], limit=D(100)))
        assert (card.intents[1].stop, card.intents[1].side) == (D("114.99"), Side.BUY)
        assert [e.outcome for e in brackets.exits(card)] == [D("-50.00"), D("99.90")]
        await world.confirm(card)
        assert {o.left for o in world.floor.book.orders} == {10}

    @pytest.mark.parametrize(
        ("entry", "exits", "says"),
        [
            (buy("XOM", "10"), {"at_stop": "110"}, "below"),
            (buy("XOM", "10"), {"at_target": "110"}, "above"),
            (limit("XOM", Side.BUY, "10", "200"), {"at_stop": "150"}, "below the market"),
            (buy("XOM", "10"), {"at_stop": "0"}, "above zero"),
            (OrderIntent("AAPL", Side.SELL, OrderType.MARKET, D(5)), {"at_stop": "190"}, "only closes"),
        ],
    )
    async def test_what_makes_no_sense_is_refused(self, entry: OrderIntent, exits: dict[str, str], says: str) -> None:
        world = await stage()
        with pytest.raises(BadArgument, match=says):
            await world.propose(*bracket(entry, **exits))

    async def test_what_closes_first_needs_an_exit_only_for_the_rest(self) -> None:
        world = await stage(shorting=True)
        card = await world.propose(*bracket(OrderIntent("AAPL", Side.SELL, OrderType.MARKET, D(15)), at_stop="190"))
        assert card.intents[1].quantity == 5
        await world.confirm(card)
        assert [(o.side, o.left) for o in world.floor.book.orders] == [(Side.BUY, 5)]

    async def test_a_leg_that_waits_for_no_order_is_a_mistake(self) -> None:
        world = await stage()
        exits = bracket(buy("XOM", "1"), at_stop="100")[1:]
        await world.do(stop("AAPL", "10", "170"))
        with pytest.raises(ValueError, match="no order to wait for"):
            await world.propose(CancelIntent("r1x1-1", "AAPL"), *exits)


class TestAsItFills:
    async def test_nothing_is_sent_before_a_fill_and_nothing_at_all_without_one(self) -> None:
        world, venue, ticket = await resting()
        assert set(venue.orders) == {f"{ticket}-1"}
        assert [o.status for o in world.floor.book.orders] == [OrderStatus.ACCEPTED, OrderStatus.HELD, OrderStatus.HELD]
        venue.drop(f"{ticket}-1", OrderStatus.EXPIRED)
        await world.floor.pulse()
        assert world.floor.book.orders == ()
        assert (await row(world, f"{ticket}-2")).reason == "its entry ended without a fill"
        assert await world.status(ticket) is TicketStatus.CANCELLED

    async def test_a_refused_entry_takes_everything_with_it(self) -> None:
        world = await stage(venue=PlainVenue())
        world.broker.faults["submit"].append("reject")
        ticket = await world.do(*bracket(buy("XOM", "10"), at_stop="100"))
        assert (ticket.status, world.floor.book.orders) == (TicketStatus.FAILED, ())

    @pytest.mark.parametrize("can_replace", [True, False])
    async def test_each_part_is_protected_in_the_round_that_books_it(self, can_replace: bool) -> None:
        world, venue, ticket = await resting(PlainVenue(can_replace))
        for part, filled in (("3", 3), ("2", 5), ("5", 10)):
            venue.fill(f"{ticket}-1", part, "109")
            await world.floor.pulse()
            assert working(venue) == both(filled)
        assert len(venue.orders) == (3 if can_replace else 7)
        assert await world.status(ticket) is TicketStatus.WORKING
        target = next(n for n, o in venue.orders.items() if o.open and o.type is OrderType.LIMIT)
        venue.fill(target, "4", "120")
        await world.floor.pulse()
        assert working(venue) == both(6)
        venue.fill(target if can_replace else next(n for n, o in venue.orders.items() if o.open and o.type is OrderType.LIMIT), "6", "120")
        await world.floor.pulse()
        assert working(venue) == {}
        assert await world.status(ticket) is TicketStatus.EXECUTED
        assert not world.heard(StopFailed)
        assert await world.agrees()

    async def test_fills_before_the_answer_to_the_entry(self) -> None:
        world = await stage(venue=(venue := PlainVenue()))
        world.broker.faults["submit"].append("lost_response")
        world.broker.faults["find"].extend(["down"] * 2)
        ticket = await world.do(*bracket(buy("XOM", "10"), at_stop="100", at_target="120"))
        await world.pass_time(1)
        assert working(venue) == both(10)
        assert await world.status(ticket.id) is TicketStatus.WORKING

    async def test_an_exit_that_begins_ends_the_rest_of_the_entry_and_a_late_fill_has_a_new_stop(self) -> None:
        world, venue, ticket = await resting()
        venue.fill(f"{ticket}-1", "4", "109")
        await world.floor.pulse()
        venue.fill(f"{ticket}-2", "4", "100")
        await world.floor.pulse()
        entry = await row(world, f"{ticket}-1")
        assert (entry.status, entry.reason) == (OrderStatus.CANCELLED, "an exit of its bracket has closed something already")
        assert working(venue) == {}
        venue.orders[f"{ticket}-1"] = replace(venue.orders[f"{ticket}-1"], quantity=D(6))
        venue.fill(f"{ticket}-1", "2", "109")
        await world.floor.pulse()
        assert working(venue)[OrderType.STOP] == 2
        assert (await row(world, f"{ticket}-4")).replaces == f"{ticket}-2"

    async def test_a_position_held_before_keeps_its_own_stop(self) -> None:
        world = await stage(venue=(venue := PlainVenue()))
        own = await world.do(stop("AAPL", "10", "160"))
        ticket = await world.do(*bracket(buy("AAPL", "5"), at_stop="170", at_target="200"))
        assert working(venue, "AAPL") == {OrderType.STOP: D(15), OrderType.LIMIT: D(5)}
        venue.fill(f"{ticket.id}-3", "5", "200")
        await world.floor.pulse()
        assert {n: o.left for n, o in venue.orders.items() if o.open} == {f"{own.id}-1": D(10)}

    async def test_closing_by_hand_shrinks_the_exits_and_buying_again_does_not_grow_them(self) -> None:
        world = await stage(venue=(venue := PlainVenue()))
        await world.do(*bracket(buy("XOM", "10"), at_stop="100", at_target="120"))
        await world.do(close("XOM", "4"))
        assert working(venue) == both(6)
        await world.do(buy("XOM", "4"))
        assert working(venue) == both(6)
        await world.do(close("XOM", "10"))
        assert working(venue) == {}

    async def test_a_split_does_not_make_the_exits_smaller(self) -> None:
        world = await stage(venue=(venue := PlainVenue()))
        ticket = await world.do(*bracket(buy("XOM", "10"), at_stop="100", at_target="120"))
        split = Entry("s1", ACCOUNT, world.clock.now() + timedelta(seconds=1), EntryKind.SPLIT, D(0), "XOM", None, D(4), D(0), D(0))
        async with world.store.write() as tx:
            await ledger.add(tx, split)
        world.floor.book.accept(split)
        venue.positions["XOM"] = D(40)
        for leg in (2, 3):
            venue.orders[f"{ticket.id}-{leg}"] = replace(
                venue.orders[f"{ticket.id}-{leg}"], quantity=D(40), updated=world.clock.now() + timedelta(seconds=2)
            )
            venue.told.append(venue.report(f"{ticket.id}-{leg}"))
        await world.pass_time(5)
        assert working(venue) == both(40)


class TestInThePersonsHands:
    async def test_a_held_leg_can_be_moved_and_taken_back_before_it_was_sent(self) -> None:
        world, venue, ticket = await resting()
        moved = await world.do(ReplaceIntent(f"{ticket}-2", "XOM", stop=D(101)))
        assert moved.status is TicketStatus.EXECUTED
        gone = await world.do(CancelIntent(f"{ticket}-3", "XOM"))
        assert gone.status is TicketStatus.EXECUTED
        venue.fill(f"{ticket}-1", "10", "109")
        await world.floor.pulse()
        assert working(venue) == {OrderType.STOP: D(10)}
        assert venue.orders[f"{ticket}-2"].stop == 101
        assert f"{ticket}-3" not in venue.orders

    async def test_an_exit_taken_back_stays_away_whatever_fills_later(self) -> None:
        world, venue, ticket = await resting()
        venue.fill(f"{ticket}-1", "4", "109")
        await world.floor.pulse()
        await world.do(CancelIntent(f"{ticket}-2", "XOM"))
        venue.fill(f"{ticket}-1", "6", "109")
        await world.floor.pulse()
        assert working(venue) == {OrderType.LIMIT: D(10)}
        assert not world.heard(StopFailed)

    async def test_an_exit_a_person_resized_follows_its_entry_no_more(self) -> None:
        world = await stage(venue=(venue := PlainVenue()))
        ticket = await world.do(*bracket(buy("AAPL", "5"), at_stop="170", at_target="200"))
        await world.do(ReplaceIntent(f"{ticket.id}-2", "AAPL", quantity=D(15), stop=D(171)))
        assert working(venue, "AAPL") == {OrderType.STOP: D(15), OrderType.LIMIT: D(5)}
        venue.fill(f"{ticket.id}-3", "5", "200")
        await world.floor.pulse()
        assert working(venue, "AAPL") == {OrderType.STOP: D(10)}

    async def test_halted_trading_still_protects_what_fills(self) -> None:
        world, venue, ticket = await resting()
        await world.floor.killswitch.pull("me")
        venue.fill(f"{ticket}-1", "10", "109")
        await world.floor.pulse()
        assert working(venue) == both(10)


class TestMissing:
    async def test_a_refused_stop_is_told_at_once_and_not_tried_for_ever(self) -> None:
        venue = PlainVenue(refusing={"XOM"})
        world, venue, ticket = await resting(venue)
        venue.fill(f"{ticket}-1", "10", "109")
        await world.floor.pulse()
        (told,) = world.heard(StopFailed)
        assert (told.symbol, told.quantity, told.reason) == ("XOM", 10, "its stop, order r1x1-2, is gone: no exits in this symbol today")  # type: ignore[attr-defined]
        await world.pass_time(60, step=20)
        assert len(venue.orders) == 1
        assert len(world.heard(StopFailed)) == 1
        assert await world.status(ticket) is TicketStatus.PARTIAL
        venue.refusing.clear()
        await world.do(stop("XOM", "10", "101"))
        assert world.heard(StopRestored)

    async def test_a_broker_that_is_away_is_told_after_ten_seconds_and_the_stop_comes_however_late(self) -> None:
        world, venue, ticket = await resting()
        venue.fill(f"{ticket}-1", "10", "109")
        world.broker.faults["submit"].extend(["down"] * 300)
        await world.pass_time(8, step=1)
        assert not world.heard(StopFailed)
        await world.pass_time(200, step=5)
        (told,) = world.heard(StopFailed)
        assert (told.quantity, told.at - told.since > timedelta(seconds=10)) == (10, True)  # type: ignore[attr-defined]
        world.broker.faults["submit"].clear()
        await world.pass_time(2, step=1)
        assert working(venue) == both(10)
        assert len(world.heard(StopRestored)) == 1

    async def test_a_stop_that_never_arrived_is_placed_under_the_next_number(self) -> None:
        world = await stage(venue=(venue := PlainVenue(unique=False)), unique=False)
        world.broker.faults["submit"].extend(["ok", "lost_request"])
        ticket = await world.do(*bracket(buy("XOM", "10"), at_stop="100"))
        await world.pass_time(130, step=10)
        assert working(venue) == {OrderType.STOP: D(10)}
        assert f"{ticket.id}-2" not in venue.orders
        assert world.heard(StopFailed)
        assert world.heard(StopRestored)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["entry", "stop", "target", "close", "restart", "pulse"]), st.integers(1, 4)), max_size=14),
    st.booleans(),
)
def test_whatever_fills_the_exits_cover_what_is_left_and_never_more(moves: list[tuple[str, int]], can_replace: bool) -> None:
    async def run() -> None:
        world, venue, ticket = await resting(PlainVenue(can_replace), "12")
        for what, size in moves:
            held = venue.positions.get("XOM", D(0))
            name = live(venue, what, ticket)
            if what == "restart":
                await world.restart()
            elif what == "close" and held >= size:
                await world.do(close("XOM", str(size)))
            elif name is not None and (what == "entry" or min(held, venue.orders[name].left) >= size) and venue.orders[name].left >= size:
                venue.fill(name, str(size), "109")
            if what != "restart":
                await world.floor.pulse()
            held = venue.positions.get("XOM", D(0))
            assert held >= 0
            assert all(sum_ <= held for sum_ in working(venue).values())
            entry, exits = (
                venue.orders[f"{ticket}-1"].filled,
                [o for o in venue.orders.values() if o.reduce_only and o.type is not OrderType.MARKET],
            )
            want = min(entry - sum((o.filled for o in exits), D(0)), held)
            assert working(venue) == (both(str(want)) if want else {})
        assert not world.heard(StopFailed)
        assert await world.agrees()

    asyncio.run(run())


def live(venue: PlainVenue, what: str, ticket: str) -> str | None:
    """The venue's open order of that part of the bracket."""
    kinds = {"stop": OrderType.STOP, "target": OrderType.LIMIT}

    def fits(order: Order) -> bool:
        return order.client_id == f"{ticket}-1" if what == "entry" else order.reduce_only and order.type is kinds.get(what)

    return next((n for n, o in venue.orders.items() if o.open and fits(o)), None)


def test_a_gtc_exit_is_what_a_bracket_makes() -> None:
    assert all(i.tif is TimeInForce.GTC and i.reduce_only for i in bracket(buy("XOM", "1"), at_stop="1", at_target="2")[1:])
