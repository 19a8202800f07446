"""What closing lines plan: all, a part, everything, and what is far enough up."""

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.errors import BadArgument, NoPosition, NoPrice, UnknownSymbol, UserError
from domain.ledger import EntryKind
from domain.orders import OrderIntent, OrderType, Side
from domain.portfolio import AccountSpec, Mode
from tests.commands.actions.stage import LEDGER, bought, entry, sold, stage

D = Decimal


def only(plan) -> OrderIntent:
    assert len(plan.intents) == 1
    assert isinstance(plan.intents[0], OrderIntent)
    return plan.intents[0]


@pytest.mark.parametrize(
    ("line", "quantity"),
    [
        ("#AAPL close", "20"),
        ("#AAPL close 100%", "20"),
        ("#AAPL close 50%", "10"),
        ("#AAPL close 33%", "6"),
        ("#AAPL close 7", "7"),
        ("#AAPL close 20", "20"),
    ],
)
async def test_a_close_is_a_reduce_only_market_sale_in_whole_lots(line, quantity):
    intent = only(await (await stage()).plan(line))
    assert (intent.symbol, intent.side, intent.type, intent.reduce_only) == ("AAPL", Side.SELL, OrderType.MARKET, True)
    assert intent.quantity == D(quantity)
    assert intent.notional is None


async def test_coins_close_in_their_own_fractions():
    intent = only(await (await stage()).plan("#BTC close 33%"))
    assert intent.quantity == D("0.0165")


async def test_a_short_is_closed_by_a_buy():
    one = await stage(entries=[*LEDGER, sold(20, "2025-10-01", "KO", "12", "71")], spec=AccountSpec("main", Mode.PAPER, shorting=True))
    intent = only(await one.plan("#KO close 50%"))
    assert (intent.side, intent.quantity) == (Side.BUY, D(6))


@pytest.mark.parametrize(
    ("line", "says", "example"),
    [
        ("#AAPL close 21", "You hold 20 shares of AAPL", "#AAPL close"),
        ("#AAPL close 2.5", "whole shares", "#AAPL close 2"),
        ("#AAPL close 1%", "less than", "#AAPL close"),
    ],
)
async def test_too_much_or_too_little_is_refused_with_a_line_that_works(line, says, example):
    one = await stage()
    with pytest.raises(BadArgument, match=says) as refusal:
        await one.plan(line)
    assert refusal.value.example == example


async def test_what_is_not_held_is_refused_naming_what_is():
    one = await stage()
    with pytest.raises(NoPosition, match=r"You hold no KO\. You hold NVDA, BTC, AAPL, XOM") as refusal:
        await one.plan("#KO close")
    assert refusal.value.example == "#NVDA close"
    with pytest.raises(UnknownSymbol, match="AAPL"):
        await one.plan("#AAPLE close")
    bare = await stage(entries=[], waiting=[])
    with pytest.raises(NoPosition, match="holds nothing yet"):
        await bare.plan("#AAPL close")


async def test_without_a_price_nothing_is_traded():
    one = await stage()
    one.market.no_quote("XOM")
    one.market._bars.clear()
    with pytest.raises(NoPrice, match="no price for XOM"):
        await one.plan("#XOM close")
    unpriced = await stage(spec=AccountSpec("mine", Mode.PAPER, priced=False))
    with pytest.raises(NoPrice, match="no price source"):
        await unpriced.plan("#AAPL close")
    for line in ("#close-all", "#take-profits", "#set-stops"):
        with pytest.raises(NoPrice):
            await unpriced.plan(line)


async def test_a_rest_below_one_lot_stays_and_is_said():
    split = replace(LEDGER[1], quantity=D("25.5"))
    one = await stage(entries=[LEDGER[0], split, *LEDGER[2:]])
    plan = await one.plan("#AAPL close")
    assert only(plan).quantity == D(20)
    assert plan.notes == ("0.5 shares of AAPL cannot be sold and will stay: AAPL trades in whole shares.",)
    crumbs = [LEDGER[0], bought(2, "2025-07-01", "AAPL", "0.5", "150")]
    small = await stage(entries=crumbs, waiting=[])
    with pytest.raises(BadArgument, match="cannot be traded here"):
        await small.plan("#AAPL close")
    with pytest.raises(NoPrice):
        await small.plan("#close-all")


async def test_close_all_closes_every_position_and_asks_for_the_word():
    plan = await (await stage()).plan("#close-all")
    assert plan.word == "CLOSE-ALL"
    assert {(i.symbol, i.side, i.quantity) for i in plan.intents} == {
        ("AAPL", Side.SELL, D(20)),
        ("NVDA", Side.SELL, D(50)),
        ("XOM", Side.SELL, D(30)),
        ("BTC", Side.SELL, D("0.05")),
    }
    assert all(i.reduce_only and i.type is OrderType.MARKET for i in plan.intents)


async def test_close_all_names_what_it_must_leave_alone():
    one = await stage()
    one.market.no_quote("XOM")
    one.market._bars.clear()
    plan = await one.plan("#close-all")
    assert {i.symbol for i in plan.intents} == {"AAPL", "NVDA", "BTC"}
    assert plan.notes == ("XOM is left alone: There is no price for XOM now, so there is nothing to trade on.",)


async def test_nothing_held_is_nothing_to_close():
    bare = await stage(entries=[entry(1, "2025-06-30", EntryKind.DEPOSIT, "1000")], waiting=[])
    for line in ("#close-all", "#take-profits", "#set-stops"):
        with pytest.raises(NoPosition):
            await bare.plan(line)


@pytest.mark.parametrize(
    ("line", "symbols"),
    [("#take-profits", {"AAPL", "NVDA", "BTC"}), ("#take-profits 20%", {"AAPL", "NVDA", "BTC"}), ("#take-profits 70%", {"BTC"})],
)
async def test_take_profits_closes_what_is_up_at_least_that_far(line, symbols):
    plan = await (await stage()).plan(line)
    assert {i.symbol for i in plan.intents} == symbols
    assert plan.word is None


async def test_take_profits_counts_a_falling_short_as_a_gain():
    spec = AccountSpec("main", Mode.PAPER, shorting=True)
    one = await stage(entries=[LEDGER[0], sold(2, "2025-10-01", "KO", "12", "80")], waiting=[], spec=spec)
    plan = await one.plan("#take-profits 12%")
    assert [(i.symbol, i.side) for i in plan.intents] == [("KO", Side.BUY)]


async def test_no_profit_to_take_names_the_best():
    with pytest.raises(UserError, match=r"Nothing is up 90% or more; the best is BTC at \+83.33%") as refusal:
        await (await stage()).plan("#take-profits 90%")
    assert refusal.value.code == "nothing_to_do"
    assert refusal.value.example == "#BTC target 90%"
