"""What lines about working orders plan, and the emergency stop."""

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.errors import BadArgument, NoSuchOrder, UserError
from domain.orders import CancelIntent, OrderIntent, OrderStatus, OrderType, ReplaceIntent, ResumeIntent, Side
from tests.commands.actions.stage import STOPS, order, stage

D = Decimal


@pytest.mark.parametrize("line", ["#order-s1-1 cancel", "#order-S1 cancel"])
async def test_an_order_is_cancelled_by_its_id_or_its_tickets(line):
    (intent,) = (await (await stage()).plan(line)).intents
    assert intent == CancelIntent("s1-1", "AAPL", why="cancel the order")


async def test_an_unknown_id_names_the_open_ones():
    with pytest.raises(NoSuchOrder, match=r"Open are: s1-1 \(AAPL\), g1-1 \(AAPL\), b1-1 \(KO\)") as refusal:
        await (await stage()).plan("#order-zz9 cancel")
    assert refusal.value.example == "#order-s1-1 cancel"
    with pytest.raises(NoSuchOrder, match="no order is open"):
        await (await stage(waiting=[])).plan("#order-zz9 cancel")


async def test_a_ticket_with_two_open_orders_must_be_named_by_order():
    waiting = [
        order("m1-1", "NVDA", OrderType.STOP, quantity="50", stop=D(150)),
        order("m1-2", "XOM", OrderType.STOP, quantity="30", stop=D(80)),
    ]
    with pytest.raises(NoSuchOrder, match="2 open orders: m1-1, m1-2"):
        await (await stage(waiting=waiting)).plan("#order-m1 cancel")


@pytest.mark.parametrize(
    ("line", "change"),
    [
        ("#order-b1-1 modify limit 66.5", {"limit": D("66.50")}),
        ("#order-b1-1 modify 20", {"quantity": D(20)}),
        ("#order-b1-1 modify 20 limit 66", {"quantity": D(20), "limit": D("66.00")}),
        ("#order-s1-1 modify stop 171", {"stop": D("171.00")}),
        ("#order-g1-1 modify limit 230", {"limit": D("230.00")}),
    ],
)
async def test_an_order_changes_in_what_it_has(line, change):
    (intent,) = (await (await stage()).plan(line)).intents
    order_id, symbol = {"b": ("b1-1", "KO"), "s": ("s1-1", "AAPL"), "g": ("g1-1", "AAPL")}[line[7]]
    assert intent == ReplaceIntent(order_id, symbol, why="modify the order", **change)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("#order-s1-1 modify limit 171", "has no limit"),
        ("#order-b1-1 modify stop 171", "has no stop"),
        ("#order-b1-1 modify limit 0.001", "above zero"),
        ("#order-b1-1 modify 2.5", "whole shares"),
        ("#order-b1-1 modify limit 65", "already stands"),
        ("#order-s1-1 modify stop 190", "would sell at once"),
        ("#order-g1-1 modify limit 150", "a target lies above it"),
    ],
)
async def test_a_change_that_does_not_fit_is_refused_with_a_line_that_works(line, says):
    with pytest.raises(UserError, match=says) as refusal:
        await (await stage()).plan(line)
    assert refusal.value.example


async def test_a_trailing_or_market_order_has_nothing_but_its_size_to_change():
    waiting = [order("x1-1", "NVDA", OrderType.TRAILING, quantity="50", trail_percent=D("0.02"))]
    with pytest.raises(BadArgument, match="is a trailing order and has no stop") as refusal:
        await (await stage(waiting=waiting)).plan("#order-x1-1 modify stop 150")
    assert refusal.value.example == "#order-x1-1 cancel"


async def test_what_has_filled_cannot_be_made_smaller():
    waiting = [replace(STOPS[2], filled=D(4), status=OrderStatus.PARTIAL)]
    with pytest.raises(BadArgument, match="4 shares of KO are filled"):
        await (await stage(waiting=waiting)).plan("#order-b1-1 modify 4")
    (intent,) = (await (await stage(waiting=waiting)).plan("#order-b1-1 modify 5")).intents
    assert intent.quantity == D(5)


async def test_cancel_all_takes_back_every_order_and_says_what_is_bare_then():
    plan = await (await stage()).plan("#cancel-all")
    assert [i.client_id for i in plan.intents] == ["s1-1", "g1-1", "b1-1"]
    assert plan.notes == ("These positions lose their stops or targets: AAPL.",)
    assert plan.word is None
    with pytest.raises(NoSuchOrder, match="no order is open"):
        await (await stage(waiting=[])).plan("#cancel-all")


async def test_the_emergency_stop_cancels_first_and_closes_then():
    plan = await (await stage()).plan("#emergency-stop")
    assert plan.word == "CLOSE-ALL"
    kinds = [type(i) for i in plan.intents]
    assert kinds == [CancelIntent] * 3 + [OrderIntent] * 4
    assert {(i.symbol, i.side) for i in plan.intents[3:]} == {(s, Side.SELL) for s in ("AAPL", "NVDA", "XOM", "BTC")}


async def test_an_emergency_without_anything_open_has_no_card():
    plan = await (await stage(entries=[], waiting=[])).plan("#emergency-stop")
    assert plan.intents == ()
    assert "nothing more to do" in plan.notes[-1]


async def test_resume_is_for_a_halted_account():
    one = await stage()
    with pytest.raises(UserError, match="not halted"):
        await one.plan("#resume")
    await one.floor.killswitch.pull("me", "main")
    assert (await one.plan("#resume")).intents == (ResumeIntent(why="allow trading again"),)


async def test_modify_without_a_change_is_refused():
    from commands.actions import working
    from domain.chat import Action, Amount, Unit, Verb
    from domain.errors import GrammarError

    one = await stage()
    with pytest.raises(GrammarError, match="needs what to change"):
        await working.modify(one.ctx, Action(Verb.MODIFY, "b1-1"))
    with pytest.raises(BadArgument, match="number of shares"):
        await working.modify(one.ctx, Action(Verb.MODIFY, "b1-1", Amount(D(5), Unit.PERCENT)))
