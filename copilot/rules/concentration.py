"""Too much in one position: trim it back to a fifth of equity."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal

from copilot.recommendation import Number, Recommendation, Rule, View
from domain.money import HUNDRED, ONE, percent_text

LIMIT = Decimal("0.20")
TOLERANCE = Decimal("0.01")


def check(view: View) -> Sequence[Recommendation]:
    """One suggestion for every long position above 20% of equity (a point of tolerance)."""
    found = []
    for position in view.priced():
        weight = view.portfolio.weight(position.symbol)
        if weight <= LIMIT + TOLERANCE:
            continue
        part = ((ONE - LIMIT / weight) * HUNDRED).quantize(ONE, rounding=ROUND_CEILING)
        symbol = position.symbol
        action = view.close(symbol, part)
        if action is None:
            continue
        found.append(
            Recommendation(
                rule=RULE.name,
                symbol=symbol,
                what=f"Trim {symbol} to 20%",
                why=f"{symbol} is {percent_text(weight, sign=False, places=1)} of your equity; one bad night there is your bad month.",
                numbers=(
                    Number(f"{symbol} weight", (weight * HUNDRED).quantize(Decimal("0.1")), "%", "market value / equity"),
                    Number("largest weight wanted", LIMIT * HUNDRED, "%", "the concentration rule"),
                ),
                mind=f"a weight below {percent_text(LIMIT, sign=False, places=0)}, or your word that it is meant",
                action=action,
                priority=80 + min(int(weight * 20), 10),
            )
        )
    return found


RULE = Rule("concentration", "trims", Decimal("0.50"), sells=True, check=check)
"""A trim lowers the risk of one name; which way the name goes next it does not know."""
