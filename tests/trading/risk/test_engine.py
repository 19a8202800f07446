"""The engine: it finds every check, keeps their codes apart and puts the worst first."""

from __future__ import annotations

import importlib
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.orders import Side
from domain.tickets import Severity
from tests.fakes.market import utc
from tests.trading.risk.books import PRICES, book, buy, found, intent, sell
from trading.risk import checks, engine
from trading.risk.limits import Limits
from trading.risk.proposal import Proposal

FILES = sorted(p.stem for p in Path(checks.__path__[0]).glob("*.py") if p.stem != "__init__")


def test_every_file_is_a_check_with_a_code_of_its_own() -> None:
    codes = [importlib.import_module(f"trading.risk.checks.{name}").CODE for name in FILES]
    assert len(set(codes)) == len(codes) == len(engine.registered())
    assert all(code == code.lower() and code.replace("_", "").isalpha() for code in codes)


def test_two_checks_with_one_code_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    engine.registered.cache_clear()
    monkeypatch.setattr(importlib, "import_module", lambda name: SimpleNamespace(CODE="same", check=lambda p, limits: None))
    with pytest.raises(ValueError, match="same"):
        engine.registered()
    monkeypatch.undo()
    engine.registered.cache_clear()
    assert engine.registered()


def test_findings_come_worst_first() -> None:
    proposal = Proposal(book(cash="1000"), (buy("AAPL", "20", limit="107"),), utc("2025-10-10 22:00"))
    findings = engine.assess(proposal, Limits())
    assert [f.severity for f in findings] == [Severity.BLOCKING, Severity.BLOCKING, Severity.WARNING, Severity.WARNING]
    assert [f.code for f in findings] == ["insufficient_cash", "position_size", "market_closed", "price_band"]


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


@given(quantity=st.integers(1, 10), symbol=st.sampled_from(("AAPL", "NVDA", "XOM", "SPY")))
def test_closing_what_is_held_is_never_blocked(quantity: int, symbol: str) -> None:
    portfolio = book(cash="-100", holding={symbol: "10"})
    findings = found(portfolio, sell(symbol, str(quantity)))
    assert not any(f.severity is Severity.BLOCKING for f in findings.values())
