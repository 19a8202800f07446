"""Rules → recommendations: each with its reason, its numbers and the `#` line that would do it; the same view gives the same list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from copilot.legs import legs_of
from copilot.odds import updated
from copilot.past import NOTHING, Past
from copilot.recommendation import Recommendation, Record, Rule, View
from copilot.rules import (
    cash_drag,
    concentration,
    cut_loss,
    earnings_ahead,
    hedging,
    near_stop,
    rebalancing,
    stop_missing,
    stop_too_far,
    take_profit,
)
from domain.advice import AdvisedLeg
from domain.chat import Verb
from trading.commission import Commission

RULES: tuple[Rule, ...] = (
    concentration.RULE,
    stop_missing.RULE,
    stop_too_far.RULE,
    near_stop.RULE,
    take_profit.RULE,
    cut_loss.RULE,
    earnings_ahead.RULE,
    rebalancing.RULE,
    hedging.RULE,
    cash_drag.RULE,
)
BY_NAME: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in RULES})
ENOUGH = 10
"""Decided outcomes below which a rule's prior stands."""

_STOPS = ("stop_missing", "stop_too_far")


def recommend(view: View, past: Past = NOTHING, commission: Commission | None = None) -> tuple[Recommendation, ...]:
    """Every rule's suggestions that can be carried out, the most pressing first, each with its id, its legs and its record.

    Of several that sell the same symbol only the first is kept. What an order under way does already is not suggested again.
    """
    found = sorted((r for rule in RULES for r in rule.check(view)), key=lambda r: (-r.priority, r.key))
    kept: list[Recommendation] = []
    sold: set[str] = set()
    for suggestion in found:
        legs = legs_of(suggestion.action, view, commission or Commission())
        if not legs or any(_under_way(view, leg.symbol) or _against(kept, leg) for leg in legs):
            continue
        if BY_NAME[suggestion.rule].sells and suggestion.symbol is not None:
            if suggestion.symbol in sold:
                continue
            sold.add(suggestion.symbol)
        elif suggestion.rule in _STOPS and suggestion.symbol in sold and _closes(kept, suggestion.symbol):
            continue
        kept.append(past.named(_weighed(replace(suggestion, legs=legs), past), view.portfolio))
    return tuple(kept)


def _weighed(suggestion: Recommendation, past: Past) -> Recommendation:
    """With its rule's record, and the confidence that follows from it: the prior until there are ten outcomes."""
    rule = BY_NAME[suggestion.rule]
    record = past.records.get(rule.name, Record())
    calibrated = record.decided >= ENOUGH
    confidence = updated(rule.prior, record.right, record.decided) if calibrated else rule.prior
    return replace(suggestion, record=record, confidence=confidence, calibrated=calibrated, plural=rule.plural)


def _under_way(view: View, symbol: str) -> bool:
    """True when an order on the symbol that is no protection waits or trades: its card would count it, and so does the reader."""
    return any(o.symbol == symbol and o.open and not o.protective and not o.held for o in view.portfolio.orders)


def _against(kept: Sequence[Recommendation], leg: AdvisedLeg) -> bool:
    """True when something more pressing trades the same symbol the other way: nobody is told to buy and to sell one thing."""
    return leg.price is not None and any(
        one.symbol == leg.symbol and one.price is not None and one.quantity * leg.quantity < 0 for r in kept for one in r.legs
    )


def _closes(kept: Sequence[Recommendation], symbol: str | None) -> bool:
    """True when the position is to be closed whole, which needs no stop."""
    return any(r.symbol == symbol and r.action.verb is Verb.CLOSE and r.action.amount is None for r in kept)
