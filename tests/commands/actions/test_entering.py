"""What buying and selling lines plan."""

from decimal import Decimal

import pytest

from domain.errors import BadArgument, NoPrice, UnknownSymbol
from domain.ledger import EntryKind
from domain.orders import OrderIntent, OrderType, Side, TimeInForce
from domain.portfolio import AccountSpec, Mode
from tests.commands.actions.stage import LEDGER, entry, sold, stage
from trading.sizing import concrete

D = Decimal


async def planned(line: str, **parts):
    one = await stage(**parts)
    plan = await one.plan(line)
    (intent,) = plan.intents
    assert isinstance(intent, OrderIntent)
    return intent, concrete(intent, await one.ctx.portfolio()).quantity, plan.notes


@pytest.mark.parametrize(
    ("line", "quantity"),
    [
        ("#buy KO 50", "50"),
        ("#buy KO $2000", "28"),  # 2000 / 70.01 = 28.57
        ("#buy KO 5%", "26"),  # 5% of 36,913.50 is 1,845.675 / 70.01 = 26.36
        ("#buy BTC $1000", "0.0090"),  # 1000 / 110010 = 0.00909
        ("#sell AAPL $900", "5"),  # 900 / 179.99 = 5.0003
        ("#sell AAPL 10", "10"),
    ],
)
async def test_amounts_become_whole_lots_at_the_price_they_would_meet(line, quantity):
    intent, size, _ = await planned(line)
    assert size == D(quantity)
    assert (intent.type, intent.limit, intent.tif, intent.reduce_only) == (OrderType.MARKET, None, TimeInForce.DAY, False)
    assert (intent.quantity is None) != (intent.notional is None)
    assert intent.side is (Side.BUY if "buy" in line else Side.SELL)


async def test_a_limit_and_its_life_are_taken_over():
    intent, size, notes = await planned("#buy KO $2000 limit 65.004 gtc")
    assert (intent.type, intent.limit, intent.tif, size) == (OrderType.LIMIT, D("65.00"), TimeInForce.GTC, D(30))
    assert notes == ("The limit is rounded to 65: KO moves in steps of 0.01.",)
    with pytest.raises(BadArgument, match="smallest price step"):
        await planned("#buy KO 10 limit 0.001")


@pytest.mark.parametrize(("line", "example"), [("#buy KO 2.5", "#buy KO 2"), ("#buy KO $20", "#buy KO 1"), ("#buy SPY 0.5%", "#buy SPY 1")])
async def test_less_than_a_lot_is_refused_with_a_line_that_works(line, example):
    with pytest.raises(BadArgument) as refusal:
        await planned(line)
    assert refusal.value.example == example


async def test_selling_what_is_held_is_a_plain_sale_without_remarks():
    _, _, notes = await planned("#sell AAPL 20")
    assert notes == ()


async def test_selling_more_than_is_held_is_said():
    _, _, notes = await planned("#sell AAPL 25")
    assert notes == ("You hold 20 shares of AAPL: this sells 5 shares of AAPL short, and account main does not allow shorting.",)
    _, _, notes = await planned("#sell KO 1", spec=AccountSpec("main", Mode.PAPER, shorting=True))
    assert notes == ("You hold no KO: this sells 1 share of KO short.",)


async def test_a_percentage_of_equity_is_not_one_of_the_position():
    _, _, notes = await planned("#sell NVDA 5%")
    assert notes == ("5% is of equity. For 5% of the position: `#NVDA close 5%`",)


async def test_buying_back_a_short_is_said():
    spec = AccountSpec("main", Mode.PAPER, shorting=True)
    entries = [*LEDGER, sold(20, "2025-10-01", "KO", "12", "71")]
    _, _, notes = await planned("#buy KO 5", entries=entries, spec=spec)
    assert notes == ("You are short 12 shares of KO; this buys back.",)
    _, _, notes = await planned("#buy KO 15", entries=entries, spec=spec)
    assert notes == ("You are short 12 shares of KO; this buys that back and 3 shares of KO more.",)


async def test_without_price_symbol_or_equity_nothing_is_planned():
    with pytest.raises(UnknownSymbol):
        await planned("#buy ZZZZ 5")
    with pytest.raises(NoPrice, match="no price source"):
        await planned("#buy KO 5", spec=AccountSpec("mine", Mode.PAPER, priced=False))
    with pytest.raises(BadArgument, match="equity above zero"):
        await planned("#buy KO 5%", entries=[entry(1, "2025-06-30", EntryKind.WITHDRAWAL, "-5")], waiting=[])


async def test_actions_that_no_line_can_say_are_refused_too():
    from commands.actions import closing, entering
    from domain.chat import Action, Amount, Unit, Verb
    from domain.errors import GrammarError

    one = await stage()
    with pytest.raises(GrammarError, match="needs an amount"):
        await entering.buy(one.ctx, Action(Verb.BUY, "KO"))
    with pytest.raises(BadArgument, match="takes a number"):
        await entering.sell(one.ctx, Action(Verb.SELL, "KO", Amount(D(2), Unit.ATR)))
    with pytest.raises(UnknownSymbol):
        await entering.buy(one.ctx, Action(Verb.BUY, "ZZZZ", Amount(D(2), Unit.SHARES)))
    for amount in (Amount(D(101), Unit.PERCENT), Amount(D(2), Unit.ATR)):
        with pytest.raises(BadArgument):
            await closing.close(one.ctx, Action(Verb.CLOSE, "AAPL", amount))
    with pytest.raises(BadArgument, match="takes a percentage"):
        await closing.take_profits(one.ctx, Action(Verb.TAKE_PROFITS, amount=Amount(D(2), Unit.ATR)))
