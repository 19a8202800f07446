"""Bad news: what was just said against a position, before it is opened."""

from __future__ import annotations

from datetime import timedelta

from domain.codec import instant_text
from domain.money import plain
from domain.tickets import Finding
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal

CODE = "negative_news"
LIMITS = ("news_hours", "news_tone")
LONGEST = 90


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """The worst headline of the last hours on what is opened, for a short sale the best: warns a person, blocks automation.

    The headline is quoted as text from outside. No news is no finding.
    """
    since = proposal.now - timedelta(hours=float(limits.news_hours))
    said = [(h.tone * leg.side.sign, h) for leg in proposal.opening for h in proposal.surroundings.headlines(leg.symbol, since)]
    tone, worst = min(said, key=lambda pair: pair[0], default=(None, None))
    if tone is None or worst is None or tone > limits.news_tone:
        return None
    text = worst.text if len(worst.text) <= LONGEST else f"{worst.text[:LONGEST].rstrip()}…"
    minutes = int((proposal.now - worst.at).total_seconds() // 60)
    ago = f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
    sentence = f"{worst.symbol} was in the news {ago} ago, and it speaks against this: “{text}”."
    details = (("symbol", worst.symbol), ("tone", plain(worst.tone)), ("limit", plain(limits.news_tone)), ("at", instant_text(worst.at)))
    return Finding(CODE, proposal.judgement, sentence, details)
