"""The page of risk codes: what each check looks at, whom it warns or blocks, and an example, made by running the checks themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.market import EarningsDate, Freshness, Quote
from domain.orders import Intent, Order, OrderIntent, OrderStatus, OrderType, Side, TimeInForce
from domain.portfolio import AccountSpec, Mode, Portfolio, Position
from domain.tickets import Finding, Severity
from market.world.listing import instruments
from trading.risk import engine
from trading.risk.headlines import Headline
from trading.risk.limits import TABLE, Limits, Unit, defaults
from trading.risk.proposal import Proposal
from trading.risk.surroundings import Surroundings

NOW = datetime(2025, 10, 28, 15, tzinfo=UTC)  # a Tuesday, 11:00 in New York
NIGHT = NOW + timedelta(hours=12)
PRICES = {"AAPL": "230", "MSFT": "420", "NVDA": "180", "SPY": "580", "XOM": "115"}
_SAID = {Severity.WARNING: "warned", Severity.BLOCKING: "blocked"}
_HEADINGS = ("Code", "Rule", "A person who opens", "Automation that opens", "Limits", "For example")
ELSEWHERE = {
    "halted": (
        "Blocks everything but closing, protecting and cancelling while the emergency stop is pulled.",
        (),
        "Trading is halted by the emergency stop; only closing and cancelling go on. `#resume` is an owner's.",
    ),
    "not_reconciled": (
        "Blocks opening until book and broker were compared and agree: at a start, after an outage, and while they differ.",
        (),
        "Book and broker were not compared yet: until they agree only closing and cancelling go on. `/reconcile` compares them now.",
    ),
    "reducing": (
        "Blocks everything but closing, protecting and cancelling while the breaker has tripped.",
        ("breaker_cooldown_hours",),
        "The breaker has tripped on the day's loss: only closing, cancelling and protecting go on until 09:30 New York, Mon 13 Oct. "
        "An owner may end it sooner: `/breaker reset`",
    ),
    "too_many_orders": (
        "Blocks what would be too many orders, or too much money, in a minute or a day; a person has ten times what automation has.",
        ("orders_a_minute", "orders_a_day", "notional_a_day"),
        "Too many orders (automation): at most 30 orders a minute may leave, and this one would be more.",
    ),
}
"""Findings that are no check's, asked at the card or in the transaction that releases it: the rule, its limits, and what a card says."""
_INTRO = (
    "# Risk codes",
    "",
    "Generated from the checks by `make docs`. Every finding on a card ends in its code; `foliopilot ask --json` and the journal carry it",
    "with its numbers as `key=value`. `/risk-limits` shows the limits of your account and how much of each is used.",
    "",
    "A limit on money blocks everybody who opens. A judgement warns a person, who decides, and blocks automation. Closing, reducing,",
    "protecting and cancelling are never held back by a limit: they are at most warned of. `insufficient_cash`, `bad_quantity`,",
    "`trigger_side` and `short_sale` also refuse what could not be carried out as it was meant.",
    "",
)


@dataclass(frozen=True, slots=True)
class Example:
    """A ticket that a check has something to say about."""

    intents: tuple[Intent, ...]
    surroundings: Surroundings = field(default_factory=Surroundings)
    limits: Limits = field(default_factory=Limits)
    cash: str = "80000"
    now: datetime = NOW
    freshness: Freshness = Freshness.LIVE
    volumes: Mapping[str, Decimal] = field(default_factory=dict)

    def finding(self, code: str, *, automated: bool) -> Finding | None:
        """What the check of that code finds in it."""
        proposal = Proposal(_book(self), self.intents, self.now, (), self.volumes, self.surroundings, automated)
        return engine.registered()[code].check(proposal, self.limits)


def page() -> str:
    """The whole page: the codes, then the limits."""
    rows = sorted([*(_row(code) for code in engine.registered()), *(_elsewhere(code) for code in ELSEWHERE)])
    limits = [_limit(name) for name in TABLE]
    head = ("Limit", "Default", "Live account", "Range", "What it holds", "Codes")
    return "\n".join([*_INTRO, *_table(_HEADINGS, rows), "", "## Limits", "", *_table(head, limits)]) + "\n"


def examples() -> Mapping[str, tuple[Example, ...]]:
    """At least one example of every code, the one that is printed first."""
    near, said = EarningsDate("AAPL", NOW + timedelta(days=1, hours=5), "after"), NOW - timedelta(minutes=40)
    bad = Headline("MSFT", said, "Microsoft warns of slowing cloud demand", Decimal("-0.55"))
    twin = replace(_order(_buy("MSFT", 5)), created=NOW - timedelta(seconds=12))
    late = replace(defaults(AccountSpec("x", Mode.PAPER)), sentiment_required=True)
    return {
        "bad_quantity": (Example((_buy("AAPL", "2.5"),)),),
        "correlation": (Example((_buy("MSFT", 5),), Surroundings(correlations={"MSFT": Decimal("0.83")})),),
        "daily_loss": (Example((_buy("AAPL", 5),), Surroundings(day=Decimal("-0.0612"))),),
        "drawdown": (Example((_buy("AAPL", 5),), Surroundings(drawdown=Decimal("0.171"))),),
        "duplicate_order": (Example((_buy("MSFT", 5),), Surroundings(sent=(twin,))),),
        "earnings_blackout": (Example((_buy("AAPL", 5),), Surroundings(earnings=(near,))),),
        "entry_sentiment": (
            Example((_buy("MSFT", 5),), Surroundings(news=(replace(bad, tone=Decimal("0.12")),))),
            Example((_buy("MSFT", 5),), limits=late),
        ),
        "gross_exposure": (Example((_buy("SPY", 280),)),),
        "insufficient_cash": (Example((_buy("AAPL", 12),), cash="1000"),),
        "market_closed": (Example((_buy("AAPL", 5),), now=NIGHT),),
        "negative_news": (Example((_buy("MSFT", 5),), Surroundings(news=(bad,))),),
        "net_exposure": (Example((_buy("SPY", 200),)),),
        "not_judged": (Example((_buy("AAPL", 5),), Surroundings(notes=("the news",))),),
        "order_size": (Example((_buy("SPY", 100),)),),
        "order_volume": (Example((_buy("XOM", 50),), volumes={"XOM": Decimal(200)}),),
        "position_size": (Example((_buy("AAPL", 180),)), Example((_buy("AAPL", 80),))),
        "price_band": (Example((_limit_buy("AAPL", 5, "299"),)), Example((_limit_buy("AAPL", 5, "250"),))),
        "sector_exposure": (Example((_buy("NVDA", 250),)),),
        "short_sale": (Example((_sell("MSFT", 5),)),),
        "stale_quote": (Example((_buy("AAPL", 5),), freshness=Freshness.STALE),),
        "ticket_size": (Example((_buy("SPY", 60), _buy("XOM", 250))),),
        "trades_a_day": (Example((_buy("AAPL", 5),), Surroundings(trades=50)),),
        "trigger_side": (Example((OrderIntent("AAPL", Side.SELL, OrderType.STOP, Decimal(50), stop=Decimal(240), reduce_only=True),)),),
    }


def _row(code: str) -> tuple[str, ...]:
    registered, cases = engine.registered()[code], examples()[code]
    shown = cases[0].finding(code, automated=False)
    if shown is None:
        raise LookupError(f"the example of {code} finds nothing")
    limits = ", ".join(f"`{name}`" for name in registered.limits) or "–"
    return f"`{code}`", registered.rule, _who(code, cases, automated=False), _who(code, cases, automated=True), limits, shown.sentence


def _elsewhere(code: str) -> tuple[str, ...]:
    rule, limits, said = ELSEWHERE[code]
    return f"`{code}`", rule, "blocked", "blocked", ", ".join(f"`{name}`" for name in limits) or "–", said


def _who(code: str, cases: Sequence[Example], *, automated: bool) -> str:
    """What the examples ran to: warned, blocked, or either."""
    found = {f.severity for case in cases if (f := case.finding(code, automated=automated)) is not None}
    return " or ".join(_SAID[s] for s in (Severity.WARNING, Severity.BLOCKING) if s in found)


def _limit(name: str) -> tuple[str, ...]:
    limit = TABLE[name]
    paper, live = (limit.text(defaults(AccountSpec("x", mode, shorting=True)).value(name)) for mode in (Mode.PAPER, Mode.LIVE))
    bounds = "yes or no" if limit.unit is Unit.YES_NO else f"{limit.text(limit.low)} to {limit.text(limit.high)}"
    others = [code for code, (_, limits, _) in ELSEWHERE.items() if name in limits]
    codes = ", ".join(f"`{code}`" for code in [*engine.limited_by(name), *others])
    return f"`{name}`", paper, live, bounds, limit.help, codes


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def _buy(symbol: str, quantity: int | str) -> OrderIntent:
    return OrderIntent(symbol, Side.BUY, OrderType.MARKET, Decimal(quantity))


def _limit_buy(symbol: str, quantity: int, limit: str) -> OrderIntent:
    return OrderIntent(symbol, Side.BUY, OrderType.LIMIT, Decimal(quantity), limit=Decimal(limit))


def _sell(symbol: str, quantity: int) -> OrderIntent:
    return OrderIntent(symbol, Side.SELL, OrderType.MARKET, Decimal(quantity))


def _order(intent: OrderIntent) -> Order:
    quantity = intent.quantity or Decimal(0)
    day, filled = TimeInForce.DAY, OrderStatus.FILLED
    return Order("k7-1", "x", "k7", 1, intent.symbol, intent.side, intent.type, quantity, day, NOW, NOW, status=filled, filled=quantity)


def _book(example: Example) -> Portfolio:
    """50 AAPL and 20 NVDA beside the example's cash, every symbol quoted."""
    zero = Decimal(0)
    quotes = {}
    for symbol, price in PRICES.items():
        last = Decimal(price)
        at = NOW - timedelta(minutes=7 if example.freshness is Freshness.STALE else 0)
        quotes[symbol] = Quote(symbol, last - Decimal("0.01"), last + Decimal("0.01"), last, at, "example", example.freshness)
    held = [Position(s, Decimal(q), Decimal(PRICES[s]), zero, zero, NOW) for s, q in (("AAPL", 50), ("NVDA", 20))]
    spec = AccountSpec("main", Mode.PAPER)
    return Portfolio(spec, example.now, Decimal(example.cash), tuple(held), (), quotes, instruments())
