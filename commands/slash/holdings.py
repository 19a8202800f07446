"""What is held: the positions, the account in one look, and the stops."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from commands.context import Ctx
from commands.registry import command
from commands.slash.rows import Row, rows, stop_text, write_facts
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
from domain.chat import Block, Button, Buttons, KeyValues, Reply, Table, Text, Tone
from domain.ledger import EntryKind
from domain.money import ZERO, money_text, percent_text, quantity_text
from domain.portfolio import Portfolio

SHOWN = 8
EVERY_FACT = 25  # up to this many positions a short answer carries the facts of all of them; beyond, of those shown
HEAVY = Decimal("0.20")  # the weight above which one position is called heavy
WHY = Button("Why", "/why")
DAY = "value now - value at the previous close + cash of today's entries"


@command("Portfolio", examples=("/positions", "/positions all"))
async def positions(ctx: Ctx, which: Literal["top", "all"] = "top") -> Reply:
    """What you hold: value, P/L, weight and stop of each position."""
    portfolio = await ctx.portfolio()
    if not portfolio.positions:
        return empty(ctx, portfolio)
    found = rows(portfolio)
    shown = found if which == "all" else found[:SHOWN]
    sheet = Sheet.of(portfolio)
    blocks: list[Block] = [Text(_positions_lead(sheet, portfolio, found), Tone.LEAD)]
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
    lead = _summary_lead(sheet, portfolio, found)
    values = _summary_rows(sheet, portfolio, found)
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
        cells = tuple(_stop_row(sheet, r) for r in kept)
        blocks.append(Table(("Sym", "Last $", "Stop $", "Away %"), cells, (1, 2, 3), title=_title("Stops", portfolio.simulated)))
    buttons = [WHY]
    if open_ones:
        names = ", ".join(r.symbol for r in open_ones)
        blocks.append(Text(f"Without a stop: {names}. Give each one 2 ATR away: `#set-stops`", Tone.WARNING))
        buttons.insert(0, Button("Prepare stops", "#set-stops"))
    blocks += [*unpriced_note(portfolio), as_of(portfolio, ctx.zone), Buttons(tuple(buttons))]
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


def day_fraction(portfolio: Portfolio) -> Decimal:
    """Day P/L over the equity it was made on: equity now less that P/L and less today's deposits and withdrawals."""
    flows = sum((e.amount for e in portfolio.today if e.kind in (EntryKind.DEPOSIT, EntryKind.WITHDRAWAL)), ZERO)
    total = portfolio.day_total
    return ratio(total, portfolio.equity - total - flows)


def write_totals(sheet: Sheet, portfolio: Portfolio, found: Sequence[Row]) -> None:
    """The account's totals as facts: equity, cash, positions value, day, unrealised and realised P/L."""
    cash, value = money_text(portfolio.cash, sheet.currency), money_text(portfolio.net_exposure, sheet.currency)
    sheet.money("equity", portfolio.equity, "cash + value of the positions", (("cash", cash), ("positions value", value)))
    sheet.money("cash", portfolio.cash, "sum of the ledger's amounts")
    if portfolio.quotes:
        write_day(sheet, portfolio)
        sheet.money("unrealised P/L", sum((r.unrealised for r in found), ZERO), "sum of (last - average price) * quantity")
    sheet.money("realised P/L", portfolio.realised, "sum over closing trades of price gain, plus dividends, less every fee")


def write_day(sheet: Sheet, portfolio: Portfolio) -> tuple[str, str]:
    """The day's P/L as facts, and as texts: the amount without sign and the percentage with it."""
    total = portfolio.day_total
    sheet.money("day P/L", total, f"sum over positions of: {DAY}")
    percent = sheet.percent("day P/L %", day_fraction(portfolio), "day P/L / (equity - day P/L - today's deposits)")
    return money_text(abs(total), sheet.currency), percent


def _positions_lead(sheet: Sheet, portfolio: Portfolio, found: Sequence[Row]) -> str:
    count = sheet.count("positions", len(found))
    noun = plural(len(found), "position").split(" ", 1)[1]
    if not portfolio.spec.priced or len(portfolio.unpriced) == len(found):
        cost = sheet.money("positions cost", sum((r.cost for r in found), ZERO), "sum of quantity * average price")
        write_totals(sheet, portfolio, found)
        return f"{count} {noun} that cost {cost}. This account has no prices here, so there is no value and no P/L."
    value = sheet.money("positions value", portfolio.net_exposure, "sum of quantity * last")
    write_totals(sheet, portfolio, found)
    day, percent = write_day(sheet, portfolio)
    return f"{count} {noun} worth {value}; {moved_text(day, portfolio.day_total)} ({percent}) today."


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
        cells = tuple((r.symbol, quantity_text(r.position.quantity), price_text(r.position.average_price), bare(r.cost)) for r in costed)
        blocks.append(Table(("Sym", "Qty", "Avg $", "Cost $"), cells, (1, 2, 3), title="Quantities and cost"))
    return blocks


def _held_text(row: Row) -> str:
    return f"{quantity_text(row.position.quantity)} × {price_text(row.quote.last)}" if row.quote else ""


def _title(text: str, simulated: bool) -> str:
    return f"{text} (simulated)" if simulated else text


def _summary_lead(sheet: Sheet, portfolio: Portfolio, found: Sequence[Row]) -> str:
    name = portfolio.spec.name
    cash = sheet.money("cash", portfolio.cash, "sum of the ledger's amounts")
    if not portfolio.quotes and found:
        cost = sheet.money("positions cost", sum((r.cost for r in found), ZERO), "sum of quantity * average price")
        return f"Account {name} has {cash} in cash and {plural(len(found), 'position')} that cost {cost}; there are no prices for it here."
    write_totals(sheet, portfolio, found)
    equity = money_text(portfolio.equity, sheet.currency)
    day, percent = write_day(sheet, portfolio)
    return f"Account {name} is worth {equity}; {moved_text(day, portfolio.day_total)} ({percent}) today."


def _summary_rows(sheet: Sheet, portfolio: Portfolio, found: Sequence[Row]) -> tuple[tuple[str, str], ...]:
    share = sheet.percent("cash weight", ratio(portfolio.cash, portfolio.equity), "cash / equity", sign=False, places=1)
    out = [
        (
            "Cash",
            f"{money_text(portfolio.cash, sheet.currency)} ({share})" if portfolio.quotes else money_text(portfolio.cash, sheet.currency),
        ),
        ("Buying power", sheet.money("buying power", portfolio.buying_power, "cash - what open buy orders would take, at least zero")),
        ("Positions", sheet.count("positions", len(found))),
    ]
    if portfolio.quotes:
        gross = sheet.percent("gross exposure", ratio(portfolio.gross_exposure, portfolio.equity), "sum of |value| / equity", sign=False)
        unrealised = sum((r.unrealised for r in found), ZERO)
        out += [
            ("Invested", f"{sheet.money('positions value', portfolio.net_exposure, 'sum of quantity * last')} (gross {gross})"),
            ("Unrealised", sheet.money("unrealised P/L", unrealised, "sum of (last - average price) * quantity", sign=True)),
        ]
    out.append(("Realised", sheet.money("realised P/L", portfolio.realised, "price gains of closing trades + dividends - fees", sign=True)))
    priced = [r for r in found if r.quote is not None]
    if priced:
        out.append(("Largest", f"{priced[0].symbol}, {percent_text(priced[0].weight, sign=False, places=1)} of equity"))
    waiting = [o for o in portfolio.orders if o.open]
    kept = sum(1 for o in waiting if o.protective)
    out.append(("Open orders", f"{sheet.count('open orders', len(waiting))}, {sheet.count('protective orders', kept)} of them protective"))
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
