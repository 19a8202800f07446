"""Order size: one order should not be able to undo a year."""

from __future__ import annotations

from domain.money import percent_text, plain
from domain.tickets import Finding, Severity
from trading.risk.fitting import would_fit
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal

CODE = "order_size"
LIMITS = ("order_size",)


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """Blocks the largest order that opens more than so much of equity; what an order closes does not count."""
    sizes = [(proposal.opened([leg]), leg.symbol) for leg in proposal.opening]
    size, symbol = max(sizes, default=(limits.order_size, ""))
    if size <= limits.order_size:
        return None
    shown, most = percent_text(size, sign=False), percent_text(limits.order_size, sign=False, places=0)
    sentence = f"This order for {symbol} is {shown} of your equity, above the limit of {most} for one order."
    sentence += would_fit(proposal, limits.order_size * proposal.portfolio.equity)
    details = (("symbol", symbol), ("size", plain(round(size, 4))), ("limit", plain(limits.order_size)))
    return Finding(CODE, Severity.BLOCKING, sentence, details)
