"""Z: every line a rule suggests parses, draws a card that is not denied, trades what was written down, and does what it says."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from commands import grammar
from commands.advising import brief
from domain.chat import Incoming
from domain.orders import CancelIntent, OrderIntent, ReplaceIntent
from domain.tickets import TicketStatus
from tests.journeys.chat import OWNER, chat

D = Decimal
BEGIN = datetime(2025, 2, 3, 15, 30, tzinfo=UTC)
SHOCKS = ((), (("NVDA", "60"), ("AAPL", "25")), (("TSLA", "-45"), ("UNH", "-30")), (("MSFT", "150"), ("BTC", "80")), (("XOM", "-60"),))
BUSY = ("#COST close", "#JPM close", "#MSFT stop 40%", "#XOM close", "#AMZN close", "#BTC close", "#DIS close", "#SPY close")


async def offered(reader):
    """Every suggestion, not only those that an answer has room for, and the context they were made in."""
    ctx = reader.house.front.context(Incoming("k", OWNER, "/what-to-do", reader.house.floor.clock.now()))
    return (await brief(ctx, "today")).recommendations, ctx


def traded(ticket):
    """The signed quantity a card trades or protects, by symbol."""
    found: dict[str, Decimal | None] = {}
    for intent in ticket.intents:
        match intent:
            case OrderIntent(symbol=symbol, side=side, quantity=quantity):
                found[symbol] = side.sign * quantity if quantity is not None else None
            case ReplaceIntent(symbol=symbol):
                found[symbol] = None
            case CancelIntent():
                pass
    return found


async def check(reader, one, ctx):
    """Draws the card of a suggestion and holds it against what was said."""
    action = grammar.parse(one.line, ctx.known, ctx.near)
    assert action.line() == one.line
    reply = await reader.reply(one.line)
    ticket = reply.ticket
    assert ticket is not None, (one.line, reply)
    assert ticket.status is TicketStatus.PROPOSED, (one.line, [f.sentence for f in ticket.findings])
    book = await ctx.portfolio(fresh=True)
    does = traded(ticket)
    assert set(does) == {leg.symbol for leg in one.legs}, one.line
    for leg in one.legs:
        quantity = does[leg.symbol]
        assert quantity is None or quantity == leg.quantity, one.line
        held = book.position(leg.symbol)
        if held is not None and one.rule not in ("hedging", "cash_drag"):
            assert abs(leg.quantity) <= abs(held.quantity)
            assert leg.quantity * held.quantity < 0, "it reduces"
        if leg.stop is not None:
            (level,) = [i.stop for i in ticket.intents if i.symbol == leg.symbol and getattr(i, "stop", None) is not None]
            assert abs(level - leg.stop) <= D("0.01")
    if one.rule == "concentration":
        assert D("0.17") < abs(book.value(one.symbol) + one.legs[0].value) / book.equity <= D("0.205"), "back to a fifth, to the share"
    if one.rule == "cash_drag":
        assert (book.cash - one.legs[0].value) / book.equity >= D("0.199")
    await reader.say(f"cancel {ticket.id}")
    return one.rule


@pytest.mark.parametrize("shorting", [False, True])
@pytest.mark.parametrize("number", range(len(SHOCKS)))
async def test_every_line_can_be_done_and_does_what_it_says(tmp_path, number, shorting):
    async with chat(tmp_path, now=BEGIN + timedelta(days=23 * number), configured={"shorting": shorting}) as reader:
        await reader.pushes()
        for symbol, percent in SHOCKS[number]:
            await reader.say(f"/demo shock {symbol} {percent}%")
        found, ctx = await offered(reader)
        spoke = {await check(reader, one, ctx) for one in found}
        for line in BUSY[number : number + 4]:
            await reader.say(line)
            await reader.say("yes")
        await reader.later(minutes=2)
        found, ctx = await offered(reader)
        spoke |= {await check(reader, one, ctx) for one in found}
        assert len(spoke) >= 2


WILD = ("#COST close", "#JPM close", "#XOM close", "#DIS close", "#UNH close", "#BTC close", "#SPY close", "#TSLA close")
BETS = ("#buy TQQQ 24%", "#buy NVDA 10%")


async def test_a_book_that_is_one_bet(tmp_path):
    """The rules about size and the market: a heavy position, a heavy sector, a wild book, a report ahead."""
    async with chat(tmp_path, now=datetime(2025, 4, 22, 15, 30, tzinfo=UTC), configured={"shorting": True}) as reader:
        await reader.pushes()
        for line in (*WILD, *BETS):
            await reader.say(line)
            await reader.say("yes")
            await reader.later(minutes=2)
        await reader.say("/demo shock NVDA 60%")
        await reader.say("/demo shock AAPL 100%")
        await reader.say("/demo shock MSFT 70%")
        spoke = set()
        for _ in range(16):
            found, ctx = await offered(reader)
            spoke |= {await check(reader, one, ctx) for one in found}
            for trim in [one.line for one in found if one.rule == "concentration"]:
                await reader.say(trim)
                await reader.say("yes")
            await reader.later(days=4)
        assert spoke >= {"concentration", "hedging", "earnings_ahead", "rebalancing"}
