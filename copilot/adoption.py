"""Whether advice was followed: a released card with the same line, or one that does the same to the same symbol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from domain.advice import Adoption, Advice, AdvisedLeg
from domain.money import ZERO
from domain.orders import STOPS, ExitIntent, OrderIntent, ReplaceIntent
from domain.tickets import Ticket, TicketStatus

WINDOW = 5
"""Sessions within which a card counts as having followed."""

HALF = Decimal("0.5")  # what a card counts for that ended with less than it asked for
WHOLE = Decimal("0.9")  # of the quantity advised; the rest is rounding and what a price moved


def resolved(advice: Advice, released: Sequence[Ticket], until: datetime | None = None) -> Advice:
    """The advice with what became of it by the cards released since it was shown (and drawn up by `until`, where given).

    Only a person's cards count, not what an exit or a strategy did. The same canonical line is followed; the same side of the same
    symbol is followed from nine tenths of the quantity on, else partly.
    """
    mine = [t for t in released if t.account == advice.account and not t.proposer.automated]
    cards = [t for t in mine if t.created >= advice.at and (until is None or t.created <= until)]
    exact = next((t for t in cards if t.line == advice.line and t.status is not TicketStatus.PARTIAL), None)
    if exact is not None:
        return replace(advice, adoption=Adoption.FOLLOWED, ticket=exact.id, settled=exact.created)
    shares, last = [], None
    for leg in advice.legs:
        done, by = _done(leg, cards)
        shares.append(done)
        last = by or last
    if last is None or not any(shares):
        return advice
    whole = all(share >= WHOLE for share in shares)
    return replace(advice, adoption=Adoption.FOLLOWED if whole else Adoption.PARTLY, ticket=last.id, settled=last.created)


def _done(leg: AdvisedLeg, cards: Sequence[Ticket]) -> tuple[Decimal, Ticket | None]:
    """How much of a leg the cards did, 1 for all of it, and the last card that did."""
    done, last = ZERO, None
    for ticket in cards:
        share = _protected(leg, ticket) if leg.price is None else _traded(leg, ticket)
        if share > 0:
            done, last = done + (min(share, HALF) if ticket.status is TicketStatus.PARTIAL else share), ticket
    return done, last


def _traded(leg: AdvisedLeg, ticket: Ticket) -> Decimal:
    """The share of a leg's quantity that a card trades at once, on its side."""
    wanted = [
        i
        for i in ticket.intents
        if isinstance(i, OrderIntent) and i.symbol == leg.symbol and i.side.sign * leg.quantity > 0 and i.type not in STOPS
    ]
    return sum((i.quantity for i in wanted if i.quantity is not None), ZERO) / abs(leg.quantity)


def _protected(leg: AdvisedLeg, ticket: Ticket) -> Decimal:
    """1 when a card places or moves a stop, of whatever kind, on a leg's symbol."""
    for intent in ticket.intents:
        match intent:
            case OrderIntent(symbol=symbol, type=kind) if symbol == leg.symbol and kind in STOPS:
                return Decimal(1)
            case ReplaceIntent(symbol=symbol, stop=stop, trail=trail, trail_percent=percent) if symbol == leg.symbol:
                if stop is not None or trail is not None or percent is not None:
                    return Decimal(1)
            case ExitIntent(rule=rule, remove=False) if rule.symbol == leg.symbol and not rule.kind.value.startswith("target"):
                return Decimal(1)
            case _:
                pass
    return ZERO
