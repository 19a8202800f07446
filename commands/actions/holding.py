"""Holding: the rule of an exit the core holds, and its card: what it will do, that it works only here, and until when it is signed for."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from commands.actions.sight import Sight, atr_of
from commands.context import Ctx, Plan
from commands.slash.sheet import day_text, short_moment, zone_name
from domain.chat import Action, Amount, Unit
from domain.errors import BadArgument
from domain.exits import ExitKind, ExitRule
from domain.money import HUNDRED, ONE, ZERO, money_text, plain, quantity_text, to_tick
from domain.orders import ExitIntent

LIFE = timedelta(days=90)
HELD_HERE = "This program holds it: it works only while it runs. Stops at the broker work always, and are used where they can be."


async def held_trailing(ctx: Ctx, seen: Sight, action: Action) -> Plan:
    """The plan of a trailing stop the core holds: at once, or once the price has gained the offset from now."""
    last, tick, sign = seen.quote.last, seen.instrument.tick, 1 if seen.long else -1
    amount = action.amount or Amount(Decimal(2), Unit.ATR)
    distance = await _distance(ctx, seen, amount)
    percent = amount.value / HUNDRED if amount.unit is Unit.PERCENT else None
    trail = None if percent is not None else distance
    if not 0 < distance < last:
        raise BadArgument(f"{amount.text()} is no distance under {money_text(last)}.", example=f"#{seen.symbol} trailing 2%")
    why = f"trailing {amount.text()}"
    if action.after is None:
        level = to_tick(last - sign * distance, tick)
        rule = rule_for(ctx, seen, ExitKind.TRAILING, level=level, trail=trail, trail_percent=percent, why=why)
    else:
        arm = to_tick(last + sign * await _distance(ctx, seen, action.after), tick)
        if arm <= 0:
            raise BadArgument(f"{action.after.text()} is more than the price.", example=f"#{seen.symbol} trailing 2% after 3%")
        rule = rule_for(ctx, seen, ExitKind.TRAILING, arm=arm, trail=trail, trail_percent=percent, why=f"{why} after {action.after.text()}")
    return Plan((hold(ctx, seen, rule, replaces=same(ctx, rule)),), notes=notes(ctx))


def held_level(ctx: Ctx, seen: Sight, kind: ExitKind, price: Decimal, why: str) -> Plan:
    """The plan of a stop or target the core holds, where the broker has no such order."""
    rule = rule_for(ctx, seen, kind, level=price, why=why)
    return Plan((hold(ctx, seen, rule, replaces=same(ctx, rule)),), notes=notes(ctx))


def sentence(rule: ExitRule, size: Decimal, unit: str) -> str:
    """An exit in words, for its card and for `/exits`."""
    close = f"{'sell' if rule.long else 'buy back'} {_part(rule.share, size, unit)}"
    match rule.kind:
        case ExitKind.STOP | ExitKind.TARGET:
            what = f"{close} at {money_text(rule.level or ZERO)} ({rule.kind})"
        case ExitKind.TRAILING:
            distance = f"{plain(rule.trail_percent * HUNDRED)}%" if rule.trail_percent is not None else money_text(rule.trail or ZERO)
            best = "best price" if rule.long else "lowest price"
            begins = f", from {money_text(rule.arm)} on" if rule.arm is not None else f", now at {money_text(rule.level or ZERO)}"
            what = f"{close} when it turns {distance} from its {best}{begins}"
        case ExitKind.BREAK_EVEN:
            what = f"move the stop to the average price plus fees, once the price is {money_text(rule.arm or ZERO)}"
        case ExitKind.TIME:
            what = f"{close} {rule.why}"
    return what


def rule_for(
    ctx: Ctx,
    seen: Sight,
    kind: ExitKind,
    *,
    share: Decimal = ONE,
    level: Decimal | None = None,
    trail: Decimal | None = None,
    trail_percent: Decimal | None = None,
    arm: Decimal | None = None,
    due: datetime | None = None,
    why: str,
) -> ExitRule:
    """A rule on a position, signed for 90 days from now; its ticket is set when it is confirmed."""
    now = ctx.clock.now()
    return ExitRule(
        id=ctx.floor.ids.new(),
        account=ctx.account,
        symbol=seen.symbol,
        kind=kind,
        ticket="",
        created=now,
        expires=now + LIFE,
        long=seen.long,
        share=share,
        level=level,
        trail=trail,
        trail_percent=trail_percent,
        arm=arm,
        due=due,
        why=why,
    )


def hold(ctx: Ctx, seen: Sight, rule: ExitRule, *, replaces: tuple[str, ...] = ()) -> ExitIntent:
    """The intent that sets it, with the sentence its card shows."""
    when = f", on {short_moment(rule.due, ctx.zone)} {zone_name(ctx.zone)}" if rule.due is not None else ""
    until = f"{day_text(rule.expires, ctx.zone)} {rule.expires.astimezone(ctx.zone).year}"
    words = f"{seen.symbol}: {sentence(rule, seen.size, seen.instrument.unit)}{when}; signed until {until}"
    return ExitIntent(rule, words, replaces=replaces, why=rule.why)


def remove_intent(rule: ExitRule) -> ExitIntent:
    """The intent that takes it back."""
    return ExitIntent(rule, f"take back exit {rule.id} of {rule.symbol} ({rule.why or rule.kind})", remove=True)


def notes(ctx: Ctx) -> tuple[str, ...]:
    """What the card of an exit says besides."""
    ends = ctx.clock.now() + LIFE
    until = f"{day_text(ends, ctx.zone)} {ends.astimezone(ctx.zone).year}"
    return (HELD_HERE, f"Confirming this card signs for it: it may act without asking again, until {until}.")


def same(ctx: Ctx, rule: ExitRule) -> tuple[str, ...]:
    """Exits of the same kind and symbol, which the new one replaces."""
    return tuple(r.id for r in ctx.floor.monitor.exits.all(rule.symbol) if r.kind is rule.kind)


def _part(share: Decimal, size: Decimal, unit: str) -> str:
    if share == ONE:
        return f"all {quantity_text(size)} {unit}"
    return f"{plain((share * HUNDRED).quantize(Decimal('0.01')))}% of what is left"


async def _distance(ctx: Ctx, seen: Sight, amount: Amount) -> Decimal:
    if amount.unit is Unit.PERCENT:
        return seen.quote.last * amount.value / HUNDRED
    return to_tick(await atr_of(ctx, seen.symbol) * amount.value, seen.instrument.tick)
