"""Each rule: when it speaks, the line it gives, and that it is silent otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from copilot.past import Past
from copilot.recommend import RULES, recommend
from copilot.recommendation import Record, View
from copilot.rules import (
    cash_drag,
    concentration,
    cut_loss,
    earnings_ahead,
    hedging,
    near_stop,
    rebalancing,
    stop_missing,
    stop_too_far,
    take_profit,
)
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
    assert "40.0% of your equity" in found[0].why
    assert not concentration.check(View(portfolio(("AAPL", "20", "90", "100"), cash="8000")))


def test_a_missing_stop_is_named_one_by_one_or_all_at_once() -> None:
    one = portfolio(("AAPL", "10", "90", "100"))
    assert [r.line for r in stop_missing.check(View(one, {"AAPL": D(3)}))] == ["#AAPL stop 2atr"]
    assert [r.line for r in stop_missing.check(View(one))] == ["#AAPL stop 10%"], "without a range to measure it in"
    assert not stop_missing.check(View(replace(one, orders=(protective("AAPL", OrderType.STOP, stop="90"),))))
    three = portfolio(*((s, "10", "90", "100") for s in ("AAPL", "MSFT", "XOM")))
    assert [r.line for r in stop_missing.check(View(three, dict.fromkeys(("AAPL", "MSFT", "XOM"), D(3))))] == ["#set-stops"]
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
    assert [r.line for r in found] == ["#buy SPY $2700"]
    assert not cash_drag.check(View(portfolio(("AAPL", "10", "90", "100"))))
    assert not cash_drag.check(View(portfolio(("AAPL", "100", "90", "100"), cash="2000"), listed=listed))
    assert not cash_drag.check(View(portfolio(cash="0"), listed=listed))


def listing(made: Portfolio, symbol: str = "SPY", last: str = "500", sector: str = "Broad market") -> Portfolio:
    """The same book in a market that also lists a fund."""
    fund = Instrument(symbol, symbol, AssetClass.ETF, "X", "USD", D("0.01"), D(1), sector)
    quote = Quote(symbol, D(last), D(last), D(last), START, "test")
    return replace(made, quotes={**made.quotes, symbol: quote}, instruments={**made.instruments, symbol: fund})


def test_a_stop_that_is_too_far_comes_closer() -> None:
    held = portfolio(("AAPL", "10", "90", "100"))
    far = replace(held, orders=(protective("AAPL", OrderType.STOP, stop="80"),))
    (found,) = stop_too_far.check(View(far, {"AAPL": D(3)}))
    assert found.line == "#AAPL stop 2atr"
    assert found.why == "Its stop at $80.00 is 20.0% away, 6.7 of its average days; reached, it would have given up $200.00 from here."
    assert not stop_too_far.check(View(far, {"AAPL": D(4)})), "five average days are not too far"
    assert not stop_too_far.check(View(far)), "without a range it cannot say"
    assert not stop_too_far.check(View(replace(held, orders=(protective("AAPL", OrderType.TRAILING),)), {"AAPL": D(3)}))


def test_a_sector_that_outgrew_its_share() -> None:
    two = portfolio(("AAPL", "30", "90", "100"), ("MSFT", "20", "90", "100"), cash="5000")
    (found,) = rebalancing.check(View(two))
    assert found.line == "#AAPL close 34%"  # (50% - 40%) / 30%, rounded up
    assert "Energy is 50.0% of your equity in 2 positions" in found.why
    assert not rebalancing.check(View(portfolio(("AAPL", "50", "90", "100"), cash="5000"))), "one alone is concentration"
    assert not rebalancing.check(View(portfolio(("AAPL", "22", "90", "100"), ("MSFT", "20", "90", "100"), cash="5800")))


def test_a_book_that_moves_more_than_the_market() -> None:
    wild = listing(portfolio(("AAPL", "40", "90", "100"), ("MSFT", "40", "90", "100"), cash="2000"))
    view = View(wild, listed=frozenset({"SPY"}), beta={"AAPL": D(2), "MSFT": D("1.5"), "SPY": D(1)})
    assert not hedging.check(view), "short sales are not allowed here"
    short = replace(view, portfolio=replace(wild, spec=AccountSpec("main", Mode.PAPER, shorting=True)))
    (found,) = hedging.check(short)
    assert found.line == "#sell SPY $2000", "4000 would bring the beta to 1, and 2000 of it is free"
    assert "a beta of 1.40: when the market falls by a tenth, it falls by about $1,400.00 (SPY alone by $1,000.00)" in found.why
    assert not hedging.check(replace(short, beta={"AAPL": D(2)})), "a beta is missing"
    assert not hedging.check(replace(short, beta=dict.fromkeys(("AAPL", "MSFT", "SPY"), D(1))))
    owned = portfolio(("AAPL", "40", "90", "100"), ("SPY", "6", "90", "500"), cash="3000")
    (sold,) = hedging.check(View(owned, listed=frozenset({"SPY"}), beta={"AAPL": D(3), "SPY": D(1)}))
    assert sold.line == "#sell SPY $3000", "5000 too much, and no more is held than 3000"


def test_what_is_less_than_a_lot_is_not_advised() -> None:
    one = portfolio(("AAPL", "1", "50", "100"), cash="300")
    assert not take_profit.check(View(one))
    assert not concentration.check(View(one))
    assert not near_stop.check(View(replace(one, orders=(protective("AAPL", OrderType.STOP, stop="99"),))))
    assert not earnings_ahead.check(View(one, earnings=[EarningsDate("AAPL", START, "after")]))


def test_an_order_under_way_silences_what_it_does() -> None:
    held = portfolio(("AAPL", "40", "90", "100"), cash="6000")
    assert {r.key for r in recommend(View(held, {"AAPL": D(3)}))} == {"concentration-aapl", "stop-missing-aapl"}
    waiting = replace(protective("AAPL", OrderType.LIMIT, limit="120"), type=OrderType.MARKET, limit=None)
    assert recommend(View(replace(held, orders=(waiting,)), {"AAPL": D(3)})) == ()


def test_nothing_is_bought_and_sold_in_one_answer() -> None:
    wild = listing(portfolio(("AAPL", "40", "95", "100"), cash="6000"))
    short = replace(wild, spec=AccountSpec("main", Mode.PAPER, shorting=True))
    view = View(short, {"AAPL": D(3)}, listed=frozenset({"SPY"}), beta={"AAPL": D(4), "SPY": D(1)})
    assert cash_drag.check(view)
    assert [r.key for r in recommend(view)] == ["concentration-aapl", "stop-missing-aapl", "hedging-spy"]


def test_nothing_is_opened_after_a_bad_day_or_while_a_guard_says_no() -> None:
    idle = View(listing(portfolio(("AAPL", "10", "90", "100"))), listed=frozenset({"SPY"}))
    assert cash_drag.check(idle)
    assert not cash_drag.check(replace(idle, opens=False))
    fallen = replace(idle.portfolio, previous_close={"AAPL": D(160)})
    assert not cash_drag.check(replace(idle, portfolio=fallen)), "600 of 11,600 is more than 5%"


def test_nothing_is_opened_while_trading_is_halted() -> None:
    idle = listing(portfolio(("AAPL", "10", "90", "100")))
    view = View(idle, listed=frozenset({"SPY"}))
    assert [r.key for r in recommend(view)] == ["stop-missing-aapl", "cash-drag-spy"]
    assert [r.key for r in recommend(replace(view, portfolio=replace(idle, halted=True)))] == ["stop-missing-aapl"]


def test_a_confidence_is_the_prior_until_there_is_a_record() -> None:
    view = View(portfolio(("AAPL", "10", "80", "100")))
    (first,) = (r for r in recommend(view) if r.rule == "take_profit")
    assert (first.confidence, first.calibrated) == (D("0.48"), False)
    few = Past(records={"take_profit": Record(9, 9, 9, D("0.7"), D(1))})
    (second,) = (r for r in recommend(view, few) if r.rule == "take_profit")
    assert (second.confidence, second.calibrated) == (D("0.48"), False)
    many = Past(records={"take_profit": Record(30, 20, 14, D("0.48"), D("0.85"))})
    (third,) = (r for r in recommend(view, many) if r.rule == "take_profit")
    assert (third.confidence, third.calibrated) == (D("0.59"), True), "(0.48 * 20 + 14) / 40"
    assert third.record.by_chance


def test_the_list_is_ordered_stable_and_sells_nothing_twice() -> None:
    view = View(
        listing(portfolio(("AAPL", "40", "70", "100"), ("XOM", "10", "150", "100"), cash="6000")),
        earnings=[EarningsDate("AAPL", START + timedelta(days=2), "after")],
        listed=frozenset({"SPY"}),
    )
    found = recommend(view)
    assert found == recommend(view)
    assert [r.priority for r in found] == sorted((r.priority for r in found), reverse=True)
    assert [r.key for r in found] == ["concentration-aapl", "cut-loss-xom", "stop-missing-aapl", "cash-drag-spy"]
    assert len({r.id for r in found}) == len(found)
    assert all(len(r.id) == 6 and r.legs for r in found)
    assert len({rule.name for rule in RULES}) == len(RULES) == 10
    assert all(D("0.4") < rule.prior < D("0.6") for rule in RULES)
