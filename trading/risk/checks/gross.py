"""Gross exposure: long and short together, whatever their signs."""

from __future__ import annotations

from domain.money import percent_text, plain
from domain.tickets import Finding, Severity
from trading.risk import exposure
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal

CODE = "gross_exposure"
LIMITS = ("gross",)


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """Blocks opening that takes gross exposure, with every open entry filled, beyond the limit; what lowers it passes."""
    change = exposure.change(proposal) if proposal.opening else None
    if change is None:
        return None
    before, after = change
    if after.gross <= max(limits.gross, before.gross):
        return None
    shown, most = percent_text(after.gross, sign=False), percent_text(limits.gross, sign=False, places=0)
    sentence = f"Long and short together would be {shown} of your equity, above the limit of {most}; close something first."
    details = (("before", plain(round(before.gross, 4))), ("after", plain(round(after.gross, 4))), ("limit", plain(limits.gross)))
    return Finding(CODE, Severity.BLOCKING, sentence, details)
