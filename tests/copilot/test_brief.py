"""The brief: gathered from one snapshot, in a stable order, and true about the span it covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from copilot.brief import Brief
from copilot.spans import span_named
from domain.clock import ManualClock
from domain.ledger import EntryKind
from domain.money import cents
from domain.orders import Side
from market.hub import Hub
from market.sources.embedded import Embedded
from tests.copilot.scene import HOLDINGS, START, Broken, Quiet, Scene, money, scene

D = Decimal


def hub_at(at: datetime) -> Hub:
    clock = ManualClock(at)
    return Hub(Embedded(clock), clock)


@pytest.mark.parametrize(
    ("now", "name", "start", "end", "suffix"),
    [
        ("2025-10-10 14:30", "today", "2025-10-09 20:00", "2025-10-10 14:30", "today"),
        ("2025-10-10 14:30", "yesterday", "2025-10-08 20:00", "2025-10-09 20:00", "yesterday"),
        ("2025-10-10 22:00", "yesterday", "2025-10-08 20:00", "2025-10-09 20:00", "yesterday"),
        ("2025-10-12 15:00", "yesterday", "2025-10-09 20:00", "2025-10-10 20:00", "on Friday, the last session"),
        ("2025-10-12 15:00", "today", "2025-10-09 20:00", "2025-10-12 15:00", "since the last session began"),
        ("2025-10-10 14:30", "week", "2025-10-03 20:00", "2025-10-10 14:30", "this week"),
        ("2025-10-13 12:00", "week", "2025-10-10 20:00", "2025-10-13 12:00", "this week"),
        ("2025-10-10 14:30", "month", "2025-09-30 20:00", "2025-10-10 14:30", "this month"),
        ("2025-10-10 14:30", "ytd", "2024-12-31 21:00", "2025-10-10 14:30", "this year"),
        ("2025-10-10 14:30", "nonsense", "2025-10-09 20:00", "2025-10-10 14:30", "today"),
    ],
)
def test_spans_run_between_closes(now: str, name: str, start: str, end: str, suffix: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    span = span_named(name, at, hub_at(at))
    assert span.start == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert span.end == datetime.fromisoformat(end).replace(tzinfo=UTC)
    assert span.suffix == suffix


@pytest.fixture
async def busy() -> Scene:
    """A book that traded yesterday and today, paid a fee, got a dividend and a deposit."""
    made = await scene()
    yesterday = START - timedelta(hours=22)
    await made.trade("TSLA", Side.SELL, 4, yesterday)
    made.book.accept(money("div", EntryKind.DIVIDEND, "12.40", yesterday + timedelta(minutes=5), "AAPL"))
    made.book.accept(money("cash", EntryKind.DEPOSIT, "2500", yesterday + timedelta(minutes=6)))
    await made.trade("AMD", Side.BUY, 10, START - timedelta(minutes=20))
    made.book.accept(money("fee", EntryKind.FEE, "-3.33", START - timedelta(minutes=5)))
    last = (await made.hub.quotes(["AAPL"]))["AAPL"].last
    made.stop("AAPL", str(cents(last * D("0.985"))))
    return made


@pytest.mark.parametrize("span", ["today", "yesterday", "week"])
async def test_the_attribution_is_the_accounts_change(busy: Scene, span: str) -> None:
    brief = await busy.brief(span)
    assert brief.attribution is not None
    end = brief.portfolio if not brief.span.past else await busy.book.as_of(brief.span.end)
    assert abs(brief.attribution.total - (end.equity - brief.then.equity - brief.flows)) <= D("0.01")
    assert brief.attribution.unknown == ()


async def test_the_same_state_gives_the_same_brief(busy: Scene) -> None:
    first, second = await busy.brief(), await busy.brief()
    assert first == replace(second)
    again = await busy.brief("week")
    assert again.at == first.at


async def test_the_days_trades_carry_what_they_booked(busy: Scene) -> None:
    brief = await busy.brief("yesterday")
    assert [(t.symbol, t.side, t.quantity) for t in brief.trades] == [("TSLA", Side.SELL, D(4))]
    bought = next(e for e in busy.book.entries if e.id == "b-TSLA")
    sold = brief.trades[0]
    assert sold.realised == (sold.price - bought.price) * 4 - 1
    assert brief.realised == sold.realised + D("12.40")
    assert brief.flows == D(2500)


async def test_stops_risk_and_what_is_ahead(busy: Scene) -> None:
    brief = await busy.brief(risk=True)
    assert [(s.symbol, s.gap is not None and D("0.014") < s.gap < D("0.016")) for s in brief.stops] == [("AAPL", True)]
    assert brief.value_at_risk is not None
    assert D("0.001") < brief.value_at_risk < D("0.2")
    held = {p.symbol for p in brief.portfolio.positions}
    assert all(r.symbol in held and r.at >= START for r in brief.earnings)
    assert set(brief.loadings) >= {"SPY", "AAPL", "BTC"}
    assert "near-stop-aapl" in {r.key for r in brief.recommendations}


async def test_sources_that_fail_are_named_and_the_rest_is_answered(busy: Scene) -> None:
    busy.news = busy.calendar = Broken()
    brief = await busy.brief()
    assert brief.missing == ("news", "calendar")
    assert brief.attribution is not None
    assert [*brief.links, *brief.impacts, *brief.earnings] == []


async def test_a_book_without_prices_has_no_values() -> None:
    brief = await (await scene(priced=False)).brief()
    assert not brief.priced
    assert brief.attribution is None
    assert brief.recommendations == ()
    assert brief.value_at_risk is None


async def test_an_empty_account() -> None:
    brief = await (await scene(holdings=())).brief()
    assert brief.portfolio.positions == ()
    assert brief.attribution is None or brief.attribution.total == 0


async def test_a_shock_is_explained_by_its_headline() -> None:
    made = await scene()
    linked = [i for span in ("week",) for i in (await made.brief(span)).impacts]
    assert all(-1 < i.abnormal < 1 and 0 <= i.confidence <= 1 for i in linked)
    made.news = Quiet()
    assert (await made.brief("week")).impacts == ()


async def test_a_young_account_has_no_history_before_it() -> None:
    made = await scene(holdings=HOLDINGS[:1], deposit="100000")
    brief: Brief = await made.brief("week")
    assert brief.then.equity > 0
