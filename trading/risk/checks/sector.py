"""Sector: what falls together should not be most of the book."""

from __future__ import annotations

from decimal import Decimal

from domain.money import ZERO, percent_text, plain
from domain.tickets import Finding, Severity
from trading.risk import exposure
from trading.risk.fitting import would_fit
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal

CODE = "sector_exposure"
LIMITS = ("sector",)


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """Blocks opening that takes a sector, longs and shorts added, further beyond the limit, with every open entry filled.

    A broad index fund belongs to no sector.
    """
    change = exposure.change(proposal) if proposal.opening else None
    if change is None:
        return None
    before, after = change
    grown = [(weight, name, before.sectors.get(name, ZERO)) for name, weight in after.sectors.items()]
    weight, name, was = max((g for g in grown if g[0] > g[2]), default=(ZERO, "", ZERO))
    if weight <= limits.sector:
        return None
    shown, most = percent_text(weight, sign=False), percent_text(limits.sector, sign=False, places=0)
    sentence = f"{name} would be {shown} of your equity, above the limit of {most} for one sector."
    sentence += would_fit(proposal, (limits.sector - was) * proposal.portfolio.equity)
    return Finding(CODE, Severity.BLOCKING, sentence, _details(name, was, weight, limits.sector))


def _details(name: str, was: Decimal, weight: Decimal, limit: Decimal) -> tuple[tuple[str, str], ...]:
    return (("sector", name), ("before", plain(round(was, 4))), ("after", plain(round(weight, 4))), ("limit", plain(limit)))
