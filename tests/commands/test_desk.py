"""The front desk: every line and every tap, on a real floor."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from commands import access
from commands.context import Ctx, Invocation
from domain.chat import Access, Action, Amount, Reply, ReplyKind, Text, Unit, Verb
from domain.errors import NotAllowed, UserError
from domain.orders import OrderStatus
from domain.tickets import Origin, Proposer, TicketStatus
from tests.commands.front import ME, ME_ANYWHERE, STRANGER, lead, payloads, said


async def test_slash_lines_go_to_the_registry(room):
    assert lead(await room.say("/profit-loss month aapl")) == "month AAPL"
    assert lead(await room.say("  /Profit_Loss@foliopilot_bot $aapl\n")) == "day AAPL"
    assert lead(await room.say("/explain cost basis")) == "cost basis"
    assert (await room.say("/explain x")).command == "explain"
    assert (await room.say("/")).command == "help"
    assert (await room.say("/ ")).command == "help"
    unknown = await room.say("/profitloss")
    assert unknown.kind is ReplyKind.ERROR
    assert unknown.failure is not None
    assert unknown.failure.code == "unknown_command"
    assert unknown.command is None
    assert "Did you mean `/profit-loss`?" in said(unknown)
    assert payloads(unknown) == {"/profit-loss": "/profit-loss"}
    wrong = await room.say("/profit-loss zzzz")
    assert wrong.failure is not None
    assert wrong.failure.code == "unknown_symbol"


async def test_a_hash_line_becomes_a_card_and_its_button_an_order(room):
    reply = await room.say("#aapl Close 50%.")
    assert reply.kind is ReplyKind.TICKET
    assert reply.command == "close"
    assert reply.ticket is not None
    assert reply.ticket.line == "#AAPL close 50%"
    assert reply.ticket.proposer is Proposer.PERSON
    assert "DEMO · account demo · paper broker · SIMULATED MARKET" in said(reply)
    assert {f.label for f in reply.facts} >= {"Quantity AAPL", "P/L realised AAPL", "Cash after"}
    sent = await room.say("", payload=payloads(reply)["Confirm"])
    assert sent.kind is ReplyKind.ANSWER
    assert sent.command == "close"
    assert sent.thread == reply.ticket.id
    room.clock.set(room.clock.now() + timedelta(minutes=2))
    again = await room.say("", payload=payloads(reply)["Confirm"])
    assert again.failure is not None
    assert again.failure.code == "ticket_closed"


async def test_a_card_is_confirmed_by_its_id_typed(room):
    reply = await room.say("#buy XOM 5 limit 90")
    assert reply.ticket is not None
    sent = await room.say(f"Confirm {reply.ticket.id.upper()}.")
    assert "Sent: #buy XOM 5 limit 90" in lead(sent)
    orders = (await room.floor.book.snapshot()).orders
    assert [o.status for o in orders] == [OrderStatus.ACCEPTED]
    changed = await room.say(f"#order-{orders[0].client_id} modify limit 91")
    assert changed.command == "modify"
    assert changed.ticket is not None
    assert changed.ticket.line == "#order-t1-1 modify limit 91"
    cancelled = await room.say(f"cancel {changed.ticket.id}")
    assert lead(cancelled) == "Cancelled: #order-t1-1 modify limit 91. Nothing traded."
    assert "cancelled" in said(cancelled).lower()


async def test_cancel_and_confirm_without_a_card(room):
    assert (await room.say("confirm")).failure.message == "No card is open here."
    reply = await room.say("#AAPL close 1")
    asked = await room.say("confirm")
    assert "Say which card" in lead(asked)
    assert f"confirm {reply.ticket.id}" in said(asked)
    lost = await room.say("confirm nothere")
    assert lost.failure.code == "ticket_closed"
    assert (await room.say("", payload="cancel:nothere")).failure.code == "ticket_closed"
    assert (await room.say("", payload=f"confirm:{reply.ticket.id}:{'0' * 16}")).failure.code == "ticket_mismatch"
    assert (await room.say("", payload=f"confirm:{reply.ticket.id}")).failure.code == "grammar"
    assert lead(await room.say("", payload=f"cancel:{reply.ticket.id}")).startswith("Cancelled: #AAPL close 1")


async def test_only_the_person_who_asked_confirms(room):
    reply = await room.say("#AAPL close 1")
    other = Origin("terminal", "main", "somebody")
    refused = await room.say(f"confirm {reply.ticket.id}", origin=other)
    assert refused.failure.code == "not_allowed"


async def test_a_stranger_learns_only_their_own_id(room):
    for text, payload in (("/profit-loss", None), ("#AAPL close", None), ("hello", None), ("", "confirm:t1:0000000000000000"), ("", None)):
        reply = await room.say(text, payload=payload, origin=STRANGER)
        assert said(reply) == (
            "You are 4242 on telegram. An owner of this installation must approve that id before anything is shown here."
        )
        assert reply.failure.code == "not_allowed"
    assert room.desk.people.owns(ME)
    with pytest.raises(NotAllowed):
        access.require(room.desk.people.role(STRANGER), Access.READ)
    assert not await room.floor.desk.open_tickets()


async def test_a_moved_price_draws_a_fresh_card(room):
    reply = await room.say("#AAPL close 10")
    room.clock.set(room.clock.now() + timedelta(seconds=30))
    room.market.quote("AAPL", "139.99", "140.01")
    fresh = await room.say(f"confirm {reply.ticket.id}")
    assert fresh.kind is ReplyKind.TICKET
    assert fresh.ticket.replaces == reply.ticket.id
    assert "The price moved: AAPL $149.99 → $139.99. Nothing was sent" in said(fresh)
    assert room.desk.sessions.of(ME_ANYWHERE).card == fresh.ticket.id
    assert lead(await room.say("", payload=payloads(fresh)["Confirm"])).startswith(("Sent", "Done"))


async def test_a_fresh_card_at_the_same_prices_says_that_the_market_moved(room):
    reply = await room.say("#buy XOM 5 limit 99")

    async def moved(*_: object, **__: object) -> object:
        return replace(reply.ticket, id="t9", replaces=reply.ticket.id)

    room.floor.desk.confirm = moved
    fresh = await room.say(f"confirm {reply.ticket.id}")
    assert "The market moved. Nothing was sent; this card replaces t1." in said(fresh)


async def test_a_denied_proposal_is_a_card_without_buttons(room):
    reply = await room.say("#buy AAPL 100000")
    assert reply.kind is ReplyKind.TICKET
    assert reply.ticket.status is TicketStatus.DENIED
    assert lead(reply) == "Denied: #buy AAPL 100000"
    assert not payloads(reply)


async def test_a_batch_asks_for_its_word(room):
    reply = await room.say("#close_all")
    assert reply.ticket.word == "CLOSE-ALL"
    plain = await room.say("", payload=payloads(reply)["Confirm"])
    assert plain.failure.code == "word_needed"
    assert f"confirm {reply.ticket.id} CLOSE-ALL" in said(plain)
    assert lead(await room.say(f"confirm {reply.ticket.id} close-all")).startswith(("Sent", "Done"))


async def test_a_tap_may_bring_the_word_along(room):
    reply = await room.say("#close-all")
    assert lead(await room.say("CLOSE-ALL", payload=payloads(reply)["Confirm"])).startswith(("Sent", "Done"))


async def test_emergency_stop_typed_halts_at_once_and_resume_is_a_card(room):
    reply = await room.say("#emergency_stop")
    assert room.floor.killswitch.halted()
    assert lead(reply).startswith("Trading is halted")
    assert reply.kind is ReplyKind.TICKET
    assert reply.command == "emergency-stop"
    assert reply.ticket.word
    assert lead(await room.say("#EMERGENCY-STOP")).startswith("Trading was halted already")
    buying = await room.say("#buy XOM 1")
    assert buying.ticket is None or buying.ticket.status is TicketStatus.DENIED
    resume = await room.say("#resume")
    assert resume.kind is ReplyKind.TICKET
    assert (await room.say("", payload=payloads(resume)["Confirm"])).failure.code == "word_needed"
    done = await room.say("RESUME", payload=payloads(resume)["Confirm"])
    assert done.command == "resume"
    assert not room.floor.killswitch.halted()
    assert (await room.say("#resume")).failure.code == "nothing_to_do"


async def test_an_emergency_stop_by_button_or_free_text_is_a_card_first(room):
    async def panic(ctx: Ctx, text: str) -> Action:
        return Action(Verb.EMERGENCY_STOP)

    room.desk.converse = panic
    tapped = await room.say("", payload="#emergency-stop")
    assert not room.floor.killswitch.halted()
    assert tapped.ticket.proposer is Proposer.PERSON
    spoken = await room.say("stop everything!!")
    assert spoken.ticket.proposer is Proposer.COPILOT
    assert not room.floor.killswitch.halted()
    wordless = await room.say("", payload=payloads(spoken)["Confirm"])
    assert wordless.failure.code == "word_needed"
    assert not room.floor.killswitch.halted()
    await room.say(f"confirm {spoken.ticket.id} {spoken.ticket.word}")
    assert room.floor.killswitch.halted()


async def test_an_emergency_stop_halts_even_when_its_card_cannot_be_drawn(room, caplog):
    room.market.failing = True
    room.clock.set(room.clock.now() + timedelta(minutes=1))
    reply = await room.say("#emergency-stop")
    assert room.floor.killswitch.halted()
    assert lead(reply).startswith("Trading is halted")
    assert "could not be drawn up" in lead(reply)
    assert "no card for the emergency stop" in caplog.text


async def test_an_emergency_stop_says_when_nothing_is_left_to_do(room):
    refused = UserError("Nothing is held.")

    async def never(**_: object) -> None:
        raise refused

    room.desk.floor.desk.propose = never
    reply = await room.say("#emergency-stop")
    assert lead(reply) == "Trading is halted: nothing new is sent until `#resume`. No card came of it: Nothing is held."
    assert reply.command == "emergency-stop"


async def test_a_plan_without_intents_is_an_answer(room):
    from commands.context import Plan
    from commands.registry import Registry, action

    @action(Verb.CANCEL_ALL)
    async def cancel_all(ctx: Ctx, action: Action) -> Plan:
        """Nothing."""
        return Plan((), notes=("No order is open.", "So there is nothing to cancel."))

    room.desk.registry = Registry([vars(cancel_all)["__spec__"]])
    reply = await room.say("#cancel-all")
    assert reply.kind is ReplyKind.ANSWER
    assert reply.command == "cancel-all"
    assert said(reply) == "No order is open.\nSo there is nothing to cancel."


async def test_free_text_may_call_propose_or_answer(room):
    heard: list[object] = []

    async def converse(ctx: Ctx, text: str) -> object:
        return heard.pop()

    room.desk.converse = converse
    heard.append(Reply((Text("Hello."),)))
    assert (await room.say("hi")).command is None
    heard.append(Invocation("profit-loss", {"span": "month"}))
    assert (await room.say("how was the month")).command == "profit-loss"
    heard.append(Action(Verb.CLOSE, "AAPL", Amount(Decimal(100), Unit.PERCENT)))
    reply = await room.say("sell all my apple")
    assert reply.ticket.line == "#AAPL close"
    assert reply.ticket.proposer is Proposer.COPILOT
    heard.append(Action(Verb.CLOSE, "AAPL", Amount(Decimal(-1), Unit.SHARES)))
    assert (await room.say("sell -1 apple")).failure.code == "grammar"
    heard.append(Invocation("demo", {"what": "forward"}))
    refused = await room.say("move the world on")
    assert refused.failure.code == "not_allowed"
    assert "/demo" in said(refused)


async def test_the_composed_ear_understands(room):
    half = await room.say("sell half of my aapl")
    assert half.kind is ReplyKind.TICKET
    assert half.ticket.line == "#AAPL close 50%"
    assert half.ticket.proposer is Proposer.COPILOT
    for text in ("don't sell aapl", "I already sold aapl"):
        assert (await room.say(text)).ticket is None
    back = await room.say("sell")
    assert back.kind is ReplyKind.QUESTION
    assert back.command is None
    lost = await room.say("qwpoeiru zxmcnv")
    assert lost.failure.code == "not_understood"
    why = await room.say("why am I down?")
    assert why.command == "profit-loss"
    assert (await room.say("hello")).kind is ReplyKind.ANSWER
    assert (await room.say("what is beta?")).command == "explain"
    assert lead(await room.say("how much did I make yesterday?")) == "yesterday"
    assert (await room.say("how much did I make this week?")).failure.code == "bad_argument"
    assert len(await room.floor.desk.open_tickets()) == 1


async def test_do_is_the_twin_of_a_hash_line(room):
    assert (await room.say('/do "#AAPL close"')).ticket.line == "#AAPL close"
    assert (await room.say("/do AAPL close 50%")).ticket.line == "#AAPL close 50%"


async def test_an_answer_to_something_that_was_done_says_so(room):
    """[Refresh] says a line again, which is only for lines that look."""
    assert (await room.say("/profit-loss")).looked
    assert (await room.say("/what-happened")).looked
    assert not (await room.say("/demo forward")).looked
