"""Stale: nothing is opened on a price that is missing, old or broken."""

from __future__ import annotations

from datetime import datetime

from domain.codec import instant_text
from domain.market import Freshness, Quote
from domain.tickets import Finding, Severity
from trading.risk.limits import Limits
from trading.risk.proposal import Leg, Proposal

CODE = "stale_quote"
LIMITS: tuple[str, ...] = ()


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """Blocks opening on a quote that is missing, stale, crossed or not positive; closing on one is only warned of."""
    bad = [(leg, why) for leg in proposal.legs if (why := _wrong(proposal.quote(leg.symbol), proposal.now)) is not None]
    if not bad:
        return None
    opening = [pair for pair in bad if not pair[0].is_exit]
    leg, why = (opening or bad)[0]
    symbols = ",".join(dict.fromkeys(b.symbol for b, _ in bad))
    severity = Severity.BLOCKING if opening else Severity.WARNING
    return Finding(CODE, severity, f"{_sentence(leg, why)}{_end(bool(opening))}", (("symbols", symbols), *_when(proposal, leg)))


def _wrong(quote: Quote | None, now: datetime) -> str | None:
    if quote is None:
        return "there is no price for {symbol}"
    if quote.bid <= 0 or quote.ask <= 0 or quote.last <= 0 or quote.ask < quote.bid:
        return "the quote of {symbol} makes no sense (bid and ask crossed, or not positive)"
    if quote.freshness is Freshness.STALE:
        minutes = int((now - quote.at).total_seconds() // 60)
        return f"the quote of {{symbol}} is stale, {minutes} min old"
    return None


def _sentence(leg: Leg, why: str) -> str:
    text = why.format(symbol=leg.symbol)
    return text[0].upper() + text[1:]


def _end(opening: bool) -> str:
    return ": nothing is opened on that." if opening else ": you may still close, at whatever price there is."


def _when(proposal: Proposal, leg: Leg) -> tuple[tuple[str, str], ...]:
    quote = proposal.quote(leg.symbol)
    return (("quoted", instant_text(quote.at)),) if quote else ()
