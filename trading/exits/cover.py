"""Cover: what every exit ought to be, worked out from the orders of a ticket and the live position, and nothing else.

Steps follow from what is committed, so after a crash at any line the same steps come out again, and none when all is as it should be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

from domain.money import ZERO
from domain.orders import IN_FLIGHT, STOPS, Order, OrderStatus, Side
from trading.legs import chain

NO_ENTRY = "its entry ended without a fill"
NOTHING_LEFT = "there is nothing left for it to close"
TWIN = "the other exit has closed that much"
FILLS = "its entry has filled that much"
BEGUN = "an exit of its bracket has closed something already"
CLOSED = "the position it was to reduce is closed"
SHRUNK = "reduced to the size of the position"
NEVER_ARRIVED = "no answer came and the broker does not know the order: it never arrived"
MOST_VANISHED = 5  # orders of one exit that never arrived, before the person has to look


class Do(Enum):
    """What is to be done with an order."""

    RELEASE = auto()  # send what was held
    AGAIN = auto()  # a new order in the place of one that ended
    RESIZE = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: `left` is what the order is to have left, `covers` what of its entry's fills it accounts for then."""

    do: Do
    order: Order
    why: str
    left: Decimal = ZERO
    covers: Decimal = ZERO


def bracket_steps(rows: Sequence[Order], position: Decimal, *, split: bool = False) -> list[Step]:
    """What the exits of a ticket's brackets need, given all its orders and the net position in their symbol.

    An exit covers what its entry has filled and no exit of it has closed, never more than the position. An entry whose exit has begun buys
    no more. After a split (`split`) the entry's figures are in other shares: exits are then only kept within the position.
    """
    steps: list[Step] = []
    for entry in rows:
        legs = [o for o in rows if o.waits_for == entry.client_id]
        if not legs:
            continue
        closed = sum((o.filled for o in legs), ZERO)
        if closed and entry.working:
            steps.append(Step(Do.END, entry, BEGUN))
        net = max(entry.filled - closed, ZERO)
        held = abs(position) if position * entry.side.sign > 0 else ZERO
        for root in (o for o in legs if o.replaces is None or not any(x.client_id == o.replaces for x in legs)):
            line = chain(rows, root.client_id)
            step = _exit_step(entry, line, net, min(net, held), split=split)
            if step is not None:
                steps.append(step)
    return steps


def _exit_step(entry: Order, line: Sequence[Order], net: Decimal, want: Decimal, *, split: bool) -> Step | None:
    last = next((o for o in reversed(line) if o.open), line[-1])
    if last.waits_for is None or last.status in IN_FLIGHT:
        return None  # a person's own by now, or not known yet
    if last.held:
        return _held_step(entry, last, want) if last.replaces is None else None
    if last.working:
        if split:
            return None
        if last.left > net:
            return Step(Do.RESIZE, last, TWIN, want, entry.filled) if want else Step(Do.END, last, TWIN)
        grows = entry.filled > last.covers and want > last.left
        return Step(Do.RESIZE, last, FILLS, want, entry.filled) if grows else None
    vanished = sum(o.reason == NEVER_ARRIVED for o in line)
    if last.status is OrderStatus.REJECTED or not want or split or vanished > MOST_VANISHED:
        return None
    lacks = entry.filled > last.covers or (last.status is OrderStatus.EXPIRED and last.reason == NEVER_ARRIVED)
    return Step(Do.AGAIN, last, FILLS, want, entry.filled) if lacks else None


def _held_step(entry: Order, leg: Order, want: Decimal) -> Step | None:
    if want:
        return Step(Do.RELEASE, leg, FILLS, want, entry.filled)
    if entry.open:
        return None
    return Step(Do.END, leg, NOTHING_LEFT if entry.filled else NO_ENTRY)


def succession_steps(rows: Sequence[Order]) -> list[Step]:
    """What is left to do of orders that take another's place: the old one goes when the new one stands, or the new one is sent when the
    old one has gone. A held successor's quantity is that of the whole order; what the old one filled is not asked for again.
    """
    steps: list[Step] = []
    for new in rows:
        before = _before(new, rows)
        standing = [o for o in before if o.working]
        if standing and (new.held or new.working or new.filled):
            steps += [Step(Do.END, old, f"replaced by {new.client_id}") for old in standing]
        elif before and new.held and not before[0].open:
            left = new.quantity - before[0].filled
            steps.append(Step(Do.RELEASE, new, FILLS, left, new.covers) if left > 0 else Step(Do.END, new, NOTHING_LEFT))
    return steps


def _before(order: Order, rows: Sequence[Order]) -> list[Order]:
    """The orders in whose place one stands, the last one first."""
    found: list[Order] = []
    name = order.replaces
    while name is not None:
        old = next((o for o in rows if o.client_id == name), None)
        if old is None:
            break
        found.append(old)
        name = old.replaces
    return found


def position_steps(orders: Sequence[Order], position: Decimal, *, together: bool) -> list[Step]:
    """What keeps the working exits of one symbol within its position: `together` the stops and the targets each in sum, else one by one.

    Stops wait on one side of the market and targets on the other, so they are counted apart. What is nearest to the market keeps its
    size; what is furthest gives way first. An exit on the side of the position has nothing to reduce and ends.
    """
    steps: list[Step] = []
    for stops in (True, False):
        for side in Side:
            held = abs(position) if position * side.sign < 0 else ZERO
            kind = [o for o in orders if o.side is side and (o.type in STOPS) == stops]
            room = held - sum((o.left for o in kind if o.status in IN_FLIGHT), ZERO)
            for order in sorted((o for o in kind if o.working), key=_nearness):
                fits = max(min(order.left, room if together else held), ZERO)
                room -= fits
                if fits < order.left:
                    why = SHRUNK if held else CLOSED
                    steps.append(Step(Do.RESIZE, order, why, fits, order.covers) if fits else Step(Do.END, order, why))
    return steps


def _nearness(order: Order) -> tuple[bool, Decimal, int]:
    """Nearest to the market first; a trailing stop whose level is not known counts as nearest."""
    level = order.stop if order.type in STOPS else order.limit
    toward = -order.side.sign if order.type in STOPS else order.side.sign
    return level is not None, -(level or ZERO) * toward, order.leg


def covering(orders: Sequence[Order], symbol: str, position: Decimal) -> Decimal:
    """How much of a position the stops that the broker has confirmed would close."""
    side = Side.SELL if position > 0 else Side.BUY
    return sum((o.left for o in orders if o.symbol == symbol and o.side is side and o.protective and o.working and o.type in STOPS), ZERO)
