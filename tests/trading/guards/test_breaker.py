"""The breaker: what trips it and what does not, that it holds, how it ends, and that nothing opens meanwhile."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from domain.errors import NotAllowed, SourceFailed
from domain.events import BreakerReset, BreakerTripped, JobFailed, OrderRejected
from domain.ledger import Entry, EntryKind
from domain.market import Freshness
from domain.orders import BreakerIntent, ReplaceIntent, Side
from domain.tickets import Origin, TicketStatus
from storage import states
from tests.fakes.market import utc
from tests.trading.guards.stage import Refusing, act, btc, fall, limit, mandate, measured, sign
from tests.trading.stage import ACCOUNT, LIMITS, START, Stage, bought, buy, close, deposit, stage, stop
from tests.trading.stage import limit as limit_order
from trading.execution import TRIPPED
from trading.guards.breaker import BreakerState, Trip
from trading.guards.losses import Marks
from trading.guards.state import TradingState

D = Decimal
MONDAY = utc("2025-10-13 13:30")


def state(world: Stage) -> TradingState:
    return world.floor.guards.trading.now()


def trips(world: Stage) -> list[BreakerTripped]:
    return [e for e in world.events if isinstance(e, BreakerTripped)]


async def book(world: Stage, kind: EntryKind, amount: str, symbol: str | None = None, quantity: str = "0") -> None:
    world.floor.book.accept(Entry(f"{kind}{amount}", ACCOUNT, world.clock.now(), kind, D(amount), symbol, quantity=D(quantity)))


class TestTrips:
    async def test_on_a_days_loss_that_stands(self) -> None:
        world = await measured()
        btc(world, "5%")
        await world.pass_time(2)
        assert state(world) is TradingState.ACTIVE, "one look is no proof"
        await world.pass_time(4)
        assert state(world) is TradingState.ACTIVE
        await world.pass_time(1)
        assert state(world) is TradingState.REDUCING
        (tripped,) = trips(world)
        assert (tripped.code, tripped.value, tripped.limit, tripped.until) == ("daily_loss", D("0.0521"), D("0.05"), MONDAY)
        await world.pass_time(60, step=6)
        assert len(trips(world)) == 1

    async def test_on_a_drawdown_from_the_peak_of_earlier_days(self) -> None:
        world = await measured()
        limit(world, daily_loss=D(1))
        await fall(world, "90000")
        await fall(world, "60000")
        assert not trips(world)
        await fall(world, "55000")
        (tripped,) = trips(world)
        assert (tripped.code, tripped.value) == ("drawdown", D("0.1514"))

    async def test_a_drawdown_on_top_of_a_days_loss_is_told_too(self) -> None:
        world = await measured()
        await fall(world, "5%")
        world.clock.set(START + timedelta(hours=1))
        await fall(world, "16%")
        assert [t.code for t in trips(world)] == ["daily_loss", "drawdown"]
        await fall(world, "calm")
        assert state(world) is TradingState.REDUCING, "it does not end because prices came back"

    async def test_of_both_limits_at_once_the_worse_is_told(self) -> None:
        world = await measured()
        await fall(world, "16%")
        assert [t.code for t in trips(world)] == ["drawdown"]

    async def test_a_fall_of_a_splits_size_that_is_none_trips_after_the_books_were_compared(self) -> None:
        world = await measured(deposit("10000"), bought("AAPL", "40", "182"))
        world.market.quote("AAPL", "90.99", "91.01", "91.00")
        await world.pass_time(300, step=10)
        assert not trips(world)
        await world.pass_time(90, step=10)
        assert trips(world)


class TestDoesNotTrip:
    @pytest.mark.parametrize(
        "quote",
        [
            ("BTC", "35990", "36010", "36000", Freshness.STALE),
            ("BTC", "36010", "35990", "36000", Freshness.LIVE),
            ("BTC", "0", "36010", "36000", Freshness.LIVE),
            ("BTC", "69990", "70010", "36000", Freshness.LIVE),
        ],
        ids=["stale", "crossed", "not positive", "far from its market"],
    )
    async def test_on_a_price_that_is_not_to_be_believed(self, quote: tuple[str, str, str, str, Freshness]) -> None:
        world = await measured()
        world.market.quote(*quote[:4], freshness=quote[4])
        await world.pass_time(120, step=6)
        assert not trips(world)

    async def test_on_a_position_without_a_price(self) -> None:
        world = await measured()
        world.market.no_quote("BTC")
        await world.pass_time(120, step=6)
        assert not trips(world)

    async def test_on_a_source_that_fails_and_that_is_no_failure_of_the_breaker(self) -> None:
        world = await measured()
        world.market.failing = True
        await world.floor.guards.breaker.round()
        world.market.failing = False
        await world.pass_time(6)
        assert not trips(world)
        assert not [e for e in world.heard(JobFailed) if e.job == "breaker"]  # type: ignore[attr-defined]

    async def test_on_one_bad_print(self) -> None:
        world = await measured()
        for _ in range(5):
            btc(world, "16%")
            await world.pass_time(3)
            btc(world, "calm")
            await world.pass_time(3)
        assert not trips(world)

    async def test_a_spike_of_one_look_is_no_peak(self) -> None:
        world = await measured()
        limit(world, daily_loss=D(1))
        btc(world, "700000")
        await world.pass_time(1)
        btc(world, "calm")
        await world.pass_time(20, step=5)
        assert not trips(world)
        assert world.floor.guards.breaker.reading is not None
        assert world.floor.guards.breaker.reading.drawdown == 0

    async def test_on_money_that_is_taken_out_or_paid_in(self) -> None:
        world = await measured()
        await book(world, EntryKind.WITHDRAWAL, "-40000")
        await world.pass_time(12, step=6)
        assert world.floor.guards.breaker.reading is not None
        assert (world.floor.guards.breaker.reading.daily_loss, world.floor.guards.breaker.reading.drawdown) == (0, 0)
        await book(world, EntryKind.DEPOSIT, "500000")
        await world.pass_time(12, step=6)
        assert (world.floor.guards.breaker.reading.daily_loss, world.floor.guards.breaker.reading.drawdown) == (0, 0)
        assert not trips(world)

    async def test_on_a_split_booked_before_or_after_its_price(self) -> None:
        for late in (False, True):
            world = await measured(deposit("10000"), bought("AAPL", "40", "182"))
            if not late:
                await book(world, EntryKind.SPLIT, "0", "AAPL", "2")
            world.market.quote("AAPL", "90.99", "91.01", "91.00")
            await world.pass_time(120, step=6)
            if late:
                await book(world, EntryKind.SPLIT, "0", "AAPL", "2")
            await world.pass_time(600, step=6)
            assert not trips(world)
            reading = world.floor.guards.breaker.reading
            assert reading is not None
            assert (reading.daily_loss, reading.drawdown) == (0, 0)

    async def test_where_nothing_is_priced(self) -> None:
        world = await measured()
        world.floor.book.spec = type(world.spec)(ACCOUNT, world.spec.mode, priced=False)
        await fall(world, "16%")
        assert not trips(world)


class TestHolds:
    async def test_opening_is_denied_at_the_card_and_closing_cancelling_protecting_pass(self) -> None:
        world = await measured()
        resting = await world.do(limit_order("SPY", Side.BUY, "1", "550"))
        before = await world.propose(buy("XOM", "1"))
        await fall(world, "5%")
        denied = await world.propose(buy("XOM", "1"))
        assert (denied.status, denied.findings[0].code) == (TicketStatus.DENIED, "reducing")
        assert "09:30 New York, Mon 13 Oct" in denied.reason
        tapped = await world.confirm(before)
        assert (tapped.status, tapped.findings[0].code) == (TicketStatus.DENIED, "reducing")
        change = await world.propose(ReplaceIntent(f"{resting.id}-1", "SPY", limit=D(555)))
        assert change.status is TicketStatus.DENIED
        assert (await world.do(close("AAPL", "4"))).status is TicketStatus.EXECUTED
        assert (await world.do(stop("NVDA", "5", "100"))).status is TicketStatus.WORKING
        await sign(world, mandate(reduce_only=False))
        assert (await act(world, close("AAPL", "1"))).status is TicketStatus.EXECUTED
        assert (await act(world, buy("XOM", "1"))).status is TicketStatus.DENIED

    @pytest.mark.parametrize("point", ["order.1 before the release", "order.3 after the release"])
    async def test_a_trip_on_the_way_stops_what_was_not_sent(self, point: str) -> None:
        world = await measured()
        ticket = await world.propose(buy("XOM", "1"))

        def trip(name: str) -> None:
            if name == point:
                world.floor.guards.breaker._trip = Trip("drawdown", D("0.2"), D("0.15"), START, MONDAY)

        world.floor.desk._fail = trip
        after = await world.confirm(ticket)
        assert not world.broker.delivered
        if point.startswith("order.1"):
            assert (after.status, after.findings[0].code) == (TicketStatus.DENIED, "reducing")
            assert "Nothing was sent" in after.reason
        else:
            assert (after.status, after.reason) == (TicketStatus.FAILED, TRIPPED)
            assert len(world.heard(OrderRejected)) == 1

    async def test_a_change_of_an_opening_order_that_is_on_its_way(self) -> None:
        world = await measured()
        resting = await world.do(limit_order("SPY", Side.BUY, "1", "550"))
        ticket = await world.propose(ReplaceIntent(f"{resting.id}-1", "SPY", limit=D(555)))

        def trip(name: str) -> None:
            if name == "order.3 after the release":
                world.floor.guards.breaker._trip = Trip("drawdown", D("0.2"), D("0.15"), START, MONDAY)

        world.floor.desk._fail = trip
        after = await world.confirm(ticket)
        assert (after.status, after.reason) == (TicketStatus.FAILED, TRIPPED)

    async def test_through_a_restart(self) -> None:
        world = await measured()
        await fall(world, "5%")
        tripped = world.floor.guards.breaker.tripped
        btc(world, "calm")
        await world.restart()
        assert world.floor.guards.breaker.tripped == tripped
        await world.pass_time(12, step=6)
        assert state(world) is TradingState.REDUCING
        assert len(trips(world)) == 1

    async def test_the_peak_goes_through_a_restart(self) -> None:
        world = await measured()
        limit(world, daily_loss=D(1))
        await fall(world, "90000")
        await world.restart()
        limit(world, daily_loss=D(1))
        await fall(world, "55000")
        assert [t.code for t in trips(world)] == ["drawdown"]

    async def test_halted_goes_before_reducing(self) -> None:
        world = await measured()
        await fall(world, "5%")
        await world.floor.killswitch.pull("me")
        assert state(world) is TradingState.HALTED
        assert (await world.propose(buy("XOM", "1"))).findings[0].code == "halted"


class TestEnds:
    async def test_when_its_time_is_over_and_a_drawdown_counts_from_a_new_peak(self) -> None:
        world = await measured()
        limit(world, daily_loss=D(1))
        await fall(world, "16%")
        world.clock.set(MONDAY - timedelta(seconds=1))
        await world.pass_time(0.5)
        assert state(world) is TradingState.REDUCING
        world.clock.set(MONDAY)
        await world.pass_time(60, step=6)
        assert state(world) is TradingState.ACTIVE
        assert [e.who for e in world.heard(BreakerReset)] == ["breaker"]  # type: ignore[attr-defined]
        assert len(trips(world)) == 1
        await fall(world, "9000")
        assert [t.code for t in trips(world)] == ["drawdown", "drawdown"], "the new peak has the same limit"

    async def test_a_drawdown_that_came_back_a_little_counts_from_a_new_peak_as_well(self) -> None:
        world = await measured()
        limit(world, daily_loss=D(1))
        await fall(world, "16%")
        btc(world, "10%")
        world.clock.set(MONDAY)
        await world.pass_time(12, step=6)
        assert world.floor.guards.breaker.reading is not None
        assert world.floor.guards.breaker.reading.drawdown == 0

    async def test_early_by_an_owner_and_it_does_not_trip_again_at_once(self) -> None:
        world = await measured()
        await fall(world, "5%")
        guest = Origin("telegram", "1", "2")
        with pytest.raises(NotAllowed, match="allow opening again"):
            await world.confirm(await world.propose(BreakerIntent(), origin=guest), guest)
        assert (await world.do(BreakerIntent())).status is TicketStatus.EXECUTED
        await world.pass_time(60, step=6)
        assert state(world) is TradingState.ACTIVE
        assert len(trips(world)) == 1
        await fall(world, "10%")
        assert len(trips(world)) == 2, "as much once more"

    async def test_a_restart_between_the_reset_and_the_next_look_keeps_the_new_start(self) -> None:
        world = await measured()
        await fall(world, "16%")
        assert await world.floor.guards.breaker.reset("me")
        assert not await world.floor.guards.breaker.reset("me"), "once"
        await world.restart()
        await world.pass_time(60, step=6)
        assert state(world) is TradingState.ACTIVE
        assert len(await world.floor.guards.breaker.history()) == 2

    async def test_a_card_left_behind_is_told_and_not_done_later(self) -> None:
        world = await measured()
        await fall(world, "5%")
        ticket = await world.propose(BreakerIntent())
        async with world.store.write() as tx:
            await tx.update("tickets", {"status": TicketStatus.CONFIRMED}, id=ticket.id)
        await world.restart()
        assert (await world.ticket(ticket.id)).reason == "the breaker was not reset: only reducing goes on"
        assert state(world) is TradingState.REDUCING

    async def test_past_the_end_of_the_session_table_the_cool_down_alone_counts(self) -> None:
        world = await measured()
        breaker = world.floor.guards.breaker
        at = utc("2036-12-31 15:00")
        assert breaker._until(at, LIMITS) == at + timedelta(hours=24)


async def test_a_database_that_refuses_does_not_keep_it_from_holding_and_it_is_written_when_it_works() -> None:
    world = await measured()
    store = Refusing(world)
    await fall(world, "5%")
    assert state(world) is TradingState.REDUCING
    assert not trips(world)
    store.refuses = False
    assert (await world.propose(buy("XOM", "1"))).findings[0].code == "reducing"
    await world.pass_time(1)
    assert len(trips(world)) == 1
    assert not [e for e in world.heard(JobFailed) if e.job == "breaker"][1:], "the failure is told once"  # type: ignore[attr-defined]
    await world.restart()
    assert state(world) is TradingState.REDUCING


async def test_marks_are_written_at_most_once_a_minute_unless_it_matters() -> None:
    world = await measured()
    async with world.store.read() as tx:
        first = await states.get(tx, ACCOUNT, "marks", Marks)
        assert await states.get(tx, ACCOUNT, "breaker", BreakerState) is None
    assert first is not None

    async def kept() -> Marks | None:
        async with world.store.read() as tx:
            return await states.get(tx, ACCOUNT, "marks", Marks)

    await fall(world, "70100")  # a peak a thousandth higher waits for the minute
    assert await kept() == first
    await world.pass_time(60)
    assert (await kept() or first).peak == D(105570)
    await fall(world, "80000")
    assert (await kept() or first).peak == D(110520)


async def test_a_history_that_is_not_there_is_asked_for_again_and_the_drawdown_is_measured_all_the_same() -> None:
    world = await stage()
    await world.floor.guards.breaker.round()
    reading = world.floor.guards.breaker.reading
    assert reading is not None
    assert reading.daily_loss is None
    await fall(world, "16%")
    assert [t.code for t in trips(world)] == ["drawdown"]


async def test_a_history_that_fails_keeps_nobody_from_measuring_the_drawdown() -> None:
    world = await stage()

    async def fails(at: object) -> None:
        raise SourceFailed("no history")

    world.floor.book.as_of = fails  # type: ignore[method-assign, assignment]
    world.hub.previous_closes = fails  # type: ignore[method-assign, assignment]
    await fall(world, "calm")
    await fall(world, "16%")
    assert [t.code for t in trips(world)] == ["drawdown"]


async def test_an_account_opened_today_measures_its_loss_over_what_was_paid_in() -> None:
    today = START - timedelta(minutes=30)
    world = await measured(
        deposit("100000", at=today), Entry("b", ACCOUNT, today, EntryKind.TRADE, D(-35000), "BTC", Side.BUY, D("0.5"), D(70000))
    )
    await fall(world, "5%")
    assert [(t.code, t.value) for t in trips(world)] == [("daily_loss", D("0.0550"))]
