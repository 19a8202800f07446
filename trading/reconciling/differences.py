"""Differences: where book and broker do not agree, and what was found and done about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.events import ReconciliationFound
from domain.money import ZERO, money_text, quantity_text
from domain.ports import BrokerState
from trading.holdings import Holdings

CASH = "cash"


@dataclass(frozen=True, slots=True)
class Difference:
    """What the book and the broker do not agree on: a symbol, or `cash`."""

    what: str
    book: Decimal
    broker: Decimal

    @property
    def gap(self) -> Decimal:
        """What the book lacks; negative where it has too much."""
        return self.broker - self.book

    def texts(self) -> tuple[str, str]:
        """Both sides for a reader: money for cash, else quantities."""
        write = money_text if self.what == CASH else quantity_text
        return write(self.book), write(self.broker)


def compare(holdings: Holdings, state: BrokerState) -> tuple[Difference, ...]:
    """Where they differ in cash or quantities, cash first, then by symbol; nothing when they are equal."""
    symbols = sorted({p.symbol for p in holdings.positions} | set(state.positions))
    pairs = [(s, holdings.quantity(s), state.positions.get(s, ZERO)) for s in symbols]
    return tuple(Difference(*pair) for pair in [(CASH, holdings.cash, state.cash), *pairs] if pair[1] != pair[2])


@dataclass(frozen=True, slots=True)
class Outcome:
    """One reconciliation: when, what it found and did, and what it left open (`left`) because it was not yet certain."""

    at: datetime
    found: tuple[ReconciliationFound, ...] = ()
    left: tuple[Difference, ...] = ()

    @property
    def equal(self) -> bool:
        """True when book and broker agree now."""
        return not self.left

    def sentence(self) -> str:
        """The result in a few words."""
        if self.left:
            return f"{len(self.left)} difference{'s' if len(self.left) > 1 else ''} being looked at again"
        if not self.found:
            return "book and broker agree"
        return f"{len(self.found)} difference{'s' if len(self.found) > 1 else ''} found and settled"
