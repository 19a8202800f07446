"""Quantity: what trades is a positive multiple of the instrument's lot, and an exit needs something to exit."""

from __future__ import annotations

from domain.money import ONE, ZERO, plain, quantity_text, to_lot
from domain.orders import Side
from domain.tickets import Finding, Severity
from trading.risk.limits import Limits
from trading.risk.proposal import Leg, Proposal

CODE = "bad_quantity"
LIMITS: tuple[str, ...] = ()


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """Blocks nothing-at-all, fractions where the instrument has none, and reduce-only orders on a position that is not there."""
    for leg in proposal.legs:
        instrument = proposal.instrument(leg.symbol)
        lot = instrument.lot if instrument else ONE
        details = (("symbol", leg.symbol), ("quantity", plain(leg.quantity)), ("lot", plain(lot)))
        if leg.quantity <= 0:
            smallest = f"the smallest quantity of {leg.symbol} is {plain(lot)}"
            return Finding(CODE, Severity.BLOCKING, f"This would trade nothing: {smallest}.", details)
        if leg.quantity % lot != 0:
            return Finding(CODE, Severity.BLOCKING, _fraction(leg, to_lot(leg.quantity, lot), plain(lot)), details)
        if leg.reduce_only and leg.held * leg.side.sign >= ZERO:
            return Finding(CODE, Severity.BLOCKING, f"There is no position in {leg.symbol} for this to reduce.", details)
    return None


def _fraction(leg: Leg, whole: object, lot: str) -> str:
    sentence = f"{leg.symbol} trades in steps of {lot}, so {quantity_text(leg.quantity)} cannot be done."
    verb = "buy" if leg.side is Side.BUY else "sell"
    return f"{sentence} `#{verb} {leg.symbol} {whole}` can." if whole and not leg.reduce_only else sentence
