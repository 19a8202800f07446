"""Drawdown: far below its peak, an account is not made to grow by more risk."""

from __future__ import annotations

from domain.money import percent_text, plain
from domain.tickets import Finding, Severity
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal

CODE = "drawdown"
LIMITS = ("drawdown",)


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """Blocks opening while equity is the limit or more below its highest; not judged before a peak is known."""
    fallen = proposal.surroundings.drawdown
    if not proposal.opening or fallen is None or fallen < limits.drawdown:
        return None
    shown, most = percent_text(fallen, sign=False), percent_text(limits.drawdown, sign=False, places=0)
    sentence = f"Your equity is {shown} below its peak, at or beyond the limit of {most}: nothing is opened; closing goes on."
    return Finding(CODE, Severity.BLOCKING, sentence, (("drawdown", plain(round(fallen, 4))), ("limit", plain(limits.drawdown))))
