"""Net exposure: what a move of the whole market would take, long less short."""

from __future__ import annotations

from domain.money import percent_text, plain
from domain.tickets import Finding, Severity
from trading.risk import exposure
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal

CODE = "net_exposure"
LIMITS = ("net",)


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """Blocks opening that takes net exposure, long or short, further beyond the limit, with every open entry filled."""
    change = exposure.change(proposal) if proposal.opening else None
    if change is None:
        return None
    before, after = change
    if abs(after.net) <= max(limits.net, abs(before.net)):
        return None
    shown, most = percent_text(abs(after.net), sign=False), percent_text(limits.net, sign=False, places=0)
    side = "long" if after.net > 0 else "short"
    sentence = f"You would be {side} {shown} of your equity in all, above the limit of {most}; close something first."
    details = (("before", plain(round(before.net, 4))), ("after", plain(round(after.net, 4))), ("limit", plain(limits.net)))
    return Finding(CODE, Severity.BLOCKING, sentence, details)
