"""Daily loss: after a bad day nothing new is opened until the next."""

from __future__ import annotations

from domain.money import ZERO, percent_text, plain
from domain.tickets import Finding, Severity
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal

CODE = "daily_loss"
LIMITS = ("daily_loss",)


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """Blocks opening once today's loss is the limit or more of the equity at the last close; not judged where that is not known."""
    day = proposal.surroundings.day
    if not proposal.opening or day is None or -day < limits.daily_loss:
        return None
    lost, most = percent_text(max(-day, ZERO), sign=False), percent_text(limits.daily_loss, sign=False, places=0)
    sentence = f"You are down {lost} today, at or beyond the limit of {most}: nothing is opened until the next session; closing goes on."
    return Finding(CODE, Severity.BLOCKING, sentence, (("day", plain(round(day, 4))), ("limit", plain(limits.daily_loss))))
