"""The figures of a snapshot, and that its day P/L is what the day did to equity."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instruments import AssetClass, Instrument
from domain.ledger import Entry, EntryKind
from domain.market import Quote
from domain.money import ZERO
from domain.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from domain.portfolio import AccountSpec, Mode, Portfolio, Position
from tests.domain.values import positive

NOW = datetime(2025, 10, 10, 14, 30, tzinfo=UTC)
SYMBOLS = ("AAPL", "NVDA", "OPT")
MULTIPLIERS = {"AAPL": Decimal(1), "NVDA": Decimal(1), "OPT": Decimal(100)}
SECTORS = {"AAPL": "Technology", "NVDA": "Technology", "OPT": "Energy"}
INSTRUMENTS = {s: Instrument(s, s, AssetClass.EQUITY, "X", "USD", Decimal("0.01"), Decimal(1), SECTORS[s], MULTIPLIERS[s]) for s in SYMBOLS}


def quote(symbol: str, last: str | Decimal, *, simulated: bool = False) -> Quote:
    price = Decimal(last)
    return Quote(symbol, price, price + 1, price, NOW, "x", simulated=simulated)


def position(symbol: str, quantity: str | Decimal, average: str = "100") -> Position:
    return Position(symbol, Decimal(quantity), Decimal(average), ZERO, ZERO, NOW)


def order(symbol: str, side: Side, kind: OrderType = OrderType.LIMIT, **changes: object) -> Order:
    made = Order(
        f"o-{symbol}-{kind}", "main", "o", 1, symbol, side, kind, Decimal(10), TimeInForce.GTC, NOW, NOW, status=OrderStatus.ACCEPTED
    )
    return replace(made, **changes)  # type: ignore[arg-type]


BOOK = Portfolio(
    spec=AccountSpec("main", Mode.PAPER),
    at=NOW,
    cash=Decimal(1000),
    positions=(position("AAPL", "10"), position("NVDA", "-2", "210"), position("GONE", "5")),
    orders=(),
    quotes={"AAPL": quote("AAPL", "110"), "NVDA": quote("NVDA", "200")},
    instruments=INSTRUMENTS,
)


def test_values_and_exposures() -> None:
    assert (BOOK.value("AAPL"), BOOK.value("NVDA"), BOOK.value("GONE"), BOOK.value("NONE")) == (Decimal(1100), Decimal(-400), ZERO, ZERO)
    assert (BOOK.unrealised("AAPL"), BOOK.unrealised("NVDA"), BOOK.unrealised("GONE")) == (Decimal(100), Decimal(20), ZERO)
    assert (BOOK.net_exposure, BOOK.gross_exposure, BOOK.equity) == (Decimal(700), Decimal(1500), Decimal(1700))
    assert BOOK.weight("NVDA") == Decimal(-400) / 1700
    assert replace(BOOK, cash=Decimal(-5000)).weight("AAPL") == 0


def test_what_has_no_price_is_named_and_in_no_total() -> None:
    assert BOOK.unpriced == ("GONE",)
    assert not BOOK.complete
    assert replace(BOOK, positions=BOOK.positions[:2]).complete


def test_multipliers_count_and_strangers_have_one() -> None:
    book = replace(BOOK, positions=(position("OPT", "2", "3"),), quotes={"OPT": quote("OPT", "5")})
    assert (book.value("OPT"), book.unrealised("OPT")) == (Decimal(1000), Decimal(400))
    assert book.multiplier("GONE") == 1


def test_one_simulated_price_marks_the_whole() -> None:
    assert not BOOK.simulated
    assert replace(BOOK, quotes={**BOOK.quotes, "NVDA": quote("NVDA", "200", simulated=True)}).simulated


def test_buying_power_is_cash_less_what_open_buys_may_take() -> None:
    orders = (
        order("AAPL", Side.BUY, limit=Decimal(20), filled=Decimal(4)),  # 6 x 20
        order("NVDA", Side.BUY, OrderType.STOP, stop=Decimal(30)),  # 10 x 30
        order("AAPL", Side.BUY, OrderType.MARKET, quantity=Decimal(1)),  # at the ask, 111
        order("GONE", Side.BUY, OrderType.MARKET),  # no price: nothing
        order("AAPL", Side.SELL, limit=Decimal(200)),
        order("NVDA", Side.BUY, limit=Decimal(20), reduce_only=True),
        order("AAPL", Side.BUY, limit=Decimal(20), status=OrderStatus.CANCELLED),
    )
    assert replace(BOOK, orders=orders).buying_power == 1000 - 120 - 300 - 111
    assert replace(BOOK, orders=orders, cash=Decimal(100)).buying_power == 0
    assert BOOK.buying_power == 1000


def test_protection_is_what_reduces_and_waits() -> None:
    stop = order("AAPL", Side.SELL, OrderType.TRAILING, trail=Decimal(2), reduce_only=True)
    target = order("AAPL", Side.SELL, limit=Decimal(200), reduce_only=True)
    others = (
        order("AAPL", Side.SELL, limit=Decimal(150)),
        order("AAPL", Side.SELL, OrderType.MARKET, reduce_only=True),
        order("NVDA", Side.BUY, OrderType.STOP, stop=Decimal(230), reduce_only=True),
        order("AAPL", Side.SELL, OrderType.STOP, stop=Decimal(90), reduce_only=True, status=OrderStatus.FILLED),
    )
    book = replace(BOOK, orders=(*others, target, stop))
    assert book.protection("AAPL") == (target, stop)
    assert (book.stop("AAPL"), book.target("AAPL")) == (stop, target)
    assert (book.stop("GONE"), book.target("NVDA")) == (None, None)


def test_sectors_are_gross_and_largest_first() -> None:
    book = replace(
        BOOK,
        positions=(*BOOK.positions, position("OPT", "1")),
        quotes={**BOOK.quotes, "OPT": quote("OPT", "30"), "GONE": quote("GONE", "1")},
    )
    assert list(book.sectors().items()) == [("Energy", Decimal(3000)), ("Technology", Decimal(1500)), ("Unknown", Decimal(5))]
    assert replace(BOOK, positions=()).sectors() == {}


# day P/L


def test_day_pl_of_what_was_held_and_traded() -> None:
    bought = Entry("e1", "main", NOW, EntryKind.TRADE, Decimal("-525"), "AAPL", Side.BUY, Decimal(5), Decimal(104), Decimal(5))
    dividend = Entry("e2", "main", NOW, EntryKind.DIVIDEND, Decimal(7), "NVDA")
    fee = Entry("e3", "main", NOW, EntryKind.FEE, Decimal(-3))
    deposit = Entry("e4", "main", NOW, EntryKind.DEPOSIT, Decimal(5000))
    sold_out = Entry("e5", "main", NOW, EntryKind.TRADE, Decimal(300), "OPT", Side.SELL, Decimal(1), Decimal(3))
    book = replace(
        BOOK,
        quotes={**BOOK.quotes, "OPT": quote("OPT", "4")},
        previous_close={"AAPL": Decimal(100), "NVDA": Decimal(205), "OPT": Decimal(2)},
        today=(bought, dividend, fee, deposit, sold_out),
    )
    assert book.day_pl("AAPL") == 10 * 110 - 5 * 100 - 525
    assert book.day_pl("NVDA") == -2 * (200 - 205) + 7
    assert book.day_pl("OPT") == 100, "sold at 3 what closed at 2, times a hundred"
    assert book.day_pl("GONE") == 0
    assert book.day_symbols == ("AAPL", "NVDA", "GONE", "OPT")
    assert book.day_total == book.day_pl("AAPL") + book.day_pl("NVDA") + 100 - 3, "a deposit is no gain"


def test_without_a_previous_close_the_last_price_stands_in() -> None:
    assert BOOK.day_pl("AAPL") == 0
    assert BOOK.day_total == 0


trades = st.lists(
    st.tuples(
        st.sampled_from(SYMBOLS), st.sampled_from(Side), st.integers(1, 50), positive, st.integers(0, 500).map(lambda n: Decimal(n) / 100)
    ),
    max_size=8,
)


@given(
    held=st.fixed_dictionaries({s: st.integers(-50, 50) for s in SYMBOLS}),
    closes=st.fixed_dictionaries(dict.fromkeys(SYMBOLS, positive)),
    prices=st.fixed_dictionaries(dict.fromkeys(SYMBOLS, positive)),
    done=trades,
    dividend=positive,
    fee=positive,
    deposit=positive,
)
def test_the_days_total_is_what_the_day_did_to_equity(
    held: dict[str, int],
    closes: dict[str, Decimal],
    prices: dict[str, Decimal],
    done: list[tuple[str, Side, int, Decimal, Decimal]],
    dividend: Decimal,
    fee: Decimal,
    deposit: Decimal,
) -> None:
    cash = Decimal(10_000)
    before = cash + sum((held[s] * closes[s] * MULTIPLIERS[s] for s in SYMBOLS), ZERO)
    quantities = {s: Decimal(q) for s, q in held.items()}
    entries = [
        Entry("d", "main", NOW, EntryKind.DIVIDEND, dividend, "AAPL"),
        Entry("f", "main", NOW, EntryKind.FEE, -fee),
        Entry("c", "main", NOW, EntryKind.DEPOSIT, deposit),
    ]
    for n, (symbol, side, quantity, price, paid) in enumerate(done):
        quantities[symbol] += side.sign * quantity
        amount = -side.sign * quantity * price * MULTIPLIERS[symbol] - paid
        entries.append(Entry(f"t{n}", "main", NOW, EntryKind.TRADE, amount, symbol, side, Decimal(quantity), price, paid))
    now = Portfolio(
        spec=AccountSpec("main", Mode.PAPER),
        at=NOW,
        cash=cash + sum((e.amount for e in entries), ZERO),
        positions=tuple(position(s, q) for s, q in quantities.items() if q),
        orders=(),
        quotes={s: quote(s, p) for s, p in prices.items()},
        instruments=INSTRUMENTS,
        previous_close=closes,
        today=tuple(entries),
    )
    assert now.day_total == now.equity - before - deposit
    assert now.equity == now.cash + now.net_exposure
    assert now.gross_exposure >= abs(now.net_exposure)
    assert now.gross_exposure == sum(now.sectors().values(), ZERO)


@pytest.mark.parametrize("mode", Mode)
def test_an_account_allows_nothing_it_was_not_told_to(mode: Mode) -> None:
    spec = AccountSpec("main", mode)
    assert (spec.broker, spec.currency, spec.shorting, spec.priced) == ("paper", "USD", False, True)
