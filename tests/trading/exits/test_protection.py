"""Protection at a venue that looks after nothing: exits follow fills and positions, and what is missing is told."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.errors import StorageFailed
from domain.events import OrderCancelled, OrderReplaced, StopFailed, StopRestored
from domain.orders import CancelIntent, Order, OrderIntent, OrderStatus, OrderType, ReplaceIntent, Side, TimeInForce
from domain.tickets import TicketStatus
from storage.store import Tx
from tests.fakes.plain_venue import PlainVenue
from tests.trading.stage import Stage, bracket, buy, close, limit, stage, stop
from tests.trading.underway import row
from trading.exits import lost_stops
from trading.exits.lost_stops import LostStops

D = Decimal


def target(symbol: str, quantity: str, price: str) -> OrderIntent:
    return OrderIntent(symbol, Side.SELL, OrderType.LIMIT, D(quantity), limit=D(price), tif=TimeInForce.GTC, reduce_only=True)


async def plain(*, can_replace: bool = True, stacks: bool = True) -> tuple[Stage, PlainVenue]:
    venue = PlainVenue(can_replace, stacks)
    return await stage(venue=venue), venue


def left(world: Stage, symbol: str) -> dict[str, Decimal]:
    """What the working exits of a symbol would still close, by client id."""
    return {o.client_id: o.left for o in world.floor.book.orders if o.symbol == symbol and o.protective and o.working}


async def guarded(world: Stage) -> tuple[str, str]:
    """AAPL, of which 10 are held, with a stop and a target for all of it."""
    first, second = await world.do(stop("AAPL", "10", "170")), await world.do(target("AAPL", "10", "200"))
    return f"{first.id}-1", f"{second.id}-1"


class TestWithinThePosition:
    @pytest.mark.parametrize("can_replace", [True, False])
    async def test_what_one_exit_sells_the_other_gives_up(self, can_replace: bool) -> None:
        world, venue = await plain(can_replace=can_replace)
        stopped, aimed = await guarded(world)
        venue.fill(aimed, "4", "200")
        await world.floor.pulse()
        assert sorted(left(world, "AAPL").values()) == [6, 6]
        other = next(name for name in left(world, "AAPL") if name != aimed)
        assert (other == stopped) is can_replace
        venue.fill(other, "6", "169")
        await world.floor.pulse()
        assert left(world, "AAPL") == {}
        assert (await row(world, aimed)).reason == "the position it was to reduce is closed"
        assert not world.heard(StopFailed)
        assert await world.agrees()

    @pytest.mark.parametrize("stacks", [True, False])
    @pytest.mark.parametrize("can_replace", [True, False])
    async def test_a_partial_close_shrinks_the_stop_and_a_full_one_takes_it_away(self, can_replace: bool, stacks: bool) -> None:
        world, venue = await plain(can_replace=can_replace)
        await world.do(stop("AAPL", "10", "170"))
        venue.stacks = stacks
        naked = []
        venue.watch = lambda v: naked.append(v.positions["AAPL"]) if not any(o.open for o in v.orders.values() if o.reduce_only) else None
        await world.do(close("AAPL", "3"))
        assert list(left(world, "AAPL").values()) == [7]
        assert bool(naked) is (not can_replace and not stacks), "only where the venue leaves no other way"
        await world.do(close("AAPL", "7"))
        assert left(world, "AAPL") == {}
        assert not [o for o in venue.orders.values() if o.open]
        assert not world.heard(StopFailed)

    async def test_of_two_stops_the_nearer_keeps_its_size(self) -> None:
        world, _ = await plain()
        near, far = await world.do(stop("AAPL", "5", "175")), await world.do(stop("AAPL", "5", "160"))
        await world.do(close("AAPL", "3"))
        assert left(world, "AAPL") == {f"{near.id}-1": 5, f"{far.id}-1": 2}

    async def test_a_stop_on_its_way_out_does_not_push_out_the_one_that_is_to_stay(self) -> None:
        world, _ = await plain()
        near = await world.do(stop("AAPL", "10", "175"))
        world.broker.faults["cancel"].extend(["lost_request"] * 3)
        far = await world.do(stop("AAPL", "10", "160"), CancelIntent(f"{near.id}-1", "AAPL"))
        await world.restart()
        await world.pass_time(3, step=1)
        assert left(world, "AAPL") == {f"{far.id}-1": 10}

    async def test_the_reason_is_in_the_journal(self) -> None:
        world, _ = await plain()
        await world.do(stop("AAPL", "10", "170"))
        await world.do(close("AAPL", "3"))
        assert await world.journal("exit_resized") == ["exit_resized"]
        assert not world.heard(OrderReplaced), "the fill it follows is told already"

    async def test_the_paper_venue_does_it_itself_and_is_only_looked_at(self) -> None:
        world = await stage()
        await world.do(stop("AAPL", "10", "170"))
        await world.do(close("AAPL", "3"))
        await world.floor.pulse()
        assert list(left(world, "AAPL").values()) == [7]
        assert "replace" not in {call for call, _ in world.broker.calls}

    async def test_a_venue_that_says_it_does_and_does_not_is_helped_after_a_while(self) -> None:
        world, venue = await plain()
        await world.do(stop("AAPL", "10", "170"))
        protection = world.floor.execution.protect.__self__  # type: ignore[attr-defined]
        protection._traits = replace(venue.traits, keeps_within_position=True)
        await world.do(close("AAPL", "3"))
        await world.pass_time(5)
        assert list(left(world, "AAPL").values()) == [10]
        await world.pass_time(6)
        assert list(left(world, "AAPL").values()) == [7]

    async def test_two_exits_that_fill_in_one_instant_are_told_and_left_to_the_person(self) -> None:
        world, venue = await plain()
        stopped, aimed = await guarded(world)
        venue.fill(stopped, "10", "169")
        venue.fill(aimed, "10", "200")
        sent = len(venue.orders)
        await world.floor.pulse()
        assert world.floor.book.holdings.quantity("AAPL") == -10
        told = world.heard(StopFailed)
        assert [(e.symbol, e.quantity) for e in told] == [("AAPL", 10)]  # type: ignore[attr-defined]
        assert "short 10 AAPL, which nobody asked for" in told[0].reason  # type: ignore[attr-defined]
        await world.pass_time(120, step=30)
        assert len(venue.orders) == sent, "nothing is closed by itself"
        assert len(world.heard(StopFailed)) == 1
        await world.do(OrderIntent("AAPL", Side.BUY, OrderType.MARKET, D(10), reduce_only=True))
        await world.floor.pulse()
        assert not world.heard(StopRestored), "closed is not protected"

    @pytest.mark.parametrize("can_replace", [True, False])
    async def test_a_size_the_venue_refuses_is_asked_for_again_after_a_minute(self, can_replace: bool) -> None:
        world, venue = await plain(can_replace=can_replace)
        await world.do(stop("AAPL", "10", "170"))
        world.broker.faults["replace"].append("reject")
        venue.refusing.update({"AAPL"} - ({"AAPL"} if can_replace else set()))
        await world.do(OrderIntent("AAPL", Side.SELL, OrderType.MARKET, D(3)))
        for _ in range(5):
            await world.pass_time(10)
        asked = [c for c in world.broker.calls if c[0] == "replace" or (c[0] == "submit" and c[1] != "r1x2-1")]
        assert list(left(world, "AAPL").values()) == [10]
        assert len(asked) == 2
        venue.refusing.clear()
        await world.pass_time(15)
        assert list(left(world, "AAPL").values()) == [7]

    async def test_a_size_without_an_answer_is_asked_for_again_at_once(self) -> None:
        world, _ = await plain()
        await world.do(stop("AAPL", "10", "170"))
        world.broker.faults["replace"].extend(["lost_request"] * 2)
        await world.do(close("AAPL", "3"))
        await world.pass_time(2, step=1)
        assert list(left(world, "AAPL").values()) == [7]


class TestMissingStops:
    async def test_a_stop_the_venue_drops_is_told_in_the_same_round_and_so_is_the_next_one(self) -> None:
        world, venue = await plain()
        ticket = await world.do(stop("AAPL", "10", "170"))
        venue.drop(f"{ticket.id}-1")
        await world.floor.pulse()
        (told,) = world.heard(StopFailed)
        assert isinstance(told, StopFailed)
        assert (told.symbol, told.quantity, told.since) == ("AAPL", 10, world.clock.now())
        assert told.reason == "its stop, order r1x1-1, is gone: the venue ended it"
        await world.restart()
        await world.do(stop("AAPL", "4", "171"))
        assert not world.heard(StopRestored)
        await world.do(stop("AAPL", "6", "171"))
        assert [e.symbol for e in world.heard(StopRestored)] == ["AAPL"]  # type: ignore[attr-defined]
        assert len(world.heard(StopFailed)) == 1

    async def test_a_stop_the_person_takes_back_is_no_surprise(self) -> None:
        world, _ = await plain()
        ticket = await world.do(stop("AAPL", "10", "170"))
        await world.do(CancelIntent(f"{ticket.id}-1", "AAPL"))
        await world.floor.pulse()
        assert not world.heard(StopFailed)

    async def test_a_stop_that_dies_while_another_covers_is_no_alarm(self) -> None:
        world, venue = await plain()
        first = await world.do(stop("AAPL", "10", "170"))
        await world.do(stop("AAPL", "10", "171"))
        await world.floor.pulse()
        assert f"{first.id}-1" not in left(world, "AAPL"), "two stops would sell twice"
        assert not world.heard(StopFailed)
        assert venue.positions["AAPL"] == 10

    async def test_a_loss_survives_the_program(self) -> None:
        world, venue = await plain()
        ticket = await world.do(stop("AAPL", "10", "170"))
        venue.drop(f"{ticket.id}-1")
        report = (await venue.updates())[-1]
        await world.floor.execution._record.apply(report)
        assert not world.heard(StopFailed)
        await world.restart()
        assert [e.quantity for e in world.heard(StopFailed)] == [10]  # type: ignore[attr-defined]

    async def test_a_loss_the_database_would_not_take_is_told_in_the_next_round(self, monkeypatch: pytest.MonkeyPatch) -> None:
        world, venue = await plain()
        ticket = await world.do(stop("AAPL", "10", "170"))

        remember = lost_stops.remember

        async def torn(tx: Tx, account: str, what: LostStops) -> None:
            if what.bare:
                raise StorageFailed("the disk failed to write")
            await remember(tx, account, what)

        venue.drop(f"{ticket.id}-1")
        with monkeypatch.context() as disk:
            disk.setattr(lost_stops, "remember", torn)
            await world.floor.pulse()
        assert not world.heard(StopFailed)
        await world.floor.pulse()
        assert [e.quantity for e in world.heard(StopFailed)] == [10]  # type: ignore[attr-defined]


class TestWithoutReplace:
    @pytest.mark.parametrize("stacks", [True, False])
    async def test_a_moved_stop_is_a_new_order_of_the_same_ticket(self, stacks: bool) -> None:
        world, venue = await plain(can_replace=False, stacks=stacks)
        first = await world.do(stop("AAPL", "10", "170"))
        card = await world.propose(ReplaceIntent(f"{first.id}-1", "AAPL", stop=D(175)))
        sentence = card.consequence.legs[0].sentence
        assert ("is without it" in sentence) is (not stacks)
        done = await world.confirm(card)
        await world.floor.pulse()
        assert (await world.ticket(done.id)).status is TicketStatus.EXECUTED
        assert left(world, "AAPL") == {f"{first.id}-2": 10}
        fresh = await row(world, f"{first.id}-2")
        assert (fresh.stop, fresh.replaces, fresh.ticket) == (D(175), f"{first.id}-1", first.id)
        assert (await row(world, f"{first.id}-1")).reason == f"replaced by {first.id}-2"
        assert await world.status(first.id) is TicketStatus.WORKING
        venue.fill(f"{first.id}-2", "10", "175")
        await world.floor.pulse()
        assert await world.status(first.id) is TicketStatus.EXECUTED
        assert not world.heard(StopFailed)

    async def test_an_old_order_that_cannot_be_taken_back_yet_is_followed_by_one_order_only(self) -> None:
        world, venue = await plain(can_replace=False)
        first = await world.do(stop("AAPL", "10", "170"))
        world.broker.faults["cancel"].extend(["lost_request"] * 6)
        moved = await world.do(ReplaceIntent(f"{first.id}-1", "AAPL", stop=D(175)))
        await world.pass_time(8, step=1)
        assert await world.status(moved.id) is TicketStatus.EXECUTED
        assert (len(venue.orders), left(world, "AAPL")) == (2, {f"{first.id}-2": 10})

    async def test_a_changed_entry_is_taken_back_first_and_only_its_rest_is_sent_again(self) -> None:
        world, venue = await plain(can_replace=False)
        first = await world.do(limit("XOM", Side.BUY, "10", "100"))
        card = await world.propose(ReplaceIntent(f"{first.id}-1", "XOM", limit=D(101)))
        venue.fill(f"{first.id}-1", "3", "100")
        most = []
        venue.watch = lambda v: most.append(sum(o.left for o in v.orders.values() if o.open and o.symbol == "XOM"))
        done = await world.confirm(card)
        assert done.status is TicketStatus.EXECUTED
        assert max(most) == 7, "never both at once"
        fresh = venue.orders[f"{first.id}-2"]
        assert (fresh.limit, fresh.quantity) == (D(101), 7)
        await world.do(CancelIntent(f"{first.id}-2", "XOM"))
        assert not [o for o in venue.orders.values() if o.open]

    async def test_a_refused_successor_leaves_the_old_order_and_fails_the_change(self) -> None:
        world, venue = await plain(can_replace=False)
        first = await world.do(stop("AAPL", "10", "170"))
        venue.refusing.add("AAPL")
        done = await world.do(ReplaceIntent(f"{first.id}-1", "AAPL", stop=D(175)))
        await world.floor.pulse()
        assert (await world.ticket(done.id)).status is TicketStatus.FAILED
        assert left(world, "AAPL") == {f"{first.id}-1": 10}
        venue.refusing.clear()
        again = await world.do(ReplaceIntent(f"{first.id}-1", "AAPL", stop=D(176)))
        assert again.status is TicketStatus.EXECUTED
        assert left(world, "AAPL") == {f"{first.id}-3": 10}

    async def test_a_cancel_takes_back_whatever_stands_in_its_place(self) -> None:
        world, venue = await plain(can_replace=False)
        first = await world.do(stop("AAPL", "10", "170"))
        world.broker.faults["cancel"].extend(["lost_request"] * 2)
        await world.do(ReplaceIntent(f"{first.id}-1", "AAPL", stop=D(175)))
        assert set(left(world, "AAPL")) == {f"{first.id}-1", f"{first.id}-2"}, "the old one could not be taken back yet"
        assert (await world.do(CancelIntent(f"{first.id}-1", "AAPL"))).status is TicketStatus.EXECUTED
        assert not [o for o in venue.orders.values() if o.open]
        assert all(e.order.status is OrderStatus.CANCELLED for e in world.heard(OrderCancelled))  # type: ignore[attr-defined]
        assert not world.heard(StopFailed)


def orders_of(world: Stage, ticket: str) -> list[Order]:
    return [o for o in world.floor.book.orders if o.ticket == ticket]


async def test_the_stage_can_hold_a_bracket_at_either_venue() -> None:
    for world in (await stage(), (await plain())[0]):
        ticket = await world.do(*bracket(buy("XOM", "5"), at_stop="100", at_target="120"))
        assert ticket.status is TicketStatus.WORKING
        assert {o.left for o in orders_of(world, ticket.id)} == {5}
