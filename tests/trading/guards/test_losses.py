"""Marks: losses measured over what was there, whatever was paid in, taken out or split."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.ledger import Entry, EntryKind
from domain.market import Freshness, Quote
from domain.portfolio import Portfolio
from tests.fakes.market import INSTRUMENTS
from tests.trading.stage import ACCOUNT, START, bought, deposit
from trading.guards.losses import Marks, base_of, doubt, flowed, measured, splitlike
from trading.holdings import fold

D = Decimal
money = st.decimals(min_value=D(1000), max_value=D(1_000_000), places=2)


def quote(symbol: str, last: str) -> Quote:
    price = D(last)
    return Quote(symbol, price - D("0.01"), price + D("0.01"), price, START, "fake")


def portfolio(*entries: Entry, today: tuple[Entry, ...] = (), closed: str = "182", **prices: str) -> Portfolio:
    held = fold([deposit("10000"), *entries, *today])
    return Portfolio(
        spec=None,  # type: ignore[arg-type]
        at=START,
        cash=held.cash,
        positions=held.positions,
        orders=(),
        quotes={s: quote(s, p) for s, p in prices.items()},
        instruments={i.symbol: i for i in INSTRUMENTS},
        previous_close={"AAPL": D(closed)},
        today=today,
    )


def split(ratio: str) -> Entry:
    return Entry("s", ACCOUNT, START, EntryKind.SPLIT, D(0), "AAPL", quantity=D(ratio))


@given(money, money, st.decimals(min_value=D("0.01"), max_value=D(1), places=4))
def test_a_withdrawal_or_deposit_leaves_the_drawdown_what_it_was(peak: Decimal, paid: Decimal, share: Decimal) -> None:
    equity = peak * share
    marks = Marks(peak, START, D(0))
    before = measured(marks, START, equity, D(0)).drawdown
    for flow in (paid, -equity / 2):
        after = equity + flow
        moved = flowed(marks, after, flow)
        assert abs(measured(moved, START, after, flow).drawdown - before) < D("1e-20")


def test_an_account_that_is_emptied_has_a_peak_of_what_is_left() -> None:
    marks = flowed(Marks(D(100), START, D(100)), D(0), D(0))
    assert marks.peak == 0
    assert measured(marks, START, D(0), D(0)).drawdown == 0


def test_a_days_loss_is_over_the_equity_at_the_close_or_what_came_to_it() -> None:
    marks = replace(Marks(D(100), START, D(0)), day=START, base=D(100), base_deposited=D(0))
    assert measured(marks, START, D(95), D(0)).daily_loss == D("0.05")
    assert measured(marks, START, D(45), D(-50)).daily_loss == D("0.05")
    assert measured(marks, START, D(190), D(100)).daily_loss == D("0.05")
    assert measured(marks, START, D(110), D(0)).daily_loss == D("-0.1")
    assert measured(replace(marks, base=D(0)), START, D(0), D(0)).daily_loss is None
    assert measured(replace(marks, base=None), START, D(0), D(0)).daily_loss is None


class TestSplitlike:
    def test_what_a_split_would_do_to_a_share(self) -> None:
        held = bought("AAPL", "10", "170")
        for price, found in (("91", True), ("60.7", True), ("364", True), ("9.1", True), ("121.3", True), ("100", False), ("182", False)):
            assert bool(splitlike(portfolio(held, AAPL=price), {})) is found, price
        assert splitlike(portfolio(held, AAPL="91", closed="91"), {"AAPL": D(182)}) == {"AAPL"}, "against the last look"
        assert splitlike(portfolio(held, today=(split("2"),), AAPL="91"), {}) == frozenset(), "it is booked"

    def test_a_coin_is_not_split(self) -> None:
        coin = replace(portfolio(bought("BTC", "1", "100"), BTC="50"), previous_close={"BTC": D(100)})
        assert splitlike(coin, {}) == frozenset()


class TestBase:
    def test_a_history_that_is_adjusted_for_the_split_is_read_as_it_was(self) -> None:
        held = bought("AAPL", "10", "170")
        now = portfolio(held, today=(split("2"),), AAPL="91")
        for seen in ("182", "91"):
            assert base_of(portfolio(held, AAPL=seen), now) == D(8300) + D(1820)
        reverse = portfolio(held, today=(split("0.1"),), AAPL="1820")
        for seen in ("182", "1820"):
            assert base_of(portfolio(held, AAPL=seen), reverse) == D(8300) + D(1820)

    def test_no_price_no_base_and_what_was_not_held_does_not_matter(self) -> None:
        held = bought("AAPL", "10", "170")
        now = portfolio(held, today=(split("2"),), AAPL="91")
        assert base_of(portfolio(held), now) is None
        assert base_of(portfolio(), now) == D(10000)
        assert base_of(portfolio(held, AAPL="0"), now) == D(8300)


def test_doubts_are_said_in_words() -> None:
    held = bought("AAPL", "10", "170")
    assert doubt(portfolio(held, AAPL="182")) == ""
    assert doubt(portfolio(held)) == "AAPL has no price"
    old = replace(portfolio(held, AAPL="182"), at=START.replace(hour=15))
    assert doubt(old) == "AAPL has a stale price"
    closed = replace(old, quotes={"AAPL": replace(quote("AAPL", "182"), freshness=Freshness.CLOSED)})
    assert doubt(closed) == "", "a last price of a closed market is what there is"
