"""Entry sentiment: the news of the last day should speak for what is opened."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from domain.money import plain
from domain.tickets import Finding
from trading.risk.limits import Limits
from trading.risk.proposal import Leg, Proposal

CODE = "entry_sentiment"
LIMITS = ("entry_sentiment", "sentiment_hours", "sentiment_required")


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """The opened symbol with the least average tone of its news, turned for a short sale: warns a person, blocks automation.

    Without news there is no tone and no finding; but automation is blocked then where `sentiment_required` says so.
    """
    since = proposal.now - timedelta(hours=float(limits.sentiment_hours))
    tones = [(proposal.surroundings.tone(leg.symbol, since), leg) for leg in proposal.opening]
    silent = next((leg for tone, leg in tones if tone is None), None)
    if silent is not None and proposal.automated and limits.sentiment_required:
        sentence = f"There is no news on {silent.symbol} of the last {plain(limits.sentiment_hours)} hours, and this account asks for some."
        return Finding(CODE, proposal.judgement, sentence, (("symbol", silent.symbol), ("limit", plain(limits.entry_sentiment))))
    judged = [(tone * leg.side.sign, leg) for tone, leg in tones if tone is not None]
    value, leg = min(judged, key=lambda pair: pair[0], default=(None, None))
    if value is None or leg is None or value >= limits.entry_sentiment:
        return None
    details = (("symbol", leg.symbol), ("sentiment", plain(value)), ("limit", plain(limits.entry_sentiment)))
    return Finding(CODE, proposal.judgement, _sentence(value, leg, limits), details)


def _sentence(value: Decimal, leg: Leg, limits: Limits) -> str:
    side = "" if leg.side.sign > 0 else ", for a short sale"
    return (
        f"The news on {leg.symbol} of the last {plain(limits.sentiment_hours)} hours has a tone of {plain(value)}{side}; "
        f"an entry asks for {plain(limits.entry_sentiment)} or better, on a scale of -1 to 1."
    )
