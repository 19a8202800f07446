"""What stands guard: a loss trips the breaker and only reducing goes on; what automation may do is signed, revoked, switched off."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.banner import status_line
from domain.errors import StorageFailed
from domain.events import AutomationChanged, BreakerReset, BreakerTripped, Event, MandateEnded, MandateSigned
from domain.exits import ExitKind, ExitRule
from domain.mandates import Scope
from domain.orders import OrderIntent, Side
from domain.tickets import Proposer, Ticket, TicketStatus
from tests.journeys.chat import NOW, OWNER, Chat, chat
from trading.guards.state import TradingState

D = Decimal


def hear(reader: Chat) -> list[Event]:
    heard: list[Event] = []

    async def listener(event: Event) -> None:
        heard.append(event)

    reader.house.floor.bus.subscribe(listener)
    return heard


async def crash(reader: Chat) -> None:
    """The demo falls by far more than its daily limit, and stays there."""
    for symbol in ("SPY", "AAPL", "MSFT", "NVDA", "JPM"):
        await reader.say(f"/demo shock {symbol} -25%")
    await reader.say("/demo forward 1m")
    await reader.say("/demo forward 1m")


async def act(reader: Chat, *, scope: Scope = Scope.STOPS, symbol: str = "AAPL", quantity: str = "1", buys: bool = False) -> Ticket:
    """What a stop or a strategy of the house asks for."""
    side = Side.BUY if buys else Side.SELL
    intent = OrderIntent(symbol, side, quantity=D(quantity), reduce_only=not buys)
    return await reader.house.floor.desk.act(
        line=f"#{symbol} close {quantity}",
        verb="close",
        proposer=Proposer.MONITOR if scope is Scope.STOPS else Proposer.STRATEGY,
        origin=OWNER,
        intents=(intent,),
        scope=scope,
        why="it was reached",
    )


async def test_a_loss_beyond_the_days_limit_leaves_only_reducing(tmp_path: Path) -> None:
    async with chat(tmp_path) as reader:
        assert "not tripped" in await reader.say("/breaker")
        heard = hear(reader)
        await crash(reader)
        (tripped,) = [e for e in heard if isinstance(e, BreakerTripped)]
        assert (tripped.code, tripped.limit) == ("daily_loss", D("0.05"))
        assert tripped.value >= tripped.limit
        assert tripped.until == tripped.at + timedelta(hours=24), "the next session has opened by then"
        assert "REDUCING" in await reader.say("/status")
        denied = await reader.say("#buy SPY 1")
        assert "reducing" in denied
        assert "/breaker reset" in denied
        assert "Nothing was sent." in denied
        held = await reader.held("MSFT")
        assert "Done" in await confirmed(reader, "#MSFT close 5")
        assert await reader.held("MSFT") == held - 5
        assert "Sent" in await confirmed(reader, "#COST stop 10%")
        said = await reader.say("/breaker")
        assert "day's loss" in said
        assert "Reset" in said
        assert "reducing" in await reader.banner()
        assert " · REDUCING · " in await status_line(reader.house)
        assert await reader.whole()


async def confirmed(reader: Chat, line: str) -> str:
    assert (await reader.card(line)).open
    return await reader.say("yes")


async def test_it_stays_tripped_through_a_restart_and_ends_by_itself(tmp_path: Path) -> None:
    async with chat(tmp_path, still=False, account="demo") as reader:
        await crash(reader)
        assert reader.house.floor.guards.trading.now() is TradingState.REDUCING
    async with chat(tmp_path, still=False, account="demo") as reader:
        assert reader.house.floor.guards.trading.now() is TradingState.REDUCING
        assert "Denied" in await reader.say("#buy SPY 1")
        heard = hear(reader)
        await reader.say("/demo forward 5d")
        assert [e.who for e in heard if isinstance(e, BreakerReset)] == ["breaker"]
        await reader.house.pulse()
        assert reader.house.floor.guards.trading.now() is TradingState.ACTIVE
        assert "cool-down was over" in await reader.say("/breaker")


async def test_an_owner_ends_it_early_and_it_does_not_trip_again_at_once(tmp_path: Path) -> None:
    async with chat(tmp_path) as reader:
        assert "has not tripped" in await reader.say("/breaker reset")
        await crash(reader)
        heard = hear(reader)
        card = await reader.say("/breaker reset")
        assert "allow opening again before the cool-down is over" in card
        assert "Done: /breaker reset" in await reader.say("yes")
        assert [e.who for e in heard if isinstance(e, BreakerReset)] == [OWNER.who]
        for _ in range(3):
            await reader.later(seconds=6)
        assert reader.house.floor.guards.trading.now() is TradingState.ACTIVE
        assert (await reader.card("#buy SPY 1")).open
        for symbol in ("SPY", "MSFT", "JPM"):
            await reader.say(f"/demo shock {symbol} -40%")
        await reader.later(seconds=6)
        await reader.later(seconds=6)
        assert "reducing" in await reader.say("#buy SPY 1")


async def test_a_mandate_is_signed_by_a_card_used_listed_and_revoked(tmp_path: Path) -> None:
    async with chat(tmp_path) as reader:
        heard = hear(reader)
        assert "No mandate" in await reader.say("/mandates")
        assert (await act(reader)).status is TicketStatus.PROPOSED
        card = await reader.reply("/mandate Stops,targets 30D aapl,MSFT orders 2 max 5000 day 20000")
        assert card.ticket is not None
        assert card.ticket.line == "/mandate stops,targets 30d AAPL,MSFT max 5000 day 20000 orders 2"
        text = await reader.say(card.ticket.line)
        assert (
            "let stops and targets act without asking until 10:30 New York, Fri 4 Apr 2025" not in text
        )  # the clocks go forward in between
        assert "let stops and targets act without asking until 11:30 New York, Fri 4 Apr 2025" in text
        assert "only closing and protecting, AAPL, MSFT only" in text
        assert "at most $5,000.00 an order, at most $20,000.00 a day, at most 2 orders a day" in text
        await reader.say(f"cancel {card.ticket.id}")
        assert "Done" in await reader.say(f"confirm {(await reader.house.floor.desk.open_tickets())[-1].id}")
        (signed,) = [e for e in heard if isinstance(e, MandateSigned)]
        assert signed.expires == NOW + timedelta(days=30)
        assert (await act(reader)).status is TicketStatus.EXECUTED
        listed = await reader.say("/mandates")
        assert "1 of 2" in listed
        assert f"/mandate revoke {signed.mandate}" in listed
        assert (await act(reader, symbol="JPM")).status is TicketStatus.PROPOSED, "another symbol"
        assert (await act(reader, buys=True)).status is TicketStatus.PROPOSED, "it only reduces"
        assert (await act(reader)).status is TicketStatus.EXECUTED
        assert (await act(reader)).status is TicketStatus.PROPOSED, "two orders a day"
        await reader.later(days=1)
        assert (await act(reader)).mandate == signed.mandate
        assert "is revoked" in await reader.say(f"/mandate revoke {signed.mandate}")
        assert [e.who for e in heard if isinstance(e, MandateEnded)] == [OWNER.who]
        assert (await act(reader)).status is TicketStatus.PROPOSED
        assert "no mandate" in (await reader.say(f"/mandate revoke {signed.mandate}")).lower()


async def test_manual_only_mode_lets_nothing_automated_act(tmp_path: Path) -> None:
    async with chat(tmp_path) as reader:
        heard = hear(reader)
        await confirmed(reader, "/mandate stops 7d")
        assert "/automation off" in await reader.say("/automation")
        assert "only propose" in await reader.say("/automation off")
        assert (await act(reader)).status is TicketStatus.PROPOSED
        rule = ExitRule("e1", "demo", "AAPL", ExitKind.STOP, "t1", NOW, NOW + timedelta(days=1), long=True, level=D(1))
        floor = reader.house.floor
        async with floor.store.read() as tx:
            ticket = await act(reader)
            assert await floor.guards.mandates.covering(tx, ticket, Scope.STOPS, rule) is None, "not even an exit's own card"
        assert "Manual-only" in await reader.say("/mandates")
        assert "manual-only" in await reader.say("/status")
        await reader.say("/automation off")
        assert "may act" in await reader.say("/automation on")
        assert [(e.allowed, e.who) for e in heard if isinstance(e, AutomationChanged)] == [(False, OWNER.who), (True, OWNER.who)]
        assert (await act(reader)).status is TicketStatus.EXECUTED


async def test_manual_only_mode_stays_through_a_restart(tmp_path: Path) -> None:
    async with chat(tmp_path, still=False, account="demo") as reader:
        await reader.say("/automation off")
    async with chat(tmp_path, still=False, account="demo") as reader:
        assert "Manual-only mode" in await reader.say("/automation")


async def test_an_open_mandate_says_that_it_opens(tmp_path: Path) -> None:
    async with chat(tmp_path) as reader:
        assert "No mandate is in force" in await reader.say("/mandate")
        text = await reader.say("/mandate strategies 12h open")
        assert "opening as well as closing, any symbol, at most 20 orders a day" in text
        assert "not only reduce what you hold" in text
        await reader.say("yes")
        assert (await act(reader, scope=Scope.STRATEGIES, buys=True)).status is TicketStatus.EXECUTED
        assert (await act(reader)).status is TicketStatus.PROPOSED, "stops were not signed"


async def test_the_safe_direction_works_while_the_database_refuses(tmp_path: Path) -> None:
    async with chat(tmp_path) as reader:
        floor = reader.house.floor
        write = floor.store.write
        card = await reader.card("#buy SPY 1")

        def refuses() -> object:
            raise StorageFailed("database is locked")

        floor.store.write = refuses  # type: ignore[method-assign, assignment]
        assert "holds as long as this program runs" in await reader.say("/automation off")
        assert not floor.guards.automation.allowed
        assert (await reader.reply("/automation on")).failure is not None
        assert not floor.guards.automation.allowed
        said = await reader.say("#emergency-stop")
        assert said.startswith("Trading is halted: nothing new is sent.")
        assert "leave this program running" in said
        floor.store.write = write  # type: ignore[method-assign]
        assert "halted" in (await reader.say(f"confirm {card.id}")).lower()
        assert any("halted" in p for p in await reader.pushes()), "it is written and told when the database works again"
        assert "HALTED" in await reader.say("/status")


@pytest.mark.parametrize(
    ("line", "token"),
    [
        ("/mandate stops", "needs an end"),
        ("/mandate stops soon", "soon"),
        ("/mandate jumps 30d", "jumps"),
        ("/mandate , 30d", "nothing that could act"),
        ("/mandate stops 366d", "up to 365 days"),
        ("/mandate stops 30d QQQQQ", "QQQQQ"),
        ("/mandate stops 30d AAPL MSFT", "MSFT"),
        ("/mandate stops 30d max", "needs one number"),
        ("/mandate stops 30d max 5 max 6", "needs one number"),
        ("/mandate stops 30d max much", "much"),
        ("/mandate stops 30d day 0", "not an amount"),
        ("/mandate stops 30d orders 0", "not a number of orders"),
        ("/mandate stops 30d orders 5000", "not a number of orders"),
        ("/mandate stops 30d open open", "open"),
        ("/mandate revoke", "which mandate"),
        ("/mandate revoke nope", "no mandate nope"),
        ("/automation maybe", "maybe"),
    ],
)
async def test_what_does_not_fit_is_told_with_a_correct_line(tmp_path: Path, line: str, token: str) -> None:
    async with chat(tmp_path) as reader:
        reply = await reader.reply(line)
        assert reply.failure is not None
        assert token.lower() in reply.failure.message.lower()


async def test_ask_only_looks(tmp_path: Path) -> None:
    async with chat(tmp_path, read_only=True) as reader:
        for line in ("/automation off", "/mandate revoke x"):
            reply = await reader.reply(line)
            assert reply.failure is not None
            assert reply.failure.code == "read_only"
        assert reader.house.floor.guards.automation.allowed
