"""Exits beyond one order: ladders, break-even, time exits; and taking exits back that the core holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from commands.actions.holding import hold, notes, remove_intent, rule_for, same
from commands.actions.protecting import must_be_target
from commands.actions.sight import Sight, held, lots_text, wanted
from commands.context import Ctx, Plan
from commands.registry import action
from commands.slash.sheet import day_text, plural
from domain.chat import Action, Amount, Unit, Verb
from domain.errors import BadArgument, NoSuchOrder, UserError
from domain.exits import ExitKind, ExitRule
from domain.money import HUNDRED, ONE, ZERO, percent_text, plain, quantity_text, to_lot, to_tick
from domain.orders import CancelIntent, Intent, OrderIntent, OrderType, TimeInForce
from market import calendar

BEFORE_CLOSE = timedelta(minutes=10)
EARNINGS_AHEAD = timedelta(days=400)
SHARE = Decimal("0.000001")


@action(Verb.LADDER, examples=("#AAPL ladder 5% 50% 10% 50%", "#AAPL ladder 4% 25% 8% 25% 12% 25%"))
async def ladder(ctx: Ctx, action: Action) -> Plan:
    """Take profit in steps: at each price or gain from the last price, a share of the position; replaces the targets it has."""
    seen = await held(ctx, action)
    if not action.rungs:
        raise BadArgument("A ladder needs steps.", example=f"#{seen.symbol} ladder 5% 50% 10% 50%")
    steps = sorted(((_rung_price(seen, r.at), r.share.value / HUNDRED) for r in action.rungs), reverse=not seen.long)
    for price, _ in steps:
        must_be_target(seen, price)
    if len({price for price, _ in steps}) < len(steps):
        raise BadArgument("Two steps of the ladder are at the same price.", example=f"#{seen.symbol} ladder 5% 50% 10% 50%")
    traits = ctx.floor.broker.traits
    orders = [o for o in seen.portfolio.protection(seen.symbol) if o.type is OrderType.LIMIT]
    gone: list[Intent] = [CancelIntent(o.client_id, o.symbol, why="replaced by the ladder") for o in orders]
    old = [r for r in ctx.floor.monitor.exits.all(seen.symbol) if r.kind is ExitKind.TARGET]
    if OrderType.LIMIT in traits.order_types and traits.keeps_within_position:
        return Plan((*_at_the_broker(seen, steps), *gone, *(remove_intent(r) for r in old)))
    rules = _rungs(ctx, seen, steps)
    intents = [hold(ctx, seen, r, replaces=tuple(o.id for o in old) if n == 0 else ()) for n, r in enumerate(rules)]
    return Plan((*intents, *gone), notes=notes(ctx))


@action(Verb.BREAKEVEN, examples=("#AAPL breakeven 5%", "#AAPL breakeven 10%"))
async def breakeven(ctx: Ctx, action: Action) -> Plan:
    """Once a position is up so much on its average price, move its stop to the average price plus fees; a better stop stays."""
    seen = await held(ctx, action)
    gain = (action.amount or Amount(Decimal(5), Unit.PERCENT)).value / HUNDRED
    average, last = seen.position.average_price, seen.quote.last
    arm = to_tick(average * (ONE + gain if seen.long else ONE - gain), seen.instrument.tick)
    if arm <= 0 or average <= 0:
        raise BadArgument("That gain cannot be reached.", example=f"#{seen.symbol} breakeven 5%")
    if (last >= arm) if seen.long else (last <= arm):
        up = percent_text(abs(last / average - ONE))
        raise UserError(
            f"{seen.symbol} is up {up} already: put the stop there now.",
            example=f"#{seen.symbol} stop {plain(to_tick(average, seen.instrument.tick))}",
            code="nothing_to_do",
        )
    rule = rule_for(ctx, seen, ExitKind.BREAK_EVEN, arm=arm, why=f"break-even after {percent_text(gain, sign=False, places=1)}")
    return Plan((hold(ctx, seen, rule, replaces=same(ctx, rule)),), notes=notes(ctx))


@action(Verb.EXIT, examples=("#AAPL exit 10d", "#AAPL exit close", "#AAPL exit earnings"))
async def exit_at(ctx: Ctx, action: Action) -> Plan:
    """Close a position at a time: after days or hours, 10 minutes before the close, or before the next earnings release."""
    seen = await held(ctx, action)
    due, why = await _due(ctx, seen.symbol, action.when, round_the_clock=seen.instrument.round_the_clock)
    rule = rule_for(ctx, seen, ExitKind.TIME, due=due, why=why)
    rule = replace(rule, expires=max(rule.expires, due + timedelta(days=7)))
    return Plan((hold(ctx, seen, rule, replaces=same(ctx, rule)),), notes=notes(ctx))


@action(Verb.EXITS_OFF, examples=("#AAPL exits off",))
async def exits_off(ctx: Ctx, action: Action) -> Plan:
    """Take back every exit that is held here for a symbol; orders at the broker stay."""
    symbol = wanted(action)
    rules = ctx.floor.monitor.exits.all(symbol)
    if not rules:
        raise NoSuchOrder(f"No exit is held here for {symbol}.", example="/exits")
    return Plan(tuple(remove_intent(r) for r in rules))


@action(Verb.REMOVE, examples=("#exit-ab12cd34 remove",))
async def remove(ctx: Ctx, action: Action) -> Plan:
    """Take one exit back; `/exits` lists them."""
    rule = ctx.floor.monitor.exits.get(wanted(action))
    if rule is None:
        known = ", ".join(f"{r.id} ({r.symbol})" for r in ctx.floor.monitor.exits.all()[:6])
        says = f"Held are: {known}." if known else "None is held."
        raise NoSuchOrder(f"There is no exit {wanted(action)[:24]}. {says}", example="/exits")
    return Plan((remove_intent(rule),))


def _rung_price(seen: Sight, at: Amount) -> Decimal:
    if at.unit is not Unit.PERCENT:
        return to_tick(at.value, seen.instrument.tick)
    factor = ONE + at.value / HUNDRED * (1 if seen.long else -1)
    return to_tick(seen.quote.last * factor, seen.instrument.tick)


def _at_the_broker(seen: Sight, steps: list[tuple[Decimal, Decimal]]) -> tuple[Intent, ...]:
    """The steps as limit orders in whole lots; where they close everything the last one takes what rounding left."""
    intents: list[Intent] = []
    left = seen.size
    everything = sum((share for _, share in steps), ZERO) == ONE
    for number, (price, share) in enumerate(steps, 1):
        quantity = left if everything and number == len(steps) else min(to_lot(seen.size * share, seen.instrument.lot), left)
        if quantity <= 0:
            raise BadArgument(
                f"{percent_text(share, sign=False, places=0)} of {quantity_text(seen.size)} is less than one lot; "
                f"{lots_text(seen.instrument)}.",
                example=f"#{seen.symbol} target {plain(price)}",
            )
        left -= quantity
        why = f"step {number} of {len(steps)} of the ladder"
        order = OrderIntent(seen.symbol, seen.exit, OrderType.LIMIT, quantity=quantity, limit=price, why=why)
        intents.append(replace(order, tif=TimeInForce.GTC, reduce_only=True))
    return tuple(intents)


def _rungs(ctx: Ctx, seen: Sight, steps: list[tuple[Decimal, Decimal]]) -> list[ExitRule]:
    """The steps as exits; the share of each is of what the steps before it leave."""
    rules, left = [], ONE
    for number, (price, share) in enumerate(steps, 1):
        part = min((share / left).quantize(SHARE), ONE)
        left -= share
        rules.append(rule_for(ctx, seen, ExitKind.TARGET, share=part, level=price, why=f"step {number} of {len(steps)} of the ladder"))
    return rules


async def _due(ctx: Ctx, symbol: str, when: str, *, round_the_clock: bool) -> tuple[datetime, str]:
    """When a time exit is due, and the words for it."""
    now = ctx.clock.now()
    if when == "close":
        if round_the_clock:
            raise BadArgument(f"{symbol} trades round the clock: it has no close.", example=f"#{symbol} exit 6h")
        session = calendar.session(now.astimezone(calendar.NEW_YORK).date())
        if session is None or session.close - BEFORE_CLOSE <= now:
            session = calendar.following(now.astimezone(calendar.NEW_YORK).date())
        return session.close - BEFORE_CLOSE, "10 minutes before the close"
    if when == "earnings":
        dates = await ctx.calendar.earnings(now, now + EARNINGS_AHEAD)
        release = next((d for d in dates if d.symbol == symbol), None)
        if release is None:
            raise UserError(f"No earnings date of {symbol} is known.", example=f"#{symbol} exit 10d", code="no_earnings_date")
        last = calendar.latest_completed(release.at)
        due = last.close - BEFORE_CLOSE
        if due <= now:
            raise UserError(
                f"{symbol} reports before another session closes: close it now if it is not to be held.",
                example=f"#{symbol} close",
                code="too_late",
            )
        return due, f"before the earnings of {day_text(release.at, ctx.zone)}"
    number, unit = int(when[:-1]), when[-1]
    due = now + (timedelta(days=number) if unit == "d" else timedelta(hours=number))
    if not round_the_clock and not calendar.is_open(due):  # it waits for the market, so the card says for which
        session = calendar.session(due.astimezone(calendar.NEW_YORK).date())
        due = session.open if session and due < session.open else calendar.following(due.astimezone(calendar.NEW_YORK).date()).open
    return due, f"after {plural(number, 'day' if unit == 'd' else 'hour')}"
