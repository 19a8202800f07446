"""C: real bars as the market. On 2025-10-10 everything fell; what is said of it is reckoned here a second time, from the file."""

import functools
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from domain.money import cents
from tests.journeys import barfiles
from tests.journeys.chat import SHARED, chat, figures
from tests.journeys.program import run

BARS = SHARED / "intraday_5min" / "bars_5min_20sym_2025-05_2025-10.csv.gz"
FRIDAY = date(2025, 10, 10)
AT = datetime(2025, 10, 10, 14, tzinfo=barfiles.NEW_YORK)
CENT = Decimal("0.01")

real = pytest.mark.skipif(not BARS.exists(), reason="the shared bars are not here")


@functools.cache
def rows():
    return barfiles.read(BARS, date(2025, 10, 8), FRIDAY)


def by_hand(at):
    """The book the program has to make, with its P/L: a tenth of 100,000 USD in each of the first eight symbols at the close before."""
    closes, seen = {}, {}
    for row in rows():
        if row.start.date() < at.date():
            closes[row.symbol] = row.close
        elif row.start + barfiles.FIVE <= at:
            seen[row.symbol] = row.close
    chosen = list(closes)[:8]
    quantity = {s: int(Decimal(10_000) / closes[s]) for s in chosen}
    profit = {s: quantity[s] * (seen[s] - closes[s]) for s in chosen}
    equity = Decimal(100_000) + sum(profit.values())
    return quantity, seen, profit, equity


@real
async def test_a_hard_down_day_is_told_with_the_figures_of_the_file(tmp_path):
    quantity, seen, profit, equity = by_hand(AT)
    async with chat(tmp_path, replay=BARS, at=AT) as reader:
        banner = await reader.banner()
        book = await reader.book()
        told = await reader.say("what happened today?")
        table = await reader.say("/positions all")
        total = await reader.reply("/profit-loss")
    assert "REPLAY" in banner.splitlines()[0]
    assert "Fri 2025-10-10 14:00 EDT" in banner
    assert "SIMULATED" not in banner
    assert {p.symbol: p.quantity for p in book.positions} == quantity
    assert {s: book.quotes[s].last for s in quantity} == {s: seen[s] for s in quantity}
    lost = sum(profit.values())
    assert lost < -2000
    lead = told.splitlines()[0]
    assert lead.startswith(f"You are down ${-lost:,.2f} (−{cents(-lost / Decimal(100_000) * 100)}%) today")
    worst = sorted(profit, key=lambda s: profit[s])
    assert worst[0] in lead
    lines = [line for line in told.splitlines() if line.startswith("•") and "price" in line]
    assert [line.split()[1] for line in lines] == worst[:3]
    for symbol, line in zip(worst, lines, strict=False):
        assert f"−${-profit[symbol]:,.2f}" in line
    for symbol, gain in profit.items():
        assert f"{gain:+,.2f}".replace("-", "−") in table, symbol
    found = figures(total)
    assert any(value == lost for value in found.values())
    assert book.equity == equity
    assert "simulated" not in table


@real
async def test_nothing_after_two_o_clock_is_known_at_two_o_clock(tmp_path):
    """The same words from the file that ends at that instant, from one that ends that evening, and from one with later lies."""
    asked = (
        "what happened today?",
        "/positions all",
        "/profit-loss",
        "/exposure",
        "what can be done?",
        "#AAPL close 50%",
        "/chart AAPL today",
    )
    until = [r for r in rows() if r.start + barfiles.FIVE <= AT]
    lies = [f"{s},2025-10-10 {h},1,1,1,1,9" for s in ("AAPL", "AMD") for h in ("14:00", "14:05")]
    answers = []
    for name, chosen in (("cut", until), ("whole", rows()), ("lies", [*until, *lies])):
        path = barfiles.write(tmp_path / name / "bars.csv", chosen)
        async with chat(tmp_path, replay=path, at=AT) as reader:
            answers.append([await reader.say(line) for line in asked])
    assert answers[0] == answers[1] == answers[2]
    assert "$247.96" in answers[0][5], "the card's price: two basis points under the last visible close"


@real
async def test_a_market_order_fills_at_the_open_of_the_next_bar_once_that_bar_has_closed(tmp_path):
    path = barfiles.write(tmp_path / "bars.csv", rows())
    async with chat(tmp_path, replay=path, at=AT + timedelta(minutes=2)) as reader:
        await reader.say("#AAPL close 50%")
        said = await reader.say("yes")
        assert "working" in said
        assert await reader.later(minutes=2) == []
        assert await reader.later(minutes=5, seconds=59) == [], "the bar of 14:05 is not seen before 14:10"
        pushed = await reader.later(seconds=1)
        row = next(r for r in rows() if r.symbol == "AAPL" and r.start == AT + timedelta(minutes=5))
        assert pushed[0].startswith(f"Filled: sold 19 AAPL at ${row.open}")
        entry = reader.house.floor.book.entries[-1]
        assert (entry.price, entry.quantity) == (row.open, 19)
        assert (await reader.book()).cash == sum((e.amount for e in reader.house.floor.book.entries), Decimal(0))
        assert await reader.whole()


@real
async def test_the_afternoon_is_lived_bar_by_bar_and_a_stop_on_the_way_is_hit(tmp_path):
    path = barfiles.write(tmp_path / "bars.csv", rows())
    async with chat(tmp_path, replay=path, at=AT) as reader:
        await reader.say("#AAPL stop 247")
        pushed = [await reader.say("yes")]
        for _ in range(12):
            pushed += await reader.later(minutes=10)
        fill = reader.house.floor.book.entries[-1]
        assert fill.symbol == "AAPL"
        assert any(p.startswith("Stop filled: sold 39 AAPL") for p in pushed)
        lows = [r for r in rows() if r.symbol == "AAPL" and r.start >= AT and Decimal(r.line.split(",")[4]) <= 247]
        assert lows[0].start <= fill.at.astimezone(barfiles.NEW_YORK) <= lows[0].start + barfiles.FIVE
        assert fill.price <= 247
        assert await reader.held("AAPL") == 0


@real
def test_ask_and_chat_replay_the_file_through_the_command(tmp_path):
    home = tmp_path / "home"
    path = barfiles.write(tmp_path / "bars.csv", rows())
    where = ("--replay", str(path), "--at", "2025-10-10T14:00-04:00")
    lost = sum(by_hand(AT)[2].values())
    done = run(home, "ask", "--json", *where, "what happened today?")
    assert done.code == 0
    assert done.json["command"] == "what-happened"
    assert any(f["unit"] == "USD" and Decimal(f["value"]) == lost for f in done.json["figures"])
    assert all(f["at"].endswith("Z") and f["at"] <= "2025-10-10T18:00:00Z" for f in done.json["figures"])
    talked = run(home, "chat", *where, "--speed", "600", said="#AAPL close 50%\nyes\n/journal\n")
    assert talked.code == 0
    assert "Filled: sold 19 AAPL at $2" in talked.out, "within two seconds of the reader's a bar of the file has passed"
    assert "REPLAY" in talked.err
    assert not home.exists(), "a throw-away run leaves nothing"


async def test_a_made_file_of_other_bars_holds_the_same_promises(tmp_path):
    """Fifteen-minute bars in Berlin time, so that no zone and no bar size is special."""
    day, shift = date(2025, 6, 4), timedelta(hours=6)  # New York to Berlin in summer
    lines = []
    for days, prices in ((0, {"AAA": (50, 50), "BBB": (20, 20)}), (1, {"AAA": (50, 40), "BBB": (20, 22)})):
        for line in barfiles.made(day + timedelta(days=days), prices, minutes=15):
            symbol, start, rest = line.split(",", 2)
            lines.append(f"{symbol},{datetime.fromisoformat(start) + shift:%Y-%m-%d %H:%M},{rest}")
    path = barfiles.write(tmp_path / "bars.csv", lines)
    noon = datetime(2025, 6, 5, 12, 45, tzinfo=barfiles.NEW_YORK)  # half of the session has been seen
    async with chat(tmp_path, replay=path, at=noon, zone="Europe/Berlin") as reader:
        book = await reader.book()
        assert book.quotes["AAA"].last == Decimal("45.00")
        assert book.quotes["BBB"].last == Decimal("21.00")
        assert book.day_total == 200 * Decimal(-5) + 500 * Decimal(1)
        assert "down $500.00" in (await reader.say("what happened today?")).splitlines()[0]
        await reader.say("#buy BBB 10")
        await reader.say("yes")
        await reader.later(minutes=14)
        assert await reader.held("BBB") == 500
        await reader.later(minutes=2)
        assert await reader.held("BBB") == 510
        assert reader.house.floor.book.entries[-1].price == Decimal("21.00"), "the open of the bar of 12:45"


BOOK = """date,symbol,side,quantity,price,fees
2025-06-02,,deposit,,20000,
2025-06-03,AAA,buy,100,50,1.00
2025-06-04,BBB,buy,50,20,0
2025-06-04,AAA,sell,40,55,1
"""


async def test_a_book_of_ones_own_is_priced_by_the_replayed_bars(tmp_path):
    lines = [
        *barfiles.made(date(2025, 6, 4), {"AAA": (50, 50), "BBB": (20, 20)}),
        *barfiles.made(date(2025, 6, 5), {"AAA": (50, 40), "BBB": (20, 22)}),
    ]
    path = barfiles.write(tmp_path / "bars.csv", lines)
    (tmp_path / "mine.csv").write_text(BOOK)
    at = datetime(2025, 6, 5, 16, 0, tzinfo=barfiles.NEW_YORK)
    async with chat(tmp_path, replay=path, at=at, book=tmp_path / "mine.csv") as reader:
        book = await reader.book()
        assert book.spec.name == "mine"
        assert {p.symbol: p.quantity for p in book.positions} == {"AAA": 60, "BBB": 50}
        cash = Decimal(20_000) - 5000 - 1 - 1000 + 40 * 55 - 1
        assert book.cash == cash
        assert book.equity == cash + 60 * 40 + 50 * 22
        assert book.day_total == 60 * Decimal(-10) + 50 * 2
        told = await reader.say("what happened today?")
        assert told.startswith("You are down $500.00")
        assert "AAA −$600.00" in told


WRONG = (
    ("missing", None, "cannot be read"),
    ("empty", "", "empty"),
    ("heading alone", barfiles.HEADING + "\n", "no bar"),
    ("no heading", "AAA,2025-06-04 09:30,1,1,1,1,1\n", "heading"),
    ("truncated", f"{barfiles.HEADING}\nAAA,2025-06-04 09:30,50,51,49,50,10\nAAA,2025-06-04 09:35,50,51\n", "line 3"),
    ("words", f"{barfiles.HEADING}\nAAA,2025-06-04 09:30,fifty,51,49,50,10\n", "line 2"),
    ("twice", f"{barfiles.HEADING}\n" + "".join(f"AAA,2025-06-04 09:30,50,52,49,{c},10\n" for c in (50, 51)), "line 3"),
    ("after", f"{barfiles.HEADING}\nAAA,2026-06-04 09:30,50,51,49,50,10\n", "--at"),
)


@pytest.mark.parametrize(("name", "text", "said"), WRONG, ids=[w[0] for w in WRONG])
def test_a_file_that_is_no_market_is_refused_by_name(asked, tmp_path, name, text, said):
    path = tmp_path / "bars.csv"
    if text is not None:
        path.write_text(text)
    done = asked("/positions", replay=path, at=AT)
    assert done.code == 2
    assert said in done.json["error"]["message"]
    assert "bars.csv" in done.json["error"]["message"]


async def test_shuffled_rows_are_the_same_market(tmp_path):
    lines = list(barfiles.made(date(2025, 6, 4), {"AAA": (50, 55), "BBB": (20, 20)}))
    at = datetime(2025, 6, 4, 15, tzinfo=barfiles.NEW_YORK)
    quotes = []
    for name, chosen in (("in order", lines), ("shuffled", lines[1::3] + lines[2::3][::-1] + lines[0::3])):
        path = barfiles.write(tmp_path / name / "bars.csv", chosen)
        async with chat(tmp_path, replay=path, at=at) as reader:
            found = await reader.house.floor.hub.quotes(["AAA", "BBB"])
            quotes.append({s: (q.bid, q.ask, q.last, q.at) for s, q in found.items()})
    assert quotes[0] == quotes[1]
