"""A transactions file: read whole as brokers write it, or refused whole with every bad line named."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import ImportRefused
from domain.ledger import EntryKind
from domain.money import plain
from domain.orders import Side
from trading.statements.statement import Statement, parse

HEAD = "date,symbol,side,quantity,price,fees\n"


def read(rows: str, head: str = HEAD, *, shorting: bool = False) -> Statement:
    return parse((head + rows).encode(), "mine", shorting=shorting)


def refused(rows: str | bytes, head: str = HEAD) -> ImportRefused:
    data = head.encode() + (rows.encode() if isinstance(rows, str) else rows)
    with pytest.raises(ImportRefused) as caught:
        parse(data, "mine")
    assert len(caught.value.message) < 1500
    return caught.value


def test_a_plain_file() -> None:
    found = read("2025-01-02,AAPL,buy,10,150.25,1\n2025-01-03,aapl,sell,4,160,1\n")
    opening, bought, sold = found.entries
    assert (opening.kind, opening.amount, opening.symbol) == (EntryKind.DEPOSIT, Decimal("1503.50"), None)
    assert found.opening_cash == Decimal("1503.50")
    assert (bought.symbol, bought.side, bought.quantity, bought.price, bought.fee) == (
        "AAPL",
        Side.BUY,
        Decimal(10),
        Decimal("150.25"),
        Decimal(1),
    )
    assert bought.amount == Decimal("-1503.50")
    assert sold.amount == 639
    assert bought.at == datetime(2025, 1, 2, 21, tzinfo=UTC)
    assert {e.account for e in found.entries} == {"mine"}
    assert found.notes == ()


@pytest.mark.parametrize(
    "head",
    [
        "Trade Date,Ticker,Action,Shares,Fill Price,Commission\n",
        "Date/Time,Instrument,Type,Qty,Price ($),Fees & Comm\n",
        "RUN DATE,Symbol,Transaction Type,Units,Unit_Price,Commission (USD)\n",
        '"Date","Symbol","Buy/Sell","Quantity","Trade Price","Fee"\n',
        "\ufeffDate,Symbol,Side,Qty,Price,Charges\n",
        "Brokerage account 123\n\nas of today,,\nDate,Symbol,Side,Qty,Price,Fees\n",
    ],
)
def test_the_usual_spellings_of_headings(head: str) -> None:
    found = read("2025-01-02,AAPL,Bought,10,150,1\n", head)
    assert [(e.kind, e.amount) for e in found.entries] == [(EntryKind.DEPOSIT, Decimal(1501)), (EntryKind.TRADE, Decimal(-1501))]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separators_and_encodings(mark: str, encoding: str) -> None:
    text = (HEAD + "2025-01-02,AAPL,buy,10,150.5,1\r\n").replace(",", mark)
    assert parse(text.encode(encoding), "mine").entries[-1].amount == -1506
    assert parse(text, "mine").entries[-1].amount == -1506


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"1,234.50"', "1234.50"),
        ("$5", "5"),
        ('"$ 1,000"', "1000"),
        ('"=""12.5"""', "12.5"),
        ("'7", "7"),
        (".5", "0.5"),
        ("USD 3", "3"),
        ("+4", "4"),
    ],
)
def test_numbers_as_spreadsheets_write_them(written: str, value: str) -> None:
    assert read(f"2025-01-02,AAPL,buy,2,{written},0\n").entries[-1].price == Decimal(value)


@pytest.mark.parametrize("written", ["(3)", "-3", "3-", "−3", "($3.00)"])
def test_negative_quantities_sell_and_negative_fees_are_paid(written: str) -> None:
    head = "date,symbol,quantity,price,commission,fee\n"
    found = read(f"2025-01-02,AAPL,10,100,{written},1\n2025-01-03,AAPL,{written},100,,-\n", head)
    assert [e.amount for e in found.entries[1:]] == [-1004, 300]
    assert found.entries[2].side is Side.SELL


def test_european_numbers_and_days() -> None:
    found = read("13.01.2025;AAPL;buy;1.000;150,25;(1,00)\n02.02.2025;AAPL;sell;1.000;1.151,5;0\n", HEAD.replace(",", ";"))
    assert found.entries[1].amount == -150251
    assert found.entries[2].at.date() == date(2025, 2, 2)
    assert found.entries[2].price == Decimal("1151.5")
    assert len(found.notes) == 2


@pytest.mark.parametrize(
    ("days", "first", "said"),
    [
        (("1/2/2025", "1/13/2025"), date(2025, 1, 2), "month/day/year: as line 3 shows"),
        (("1/2/2025", "13/2/2025"), date(2025, 2, 1), "day/month/year: as line 3 shows"),
        (("1/2/2025", "3/4/2025"), date(2025, 1, 2), "month/day/year: nothing in the file decides it"),
        (("1.2.25", "3.4.25"), date(2025, 2, 1), "day/month/year: nothing in the file decides it"),
    ],
)
def test_the_order_of_day_and_month_is_decided_for_the_whole_file(days: tuple[str, str], first: date, said: str) -> None:
    found = read("".join(f"{d},AAPL,buy,1,1,0\n" for d in days))
    assert found.entries[0].at.date() == first
    assert said in found.notes[0]


def test_dates_that_contradict_the_order_are_bad_lines() -> None:
    error = refused("1/13/2025,AAPL,buy,1,1,0\n14/1/2025,AAPL,buy,1,1,0\n")
    assert [b.number for b in error.lines] == [3]
    assert "'14/1/2025' is not a month/day/year date" in error.message


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2025-01-02", "2025-01-02T21:00"),
        ("2025-07-02", "2025-07-02T20:00"),
        ("2025-01-02 10:31:05", "2025-01-02T15:31:05"),
        ("2025-01-02T10:31:05Z", "2025-01-02T10:31:05"),
        ("2025-01-02 10:31:05 -0800", "2025-01-02T18:31:05"),
        ("2025/01/02", "2025-01-02T21:00"),
        ("01/02/2025 10:31 AM", "2025-01-02T15:31"),
        ("1/2/2025 22:31", "2025-01-03T03:31"),
        ("02-Jan-2025", "2025-01-02T21:00"),
        ('"Jan 2, 2025"', "2025-01-02T21:00"),
    ],
)
def test_dates_and_times(written: str, utc: str) -> None:
    assert read(f"{written},AAPL,buy,1,1,0\n").entries[-1].at == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_a_time_in_a_column_of_its_own() -> None:
    found = read(
        "2025-01-02,09:45,AAPL,buy,1,1\n2025-01-02,2:45 pm,AAPL,buy,1,1\n2025-01-02,,AAPL,buy,1,1\n", "date,time,symbol,side,qty,price\n"
    )
    assert [e.at.hour for e in found.entries[1:]] == [14, 19, 21]
    assert read("2025-01-02 10:00,AAPL,buy,1,1\n", "time,symbol,side,qty,price\n").entries[-1].at.hour == 15


def test_cash_dividends_fees_and_splits() -> None:
    head = "date,symbol,action,quantity,price,fees,amount\n"
    rows = (
        "2025-01-01,,Deposit,,,,10000\n"
        "2025-01-02,AAPL,Buy,10,100,1,\n"
        "2025-01-03,AAPL,Cash Dividend,,,,5.50\n"
        "2025-01-04,AAPL,Stock Split,4,,,\n"
        "2025-01-05,AAPL,Sell,40,30,1,\n"
        "2025-01-06,,Withdrawal,,,,-500\n"
        "2025-01-07,,Fee,,,2,\n"
        "2025-01-08,-,Interest,,,,0.5\n"
        "2025-01-09,,Deposit,2,50,,\n"
        "2025-01-10,,Account Fee,3,,,\n"
    )
    found = read(rows, head)
    assert found.opening_cash == 0
    assert [(e.kind, e.symbol, e.amount) for e in found.entries] == [
        (EntryKind.DEPOSIT, None, 10000),
        (EntryKind.TRADE, "AAPL", -1001),
        (EntryKind.DIVIDEND, "AAPL", Decimal("5.50")),
        (EntryKind.SPLIT, "AAPL", 0),
        (EntryKind.TRADE, "AAPL", 1199),
        (EntryKind.WITHDRAWAL, None, -500),
        (EntryKind.FEE, None, -2),
        (EntryKind.DIVIDEND, None, Decimal("0.5")),
        (EntryKind.DEPOSIT, None, 100),
        (EntryKind.FEE, None, -3),
    ]


def test_deposits_that_do_not_cover_the_purchases_are_said() -> None:
    found = read("2025-01-01,,deposit,100,1,0\n2025-01-02,AAPL,buy,1,150,0\n")
    assert found.opening_cash == 0
    assert "−$50.00" in found.notes[0]


def test_the_opening_deposit_is_the_least_that_is_enough() -> None:
    found = read("2025-01-02,AAPL,buy,3,33.3333,0\n2025-01-03,AAPL,sell,3,50,0\n2025-01-04,MSFT,buy,1,150.01,0\n")
    assert found.opening_cash == Decimal("100.01")
    assert read("2025-01-02,,dividend,5,1,0\n").opening_cash == 0


def test_every_bad_line_is_named_with_its_reason() -> None:
    rows = (
        "2025-01-02,AAPL,buy,ten,150,1\n"
        "2025-01-02,AAPL,sell,1,-150,1\n"
        "2025-13-02,AAPL,buy,1,150,1\n"
        "2025-01-02,A APL,buy,1,150,1\n"
        "\n"
        "2025-01-02,AAPL,hold,1,150,1\n"
        "2025-01-02,AAPL,buy,-1,150,1\n"
        "2025-01-02,AAPL,buy,0,150,1\n"
        "2025-01-02,AAPL,buy,,150,1\n"
        "2025-01-02,AAPL,buy,1,,1\n"
        "2025-01-02,,buy,1,150,1\n"
        ",AAPL,buy,1,150,1\n"
        "2025-01-02,AAPL,,1,150,1\n"
        "2025-01-02,AAPL,buy,1,150\n"
        "2025-01-02,AAPL,buy,1,150,1,7\n"
        "2025-01-02,AAPL,buy,1,150,1,,\n"
        "2025-01-02,AAPL,buy to open,1,150,1\n"
        "0025-01-02,AAPL,buy,1,150,1\n"
        "2025-01-02,,deposit,,,\n"
        "2025-01-02,,deposit,0,,\n"
        "2025-01-02,,deposit,-5,,\n"
        "2025-01-02,,split,2,,\n"
        "2025-01-02,AAPL,buy,NaN,1e309,1\n"
        "2025-01-02,AAPL,buy,12345678901234567890,1,1\n"
        "2025-01-02,AAPL,buy,１,1,1\n"
        "1/2/2025 25:00,AAPL,buy,1,1,1\n"
    )
    error = refused(rows)
    reasons = {b.number: b.reason for b in error.lines}
    good = {6, 17}  # an empty line, and one with empty cells too many
    assert set(reasons) == set(range(2, 28)) - good
    assert reasons[2] == "the quantity 'ten' is not a number"
    assert reasons[3] == "the price -150 is not above zero"
    assert "'2025-13-02' is not a date" in reasons[4]
    assert "'A APL' is not a symbol" in reasons[5]
    assert reasons[15] == "has 5 values where there are 6 headings"
    assert "option" in reasons[18]
    assert error.message.startswith("The file was refused whole, 24 bad lines: line 2: ")
    assert error.message.endswith("and 19 more.")
    assert error.example == HEAD.strip()


def test_another_currency_is_refused() -> None:
    error = refused("2025-01-02,SAP,buy,1,150,EUR\n", "date,symbol,side,quantity,price,currency\n")
    assert error.lines[0].reason == "is in EUR; an account here is in USD"


def test_a_sale_of_more_than_is_held_is_a_bad_line_unless_shorting() -> None:
    rows = "2025-01-02,AAPL,buy,1,150,1\n2025-01-03,AAPL,sell,4,160,1\n2025-01-04,MSFT,sell,1,1,0\n"
    error = refused(rows)
    assert [(b.number, b.reason) for b in error.lines] == [
        (3, "sells 4 AAPL when 1 is held on 2025-01-03"),
        (4, "sells 1 MSFT when none is held on 2025-01-04"),
    ]
    assert len(read(rows, shorting=True).entries) == 4


def test_a_bad_purchase_does_not_make_its_sale_a_bad_line() -> None:
    assert [b.number for b in refused("2025-01-02,AAPL,buy,x,150,1\n2025-01-03,AAPL,sell,4,160,1\n").lines] == [2]


def test_lines_of_one_instant_are_put_in_an_order_that_can_have_happened() -> None:
    found = read("2025-01-02,AAPL,sell,1,160,0\n2025-01-02,AAPL,buy,1,150,0\n")
    assert [e.side for e in found.entries[1:]] == [Side.BUY, Side.SELL]
    turned = read("2025-01-03,MSFT,buy,1,1,0\n2025-01-02,AAPL,sell,1,160,0\n2025-01-02,AAPL,buy,1,150,0\n")
    assert [e.side for e in turned.entries[1:]] == [Side.BUY, Side.SELL, Side.BUY]


def test_identical_lines_are_separate_transactions_with_ids_that_last() -> None:
    rows = "2025-01-02,AAPL,buy,1,150,0\n" * 3
    found = read(rows)
    assert len({e.id for e in found.entries}) == 4
    assert found.notes == ("2 lines repeat another exactly; each counts as a transaction of its own.",)
    assert found == read(rows)
    assert {e.id for e in read(rows[:54]).entries[1:]} < {e.id for e in found.entries}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b" \n \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"a,b\n1,2\n", "lacks headings for date, symbol, quantity, price; its first line has: a, b"),
        (b"when,symbol,qty,price\n", "lacks headings for date;"),
        (HEAD.encode(), "no transactions"),
        (b"x" * 10_000_000, "line 1: cannot be read as a row"),
        (HEAD.encode() + b"2025-01-02," + b"x" * 10_000_000 + b",buy,1,1,1\n", "cannot be read as a row"),
        (HEAD.encode() + b"2025-01-02,\xc3\x28,buy,1,1,1\n", "is not a symbol"),
        (b"\xff\xfe\x00\xd8", "lacks headings"),
        (("line\n" * 30).encode(), "lacks headings"),
    ],
)
def test_a_file_that_is_no_statement(data: bytes, said: str) -> None:
    with pytest.raises(ImportRefused) as caught:
        parse(data, "mine")
    assert said in caught.value.message
    assert len(caught.value.message) < 500


ROWS = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.sampled_from(("AAPL", "BRK.B", "BTC", "7203")),
        st.decimals("0.001", "100000", places=3),
        st.decimals("0.01", "9999", places=2),
        st.decimals("0", "20", places=2),
    ),
    min_size=1,
    max_size=25,
)


@settings(deadline=None)
@given(ROWS, st.sampled_from((",", ";", "\t")), st.randoms(use_true_random=False))
def test_what_was_written_is_read_and_the_order_of_lines_does_not_matter(
    rows: list[tuple[int, str, Decimal, Decimal, Decimal]], mark: str, rng: random.Random
) -> None:
    lines = [
        mark.join((str(date(2024, 1, 1) + timedelta(days=day)), name, "buy", plain(quantity), plain(price), plain(fee)))
        for day, name, quantity, price, fee in rows
    ]
    head = HEAD.replace(",", mark)
    found = read("\n".join(lines), head)
    rng.shuffle(lines)
    again = read("\n".join(lines), head)
    assert sorted(e.id for e in found.entries) == sorted(e.id for e in again.entries)
    assert sum(e.amount for e in found.entries) == sum(e.amount for e in again.entries)
    trades = [e for e in found.entries if e.kind is EntryKind.TRADE]
    assert sorted((e.symbol or "", e.quantity, e.price, e.fee) for e in trades) == sorted(row[1:] for row in rows)
    assert [e.at for e in found.entries] == sorted(e.at for e in found.entries)
    cash = Decimal(0)
    for entry in found.entries:
        cash += entry.amount
        assert cash >= 0
    assert found.opening_cash - Decimal("0.01") < -sum(e.amount for e in trades) <= found.opening_cash


def is_answered(data: bytes | str) -> bool:
    """True when the file was read whole for its account, or refused with a reason and the numbers of its bad lines."""
    try:
        statement = parse(data, "mine")
    except ImportRefused as refused:
        return bool(refused.message) and all(line.number > 0 and line.reason for line in refused.lines)
    return statement.opening_cash >= 0 and all(e.account == "mine" and e.quantity.is_finite() for e in statement.entries)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_refused(data: bytes, with_headings: bool) -> None:
    assert is_answered(HEAD.encode() + data if with_headings else data)


@settings(deadline=None)
@given(st.text(alphabet="0123456789.,-()$ eE+/:;\"'=\nAabuysel%\0\u202e１−", max_size=80))
def test_any_cells_are_read_or_refused(text: str) -> None:
    assert is_answered(HEAD + "2025-01-02,AAPL,buy,1,1,0\n" + text)


def test_a_file_cut_anywhere_is_read_or_refused() -> None:
    whole = (HEAD + '2025-01-02,AAPL,buy,10,150.25,1\n2025-01-03,"AAPL",sell,4,"1,160.5",1\n').encode()
    for end in range(len(whole)):
        assert is_answered(whole[:end])
