"""Volume: an order that is large against a day's trading moves its own price."""

from __future__ import annotations

from domain.money import percent_text, plain
from domain.tickets import Finding, Severity
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal

CODE = "order_volume"
LIMITS = ("volume_warning",)


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """Warns of the leg that is largest over its average daily volume; symbols without a known volume are not judged."""
    shares = [(leg.quantity / volume, leg) for leg in proposal.legs if (volume := proposal.volumes.get(leg.symbol)) and leg.quantity > 0]
    if not shares:
        return None
    share, leg = max(shares, key=lambda pair: pair[0])
    if share <= limits.volume_warning:
        return None
    volume = proposal.volumes[leg.symbol]
    part = percent_text(share, sign=False, places=0)
    sentence = f"This is {part} of what {leg.symbol} trades in a day: it will fill in parts and move the price."
    details = (
        ("symbol", leg.symbol),
        ("quantity", plain(leg.quantity)),
        ("average_volume", plain(volume)),
        ("share", plain(round(share, 4))),
    )
    return Finding(CODE, Severity.WARNING, sentence, details)
