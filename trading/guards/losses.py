"""Losses: what the losses of an account are measured from, and which snapshots may be measured at all.

Equity is compared with equity, never price with price, so a split that is booked changes nothing. Money paid in or taken out is not a
gain or a loss: the day's start moves by the amount, the peak in proportion, so that a withdrawal leaves a drawdown what it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from domain.instruments import AssetClass
from domain.ledger import EntryKind
from domain.market import Freshness, Quote
from domain.money import ONE, ZERO
from domain.portfolio import Portfolio

OLDEST = timedelta(minutes=2)  # a live quote that is older is no basis for stopping anybody
WILD = Decimal("0.10")  # the last trade this far from bid and ask is a bad print
SPLIT_WITHIN = Decimal("0.03")
_SPLITS = tuple(Decimal(n) / 2 for n in (3, 4, 6, 8, 10, 12, 16, 20, 30, 40, 50, 100, 200))


@dataclass(frozen=True, slots=True)
class Marks:
    """The running peak of equity, and the equity at the close before `day`'s session with the net deposits there were by then.

    `deposited` are the net deposits when the peak was last looked at. `rebase` is the code of a limit whose breaker was reset: what is
    beyond its limit at the next look is measured from there.
    """

    peak: Decimal
    peak_at: datetime
    deposited: Decimal
    day: datetime | None = None
    base: Decimal | None = None
    base_deposited: Decimal = ZERO
    rebase: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a snapshot says against the marks; fractions, positive for a loss. `daily_loss` None where the day has no known start."""

    at: datetime
    equity: Decimal
    daily_loss: Decimal | None
    drawdown: Decimal


def doubt(portfolio: Portfolio) -> str:
    """Why a snapshot is not to be measured, or nothing: a price that is missing, stale, crossed, not positive or far from its market."""
    for position in portfolio.positions:
        quote = portfolio.quotes.get(position.symbol)
        why = "has no price" if quote is None else _wrong(quote, portfolio.at)
        if why:
            return f"{position.symbol} {why}"
    return ""


def _wrong(quote: Quote, now: datetime) -> str:
    if quote.freshness is Freshness.STALE or (quote.freshness is Freshness.LIVE and quote.overdue(now, OLDEST)):
        return "has a stale price"
    if min(quote.bid, quote.ask, quote.last) <= 0 or quote.ask < quote.bid:
        return "has a quote that makes no sense"
    if abs(quote.last - quote.mid) > max(quote.mid * WILD, quote.spread):
        return "has a last price far from its market"
    return ""


def splitlike(portfolio: Portfolio, before: dict[str, Decimal]) -> frozenset[str]:
    """Held shares whose price is a split's ratio away from their previous close or from the price in `before`, no split being booked today.

    Until the books have been compared with the broker such a move may be the split itself, and a half or a double equity no truth.
    """
    booked = {e.symbol for e in portfolio.today if e.kind is EntryKind.SPLIT}
    found = set()
    for position in portfolio.positions:
        symbol, instrument = position.symbol, portfolio.instruments.get(position.symbol)
        if symbol in booked or (instrument is not None and instrument.asset_class not in (AssetClass.EQUITY, AssetClass.ETF)):
            continue
        last = portfolio.quotes[symbol].last
        earlier = (p for p in (portfolio.previous_close.get(symbol), before.get(symbol)) if p is not None and p > 0)
        if any(abs(max(last / p, p / last) / ratio - ONE) <= SPLIT_WITHIN for p in earlier for ratio in _SPLITS):
            found.add(symbol)
    return frozenset(found)


def base_of(then: Portfolio, now: Portfolio) -> Decimal | None:
    """The equity at the previous close from the account as it was then; None when a holding had no known price.

    A history that is adjusted for a split booked since has another price for the old number of shares: of the two readings the one nearer
    to what the price is now is taken.
    """
    if not then.complete:
        return None
    base = then.equity
    for entry in now.today:
        quote = now.quotes.get(entry.symbol or "")
        position = then.position(entry.symbol or "")
        if entry.kind is not EntryKind.SPLIT or quote is None or position is None or entry.quantity <= 0:
            continue
        seen, today = then.quotes[position.symbol].last, quote.last * entry.quantity
        other = seen * entry.quantity
        if _apart(other, today) < _apart(seen, today):
            base += position.quantity * (other - seen) * now.multiplier(position.symbol)
    return base


def _apart(a: Decimal, b: Decimal) -> Decimal:
    return max(a / b, b / a) if a > 0 and b > 0 else Decimal("Infinity")


def flowed(marks: Marks, equity: Decimal, deposited: Decimal) -> Marks:
    """The marks after money was paid in or taken out: the peak as if it had always been there, so that the drawdown is what it was."""
    flow = deposited - marks.deposited
    if not flow:
        return marks
    before = equity - flow
    peak = marks.peak * equity / before if before > 0 and equity > 0 else max(equity, ZERO)
    return replace(marks, peak=peak, deposited=deposited)


def measured(marks: Marks, at: datetime, equity: Decimal, deposited: Decimal) -> Reading:
    """The losses of an equity against the marks: the day's over the equity at the previous close (and what was paid in since)."""
    drawdown = max(ONE - equity / marks.peak, ZERO) if marks.peak > 0 else ZERO
    loss: Decimal | None = None
    if marks.base is not None:
        flow = deposited - marks.base_deposited
        over = max(marks.base, marks.base + flow)
        loss = (marks.base + flow - equity) / over if over > 0 else None
    return Reading(at, equity, loss, drawdown)
