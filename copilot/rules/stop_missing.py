"""A position without a stop: place one two average ranges away."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from copilot.recommendation import Number, Recommendation, Rule, View
from domain.chat import Action, Amount, Unit, Verb
from domain.money import HUNDRED, money_text, percent_text

DISTANCE = Decimal(2)
SMALLEST = Decimal("0.02")  # of equity; less is not worth an order
WIDEST = Decimal("0.25")  # of the price; a range beyond it, or none, asks for a percentage
PERCENT = Decimal(10)
SEVERAL = 3


def check(view: View) -> Sequence[Recommendation]:
    """A stop for each unprotected position above 2% of equity; three or more become one line for all."""
    portfolio = view.portfolio
    bare = [p for p in view.priced() if portfolio.stop(p.symbol) is None and abs(portfolio.weight(p.symbol)) >= SMALLEST]
    if sum(1 for p in bare if ranged(view, p.symbol)) < SEVERAL:
        return [_one(view, p.symbol) for p in bare]
    value = sum((abs(portfolio.value(p.symbol)) for p in bare), Decimal(0))
    return (
        Recommendation(
            rule=RULE.name,
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


def ranged(view: View, symbol: str) -> bool:
    """True where an average range is known and small enough to measure a stop in."""
    day = view.atr.get(symbol)
    return day is not None and 0 < day <= WIDEST * view.last(symbol)


def _one(view: View, symbol: str) -> Recommendation:
    weight = view.portfolio.weight(symbol)
    known = ranged(view, symbol)
    away = Amount(DISTANCE, Unit.ATR) if known else Amount(PERCENT, Unit.PERCENT)
    said = "2 ATR" if known else "10%"
    return Recommendation(
        rule=RULE.name,
        symbol=symbol,
        what=f"Put a stop under {symbol}, {said} away" if weight > 0 else f"Put a stop above {symbol}, {said} away",
        why=f"{symbol} is {percent_text(weight, sign=False, places=1)} of your equity and nothing limits its loss.",
        numbers=(
            Number(f"{symbol} weight", (weight * HUNDRED).quantize(Decimal("0.1")), "%", "market value / equity"),
            Number("stop distance", away.value, "atr" if known else "%"),
        ),
        mind="a stop of your own",
        action=Action(Verb.STOP, symbol, away),
        priority=65,
    )


RULE = Rule("stop_missing", "stops", Decimal("0.50"), sells=False, check=check)
"""A stop limits a loss; without a trend it neither wins nor loses on average."""
