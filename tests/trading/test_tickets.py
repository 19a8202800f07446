"""The ticket desk: proposals, who may confirm what and when, and that one tap is one execution."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from domain.errors import (
    BadArgument,
    Halted,
    NoPrice,
    NoSuchOrder,
    NotAllowed,
    TicketClosed,
    TicketMismatch,
    UnknownSymbol,
    UserError,
    WordNeeded,
)
from domain.events import KillSwitchPulled, KillSwitchReleased, TicketMoved
from domain.orders import CancelIntent, Intent, OrderIntent, OrderType, ReplaceIntent, ResumeIntent, Side
from domain.tickets import Origin, TicketStatus
from storage import tickets
from storage.engine import open_store
from tests.trading.stage import ME, STRANGER, Stage, buy, close, limit, stage, stop
from trading.assessment import Assessment, drift

D = Decimal


async def test_a_proposal_is_stored_with_what_it_shows_and_sends_nothing() -> None:
    world = await stage()
    ticket = await world.propose(close("AAPL", "10"), line="#AAPL close")
    assert ticket.status is TicketStatus.PROPOSED
    assert ticket.expires - ticket.created == timedelta(minutes=2)
    assert [q.symbol for q in ticket.quotes] == ["AAPL"]
    leg = ticket.consequence.legs[0]
    assert (leg.price, leg.basis, leg.value, leg.realised) == (D("181.99"), "bid", D("1819.90"), D("119.90"))
    assert await world.floor.desk.open_tickets() == [ticket]
    assert not world.broker.calls or {c for c, _ in world.broker.calls} <= {"state", "updates"}
    assert await world.journal() == ["ticket_shown", "TicketMoved"]
    assert world.heard(TicketMoved)[0].status is TicketStatus.PROPOSED  # type: ignore[attr-defined]


async def test_confirming_executes_and_books() -> None:
    world = await stage()
    done = await world.do(close("AAPL", "10"))
    assert done.status is TicketStatus.EXECUTED
    assert world.floor.book.holdings.quantity("AAPL") == 0
    assert await world.agrees()
    assert world.broker.delivered == {f"{done.id}-1": 1}


async def test_what_cannot_be_proposed_says_so() -> None:
    world = await stage()
    with pytest.raises(UserError):
        await world.propose()
    with pytest.raises(UnknownSymbol):
        await world.propose(buy("AAPPL", "1"))
    with pytest.raises(BadArgument):
        await world.propose(OrderIntent("AAPL", Side.BUY, notional=D(20)))
    with pytest.raises(NoSuchOrder):
        await world.propose(CancelIntent("nope-1", "AAPL"))
    world.market.no_quote("XOM")
    with pytest.raises(NoPrice):
        await world.propose(buy("XOM", "1"))
    assert await world.tickets() == []


async def test_a_blocking_finding_denies_at_once() -> None:
    world = await stage()
    ticket = await world.propose(buy("SPY", "1000"))
    assert ticket.status is TicketStatus.DENIED
    assert ticket.reason
    with pytest.raises(TicketClosed, match="denied"):
        await world.confirm(ticket)


async def test_only_the_person_who_asked_can_answer() -> None:
    world = await stage()
    ticket = await world.propose(close("AAPL", "10"))
    for stranger in (STRANGER, Origin("telegram", "tty", "me")):
        with pytest.raises(NotAllowed):
            await world.confirm(ticket, stranger)
        with pytest.raises(NotAllowed):
            await world.floor.desk.cancel(ticket.id, stranger)
    assert await world.status(ticket.id) is TicketStatus.PROPOSED
    assert (await world.confirm(ticket, Origin("terminal", "another chat", "me"))).status is TicketStatus.EXECUTED


async def test_no_other_digest_confirms() -> None:
    world = await stage()
    ticket = await world.propose(close("AAPL", "10"))
    digest = ticket.digest()
    for place in range(len(digest)):
        for bit in range(8):
            flipped = digest[:place] + chr(ord(digest[place]) ^ (1 << bit)) + digest[place + 1 :]
            with pytest.raises(TicketMismatch):
                await world.floor.desk.confirm(ticket.id, flipped, ME)
    for wrong in (None, "", digest[:-1], digest + "0", digest.upper() if digest.upper() != digest else "x"):
        with pytest.raises(TicketMismatch):
            await world.floor.desk.confirm(ticket.id, wrong, ME)
    assert not world.broker.delivered


async def test_an_unknown_ticket_and_one_of_another_account_do_not_exist() -> None:
    world = await stage()
    with pytest.raises(TicketClosed):
        await world.floor.desk.confirm("nope", "0" * 16, ME)
    foreign = replace(await world.propose(close("AAPL", "1")), id="other", account="elsewhere")
    async with world.store.write() as tx:
        await tickets.add(tx, foreign)
    with pytest.raises(TicketClosed):
        await world.confirm(foreign)


def together(world: Stage, taps: int) -> None:
    """Hold every tap after its judgement until all have come that far, so that they reach the release at once."""
    assess, barrier = world.floor.desk._assessor.assess, asyncio.Barrier(taps)

    async def judged(intents: Sequence[Intent], *, as_shown: bool = False, automated: bool = False, unseen: bool = False) -> Assessment:
        found = await assess(intents, as_shown=as_shown)
        await barrier.wait()
        return found

    world.floor.desk._assessor.assess = judged  # type: ignore[method-assign]


@pytest.mark.parametrize("taps", [2, 3, 4, 5])
async def test_taps_at_the_same_time_execute_once(taps: int) -> None:
    world = await stage()
    ticket = await world.propose(close("AAPL", "10"))
    together(world, taps)
    answers = await asyncio.gather(*(world.confirm(ticket) for _ in range(taps)), return_exceptions=True)
    assert sum(isinstance(a, TicketClosed) for a in answers) == taps - 1
    assert [a.status for a in answers if not isinstance(a, BaseException)] == [TicketStatus.EXECUTED]
    assert world.broker.delivered.total() == 1
    assert await world.agrees()


async def test_a_tap_and_a_cancel_at_the_same_time_have_one_winner() -> None:
    world = await stage()
    ticket = await world.propose(close("AAPL", "10"))
    together(world, 1)
    answers = await asyncio.gather(world.confirm(ticket), world.floor.desk.cancel(ticket.id, ME), return_exceptions=True)
    assert sum(isinstance(a, TicketClosed) for a in answers) == 1
    sent = world.broker.delivered.total()
    assert await world.status(ticket.id) is (TicketStatus.EXECUTED if sent else TicketStatus.CANCELLED)


async def test_a_confirmed_ticket_stays_confirmed_whoever_replays_it() -> None:
    world = await stage()
    ticket = await world.propose(close("AAPL", "5"))
    await world.confirm(ticket)
    for seconds in (1, 121, 86_400):
        await world.pass_time(seconds)
        with pytest.raises(TicketClosed, match="already"):
            await world.confirm(ticket)
    await world.restart()
    with pytest.raises(TicketClosed):
        await world.confirm(ticket)
    assert world.broker.delivered.total() == 1


async def test_after_two_minutes_nothing_is_sent() -> None:
    world = await stage()
    ticket = await world.propose(close("AAPL", "10"))
    world.clock.set(ticket.expires)
    with pytest.raises(TicketClosed, match="expired"):
        await world.confirm(ticket)
    assert await world.status(ticket.id) is TicketStatus.EXPIRED
    assert not world.broker.delivered


async def test_the_pulse_expires_and_tells() -> None:
    world = await stage()
    ticket = await world.propose(close("AAPL", "10"))
    other = await world.propose(close("NVDA", "1"))
    await world.floor.desk.cancel(other.id, ME)
    await world.pass_time(119)
    assert await world.status(ticket.id) is TicketStatus.PROPOSED
    await world.pass_time(1)
    assert await world.status(ticket.id) is TicketStatus.EXPIRED
    assert [(e.ticket, e.status) for e in world.heard(TicketMoved)][-1] == (ticket.id, TicketStatus.EXPIRED)  # type: ignore[attr-defined]
    assert await world.floor.desk.expire() == []


async def test_after_a_restart_an_open_card_is_expired_and_says_so() -> None:
    world = await stage()
    ticket = await world.propose(close("AAPL", "10"))
    await world.restart()
    after = await world.ticket(ticket.id)
    assert (after.status, after.reason) == (TicketStatus.EXPIRED, "expired by restart, nothing was sent")
    with pytest.raises(TicketClosed):
        await world.confirm(ticket)


async def test_cancelling_a_card_sends_nothing() -> None:
    world = await stage()
    ticket = await world.propose(close("AAPL", "10"))
    assert (await world.floor.desk.cancel(ticket.id, ME)).status is TicketStatus.CANCELLED
    with pytest.raises(TicketClosed, match="cancelled"):
        await world.confirm(ticket)
    with pytest.raises(TicketClosed):
        await world.floor.desk.cancel(ticket.id, ME)


async def test_a_batch_asks_for_its_word() -> None:
    world = await stage()
    ticket = await world.propose(close("AAPL", "10"), close("NVDA", "20"), word="CLOSE-ALL")
    for word in (None, "", "close"):
        with pytest.raises(WordNeeded) as asked:
            await world.confirm(ticket, word=word)
        assert asked.value.word == "CLOSE-ALL"
    assert (await world.confirm(ticket, word=" close-all")).status is TicketStatus.EXECUTED
    assert world.broker.delivered.total() == 2


class TestPrice:
    async def test_within_the_tolerance_goes_out(self) -> None:
        world = await stage()
        ticket = await world.propose(close("AAPL", "10"))
        world.market.quote("AAPL", "181.10", "181.12")  # less than 0.5% away
        assert (await world.confirm(ticket)).status is TicketStatus.EXECUTED

    async def test_within_a_wide_spread_goes_out(self) -> None:
        world = await stage()
        world.market.quote("AAPL", "178.00", "182.00")
        ticket = await world.propose(close("AAPL", "10"))
        world.market.quote("AAPL", "175.00", "176.00")
        assert (await world.confirm(ticket)).status is TicketStatus.EXECUTED

    async def test_beyond_it_a_fresh_card_takes_its_place(self) -> None:
        world = await stage()
        ticket = await world.propose(close("AAPL", "10"), line="#AAPL close")
        world.market.quote("AAPL", "180.00", "180.02")
        fresh = await world.confirm(ticket)
        assert (fresh.status, fresh.replaces, fresh.line) == (TicketStatus.PROPOSED, ticket.id, "#AAPL close")
        assert fresh.consequence.legs[0].price == D("180.00")
        old = await world.ticket(ticket.id)
        assert old.status is TicketStatus.REPLACED
        assert "moved −1.09%" in old.reason
        assert not world.broker.delivered
        with pytest.raises(TicketClosed, match="fresh card"):
            await world.confirm(ticket)
        assert (await world.confirm(fresh)).status is TicketStatus.EXECUTED

    async def test_an_amount_of_money_is_sized_anew_on_the_fresh_card(self) -> None:
        world = await stage()
        ticket = await world.propose(OrderIntent("AAPL", Side.BUY, notional=D(2000)))
        assert [i.quantity for i in ticket.intents if isinstance(i, OrderIntent)] == [D(10)]
        world.market.quote("AAPL", "239.98", "240.00")
        fresh = await world.confirm(ticket)
        assert [i.quantity for i in fresh.intents if isinstance(i, OrderIntent)] == [D(8)]

    async def test_within_the_tolerance_what_was_shown_is_what_is_sent(self) -> None:
        world = await stage()
        ticket = await world.propose(OrderIntent("AAPL", Side.BUY, notional=D("1820.10")))
        world.market.quote("AAPL", "182.02", "182.04")  # now it would be nine
        await world.confirm(ticket)
        assert world.floor.book.holdings.quantity("AAPL") == 20

    async def test_a_limit_order_has_its_own_price(self) -> None:
        world = await stage()
        ticket = await world.propose(limit("AAPL", Side.BUY, "1", "170"))
        world.market.quote("AAPL", "178.00", "178.02")
        assert (await world.confirm(ticket)).status is TicketStatus.WORKING

    async def test_a_trailing_stop_follows_the_last_price(self) -> None:
        world = await stage()
        trailing = OrderIntent("AAPL", Side.SELL, OrderType.TRAILING, D(10), trail_percent=D("0.02"), reduce_only=True)
        ticket = await world.propose(trailing)
        assert ticket.consequence.legs[0].price == D("178.36")
        world.market.quote("AAPL", "185.00", "185.02", "185.01")
        assert (await world.confirm(ticket)).replaces == ticket.id

    async def test_a_card_whose_price_is_gone_is_not_comparable(self) -> None:
        world = await stage()
        ticket = await world.propose(close("AAPL", "10"), buy("XOM", "1"))
        assert drift(ticket, ticket.quotes) == ""
        assert drift(ticket, ticket.quotes[:1]) == "XOM has no price to compare"

    async def test_no_price_at_the_tap_sends_nothing(self) -> None:
        world = await stage()
        ticket = await world.propose(close("AAPL", "10"))
        world.market.no_quote("AAPL")
        with pytest.raises(NoPrice):
            await world.confirm(ticket)
        assert await world.status(ticket.id) is TicketStatus.PROPOSED
        assert not world.broker.delivered


class TestRiskAtTheTap:
    async def test_what_became_impossible_is_denied_with_its_reason(self) -> None:
        world = await stage()
        ticket = await world.propose(buy("SPY", "80"))
        await world.do(buy("SPY", "80"))
        denied = await world.confirm(ticket)
        assert denied.status is TicketStatus.DENIED
        assert "Nothing was sent" in denied.reason
        assert denied.blocked
        assert world.broker.delivered.total() == 1


class TestHalted:
    async def test_opening_is_denied_at_the_card_and_at_the_tap(self) -> None:
        world = await stage()
        before = await world.propose(buy("AAPL", "1"))
        await world.floor.killswitch.pull("me")
        after = await world.propose(buy("AAPL", "1"))
        assert (after.status, after.findings[0].code) == (TicketStatus.DENIED, "halted")
        with pytest.raises(Halted):
            await world.confirm(before)
        assert await world.status(before.id) is TicketStatus.DENIED
        assert not world.broker.delivered

    async def test_closing_cancelling_and_protecting_go_on(self) -> None:
        world = await stage()
        resting = await world.do(stop("NVDA", "20", "100"))
        await world.floor.killswitch.pull("me")
        name = f"{resting.id}-1"
        assert (await world.do(ReplaceIntent(name, "NVDA", stop=D(105)))).status is TicketStatus.EXECUTED
        assert (await world.do(close("AAPL", "4"))).status is TicketStatus.EXECUTED
        sell = OrderIntent("AAPL", Side.SELL, quantity=D(3))  # not marked, but it only takes from the holding
        assert (await world.do(sell)).status is TicketStatus.EXECUTED
        assert (await world.do(CancelIntent(name, "NVDA"))).status is TicketStatus.EXECUTED

    async def test_changing_an_opening_order_does_not(self) -> None:
        world = await stage()
        resting = await world.do(limit("AAPL", Side.BUY, "1", "170"))
        await world.floor.killswitch.pull("me")
        change = await world.propose(ReplaceIntent(f"{resting.id}-1", "AAPL", limit=D(171)))
        assert change.status is TicketStatus.DENIED

    async def test_a_pull_between_the_judgement_and_the_release_still_holds(self) -> None:
        world = await stage()
        ticket = await world.propose(buy("AAPL", "1"))
        waiting = False

        def pulled(name: str) -> None:
            nonlocal waiting
            if name.startswith("order.1 ") and not waiting:
                waiting = True
                world.floor.book.set_halted(halted=True)

        world.floor.desk._fail = pulled
        with pytest.raises(Halted):
            await world.confirm(ticket)
        assert await world.status(ticket.id) is TicketStatus.DENIED
        assert not world.broker.delivered

    async def test_a_pull_is_written_once_also_where_a_round_comes_between(self) -> None:
        world = await stage()
        switch = world.floor.killswitch
        await asyncio.gather(switch.pull("me"), switch.settle(), switch.settle())
        assert switch.halted()
        assert len(world.heard(KillSwitchPulled)) == 1

    async def test_only_an_owner_resumes(self) -> None:
        world = await stage()
        await world.floor.killswitch.pull("me")
        guest = Origin("telegram", "1", "2")
        ticket = await world.propose(ResumeIntent(), origin=guest)
        with pytest.raises(NotAllowed):
            await world.confirm(ticket, guest, ticket.word)
        assert world.floor.killswitch.halted()
        done = await world.do(ResumeIntent())
        assert done.status is TicketStatus.EXECUTED
        assert not world.floor.killswitch.halted()
        assert world.heard(KillSwitchReleased)


async def test_a_ticket_that_vanished_is_no_crash() -> None:
    world = await stage()
    ticket = await world.propose(close("AAPL", "1"))
    assert await world.floor.desk.get("nothing") is None
    assert await world.floor.desk._now(replace(ticket, id="gone")) == replace(ticket, id="gone")


async def test_the_same_on_the_durable_store(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path / 'book.db'}")
    try:
        world = await stage(store=store)
        ticket = await world.propose(stop("AAPL", "10", "170"))
        other = await world.propose(buy("AAPL", "1"))
        together(world, 5)
        answers = await asyncio.gather(*(world.confirm(ticket) for _ in range(5)), return_exceptions=True)
        assert [a.status for a in answers if not isinstance(a, BaseException)] == [TicketStatus.WORKING]
        await asyncio.gather(world.floor.pulse(), world.floor.desk.cancel(other.id, ME), world.floor.pulse())
        assert world.broker.delivered == {f"{ticket.id}-1": 1}
        assert not world.floor.execution._record.driving
    finally:
        await store.close()
