"""The entries of an adoption: which price is taken, why, and that the sums are exact."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from domain.ledger import Entry, EntryKind
from domain.market import Quote
from domain.orders import Fill, Side
from domain.ports import BrokerState
from tests.fakes.market import INSTRUMENTS
from tests.trading.stage import ACCOUNT, START, bought, deposit
from trading.holdings import fold
from trading.reconciling.adoption import Adoption, Scene, adopt, fine
from trading.reconciling.differences import CASH, Difference, Outcome, compare

D = Decimal
BOOK = (deposit("10000"), bought("AAPL", "10", "170"))


def quote(symbol: str, price: str) -> Quote:
    return Quote(symbol, D(price), D(price), D(price), START, "test")


def scene(
    cash: str,
    positions: dict[str, str],
    *,
    quotes: dict[str, str] | None = None,
    averages: dict[str, str] | None = None,
    strange: dict[str, list[Fill]] | None = None,
    book: tuple[Entry, ...] = BOOK,
) -> Scene:
    """A book of 10 AAPL at 170 and 8,300 in cash beside such a broker."""
    state = BrokerState(START, D(cash), {s: D(q) for s, q in positions.items()}, (), {s: D(p) for s, p in (averages or {}).items()})
    prices = {s: quote(s, p) for s, p in (quotes or {}).items()}
    instruments = {i.symbol: i for i in INSTRUMENTS}
    return Scene(ACCOUNT, START, "head", fold(book), state, instruments, prices, strange=strange or {})


def made(world: Scene) -> Adoption:
    """What is adopted, after checking that it makes the book equal to the broker and is the same every time."""
    differences = compare(world.holdings, world.state)
    result = adopt(world, differences)
    after = world.holdings.copy()
    for entry in result.entries:
        after.add(entry)
        assert entry.fee >= 0
    assert compare(after, world.state) == ()
    assert adopt(world, differences) == result
    assert len({e.id for e in result.entries}) == len(result.entries)
    return result


def trades(result: Adoption) -> list[tuple[str | None, Side | None, Decimal, Decimal, Decimal, str]]:
    kept = [e for e in result.entries if e.kind is EntryKind.TRADE]
    return [(e.symbol, e.side, e.quantity, e.price, e.fee, e.source.partition(": ")[2]) for e in kept]


def test_a_new_position_costs_what_the_broker_says_and_the_rest_was_its_fee() -> None:
    result = made(scene("7198.50", {"AAPL": "10", "XOM": "10"}, averages={"XOM": "110"}, quotes={"XOM": "115"}))
    assert trades(result) == [("XOM", Side.BUY, D(10), D(110), D("1.50"), "the broker's average price")]


def test_more_of_what_is_held_costs_what_both_averages_say() -> None:
    result = made(scene("8300", {"AAPL": "15"}, averages={"AAPL": "172"}, quotes={"AAPL": "182"}))
    assert trades(result) == [("AAPL", Side.BUY, D(5), D(176), D(0), "the broker's average price")]
    assert [(e.kind, e.amount) for e in result.entries[1:]] == [(EntryKind.DEPOSIT, D(880))]


def test_an_average_that_makes_no_sense_is_not_taken() -> None:
    result = made(scene("8300", {"AAPL": "15"}, averages={"AAPL": "300"}, quotes={"AAPL": "182"}))
    assert trades(result)[0][3:] == (D(182), D(0), "its last price")


@pytest.mark.parametrize(
    ("quotes", "price", "basis"),
    [({"AAPL": "182"}, "182", "its last price"), ({}, "170", "your average price, for want of any other")],
)
def test_what_left_without_money_is_paid_out_at_the_best_price_known(quotes: dict[str, str], price: str, basis: str) -> None:
    result = made(scene("8300", {"AAPL": "4"}, quotes=quotes))
    assert trades(result) == [("AAPL", Side.SELL, D(6), D(price), D(0), basis)]
    assert [(e.kind, e.amount) for e in result.entries[1:]] == [(EntryKind.WITHDRAWAL, -6 * D(price))]


def test_without_any_price_the_cash_is_the_price_or_there_is_none() -> None:
    result = made(scene("8000", {"AAPL": "10", "GONE": "3"}))
    assert trades(result) == [("GONE", Side.BUY, D(3), D(100), D(0), "as its cash says")]
    result = made(scene("8300", {"AAPL": "10", "GONE": "3"}))
    assert trades(result) == [("GONE", Side.BUY, D(3), D(0), D(0), "no price is known")]
    assert result.found[0].done == "adopted as bought 3 at no price, no price is known"


def test_of_several_the_largest_takes_what_the_others_leave() -> None:
    result = made(scene("6340.33", {"AAPL": "10", "XOM": "3", "NVDA": "14"}, quotes={"XOM": "110", "NVDA": "120"}))
    by_symbol = {t[0]: t for t in trades(result)}
    assert by_symbol["XOM"][3:] == (D(110), D(0), "its last price")
    assert by_symbol["NVDA"][5] == "as its cash says"
    assert by_symbol["NVDA"][2] * by_symbol["NVDA"][3] + by_symbol["NVDA"][4] == D("1629.67")
    assert len(result.entries) == 2


def test_what_does_not_divide_is_the_fee() -> None:
    result = made(scene("8200", {"AAPL": "10", "XOM": "0.7"}, quotes={"XOM": "142"}))
    symbol, _, quantity, price, fee, _ = trades(result)[0]
    assert (symbol, price) == ("XOM", D("142.857142"))
    assert 0 < fee < D("0.000001")
    assert quantity * price + fee == 100


def test_a_position_that_turned_is_closed_and_opened() -> None:
    result = made(scene("11940", {"AAPL": "-10"}, quotes={"AAPL": "182"}))
    assert trades(result) == [("AAPL", Side.SELL, D(20), D(182), D(0), "its last price")]


class TestStrangers:
    def fill(self, name: str, side: Side, quantity: str, price: str, symbol: str = "XOM") -> Fill:
        return Fill(f"{name}.1", name, "somebody", symbol, side, D(quantity), D(price), D("0.10"), START - timedelta(minutes=1))

    def test_executions_that_are_the_whole_difference_are_booked_as_they_are(self) -> None:
        fills = [self.fill(f"T{n}", Side.BUY, "1", "110") for n in range(4)]
        result = made(scene("7859.60", {"AAPL": "10", "XOM": "4"}, strange={"XOM": fills}))
        assert [(e.id, e.account, e.fee) for e in result.entries] == [(f"T{n}.1", ACCOUNT, D("0.10")) for n in range(4)]
        assert result.found[0].done.startswith("booked the executions of order T0, T1, T2, placed elsewhere: bought 1 at $110.00, ")
        assert result.found[0].done.endswith("and 1 more")

    def test_executions_that_are_not_the_whole_of_it_explain_nothing(self) -> None:
        result = made(
            scene("7750", {"AAPL": "10", "XOM": "5"}, strange={"XOM": [self.fill("T", Side.BUY, "4", "110")]}, quotes={"XOM": "110"})
        )
        assert trades(result) == [("XOM", Side.BUY, D(5), D(110), D(0), "its last price")]

    def test_a_round_trip_is_booked_only_when_it_is_what_the_cash_lacks(self) -> None:
        both = [self.fill("IN", Side.BUY, "4", "110"), self.fill("OUT", Side.SELL, "4", "112")]
        result = made(scene("8307.80", {"AAPL": "10"}, strange={"XOM": both}))
        assert [e.id for e in result.entries] == ["IN.1", "OUT.1"]
        result = made(scene("8307", {"AAPL": "10"}, strange={"XOM": both}))
        assert [e.kind for e in result.entries] == [EntryKind.DIVIDEND]


def test_prices_keep_more_digits_the_smaller_they_are() -> None:
    assert fine(D("1") / 3) == D("0.333333333333")
    assert fine(D("10") / 3) == D("3.333333")
    assert fine(D("10") / 3, up=True) == D("3.333334")


def test_a_result_says_in_a_few_words_how_it_ended() -> None:
    event = made(scene("8200", {"AAPL": "10"})).found[0]
    left = Difference(CASH, D(1), D(2))
    assert Outcome(START).sentence() == "book and broker agree"
    assert Outcome(START, (event,)).sentence() == "1 difference found and settled"
    assert Outcome(START, (event, event)).sentence() == "2 differences found and settled"
    assert Outcome(START, (), (left,)).sentence() == "1 difference being looked at again"
    assert Outcome(START, (), (left, left)).sentence() == "2 differences being looked at again"
