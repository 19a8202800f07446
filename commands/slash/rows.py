"""The positions of a snapshot as rows: every figure of a position computed once, in one pass over the book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from commands.slash.sheet import Sheet, price_text, quote_inputs, ratio
from domain.instruments import Instrument
from domain.market import Quote
from domain.money import ZERO, money_text, plain
from domain.orders import Order, OrderType
from domain.portfolio import Portfolio, Position

STOPS = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING)


@dataclass(frozen=True, slots=True)
class Row:
    """One position with its figures. `weight` and `gain` are fractions; without a quote all figures but `cost` are zero."""

    position: Position
    instrument: Instrument | None
    quote: Quote | None
    value: Decimal
    weight: Decimal
    unrealised: Decimal
    gain: Decimal
    cost: Decimal
    stop: Order | None

    @property
    def symbol(self) -> str:
        """Its symbol."""
        return self.position.symbol


def rows(portfolio: Portfolio) -> tuple[Row, ...]:
    """Every position, the largest market value first, those without a price last; linear in the size of the book."""
    equity = portfolio.equity
    stops = {o.symbol: o for o in reversed(portfolio.orders) if o.open and o.reduce_only and o.type in STOPS}
    found = [_row(portfolio, p, equity, stops.get(p.symbol)) for p in portfolio.positions]
    return tuple(sorted(found, key=lambda r: (r.quote is None, -abs(r.value), -abs(r.cost), r.symbol)))


def _row(portfolio: Portfolio, position: Position, equity: Decimal, stop: Order | None) -> Row:
    symbol = position.symbol
    instrument, quote = portfolio.instruments.get(symbol), portfolio.quotes.get(symbol)
    size = position.quantity * (instrument.multiplier if instrument else 1)
    cost = size * position.average_price
    value = size * quote.last if quote else ZERO
    unrealised = value - cost if quote else ZERO
    return Row(position, instrument, quote, value, ratio(value, equity), unrealised, ratio(unrealised, abs(cost)), cost, stop)


def stop_text(row: Row) -> str:
    """A stop as a column shows it: its price, `2%` or `3.10` behind for a trailing one, a dash when there is none."""
    if row.stop is None:
        return "–"
    if row.stop.stop is not None:
        return price_text(row.stop.stop)
    if row.stop.trail_percent is not None:
        return f"{plain(row.stop.trail_percent * 100)}%"
    return f"{price_text(row.stop.trail)}↓" if row.stop.trail is not None else "–"


def write_facts(sheet: Sheet, portfolio: Portfolio, shown: Sequence[Row]) -> None:
    """The facts of positions: quantity, average price and cost, and with a quote last, value, weight, P/L and P/L today."""
    equity = money_text(portfolio.equity, sheet.currency)
    for row in shown:
        symbol, position, quote = row.symbol, row.position, row.quote
        sheet.quantity(f"{symbol} quantity", position.quantity, row.instrument)
        sheet.price(
            f"{symbol} average price", position.average_price, source="ledger", formula="cost of what is held / quantity, without fees"
        )
        held = (("quantity", plain(position.quantity)), ("average price", price_text(position.average_price)))
        sheet.money(f"{symbol} cost", row.cost, "quantity * average price", held)
        if quote is not None:
            _priced_facts(sheet, portfolio, row, quote, equity, held)


def _priced_facts(sheet: Sheet, portfolio: Portfolio, row: Row, quote: Quote, equity: str, held: tuple[tuple[str, str], ...]) -> None:
    symbol, at = row.symbol, quote.at
    inputs = held + quote_inputs(quote)
    value = money_text(row.value, sheet.currency)
    sheet.price(f"{symbol} last", quote.last, source=f"{quote.source} quote", at=at)
    sheet.money(f"{symbol} value", row.value, "quantity * last", inputs, at=at)
    sheet.percent(f"{symbol} weight", row.weight, "value / equity", (("value", value), ("equity", equity)), at=at)
    sheet.money(f"{symbol} P/L", row.unrealised, "(last - average price) * quantity", inputs, at=at)
    sheet.percent(f"{symbol} P/L %", row.gain, "P/L / |cost|", (("cost", money_text(row.cost, sheet.currency)),), at=at)
    before = portfolio.previous_close.get(symbol)
    since = (("previous close", price_text(before)),) if before is not None else ()
    today = "quantity * last - quantity at the previous close * previous close + cash of today's entries"
    sheet.money(f"{symbol} P/L today", portfolio.day_pl(symbol), today, inputs + since, at=at)
    if row.stop is not None and row.stop.stop is not None:
        sheet.price(f"{symbol} stop", row.stop.stop, source=f"open order {row.stop.client_id}")
