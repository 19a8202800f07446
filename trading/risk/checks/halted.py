"""Halted: after the emergency stop only closing, protecting and cancelling go on."""

from __future__ import annotations

from domain.tickets import Finding, Severity
from trading.legs import reduces
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal

CODE = "halted"
LIMITS: tuple[str, ...] = ()


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """Blocks everything but closing, protecting, cancelling and the owner's release while the kill switch is pulled."""
    if not proposal.portfolio.halted or all(reduces(i, proposal.portfolio) for i in proposal.intents):
        return None
    sentence = "Trading is halted by the emergency stop; only closing and cancelling go on. `#resume` is an owner's."
    return Finding(CODE, Severity.BLOCKING, sentence)
