"""What a check looks at: the portfolio, the intents and what each order of them would do to its position."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from domain.instruments import Instrument
from domain.market import Quote
from domain.money import ONE, ZERO, to_lot
from domain.orders import CancelIntent, Intent, Order, OrderIntent, OrderType, ReplaceIntent, Side, TimeInForce
from domain.portfolio import Portfolio
from domain.tickets import LegEstimate, Severity
from trading.risk.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Leg:
    """One order as it would stand: new, or an open one after its change (`replaces`).

    `price` is what a unit is expected to trade at, None without any price; `held` is the position it meets (earlier legs of the ticket that
    trade at once included), `opening` the part of its quantity that opens, adds or flips, zero for a reduce-only order. An exit of a
    bracket meets the position its entry makes, and is judged against `entry`, the price that is reckoned at.
    """

    symbol: str
    side: Side
    type: OrderType
    quantity: Decimal
    price: Decimal | None
    held: Decimal
    opening: Decimal
    fee: Decimal = ZERO
    limit: Decimal | None = None
    stop: Decimal | None = None
    trail: Decimal | None = None
    trail_percent: Decimal | None = None
    tif: TimeInForce = TimeInForce.DAY
    reduce_only: bool = False
    replaces: Order | None = None
    entry: Decimal | None = None

    @property
    def after(self) -> Decimal:
        """The position when it has traded."""
        if self.reduce_only:
            return self.held + self.side.sign * min(self.quantity, abs(self.held))
        return self.held + self.side.sign * self.quantity

    @property
    def is_exit(self) -> bool:
        """True when it opens nothing."""
        return self.opening == 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """Everything a check may use, at one instant: nothing is asked for, so the same proposal always gives the same findings.

    `estimates` are one per intent in the same order (or none); `volumes` are average daily volumes by symbol where they are known.
    `automated` says that no person asked for it. `legs` follow from the rest: cancelled orders are not in them.
    """

    portfolio: Portfolio
    intents: tuple[Intent, ...]
    now: datetime
    estimates: tuple[LegEstimate, ...] = ()
    volumes: Mapping[str, Decimal] = field(default_factory=dict)
    surroundings: Surroundings = field(default_factory=Surroundings)
    automated: bool = False
    legs: tuple[Leg, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "legs", tuple(_legs(self)))

    def instrument(self, symbol: str) -> Instrument | None:
        """The instrument, or None for an unknown symbol."""
        return self.portfolio.instruments.get(symbol)

    def quote(self, symbol: str) -> Quote | None:
        """The quote it was drawn up on, or None."""
        return self.portfolio.quotes.get(symbol)

    @property
    def opening(self) -> tuple[Leg, ...]:
        """The legs that open, add or flip: what limits hold back."""
        return tuple(leg for leg in self.legs if not leg.is_exit)

    @property
    def judgement(self) -> Severity:
        """How much a judgement weighs: a person is warned and decides, automation is stopped."""
        return Severity.BLOCKING if self.automated else Severity.WARNING

    def opened(self, legs: Iterable[Leg]) -> Decimal:
        """What legs open, as a fraction of equity; zero without equity, and for legs without a price."""
        equity = self.portfolio.equity
        money = sum((leg.opening * (leg.price or ZERO) * self.portfolio.multiplier(leg.symbol) for leg in legs), ZERO)
        return money / equity if equity > 0 else ZERO

    @property
    def released(self) -> frozenset[str]:
        """Client ids of the open orders that this ticket cancels or changes: what they hold is free for it."""
        return frozenset(i.client_id for i in self.intents if isinstance(i, CancelIntent | ReplaceIntent))

    def working(self, symbol: str, side: Side) -> Decimal:
        """Quantity of plain open orders on a side of a symbol that this ticket leaves alone; reduce-only ones shrink by themselves."""
        return sum((o.left for o in self._left_alone(symbol, side) if not o.reduce_only), ZERO)

    def closing(self, symbol: str, side: Side) -> Decimal:
        """Quantity of closes under way on a side of a symbol that this ticket leaves alone: they wait for the market, and will fill."""
        return sum((o.left for o in self._left_alone(symbol, side) if o.reduce_only and o.type is OrderType.MARKET), ZERO)

    def _left_alone(self, symbol: str, side: Side) -> Iterator[Order]:
        orders = (o for o in self.portfolio.orders if o.symbol == symbol and o.side is side and o.open)
        return (o for o in orders if o.client_id not in self.released)


def _legs(proposal: Proposal) -> Iterator[Leg]:
    estimates = proposal.estimates if len(proposal.estimates) == len(proposal.intents) else (None,) * len(proposal.intents)
    held: dict[str, Decimal] = {p.symbol: p.quantity for p in proposal.portfolio.positions}
    entries: dict[int, Leg] = {}
    for number, (intent, estimate) in enumerate(zip(proposal.intents, estimates, strict=True), 1):
        wanted = _wanted(proposal, intent)
        if wanted is None:
            continue
        shape, order = wanted
        price = _price(proposal, shape, estimate)
        quantity = _quantity(proposal, shape, estimate, price)
        entry = entries.get(shape.waits_for) if shape.waits_for is not None else None
        now = held.get(shape.symbol, ZERO) if entry is None else entry.after
        first = _entry(proposal, order) if order is not None and order.held else None
        if first is not None:
            now += first.side.sign * first.left
        against = now * shape.side.sign < 0
        opening = ZERO if shape.reduce_only else quantity - (min(quantity, abs(now)) if against else ZERO)
        leg = Leg(
            symbol=shape.symbol,
            side=shape.side,
            type=shape.type,
            quantity=quantity,
            price=price,
            held=now,
            opening=opening,
            fee=(estimate.fee if estimate else None) or ZERO,
            limit=shape.limit,
            stop=shape.stop,
            trail=shape.trail,
            trail_percent=shape.trail_percent,
            tif=shape.tif,
            reduce_only=shape.reduce_only,
            replaces=order,
            entry=entry.price if entry is not None else first.limit if first is not None else None,
        )
        entries[number] = leg
        if leg.type is OrderType.MARKET:
            held[leg.symbol] = leg.after
        yield leg


def _wanted(proposal: Proposal, intent: Intent) -> tuple[OrderIntent, Order | None] | None:
    """The order an intent asks for; None for a cancel, a resume or a change of an order that is not open."""
    if isinstance(intent, OrderIntent):
        return intent, None
    if not isinstance(intent, ReplaceIntent):
        return None
    order = next((o for o in proposal.portfolio.orders if o.client_id == intent.client_id and o.open), None)
    if order is None:
        return None
    changed = OrderIntent(
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        quantity=(intent.quantity or order.quantity) - order.filled,
        limit=intent.limit or order.limit,
        stop=intent.stop or order.stop,
        trail=intent.trail or (None if intent.trail_percent else order.trail),
        trail_percent=intent.trail_percent or (None if intent.trail else order.trail_percent),
        tif=order.tif,
        reduce_only=order.reduce_only,
    )
    return changed, order


def _entry(proposal: Proposal, leg: Order) -> Order | None:
    """The open order whose fills a held exit waits for."""
    return next((o for o in proposal.portfolio.orders if o.client_id == leg.waits_for and o.open), None)


def _price(proposal: Proposal, shape: OrderIntent, estimate: LegEstimate | None) -> Decimal | None:
    if estimate is not None and estimate.price is not None:
        return estimate.price
    asked = shape.limit if shape.limit is not None else shape.stop
    if asked is not None:
        return asked
    quote = proposal.quote(shape.symbol)
    if quote is None:
        return None
    return quote.ask if shape.side is Side.BUY else quote.bid


def _quantity(proposal: Proposal, shape: OrderIntent, estimate: LegEstimate | None, price: Decimal | None) -> Decimal:
    if shape.quantity is not None:
        return shape.quantity
    if estimate is not None and estimate.quantity is not None:
        return estimate.quantity
    if shape.notional is None or not price:
        return ZERO
    instrument = proposal.instrument(shape.symbol)
    return to_lot(shape.notional / (price * proposal.portfolio.multiplier(shape.symbol)), instrument.lot if instrument else ONE)
