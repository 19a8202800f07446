"""Trades a day: many trades in a day are a sign, whoever makes them."""

from __future__ import annotations

from domain.tickets import Finding, Severity
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal

CODE = "trades_a_day"
LIMITS = ("trades_a_day",)


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """Blocks opening orders that would make more than the day's number; counted are orders that have traded, closing ones too."""
    opening, traded = len(proposal.opening), proposal.surroundings.trades
    if not opening or traded is None or traded + opening <= limits.trades_a_day:
        return None
    sentence = f"{traded} orders have traded today, and the limit is {limits.trades_a_day}: nothing more is opened today; closing goes on."
    details = (("traded", str(traded)), ("opening", str(opening)), ("limit", str(limits.trades_a_day)))
    return Finding(CODE, Severity.BLOCKING, sentence, details)
