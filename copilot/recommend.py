"""Rules → recommendations: each with its reason, its numbers and the `#` line that would do it; the same view gives the same list."""

from __future__ import annotations

from collections.abc import Sequence

from copilot.recommendation import Recommendation, Rule, View
from copilot.rules import cash_drag, concentration, cut_loss, earnings_ahead, near_stop, stop_missing, take_profit

RULES: tuple[Rule, ...] = (
    concentration.check,
    stop_missing.check,
    near_stop.check,
    take_profit.check,
    cut_loss.check,
    earnings_ahead.check,
    cash_drag.check,
)
_EXITS = frozenset({"concentration", "near_stop", "take_profit", "cut_loss", "earnings_ahead"})


def recommend(view: View) -> tuple[Recommendation, ...]:
    """Every rule's suggestions, the most pressing first; of several that sell the same symbol only the first is kept."""
    found = sorted((r for rule in RULES for r in rule(view)), key=lambda r: (-r.priority, r.id))
    kept: list[Recommendation] = []
    sold: set[str] = set()
    for suggestion in found:
        if suggestion.rule in _EXITS and suggestion.symbol is not None:
            if suggestion.symbol in sold:
                continue
            sold.add(suggestion.symbol)
        elif suggestion.rule == "stop_missing" and suggestion.symbol in sold and _closes(kept, suggestion.symbol):
            continue
        kept.append(suggestion)
    return tuple(kept)


def _closes(kept: Sequence[Recommendation], symbol: str | None) -> bool:
    """True when the position is to be closed whole, which needs no stop."""
    return any(r.symbol == symbol and r.rule == "cut_loss" for r in kept)
