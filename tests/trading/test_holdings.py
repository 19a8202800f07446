"""The fold of the ledger: average cost, realised P/L, crossing zero, fees, dividends, splits, and the sum that always holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger import Entry, EntryKind
from domain.orders import Side
from tests.trading.stage import ACCOUNT, START, bought, deposit
from trading.holdings import fold

D = Decimal


def entry(kind: EntryKind, amount: str, symbol: str | None = None, quantity: str = "0", id: str = "e") -> Entry:
    return Entry(id, ACCOUNT, START, kind, D(amount), symbol, None, D(quantity))


def sold(symbol: str, quantity: str, price: str, *, fee: str = "0", id: str = "") -> Entry:
    return bought(symbol, quantity, price, side=Side.SELL, days=5, fee=fee, id=id)


def test_an_empty_ledger_holds_nothing() -> None:
    held = fold(())
    assert held.cash == held.realised == 0
    assert not held.positions
    assert not held.closed
    assert held.position("AAPL") is None


def test_buying_averages_the_price_and_books_the_fee() -> None:
    held = fold([deposit("10000"), bought("AAPL", "10", "100", fee="1"), bought("AAPL", "30", "120", days=10, fee="2")])
    position = held.position("AAPL")
    assert position is not None
    assert (position.quantity, position.average_price, position.realised, position.fees) == (D(40), D(115), D(-3), D(3))
    assert position.opened == START - timedelta(days=20)
    assert (held.cash, held.realised) == (D(10000 - 1000 - 3600 - 3), D(-3))


def test_selling_part_realises_against_the_average() -> None:
    held = fold([bought("AAPL", "10", "100", fee="1"), sold("AAPL", "4", "110", fee="1")])
    position = held.position("AAPL")
    assert position is not None
    assert (position.quantity, position.average_price, position.realised) == (D(6), D(100), D(38))


def test_selling_all_closes_the_round() -> None:
    held = fold([bought("AAPL", "10", "100", fee="1"), sold("AAPL", "10", "90", fee="1")])
    assert held.positions == ()
    closed = held.closed[0]
    assert (closed.symbol, closed.side, closed.quantity, closed.realised, closed.fees) == ("AAPL", 1, D(10), D(-102), D(2))
    assert closed.opened < closed.closed


def test_a_short_holding_gains_when_it_falls() -> None:
    held = fold([sold("AAPL", "10", "100"), bought("AAPL", "4", "90", days=1)])
    position = held.position("AAPL")
    assert position is not None
    assert (position.quantity, position.average_price, held.realised) == (D(-6), D(100), D(40))
    assert fold([sold("AAPL", "10", "100"), bought("AAPL", "10", "90", days=1)]).closed[0].side == -1
    assert not fold([bought("AAPL", "0", "100")]).positions


def test_crossing_zero_closes_and_opens_and_splits_the_fee() -> None:
    held = fold([bought("AAPL", "10", "100"), sold("AAPL", "15", "110", fee="3")])
    position = held.position("AAPL")
    assert position is not None
    assert (position.quantity, position.average_price, position.realised, position.fees) == (D(-5), D(110), D(-1), D(1))
    assert held.closed[0].realised == D(98)
    assert held.realised == D(97)


def test_dividends_and_fees_are_realised_on_the_holding_and_on_the_account() -> None:
    entries = [
        bought("AAPL", "10", "100"),
        entry(EntryKind.DIVIDEND, "12", "AAPL"),
        entry(EntryKind.FEE, "-2", "AAPL"),
        entry(EntryKind.FEE, "-5"),
        entry(EntryKind.DIVIDEND, "7", "XOM"),
    ]
    held = fold(entries)
    position = held.position("AAPL")
    assert position is not None
    assert (position.realised, position.fees, held.realised) == (D(10), D(2), D(12))


def test_deposits_and_withdrawals_are_no_gain() -> None:
    held = fold([deposit("100"), entry(EntryKind.WITHDRAWAL, "-30")])
    assert (held.cash, held.deposited, held.realised) == (D(70), D(70), D(0))


@pytest.mark.parametrize("ratio", ["2", "0.1", "1.5"])
def test_a_split_keeps_the_cost(ratio: str) -> None:
    held = fold([bought("AAPL", "10", "150"), entry(EntryKind.SPLIT, "0", "AAPL", ratio), entry(EntryKind.SPLIT, "0", "XOM", "2")])
    position = held.position("AAPL")
    assert position is not None
    assert position.quantity == 10 * D(ratio)
    assert position.quantity * position.average_price == 1500


def test_a_contract_counts_with_its_multiplier() -> None:
    buy = replace(bought("OPT", "2", "3"), amount=D(-600))
    sell = replace(sold("OPT", "1", "5"), amount=D(500))
    held = fold([buy, sell], lambda symbol: D(100))
    position = held.position("OPT")
    assert position is not None
    assert (position.average_price, held.realised, held.cash) == (D(3), D(200), D(-100))


def test_a_trade_without_symbol_or_side_is_refused() -> None:
    with pytest.raises(ValueError, match="names no symbol"):
        fold([replace(bought("AAPL", "1", "1"), side=None)])


def test_a_copy_is_independent() -> None:
    held = fold([bought("AAPL", "10", "100")])
    copy = held.copy()
    copy.add(sold("AAPL", "10", "90"))
    assert held.quantity("AAPL") == 10
    assert held.closed == []


cent = st.decimals(min_value="0.01", max_value="999.99", places=2)
whole = st.integers(1, 500).map(Decimal)
trades = st.tuples(st.sampled_from(("AAPL", "XOM")), st.sampled_from(Side), whole, cent, st.decimals("0", "9.99", places=2))
others = st.tuples(st.sampled_from((EntryKind.DEPOSIT, EntryKind.WITHDRAWAL, EntryKind.DIVIDEND, EntryKind.FEE)), cent)


@given(st.lists(st.one_of(trades, others), max_size=40))
def test_cash_and_cost_are_deposits_and_realised(lines: list[tuple[object, ...]]) -> None:
    entries, quantity = [], {"AAPL": D(0), "XOM": D(0)}
    for number, line in enumerate(lines):
        if len(line) == 2:
            kind, amount = line
            sign = 1 if kind in (EntryKind.DEPOSIT, EntryKind.DIVIDEND) else -1
            entries.append(Entry(str(number), ACCOUNT, START, kind, sign * amount, "AAPL"))  # type: ignore[arg-type]
        else:
            symbol, side, size, price, fee = line
            entries.append(bought(symbol, str(size), str(price), side=side, fee=str(fee), id=str(number)))  # type: ignore[arg-type]
            quantity[symbol] += side.sign * size  # type: ignore[attr-defined]
    held = fold(entries)
    cost = sum((p.quantity * p.average_price for p in held.positions), D(0))
    assert abs(held.cash + cost - held.deposited - held.realised) < D("1e-15")
    assert {p.symbol: p.quantity for p in held.positions} == {s: q for s, q in quantity.items() if q}
    assert held.cash == sum((e.amount for e in entries), D(0))
