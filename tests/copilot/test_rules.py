"""Each rule: when it speaks, the line it gives, and that it is silent otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from copilot.recommend import RULES, recommend
from copilot.recommendation import NO_RECORD, View
from copilot.rules import cash_drag, concentration, cut_loss, earnings_ahead, near_stop, stop_missing, take_profit
from domain.instruments import AssetClass, Instrument
from domain.market import EarningsDate, Quote
from domain.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from domain.portfolio import AccountSpec, Mode, Portfolio, Position
from tests.copilot.scene import START

D = Decimal


def portfolio(*held: tuple[str, str, str, str], cash: str = "10000") -> Portfolio:
    """Positions as (symbol, quantity, average price, last)."""
    positions = tuple(Position(s, D(q), D(a), D(0), D(0), START) for s, q, a, _ in held)
    quotes = {s: Quote(s, D(last), D(last), D(last), START, "test") for s, _, _, last in held}
    listed = {s: Instrument(s, s, AssetClass.EQUITY, "X", "USD", D("0.01"), D(1), "Energy") for s, *_ in held}
    return Portfolio(AccountSpec("main", Mode.PAPER), START, D(cash), positions, (), quotes, listed)


def protective(symbol: str, kind: OrderType, *, stop: str | None = None, limit: str | None = None) -> Order:
    order = Order(f"{symbol}-{kind}", "main", "t", 1, symbol, Side.SELL, kind, D(1), TimeInForce.GTC, START, START, reduce_only=True)
    return replace(order, stop=D(stop) if stop else None, limit=D(limit) if limit else None, status=OrderStatus.ACCEPTED)


def test_concentration_trims_to_a_fifth() -> None:
    found = concentration.check(View(portfolio(("AAPL", "40", "90", "100"), cash="6000")))
    assert [r.line for r in found] == ["#AAPL close 50%"]
    assert found[0].record == NO_RECORD
    assert "40.0% of your equity" in found[0].why
    assert not concentration.check(View(portfolio(("AAPL", "20", "90", "100"), cash="8000")))


def test_a_missing_stop_is_named_one_by_one_or_all_at_once() -> None:
    one = portfolio(("AAPL", "10", "90", "100"))
    assert [r.line for r in stop_missing.check(View(one))] == ["#AAPL stop 2atr"]
    assert not stop_missing.check(View(replace(one, orders=(protective("AAPL", OrderType.STOP, stop="90"),))))
    three = portfolio(*((s, "10", "90", "100") for s in ("AAPL", "MSFT", "XOM")))
    assert [r.line for r in stop_missing.check(View(three))] == ["#set-stops"]
    tiny = portfolio(("AAPL", "1", "90", "100"))
    assert not stop_missing.check(View(tiny))


def test_a_price_near_its_stop() -> None:
    held = portfolio(("AAPL", "10", "90", "100"))
    near = replace(held, orders=(protective("AAPL", OrderType.STOP, stop="98.50"),))
    assert [r.line for r in near_stop.check(View(near))] == ["#AAPL close 50%"]
    far = replace(held, orders=(protective("AAPL", OrderType.STOP, stop="95"),))
    assert not near_stop.check(View(far))
    assert near_stop.check(View(far, {"AAPL": D(8)}))
    assert not near_stop.check(View(replace(held, orders=(protective("AAPL", OrderType.TRAILING),))))


def test_a_large_gain_without_a_target() -> None:
    held = portfolio(("AAPL", "10", "80", "100"))
    assert [r.line for r in take_profit.check(View(held))] == ["#AAPL close 33%"]
    assert not take_profit.check(View(replace(held, orders=(protective("AAPL", OrderType.LIMIT, limit="120"),))))
    assert not take_profit.check(View(portfolio(("AAPL", "10", "95", "100"))))


def test_a_short_position_wins_when_the_price_falls() -> None:
    assert View(portfolio(("AAPL", "-10", "100", "75"))).gain(Position("AAPL", D(-10), D(100), D(0), D(0), START)) == D("0.25")
    free = Position("AAPL", D(10), D(0), D(0), D(0), START)
    assert View(portfolio(("AAPL", "10", "100", "75"))).gain(free) == 0


def test_an_unlimited_loss_is_cut() -> None:
    held = portfolio(("AAPL", "10", "120", "100"))
    assert [r.line for r in cut_loss.check(View(held))] == ["#AAPL close"]
    assert not cut_loss.check(View(replace(held, orders=(protective("AAPL", OrderType.STOP, stop="90"),))))


def test_a_report_ahead_on_a_large_position() -> None:
    reports = [EarningsDate("AAPL", START + timedelta(days=d), "after") for d in (3, 4)]
    reports.append(EarningsDate("XOM", START + timedelta(days=3), "before"))
    held = portfolio(("AAPL", "20", "90", "100"), ("XOM", "1", "90", "100"))
    assert [r.line for r in earnings_ahead.check(View(held, earnings=reports))] == ["#AAPL close 25%"]


def test_idle_cash() -> None:
    listed = frozenset({"SPY"})
    found = cash_drag.check(View(portfolio(("AAPL", "10", "90", "100")), listed=listed))
    assert [r.line for r in found] == ["#buy SPY $7800"]
    assert not cash_drag.check(View(portfolio(("AAPL", "10", "90", "100"))))
    assert not cash_drag.check(View(portfolio(("AAPL", "100", "90", "100"), cash="2000"), listed=listed))
    assert not cash_drag.check(View(portfolio(cash="0"), listed=listed))


def test_the_list_is_ordered_stable_and_sells_nothing_twice() -> None:
    view = View(
        portfolio(("AAPL", "40", "70", "100"), ("XOM", "10", "150", "100"), cash="6000"),
        earnings=[EarningsDate("AAPL", START + timedelta(days=2), "after")],
        listed=frozenset({"SPY"}),
    )
    found = recommend(view)
    assert found == recommend(view)
    assert [r.priority for r in found] == sorted((r.priority for r in found), reverse=True)
    assert [r.id for r in found] == ["concentration-aapl", "cut-loss-xom", "stop-missing-aapl", "cash-drag"]
    assert len({r.id for r in found}) == len(found)
    assert len(RULES) == 7
