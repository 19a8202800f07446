"""Trigger side: a stop or target that the market has already passed would trade at once."""

from __future__ import annotations

from decimal import Decimal

from domain.market import Quote
from domain.money import ONE, plain
from domain.orders import OrderType, Side
from domain.tickets import Finding, Severity
from trading.risk.limits import Limits
from trading.risk.proposal import Leg, Proposal

CODE = "trigger_side"
LIMITS: tuple[str, ...] = ()


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """Blocks a stop on the wrong side of the market and a trail as long as the price; warns of a target that trades at once."""
    warning = None
    for leg in proposal.legs:
        quote = proposal.quote(leg.symbol)
        if quote is None or quote.bid <= 0 or leg.entry is not None:  # a bracket's exits are judged against their entry
            continue
        found = _stop(leg, quote) or _trail(leg, quote)
        if found is not None:
            return found
        warning = warning or _target(leg, quote)
    return warning


def _stop(leg: Leg, quote: Quote) -> Finding | None:
    if leg.stop is None or leg.type is OrderType.TRAILING:
        return None
    selling = leg.side is Side.SELL
    market = quote.bid if selling else quote.ask
    if (leg.stop < market) if selling else (leg.stop > market):
        return None
    proper, other = ("below", "at or above") if selling else ("above", "at or below")
    hint = f" `#{leg.symbol} target {plain(leg.stop)}` waits for a higher price." if selling and leg.is_exit else ""
    sentence = f"The stop {plain(leg.stop)} is {other} the market ({plain(market)}) and would trade at once; it belongs {proper} it.{hint}"
    return Finding(CODE, Severity.BLOCKING, sentence, _details(leg.stop, market))


def _trail(leg: Leg, quote: Quote) -> Finding | None:
    amount = leg.trail if leg.trail is not None else (leg.trail_percent * quote.last if leg.trail_percent is not None else None)
    if amount is None or 0 < amount < quote.last:
        return None
    sentence = f"A trail of {plain(round(amount, 2))} is as long as the price of {leg.symbol}, {plain(quote.last)}: it would never trade."
    return Finding(CODE, Severity.BLOCKING, sentence, _details(amount, quote.last))


def _target(leg: Leg, quote: Quote) -> Finding | None:
    if not (leg.reduce_only and leg.type is OrderType.LIMIT and leg.limit is not None):
        return None
    selling = leg.side is Side.SELL
    market = quote.bid if selling else quote.ask
    if (leg.limit > market) if selling else (leg.limit < market):
        return None
    verb = "sells" if selling else "buys back"
    sentence = f"The market ({plain(market)}) is already through the target {plain(leg.limit)}: it {verb} at once."
    return Finding(CODE, Severity.WARNING, sentence, _details(leg.limit, market))


def _details(price: Decimal, market: Decimal) -> tuple[tuple[str, str], ...]:
    return (("price", plain(price)), ("market", plain(market)), ("away", plain(round(price / market - ONE, 4))))
