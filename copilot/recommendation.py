"""What a rule suggests and what it may look at to do so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from domain.advice import AdvisedLeg, key_of
from domain.chat import Action, Amount, Unit, Verb
from domain.errors import BadArgument
from domain.market import EarningsDate
from domain.money import HUNDRED, ONE, ZERO, to_lot
from domain.portfolio import Portfolio, Position
from trading import sizing
from trading.risk.limits import Limits

SCORED_AFTER = 5
"""The horizon, in sessions, that records and confidences speak of."""

EVEN = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Number:
    """One figure of a recommendation; `unit` as in facts, percent as 20 for 20%."""

    label: str
    value: Decimal
    unit: str
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """How a rule's last advice went after 5 sessions: `scored` pieces, `right` of `decided` ones (those that made any difference).

    `low` and `high` are the 95% interval of the hit rate, `gain` the average money against doing nothing over all that were scored.
    """

    scored: int = 0
    decided: int = 0
    right: int = 0
    low: Decimal = ZERO
    high: Decimal = ONE
    gain: Decimal = ZERO

    @property
    def by_chance(self) -> bool:
        """True when a coin could have done it: the interval contains 50%."""
        return self.low <= EVEN <= self.high


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A suggestion: `what` to do and `why` as sentences, the `numbers` in them, `mind` what would change it, the action that does it.

    `priority` orders them, 100 first. What follows is filled in where the record is known: `id` is short and stable while it is the same
    advice, `legs` what the line would trade, `confidence` the probability that following beats doing nothing after 5 sessions,
    `calibrated` that it rests on the record. `plural` is what several of its kind are called.
    """

    rule: str
    symbol: str | None
    what: str
    why: str
    numbers: tuple[Number, ...]
    mind: str
    action: Action
    priority: int
    id: str = ""
    legs: tuple[AdvisedLeg, ...] = ()
    record: Record = field(default_factory=Record)
    confidence: Decimal = EVEN
    calibrated: bool = False
    plural: str = ""

    @property
    def key(self) -> str:
        """What it is about: rule and symbol."""
        return key_of(self.rule, self.symbol)

    @property
    def line(self) -> str:
        """The canonical `#` line."""
        return self.action.line()


@dataclass(frozen=True, slots=True)
class View:
    """What rules see: one snapshot, ATR and beta by symbol, the reports ahead, the funds that are listed, the account's limits.

    `opens` is False while a guard lets nothing be opened: a halt, the breaker, a loss beyond its limit.
    """

    portfolio: Portfolio
    atr: Mapping[str, Decimal] = field(default_factory=dict)
    earnings: Sequence[EarningsDate] = ()
    listed: frozenset[str] = frozenset()
    beta: Mapping[str, Decimal] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    opens: bool = True

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
            return ZERO
        move = self.last(position.symbol) / position.average_price - 1
        return move if position.quantity > 0 else -move

    def close(self, symbol: str, percent: Decimal = HUNDRED) -> Action | None:
        """The action that closes so much of a position; None where that is less than one lot."""
        position, instrument = self.portfolio.position(symbol), self.portfolio.instruments.get(symbol)
        if position is None or instrument is None:
            return None
        if percent >= HUNDRED:
            return Action(Verb.CLOSE, symbol) if to_lot(abs(position.quantity), instrument.lot) > 0 else None
        try:
            sizing.part_of_holding(percent / HUNDRED, symbol, self.portfolio)
        except BadArgument:
            return None
        return Action(Verb.CLOSE, symbol, Amount(percent, Unit.PERCENT))

    def room(self, symbol: str, side: int) -> Decimal:
        """How much money may be opened in a symbol, `side` 1 to buy and -1 to sell short, before a limit of the account says no."""
        portfolio, limits = self.portfolio, self.limits
        equity, value = portfolio.equity, portfolio.value(symbol)
        if (
            equity <= 0
            or not self.opens
            or portfolio.halted
            or self._lost()
            or (side < 0 and not (portfolio.spec.shorting and limits.shorting))
        ):
            return ZERO
        net = sum((portfolio.value(p.symbol) for p in portfolio.positions), ZERO)
        found = (
            portfolio.buying_power,
            limits.order_size * equity,
            limits.ticket_size * equity,
            limits.weight_warning * equity - side * value,
            limits.gross * equity - portfolio.gross_exposure,
            limits.net * equity - side * net,
        )
        return max(min(found), ZERO)

    def _lost(self) -> bool:
        """True when today's loss is at its limit, from which on nothing is opened."""
        day = self.portfolio.day_total
        return -day >= self.limits.daily_loss * (self.portfolio.equity - day)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its name, what several of its suggestions are called, and the prior of its being right, with the check itself.

    `prior` is the probability that following beats doing nothing after 5 sessions, stated before there is a record. `sells` says that
    its line takes something off, so that of several such on one symbol only the first is told.
    """

    name: str
    plural: str
    prior: Decimal
    sells: bool
    check: Callable[[View], Sequence[Recommendation]]
