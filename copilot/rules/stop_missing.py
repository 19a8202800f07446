"""A position without a stop: place one two average ranges away."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from copilot.recommendation import Number, Recommendation, View
from domain.chat import Action, Amount, Unit, Verb
from domain.money import HUNDRED, money_text, percent_text

DISTANCE = Decimal(2)
SMALLEST = Decimal("0.02")  # of equity; less is not worth an order
SEVERAL = 3


def check(view: View) -> Sequence[Recommendation]:
    """A stop for each unprotected position above 2% of equity; three or more become one line for all."""
    portfolio = view.portfolio
    bare = [p for p in view.priced() if portfolio.stop(p.symbol) is None and abs(portfolio.weight(p.symbol)) >= SMALLEST]
    if len(bare) >= SEVERAL:
        value = sum((abs(portfolio.value(p.symbol)) for p in bare), Decimal(0))
        return (
            Recommendation(
                id="stop-missing",
                rule="stop_missing",
                symbol=None,
                what="Place stops 2 ATR away where there is none",
                why=f"{len(bare)} positions worth {money_text(value)} have no stop; `/stops` names them.",
                numbers=(
                    Number("positions without a stop", Decimal(len(bare)), "count"),
                    Number("value without a stop", value.quantize(Decimal("0.01")), portfolio.spec.currency, "sum of market values"),
                    Number("stop distance", DISTANCE, "atr"),
                ),
                mind="stops of your own, wherever you want them",
                action=Action(Verb.SET_STOPS),  # 2 ATR is its default
                priority=70,
            ),
        )
    return [_one(view, p.symbol) for p in bare]


def _one(view: View, symbol: str) -> Recommendation:
    weight = view.portfolio.weight(symbol)
    return Recommendation(
        id=f"stop-missing-{symbol.lower()}",
        rule="stop_missing",
        symbol=symbol,
        what=f"Put a stop under {symbol}, 2 ATR away" if weight > 0 else f"Put a stop above {symbol}, 2 ATR away",
        why=f"{symbol} is {percent_text(weight, sign=False, places=1)} of your equity and nothing limits its loss.",
        numbers=(
            Number(f"{symbol} weight", (weight * HUNDRED).quantize(Decimal("0.1")), "%", "market value / equity"),
            Number("stop distance", DISTANCE, "atr"),
        ),
        mind="a stop of your own",
        action=Action(Verb.STOP, symbol, Amount(DISTANCE, Unit.ATR)),
        priority=65,
    )
