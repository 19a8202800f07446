"""Back-off: longer each time, spread by a jitter nobody throws dice for, and never a request too many."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BrokerDown, Throttled
from domain.orders import CancelIntent, OrderStatus, ReplaceIntent
from domain.tickets import TicketStatus
from tests.trading.stage import Stage, buy, close, stage, stop
from tests.trading.underway import row
from trading.backoff import LONGEST, PatientBroker, delay
from trading.execution import DOWN

D = Decimal


@given(st.text(max_size=12), st.integers(1, 10_000), st.none() | st.floats(0, 10_000))
def test_a_delay_is_within_its_bounds_and_always_the_same(name: str, attempt: int, after: float | None) -> None:
    steady = min(2.0 ** min(attempt - 1, 30), LONGEST)
    found = delay(name, attempt, after)
    assert found == delay(name, attempt, after)
    assert min(max(steady / 2, after or 0), LONGEST) <= found <= LONGEST
    assert found <= max(steady, after or 0)


def test_different_orders_spread_out() -> None:
    assert len({delay(f"t{n}-1", 1) for n in range(100)}) > 90


def asked(world: Stage, call: str) -> int:
    return sum(1 for name, _ in world.broker.calls if name == call)


class TestSubmitting:
    async def test_a_busy_venue_is_asked_again_later_under_the_same_id(self) -> None:
        world = await stage()
        world.broker.faults["submit"].extend(["throttled"] * 3)
        ticket = await world.do(close("AAPL", "10"))
        assert (ticket.status, asked(world, "submit")) == (TicketStatus.CONFIRMED, 1)
        await world.pass_time(30, step=0.25)
        assert await world.status(ticket.id) is TicketStatus.EXECUTED
        assert {name for call, name in world.broker.calls if call == "submit"} == {f"{ticket.id}-1"}
        assert asked(world, "submit") == 4
        assert world.broker.delivered == {f"{ticket.id}-1": 1}

    async def test_what_the_venue_asks_for_is_honoured(self) -> None:
        world = await stage()
        world.broker.faults["submit"].append("throttled")
        world.broker.after = 20.0
        await world.do(close("AAPL", "10"))
        await world.pass_time(19, step=1)
        assert asked(world, "submit") == 1
        await world.pass_time(2, step=1)
        assert asked(world, "submit") == 2

    async def test_a_venue_that_stays_busy_ends_it_with_the_truth(self) -> None:
        world = await stage()
        world.broker.faults["submit"].extend(["throttled"] * 99)
        ticket = await world.do(buy("XOM", "1"))
        await world.pass_time(70, step=1)
        after = await world.ticket(ticket.id)
        assert (after.status, after.reason) == (TicketStatus.FAILED, DOWN)
        assert asked(world, "submit") < 10

    async def test_a_refusal_after_a_busy_answer_is_final(self) -> None:
        world = await stage()
        world.broker.faults["submit"].extend(["throttled", "reject"])
        ticket = await world.do(close("AAPL", "10"))
        await world.pass_time(30, step=1)
        assert await world.status(ticket.id) is TicketStatus.FAILED
        assert asked(world, "submit") == 2

    @pytest.mark.parametrize("second", ["throttled", "down"])
    async def test_a_busy_answer_after_a_lost_one_proves_nothing(self, second: str) -> None:
        world = await stage()
        world.broker.faults["submit"].extend(["late", second, second])
        ticket = await world.do(close("AAPL", "10"))
        await world.pass_time(2, step=1)
        assert (await row(world, f"{ticket.id}-1")).status is OrderStatus.UNKNOWN
        world.broker.faults["submit"].extend([second] * 200)
        await world.pass_time(58, step=1)
        await world.broker.deliver()
        await world.pass_time(2, step=1)
        assert await world.status(ticket.id) is TicketStatus.EXECUTED, "the first one had been under way"


class TestEverythingElse:
    async def test_questions_share_one_gate(self) -> None:
        world = await stage()
        world.broker.faults["updates"].append("throttled")
        world.broker.after = 10.0
        world.broker.faults["submit"].extend(["lost_request"] * 2)
        await world.floor.pulse()
        before = asked(world, "find") + asked(world, "updates") + asked(world, "state")
        ticket = await world.do(close("AAPL", "5"), close("NVDA", "5"))
        await world.pass_time(8, step=1)
        assert asked(world, "find") + asked(world, "updates") + asked(world, "state") == before
        await world.pass_time(4, step=1)
        assert await world.status(ticket.id) is TicketStatus.EXECUTED

    @pytest.mark.parametrize("call", ["cancel", "replace"])
    async def test_a_busy_cancel_or_change_is_repeated_with_patience(self, call: str) -> None:
        world = await stage()
        first = await world.do(stop("AAPL", "10", "170"))
        world.broker.faults[call].extend(["throttled"] * 3)
        name = f"{first.id}-1"
        ticket = await world.do(CancelIntent(name, "AAPL") if call == "cancel" else ReplaceIntent(name, "AAPL", stop=D(171)))
        await world.pass_time(20, step=0.5)
        assert await world.status(ticket.id) is TicketStatus.EXECUTED
        assert asked(world, call) == 4

    async def test_another_answer_ends_the_waiting(self) -> None:
        world = await stage()
        patient = PatientBroker(world.broker, world.clock)
        world.broker.faults["state"].extend(["throttled", "throttled", "down"])
        for _ in range(2):
            with pytest.raises(Throttled):
                await patient.state()
            world.clock.set(world.clock.now() + timedelta(seconds=5))
        with pytest.raises(BrokerDown):
            await patient.state()
        assert (await patient.state()).positions["AAPL"] == 10
        world.broker.faults["state"].append("throttled")
        with pytest.raises(Throttled):
            await patient.state()
        with pytest.raises(Throttled, match="too busy") as waiting:
            await patient.state()
        assert 0 < (waiting.value.after or 0) <= 1
        assert patient.traits == world.broker.traits
