"""Fire drills: what a bad day would do to this book, rehearsed on a copy with the real chain."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from commands.context import Ctx
from commands.registry import Rest, command
from commands.slash.activity import event_text
from commands.slash.sheet import Sheet, bare, moment, moved_text, plural
from commands.slash.system import duration, percentage
from domain import events
from domain.alerts import Urgency
from domain.chat import Block, Button, Buttons, KeyValues, Reply, Table, Text, Tone
from domain.errors import BadArgument, NoPosition, UserError
from domain.money import MINUS, money_text, percent_text
from domain.portfolio import Portfolio

if TYPE_CHECKING:
    from trading.drill import Drill, DrillReport

EXAMPLES = ("/drill gap -7%", "/drill broker-down 10m", "/drill flash-crash NVDA")
GAP, CRASH, DOWN = Decimal("-0.07"), Decimal("-0.20"), Decimal("-0.05")
WORST, BEST = Decimal("-0.9"), Decimal(2)
SHOWN = 8
TOLD = (
    events.OrderFilled,
    events.OrderRejected,
    events.OrderOutcomeUnknown,
    events.StopMoved,
    events.ExitTriggered,
    events.StopFailed,
    events.StopRestored,
    events.QuoteDoubted,
    events.BreakerTripped,
    events.ActionProposed,
    events.ReconciliationFound,
    events.BrokerDown,
    events.BrokerUp,
    events.JobFailed,
)


@command("Safety", examples=EXAMPLES)
async def drill(ctx: Ctx, what: Rest | None = None) -> Reply:
    """Rehearse a bad day on a copy of your book: what would fire, when, and what would be left. Nothing is sent."""
    if ctx.drills is None:
        raise UserError("Drills are played in a running program; there is none here.", example="foliopilot chat", code="no_drills")
    portfolio = await ctx.portfolio()
    if not portfolio.positions:
        raise NoPosition("There is nothing to rehearse: no position is open.", example="#buy SPY 5")
    scenario = read(ctx, (what or "gap").replace(MINUS, "-"))
    report = await ctx.drills.run(scenario)
    return _told(ctx, report)


def read(ctx: Ctx, text: str) -> Drill:
    """The scenario of a line such as `gap -7%`, `gap -7% NVDA`, `flash-crash NVDA -30%`, `broker-down 10m -3%`; raises BadArgument."""
    drills = importlib.import_module("trading.drill")
    name, *words = text.lower().split() or ["gap"]
    move = next((percentage(w, EXAMPLES[0]) for w in words if w.endswith("%")), None)
    rest = [w for w in words if not w.endswith("%")]
    if move is not None and (not WORST <= move <= BEST or not move):
        low, high = percent_text(WORST, places=0), percent_text(BEST, places=0)
        raise BadArgument(f"A drill moves prices by {low} to {high}, not by nothing.", example=EXAMPLES[0])
    if name == "gap":
        symbol = _held(ctx, rest) if rest else None
        made: Drill = drills.Drill(drills.DrillKind.GAP, GAP if move is None else move, symbol)
    elif name in ("flash-crash", "crash"):
        if not rest:
            raise BadArgument("A flash crash needs a symbol.", example=EXAMPLES[2])
        made = drills.Drill(drills.DrillKind.FLASH_CRASH, CRASH if move is None else move, _held(ctx, rest))
    elif name == "broker-down":
        made = drills.Drill(drills.DrillKind.BROKER_DOWN, DOWN if move is None else move, None, duration(" ".join(rest) or "10m"))
        if made.lasts > drills.LONGEST_OUTAGE:
            raise BadArgument("A drill keeps the broker away for at most two hours.", example=EXAMPLES[1])
    else:
        raise BadArgument(f"/drill does not know “{name[:40]}”: gap, flash-crash or broker-down.", example=EXAMPLES[0])
    return made


def _held(ctx: Ctx, words: Sequence[str]) -> str:
    symbol = ctx.resolve(" ".join(words))
    if not ctx.floor.book.holdings.quantity(symbol):
        raise NoPosition(f"You hold no {symbol}; a drill shows what it would do to what you hold.", example="/positions")
    return symbol


def _told(ctx: Ctx, report: DrillReport) -> Reply:
    before, after = report.before, report.after
    sheet = Sheet.of(after)
    change = after.equity - before.equity
    sheet.money("equity change in the drill", change, "equity after - equity before")
    share = sheet.percent(
        "equity change in the drill %", change / before.equity if before.equity > 0 else Decimal(0), "change / equity before"
    )
    equity = sheet.money("equity after the drill", after.equity, "cash + value of the positions")
    fired = [e for e in report.events if isinstance(e, events.OrderFilled)]
    moved = moved_text(money_text(abs(change)), change)
    lead = f"{_name(report.drill)}: your account {moved} ({share}), to {equity}; {plural(len(fired), 'fill')}."
    blocks: list[Block] = [Text(lead, Tone.LEAD)]
    rows = tuple((_after(report.blow, e.at), event_text(e, ctx.zone)) for e in report.events if isinstance(e, TOLD))
    if rows:
        blocks.append(KeyValues(rows[:SHOWN], title="What happens"))
    if len(rows) > SHOWN:
        blocks.append(Text(f"… and {len(rows) - SHOWN} more.", Tone.QUIET))
    blocks += _left(sheet, after)
    blocks.append(Text(_pushes(sheet, report), Tone.QUIET))
    where = f"Rehearsed on a copy from {moment(before.at, ctx.zone)}; prices are made up, nothing was sent and nothing is kept."
    blocks.append(Text(where, Tone.QUIET))
    bare_symbols = _bare(after)
    buttons = [Button("Stops", "/stops"), *([Button("Set stops", "#set-stops")] if bare_symbols else []), Button("Why", "/why")]
    return Reply((*blocks, Buttons(tuple(buttons))), facts=sheet.facts)


def _name(scenario: Drill) -> str:
    whom = scenario.symbol or "everything you hold"
    move = percent_text(scenario.move, places=0 if scenario.move == round(scenario.move, 2) else 2)
    if scenario.kind == "gap":
        return f"{whom[:1].upper()}{whom[1:]} opens {move}"
    if scenario.kind == "flash-crash":
        return f"{whom} crashes {move} in three minutes and mostly comes back"
    return f"The broker is away for {int(scenario.lasts.total_seconds() // 60)} min while prices go {move}"


def _left(sheet: Sheet, after: Portfolio) -> list[Block]:
    """What is held afterwards, and which of it has no stop."""
    if not after.positions:
        return [Text("Nothing is left open.")]
    exposed = _bare(after)
    sheet.count("positions without a stop after the drill", len(exposed))
    ordered = sorted(after.positions, key=lambda p: -abs(after.value(p.symbol)))
    cells = []
    for position in ordered[:SHOWN]:
        value = sheet.money(f"{position.symbol} value after the drill", after.value(position.symbol), "quantity * last in the drill")
        cells.append(
            (position.symbol, value.replace("$", ""), bare(after.unrealised(position.symbol), sign=True), _stop(after, position.symbol))
        )
        sheet.money(f"{position.symbol} unrealised after the drill", after.unrealised(position.symbol), "(last - average price) * quantity")
    blocks: list[Block] = [Table(("Sym", "Value $", "P/L $", "Stop"), tuple(cells), (1, 2, 3), title="What is left (drill)")]
    if len(ordered) > SHOWN:
        blocks.append(Text(f"… and {len(ordered) - SHOWN} more.", Tone.QUIET))
    if exposed:
        named = ", ".join(exposed[:SHOWN]) + (f" and {len(exposed) - SHOWN} more" if len(exposed) > SHOWN else "")
        blocks.append(Text(f"Without a stop: {named}. `#set-stops` puts one 2 ATR under each.", Tone.WARNING))
    return blocks


def _stop(after: Portfolio, symbol: str) -> str:
    order = after.stop(symbol)
    return "none" if order is None else f"{order.stop:.2f}" if order.stop is not None else "trails"


def _bare(after: Portfolio) -> list[str]:
    return [p.symbol for p in sorted(after.positions, key=lambda p: -abs(after.value(p.symbol))) if after.stop(p.symbol) is None]


def _pushes(sheet: Sheet, report: DrillReport) -> str:
    """How much would have reached the phone."""
    critical = sum(1 for a in report.alerts if a.urgency is Urgency.CRITICAL)
    count = sheet.count("messages in the drill", report.messages)
    sheet.count("critical alerts in the drill", critical)
    return f"Your phone would have got {count} message{'s' if report.messages != 1 else ''}, {critical} of them critical."


def _after(blow: datetime, at: datetime) -> str:
    seconds = int((at - blow).total_seconds())
    sign = "−" if seconds < 0 else "+"
    return f"{sign}{abs(seconds) // 60}:{abs(seconds) % 60:02d}"
