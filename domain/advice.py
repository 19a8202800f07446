"""Advice that was shown: what was suggested, at which prices, whether it was followed, and what it was worth afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.money import ZERO

HORIZONS = (1, 5, 20)
"""After how many whole sessions advice is scored."""


class Adoption(StrEnum):
    """What became of a piece of advice."""

    OPEN = "open"  # it may still be followed
    FOLLOWED = "followed"
    PARTLY = "partly"  # less than was advised
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class AdvisedLeg:
    """What the advised line would do to one symbol, and what stands there without it.

    `quantity` is the signed change of the holding, -5 for selling five. It trades at `price` at once (the bid or the ask when shown), or,
    where that is None, at `stop` once the market touches it. `standing` is the level of a stop that is there already and stays where
    nothing is done; None without one. `value` is the market value of that quantity when shown, `fee` what trading it at once costs.
    """

    symbol: str
    quantity: Decimal
    value: Decimal
    price: Decimal | None = None
    stop: Decimal | None = None
    standing: Decimal | None = None
    fee: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class AdvisedNumber:
    """One figure that was said with it; `unit` as in facts."""

    label: str
    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Advice:
    """One recommendation as it was first shown; it never changes but for `adoption`, `ticket` (the card that followed it) and `settled`.

    `confidence` is the probability, 0 to 1, that following beats doing nothing; `calibrated` says that it comes from the rule's record
    and not from its prior. `market` is the last price of the market's fund at that instant, None where it had none.
    """

    id: str
    account: str
    rule: str
    symbol: str | None
    line: str
    at: datetime
    legs: tuple[AdvisedLeg, ...]
    numbers: tuple[AdvisedNumber, ...]
    equity: Decimal
    market: Decimal | None
    confidence: Decimal
    calibrated: bool
    adoption: Adoption = Adoption.OPEN
    ticket: str = ""
    settled: datetime | None = None

    @property
    def key(self) -> str:
        """What it is about: the same advice on the same position has the same key."""
        return key_of(self.rule, self.symbol)

    @property
    def value(self) -> Decimal:
        """The market value it touches, without sign."""
        return sum((abs(leg.value) for leg in self.legs), ZERO)


@dataclass(frozen=True, slots=True)
class Score:
    """What following was worth against doing nothing, at the close of the session a horizon ends with.

    `gain` is money, fees and spread included; `of_value` and `of_equity` are fractions of what it touched and of the account when it
    was shown. `market` is the market fund's return over the same span, None where it had no price at an end.
    """

    advice: str
    account: str
    rule: str
    horizon: int
    due: datetime
    at: datetime
    gain: Decimal
    of_value: Decimal
    of_equity: Decimal
    market: Decimal | None


def key_of(rule: str, symbol: str | None) -> str:
    """`concentration-nvda`: a rule and what it speaks of."""
    name = rule.replace("_", "-")
    return f"{name}-{symbol.lower()}" if symbol else name
