"""A price close above its stop: decide before the market does."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from copilot.recommendation import Number, Recommendation, Rule, View
from domain.money import HUNDRED, ZERO, money_text, percent_text

NEAR = Decimal("0.02")
RANGES = Decimal("0.75")  # of an average day's range
HALF = Decimal(50)


def check(view: View) -> Sequence[Recommendation]:
    """One suggestion for each position within 2% or three quarters of an average day's range of its stop."""
    found = []
    for position in view.priced():
        symbol = position.symbol
        order = view.portfolio.stop(symbol)
        action = view.close(symbol, HALF)
        if order is None or order.stop is None or not order.stop or action is None:
            continue
        last = view.last(symbol)
        gap = (last - order.stop) * (1 if position.quantity > 0 else -1)
        day = view.atr.get(symbol)
        if gap <= ZERO or not (gap / last <= NEAR or (day is not None and gap <= RANGES * day)):
            continue
        size = percent_text(gap / last, sign=False, places=1)
        found.append(
            Recommendation(
                rule=RULE.name,
                symbol=symbol,
                what=f"Take half of {symbol} off before its stop does",
                why=f"{symbol} is {size} from its stop at {money_text(order.stop)}; a gap would fill below it.",
                numbers=(
                    Number(f"{symbol} distance to stop", (gap / last * HUNDRED).quantize(Decimal("0.1")), "%", "(last - stop) / last"),
                    Number(f"{symbol} stop", order.stop, view.portfolio.spec.currency, "the open stop order"),
                ),
                mind="a day that ends further away, or a stop you would accept to be taken at",
                action=action,
                priority=75,
            )
        )
    return found


RULE = Rule("near_stop", "early exits", Decimal("0.50"), sells=True, check=check)
"""Half off near a stop saves what a gap would cost; the direction it does not know."""
