"""The parts of a P/L: they sum to the account's change to the cent, whatever was traded, and each is what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.attribution import Leg, Loading, attribute
from domain.ledger import Entry, EntryKind
from domain.money import ZERO, cents
from domain.orders import Side
from tests.copilot.scene import ACCOUNT, START, money, traded

D = Decimal
LOADING = Loading(D("1.2"), D("0.5"), D("0.01"), "XLK", D("1.1"))
MOVES = {"SPY": D("-0.01"), "XLK": D("-0.02")}


def leg(symbol: str, before: str, after: str, first: str | None, last: str | None) -> Leg:
    return Leg(symbol, D(before), D(after), None if first is None else D(first), None if last is None else D(last))


def test_a_held_position_is_split_into_market_sector_and_own() -> None:
    made = attribute([leg("AAPL", "10", "10", "100", "95")], [], {"AAPL": LOADING}, MOVES)
    assert made.total == D("-50.00")
    assert made.market == D("-12.00")  # 1.2 * -1% * 1000
    assert made.sector == D("-4.50")  # 0.5 * (-2% + 1.1%) * 1000
    assert made.own == D("-33.50")
    assert made.parts[0].move == D("-0.05")


def test_trades_fees_and_dividends_stand_apart() -> None:
    entries = [
        traded("t1", "AAPL", Side.BUY, D(10), D(90), START, "2"),
        money("d1", EntryKind.DIVIDEND, "7.50", START, "AAPL"),
        money("f1", EntryKind.FEE, "-3", START),
        money("p1", EntryKind.DEPOSIT, "500", START),
    ]
    made = attribute([leg("AAPL", "10", "20", "100", "95")], entries, {}, MOVES)
    assert made.trades == D("50.00")
    assert made.fees == D("-5.00")
    assert made.dividends == D("7.50")
    assert made.own == D("-50.00")
    assert made.total == D("2.50")
    assert made.account_fees == D("-3.00")
    assert made.kinds[0] in (("trades inside the span", D("50.00")), ("your stocks' own moves", D("-50.00")))


def test_a_position_closed_in_the_span_needs_no_price_at_the_end() -> None:
    sold = traded("t1", "AAPL", Side.SELL, D(10), D(96), START, "0")
    made = attribute([leg("AAPL", "10", "0", "100", None)], [sold], {}, {})
    assert made.total == D("-40.00")
    assert made.trades == D("-40.00")


def test_a_symbol_without_a_price_is_named_and_in_no_part() -> None:
    made = attribute([leg("XYZ", "1", "1", "5", None), leg("AAPL", "1", "1", "5", "6")], [], {}, {})
    assert made.unknown == ("XYZ",)
    assert made.total == D("1.00")


def test_the_market_itself_is_all_market() -> None:
    made = attribute([leg("SPY", "10", "10", "100", "99")], [], {"SPY": LOADING}, {"SPY": D("-0.01")})
    assert (made.market, made.own) == (D("-10.00"), ZERO)


def test_a_split_moves_nothing() -> None:
    split = Entry("s1", ACCOUNT, START, EntryKind.SPLIT, ZERO, "AAPL", quantity=D(4))
    bought = traded("t1", "AAPL", Side.BUY, D(1), D(100), START - timedelta(minutes=1), "0")
    made = attribute([leg("AAPL", "10", "44", "100", "25")], [bought, split], {"AAPL": LOADING}, MOVES)
    assert made.total == ZERO
    assert made.trades == ZERO
    assert made.parts[0].move is None


PRICE = st.decimals("0.01", "5000", places=2)
QUANTITY = st.decimals("-500", "500", places=4)
SYMBOLS = ("AAPL", "NVDA", "SPY", "XLK", "BTC")


@st.composite
def books(draw: st.DrawFn) -> tuple[list[Leg], list[Entry]]:
    """Legs and the entries between their ends, in any mix."""
    legs, entries = [], []
    for symbol in draw(st.lists(st.sampled_from(SYMBOLS), unique=True, max_size=5)):
        before = draw(QUANTITY)
        held = before
        for k in range(draw(st.integers(0, 3))):
            side, quantity = draw(st.sampled_from(Side)), abs(draw(QUANTITY)) + D("0.0001")
            fee = draw(st.decimals("0", "9", places=3))
            entries.append(traded(f"{symbol}{k}", symbol, side, quantity, draw(PRICE), START, str(fee)))
            held += side.sign * quantity
        if draw(st.booleans()):
            entries.append(money(f"{symbol}d", EntryKind.DIVIDEND, str(draw(st.decimals("0", "50", places=3))), START, symbol))
        rates = draw(st.sampled_from([(D(1), D(1)), (D("1.08"), D("1.11")), (D("0.0066"), D("0.0064"))]))
        legs.append(Leg(symbol, before, held, draw(PRICE), draw(PRICE), D(1), *rates))
    if draw(st.booleans()):
        entries.append(money("fee", EntryKind.FEE, str(-draw(st.decimals("0", "20", places=3))), START))
    entries.append(money("cash", EntryKind.DEPOSIT, "1000", START))
    return legs, entries


SLOPES = st.builds(
    Loading,
    st.decimals("-3", "3", places=4),
    st.decimals("0", "2", places=4),
    st.just(D("0.01")),
    st.sampled_from(["XLK", None]),
    st.just(D(1)),
)


@settings(max_examples=300, deadline=None)
@given(books(), st.dictionaries(st.sampled_from(SYMBOLS), SLOPES))
def test_the_parts_sum_to_the_accounts_change_to_the_cent(book: tuple[list[Leg], list[Entry]], loadings: dict[str, Loading]) -> None:
    legs, entries = book
    made = attribute(legs, entries, loadings, MOVES)
    worth = sum(
        (g.after * (g.price_after or ZERO) * g.rate_after - g.before * (g.price_before or ZERO) * g.rate_before for g in legs), ZERO
    )
    flows = sum((e.amount for e in entries if e.kind is not EntryKind.DEPOSIT), ZERO)
    assert made.total == cents(worth + flows)
    assert made.total == made.market + made.sector + made.own + made.trades + made.fees + made.dividends + made.currency
    assert made.total == sum((p.total for p in made.parts), made.account_fees)
    for part in made.parts:
        assert part.total == part.market + part.sector + part.own + part.trades + part.fees + part.dividends + part.currency
    assert made == attribute(list(reversed(legs)), entries, loadings, MOVES)


def test_what_the_rate_made_stands_apart_from_what_the_price_made() -> None:
    held = Leg("AAPL", D(10), D(10), D(100), D(110), D(1), D("1.10"), D("1.20"))
    made = attribute([held], [], {}, MOVES)
    assert (made.total, made.currency, made.own) == (D("220.00"), D("100.00"), D("120.00"))
    assert made.kinds[0] == ("your stocks' own moves", D("120.00"))
    bought = replace(held, before=D(0), price_before=None, rate_before=D("1.20"))
    entry = replace(traded("b", "AAPL", Side.BUY, D(10), D(100), START, "0"), amount=D("-1150"))  # booked at 1.15
    since = attribute([bought], [entry], {}, MOVES)
    assert (since.total, since.currency, since.trades, since.own) == (D("170.00"), D("50.00"), D("120.00"), D("0.00"))
