"""The positions of a snapshot as rows: every figure of a position computed once, in one pass over the book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from commands.slash.sheet import Sheet, price_text, quote_inputs, ratio
from domain.instruments import Instrument
from domain.ledger import EntryKind
from domain.market import Quote
from domain.money import ONE, ZERO, money_text, plain
from domain.orders import STOPS, Order
from domain.portfolio import Portfolio, Position

PAID = Decimal("0.0001")


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

    @property
    def paid(self) -> Decimal:
        """The average price, at most to a hundredth of a cent."""
        return self.position.average_price.quantize(PAID) if self.position.average_price > ONE else self.position.average_price


@dataclass(frozen=True, slots=True)
class Measured:
    """A snapshot's figures, each computed once. `day` is the P/L since the previous close by symbol, held or traded today.

    `day_share` is the day P/L over the equity it was made on: equity now less that P/L and less today's deposits and withdrawals.
    """

    rows: tuple[Row, ...]
    equity: Decimal
    net: Decimal
    gross: Decimal
    unrealised: Decimal
    day: Mapping[str, Decimal]
    day_total: Decimal
    day_share: Decimal


class _Same:
    """A snapshot as a key: equal only to itself, so that what was measured of it is found again without comparing books."""

    __slots__ = ("portfolio",)

    def __init__(self, portfolio: Portfolio) -> None:
        self.portfolio = portfolio

    def __hash__(self) -> int:
        return id(self.portfolio)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.portfolio is self.portfolio


def measured(portfolio: Portfolio) -> Measured:
    """Every figure of a snapshot, the rows with the largest market value first and those without a price last; linear, and kept."""
    return _measured(_Same(portfolio))


def rows(portfolio: Portfolio) -> tuple[Row, ...]:
    """Every position, the largest market value first, those without a price last."""
    return measured(portfolio).rows


@lru_cache(maxsize=8)
def _measured(same: _Same) -> Measured:
    portfolio = same.portfolio
    equity = portfolio.equity
    stops = _nearest_stops(portfolio.orders)
    found = [_row(portfolio, p, equity, stops.get(p.symbol)) for p in portfolio.positions]
    day = {symbol: portfolio.day_pl(symbol) for symbol in portfolio.day_symbols}
    fees = sum((e.amount for e in portfolio.today if e.symbol is None and e.kind is EntryKind.FEE), ZERO)
    flows = sum((e.amount for e in portfolio.today if e.kind in (EntryKind.DEPOSIT, EntryKind.WITHDRAWAL)), ZERO)
    total = sum(day.values(), fees)
    return Measured(
        rows=tuple(sorted(found, key=lambda r: (r.quote is None, -abs(r.value), -abs(r.cost), r.symbol))),
        equity=equity,
        net=equity - portfolio.cash,
        gross=sum((abs(r.value) for r in found), ZERO),
        unrealised=sum((r.unrealised for r in found), ZERO),
        day=day,
        day_total=total,
        day_share=ratio(total, equity - total - flows),
    )


def _nearest_stops(orders: Sequence[Order]) -> dict[str, Order]:
    """Of each symbol's stops at the broker the one that the price meets first."""
    found: dict[str, Order] = {}
    for order in orders:
        if order.open and not order.held and order.reduce_only and order.type in STOPS:
            other = found.get(order.symbol)
            nearer = other is None or (order.stop is not None and (other.stop is None or (other.stop - order.stop) * order.side.sign > 0))
            if nearer:
                found[order.symbol] = order
    return found


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
    figures = measured(portfolio)
    equity = money_text(figures.equity, sheet.currency)
    for row in shown:
        symbol, position, quote = row.symbol, row.position, row.quote
        sheet.quantity(f"{symbol} quantity", position.quantity, row.instrument)
        sheet.price(f"{symbol} average price", row.paid, source="ledger", formula="cost of what is held / quantity, without fees")
        held = (("quantity", plain(position.quantity)), ("average price", price_text(row.paid)))
        sheet.money(f"{symbol} cost", row.cost, "quantity * average price", held)
        if quote is not None:
            _priced_facts(sheet, portfolio, row, quote, equity, held, figures.day[symbol])


def _priced_facts(
    sheet: Sheet, portfolio: Portfolio, row: Row, quote: Quote, equity: str, held: tuple[tuple[str, str], ...], day: Decimal
) -> None:
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
    sheet.money(f"{symbol} P/L today", day, today, inputs + since, at=at)
    if row.stop is not None:
        _stop_facts(sheet, symbol, row.stop)


def _stop_facts(sheet: Sheet, symbol: str, stop: Order) -> None:
    source = f"open order {stop.client_id}"
    if stop.stop is not None:
        sheet.price(f"{symbol} stop", stop.stop, source=source)
    elif stop.trail_percent is not None:
        sheet.keep(f"{symbol} trailing distance", stop.trail_percent * 100, "%", source=source)
    elif stop.trail is not None:
        sheet.price(f"{symbol} trailing distance", stop.trail, source=source)
