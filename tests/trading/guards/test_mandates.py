"""Mandates as papers: signed once by a card, ended by their time or a person, and manual-only mode before all of them."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.errors import NotAllowed, StorageFailed, UserError
from domain.events import AutomationChanged, KillSwitchPulled, MandateEnded, MandateSigned
from domain.mandates import MandateStatus, Scope
from domain.orders import MandateIntent
from domain.tickets import Origin, TicketStatus
from storage import mandates, tickets
from tests.trading.guards.stage import Refusing, act, exit_rule, mandate, sign
from tests.trading.stage import ME, START, Stage, close, stage
from trading.guards.mandates import scopes_text

D = Decimal


def intent(id: str = "m1", *, revoke: bool = False) -> MandateIntent:
    return MandateIntent(mandate(id, signed_by="", ticket=""), "let stops act without asking", revoke=revoke)


async def status(world: Stage, id: str) -> MandateStatus | None:
    async with world.store.read() as tx:
        found = await mandates.get(tx, id)
    return found.status if found else None


async def test_a_card_signs_it_with_who_and_when_and_a_second_time_changes_nothing() -> None:
    world = await stage()
    ticket = await world.do(intent())
    assert ticket.status is TicketStatus.EXECUTED
    (made,) = await world.floor.guards.mandates.active()
    assert (made.signed_by, made.ticket, made.signed) == (ME.who, ticket.id, START)
    (event,) = world.heard(MandateSigned)
    assert isinstance(event, MandateSigned)
    assert (event.mandate, event.what, event.who, event.expires) == ("m1", "let stops act without asking", ME.who, made.expires)
    assert not await world.floor.guards.mandates.sign(made, "again", "me")
    assert len(world.heard(MandateSigned)) == 1


async def test_only_an_owner_signs() -> None:
    world = await stage()
    guest = Origin("telegram", "1", "2")
    ticket = await world.propose(intent(), origin=guest)
    with pytest.raises(NotAllowed, match="Only an owner can let stops act"):
        await world.confirm(ticket, guest)
    assert await status(world, "m1") is None


async def test_revoking_by_a_card_or_at_once() -> None:
    world = await stage()
    await sign(world, mandate("m1"), mandate("m2"))
    assert (await world.do(intent("m1", revoke=True))).status is TicketStatus.EXECUTED
    assert (await world.floor.guards.mandates.revoke("m2", "me")).status is MandateStatus.REVOKED
    assert await status(world, "m1") is await status(world, "m2") is MandateStatus.REVOKED
    assert [e.who for e in world.heard(MandateEnded)] == [ME.who, "me"]  # type: ignore[attr-defined]
    with pytest.raises(UserError, match="no mandate m2"):
        await world.floor.guards.mandates.revoke("m2", "me")
    assert (await act(world, close("AAPL", "1"))).status is TicketStatus.PROPOSED


async def test_another_accounts_mandate_is_not_there() -> None:
    world = await stage()
    async with world.store.write() as tx:
        await mandates.add(tx, mandate("x1", account="elsewhere"))
    with pytest.raises(UserError):
        await world.floor.guards.mandates.revoke("x1", "me")
    assert (await act(world, close("AAPL", "1"))).status is TicketStatus.PROPOSED


async def test_its_time_ends_it_and_the_next_one_has_its_own() -> None:
    world = await stage()
    await sign(world, mandate("m1", expires=START + timedelta(hours=2)), mandate("m2", expires=START + timedelta(hours=1)))
    await world.restart()
    world.clock.set(START + timedelta(minutes=59))
    await world.pass_time(1)
    assert not world.heard(MandateEnded)
    await world.pass_time(60)
    assert [(e.mandate, e.reason) for e in world.heard(MandateEnded)] == [("m2", "its time is over")]  # type: ignore[attr-defined]
    assert await status(world, "m2") is MandateStatus.EXPIRED
    await world.pass_time(3600)
    assert await status(world, "m1") is MandateStatus.EXPIRED
    await world.pass_time(60)
    assert len(world.heard(MandateEnded)) == 2
    assert await world.floor.guards.mandates.active() == []


async def test_a_card_left_behind_is_told_and_not_signed_later() -> None:
    world = await stage()
    ticket = await world.propose(intent())
    async with world.store.write() as tx:
        await tickets.move(tx, ticket.id, TicketStatus.PROPOSED, TicketStatus.CONFIRMED)
    await world.restart()
    assert (await world.ticket(ticket.id)).reason == "nothing was signed: what automation may do is as it was"
    assert await status(world, "m1") is None


async def test_a_mandate_never_signs_a_mandate() -> None:
    world = await stage()
    await sign(world, mandate("m1", scopes=tuple(Scope), reduce_only=False))
    ticket = await act(world, intent("m2"))
    assert ticket.status is TicketStatus.PROPOSED
    assert await status(world, "m2") is None


async def test_what_was_used_today() -> None:
    world = await stage()
    await sign(world, mandate())
    (made,) = await world.floor.guards.mandates.active()
    assert await world.floor.guards.mandates.used(made) == (0, "$0.00")
    await act(world, close("AAPL", "2"))
    await act(world, close("AAPL", "1"), signed=exit_rule())
    assert await world.floor.guards.mandates.used(made) == (1, "$363.98"), "an exit's own card is not counted"


def test_scopes_in_words() -> None:
    assert scopes_text(mandate(scopes=(Scope.STOPS,))) == "stops"
    assert scopes_text(mandate(scopes=tuple(Scope))) == "stops, targets, schedules and strategies"


class TestManualOnly:
    async def test_nothing_covers_anything_and_it_survives_a_restart(self) -> None:
        world = await stage()
        await sign(world, mandate())
        assert await world.floor.guards.automation.set("me", allowed=False)
        assert not await world.floor.guards.automation.set("me", allowed=False)
        for _ in range(2):
            assert (await act(world, close("AAPL", "1"))).status is TicketStatus.PROPOSED
            assert (await act(world, close("AAPL", "1"), signed=exit_rule())).status is TicketStatus.PROPOSED
            await world.restart()
            assert not world.floor.guards.automation.allowed
        assert await world.floor.guards.automation.set("me", allowed=True)
        assert (await act(world, close("AAPL", "1"))).status is TicketStatus.EXECUTED
        assert [e.allowed for e in world.heard(AutomationChanged)] == [False, True]  # type: ignore[attr-defined]

    async def test_off_holds_though_the_database_refuses_and_on_does_not(self) -> None:
        world = await stage()
        await sign(world, mandate())
        store = Refusing(world)
        with pytest.raises(StorageFailed):
            await world.floor.guards.automation.set("me", allowed=False)
        assert not world.floor.guards.automation.allowed
        with pytest.raises(StorageFailed):
            await world.floor.guards.automation.set("me", allowed=True)
        assert not world.floor.guards.automation.allowed
        store.refuses = False
        assert (await act(world, close("AAPL", "1"))).status is TicketStatus.PROPOSED
        assert not await world.floor.guards.automation.set("me", allowed=True), "it was on as committed"
        assert world.floor.guards.automation.allowed

    async def test_another_process_of_this_account_is_believed(self) -> None:
        world = await stage()
        await sign(world, mandate())
        other = world.floor
        world.open()
        await world.floor.guards.automation.set("me", allowed=False)
        world.floor = other
        assert (await act(world, close("AAPL", "1"))).status is TicketStatus.PROPOSED


class TestKillSwitch:
    async def test_a_pull_the_database_refuses_holds_and_is_written_when_it_works(self) -> None:
        world = await stage()
        store = Refusing(world)
        with pytest.raises(StorageFailed):
            await world.floor.killswitch.pull("me", "tty")
        assert world.floor.killswitch.halted()
        with suppress(StorageFailed):
            await world.pass_time(1)
        assert not world.heard(KillSwitchPulled)
        store.refuses = False
        await world.pass_time(2, step=1)
        assert [e.who for e in world.heard(KillSwitchPulled)] == ["me"]  # type: ignore[attr-defined]
        await world.restart()
        assert world.floor.killswitch.halted()

    async def test_a_release_forgets_a_pull_that_was_never_written(self) -> None:
        world = await stage()
        store = Refusing(world)
        with pytest.raises(StorageFailed):
            await world.floor.killswitch.pull("me")
        store.refuses = False
        await world.floor.killswitch.release("me")
        await world.pass_time(2, step=1)
        assert not world.floor.killswitch.halted()
        assert not world.heard(KillSwitchPulled)
