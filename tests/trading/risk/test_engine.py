"""The engine: it finds every check, keeps their codes apart and puts the worst first."""

from __future__ import annotations

import importlib
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.market import EarningsDate
from domain.orders import Intent, OrderIntent, Side
from domain.portfolio import Portfolio
from domain.tickets import Severity
from tests.fakes.market import utc
from tests.trading.risk.books import OPEN, PRICES, book, buy, found, intent, working
from trading.risk import checks, engine
from trading.risk.headlines import Headline
from trading.risk.limits import TABLE, Limits
from trading.risk.proposal import Proposal
from trading.risk.surroundings import Surroundings

STRICTEST = Limits(
    order_size=Decimal("0.01"),
    ticket_size=Decimal("0.01"),
    orders_a_ticket=1,
    weight_warning=Decimal("0.01"),
    weight_blocking=Decimal("0.01"),
    gross=Decimal("0.1"),
    net=Decimal("0.1"),
    sector=Decimal("0.01"),
    correlation=Decimal(0),
    shorting=False,
    trades_a_day=1,
    duplicate_seconds=Decimal(3600),
    band_blocking=Decimal("0.001"),
    patient_blocking=Decimal("0.001"),
    news_tone=Decimal(0),
    entry_sentiment=Decimal(1),
    sentiment_required=True,
)
FILES = sorted(p.stem for p in Path(checks.__path__[0]).glob("*.py") if p.stem != "__init__")


def test_every_file_is_a_check_with_a_code_of_its_own() -> None:
    codes = [importlib.import_module(f"trading.risk.checks.{name}").CODE for name in FILES]
    assert len(set(codes)) == len(codes) == len(engine.registered())
    assert all(code == code.lower() and code.replace("_", "").isalpha() for code in codes)


def test_two_checks_with_one_code_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    engine.registered.cache_clear()
    monkeypatch.setattr(importlib, "import_module", lambda name: SimpleNamespace(CODE="same", LIMITS=(), check=lambda p, limits: None))
    with pytest.raises(ValueError, match="same"):
        engine.registered()
    monkeypatch.undo()
    engine.registered.cache_clear()
    assert engine.registered()


def test_findings_come_worst_first() -> None:
    proposal = Proposal(book(cash="1000"), (buy("AAPL", "20", limit="107"),), utc("2025-10-10 22:00"))
    findings = engine.assess(proposal, Limits())
    blocking = ["gross_exposure", "insufficient_cash", "net_exposure", "order_size", "position_size", "sector_exposure", "ticket_size"]
    assert [f.code for f in findings if f.severity is Severity.BLOCKING] == blocking
    assert [f.code for f in findings if f.severity is Severity.WARNING] == ["market_closed", "price_band"]
    assert [f.code for f in findings][: len(blocking)] == blocking


def test_an_empty_proposal_has_no_findings() -> None:
    assert engine.assess(Proposal(book(), (), utc("2025-10-10 22:00")), Limits()) == ()


numbers = st.decimals(min_value="0.01", max_value="100000", places=2).map(str)


@given(
    symbol=st.sampled_from(sorted(PRICES)),
    side=st.sampled_from(Side),
    quantity=numbers,
    limit=st.none() | numbers,
    stop=st.none() | numbers,
    reduce_only=st.booleans(),
    shorting=st.booleans(),
    held=st.sampled_from(("-7", "3", "10")),
)
def test_any_order_is_judged_in_clear_words(
    symbol: str, side: Side, quantity: str, limit: str | None, stop: str | None, reduce_only: bool, shorting: bool, held: str
) -> None:
    terms = {k: v for k, v in (("limit", limit), ("stop", stop)) if v is not None}
    portfolio = book(shorting=shorting, holding={symbol: held})
    wanted = intent(symbol, side, quantity, reduce_only=reduce_only, **terms)
    findings = found(portfolio, wanted, volumes={symbol: Decimal(500)})
    assert findings == found(portfolio, wanted, volumes={symbol: Decimal(500)})
    for finding in findings.values():
        assert finding.sentence[0].isupper()
        assert finding.sentence[-1] in ".?`"
        assert "E+" not in finding.sentence
        assert "{" not in finding.sentence
        assert all(key and value for key, value in finding.details)


def test_each_check_names_the_limits_that_set_it_and_every_limit_has_a_use() -> None:
    used = [name for one in engine.registered().values() for name in one.limits]
    assert len(used) == len(set(used))
    elsewhere = {"breaker_cooldown_hours", "orders_a_minute", "orders_a_day", "notional_a_day"}
    assert set(used) == set(TABLE) - elsewhere
    assert engine.limited_by("sector") == ("sector_exposure",)
    for code, one in engine.registered().items():
        assert one.about, code
        assert one.rule, code


WORST = Surroundings(
    correlations=dict.fromkeys(PRICES, Decimal(1)),
    day=Decimal("-0.9"),
    drawdown=Decimal("0.9"),
    trades=10_000,
    earnings=tuple(EarningsDate(s, OPEN, "before") for s in PRICES),
    news=tuple(Headline(s, OPEN, "bad", Decimal(tone)) for s in PRICES for tone in (-1, 1)),
    notes=("the news", "the last closes"),
)
"""A day on which every judgement and every loss limit speaks against anything."""


@st.composite
def reducing(draw: st.DrawFn) -> tuple[Portfolio, list[Intent]]:
    """A book with positions of either side beyond every limit, and orders that take from them, at any price, none twice."""
    held = {s: draw(st.integers(-2000, 2000).filter(bool)) for s in draw(st.sets(st.sampled_from(sorted(PRICES)), min_size=1))}
    cash = draw(st.integers(-500_000, 500_000))
    entries = tuple(working(f"e{s}-1", buy(s, "900", limit=PRICES[s])) for s in PRICES)
    portfolio = book(holding={s: str(q) for s, q in held.items()}, cash=str(cash), orders=entries, shorting=draw(st.booleans()))
    portfolio = replace(portfolio, halted=draw(st.booleans()))
    intents: list[Intent] = []
    for symbol, quantity in held.items():
        side, price = (Side.SELL if quantity > 0 else Side.BUY), Decimal(PRICES[symbol])
        part = str(draw(st.integers(1, abs(quantity))))
        terms = draw(st.sampled_from(("market", "reduce", "limit", "stop")))
        away = price * draw(st.decimals("0.01", "3", places=2))
        beyond = price * (Decimal("0.7") if quantity > 0 else Decimal("1.3"))
        prices = {"limit": {"limit": away}, "stop": {"stop": beyond}}.get(terms, {})
        intents.append(intent(symbol, side, part, reduce_only=terms != "market", **prices))
    return portfolio, intents


@given(drawn=reducing(), automated=st.booleans(), at=st.sampled_from((OPEN, utc("2025-10-11 12:00"))))
def test_a_ticket_that_only_reduces_is_never_blocked(drawn: tuple[Portfolio, list[Intent]], automated: bool, at: datetime) -> None:
    portfolio, intents = drawn
    sent = tuple(working(f"d{n}-1", i) for n, i in enumerate(intents) if isinstance(i, OrderIntent))
    findings = found(portfolio, *intents, now=at, around=replace(WORST, sent=sent), automated=automated, limits=STRICTEST)
    assert [f for f in findings.values() if f.severity is Severity.BLOCKING] == []


@given(symbol=st.sampled_from(sorted(PRICES)), quantity=st.integers(1, 50), automated=st.booleans())
def test_the_same_day_stops_whoever_opens(symbol: str, quantity: int, automated: bool) -> None:
    findings = found(book(), buy(symbol, str(quantity)), around=WORST, automated=automated)
    blocked = {code for code, f in findings.items() if f.severity is Severity.BLOCKING}
    assert {"daily_loss", "drawdown", "trades_a_day"} <= blocked
    judged = {"correlation", "earnings_blackout", "negative_news", "entry_sentiment", "not_judged"}
    assert judged <= set(findings)
    assert (judged <= blocked) is automated
    assert automated or not judged & blocked
