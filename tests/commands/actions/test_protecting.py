"""What protective lines plan: one stop and one target per position, on the right side of the market."""

from decimal import Decimal

import pytest

from domain.errors import BadArgument, NoPrice, UserError
from domain.orders import CancelIntent, OrderIntent, OrderType, ReplaceIntent, Side, TimeInForce
from domain.portfolio import AccountSpec, Mode
from market.indicators import atr
from tests.commands.actions.stage import LEDGER, STOPS, order, sold, stage

D = Decimal
SHORT = AccountSpec("main", Mode.PAPER, shorting=True)


async def short_stage():
    return await stage(entries=[*LEDGER, sold(20, "2025-10-01", "KO", "12", "71")], spec=SHORT, waiting=[])


@pytest.mark.parametrize(("line", "stop"), [("#NVDA stop 175", "175"), ("#NVDA stop $175.004", "175.00"), ("#NVDA stop 5%", "190.00")])
async def test_a_stop_covers_the_whole_position_until_cancelled(line, stop):
    plan = await (await stage()).plan(line)
    (intent,) = plan.intents
    assert isinstance(intent, OrderIntent)
    assert (intent.type, intent.side, intent.quantity, intent.stop) == (OrderType.STOP, Side.SELL, D(50), D(stop))
    assert (intent.tif, intent.reduce_only, intent.limit) == (TimeInForce.GTC, True, None)


async def test_a_stop_in_atr_is_that_far_under_the_last_price():
    one = await stage()
    bars = await one.floor.hub.closes("NVDA", 60)
    (intent,) = (await one.plan("#NVDA stop 2atr")).intents
    assert abs(intent.stop - (D(200) - 2 * atr(bars))) <= D("0.005")


async def test_a_stop_that_exists_is_changed_not_doubled():
    (intent,) = (await (await stage()).plan("#AAPL stop 175")).intents
    assert intent == ReplaceIntent("s1-1", "AAPL", stop=D("175.00"), why="stop at 175")


async def test_a_changed_stop_grows_with_the_position():
    waiting = [order("s1-1", "AAPL", OrderType.STOP, quantity="15", stop=D("170.00"))]
    (intent,) = (await (await stage(waiting=waiting)).plan("#AAPL stop 170")).intents
    assert (intent.quantity, intent.stop) == (D(20), D("170.00"))


async def test_the_same_stop_again_is_nothing_to_do():
    with pytest.raises(UserError, match="already has a stop") as refusal:
        await (await stage()).plan("#AAPL stop 170")
    assert refusal.value.code == "nothing_to_do"
    with pytest.raises(UserError, match="already has a target"):
        await (await stage()).plan("#AAPL target 220")


async def test_a_stop_in_the_place_of_a_trailing_one_is_placed_before_the_old_one_goes():
    waiting = [order("x1-1", "NVDA", OrderType.TRAILING, quantity="50", trail_percent=D("0.02"))]
    new, gone = (await (await stage(waiting=waiting)).plan("#NVDA stop 175")).intents
    assert isinstance(new, OrderIntent)
    assert gone == CancelIntent("x1-1", "NVDA", why="replaced: stop at 175")


async def test_of_two_stops_one_is_left():
    waiting = [*STOPS, order("s2-1", "AAPL", OrderType.STOP, quantity="20", stop=D("160.00"))]
    changed, gone = (await (await stage(waiting=waiting)).plan("#AAPL stop 170")).intents
    assert (changed.client_id, gone.client_id) == ("s1-1", "s2-1")


@pytest.mark.parametrize(
    ("line", "says", "example"),
    [
        ("#NVDA stop 210", "would sell at once", "#NVDA target 210"),
        ("#NVDA stop 200", "would sell at once", "#NVDA stop 5%"),
        ("#NVDA target 190", "a target lies above it", "#NVDA stop 190"),
        ("#NVDA target 200", "a target lies above it", "#NVDA target 10%"),
        ("#NVDA stop 0.001", "above zero", "#NVDA stop 5%"),
        ("#NVDA trailing 90atr", "not a distance", "#NVDA trailing 2atr"),
    ],
)
async def test_the_wrong_side_of_the_market_is_refused_with_what_was_meant(line, says, example):
    with pytest.raises(BadArgument, match=says) as refusal:
        await (await stage()).plan(line)
    assert refusal.value.example == example


async def test_a_short_is_protected_from_above_by_buys():
    one = await short_stage()
    (stop,) = (await one.plan("#KO stop 10%")).intents
    assert (stop.side, stop.stop, stop.quantity) == (Side.BUY, D("77.00"), D(12))
    (target,) = (await one.plan("#KO target 60")).intents
    assert (target.side, target.type, target.limit) == (Side.BUY, OrderType.LIMIT, D("60.00"))
    (lower,) = (await one.plan("#KO target 10%")).intents
    assert lower.limit == D("63.00")
    for line, example in (("#KO stop 60", "#KO target 60"), ("#KO target 80", "#KO stop 80")):
        with pytest.raises(BadArgument, match="You are short") as refusal:
            await one.plan(line)
        assert refusal.value.example == example


async def test_a_target_is_a_limit_and_replaces_the_one_there_is():
    one = await stage()
    (new,) = (await one.plan("#NVDA target 10%")).intents
    assert (new.type, new.limit, new.reduce_only, new.tif) == (OrderType.LIMIT, D("220.00"), True, TimeInForce.GTC)
    (changed,) = (await one.plan("#AAPL target 230")).intents
    assert changed == ReplaceIntent("g1-1", "AAPL", limit=D("230.00"), why="target at 230")


async def test_a_trailing_stop_trails_by_percent_or_by_atr():
    one = await stage()
    (percent,) = (await one.plan("#NVDA trailing 2%")).intents
    assert (percent.type, percent.trail_percent, percent.trail) == (OrderType.TRAILING, D("0.02"), None)
    bars = await one.floor.hub.closes("NVDA", 60)
    plan = await one.plan("#NVDA trailing 2atr")
    assert abs(plan.intents[0].trail - 2 * atr(bars)) <= D("0.005")
    assert plan.notes[0].startswith("2atr is $")


async def test_a_trailing_stop_takes_the_place_of_the_plain_one():
    new, gone = (await (await stage()).plan("#AAPL trailing 2%")).intents
    assert (new.type, gone.client_id) == (OrderType.TRAILING, "s1-1")


async def test_a_trailing_stop_is_changed_in_its_own_unit_and_replaced_in_another():
    one = await stage(waiting=[order("x1-1", "NVDA", OrderType.TRAILING, quantity="50", trail_percent=D("0.02"))])
    (changed,) = (await one.plan("#NVDA trailing 3%")).intents
    assert changed == ReplaceIntent("x1-1", "NVDA", trail_percent=D("0.03"), why="trailing stop 3% from the last price")
    new, gone = (await one.plan("#NVDA trailing 2atr")).intents
    assert (new.trail_percent, gone.client_id) == (None, "x1-1")
    with pytest.raises(UserError, match="already has that trailing stop"):
        await one.plan("#NVDA trailing 2%")


async def test_set_stops_touches_only_positions_without_one():
    one = await stage()
    plan = await one.plan("#set-stops")
    assert {i.symbol for i in plan.intents} == {"NVDA", "XOM", "BTC"}
    for intent in plan.intents:
        bars = await one.floor.hub.closes(intent.symbol, 60)
        assert abs(intent.stop - (D(one.market._quotes[intent.symbol].last) - 2 * atr(bars))) <= D("0.005")
    percent = await one.plan("#set-stops 5%")
    assert {i.symbol: i.stop for i in percent.intents} == {"NVDA": D("190.00"), "XOM": D("95.00"), "BTC": D("104500.00")}


async def test_set_stops_with_every_position_protected_is_nothing_to_do():
    held = {"AAPL": "20", "NVDA": "50", "XOM": "30", "BTC": "0.05"}
    waiting = [order(f"s{n}-1", s, OrderType.STOP, quantity=q, stop=D(1)) for n, (s, q) in enumerate(held.items())]
    with pytest.raises(UserError, match="already has a stop") as refusal:
        await (await stage(waiting=waiting)).plan("#set-stops")
    assert refusal.value.code == "nothing_to_do"


async def test_too_little_history_for_an_atr_is_said_and_a_percentage_offered():
    one = await stage(sessions=8)
    with pytest.raises(NoPrice, match="an ATR needs 15") as refusal:
        await one.plan("#NVDA stop 2atr")
    assert refusal.value.example == "#NVDA stop 5%"
    with pytest.raises(BadArgument, match="left without a stop"):
        await one.plan("#set-stops")


async def test_an_action_needs_its_amount_and_its_symbol():
    from commands.actions import protecting
    from domain.chat import Action, Amount, Unit, Verb
    from domain.errors import GrammarError

    one = await stage()
    for verb in (Verb.STOP, Verb.TARGET, Verb.TRAILING):
        handler = {Verb.STOP: protecting.stop, Verb.TARGET: protecting.target, Verb.TRAILING: protecting.trailing}[verb]
        with pytest.raises(GrammarError, match="needs a price or a distance"):
            await handler(one.ctx, Action(verb, "NVDA"))
        with pytest.raises(GrammarError, match="needs to know what"):
            await handler(one.ctx, Action(verb))
    for amount in (Amount(D(100), Unit.PERCENT), Amount(D(5), Unit.PRICE)):
        with pytest.raises(BadArgument):
            await protecting.trailing(one.ctx, Action(Verb.TRAILING, "NVDA", amount))
