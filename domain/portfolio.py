"""One consistent snapshot of an account: its positions, open orders and quotes at an instant, and the figures that follow from it alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.instruments import Instrument
from domain.ledger import Entry, EntryKind
from domain.market import Quote
from domain.money import ZERO
from domain.orders import STOPS, Order, OrderType


class Mode(StrEnum):
    """Whose money: nobody's (demo and paper) or the reader's (live)."""

    DEMO = "demo"
    PAPER = "paper"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class AccountSpec:
    """An account as it is set up: its name, where it trades and what it allows. `priced` False means quantities and cost only."""

    name: str
    mode: Mode
    broker: str = "paper"
    currency: str = "USD"
    shorting: bool = False
    priced: bool = True


@dataclass(frozen=True, slots=True)
class Position:
    """A net holding: `quantity` negative when short, `average_price` per unit, `realised` P/L booked on it so far, fees included."""

    symbol: str
    quantity: Decimal
    average_price: Decimal
    realised: Decimal
    fees: Decimal
    opened: datetime


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Everything a calculation may use, at one instant.

    `positions` are the open ones by symbol; `realised` is the account's whole realised P/L. `previous_close` and `today` (the ledger
    entries since the last session's close) are what day P/L needs. A symbol without a quote is in `unpriced` and in no total.
    """

    spec: AccountSpec
    at: datetime
    cash: Decimal
    positions: tuple[Position, ...]
    orders: tuple[Order, ...]
    quotes: Mapping[str, Quote]
    instruments: Mapping[str, Instrument]
    realised: Decimal = ZERO
    previous_close: Mapping[str, Decimal] = field(default_factory=dict)
    today: tuple[Entry, ...] = ()
    halted: bool = False
    _held: Mapping[str, Position] = field(init=False, repr=False, compare=False)
    _equity: Decimal = field(init=False, repr=False, compare=False)  # asked for by every weight

    def __post_init__(self) -> None:
        object.__setattr__(self, "_held", {p.symbol: p for p in self.positions})
        object.__setattr__(self, "_equity", self.cash + self.net_exposure)

    def position(self, symbol: str) -> Position | None:
        """The open position in a symbol, or None."""
        return self._held.get(symbol)

    @property
    def unpriced(self) -> tuple[str, ...]:
        """Held symbols without a quote."""
        return tuple(p.symbol for p in self.positions if p.symbol not in self.quotes)

    @property
    def complete(self) -> bool:
        """True when every position has a price."""
        return not self.unpriced

    @property
    def simulated(self) -> bool:
        """True when any price in it is generated."""
        return any(q.simulated for q in self.quotes.values())

    def multiplier(self, symbol: str) -> Decimal:
        """Contract multiplier, 1 for an unknown instrument."""
        instrument = self.instruments.get(symbol)
        return instrument.multiplier if instrument else Decimal(1)

    def value(self, symbol: str) -> Decimal:
        """Signed market value at the last price; zero when not held or not priced."""
        position, quote = self.position(symbol), self.quotes.get(symbol)
        if position is None or quote is None:
            return ZERO
        return position.quantity * quote.last * self.multiplier(symbol)

    def unrealised(self, symbol: str) -> Decimal:
        """(last - average price) * quantity; zero when not held or not priced."""
        position, quote = self.position(symbol), self.quotes.get(symbol)
        if position is None or quote is None:
            return ZERO
        return (quote.last - position.average_price) * position.quantity * self.multiplier(symbol)

    @property
    def net_exposure(self) -> Decimal:
        """Sum of signed market values."""
        return sum((self.value(p.symbol) for p in self.positions), ZERO)

    @property
    def gross_exposure(self) -> Decimal:
        """Sum of absolute market values."""
        return sum((abs(self.value(p.symbol)) for p in self.positions), ZERO)

    @property
    def equity(self) -> Decimal:
        """Cash plus market value of every priced position."""
        return self._equity

    def weight(self, symbol: str) -> Decimal:
        """Signed market value over equity; zero when equity is not positive."""
        return self.value(symbol) / self.equity if self.equity > 0 else ZERO

    @property
    def buying_power(self) -> Decimal:
        """Cash less what open buy orders would take at their limit, stop or last price; never below zero."""
        held = ZERO
        for order in self.orders:
            if order.open and order.side.sign > 0 and not order.reduce_only:
                quote = self.quotes.get(order.symbol)
                price = order.limit or order.stop or (quote.ask if quote else ZERO)
                held += order.left * price * self.multiplier(order.symbol)
        return max(self.cash - held, ZERO)

    def day_pl(self, symbol: str) -> Decimal:
        """P/L since the previous close: value now, less value then, plus the cash today's entries brought (fees and dividends included).

        The quantity then is the quantity now less today's trades. Zero without a quote; without a previous close the last price stands in.
        """
        quote = self.quotes.get(symbol)
        if quote is None:
            return ZERO
        position = self.position(symbol)
        quantity = position.quantity if position else ZERO
        entries = [e for e in self.today if e.symbol == symbol]
        traded = sum((e.side.sign * e.quantity for e in entries if e.kind is EntryKind.TRADE and e.side), ZERO)
        flows = sum((e.amount for e in entries), ZERO)
        before = self.previous_close.get(symbol, quote.last)
        return (quantity * quote.last - (quantity - traded) * before) * self.multiplier(symbol) + flows

    @property
    def day_symbols(self) -> tuple[str, ...]:
        """Symbols that can have a P/L today: held now, or traded today."""
        held = [p.symbol for p in self.positions]
        return tuple(dict.fromkeys(held + [e.symbol for e in self.today if e.symbol]))

    @property
    def day_total(self) -> Decimal:
        """Day P/L over every symbol held or traded today, plus account fees without a symbol."""
        loose = sum((e.amount for e in self.today if e.symbol is None and e.kind is EntryKind.FEE), ZERO)
        return sum((self.day_pl(s) for s in self.day_symbols), ZERO) + loose

    def protection(self, symbol: str) -> tuple[Order, ...]:
        """Open reduce-only orders on a symbol: stops, trailing stops and targets. What is held back protects nothing yet."""
        return tuple(o for o in self.orders if o.symbol == symbol and o.open and o.protective and not o.held)

    def stop(self, symbol: str) -> Order | None:
        """The open protective stop or trailing stop on a symbol, or None."""
        return next((o for o in self.protection(symbol) if o.type in STOPS), None)

    def target(self, symbol: str) -> Order | None:
        """The open target (reduce-only limit) on a symbol, or None."""
        return next((o for o in self.protection(symbol) if o.type is OrderType.LIMIT), None)

    def sectors(self) -> dict[str, Decimal]:
        """Gross market value by sector, largest first."""
        sums: dict[str, Decimal] = {}
        for p in self.positions:
            instrument = self.instruments.get(p.symbol)
            sector = instrument.sector if instrument else "Unknown"
            sums[sector] = sums.get(sector, ZERO) + abs(self.value(p.symbol))
        return dict(sorted(sums.items(), key=lambda kv: (-kv[1], kv[0])))
