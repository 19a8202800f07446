"""Assessment: what a proposal would do and what risk finds in it, on one snapshot of fresh quotes; at the card and again at the tap."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.errors import SourceFailed
from domain.market import Quote
from domain.money import ZERO, cents, percent_text
from domain.orders import CancelIntent, Intent, OrderIntent, OrderType, ReplaceIntent, Side
from domain.portfolio import Portfolio
from domain.ports import BrokerTraits
from domain.tickets import Consequence, Finding, Severity, Ticket
from market.hub import Hub
from trading import brackets
from trading.book import Book
from trading.commission import Commission
from trading.consequence import Var, consequence, no_var
from trading.guards.state import Trading
from trading.legs import reduces
from trading.reconciling.readiness import Readiness
from trading.risk.engine import assess
from trading.risk.limitbook import LimitBook
from trading.risk.metrics import BookReturns, book_returns
from trading.risk.proposal import Proposal
from trading.risk.surroundings import Lookout
from trading.risk.tails import historical_var

log = logging.getLogger(__name__)

TOLERANCE = Decimal("0.005")
VOLUME_SESSIONS = 20


@dataclass(frozen=True, slots=True)
class Assessment:
    """The intents as they would be sent, the quotes they were reckoned on, what they would do, what speaks against it, and the snapshot."""

    intents: tuple[Intent, ...]
    quotes: tuple[Quote, ...]
    consequence: Consequence
    findings: tuple[Finding, ...]
    portfolio: Portfolio

    @property
    def blocked(self) -> str:
        """The sentence of the worst blocking finding, or nothing."""
        return next((f.sentence for f in self.findings if f.severity is Severity.BLOCKING), "")


class Assessor:
    """Draws up assessments of one account, each by the limits in force at that moment."""

    def __init__(
        self,
        book: Book,
        hub: Hub,
        limits: LimitBook,
        commission: Commission,
        lookout: Lookout,
        trading: Trading,
        readiness: Readiness,
        traits: BrokerTraits | None = None,
    ) -> None:
        self._readiness = readiness
        self._book = book
        self._hub = hub
        self._limits = limits
        self._commission = commission
        self._lookout = lookout
        self._traits = traits
        self._trading = trading

    async def assess(
        self, intents: Sequence[Intent], *, as_shown: bool = False, automated: bool = False, unseen: bool = False
    ) -> Assessment:
        """The intents sized (unless they go out as they were shown) and judged on quotes read now.

        `automated` says that no person asked for them, `unseen` that nobody is to look at the card either: what only closes (`closes`) then
        waits for nothing but quotes, and its card has no figures before and after and no share of a day's volume. No limit holds it back,
        so what blocks stays the same.
        Raises UserError for an unknown symbol, no price, an amount that buys nothing or an order that is not open.
        """
        symbols = list(dict.fromkeys(i.symbol for i in intents if isinstance(i, OrderIntent)))
        for symbol in symbols:
            self._hub.require(symbol)
        portfolio = await self._book.snapshot(fresh=True, extra=symbols, day=False)
        holdings = self._book.holdings.copy()
        sized = tuple(intents) if as_shown else brackets.sized(intents, portfolio)
        traded = list(dict.fromkeys(i.symbol for i in intents if isinstance(i, OrderIntent | ReplaceIntent)))
        bare = unseen and closes(sized)
        returns = None if bare else await self._returns(portfolio, traded)
        volumes = {} if bare else await self._volumes(symbols)
        shown = consequence(portfolio, holdings, sized, self._commission, _value_at_risk(returns), self._traits, figures=not bare)
        proposal = Proposal(portfolio, sized, portfolio.at, shown.legs, volumes, automated=automated)
        limits = self._limits.current
        opening = list(dict.fromkeys(leg.symbol for leg in proposal.opening))
        if opening:
            proposal = replace(proposal, surroundings=await self._lookout.gather(portfolio, opening, limits, returns))
        findings = assess(proposal, limits)
        if not all(reduces(i, portfolio) for i in sized):
            refused = (self._trading.finding(self._trading.now()), self._readiness.finding())
            findings = (*(f for f in refused if f is not None), *findings)
        quotes = tuple(portfolio.quotes[s] for s in symbols if s in portfolio.quotes)
        return Assessment(sized, quotes, shown, findings, portfolio)

    async def _volumes(self, symbols: Sequence[str]) -> Mapping[str, Decimal]:
        volumes = {}
        for symbol in symbols:
            try:
                bars = await self._hub.closes(symbol, VOLUME_SESSIONS)
            except SourceFailed as failure:
                log.warning("no volume history of %s: %s", symbol, failure)
                continue
            if bars:
                volumes[symbol] = sum((b.volume for b in bars), ZERO) / len(bars)
        return volumes

    async def _returns(self, portfolio: Portfolio, symbols: Sequence[str]) -> BookReturns | None:
        """Past daily returns of the book and the symbols; None without symbols, prices or a history that can be read."""
        if not symbols or not portfolio.spec.priced:
            return None
        try:
            return await book_returns(portfolio, self._hub, extra=symbols)
        except SourceFailed as failure:
            log.warning("no price history, so no value at risk on this card: %s", failure)
            return None


def closes(intents: Sequence[Intent]) -> bool:
    """True for what can do nothing but close at the market, or cancel."""
    orders = [i for i in intents if not isinstance(i, CancelIntent)]
    return all(isinstance(i, OrderIntent) and i.reduce_only and i.type is OrderType.MARKET for i in orders)


def _value_at_risk(returns: BookReturns | None) -> Var:
    return no_var if returns is None else lambda book: _var_of(book, returns)


def _var_of(portfolio: Portfolio, returns: BookReturns) -> Decimal | None:
    equity = portfolio.equity
    if equity <= 0:
        return None
    weights = {p.symbol: float(portfolio.value(p.symbol) / equity) for p in portfolio.positions}
    fraction = historical_var(returns.weighted(weights))
    return None if fraction is None else cents(Decimal(repr(fraction)) * equity)


def drift(ticket: Ticket, now: Sequence[Quote], tolerance: Decimal = TOLERANCE) -> str:
    """What moved beyond the tolerance since the card was shown, as a sentence; empty when nothing did.

    Judged are the legs whose price is the market's: market orders at the side they trade on, trailing stops at the last price they follow.
    Beyond is more than that fraction of the price shown and more than one spread (the wider of then and now). A quote that is gone has
    moved.
    """
    seen, fresh = {q.symbol: q for q in ticket.quotes}, {q.symbol: q for q in now}
    moved = []
    for intent in ticket.intents:
        if not isinstance(intent, OrderIntent) or intent.type not in (OrderType.MARKET, OrderType.TRAILING):
            continue
        before, after = seen.get(intent.symbol), fresh.get(intent.symbol)
        if before is None or after is None:
            moved.append(f"{intent.symbol} has no price to compare")
            continue
        was, becomes = _side_price(intent, before), _side_price(intent, after)
        if abs(becomes - was) > max(was * tolerance, before.spread, after.spread):
            moved.append(f"{intent.symbol} moved {percent_text(becomes / was - 1, sign=True)} since the card")
    return "; ".join(dict.fromkeys(moved))


def _side_price(intent: OrderIntent, quote: Quote) -> Decimal:
    if intent.type is OrderType.TRAILING:
        return quote.last
    return quote.ask if intent.side is Side.BUY else quote.bid
