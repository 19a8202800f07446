"""Small portfolios to be judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from domain.market import Freshness, Quote
from domain.orders import Intent, Order, OrderIntent, OrderStatus, OrderType, Side, TimeInForce
from domain.portfolio import AccountSpec, Mode, Portfolio, Position
from domain.tickets import Finding, LegEstimate
from tests.fakes.market import INSTRUMENTS, utc
from trading.risk.engine import assess
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal
from trading.risk.surroundings import Surroundings

OPEN = utc("2025-10-10 14:30")
PRICES = {"AAPL": "100", "NVDA": "200", "XOM": "50", "SPY": "500", "BTC": "50000"}


def quote(symbol: str, last: str, *, bid: str | None = None, ask: str | None = None, freshness: Freshness = Freshness.LIVE) -> Quote:
    price = Decimal(last)
    near = price / 10000
    low, high = Decimal(bid) if bid is not None else price - near, Decimal(ask) if ask is not None else price + near
    return Quote(symbol, low, high, price, OPEN, "fake", freshness, True)


def book(
    *,
    holding: Mapping[str, str] | None = None,
    cash: str = "100000",
    shorting: bool = False,
    orders: tuple[Order, ...] = (),
    mode: Mode = Mode.PAPER,
    at: datetime = OPEN,
    **held: str,
) -> Portfolio:
    """Cash and positions, every known instrument quoted a basis point to each side."""
    return Portfolio(
        spec=AccountSpec("main", mode, shorting=shorting),
        at=at,
        cash=Decimal(cash),
        positions=tuple(
            Position(s, Decimal(q), Decimal(PRICES[s]), Decimal(0), Decimal(0), OPEN) for s, q in (dict(holding or {}) | held).items()
        ),
        orders=orders,
        quotes={s: quote(s, p) for s, p in PRICES.items()},
        instruments={i.symbol: i for i in INSTRUMENTS},
    )


def buy(symbol: str, quantity: str | None = None, **terms: object) -> OrderIntent:
    return intent(symbol, Side.BUY, quantity, **terms)


def sell(symbol: str, quantity: str | None = None, **terms: object) -> OrderIntent:
    return intent(symbol, Side.SELL, quantity, **terms)


def intent(symbol: str, side: Side, quantity: str | None, **terms: object) -> OrderIntent:
    """Text is a Decimal; the type follows from the prices given."""
    prices = {k: Decimal(v) if type(v) is str else v for k, v in terms.items()}
    kind = OrderType.MARKET
    if "trail" in prices or "trail_percent" in prices:
        kind = OrderType.TRAILING
    elif "stop" in prices:
        kind = OrderType.STOP_LIMIT if "limit" in prices else OrderType.STOP
    elif "limit" in prices:
        kind = OrderType.LIMIT
    made = OrderIntent(symbol, side, kind, Decimal(quantity) if quantity is not None else None)
    return replace(made, **prices)  # type: ignore[arg-type]


def working(name: str, wanted: OrderIntent, *, filled: str = "0", status: OrderStatus = OrderStatus.ACCEPTED) -> Order:
    """An open order as the intent asked for."""
    return Order(
        client_id=name,
        account="main",
        ticket=name,
        leg=1,
        symbol=wanted.symbol,
        side=wanted.side,
        type=wanted.type,
        quantity=wanted.quantity or Decimal(0),
        tif=TimeInForce.GTC,
        created=OPEN,
        updated=OPEN,
        limit=wanted.limit,
        stop=wanted.stop,
        trail=wanted.trail,
        trail_percent=wanted.trail_percent,
        reduce_only=wanted.reduce_only,
        status=status,
        filled=Decimal(filled),
    )


def found(
    portfolio: Portfolio,
    *intents: Intent,
    now: datetime | None = None,
    limits: Limits | None = None,
    estimates: tuple[LegEstimate, ...] = (),
    volumes: Mapping[str, Decimal] | None = None,
    around: Surroundings | None = None,
    automated: bool = False,
) -> dict[str, Finding]:
    """Findings by code."""
    proposal = Proposal(portfolio, intents, now or portfolio.at, estimates, volumes or {}, around or Surroundings(), automated)
    return {f.code: f for f in assess(proposal, limits or Limits())}
