"""A loss that nothing limits: close it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from copilot.recommendation import Number, Recommendation, Rule, View
from domain.money import HUNDRED, money_text, percent_text

LOSS = Decimal("-0.10")


def check(view: View) -> Sequence[Recommendation]:
    """One suggestion for each position down at least 10% on cost without a stop."""
    found = []
    for position in view.priced():
        symbol = position.symbol
        gain = view.gain(position)
        action = view.close(symbol)
        if gain > LOSS or view.portfolio.stop(symbol) is not None or action is None:
            continue
        lost = view.portfolio.unrealised(symbol)
        size = percent_text(-gain, sign=False, places=1)
        found.append(
            Recommendation(
                rule=RULE.name,
                symbol=symbol,
                what=f"Cut the loss in {symbol}",
                why=f"{symbol} is down {size} on cost, {money_text(lost, sign=True)} unrealised, and no stop limits it.",
                numbers=(
                    Number(f"{symbol} loss on cost", (-gain * HUNDRED).quantize(Decimal("0.1")), "%", "1 - last / average price"),
                    Number(
                        f"{symbol} unrealised",
                        lost.quantize(Decimal("0.01")),
                        view.portfolio.spec.currency,
                        "(last - average price) * quantity",
                    ),
                ),
                mind="a stop you would accept, or a reason to hold that is not the price you paid",
                action=action,
                priority=72,
            )
        )
    return found


RULE = Rule("cut_loss", "cut losses", Decimal("0.52"), sells=True, check=check)
"""Losers of the last months go on losing on average: Jegadeesh and Titman (1993)."""
