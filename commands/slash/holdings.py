"""What is held: the positions, the account in one look, and the stops."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from commands.context import Ctx
from commands.registry import Symbol, command
from commands.slash.exits import held_note
from commands.slash.rows import Measured, Row, measured, rows, stop_text, write_facts
from commands.slash.sheet import (
    Sheet,
    as_of,
    bare,
    bare_percent,
    moved_text,
    plural,
    price_text,
    ratio,
    unpriced_note,
)
from commands.slash.single import one_position
from domain.chat import Block, Button, Buttons, KeyValues, Reply, Table, Text, Tone
from domain.money import ZERO, money_text, percent_text, quantity_text
from domain.portfolio import Portfolio

SHOWN = 8
EVERY_FACT = 25  # up to this many positions a short answer carries the facts of all of them; beyond, of those shown
HEAVY = Decimal("0.20")  # the weight above which one position is called heavy
WHY = Button("Why", "/why")
DAY = "value now - value at the previous close + cash of today's entries"


@command("Portfolio", examples=("/positions", "/positions all", "/positions AAPL"))
async def positions(ctx: Ctx, symbol: Symbol | None = None, which: Literal["top", "all"] = "top") -> Reply:
    """What you hold: value, P/L, weight and stop of each position, or of one."""
    portfolio = await ctx.portfolio()
    if not portfolio.positions:
        return empty(ctx, portfolio)
    if symbol is not None:
        return one_position(ctx, portfolio, symbol)
    found = rows(portfolio)
    shown = found if which == "all" else found[:SHOWN]
    sheet = Sheet.of(portfolio)
    blocks: list[Block] = [Text(_positions_lead(sheet, portfolio), Tone.LEAD)]
    write_facts(sheet, portfolio, found if len(found) <= EVERY_FACT else shown)
    blocks += _tables(shown, simulated=portfolio.simulated)
    if len(shown) < len(found):
        blocks.append(Text(f"{len(found) - len(shown)} more: `/positions all`", Tone.QUIET))
    blocks += [*unpriced_note(portfolio), as_of(portfolio, ctx.zone)]
    more = (Button(f"All {len(found)}", "/positions all"),) if len(shown) < len(found) else ()
    return Reply((*blocks, Buttons((*more, Button("Exposure", "/exposure"), WHY))), facts=sheet.facts)


@command("Portfolio", examples=("/portfolio-summary",))
async def portfolio_summary(ctx: Ctx) -> Reply:
    """Your account in one look: equity, cash, buying power, P/L, exposure, orders."""
    portfolio = await ctx.portfolio()
    if not portfolio.positions and not ctx.floor.book.entries:
        return empty(ctx, portfolio)
    sheet = Sheet.of(portfolio)
    found = rows(portfolio)
    lead = _summary_lead(sheet, portfolio)
    values = _summary_rows(sheet, portfolio)
    write_facts(sheet, portfolio, found[:EVERY_FACT])
    bare_stops = [r for r in found if r.stop is None and r.quote is not None]
    advice: tuple[Block, ...] = ()
    buttons = [Button("Positions", "/positions"), Button("Exposure", "/exposure"), WHY]
    if bare_stops:
        count = sheet.count("positions without a stop", len(bare_stops))
        advice = (Text(f"{count} of them {'has' if len(bare_stops) == 1 else 'have'} no stop. Give each one: `#set-stops`"),)
        buttons.insert(0, Button("Prepare stops", "#set-stops"))
    blocks = (Text(lead, Tone.LEAD), KeyValues(values), *advice, *unpriced_note(portfolio), as_of(portfolio, ctx.zone))
    return Reply((*blocks, Buttons(tuple(buttons))), facts=sheet.facts)


@command("Portfolio", examples=("/stops",))
async def stops(ctx: Ctx) -> Reply:
    """Which positions are protected, how far away each stop is, and which have none."""
    portfolio = await ctx.portfolio()
    if not portfolio.positions:
        return empty(ctx, portfolio)
    found = rows(portfolio)
    sheet = Sheet.of(portfolio)
    kept = sorted((r for r in found if r.stop is not None), key=_nearness)
    open_ones = [r for r in found if r.stop is None]
    held, protected = sheet.count("positions", len(found)), sheet.count("positions with a stop", len(kept))
    lead = f"{protected} of {held} positions {'has' if len(kept) == 1 else 'have'} a stop"
    nearest = kept[0] if kept and _distance(kept[0]) is not None else None
    if nearest is not None:
        away = sheet.percent(f"{nearest.symbol} stop distance", _distance(nearest) or ZERO, "|last - stop| / last", sign=False)
        lead += f"; the nearest is {nearest.symbol}'s, {away} away"
    blocks: list[Block] = [Text(lead + ".", Tone.LEAD)]
    if kept:
        cells = tuple(_stop_row(sheet, r) for r in kept)[:SHOWN]
        blocks.append(Table(("Sym", "Last $", "Stop $", "Away %"), cells, (1, 2, 3), title=_title("Stops", portfolio.simulated)))
    if len(kept) > SHOWN:
        blocks.append(Text(f"The {SHOWN} nearest of {len(kept)}.", Tone.QUIET))
    buttons = [WHY]
    if open_ones and not portfolio.spec.priced:
        blocks.append(Text("Without prices no stop can be set on this account.", Tone.QUIET))
    elif open_ones:
        names = ", ".join(r.symbol for r in open_ones)
        blocks.append(Text(f"Without a stop: {names}. Give each one 2 ATR away: `#set-stops`", Tone.WARNING))
        buttons.insert(0, Button("Prepare stops", "#set-stops"))
    blocks += [*held_note(ctx, sheet), *unpriced_note(portfolio), as_of(portfolio, ctx.zone), Buttons(tuple(buttons))]
    write_facts(sheet, portfolio, found[:EVERY_FACT])
    return Reply(tuple(blocks), facts=sheet.facts)


def empty(ctx: Ctx, portfolio: Portfolio) -> Reply:
    """The answer about an account that holds nothing, with what to type."""
    sheet = Sheet.of(portfolio)
    cash = sheet.money("cash", portfolio.cash, "sum of the ledger's amounts")
    sheet.count("positions", 0)
    sheet.money("equity", portfolio.equity, "cash + value of the positions")
    lead = Text(f"Account {portfolio.spec.name} holds no position; it has {cash} in cash.", Tone.LEAD)
    if not ctx.floor.book.entries:
        say = "To begin, bring your transactions with `foliopilot import FILE.csv`" + (
            ", or buy: `#buy SPY 5`" if portfolio.cash > 0 else ""
        )
    else:
        say = "To buy: `#buy SPY 5`. What was traded: `/journal`"
    return Reply((lead, Text(say), as_of(portfolio, ctx.zone), Buttons((Button("Examples", "/examples"),))), facts=sheet.facts)


def write_totals(sheet: Sheet, portfolio: Portfolio) -> None:
    """The account's totals as facts: cash and realised P/L, and where there are prices equity, value, day and unrealised P/L."""
    figures = measured(portfolio)
    cash = sheet.money("cash", portfolio.cash, "sum of the ledger's amounts")
    if portfolio.quotes or not figures.rows:
        value = _value(sheet, figures)
        sheet.money("equity", figures.equity, "cash + value of the positions", (("cash", cash), ("positions value", value)))
        write_day(sheet, portfolio)
        parts = tuple((r.symbol, money_text(r.unrealised, sheet.currency, sign=True)) for r in figures.rows[:SHOWN] if r.quote)
        sheet.money("unrealised P/L", figures.unrealised, "sum of (last - average price) * quantity", parts)
    sheet.money("realised P/L", portfolio.realised, "sum over closing trades of price gain, plus dividends, less every fee")


def write_day(sheet: Sheet, portfolio: Portfolio) -> str:
    """The day's P/L as facts, and as the middle of a sentence: `down $412.30 (−0.83%)`."""
    figures = measured(portfolio)
    parts = sorted(figures.day.items(), key=lambda kv: -abs(kv[1]))[:SHOWN]
    inputs = tuple((symbol, money_text(pl, sheet.currency, sign=True)) for symbol, pl in parts)
    text = sheet.money("day P/L", figures.day_total, f"sum over positions of: {DAY}", inputs, sign=True)
    now = (("day P/L", text), ("equity", money_text(figures.equity, sheet.currency)))
    percent = sheet.percent("day P/L %", figures.day_share, "day P/L / (equity - day P/L - today's deposits)", now)
    return f"{moved_text(money_text(abs(figures.day_total), sheet.currency), figures.day_total)} ({percent})"


def _value(sheet: Sheet, figures: Measured) -> str:
    """The value of all positions, with the largest of them as inputs."""
    parts = tuple((r.symbol, f"{_held_text(r)} = {money_text(r.value, sheet.currency)}") for r in figures.rows[:SHOWN] if r.quote)
    return sheet.money("positions value", figures.net, "sum of quantity * last", parts)


def _positions_lead(sheet: Sheet, portfolio: Portfolio) -> str:
    figures = measured(portfolio)
    count = sheet.count("positions", len(figures.rows))
    noun = "position" if len(figures.rows) == 1 else "positions"
    if not portfolio.spec.priced or len(portfolio.unpriced) == len(figures.rows):
        cost = sheet.money("positions cost", sum((r.cost for r in figures.rows), ZERO), "sum of quantity * average price")
        write_totals(sheet, portfolio)
        return f"{count} {noun} that cost {cost}. This account has no prices here, so there is no value and no P/L."
    value = _value(sheet, figures)
    write_totals(sheet, portfolio)
    return f"{count} {noun} worth {value}; {write_day(sheet, portfolio)} today."


def _tables(shown: Sequence[Row], *, simulated: bool) -> list[Block]:
    """Two tables of four columns for positions with a price, one with the cost for those without."""
    blocks: list[Block] = []
    priced = [r for r in shown if r.quote is not None]
    if priced:
        money = tuple((r.symbol, bare(r.value), bare(r.unrealised, sign=True), bare_percent(r.gain)) for r in priced)
        blocks.append(Table(("Sym", "Value $", "P/L $", "P/L %"), money, (1, 2, 3), title=_title("Value and P/L", simulated)))
        held = tuple((r.symbol, _held_text(r), bare_percent(r.weight, sign=False, places=1), stop_text(r)) for r in priced)
        blocks.append(Table(("Sym", "Qty × last", "Wt %", "Stop"), held, (1, 2, 3), title=_title("Size and stop", simulated)))
    costed = [r for r in shown if r.quote is None]
    if costed:
        cells = tuple((r.symbol, quantity_text(r.position.quantity), price_text(r.paid), bare(r.cost)) for r in costed)
        blocks.append(Table(("Sym", "Qty", "Avg $", "Cost $"), cells, (1, 2, 3), title="Quantities and cost"))
    return blocks


def _held_text(row: Row) -> str:
    return f"{quantity_text(row.position.quantity)} × {price_text(row.quote.last)}" if row.quote else ""


def _title(text: str, simulated: bool) -> str:
    return f"{text} (simulated)" if simulated else text


def _summary_lead(sheet: Sheet, portfolio: Portfolio) -> str:
    name, figures = portfolio.spec.name, measured(portfolio)
    cash = sheet.money("cash", portfolio.cash, "sum of the ledger's amounts")
    if not portfolio.quotes and figures.rows:
        cost = sheet.money("positions cost", sum((r.cost for r in figures.rows), ZERO), "sum of quantity * average price")
        held = plural(len(figures.rows), "position")
        return f"Account {name} has {cash} in cash and {held} that cost {cost}; there are no prices for it here."
    write_totals(sheet, portfolio)
    return f"Account {name} is worth {money_text(figures.equity, sheet.currency)}; {write_day(sheet, portfolio)} today."


def _summary_rows(sheet: Sheet, portfolio: Portfolio) -> tuple[tuple[str, str], ...]:
    figures = measured(portfolio)
    cash = money_text(portfolio.cash, sheet.currency)
    if portfolio.quotes:
        cash += f" ({sheet.percent('cash weight', ratio(portfolio.cash, figures.equity), 'cash / equity', sign=False, places=1)})"
    out = [
        ("Cash", cash),
        ("Buying power", sheet.money("buying power", portfolio.buying_power, "cash - what open buy orders would take, at least zero")),
        ("Positions", sheet.count("positions", len(figures.rows))),
    ]
    if portfolio.quotes:
        gross = sheet.percent("gross exposure", ratio(figures.gross, figures.equity), "sum of |value| / equity", sign=False)
        out += [
            ("Invested", f"{_value(sheet, figures)} (gross {gross})"),
            ("Unrealised", money_text(figures.unrealised, sheet.currency, sign=True)),
        ]
    out.append(("Realised", sheet.money("realised P/L", portfolio.realised, "price gains of closing trades + dividends - fees", sign=True)))
    priced = [r for r in figures.rows if r.quote is not None]
    if priced:
        out.append(("Largest", f"{priced[0].symbol}, {percent_text(priced[0].weight, sign=False, places=1)} of equity"))
    waiting = [o for o in portfolio.orders if o.open]
    kept = sum(1 for o in waiting if o.protective and not o.held)
    count, protective = sheet.count("open orders", len(waiting)), sheet.count("protective orders", kept)
    out.append(("Open orders", f"{count}, {protective} of them protective" if waiting else count))
    if portfolio.halted:
        out.append(("Trading", "HALTED; closing and cancelling go on"))
    return tuple(out)


def _distance(row: Row) -> Decimal | None:
    """How far the stop is from the last price, as a fraction of it; None where either is unknown."""
    if row.stop is None or row.stop.stop is None or row.quote is None or row.quote.last <= 0:
        return None
    return abs(row.quote.last - row.stop.stop) / row.quote.last


def _nearness(row: Row) -> tuple[bool, Decimal, str]:
    distance = _distance(row)
    return (distance is None, distance or ZERO, row.symbol)


def _stop_row(sheet: Sheet, row: Row) -> tuple[str, str, str, str]:
    distance = _distance(row)
    away = "–"
    if distance is not None:
        sheet.percent(f"{row.symbol} stop distance", distance, "|last - stop| / last", sign=False)
        away = bare_percent(distance, sign=False)
    return row.symbol, price_text(row.quote.last) if row.quote else "–", stop_text(row), away
