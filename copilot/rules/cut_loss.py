"""A loss that nothing limits: close it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from copilot.recommendation import Number, Recommendation, View
from domain.chat import Action, Verb
from domain.money import HUNDRED, money_text, percent_text

LOSS = Decimal("-0.10")


def check(view: View) -> Sequence[Recommendation]:
    """One suggestion for each position down at least 10% on cost without a stop."""
    found = []
    for position in view.priced():
        symbol = position.symbol
        gain = view.gain(position)
        if gain > LOSS or view.portfolio.stop(symbol) is not None:
            continue
        lost = view.portfolio.unrealised(symbol)
        size = percent_text(-gain, sign=False, places=1)
        found.append(
            Recommendation(
                id=f"cut-loss-{symbol.lower()}",
                rule="cut_loss",
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
                action=Action(Verb.CLOSE, symbol),
                priority=72,
            )
        )
    return found
