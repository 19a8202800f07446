"""How the positions stand in the monitor's eyes: health, profit, age, drawdown, distance to stop and target; the worst first."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from commands.context import Ctx
from commands.registry import Symbol, command
from commands.slash.holdings import empty
from commands.slash.sheet import Sheet, as_of, bare_percent, price_text
from domain.chat import Block, Button, Buttons, KeyValues, Reply, Table, Text, Tone
from domain.errors import NoPosition
from domain.portfolio import Portfolio
from trading.exits.health import Health, PositionWatch

SHOWN = 8
WHY = Button("Why", "/why")
_SAYS = {
    Health.HALTED: "trading in it is halted",
    Health.STALE: "there is no usable quote",
    Health.UNPROTECTED: "it has no stop",
    Health.NEAR_STOP: "it is near its stop",
    Health.FINE: "nothing is wrong",
}


@command("Portfolio", examples=("/watch", "/watch AAPL"))
async def watch(ctx: Ctx, symbol: Symbol | None = None) -> Reply:
    """The health of each position, the worst first: unprotected, near its stop, stale or halted; or all about one."""
    portfolio = await ctx.portfolio()
    if not portfolio.positions:
        return empty(ctx, portfolio)
    sheet = Sheet.of(portfolio)
    if symbol is not None:
        return await _one(ctx, portfolio, sheet, symbol)
    found = await ctx.floor.monitor.watch_all()
    ill = [w for w in found if w.health is not Health.FINE]
    count = sheet.count("positions", len(found))
    if not ctx.spec.priced:
        lead = f"You hold {count} positions. Without prices their health is not known; {ctx.spec.name} has no price source here."
    elif ill:
        sheet.count("positions with something wrong", len(ill))
        lead = f"{len(ill)} of {count} positions need a look; the worst is {ill[0].symbol}: {_SAYS[ill[0].health]}."
    else:
        lead = f"All {count} positions are fine."
    rows = tuple(_row(sheet, w) for w in found[:SHOWN])
    blocks: list[Block] = [Text(lead, Tone.LEAD), Table(("Sym", "P/L %", "Stop %", "Health"), rows, (1, 2))]
    if len(found) > SHOWN:
        blocks.append(Text(f"{len(found) - SHOWN} more are no worse. One of them: `/watch {found[SHOWN].symbol}`", Tone.QUIET))
    mend = (Button("Prepare stops", "#set-stops"),) if any(w.health is Health.UNPROTECTED for w in found) else ()
    buttons = (*mend, Button("Stops", "/stops"), Button("Exits", "/exits"), WHY)
    return Reply((*blocks, as_of(portfolio, ctx.zone), Buttons(buttons)), facts=sheet.facts)


async def _one(ctx: Ctx, portfolio: Portfolio, sheet: Sheet, symbol: str) -> Reply:
    seen = await ctx.floor.monitor.watch(symbol)
    if seen is None:
        held = ", ".join(p.symbol for p in portfolio.positions[:6])
        raise NoPosition(f"You hold no {symbol}. You hold {held}.", example=f"/watch {portfolio.positions[0].symbol}")
    lead = f"{symbol} is {seen.health}: {seen.doubt or _SAYS[seen.health]}."
    if seen.health is Health.FINE:
        lead = f"{symbol} is fine."
    rows = [
        (
            "P/L",
            sheet.money(f"{symbol} P/L", seen.profit, "(last - average price) * quantity", sign=True) if seen.profit is not None else "–",
        ),
        ("Held", _age(seen.age)),
        (
            "Best price",
            sheet.price(f"{symbol} best price", seen.best, formula="best since it was opened") if seen.best is not None else "–",
        ),
        ("Off its best", _percent(sheet, seen, "drawdown", seen.drawdown, "(best - last) / best")),
        ("Stop", _level(sheet, seen, "stop")),
        ("Target", _level(sheet, seen, "target")),
    ]
    line = f"#{symbol} stop 2atr" if seen.health is Health.UNPROTECTED else f"#{symbol} close 50%"
    buttons = Buttons((Button("Prepare", line), Button("Exits", f"/exits {symbol}"), WHY))
    return Reply((Text(lead, Tone.LEAD), KeyValues(tuple(rows)), as_of(portfolio, ctx.zone), buttons), facts=sheet.facts)


def _row(sheet: Sheet, seen: PositionWatch) -> tuple[str, str, str, str]:
    gain, away = "–", "–"
    if seen.gain is not None:
        sheet.percent(f"{seen.symbol} P/L %", seen.gain, "(last - average price) / average price")
        gain = bare_percent(seen.gain, places=1)
    if seen.to_stop is not None:
        sheet.percent(f"{seen.symbol} stop distance", seen.to_stop, "|last - stop| / last", sign=False)
        away = bare_percent(seen.to_stop, sign=False, places=1)
    return seen.symbol, gain, away, seen.health.value


def _level(sheet: Sheet, seen: PositionWatch, what: str) -> str:
    level, distance = (seen.stop, seen.to_stop) if what == "stop" else (seen.target, seen.to_target)
    if level is None:
        return "–"
    sheet.price(f"{seen.symbol} {what}", level)
    return f"{price_text(level)}, {_percent(sheet, seen, f'{what} distance', distance, f'|last - {what}| / last')} away"


def _percent(sheet: Sheet, seen: PositionWatch, label: str, fraction: Decimal | None, formula: str) -> str:
    return sheet.percent(f"{seen.symbol} {label}", fraction, formula, sign=False) if fraction is not None else "–"


def _age(age: timedelta) -> str:
    if age >= timedelta(days=2):
        return f"{age.days} days"
    return f"{int(age.total_seconds() // 3600)} hours" if age >= timedelta(hours=2) else f"{int(age.total_seconds() // 60)} minutes"
