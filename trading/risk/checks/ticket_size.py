"""Ticket size: how much, in how many orders, one confirmation may open."""

from __future__ import annotations

from domain.money import percent_text, plain
from domain.tickets import Finding, Severity
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal

CODE = "ticket_size"
LIMITS = ("orders_a_ticket", "ticket_size")


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """Blocks a ticket that opens in too many orders, or too much of equity in all; orders that close and protect are not counted."""
    opening = proposal.opening
    size = proposal.opened(opening)
    details = (("orders", str(len(opening))), ("size", plain(round(size, 4))))
    if len(opening) > limits.orders_a_ticket:
        sentence = (
            f"This opens in {len(opening)} orders at once, above the limit of {limits.orders_a_ticket} a ticket; draw it up in parts."
        )
        return Finding(CODE, Severity.BLOCKING, sentence, (*details, ("limit", str(limits.orders_a_ticket))))
    if size > limits.ticket_size:
        shown, most = percent_text(size, sign=False), percent_text(limits.ticket_size, sign=False, places=0)
        sentence = f"This opens {shown} of your equity at once, above the limit of {most} a ticket; draw it up in parts."
        return Finding(CODE, Severity.BLOCKING, sentence, (*details, ("limit", plain(limits.ticket_size))))
    return None
