"""Buying and selling an amount: shares, money, or a percentage of equity, at the market or at a limit, with the way out again."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from commands.actions.sight import amount_text, atr_of, tradable
from commands.context import Ctx, Plan
from commands.registry import action
from domain.chat import Action, Amount, Unit, Verb
from domain.errors import BadArgument, GrammarError
from domain.instruments import Instrument
from domain.money import HUNDRED, ZERO, money_text, plain, to_tick
from domain.orders import OrderIntent, OrderType, Side, TimeInForce
from domain.portfolio import Portfolio
from trading import sizing


@action(Verb.BUY, examples=("#buy TSLA 50", "#buy TSLA $2000", "#buy TSLA 5% limit 240 gtc", "#buy TSLA 10 stop 5% target 12%"))
async def buy(ctx: Ctx, action: Action) -> Plan:
    """Buy shares, an amount of money, or a percentage of equity; `limit` at that price or better, `stop` and `target` to get out again."""
    portfolio, instrument, _ = await tradable(ctx, action)
    intent, size, notes = _intent(portfolio, instrument, action, Side.BUY)
    short = -_held(portfolio, instrument.symbol)
    if short > 0:
        back = "back" if size <= short else f"that back and {amount_text(size - short, instrument)} more"
        notes += (f"You are short {amount_text(short, instrument)}; this buys {back}.",)
    exits, more = await _exits(ctx, action, instrument, Side.BUY)
    return Plan((intent, *exits), notes=(*notes, *more))


@action(Verb.SELL, examples=("#sell AAPL 10", "#sell AAPL $2000", "#sell AAPL 5% limit 190"))
async def sell(ctx: Ctx, action: Action) -> Plan:
    """Sell shares, an amount of money, or a percentage of equity; beyond what is held it is a short sale and the card says so."""
    portfolio, instrument, _ = await tradable(ctx, action)
    intent, size, notes = _intent(portfolio, instrument, action, Side.SELL)
    owned = max(_held(portfolio, instrument.symbol), ZERO)
    if size > owned:
        has = f"You hold {amount_text(owned, instrument)}" if owned else f"You hold no {instrument.symbol}"
        allowed = "" if portfolio.spec.shorting else f", and account {portfolio.spec.name} does not allow shorting"
        notes += (f"{has}: this sells {amount_text(size - owned, instrument)} short{allowed}.",)
    if owned and action.amount is not None and action.amount.unit is Unit.PERCENT:
        part = f"#{instrument.symbol} close {action.amount.text()}"
        notes += (f"{action.amount.text()} is of equity. For {action.amount.text()} of the position: `{part}`",)
    exits, more = await _exits(ctx, action, instrument, Side.SELL)
    return Plan((intent, *exits), notes=(*notes, *more))


async def _exits(ctx: Ctx, action: Action, instrument: Instrument, side: Side) -> tuple[tuple[OrderIntent, ...], tuple[str, ...]]:
    """The stop and the target of a trade as legs that wait for its first leg, and notes on what was rounded or reckoned."""
    made: list[OrderIntent] = []
    notes: list[str] = []
    for kind, amount in ((OrderType.STOP, action.stop_at), (OrderType.LIMIT, action.target_at)):
        if amount is None:
            continue
        word = "stop" if kind is OrderType.STOP else "target"
        leg = OrderIntent(
            instrument.symbol,
            side.other,
            kind,
            tif=TimeInForce.GTC,
            reduce_only=True,
            why=f"{word} {amount.text()} of the entry",
            waits_for=1,
        )
        match amount.unit:
            case Unit.PERCENT:
                made.append(replace(leg, away_percent=amount.value / HUNDRED))
            case Unit.ATR:
                away = await atr_of(ctx, instrument.symbol) * amount.value
                notes.append(f"{amount.text()} is {money_text(away)} now (ATR14).")
                made.append(replace(leg, away=away))
            case _:
                price = to_tick(amount.value, instrument.tick)
                if price != amount.value:
                    notes.append(
                        f"The {word} is rounded to {plain(price)}: {instrument.symbol} moves in steps of {plain(instrument.tick)}."
                    )
                made.append(replace(leg, stop=price) if kind is OrderType.STOP else replace(leg, limit=price))
    return tuple(made), tuple(notes)


def _intent(portfolio: Portfolio, instrument: Instrument, action: Action, side: Side) -> tuple[OrderIntent, Decimal, tuple[str, ...]]:
    """The order an amount means, how many lots that is now, and notes on what was rounded."""
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
            notes = (f"The limit is rounded to {plain(limit)}: {symbol} moves in steps of {plain(instrument.tick)}.",)
    quantity, money, why = _amount(portfolio, symbol, action.amount, verb)
    kind = OrderType.MARKET if limit is None else OrderType.LIMIT
    intent = OrderIntent(symbol, side, kind, quantity=quantity, notional=money, limit=limit, tif=action.tif, why=why)
    sized = sizing.concrete(intent, portfolio)
    return intent, sized.quantity or ZERO, notes


def _amount(portfolio: Portfolio, symbol: str, amount: Amount, verb: str) -> tuple[Decimal | None, Decimal | None, str]:
    """An amount as a quantity or as money, one of the two, with the words for it."""
    match amount.unit:
        case Unit.SHARES:
            return amount.value, None, f"{verb} {plain(amount.value)} {symbol}"
        case Unit.MONEY:
            return None, amount.value, f"{verb} {symbol} for {money_text(amount.value)}"
        case Unit.PERCENT:
            money = sizing.share_of_equity(amount.value / HUNDRED, portfolio)
            if money <= 0:
                raise BadArgument("A percentage of equity needs equity above zero. A number works:", example=f"#{verb} {symbol} 1")
            return None, money, f"{verb} {symbol} for {amount.text()} of equity, {money_text(money)}"
        case _:
            raise BadArgument(f"`{verb}` takes a number, money or a percentage of equity.", example=f"#{verb} {symbol} $2000")


def _held(portfolio: Portfolio, symbol: str) -> Decimal:
    position = portfolio.position(symbol)
    return position.quantity if position else ZERO
