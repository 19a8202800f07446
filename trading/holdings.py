"""Holdings: what the ledger adds up to, by average cost.

How it is counted:
- An entry that adds to a holding adds its price to the average cost; fees are not part of the cost.
- An entry that takes from a holding realises (price - average) * quantity taken, with the opposite sign for a short one.
- Every fee is realised when it is paid, on the way in as on the way out, and so are dividends. The P/L an entry books is therefore the
  price gain of the part it closed, plus dividends, less its whole fee; of a first buy it is minus its fee.
- An entry that crosses zero closes the old holding first and opens the other with the rest; its fee is split by quantity.
- A split multiplies the quantity and divides the average; cost and cash stay.

So at every line of the ledger: cash + cost of what is held = deposits - withdrawals + realised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from domain.ledger import Entry, EntryKind
from domain.money import ONE, ZERO
from domain.portfolio import Position

Multiplier = Callable[[str], Decimal]
FINEST = Decimal("1E-12")  # no instrument is divided further


def one(symbol: str) -> Decimal:
    """The contract multiplier of everything that is not a derivative."""
    return ONE


@dataclass(frozen=True, slots=True)
class Round:
    """One holding from flat to flat: `side` is +1 for a long one, `quantity` the most that was held, `realised` after `fees`."""

    symbol: str
    side: int
    quantity: Decimal
    opened: datetime
    closed: datetime
    realised: Decimal
    fees: Decimal


@dataclass(frozen=True, slots=True)
class _Lot:
    """A running holding: `cost` is signed like the quantity, so that adding a sale to a short one adds to both."""

    quantity: Decimal
    cost: Decimal
    realised: Decimal
    fees: Decimal
    opened: datetime
    most: Decimal


@dataclass(slots=True)
class Holdings:
    """The running sum of a ledger. `add` takes the next entry; `realised` is the account's whole P/L, fees and dividends included."""

    multiplier: Multiplier = one
    cash: Decimal = ZERO
    realised: Decimal = ZERO
    deposited: Decimal = ZERO
    closed: list[Round] = field(default_factory=list)
    _lots: dict[str, _Lot] = field(default_factory=dict)
    _positions: tuple[Position, ...] | None = None
    _made: dict[str, tuple[_Lot, Position]] = field(default_factory=dict)  # shared by copies: a position is that of its lot

    @property
    def positions(self) -> tuple[Position, ...]:
        """Open positions by symbol; the same tuple until something is added."""
        if self._positions is None:
            self._positions = tuple(self._position(s) for s in sorted(self._lots))
        return self._positions

    def position(self, symbol: str) -> Position | None:
        """The open position in a symbol, or None."""
        return self._position(symbol) if symbol in self._lots else None

    def quantity(self, symbol: str) -> Decimal:
        """Net quantity, zero when flat."""
        lot = self._lots.get(symbol)
        return lot.quantity if lot else ZERO

    def copy(self) -> Holdings:
        """An independent copy, to try an entry on."""
        return Holdings(self.multiplier, self.cash, self.realised, self.deposited, list(self.closed), dict(self._lots), _made=self._made)

    def add(self, entry: Entry) -> Decimal:
        """Count the next entry and return the P/L it books."""
        before = self.realised
        self._positions = None
        self.cash += entry.amount
        match entry.kind:
            case EntryKind.TRADE:
                self._trade(entry)
            case EntryKind.DEPOSIT | EntryKind.WITHDRAWAL:
                self.deposited += entry.amount
            case EntryKind.DIVIDEND | EntryKind.FEE:
                self._income(entry)
            case EntryKind.SPLIT:
                self._split(entry)
        return self.realised - before

    def _trade(self, entry: Entry) -> None:
        if entry.symbol is None or entry.side is None:
            raise ValueError(f"trade {entry.id} names no symbol or side")
        signed = entry.side.sign * entry.quantity
        held = self.quantity(entry.symbol)
        if held * signed >= 0:
            self._open(entry.symbol, signed, entry, entry.fee)
            return
        closing = min(abs(signed), abs(held))
        fee = entry.fee if closing == abs(signed) else entry.fee * closing / abs(signed)
        self._close(entry.symbol, closing if signed > 0 else -closing, entry, fee)
        if closing < abs(signed):
            self._open(entry.symbol, signed + held, entry, entry.fee - fee)

    def _open(self, symbol: str, signed: Decimal, entry: Entry, fee: Decimal) -> None:
        self.realised -= fee
        lot = self._lots.get(symbol) or _Lot(ZERO, ZERO, ZERO, ZERO, entry.at, ZERO)
        quantity = lot.quantity + signed
        if quantity == 0:
            return
        self._lots[symbol] = replace(
            lot,
            quantity=quantity,
            cost=lot.cost + signed * entry.price * self.multiplier(symbol),
            realised=lot.realised - fee,
            fees=lot.fees + fee,
            most=max(lot.most, abs(quantity)),
        )

    def _close(self, symbol: str, signed: Decimal, entry: Entry, fee: Decimal) -> None:
        lot = self._lots[symbol]
        quantity = lot.quantity + signed
        cost = lot.cost if quantity == 0 else -lot.cost * signed / lot.quantity
        realised = -signed * entry.price * self.multiplier(symbol) - cost - fee
        self.realised += realised
        after = replace(lot, quantity=quantity, cost=lot.cost - cost, realised=lot.realised + realised, fees=lot.fees + fee)
        if quantity != 0:
            self._lots[symbol] = after
            return
        del self._lots[symbol]
        side = 1 if lot.quantity > 0 else -1
        self.closed.append(Round(symbol, side, lot.most, lot.opened, entry.at, after.realised, after.fees))

    def _income(self, entry: Entry) -> None:
        self.realised += entry.amount
        lot = self._lots.get(entry.symbol) if entry.symbol else None
        if lot is None or entry.symbol is None:
            return
        fees = -entry.amount if entry.kind is EntryKind.FEE else ZERO
        self._lots[entry.symbol] = replace(lot, realised=lot.realised + entry.amount, fees=lot.fees + fees)

    def _split(self, entry: Entry) -> None:
        self.realised += entry.amount  # cash paid instead of a fraction
        lot = self._lots.get(entry.symbol) if entry.symbol else None
        if lot is None or entry.symbol is None:
            return
        self._lots[entry.symbol] = replace(lot, quantity=_split(lot.quantity, entry.quantity), most=_split(lot.most, entry.quantity))

    def _position(self, symbol: str) -> Position:
        lot = self._lots[symbol]
        made = self._made.get(symbol)
        if made is None or made[0] is not lot:
            average = lot.cost / (lot.quantity * self.multiplier(symbol))
            made = self._made[symbol] = lot, Position(symbol, lot.quantity, average, lot.realised, lot.fees, lot.opened)
        return made[1]


def _split(quantity: Decimal, ratio: Decimal) -> Decimal:
    """A quantity after a split, without the dust that a ratio like 4:3 leaves: a third of three is one."""
    exact = quantity * ratio
    exponent = exact.as_tuple().exponent
    return exact.quantize(FINEST).normalize() + ZERO if isinstance(exponent, int) and exponent < -12 else exact


def fold(entries: Iterable[Entry], multiplier: Multiplier = one) -> Holdings:
    """What the entries add up to, in the order given; `multiplier` says what one unit of a symbol counts for."""
    holdings = Holdings(multiplier)
    for entry in entries:
        holdings.add(entry)
    return holdings
