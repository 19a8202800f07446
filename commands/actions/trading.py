"""Buying and selling an amount: shares, money, or a percentage of equity, at the market or at a limit."""

from __future__ import annotations

from decimal import Decimal

from commands.actions.sight import amount_text, in_lots, lots_text, tradable
from commands.context import Ctx, Plan
from commands.registry import action
from domain.chat import Action, Amount, Unit, Verb
from domain.errors import BadArgument, GrammarError, NoPrice
from domain.instruments import Instrument
from domain.market import Quote
from domain.money import HUNDRED, money_text, plain, to_lot, to_tick
from domain.orders import OrderIntent, OrderType, Side
from domain.portfolio import Portfolio

MOST = Decimal("1e12")  # quantities beyond this are typing errors


@action(Verb.BUY, examples=("#buy TSLA 50", "#buy TSLA $2000", "#buy TSLA 5% limit 240 gtc"))
async def buy(ctx: Ctx, action: Action) -> Plan:
    """Buy shares, an amount of money, or a percentage of equity; with `limit` at that price or better."""
    portfolio, instrument, quote = await tradable(ctx, action)
    intent, notes = _sized(portfolio, instrument, quote, action, Side.BUY)
    position = portfolio.position(instrument.symbol)
    if position is not None and position.quantity < 0:
        short = abs(position.quantity)
        size = intent.quantity or Decimal(0)
        notes += (f"You are short {amount_text(short, instrument)}; this buys {'it back' if size <= short else 'more than that back'}.",)
    return Plan((intent,), notes=notes)


@action(Verb.SELL, examples=("#sell AAPL 10", "#sell AAPL $2000", "#sell AAPL 5% limit 190"))
async def sell(ctx: Ctx, action: Action) -> Plan:
    """Sell shares, an amount of money, or a percentage of equity; beyond what is held it is a short sale and the card says so."""
    portfolio, instrument, quote = await tradable(ctx, action)
    intent, notes = _sized(portfolio, instrument, quote, action, Side.SELL)
    position = portfolio.position(instrument.symbol)
    owned = max(position.quantity, Decimal(0)) if position else Decimal(0)
    beyond = (intent.quantity or Decimal(0)) - owned
    if beyond > 0:
        has = f"You hold {amount_text(owned, instrument)}" if owned else f"You hold no {instrument.symbol}"
        allowed = "" if portfolio.spec.shorting else f"; account {portfolio.spec.name} does not allow shorting"
        notes += (f"{has}: this sells {amount_text(beyond, instrument)} short{allowed}.",)
    if action.amount is not None and action.amount.unit is Unit.PERCENT and owned:
        notes += (f"{action.amount.text()} is of equity; for that part of the position: #{instrument.symbol} close {action.amount.text()}",)
    return Plan((intent,), notes=notes)


def _sized(portfolio: Portfolio, instrument: Instrument, quote: Quote, action: Action, side: Side) -> tuple[OrderIntent, tuple[str, ...]]:
    """The order an amount means at the limit, or at the price it would meet, with notes on what was rounded."""
    verb, symbol = action.verb.value, instrument.symbol
    if action.amount is None:
        raise GrammarError(f"`{verb}` needs an amount.", token=verb, example=f"#{verb} {symbol} 10")
    notes: tuple[str, ...] = ()
    limit = None
    if action.limit is not None:
        limit = to_tick(action.limit, instrument.tick)
        if limit <= 0:
            raise BadArgument(f"The smallest price step of {symbol} is {plain(instrument.tick)}.", example=f"#{verb} {symbol} 10")
        if limit != action.limit:
            notes += (f"The limit is rounded to {plain(limit)}, a step of {plain(instrument.tick)}.",)
    met = quote.ask if side is Side.BUY else quote.bid
    price = limit if limit is not None else (met if met > 0 else quote.last)
    if price <= 0:
        raise NoPrice(f"There is no price for {symbol} now.", example="/status")
    quantity, why = _quantity(portfolio, instrument, price, action.amount, verb)
    kind = OrderType.MARKET if limit is None else OrderType.LIMIT
    return OrderIntent(symbol, side, kind, quantity=quantity, limit=limit, tif=action.tif, why=why), notes


def _quantity(portfolio: Portfolio, instrument: Instrument, price: Decimal, amount: Amount, verb: str) -> tuple[Decimal, str]:
    """How many lots an amount is at a price; raises BadArgument when it is less than one, with the line that buys one."""
    symbol = instrument.symbol
    if not 0 < amount.value < MOST:
        raise BadArgument("That is not an amount that trades.", example=f"#{verb} {symbol} 10")
    if amount.unit is Unit.SHARES:
        return in_lots(amount.value, instrument, f"#{verb} {symbol} {{}}"), f"{verb} {amount_text(amount.value, instrument)}"
    if amount.unit is Unit.MONEY:
        money, why = amount.value, f"{verb} for {money_text(amount.value)}"
    elif amount.unit is Unit.PERCENT:
        if portfolio.equity <= 0:
            raise BadArgument("A percentage of equity needs equity above zero. A number of shares works:", example=f"#{verb} {symbol} 1")
        money = portfolio.equity * amount.value / HUNDRED
        why = f"{verb} {plain(amount.value)}% of equity, {money_text(money)}"
    else:
        raise BadArgument(f"`{verb}` takes shares, money or a percentage of equity.", example=f"#{verb} {symbol} $2000")
    quantity = to_lot(money / (price * instrument.multiplier), instrument.lot)
    if quantity <= 0:
        least = price * instrument.multiplier * instrument.lot
        raise BadArgument(
            f"{money_text(money)} is less than the smallest amount of {symbol}, about {money_text(least)}; {lots_text(instrument)}.",
            example=f"#{verb} {symbol} {plain(instrument.lot)}",
        )
    return quantity, why
