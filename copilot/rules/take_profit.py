"""A large gain without a target: bank a third of it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from copilot.recommendation import Number, Recommendation, Rule, View
from domain.money import HUNDRED, money_text, percent_text

GAIN = Decimal("0.20")
THIRD = Decimal(33)


def check(view: View) -> Sequence[Recommendation]:
    """One suggestion for each position up at least 20% on cost that has no target."""
    found = []
    for position in view.priced():
        symbol = position.symbol
        gain = view.gain(position)
        action = view.close(symbol, THIRD)
        if gain < GAIN or view.portfolio.target(symbol) is not None or action is None:
            continue
        made = view.portfolio.unrealised(symbol)
        size = percent_text(gain, sign=False, places=1)
        found.append(
            Recommendation(
                rule=RULE.name,
                symbol=symbol,
                what=f"Bank a third of {symbol}",
                why=f"{symbol} is up {size} on cost, {money_text(made, sign=True)} unrealised, and no target is set.",
                numbers=(
                    Number(f"{symbol} gain on cost", (gain * HUNDRED).quantize(Decimal("0.1")), "%", "last / average price - 1"),
                    Number(
                        f"{symbol} unrealised",
                        made.quantize(Decimal("0.01")),
                        view.portfolio.spec.currency,
                        "(last - average price) * quantity",
                    ),
                ),
                mind="a target or a trailing stop of your own",
                action=action,
                priority=50 + min(int(gain * 10), 10),
            )
        )
    return found


RULE = Rule("take_profit", "banked gains", Decimal("0.48"), sells=True, check=check)
"""Winners of the last months go on winning on average: Jegadeesh and Titman (1993)."""
