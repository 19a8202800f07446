"""The exits this program holds, and what it may do when a stop at the broker fails."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from commands.actions.holding import sentence
from commands.context import Ctx
from commands.registry import Symbol, command
from commands.slash.sheet import Sheet, as_of, moment, plural, price_text, who_text
from domain.chat import Access, Block, Button, Buttons, Reply, Table, Text, Tone
from domain.exits import ExitKind, ExitRule, ExitStatus
from domain.money import percent_text
from domain.portfolio import Portfolio
from storage import preferences
from trading.exits.failed_stops import ACT, EMERGENCY_EXIT, OFF, PROPOSE, UNSAID

SHOWN = 8
NAMES = {
    ExitKind.STOP: "stop",
    ExitKind.TRAILING: "trailing",
    ExitKind.TARGET: "target",
    ExitKind.BREAK_EVEN: "break-even",
    ExitKind.TIME: "time",
}
_EMERGENCY = {
    PROPOSE: "When a stop at the broker fails, the closing order is drawn up at once and waits for your yes.",
    ACT: "When a stop at the broker fails, the position is closed at once where a mandate over stops covers it; else it is proposed.",
    OFF: "When a stop at the broker fails, you are told with a button that draws up the closing order; nothing is drawn up before.",
}


@command("Orders", examples=("/exits", "/exits AAPL"))
async def exits(ctx: Ctx, symbol: Symbol | None = None) -> Reply:
    """The exits this program holds itself: what each waits for, how far away it is, who signed it and until when."""
    rules = ctx.floor.monitor.exits.all(symbol)
    if not rules:
        example = f"#{symbol or 'AAPL'} trailing 2% after 3%"
        about = f" for {symbol}" if symbol else ""
        lead = f"No exit is held here{about}. Stops and targets at the broker: `/stops`"
        return Reply((Text(lead, Tone.LEAD), Text(f"To set one: `{example}`"), Buttons((Button("Stops", "/stops"),))))
    portfolio = await ctx.portfolio()
    sheet = Sheet.of(portfolio)
    count = sheet.count("exits", len(rules))
    what = "exit is held here; it works" if len(rules) == 1 else "exits are held here; they work"
    blocks: list[Block] = [Text(f"{count} {what} only while this program runs.", Tone.LEAD)]
    rows = tuple((r.symbol, NAMES[r.kind], _level(sheet, r), _away(sheet, portfolio, r)) for r in rules[:SHOWN])
    blocks.append(Table(("Sym", "Exit", "At $", "Away %"), rows, (2, 3)))
    for rule in rules[:SHOWN]:
        blocks.append(Text(await _told(ctx, portfolio, rule), Tone.QUIET))
    if len(rules) > SHOWN:
        blocks.append(Text(f"{len(rules) - SHOWN} more: name a symbol, for example `/exits {rules[-1].symbol}`", Tone.QUIET))
    blocks.append(Text(f"To take one back: `#exit-{rules[0].id} remove`; all of a symbol: `#{rules[0].symbol} exits off`"))
    return Reply((*blocks, as_of(portfolio, ctx.zone), Buttons((Button("Stops", "/stops"), Button("Why", "/why")))), facts=sheet.facts)


@command("Safety", access=Access.ADMIN, examples=("/emergency-exit", "/emergency-exit act"))
async def emergency_exit(ctx: Ctx, what: Literal["show", "propose", "act", "off"] = "show") -> Reply:
    """What happens when a stop at the broker fails: a closing order is proposed, sent under a mandate, or not drawn up."""
    if what != "show":
        ctx.must_write("change the emergency exit")
        async with ctx.floor.store.write() as tx:
            await preferences.set(tx, ctx.account, EMERGENCY_EXIT, what)
    async with ctx.floor.store.read() as tx:
        wish = await preferences.get(tx, ctx.account, EMERGENCY_EXIT) or UNSAID
    others = ", ".join(f"`/emergency-exit {w}`" for w in (PROPOSE, ACT, OFF) if w != wish)
    return Reply((Text(_EMERGENCY[wish], Tone.LEAD), Text(f"To change it: {others}")))


def held_note(ctx: Ctx, sheet: Sheet) -> tuple[Block, ...]:
    """What `/stops` says of the stops held here."""
    kinds = (ExitKind.STOP, ExitKind.TRAILING, ExitKind.BREAK_EVEN)
    held = [r for r in ctx.floor.monitor.exits.all() if r.kind in kinds]
    if not held:
        return ()
    sheet.count("stops held here", len(held))
    parts = ", ".join(f"{r.symbol} {NAMES[r.kind]}" + ("" if r.arm is None else " (not armed)") for r in held[:SHOWN])
    return (Text(f"Besides, this program holds {plural(len(held), 'exit')}: {parts}. `/exits`"),)


def _level(sheet: Sheet, rule: ExitRule) -> str:
    level = rule.level if rule.level is not None else rule.arm
    if level is None:
        return "–"
    sheet.keep(f"exit {rule.id} {'level' if rule.level is not None else 'arms at'}", level, sheet.currency, source=f"exit {rule.id}")
    return price_text(level)


def _away(sheet: Sheet, portfolio: Portfolio, rule: ExitRule) -> str:
    """How far the price is from where something happens, as a share of it."""
    quote, level = portfolio.quotes.get(rule.symbol), rule.level if rule.level is not None else rule.arm
    if quote is None or level is None or quote.last <= 0:
        return "–"
    distance = abs(quote.last - level) / quote.last
    sheet.percent(f"exit {rule.id} distance", distance, "|last - level| / last", sign=False)
    return percent_text(distance, sign=False).removesuffix("%")


async def _told(ctx: Ctx, portfolio: Portfolio, rule: ExitRule) -> str:
    """One exit in a sentence: what it does, how it stands, who signed it and until when."""
    position, instrument = portfolio.position(rule.symbol), ctx.hub.instrument(rule.symbol)
    size = abs(position.quantity) if position else Decimal(0)
    ticket = await ctx.floor.desk.get(rule.ticket)
    by = f" by {who_text(ticket.origin.who)}" if ticket is not None else ""
    state = {ExitStatus.FIRED: f"fired on card {rule.fired}"}.get(rule.status, "not armed yet" if rule.arm is not None else "armed")
    if rule.kind is ExitKind.TIME and rule.status is ExitStatus.ACTIVE:
        state = f"due {moment(rule.due, ctx.zone)}" if rule.due is not None else "armed"
    what = sentence(rule, size, instrument.unit if instrument else "shares")
    return f"{rule.symbol}: {what}; {state}; signed{by} until {moment(rule.expires, ctx.zone)} (exit-{rule.id})"
