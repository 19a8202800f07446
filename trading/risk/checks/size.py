"""Size: one position should not carry the whole account."""

from __future__ import annotations

from domain.money import percent_text, plain
from domain.tickets import Finding, Severity
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal

CODE = "position_size"
LIMITS = ("weight_warning", "weight_blocking")


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """The heaviest position the ticket opens or adds to, with its other open entries filled, over equity; reducing is never held back."""
    equity = proposal.portfolio.equity
    if equity <= 0:
        return None
    heaviest = None
    for leg in proposal.legs:
        if leg.is_exit or leg.price is None or (leg.after < 0 and not proposal.portfolio.spec.shorting):
            continue  # a short sale that is not allowed has a check of its own
        after = (abs(leg.after) + proposal.working(leg.symbol, leg.side)) * leg.price * proposal.portfolio.multiplier(leg.symbol) / equity
        if heaviest is None or after > heaviest[0]:
            heaviest = (after, leg.symbol)
    if heaviest is None or heaviest[0] <= limits.weight_warning:
        return None
    weight, symbol = heaviest
    stops = weight > limits.weight_blocking
    limit = limits.weight_blocking if stops else limits.weight_warning
    above = percent_text(limit, sign=False, places=0)
    sentence = f"{symbol} would be {percent_text(weight, sign=False)} of your equity, above the limit of {above}"
    sentence += " for one position." if stops else " where one position starts to decide your day."
    before = proposal.portfolio.weight(symbol)
    details = (("symbol", symbol), ("before", plain(round(before, 4))), ("after", plain(round(weight, 4))), ("limit", plain(limit)))
    return Finding(CODE, Severity.BLOCKING if stops else Severity.WARNING, sentence, details)
