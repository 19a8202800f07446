"""Duplicate: the same order again a moment later is more often a slip than a wish."""

from __future__ import annotations

from datetime import timedelta

from domain.money import quantity_text
from domain.orders import Order, OrderType
from domain.tickets import Finding, Severity
from trading.risk.limits import Limits
from trading.risk.proposal import Leg, Proposal

CODE = "duplicate_order"
LIMITS = ("duplicate_seconds",)


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """An order like one sent within the last seconds (symbol, side, quantity, type): warns a person, blocks automation that opens.

    Orders that ended without trading are no duplicates; an order that only protects a position is none either.
    """
    window = timedelta(seconds=float(limits.duplicate_seconds))
    sent = [o for o in proposal.surroundings.sent or () if proposal.now - o.created < window]
    pairs = [(leg, order) for leg in proposal.legs for order in sent if _alike(leg, order)]
    opening = [pair for pair in pairs if not pair[0].is_exit]
    if not pairs:
        return None
    leg, order = (opening or pairs)[0]
    seconds = int((proposal.now - order.created).total_seconds())
    what = f"{leg.side} {quantity_text(leg.quantity)} {leg.symbol}"
    sentence = f"The same order, {what}, was sent {seconds} s ago as {order.client_id}: confirm only if you want it twice."
    severity = proposal.judgement if opening else Severity.WARNING
    return Finding(CODE, severity, sentence, (("symbol", leg.symbol), ("order", order.client_id), ("seconds", str(seconds))))


def _alike(leg: Leg, order: Order) -> bool:
    protects = leg.reduce_only and leg.type is not OrderType.MARKET
    same = (leg.symbol, leg.side, leg.quantity, leg.type) == (order.symbol, order.side, order.quantity, order.type)
    return same and not protects and leg.replaces is None
