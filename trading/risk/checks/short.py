"""Short: selling more than is held."""

from __future__ import annotations

from domain.money import ZERO, plain, quantity_text
from domain.orders import OrderType, Side
from domain.tickets import Finding, Severity
from trading.risk.limits import Limits
from trading.risk.proposal import Leg, Proposal

CODE = "short_sale"
LIMITS = ("shorting",)


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """Blocks a sell beyond the position where the account allows no shorting, and says so where it does.

    Other open sells count, and closes under way. A partial close warns when it leaves less than the open sells are for.
    """
    allowed = proposal.portfolio.spec.shorting and limits.shorting
    for leg in proposal.legs:
        if leg.side is not Side.SELL:
            continue
        if leg.reduce_only:
            if allowed and leg.type is OrderType.MARKET and (finding := _too_much_promised(proposal, leg)):
                return finding
            continue
        promised = proposal.working(leg.symbol, Side.SELL) + min(proposal.closing(leg.symbol, Side.SELL), max(leg.held, ZERO))
        free = max(leg.held - promised, ZERO)
        beyond = leg.quantity - free
        if beyond <= 0:
            continue
        held = f"You hold {quantity_text(max(leg.held, ZERO))} {leg.symbol}"
        promise = f", {quantity_text(promised)} of it in open sell orders," if promised > 0 else ""
        sells = f"{held}{promise} and this sells {quantity_text(leg.quantity)}: {quantity_text(beyond)} would be sold short"
        details = (("held", plain(leg.held)), ("selling", plain(leg.quantity)), ("beyond", plain(beyond)))
        if allowed:
            return Finding(CODE, Severity.WARNING, f"{sells}; a short position can lose more than it brought in.", details)
        instead = f" `#{leg.symbol} close` sells what you hold." if leg.held > 0 else ""
        return Finding(CODE, Severity.BLOCKING, f"{sells}, which this account does not allow.{instead}", details)
    return None


def _too_much_promised(proposal: Proposal, leg: Leg) -> Finding | None:
    """A partial close that leaves less than the open sells are for."""
    promised, left = proposal.working(leg.symbol, Side.SELL), max(leg.after, ZERO)
    beyond = promised - left
    if beyond <= 0:
        return None
    sentence = (
        f"Open sell orders are for {quantity_text(promised)} {leg.symbol}, and this leaves {quantity_text(left)}: "
        f"{quantity_text(beyond)} would be sold short. `/orders` shows them."
    )
    return Finding(CODE, Severity.WARNING, sentence, (("left", plain(left)), ("selling", plain(promised)), ("beyond", plain(beyond))))
