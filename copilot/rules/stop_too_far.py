"""A stop so far away that it limits little: bring it to two average ranges."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from copilot.recommendation import Number, Recommendation, Rule, View
from copilot.rules.stop_missing import DISTANCE, SMALLEST, ranged
from domain.chat import Action, Amount, Unit, Verb
from domain.money import HUNDRED, ZERO, money_text, percent_text

FAR = Decimal(5)  # average ranges


def check(view: View) -> Sequence[Recommendation]:
    """One suggestion for each position above 2% of equity whose fixed stop is more than 5 average ranges from the price."""
    found = []
    portfolio = view.portfolio
    for position in view.priced():
        symbol = position.symbol
        order = portfolio.stop(symbol)
        if order is None or order.stop is None or not ranged(view, symbol) or abs(portfolio.weight(symbol)) < SMALLEST:
            continue
        last, day = view.last(symbol), view.atr[symbol]
        gap = (last - order.stop) * (1 if position.quantity > 0 else -1)
        ranges = (gap / day).quantize(Decimal("0.1"))
        if gap <= ZERO or ranges <= FAR:
            continue
        lost = gap * abs(position.quantity) * portfolio.multiplier(symbol)
        size = percent_text(gap / last, sign=False, places=1)
        found.append(
            Recommendation(
                rule=RULE.name,
                symbol=symbol,
                what=f"Bring the stop of {symbol} closer, 2 ATR away",
                why=f"Its stop at {money_text(order.stop)} is {size} away, {ranges} of its average days; "
                f"reached, it would have given up {money_text(lost)} from here.",
                numbers=(
                    Number(f"{symbol} stop", order.stop, portfolio.spec.currency, "the open stop order"),
                    Number(f"{symbol} distance to stop", (gap / last * HUNDRED).quantize(Decimal("0.1")), "%", "(last - stop) / last"),
                    Number(f"{symbol} distance in average days", ranges, "atr", "(last - stop) / ATR14"),
                    Number(
                        f"{symbol} loss at that stop",
                        lost.quantize(Decimal("0.01")),
                        portfolio.spec.currency,
                        "(last - stop) * quantity",
                    ),
                ),
                mind="that you want it to have so much room",
                action=Action(Verb.STOP, symbol, Amount(DISTANCE, Unit.ATR)),
                priority=55,
            )
        )
    return found


RULE = Rule("stop_too_far", "moved stops", Decimal("0.50"), sells=False, check=check)
"""A closer stop loses less when it is reached and is reached more often; without a trend the two weigh the same."""
