"""Protecting: a stop, a target or a trailing stop on a position, and stops for every position that has none."""

from __future__ import annotations

from decimal import Decimal

from commands.actions.holding import held_level, held_trailing
from commands.actions.sight import Sight, atr_of, held, no_price, sights
from commands.context import Ctx, Plan
from commands.grammar import DEFAULT_STOPS
from commands.registry import action
from domain.chat import Action, Amount, Unit, Verb
from domain.errors import BadArgument, GrammarError, NoPosition, NoPrice, UserError
from domain.exits import ExitKind
from domain.money import HUNDRED, money_text, plain, to_tick
from domain.orders import CancelIntent, Intent, Order, OrderIntent, OrderType, ReplaceIntent, TimeInForce


@action(Verb.STOP, examples=("#AAPL stop 175", "#AAPL stop 5%"))
async def stop(ctx: Ctx, action: Action) -> Plan:
    """Put a stop under a position (over a short), at a price or a percentage from the last price; replaces the stop it has."""
    seen = await held(ctx, action)
    amount = _asked(action)
    price = await _exit_price(ctx, seen, amount, toward_loss=True)
    must_be_stop(seen, price)
    why = _reason("stop", amount)
    if OrderType.STOP not in ctx.floor.broker.traits.order_types:
        return held_level(ctx, seen, ExitKind.STOP, price, why)
    return Plan(placed_stop(seen, price, why=why))


@action(Verb.TARGET, examples=("#AAPL target 185", "#AAPL target 10%"))
async def target(ctx: Ctx, action: Action) -> Plan:
    """Put a limit order that takes the profit of a position at a price; replaces the target it has."""
    seen = await held(ctx, action)
    amount = _asked(action)
    price = await _exit_price(ctx, seen, amount, toward_loss=False)
    must_be_target(seen, price)
    why = _reason("target", amount)
    if OrderType.LIMIT not in ctx.floor.broker.traits.order_types:
        return held_level(ctx, seen, ExitKind.TARGET, price, why)
    old = seen.portfolio.target(seen.symbol)
    if old is not None:
        if old.limit == price and old.left == seen.size:
            raise _already(seen, f"a target at {money_text(price)}")
        return Plan((ReplaceIntent(old.client_id, seen.symbol, quantity=_resized(old, seen), limit=price, why=why),))
    return Plan((_protective(seen, OrderType.LIMIT, limit=price, why=why),))


@action(Verb.TRAILING, examples=("#AAPL trailing 2%", "#AAPL trailing 2atr", "#AAPL trailing 2% after 3%"))
async def trailing(ctx: Ctx, action: Action) -> Plan:
    """Put a stop on a position that follows the price at a distance and never moves back; replaces the stop it has.

    With an offset it waits for that gain first, and the core holds it: no broker has such an order.
    """
    seen = await held(ctx, action)
    if action.after is not None or OrderType.TRAILING not in ctx.floor.broker.traits.order_types:
        return await held_trailing(ctx, seen, action)
    amount = _asked(action)
    why = _reason("trailing stop", amount)
    if amount.unit is Unit.PERCENT:
        if amount.value >= HUNDRED:
            raise BadArgument("A trailing distance is below 100%.", example=f"#{seen.symbol} trailing 2%")
        return Plan(_placed_trailing(seen, None, amount.value / HUNDRED, why))
    if amount.unit is not Unit.ATR:
        raise BadArgument("A trailing stop takes a percentage or a number of ATRs.", example=f"#{seen.symbol} trailing 2%")
    trail = to_tick(await atr_of(ctx, seen.symbol) * amount.value, seen.instrument.tick)
    if not 0 < trail < seen.quote.last:
        last = money_text(seen.quote.last)
        raise BadArgument(
            f"{amount.text()} of {seen.symbol} is {money_text(trail)}, not a distance under {last}.",
            example=f"#{seen.symbol} trailing 2atr",
        )
    return Plan(_placed_trailing(seen, trail, None, why), notes=(f"{amount.text()} is {money_text(trail)} now (ATR14).",))


@action(Verb.SET_STOPS, examples=("#set-stops", "#set-stops 5%"))
async def set_stops(ctx: Ctx, action: Action) -> Plan:
    """Put a stop on every position that has none: 2 ATR away, or the distance given; existing stops stay."""
    amount = action.amount or DEFAULT_STOPS
    portfolio = await ctx.portfolio()
    if not portfolio.positions:
        raise NoPosition("There is nothing to protect: no position is open.", example="/positions")
    seen, notes = sights(portfolio)
    if not seen:
        raise no_price(portfolio, portfolio.positions[0].symbol)
    bare = [s for s in seen if not s.stops]
    if not bare:
        raise UserError("Every position already has a stop.", example="/stops", code="nothing_to_do")
    intents: list[Intent] = []
    left_out: list[str] = []
    for one in bare:
        try:
            price = await _exit_price(ctx, one, amount, toward_loss=True)
            must_be_stop(one, price)
        except (NoPrice, BadArgument) as refusal:
            left_out.append(f"{one.symbol} is left without a stop: {refusal.message}")
            continue
        intents += placed_stop(one, price, why=_reason("stop", amount))
    if not intents:
        raise BadArgument(left_out[0], example="#set-stops 5%")
    return Plan(tuple(intents), notes=(*notes, *left_out))


def must_be_stop(seen: Sight, price: Decimal) -> None:
    """A stop lies on the losing side of the market; raises BadArgument that names the line meant instead."""
    last, symbol = seen.quote.last, seen.symbol
    if price <= 0:
        raise BadArgument("A stop needs a price above zero.", example=f"#{symbol} stop 5%")
    if seen.long and price >= last:
        raise BadArgument(
            f"{symbol} trades at {money_text(last)}; a stop at {money_text(price)} is not below it and would sell at once. "
            "To sell higher, that is a target:",
            example=f"#{symbol} target {plain(price)}" if price > last else f"#{symbol} stop 5%",
        )
    if not seen.long and price <= last:
        raise BadArgument(
            f"You are short {symbol}, which trades at {money_text(last)}; a stop at {money_text(price)} is not above it "
            "and would buy at once. To buy back lower, that is a target:",
            example=f"#{symbol} target {plain(price)}" if price < last else f"#{symbol} stop 5%",
        )


def must_be_target(seen: Sight, price: Decimal) -> None:
    """A target lies on the winning side of the market; raises BadArgument that names the line meant instead."""
    last, symbol = seen.quote.last, seen.symbol
    if price <= 0:
        raise BadArgument("A target needs a price above zero.", example=f"#{symbol} target 10%")
    wrong = price <= last if seen.long else price >= last
    if wrong:
        side = "above" if seen.long else "below"
        held_as = "" if seen.long else "You are short: "
        raise BadArgument(
            f"{held_as}{symbol} trades at {money_text(last)}; a target lies {side} it, and {money_text(price)} does not. "
            "To get out on the other side, that is a stop:",
            example=f"#{symbol} stop {plain(price)}" if price != last else f"#{symbol} target 10%",
        )


def placed_stop(seen: Sight, price: Decimal, *, why: str) -> tuple[Intent, ...]:
    """The intents that leave exactly one plain stop at a price: the working one changed, or a new one placed before others go."""
    plain_stop = next((o for o in seen.stops if o.type is OrderType.STOP), None)
    if plain_stop is None:
        return (_protective(seen, OrderType.STOP, stop=price, why=why), *_taken_back(seen.stops, why))
    others = tuple(o for o in seen.stops if o is not plain_stop)
    if plain_stop.stop == price and plain_stop.left == seen.size and not others:
        raise _already(seen, f"a stop at {money_text(price)}")
    changed = ReplaceIntent(plain_stop.client_id, seen.symbol, quantity=_resized(plain_stop, seen), stop=price, why=why)
    return (changed, *_taken_back(others, why))


def _placed_trailing(seen: Sight, trail: Decimal | None, percent: Decimal | None, why: str) -> tuple[Intent, ...]:
    """The intents that leave exactly one trailing stop; one that trails in the other unit is replaced by a new order."""
    same = (o for o in seen.stops if o.type is OrderType.TRAILING and (o.trail_percent is None) == (percent is None))
    old = next(same, None)
    if old is None:
        return (_protective(seen, OrderType.TRAILING, trail=trail, trail_percent=percent, why=why), *_taken_back(seen.stops, why))
    others = tuple(o for o in seen.stops if o is not old)
    if old.trail == trail and old.trail_percent == percent and old.left == seen.size and not others:
        raise _already(seen, "that trailing stop")
    changed = ReplaceIntent(old.client_id, seen.symbol, quantity=_resized(old, seen), trail=trail, trail_percent=percent, why=why)
    return (changed, *_taken_back(others, why))


def _protective(
    seen: Sight,
    kind: OrderType,
    *,
    limit: Decimal | None = None,
    stop: Decimal | None = None,
    trail: Decimal | None = None,
    trail_percent: Decimal | None = None,
    why: str,
) -> OrderIntent:
    return OrderIntent(
        seen.symbol,
        seen.exit,
        kind,
        quantity=seen.size,
        limit=limit,
        stop=stop,
        trail=trail,
        trail_percent=trail_percent,
        tif=TimeInForce.GTC,
        reduce_only=True,
        why=why,
    )


def _taken_back(orders: tuple[Order, ...], why: str) -> tuple[Intent, ...]:
    """Cancels that follow the new stop, so that the position is never without one."""
    return tuple(CancelIntent(o.client_id, o.symbol, why=f"replaced: {why}") for o in orders)


def _resized(order: Order, seen: Sight) -> Decimal | None:
    """The order quantity that covers the whole position, or None when it does already.

    An exit of a bracket whose entry is still filling keeps following it: only its price is changed.
    """
    if order.waits_for is not None and any(o.client_id == order.waits_for and o.open for o in seen.portfolio.orders):
        return None
    return None if order.left == seen.size else order.filled + seen.size


async def _exit_price(ctx: Ctx, seen: Sight, amount: Amount, *, toward_loss: bool) -> Decimal:
    """The price an amount means for a position: itself, or a distance from the last price on the losing or winning side."""
    last = seen.quote.last
    match amount.unit:
        case Unit.PRICE | Unit.MONEY | Unit.SHARES:
            return to_tick(amount.value, seen.instrument.tick)
        case Unit.PERCENT:
            distance = last * amount.value / HUNDRED
        case Unit.ATR:
            distance = await atr_of(ctx, seen.symbol) * amount.value
    down = seen.long == toward_loss
    return to_tick(last - distance if down else last + distance, seen.instrument.tick)


def _asked(action: Action) -> Amount:
    if action.amount is None:
        example = {Verb.STOP: "5%", Verb.TARGET: "10%", Verb.TRAILING: "2%"}[action.verb]
        raise GrammarError(
            f"`{action.verb}` needs a price or a distance.", token=action.verb.value, example=f"#{action.target} {action.verb} {example}"
        )
    return action.amount


def _reason(what: str, amount: Amount) -> str:
    if amount.unit in (Unit.PERCENT, Unit.ATR):
        return f"{what} {amount.text()} from the last price"
    return f"{what} at {plain(amount.value)}"


def _already(seen: Sight, what: str) -> UserError:
    return UserError(f"{seen.symbol} already has {what}.", example="/stops", code="nothing_to_do")
