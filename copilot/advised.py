"""What an answer advised: the recommendations whose line it shows, as they are written down."""

from __future__ import annotations

from collections.abc import Iterable

from copilot.recommendation import Recommendation
from domain.advice import Advice, AdvisedNumber
from domain.chat import Reply, Text
from domain.portfolio import Portfolio
from trading.risk.metrics import MARKET


def suggested(what: Recommendation) -> str:
    """`Trim NVDA to 20%: `#NVDA close 35%``: how an answer says it, and how it is known that it did."""
    return f"{what.what}: `{what.line}`"


def shown_in(reply: Reply, offered: Iterable[Recommendation]) -> tuple[Recommendation, ...]:
    """Those of the recommendations that a reply says, in the order offered."""
    said = "\n".join(block.text for block in reply.blocks if isinstance(block, Text))
    return tuple(r for r in offered if r.id and suggested(r) in said)


def advice_of(shown: Recommendation, portfolio: Portfolio) -> Advice:
    """A recommendation as it is written down, at the prices of its snapshot."""
    market = portfolio.quotes.get(MARKET)
    return Advice(
        id=shown.id,
        account=portfolio.spec.name,
        rule=shown.rule,
        symbol=shown.symbol,
        line=shown.line,
        at=portfolio.at,
        legs=shown.legs,
        numbers=tuple(AdvisedNumber(n.label, n.value, n.unit) for n in shown.numbers),
        equity=portfolio.equity,
        market=None if market is None else market.last,
        confidence=shown.confidence,
        calibrated=shown.calibrated,
    )
