"""Cash: what the ticket buys must be paid for by what is free."""

from __future__ import annotations

from decimal import Decimal

from domain.money import ONE, ZERO, cents, money_text, plain, to_lot
from domain.orders import Side
from domain.tickets import Finding, Severity
from trading.risk.limits import Limits
from trading.risk.proposal import Leg, Proposal

CODE = "insufficient_cash"
LIMITS: tuple[str, ...] = ()


def check(proposal: Proposal, limits: Limits) -> Finding | None:
    """Blocks when opening buys and short sales, with fees, cost more than is free; closing is never asked for cash.

    What the ticket sells does not count, since it may fill later than what it buys. Free is cash, less what open buy orders may take, less
    twice the market value sold short (its proceeds, and as much again as cover), so gross exposure stays within equity.
    """
    shorting = proposal.portfolio.spec.shorting  # where it is not allowed, the check for short sales says so, and no sum matters
    legs = [leg for leg in proposal.legs if leg.opening > 0 and leg.price is not None and (shorting or leg.side is Side.BUY)]
    if not legs:
        return None
    need = sum((_cost(proposal, leg) for leg in legs), ZERO)
    free = free_cash(proposal)
    if need <= free:
        return None
    currency = proposal.portfolio.spec.currency
    sentence = f"This needs {money_text(need, currency)} and {money_text(max(free, ZERO), currency)} is free."
    return Finding(
        CODE,
        Severity.BLOCKING,
        sentence + _instead(proposal, legs, free),
        (("need", str(cents(need))), ("free", str(cents(free)))),
    )


def free_cash(proposal: Proposal) -> Decimal:
    """What could be spent once the ticket's own cancels and changes are through; negative when open orders ask for more than there is."""
    portfolio = proposal.portfolio
    held = ZERO
    for order in portfolio.orders:
        if order.open and order.side is Side.BUY and not order.reduce_only and order.client_id not in proposal.released:
            quote = portfolio.quotes.get(order.symbol)
            price = order.limit or order.stop or (quote.ask if quote else ZERO)
            held += order.left * price * portfolio.multiplier(order.symbol)
    short = sum((-min(portfolio.value(p.symbol), ZERO) for p in portfolio.positions), ZERO)
    return portfolio.cash - held - 2 * short


def _cost(proposal: Proposal, leg: Leg) -> Decimal:
    return leg.opening * (leg.price or ZERO) * proposal.portfolio.multiplier(leg.symbol) + leg.fee


def _instead(proposal: Proposal, legs: list[Leg], free: Decimal) -> str:
    """The line that would fit, where the ticket is one plain buy."""
    leg = legs[0]
    instrument = proposal.instrument(leg.symbol)
    if len(legs) > 1 or leg.side is not Side.BUY or leg.held < 0 or instrument is None or leg.replaces is not None or free <= 0:
        return ""
    each = _cost(proposal, leg) / leg.opening if leg.opening else ONE
    fits = to_lot(free / each, instrument.lot)
    limit = f" limit {plain(leg.limit)}" if leg.limit is not None else ""
    return f" `#buy {leg.symbol} {plain(fits)}{limit}` would fit." if fits > 0 else ""
