"""C: the reader's own transactions: all lines or none, quantities and cost without prices, simulated ones marked as such."""

from decimal import Decimal

import pytest

from app import importing
from domain.errors import BadArgument, ImportRefused
from tests.journeys.chat import NOW, chat, figures
from tests.journeys.program import run

GOOD = """Trade Date;Ticker;Action;Shares;Price;Commission
2025-01-06;AAPL;Buy;10;250,00;1,00
2025-01-07;NVDA;Buy;20;140,00;0
2025-02-03;AAPL;Sell;4;260,00;1,00
"""

SHORT = """date,symbol,side,quantity,price
2025-01-06,AAPL,buy,10,250
2025-01-07,TSLA,sell,5,400
"""

BAD = """date,symbol,side,quantity,price,fees
2025-01-06,AAPL,buy,10,250,1
2025-13-06,AAPL,buy,10,250,1
2025-01-07,AAPL,hold,10,250,1
2025-01-08,AAPL,buy,-10,250,1
2025-01-09,AAPL,buy,10,free,1
2025-01-10,AAPL,buy,NaN,250,1
2025-01-11,,buy,10,250,1
2025-01-12,AAPL,buy,10,250
2025-01-13,AAPL,buy,1e309,250,1
2025-01-14,AAPL,buy,\uff11\uff10,250,1
2099-01-15,AAPL,buy,10,250,1
"""


def test_a_file_becomes_an_account_once_and_shows_quantities_and_cost(tmp_path):
    home, path = tmp_path / "home", tmp_path / "My Broker 2025.csv"
    path.write_text(GOOD, encoding="utf-8")
    done = run(home, "import", str(path), "--account", "savings")
    assert (done.code, done.err) == (0, "")
    assert "Imported 3 transactions into the paper account savings." in done.out
    assert "$5,301.00" in done.out, "10 at 250 and 20 at 140 and a fee: the least that was there"
    again = run(home, "import", str(path), "--account", "savings")
    assert again.code == 2
    assert "There is an account savings already" in again.err
    talked = run(home, "chat", "--account", "savings", said="/positions\n#AAPL close\n/profit-loss all\n")
    assert talked.code == 0
    assert "NO PRICES" in talked.err
    assert "2 positions that cost $4,300.00" in talked.out
    assert "AAPL    6  250.00  1,500.00" in talked.out
    assert "NVDA   20  140.00  2,800.00" in talked.out
    assert "no price source, so nothing can be traded" in talked.out
    assert "$38.00" in talked.out, "4 sold 10 dearer, less both fees"
    simulated = run(home, "ask", "--json", "--account", "savings", "--simulated", "/positions all")
    assert simulated.code == 0
    assert "(simulated)" in simulated.json["text"]
    assert all(f["simulated"] is True for f in simulated.json["figures"])
    tried = run(home, "chat", "--account", "savings", "--simulated", said="#buy BTC $500\nyes\n/positions\n")
    assert tried.code == 0
    assert "thrown away" in tried.err
    assert "BTC" in tried.out
    after = run(home, "ask", "--account", "savings", "/positions")
    assert "2 positions that cost $4,300.00" in after.out, "made-up prices never reach the reader's own ledger"
    other = run(home, "ask", "--account", "saving", "/positions")
    assert other.code == 2
    assert "there is: demo, savings" in other.err.replace("\n", " ")


def test_the_file_names_the_account_when_nobody_else_does(home, tmp_path, capsys):
    path = tmp_path / "My Broker 2025.csv"
    path.write_text(GOOD, encoding="utf-8")
    assert importing.main(path, None) == 0
    assert "chat --account my-broker-2025" in capsys.readouterr().out


def test_every_bad_line_is_named_with_its_number_and_nothing_is_kept(tmp_path):
    home, path = tmp_path / "home", tmp_path / "bad.csv"
    path.write_text(BAD, encoding="utf-8")
    done = run(home, "import", str(path))
    assert (done.code, done.out) == (2, "")
    for number in range(3, 13):
        assert done.err.count(f"line {number}: ") == 1, done.err
    assert "line 2:" not in done.err
    assert "line 12: is dated 2099-01-15" in done.err
    assert "Traceback" not in done.err
    assert "there is: demo." in run(home, "ask", "--account", "bad", "/positions").err


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"date,symbol,side,quantity,price,fees\n", "no transactions"),
        (b"2025-01-06,AAPL,buy,10,250,1\n", "heading"),
        (b"date,symbol,side,quantity\n2025-01-06,AAPL,buy,10\n", "price"),
        (b"date,symbol,side,quantity,price,fees\n2025-01-06,AAPL,sell,10,250,1\n", "line 2"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe", ""),
        (b"date,symbol,side,quantity,price,fees\n2025-01-06,AA", "line 2"),
    ],
    ids=["empty", "heading alone", "no heading", "no price", "oversold", "a picture", "truncated"],
)
def test_a_file_that_is_no_statement_is_refused(tmp_path, data, said):
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    with pytest.raises(ImportRefused) as refused:
        importing.read(path, "x", NOW)
    told = f"{refused.value.message} {' '.join(f'line {b.number}: {b.reason}' for b in refused.value.lines)}"
    assert said in told.lower()


@pytest.mark.parametrize("name", ["demo", "replay", "../up", "UPPER", "a b", "", "x" * 41, "-x"])
def test_a_name_that_cannot_be_typed_or_is_taken_is_refused(tmp_path, name):
    path = tmp_path / "x.csv"
    path.write_text(GOOD, encoding="utf-8")
    home = tmp_path / "home"
    if name in ("demo", "../up"):
        done = run(home, "import", str(path), "--account", name)
        assert done.code == 2
        assert "--account retirement" in done.err
        assert not home.exists()
    with pytest.raises(BadArgument):
        importing.check_name(name)


async def test_a_book_for_one_run_needs_simulated_to_have_prices_and_leaves_nothing(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(GOOD, encoding="utf-8")
    async with chat(tmp_path / "home", book=path) as reader:
        assert not (await reader.book()).spec.priced
        assert "cost $4,300.00" in await reader.say("/positions")
        assert (await reader.reply("#buy AAPL 1")).failure is not None
    async with chat(tmp_path / "home", book=path, simulated=True) as reader:
        assert "SIMULATED PRICES" in (await reader.banner()).splitlines()[0]
        book = await reader.book()
        assert book.simulated
        value = 6 * book.quotes["AAPL"].last + 20 * book.quotes["NVDA"].last
        assert book.equity == Decimal("1039.00") + value
        reply = await reader.reply("/positions")
        assert any(abs(v - value) < Decimal("0.01") for v in figures(reply).values())
        assert "simulated" in await reader.say("/positions")
        assert "SIMULATED" in await reader.say("#AAPL close")
    assert not (tmp_path / "home").exists()


async def test_an_imported_symbol_that_nobody_quotes_is_shown_and_in_no_total(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("date,symbol,side,quantity,price,fees\n2025-01-06,AAPL,buy,10,250,0\n2025-01-06,ZZZQ,buy,10,25,0\n", encoding="utf-8")
    async with chat(tmp_path / "home", book=path, simulated=True) as reader:
        said = await reader.say("/positions")
        assert "ZZZQ" in said
        book = await reader.book()
        assert book.unpriced == ("ZZZQ",)
        assert book.equity == book.cash + 10 * book.quotes["AAPL"].last
        assert (await reader.reply("#ZZZQ close")).failure is not None


def test_a_short_position_is_read_where_it_is_asked_for(tmp_path):
    home, path = tmp_path / "home", tmp_path / "mine.csv"
    path.write_text(SHORT, encoding="utf-8")
    refused = run(home, "import", str(path))
    assert refused.code == 2
    assert "sells 5 TSLA when none is held" in refused.err
    assert "--shorting" in refused.err
    assert run(home, "import", str(path), "--shorting").code == 0
    held = run(home, "ask", "--account", "mine", "/positions")
    assert "TSLA   −5" in held.out
