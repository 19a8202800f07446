"""The front desk at its bounds: bad input, faults, ways in that only look, memory, usage."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.context import Ctx, Part
from commands.desk import LONGEST, checked
from commands.sessions import Session, Sessions
from commands.usage import UsageBuffer
from domain.chat import Code, Reply, ReplyKind
from domain.errors import ReadOnly, StorageFailed, UnknownSymbol
from storage import usage
from tests.commands import front
from tests.commands.front import ME, ME_ANYWHERE, Room, lead, payloads, said


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("#", "grammar"),
        ("x" * (LONGEST + 1), "too_long"),
        ("#AAPL close " + "9" * 10_000_000, "too_long"),
        ("hello \u202eworld", "hidden_character"),
        ("hello\x00", "hidden_character"),
        ("\udcff\udcfe", "hidden_character"),
        ("#AAPL \u202eclose", "hidden_character"),
        ("#AAPL close ５０", "grammar"),
        ("#AAPL frob", "grammar"),
        ("#profit_loss month", "grammar"),
        ("/buy AAPL 5", "unknown_command"),
        ("#QQQQ close", "unknown_symbol"),
        ("#XOM close", "no_position"),
        ("#order-nope cancel", "no_such_order"),
        ("/profit-loss ../../etc", "bad_argument"),
    ],
)
async def test_bad_input_is_answered_in_one_sentence_and_changes_nothing(room, text, code):
    before = await room.floor.book.snapshot()
    reply = await room.say(text)
    assert reply.kind is ReplyKind.ERROR
    assert reply.failure.code == code
    assert reply.command is None
    assert len(said(reply)) < 400
    assert "Traceback" not in said(reply)
    if text.startswith("#") and code != "unknown_symbol":
        assert any(isinstance(b, Code) and b.text.startswith(("#", "/profit-loss", "/positions", "/orders")) for b in reply.blocks)
    assert any(isinstance(b, Code) for b in reply.blocks)
    after = await room.floor.book.snapshot()
    assert (after.positions, after.orders, after.cash) == (before.positions, before.orders, before.cash)
    assert not await room.floor.desk.open_tickets()


async def test_a_fault_is_logged_under_the_reference_that_is_answered(room, caplog):
    with caplog.at_level(logging.ERROR):
        reply = await room.say("/broken")
    assert reply.failure.code == "internal"
    assert "ref1" in reply.failure.message
    assert "ref1" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "oops" not in said(reply)
    assert "source could not answer" in lead(await room.say("/broken source"))
    assert "nothing of this was written" in lead(await room.say("/broken storage"))


async def test_cancellation_goes_through(room):
    async def never(ctx: Ctx, text: str) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    room.desk.converse = never
    task = asyncio.create_task(room.say("hello"))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_way_in_that_only_looks():
    room: Any = await front.room(read_only=True)
    card = await room.say("#AAPL close")
    assert card.kind is ReplyKind.TICKET
    assert not payloads(card)
    assert (await room.say(f"confirm {card.ticket.id}")).failure.code == "read_only"
    assert (await room.say(f"cancel {card.ticket.id}")).failure.code == "read_only"
    stop = await room.say("#emergency-stop")
    assert stop.kind is ReplyKind.TICKET
    assert "Here nothing was halted" in lead(stop)
    assert not room.floor.killswitch.halted()
    assert (await room.say("/demo forward")).failure.code == "read_only"


async def test_what_is_remembered_of_a_person(room):
    session = room.desk.sessions.of(ME_ANYWHERE)
    reply = await room.say("/profit-loss month NVDA")
    assert session.reply is reply
    assert session.symbol == "NVDA"
    card = await room.say("#AAPL close")
    assert session.symbol == "AAPL"
    assert session.card == card.ticket.id
    assert session.reply is card
    await room.say("/explain beta")
    assert session.card is None
    assert session.reply is card
    assert room.desk.sessions.of("keeper:somebody").reply is None


def test_memory_is_bounded():
    sessions = Sessions(limit=3)
    first = sessions.of("0")
    for n in range(1, 3):
        sessions.of(str(n))
    assert sessions.of("0") is first
    sessions.of("3")
    assert len(sessions) == 3
    assert sessions.of("0") is first
    assert sessions.of("1") is not None
    assert Session().reply is None


async def test_usage_counts_names_and_outcomes_and_no_text(room):
    for text in (
        "/profit-loss",
        "/profit-loss",
        "/profit-loss zzzz",
        "#AAPL close",
        "#buy AAPL 100000",
        "secret words",
        "/secret",
        "/demo x y z",
    ):
        await room.say(text)
    counter = room.desk.usage
    assert counter is not None
    assert counter.waiting == 8
    assert await counter.flush() == 8
    assert await counter.flush() == 0
    async with room.floor.store.read() as tx:
        counted = {(u.name, u.outcome): u.count for u in await usage.counts(tx, "demo")}
    assert counted == {
        ("profit-loss", "answer"): 2,
        ("profit-loss", "unknown_symbol"): 1,
        ("close", "proposed"): 1,
        ("buy", "denied"): 1,
        ("text", "not_understood"): 1,
        ("text", "unknown_command"): 1,
        ("demo", "bad_argument"): 1,
    }
    assert "secret" not in str(counted)


async def test_usage_waits_when_the_database_refuses(room):
    class Refusing:
        def write(self):
            raise StorageFailed("full")

    buffer = UsageBuffer(Refusing(), room.clock, "demo")  # type: ignore[arg-type]
    buffer.note("close", "proposed")
    assert await buffer.flush() == 0
    assert buffer.waiting == 1


async def test_the_context_reads_one_snapshot_and_names_symbols(room):
    from domain.chat import Incoming

    ctx = room.desk.context(Incoming("k", ME, "x", room.clock.now()))
    first = await ctx.portfolio()
    assert await ctx.portfolio() is first
    assert "XOM" in (await ctx.portfolio(extra=("XOM",))).quotes
    assert (await ctx.portfolio(fresh=True)).at == room.clock.now()
    assert ctx.resolve("$aapl:") == "AAPL"
    assert ctx.resolve("AAPL Inc") == "AAPL"
    with pytest.raises(UnknownSymbol):
        ctx.resolve("qqqq")
    assert ctx.unknown("AAPL").example == "/positions"
    assert ctx.near("AAPLE")[0] == "AAPL"
    assert (ctx.account, ctx.spec.name) == ("demo", "demo")
    assert list(ctx.parts()) == []
    assert room.desk.parts() == ()
    ctx.must_write("do it")
    ctx.read_only = True
    with pytest.raises(ReadOnly):
        ctx.must_write("do it")
    assert Ctx(ME, room.floor, ctx.news, ctx.calendar, ctx.registry).parts() == ()
    assert Part("chat", "ready", "x").name == "chat"  # type: ignore[arg-type]


def test_checked_keeps_what_people_write():
    assert checked("  what happened, 👨‍👩‍👧? \n second line ") == "what happened, 👨‍👩‍👧? \n second line"


LOOP_ROOM: list[Room] = []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=200), st.sampled_from(["", "#", "/", "#AAPL ", "/profit-loss ", "confirm ", "cancel ", "#order-"]), st.booleans())
def test_any_text_and_any_tap_gets_an_answer(text, head, tapped):
    async def answer() -> Reply:
        if not LOOP_ROOM:
            LOOP_ROOM.append(await front.room())
        line = head + text
        return await LOOP_ROOM[0].say("" if tapped else line, payload=line if tapped else None)

    with asyncio.Runner() as runner:
        reply = runner.run(answer())
    assert reply.blocks
    if reply.failure is not None:
        assert reply.failure.code != "internal", reply.failure
