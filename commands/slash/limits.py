"""The risk limits: what each allows, how much of it is used, and an owner's changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import groupby

from commands.context import Ctx
from commands.registry import Rest, command
from commands.slash.holdings import WHY
from commands.slash.sheet import Sheet, as_of
from domain.chat import Access, Block, Button, Buttons, KeyValues, Reply, Table, Text, Tone
from domain.errors import BadArgument, WordNeeded
from domain.money import HUNDRED, percent_text, plain
from domain.tickets import CODE
from trading.risk.engine import limited_by
from trading.risk.limitbook import Changed, LimitBook
from trading.risk.limits import TABLE, Limit, Unit, Value, named
from trading.risk.used import Used, used

EXAMPLES = ("/risk-limits", "/risk-limits sector", "/risk-limits set sector 35%", "/risk-limits reset sector")
CODE_FORM = re.compile(r"\d{6}\Z")
CONSIDERED = ("weight_blocking", "gross", "net", "sector", "daily_loss", "drawdown", "trades_a_day")
"""The limits that can be near without any order, for the first line."""


@command("Safety", examples=EXAMPLES)
async def risk_limits(ctx: Ctx, what: Rest | None = None) -> Reply:
    """Every risk limit and how much of it is used; an owner changes one with `set` or takes it back with `reset`."""
    words = (what or "").split()
    if not words:
        return await _listed(ctx)
    head = words[0].lower()
    if head == "set":
        return await _set(ctx, words[1:])
    if head == "reset":
        return await _reset(ctx, words[1:])
    return await _one(ctx, named(" ".join(words)))


async def _listed(ctx: Ctx) -> Reply:
    sheet, taken = await _measured(ctx)
    book = ctx.floor.limits
    blocks: list[Block] = [Text(_lead(book, taken), Tone.LEAD)]
    for group, limits in groupby(TABLE.values(), key=lambda limit: limit.group):
        rows = tuple((limit.name, _used_text(sheet, limit, taken, bare=True), _limit_text(sheet, book, limit)) for limit in limits)
        blocks.append(Table(("Limit", "Used", "Set"), rows, (1, 2), title=group))
    changed = [f"{n} {_now(book, n)} (default {TABLE[n].text(book.defaults.value(n))})" for n in book.changed]
    if changed:
        blocks.append(Text(f"Changed: {'; '.join(changed)}."))
    blocks.append(Text("One of them in full: `/risk-limits sector`. An owner changes one: `/risk-limits set sector 35%`."))
    portfolio = await ctx.portfolio()
    return Reply((*blocks, as_of(portfolio, ctx.zone), Buttons((Button("Exposure", "/exposure"), WHY))), facts=sheet.facts)


async def _one(ctx: Ctx, limit: Limit) -> Reply:
    sheet, taken = await _measured(ctx)
    book = ctx.floor.limits
    default = book.defaults.value(limit.name)
    rows = [
        ("Set", _limit_text(sheet, book, limit)),
        ("Used", _used_text(sheet, limit, taken)),
        ("Default", limit.text(default)),
        ("Range", f"{limit.text(limit.low)} to {limit.text(limit.high)}" if limit.unit is not Unit.YES_NO else "yes or no"),
        ("Findings", ", ".join(limited_by(limit.name)) or "none: it holds back automation"),
    ]
    advice = f"An owner changes it: `/risk-limits set {limit.name} {limit.text(default)}`."
    if limit.name in book.changed:
        advice = f"An owner takes the change back: `/risk-limits reset {limit.name}`."
    lead = Text(f"{limit.name} is {_now(book, limit.name)}. {limit.help}", Tone.LEAD)
    portfolio = await ctx.portfolio()
    blocks = (lead, KeyValues(tuple(rows)), Text(advice), as_of(portfolio, ctx.zone))
    return Reply((*blocks, Buttons((Button("All limits", "/risk-limits"), WHY))), facts=sheet.facts)


async def _set(ctx: Ctx, words: list[str]) -> Reply:
    """`NAME VALUE`, the name of one or more words."""
    if len(words) < 2:
        raise BadArgument("`set` needs a limit and its value.", example=EXAMPLES[2])
    code = _code(ctx, words, 2)
    limit = named(" ".join(words[:-1]))
    line = f"/risk-limits set {limit.name} {words[-1][:20]}"
    wanted = limit.parse(words[-1])
    await _allowed(ctx, line, limit, wanted, code)
    return _told(await ctx.floor.limits.set(limit.name, wanted, ctx.origin.who, ctx.origin.chat))


async def _reset(ctx: Ctx, words: list[str]) -> Reply:
    code = _code(ctx, words, 1)
    limit = named(" ".join(words))
    await _allowed(ctx, f"/risk-limits reset {limit.name}", limit, ctx.floor.limits.defaults.value(limit.name), code)
    return _told(await ctx.floor.limits.reset(limit.name, ctx.origin.who, ctx.origin.chat))


def _code(ctx: Ctx, words: list[str], least: int) -> str:
    """The code at the end of a line, taken off it; empty where there is none, or the person has no second factor."""
    there = len(words) > least and CODE_FORM.match(words[-1]) is not None and ctx.people.guarded(ctx.origin)
    return words.pop() if there else ""


async def _allowed(ctx: Ctx, line: str, limit: Limit, wanted: Value, code: str) -> None:
    """Only an owner who typed it, not on a way in that changes nothing, and what loosens a limit with their code where they have one."""
    ctx.require(Access.ADMIN)
    ctx.must_write("change limits")
    ctx.must_be_typed(line)
    if ctx.people.guarded(ctx.origin) and limit.loosens(ctx.floor.limits.current.value(limit.name), wanted):
        if not code:
            said = "This allows more than before, so it asks for the code of your authenticator at the end of the line."
            raise WordNeeded(said, word=CODE, example=f"{line} 123456")
        await ctx.people.prove(ctx.origin, code)


def _told(changed: Changed) -> Reply:
    if changed.same:
        lead = Text(f"{changed.name} is {changed.was} already; nothing was changed.", Tone.LEAD)
    elif changed.loosens:
        lead = Text(f"{changed.name}: {changed.was} → {changed.becomes}. This allows more than before.", Tone.WARNING)
    else:
        lead = Text(f"{changed.name}: {changed.was} → {changed.becomes}. This allows no more than before.", Tone.LEAD)
    buttons = Buttons((Button("All limits", "/risk-limits"), Button("Journal", "/journal")))
    if changed.same:
        return Reply((lead, buttons))
    return Reply((lead, Text("It is in force now, stays after a restart, and stands in the journal."), buttons))


async def _measured(ctx: Ctx) -> tuple[Sheet, Mapping[str, Used]]:
    portfolio = await ctx.portfolio()
    around = await ctx.floor.lookout.account(portfolio)
    return Sheet.of(portfolio), used(portfolio, around)


def _lead(book: LimitBook, taken: Mapping[str, Used]) -> str:
    """The limit that is nearest to being reached."""
    shares = [(taken[n].value / most, n) for n in CONSIDERED if n in taken and (most := Decimal(book.current.value(n))) > 0]
    share, name = max(shares, default=(Decimal(0), ""))
    if not share:
        return f"{len(TABLE)} limits are in force, and nothing of them is used."
    one, limit = taken[name], TABLE[name]
    about = f" ({one.about})" if one.about else ""
    state = "is reached" if share >= 1 else "is the nearest of your limits"
    return f"{name} {state}: {_shown(limit, one.value)} of {_now(book, name)}{about}."


def _used_text(sheet: Sheet, limit: Limit, taken: Mapping[str, Used], *, bare: bool = False) -> str:
    one = taken.get(limit.name)
    if one is None:
        return "–" if bare else "only an order uses it, or it is not known"
    inputs = (("of", one.about),) if one.about else ()
    _keep(sheet, f"{limit.name} used", limit, one.value, inputs)
    return _shown(limit, one.value) if bare or not one.about else f"{_shown(limit, one.value)} ({one.about})"


def _limit_text(sheet: Sheet, book: LimitBook, limit: Limit) -> str:
    if limit.unit is not Unit.YES_NO:
        _keep(sheet, f"{limit.name} limit", limit, Decimal(book.current.value(limit.name)), (("set", _now(book, limit.name)),))
    return _now(book, limit.name)


def _keep(sheet: Sheet, label: str, limit: Limit, value: Decimal, inputs: tuple[tuple[str, str], ...]) -> None:
    percent = limit.unit is Unit.FRACTION
    sheet.add(label, round(value * HUNDRED, 4) if percent else value, "%" if percent else limit.unit.value, limit.help, inputs)


def _shown(limit: Limit, value: Decimal) -> str:
    return percent_text(value, sign=False) if limit.unit is Unit.FRACTION else plain(value)


def _now(book: LimitBook, name: str) -> str:
    return TABLE[name].text(book.current.value(name))
