"""The facts of an answer, collected as its figures are written, so that nothing is said that `/why` cannot show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

from domain.chat import Action
from domain.facts import Fact
from domain.instruments import Instrument
from domain.money import HUNDRED, cents, money_text, percent_text, plain, quantity_text

Inputs = Sequence[tuple[str, str]]
_SLUG = re.compile(r"[^a-z0-9]+")
_NUMBERS = re.compile(r"(?P<money>\$)?(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<unit>%|atr)?")


class Figures:
    """Facts under construction; each writer keeps the figure and returns the reader's text. A label is kept once."""

    def __init__(self, at: datetime, source: str, currency: str = "USD") -> None:
        self.at = at
        self.source = source
        self.currency = currency
        self._facts: dict[str, Fact] = {}

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Everything written so far, in order."""
        return tuple(self._facts.values())

    def add(self, label: str, value: Decimal, unit: str, formula: str = "", inputs: Inputs = (), *, at: datetime | None = None) -> None:
        """Keep a figure."""
        if label not in self._facts:
            self._facts[label] = Fact(slug(label), label, value, unit, at or self.at, formula, tuple(inputs), self.source)

    def money(
        self, label: str, value: Decimal, formula: str = "", inputs: Inputs = (), *, sign: bool = False, at: datetime | None = None
    ) -> str:
        """An amount of the account's currency."""
        self.add(label, cents(value), self.currency, formula, inputs, at=at)
        return money_text(value, self.currency, sign=sign)

    def percent(
        self,
        label: str,
        fraction: Decimal,
        formula: str = "",
        inputs: Inputs = (),
        *,
        sign: bool = False,
        places: int = 2,
        at: datetime | None = None,
    ) -> str:
        """A fraction as percent (20 for 20%), rounded as it is shown."""
        shown = (fraction * HUNDRED).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
        self.add(label, shown, "%", formula, inputs, at=at)
        return percent_text(fraction, sign=sign, places=places)

    def count(self, label: str, number: int, formula: str = "") -> str:
        """A count."""
        self.add(label, Decimal(number), "count", formula)
        return f"{number:,}"

    def score(self, label: str, value: Decimal, unit: str, formula: str = "", inputs: Inputs = ()) -> str:
        """A plain number such as sigma or beta, as it is shown."""
        self.add(label, value, unit, formula, inputs)
        return plain(value).replace("-", "−")

    def quantity(self, label: str, value: Decimal, instrument: Instrument | None) -> str:
        """A quantity with its unit: `5 shares`, `0.5 BTC`."""
        unit = instrument.unit if instrument else "shares"
        self.add(label, value, unit, "the ledger")
        return f"{quantity_text(value)} {'share' if unit == 'shares' and abs(value) == 1 else unit}"

    def line(self, action_line: str | Action) -> str:
        """A `#` line; its numbers become facts, since they are said."""
        text = action_line.line() if isinstance(action_line, Action) else action_line
        for match in _NUMBERS.finditer(re.sub(r"#order-\S+", "", text)):
            unit = {"%": "%", "atr": "atr"}.get(match["unit"] or "", self.currency if match["money"] else "number")
            self.add(f"{text}: {match.group()}", Decimal(match["number"]), unit, "the line as it would be typed")
        return f"`{text}`"


@lru_cache(maxsize=4096)
def slug(label: str) -> str:
    """A label as a fact's id: lower case, words joined by hyphens, `%` and `$` spelled out, so that two labels do not meet."""
    return _SLUG.sub("-", label.lower().replace("%", " percent").replace("$", " usd ")).strip("-")
