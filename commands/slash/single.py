"""One position, looked at closely."""

from __future__ import annotations

from commands.context import Ctx
from commands.slash.rows import measured, stop_text, write_facts
from commands.slash.sheet import Sheet, as_of, moved_text, price_text
from domain.chat import Button, Buttons, KeyValues, Reply, Text, Tone
from domain.errors import NoPosition
from domain.money import money_text, percent_text, quantity_text
from domain.portfolio import Portfolio

WHY = Button("Why", "/why")


def one_position(ctx: Ctx, portfolio: Portfolio, symbol: str) -> Reply:
    """The answer about one position; raises NoPosition naming what is held."""
    found = measured(portfolio).rows
    row = next((r for r in found if r.symbol == symbol), None)
    if row is None:
        held = ", ".join(r.symbol for r in found[:6])
        raise NoPosition(f"You hold no {symbol}. You hold {held}.", example=f"/positions {found[0].symbol}" if found else "/positions")
    sheet = Sheet.of(portfolio)
    write_facts(sheet, portfolio, (row,))
    size = f"{quantity_text(row.position.quantity)} {row.instrument.unit if row.instrument else 'shares'}"
    paid = money_text(abs(row.cost), sheet.currency)
    average = f"{price_text(row.paid)} a piece"
    if row.quote is None:
        lead = Text(f"You hold {size} of {symbol} that cost {paid}; it has no price here.", Tone.LEAD)
        return Reply((lead, KeyValues((("Cost", f"{paid}, {average}"),)), as_of(portfolio, ctx.zone), Buttons((WHY,))), facts=sheet.facts)
    today = measured(portfolio).day[symbol]
    said = (
        f"You hold {size} of {symbol} worth {money_text(row.value, sheet.currency)}, {percent_text(row.weight, sign=False)} of equity; "
        f"{moved_text(money_text(abs(row.unrealised), sheet.currency), row.unrealised)} ({percent_text(row.gain)}) in all, "
        f"{moved_text(money_text(abs(today), sheet.currency), today)} today."
    )
    values = (
        ("Last", f"${price_text(row.quote.last)}"),
        ("Cost", f"{paid}, {average}"),
        ("Stop", stop_text(row)),
        ("Target", _target(sheet, portfolio, symbol)),
    )
    line = f"#{symbol} stop 5%" if row.stop is None else f"#{symbol} close 50%"
    advice = Text(f"It has no stop: `{line}`" if row.stop is None else f"To close half: `{line}`")
    buttons = Buttons((Button("Prepare", line), Button("Chart", f"/chart {symbol}"), Button("News", f"/news {symbol}"), WHY))
    return Reply((Text(said, Tone.LEAD), KeyValues(values), advice, as_of(portfolio, ctx.zone), buttons), facts=sheet.facts)


def _target(sheet: Sheet, portfolio: Portfolio, symbol: str) -> str:
    order = portfolio.target(symbol)
    if order is None or order.limit is None:
        return "–"
    return sheet.price(f"{symbol} target", order.limit, source=f"open order {order.client_id}")
