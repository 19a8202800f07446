"""What the stop and target of a trade plan, how a held leg reads, and what can still be done with it."""

from decimal import Decimal

import pytest

from domain.errors import BadArgument
from domain.orders import CancelIntent, OrderStatus, OrderType, ReplaceIntent, Side, TimeInForce
from tests.commands.actions.stage import STOPS, order, stage
from tests.commands.slash.reading import keyed, lead

D = Decimal

ENTRY = order("k1-1", "KO", OrderType.LIMIT, quantity="10", side=Side.BUY, limit=D("65.00"), reduce_only=False)
HELD_STOP = order("k1-2", "KO", OrderType.STOP, quantity="10", stop=D("60.00"), status=OrderStatus.HELD, waits_for="k1-1")
HELD_TARGET = order("k1-3", "KO", OrderType.LIMIT, quantity="10", limit=D("75.00"), status=OrderStatus.HELD, waits_for="k1-1")
BRACKET = (ENTRY, HELD_STOP, HELD_TARGET)


async def test_distances_stay_distances_until_the_card_and_prices_are_put_on_the_tick():
    plan = await (await stage()).plan("#buy KO 10 limit 68 stop 5% target 75.123 gtc")
    entry, below, above = plan.intents
    assert (entry.type, entry.tif, entry.waits_for) == (OrderType.LIMIT, TimeInForce.GTC, None)
    assert (below.type, below.side, below.away_percent, below.stop) == (OrderType.STOP, Side.SELL, D("0.05"), None)
    assert (above.type, above.limit, above.waits_for, above.reduce_only, above.tif) == (
        OrderType.LIMIT,
        D("75.12"),
        1,
        True,
        TimeInForce.GTC,
    )
    assert plan.notes == ("The target is rounded to 75.12: KO moves in steps of 0.01.",)


async def test_an_atr_is_told_in_money():
    plan = await (await stage()).plan("#buy KO 10 stop 2atr")
    assert plan.intents[1].away > 0
    assert "2atr is $" in plan.notes[0]


async def test_a_short_sale_has_its_exits_the_other_way_round():
    (_, cover) = (await (await stage()).plan("#sell KO 10 stop 75")).intents
    assert (cover.side, cover.stop) == (Side.BUY, D("75.00"))


async def test_what_is_held_back_says_what_it_waits_for_and_protects_nothing():
    one = await stage(waiting=[*STOPS[:2], *BRACKET])
    reply = await one.call("orders")
    assert lead(reply) == "5 orders open, 2 of them protective."
    assert keyed(reply)["k1-2"] == "sell 10 KO stop $60.00 gtc; waits for k1-1; since Thu 9 Oct 10:30"
    assert one.floor.book.orders[3].held
    portfolio = await one.ctx.portfolio()
    assert portfolio.protection("KO") == ()


async def test_a_ticket_with_held_legs_is_named_by_its_entry():
    one = await stage(waiting=BRACKET)
    assert (await one.plan("#order-k1 cancel")).intents == (CancelIntent("k1-1", "KO", why="cancel the order"),)
    assert (await one.plan("#order-k1-3 cancel")).intents[0].client_id == "k1-3"
    assert len((await one.plan("#cancel-all")).intents) == 3


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("#order-k1-2 modify 5", "as large as what k1-1 fills"),
        ("#order-k1-2 modify stop 66", "A stop lies below its entry at \\$65.00"),
        ("#order-k1-3 modify limit 64", "A target lies above its entry at \\$65.00"),
    ],
)
async def test_a_held_leg_keeps_its_size_and_its_side(line, says):
    with pytest.raises(BadArgument, match=says):
        await (await stage(waiting=BRACKET)).plan(line)


async def test_a_held_leg_can_have_another_price():
    (intent,) = (await (await stage(waiting=BRACKET)).plan("#order-k1-2 modify stop 61")).intents
    assert intent == ReplaceIntent("k1-2", "KO", stop=D("61.00"), why="modify the order")


async def test_a_stop_whose_entry_still_fills_keeps_following_it():
    entry = order("a1-1", "AAPL", OrderType.LIMIT, quantity="10", side=Side.BUY, limit=D("179.00"), reduce_only=False)
    leg = order("a1-2", "AAPL", OrderType.STOP, quantity="5", stop=D("170.00"), waits_for="a1-1")
    (intent,) = (await (await stage(waiting=(entry, leg))).plan("#AAPL stop 172")).intents
    assert intent == ReplaceIntent("a1-2", "AAPL", stop=D("172.00"), why="stop at 172")
    (intent,) = (await (await stage(waiting=(leg,))).plan("#AAPL stop 172")).intents
    assert intent.quantity == 20, "once the entry is done it is the position's own"
