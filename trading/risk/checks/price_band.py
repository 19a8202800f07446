"""Price band: a limit or stop far from the market is more often a typing error than a wish."""

from __future__ import annotations

from decimal import Decimal

from domain.money import ONE, percent_text, plain
from domain.orders import OrderType
from domain.tickets import Finding, Severity
from trading.risk.limits import Limits
from trading.risk.proposal import Leg, Proposal

CODE = "price_band"
LIMITS = ("band_warning", "band_blocking", "patient_warning", "patient_blocking")


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """The limit or stop furthest out of its band, as a fraction of the last price; patient ones have the wider band.

    Beyond the blocking band opening is refused. Closing and protecting are only warned of: in a crash the last price is what is wrong.
    """
    worst: tuple[bool, Decimal, Finding] | None = None
    for leg in proposal.legs:
        quote = proposal.quote(leg.symbol)
        if quote is None or quote.last <= 0:
            continue
        for word, price in (("limit", leg.limit), ("stop", leg.stop)):
            found = _one(leg, word, price, leg.entry or quote.last, limits) if price is not None else None
            if found is not None and (worst is None or found[:2] > worst[:2]):
                worst = found
    return worst[2] if worst else None


def _one(leg: Leg, word: str, price: Decimal, last: Decimal, limits: Limits) -> tuple[bool, Decimal, Finding] | None:
    away = price / last - ONE
    patient = _patient(leg, word, away)
    warning, blocking = (limits.patient_warning, limits.patient_blocking) if patient else (limits.band_warning, limits.band_blocking)
    distance = abs(away)
    if distance <= warning:
        return None
    far = distance > blocking
    stops = far and not leg.is_exit
    where = "above" if away > 0 else "below"
    name = "target" if word == "limit" and patient and leg.is_exit else word
    base = f"the last price of {leg.symbol}" if leg.entry is None else "its entry"
    sentence = f"The {name} {plain(price)} is {percent_text(distance, sign=False)} {where} {base}, {plain(last)}"
    if stops:
        sentence += f"; beyond {percent_text(blocking, sign=False, places=0)} I take it for a typing error."
    else:
        sentence += ", far enough for a typing error: is it meant?" if far else ": is it meant?"
    details = (("price", plain(price)), ("last", plain(last)), ("away", plain(round(away, 4))), ("allowed", plain(blocking)))
    return stops, distance, Finding(CODE, Severity.BLOCKING if stops else Severity.WARNING, sentence, details)


def _patient(leg: Leg, word: str, away: Decimal) -> bool:
    """A limit that waits for a better price than the market's, or a stop that guards what is held: being far away costs nothing there."""
    waits = away * -leg.side.sign > 0  # below the market for a buy, above it for a sell
    if word == "limit" and leg.type is OrderType.LIMIT:
        return waits
    return leg.is_exit and not waits
