"""Correlation: what moves with the rest of the book spreads nothing."""

from __future__ import annotations

from decimal import Decimal

from domain.money import plain
from domain.tickets import Finding
from trading.risk.limits import Limits
from trading.risk.proposal import Leg, Proposal

CODE = "correlation"
LIMITS = ("correlation",)


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """The opened symbol whose daily returns followed the rest of the book most: warns a person, blocks automation.

    A short sale of it is a hedge and counts with the other sign. Symbols without enough history are not judged.
    """
    known = proposal.surroundings.correlations or {}
    judged = [(known[leg.symbol] * leg.side.sign, leg) for leg in proposal.opening if leg.symbol in known]
    value, leg = max(judged, key=lambda pair: pair[0], default=(None, None))
    if value is None or leg is None or value <= limits.correlation:
        return None
    return Finding(CODE, proposal.judgement, _sentence(value, leg, limits), _details(value, leg, limits))


def _sentence(value: Decimal, leg: Leg, limits: Limits) -> str:
    what = leg.symbol if leg.side.sign > 0 else f"A short sale of {leg.symbol}"
    return (
        f"{what} moves with the rest of your book: correlation {plain(round(value, 2))} over 120 days, above {plain(limits.correlation)}. "
        "It adds to the same bet."
    )


def _details(value: Decimal, leg: Leg, limits: Limits) -> tuple[tuple[str, str], ...]:
    return (("symbol", leg.symbol), ("correlation", plain(value)), ("limit", plain(limits.correlation)))
