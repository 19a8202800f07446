"""Fitting: the smaller order that a limit would let by, as the line to type."""

from __future__ import annotations

from decimal import Decimal

from domain.money import plain, to_lot
from domain.orders import OrderType, Side
from trading.risk.proposal import Proposal


def would_fit(proposal: Proposal, money: Decimal) -> str:
    """` `#buy MSFT 12` would fit.` for a ticket that is one plain buy to open or add; nothing for any other, or where nothing fits."""
    leg = proposal.legs[0]
    instrument = proposal.instrument(leg.symbol)
    plainly = leg.side is Side.BUY and leg.type in (OrderType.MARKET, OrderType.LIMIT) and leg.held >= 0 and leg.replaces is None
    if len(proposal.legs) > 1 or not plainly or not leg.price or instrument is None or money <= 0:
        return ""
    quote = proposal.quote(leg.symbol)
    price = max(leg.price, quote.last) if quote is not None else leg.price
    fits = to_lot(money / (price * instrument.multiplier), instrument.lot)
    limit = f" limit {plain(leg.limit)}" if leg.limit is not None else ""
    return f" `#buy {leg.symbol} {plain(fits)}{limit}` would fit." if fits > 0 else ""
