"""What a rule suggests and what it may look at to do so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from domain.chat import Action
from domain.market import EarningsDate
from domain.portfolio import Portfolio, Position

NO_RECORD = "no record yet"


@dataclass(frozen=True, slots=True)
class Number:
    """One figure of a recommendation; `unit` as in facts, percent as 20 for 20%."""

    label: str
    value: Decimal
    unit: str
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A suggestion: `what` to do and `why` as sentences, the `numbers` in them, `mind` what would change it, the action that does it.

    `id` is stable for the same rule and symbol; `priority` orders them, 100 first. `record` is what its past advice was worth.
    """

    id: str
    rule: str
    symbol: str | None
    what: str
    why: str
    numbers: tuple[Number, ...]
    mind: str
    action: Action
    priority: int
    record: str = NO_RECORD

    @property
    def line(self) -> str:
        """The canonical `#` line."""
        return self.action.line()


@dataclass(frozen=True, slots=True)
class View:
    """What rules see: one snapshot, ATR by symbol, the reports ahead."""

    portfolio: Portfolio
    atr: Mapping[str, Decimal] = field(default_factory=dict)
    earnings: Sequence[EarningsDate] = ()
    listed: frozenset[str] = frozenset()

    @property
    def at(self) -> datetime:
        """The snapshot's instant."""
        return self.portfolio.at

    def priced(self) -> tuple[Position, ...]:
        """Positions with a price, largest value first."""
        held = [p for p in self.portfolio.positions if p.symbol in self.portfolio.quotes]
        return tuple(sorted(held, key=lambda p: (-abs(self.portfolio.value(p.symbol)), p.symbol)))

    def last(self, symbol: str) -> Decimal:
        """The last price of a priced symbol."""
        return self.portfolio.quotes[symbol].last

    def gain(self, position: Position) -> Decimal:
        """Gain on cost as a fraction, positive when the position wins; zero without a cost."""
        if not position.average_price:
            return Decimal(0)
        move = self.last(position.symbol) / position.average_price - 1
        return move if position.quantity > 0 else -move


Rule = Callable[[View], Sequence[Recommendation]]
