"""Splits: a quantity that changed by a simple ratio while the price moved the other way, and what follows for orders.

A split is never taken from the quantity alone: the last price times the ratio must be near a price from before it (the last one that was
seen while book and broker agreed, or the close of the session before). Near is a third of what the ratio itself moves a price, measured in
logarithms and at most a quarter, so that no ratio can be taken for another price move of the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from math import gcd

from domain.instruments import Instrument
from domain.money import ONE, to_lot, to_tick
from domain.orders import Order

WHOLE = 200  # shares per old one, or old ones per share
MIXED = 10  # the larger side of ratios like 3:2
USUAL = frozenset({(3, 2), (4, 3), (5, 2), (5, 4)})  # besides whole ones
NEAREST = Decimal("0.25")
UNDENIABLE = Decimal("0.18")  # 5:4 moves a price by a fifth; smaller moves are looked at with the next round


@dataclass(frozen=True, slots=True)
class Ratio:
    """`new` shares for `old` ones: 2:1 doubles the quantity, 1:50 leaves a fiftieth."""

    new: int
    old: int

    @property
    def factor(self) -> Decimal:
        """What a quantity is multiplied with."""
        return Decimal(self.new) / self.old

    def __str__(self) -> str:
        return f"{self.new}:{self.old}"


@cache
def ratios() -> tuple[Ratio, ...]:
    """Every ratio that is taken for a split, the simplest first."""
    found = [Ratio(n, 1) for n in range(2, WHOLE + 1)] + [Ratio(1, n) for n in range(2, WHOLE + 1)]
    mixed = range(2, MIXED + 1)
    found += [Ratio(a, b) for a in mixed for b in mixed if a != b and gcd(a, b) == 1]
    return tuple(sorted(found, key=lambda r: (r.new + r.old, r.old)))


def recognised(book: Decimal, broker: Decimal, last: Decimal | None, before: Sequence[Decimal], lot: Decimal = ONE) -> Ratio | None:
    """The split that turns one quantity into the other at these prices, or None.

    A fraction that does not fit a lot may be gone (cash in lieu); a holding of less than a lot after a reverse split may be gone whole.
    Of several that fit the one nearest to the prices counts.
    """
    if not last or last <= 0 or not book or book * broker < 0:
        return None
    fitting = [(d, r) for r in ratios() if _fits(book, broker, r, lot) and (d := _distance(last, before, r)) is not None]
    return min(fitting, key=lambda pair: pair[0])[1] if fitting else None


def plausible(book: Decimal, broker: Decimal, lot: Decimal = ONE) -> Ratio | None:
    """The simplest usual ratio that turns one quantity into the other, or None; the quantity alone is no proof."""
    if not book or book * broker <= 0:
        return None
    usual = (r for r in _common() if 1 in (r.new, r.old) or (r.new, r.old) in USUAL)
    return next((r for r in usual if _fits(book, broker, r, lot)), None)


def suspected(last: Decimal, before: Decimal) -> bool:
    """True for a move of the price so large and so near to a simple ratio that the quantity should be looked at now."""
    if last <= 0 or before <= 0 or abs(last / before - 1) < UNDENIABLE:
        return False
    return any(_distance(last, (before,), r) is not None for r in _common())


def rebased_order(order: Order, ratio: Ratio, instrument: Instrument | None) -> Order:
    """An open order with what is left of it in new shares and its prices per new share, in the instrument's steps.

    A quantity is rounded down, so that protection never exceeds the position; what had filled stays as it was counted.
    """
    tick, lot = (instrument.tick, instrument.lot) if instrument else (Decimal("0.01"), ONE)
    left = to_lot(order.left * ratio.factor, lot)
    return replace(
        order,
        quantity=order.filled + left,
        limit=_price(order.limit, ratio, tick),
        stop=_price(order.stop, ratio, tick),
        trail=_price(order.trail, ratio, tick),
    )


def _common() -> Iterator[Ratio]:
    return (r for r in ratios() if r.new + r.old <= 101)


def _fits(book: Decimal, broker: Decimal, ratio: Ratio, lot: Decimal) -> bool:
    exact = book * ratio.new / ratio.old
    if exact == broker or abs(exact - broker) < Decimal("1E-9"):
        return True
    return abs(to_lot(exact, lot)) == abs(broker) and abs(exact - broker) < max(lot, ONE)


def _distance(last: Decimal, before: Sequence[Decimal], ratio: Ratio) -> Decimal | None:
    """How far the price is from where the split would put it, or None where that is too far from all it is compared with."""
    moves = (ratio.new / Decimal(ratio.old)).ln()
    away = [abs((last / price).ln() + moves) for price in before if price > 0]
    return min(away) if away and min(away) <= min(NEAREST, abs(moves) / 3) else None


def _price(price: Decimal | None, ratio: Ratio, tick: Decimal) -> Decimal | None:
    return None if price is None else max(to_tick(price * ratio.old / ratio.new, tick), tick)
