"""Closing: all or part of one position, of every position, or of those far enough up."""

from __future__ import annotations

from decimal import Decimal

from commands.actions.sight import Sight, amount_text, held, in_lots, lots_text, no_price, sights
from commands.context import Ctx, Plan
from commands.grammar import DEFAULT_PROFITS
from commands.registry import action
from domain.chat import Action, Amount, Unit, Verb
from domain.errors import BadArgument, NoPosition, UserError
from domain.money import HUNDRED, percent_text, plain
from domain.orders import Intent, OrderIntent
from trading import sizing
from trading.legs import whole_close

CLOSE_ALL_WORD = "CLOSE-ALL"


@action(Verb.CLOSE, examples=("#AAPL close", "#AAPL close 50%", "#AAPL close 10"))
async def close(ctx: Ctx, action: Action) -> Plan:
    """Close a position: all of it, a percentage, or a number of shares."""
    seen = await held(ctx, action)
    quantity, why = _part(seen, action.amount)
    intents = closes(seen, why) if quantity == seen.size else (market_exit(seen, quantity, why),)
    return Plan(intents, notes=_rest(seen, quantity))


@action(Verb.CLOSE_ALL, examples=("#close-all",))
async def close_all(ctx: Ctx, action: Action) -> Plan:
    """Close every position at the market; asks for the typed word."""
    portfolio = await ctx.portfolio()
    if not portfolio.positions:
        raise NoPosition("There is nothing to close: no position is open.", example="/positions")
    seen, notes = sights(portfolio)
    if not seen:
        raise no_price(portfolio, portfolio.positions[0].symbol)
    return Plan(tuple(i for s in seen for i in closes(s, "close every position")), word=CLOSE_ALL_WORD, notes=notes)


@action(Verb.TAKE_PROFITS, examples=("#take-profits", "#take-profits 15%"))
async def take_profits(ctx: Ctx, action: Action) -> Plan:
    """Close every position that is up at least 10%, or the percentage given, on its average price."""
    amount = action.amount or DEFAULT_PROFITS
    if amount.unit is not Unit.PERCENT:
        raise BadArgument("`#take-profits` takes a percentage of the average price.", example="#take-profits 10%")
    portfolio = await ctx.portfolio()
    if not portfolio.positions:
        raise NoPosition("There is nothing to take profits on: no position is open.", example="/positions")
    seen, notes = sights(portfolio)
    if not seen:
        raise no_price(portfolio, portfolio.positions[0].symbol)
    up = [s for s in seen if gain(s) >= amount.value / HUNDRED]
    if not up:
        best = max(seen, key=gain)
        raise UserError(
            f"Nothing is up {plain(amount.value)}% or more; the best is {best.symbol} at {percent_text(gain(best))}.",
            example=f"#{best.symbol} target {plain(amount.value)}%",
            code="nothing_to_do",
        )
    why = {s.symbol: f"up {percent_text(gain(s))}, at least {plain(amount.value)}%" for s in up}
    return Plan(tuple(i for s in up for i in closes(s, why[s.symbol])), notes=notes)


def closes(seen: Sight, why: str) -> tuple[Intent, ...]:
    """The close of a whole position, and the cancels of what would trade on after it."""
    return whole_close(seen.portfolio.orders, market_exit(seen, seen.size, why))


def market_exit(seen: Sight, quantity: Decimal, why: str) -> OrderIntent:
    """A reduce-only market order against a position: it never opens or flips one."""
    return OrderIntent(seen.symbol, seen.exit, quantity=quantity, reduce_only=True, why=why)


def gain(seen: Sight) -> Decimal:
    """How far a position is up on its average price, as a fraction; a short gains when the price falls. Zero at no cost."""
    cost = seen.position.average_price
    if cost <= 0:
        return Decimal(0)
    move = seen.quote.last / cost - 1
    return move if seen.long else -move


def _part(seen: Sight, amount: Amount | None) -> tuple[Decimal, str]:
    """How much of a position an amount is, and the words for it; raises BadArgument where it is none or too much of it."""
    symbol, whole, everything = seen.symbol, seen.size, f"#{seen.symbol} close"
    if amount is None or (amount.unit is Unit.PERCENT and amount.value == HUNDRED):
        return whole, "close the whole position"
    if amount.unit is Unit.PERCENT:
        if not 0 < amount.value <= HUNDRED:
            raise BadArgument(f"{plain(amount.value)}% is not a part of a position: 1% to 100%.", example=f"#{symbol} close 50%")
        part = sizing.part_of_holding(amount.value / HUNDRED, symbol, seen.portfolio)
        return part, f"close {plain(amount.value)}% of the position"
    if amount.unit is not Unit.SHARES:
        raise BadArgument(f"`close` takes a percentage or a number of {seen.instrument.unit}.", example=f"#{symbol} close 50%")
    if amount.value > abs(seen.position.quantity):
        owned = amount_text(seen.position.quantity, seen.instrument)
        raise BadArgument(f"You hold {owned}; {plain(amount.value)} is more than that. To close it all:", example=everything)
    if amount.value == abs(seen.position.quantity):
        return whole, "close the whole position"
    return in_lots(amount.value, seen.instrument, f"#{symbol} close {{}}"), f"close {amount_text(amount.value, seen.instrument)}"


def _rest(seen: Sight, quantity: Decimal) -> tuple[str, ...]:
    """What stays of a full close because it is below one lot."""
    rest = abs(seen.position.quantity) - seen.size
    if quantity < seen.size or rest <= 0:
        return ()
    return (f"{amount_text(rest, seen.instrument)} cannot be sold and will stay: {lots_text(seen.instrument)}.",)
