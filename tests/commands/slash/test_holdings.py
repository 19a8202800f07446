"""What is held: positions, one position, the summary, stops; figures counted a second way."""

from decimal import Decimal

import pytest

from domain.errors import NoPosition
from domain.ledger import EntryKind
from domain.orders import OrderType
from domain.portfolio import AccountSpec, Mode
from tests.commands.actions import stage as stages
from tests.commands.actions.stage import LEDGER, PRICES, bought, entry, order, sold, stage
from tests.commands.slash.reading import PHONE, buttons, everything, fact, keyed, lead, tables, unsupported, value, width
from tests.fakes.market import share

D = Decimal
HELD = {"AAPL": ("20", "150"), "NVDA": ("50", "120"), "XOM": ("30", "110"), "BTC": ("0.05", "60000")}
UNPRICED = AccountSpec("mine", Mode.PAPER, priced=False)


def last(symbol: str) -> Decimal:
    return D(PRICES[symbol][2])


async def test_positions_answers_first_and_fits_a_phone():
    reply = await (await stage()).call("positions")
    assert lead(reply) == "4 positions worth $22,100.00; down $290.00 (−0.78%) today."
    first, second = tables(reply)
    assert first.rows == (
        ("NVDA", "10,000.00", "+4,000.00", "+66.67"),
        ("BTC", "5,500.00", "+2,500.00", "+83.33"),
        ("AAPL", "3,600.00", "+600.00", "+20.00"),
        ("XOM", "3,000.00", "−300.00", "−9.09"),
    )
    assert second.rows[2] == ("AAPL", "20 × 180.00", "9.8", "170.00")
    assert width(first) <= PHONE
    assert "simulated" in everything(reply)
    assert "10:30 New York, Fri 10 Oct 2025" in everything(reply)
    assert not unsupported(reply)


async def test_every_figure_of_a_position_is_a_fact_with_unit_and_source():
    reply = await (await stage()).call("positions")
    cash = sum((e.amount for e in LEDGER), D(0))
    worth = {s: D(q) * last(s) for s, (q, _) in HELD.items()}
    equity = cash + sum(worth.values())
    assert value(reply, "equity") == equity
    assert value(reply, "cash") == cash
    for symbol, (quantity, paid) in HELD.items():
        q, p = D(quantity), D(paid)
        assert value(reply, f"{symbol} quantity") == q
        assert fact(reply, f"{symbol} quantity").unit == ("BTC" if symbol == "BTC" else "shares")
        assert value(reply, f"{symbol} value") == worth[symbol]
        assert value(reply, f"{symbol} weight") == (worth[symbol] / equity * 100).quantize(D("0.0001"))
        assert value(reply, f"{symbol} P/L") == (last(symbol) - p) * q
        assert value(reply, f"{symbol} P/L %") == ((last(symbol) / p - 1) * 100).quantize(D("0.0001"))
        assert value(reply, f"{symbol} P/L today") == ((last(symbol) - D(PRICES[symbol][3])) * q).quantize(D("0.01"))
        said = fact(reply, f"{symbol} value")
        assert (said.unit, said.formula) == ("USD", "quantity * last")
        assert dict(said.inputs)["quantity"] == quantity
        assert "simulated" in said.source
    assert value(reply, "day P/L") == sum((last(s) - D(PRICES[s][3])) * D(q) for s, (q, _) in HELD.items())
    assert value(reply, "unrealised P/L") == sum((last(s) - D(p)) * D(q) for s, (q, p) in HELD.items())
    # 100 on AAPL, 60 and -50 on KO, 12.50 dividend, 9 in fees
    assert value(reply, "realised P/L") == D("113.50")
    assert value(reply, "day P/L %") == (D(-290) / (equity + 290) * 100).quantize(D("0.0001"))
    assert value(reply, "AAPL stop") == D(170)


async def test_todays_trades_and_deposits_do_not_count_as_price_moves():
    more = [entry(30, "2025-10-10", EntryKind.DEPOSIT, "5000"), bought(31, "2025-10-10", "KO", "10", "69")]
    one = await stage(entries=[*LEDGER, *more], at=(await stage()).clock.now().replace(hour=15, minute=30))
    reply = await one.call("positions")
    assert value(reply, "KO P/L today") == D(10) * (D(70) - D(69)) - 1
    before = value(reply, "equity") - value(reply, "day P/L") - 5000
    assert value(reply, "day P/L %") == (value(reply, "day P/L") / before * 100).quantize(D("0.0001"))


async def test_at_most_eight_rows_and_the_rest_on_request(monkeypatch):
    names = [f"S{n}" for n in range(11)]
    monkeypatch.setattr(stages, "INSTRUMENTS", tuple(share(n) for n in names))
    monkeypatch.setattr(stages, "PRICES", dict.fromkeys(names, ("9.99", "10.01", "10.00", "9.90")))
    wide = await stage(entries=[LEDGER[0], *(bought(n + 2, "2025-07-01", s, str(n + 1), "9") for n, s in enumerate(names))], waiting=[])
    reply = await wide.call("positions")
    assert [len(t.rows) for t in tables(reply)] == [8, 8]
    assert tables(reply)[0].rows[0][0] == "S10"
    assert "3 more: `/positions all`" in everything(reply)
    assert value(reply, "S0 value") == D(10)  # a machine gets every position of a book of this size
    assert [len(t.rows) for t in tables(await wide.call("positions", "all"))] == [11, 11]


async def test_one_position_closely():
    one = await stage()
    reply = await one.call("positions", "aapl")
    assert lead(reply) == ("You hold 20 shares of AAPL worth $3,600.00, 9.75% of equity; up $600.00 (+20.00%) in all, up $40.00 today.")
    assert keyed(reply) == {"Last": "$180.00", "Cost": "$3,000.00, 150.00 a piece", "Stop": "170.00", "Target": "220.00"}
    assert not unsupported(reply)
    assert "#NVDA stop 5%" in everything(await one.call("positions", "NVDA"))
    with pytest.raises(NoPosition, match="You hold NVDA, BTC, AAPL, XOM"):
        await one.call("positions", "KO")
    unpriced = await (await stage(spec=UNPRICED)).call("positions", "AAPL")
    assert lead(unpriced) == "You hold 20 shares of AAPL that cost $3,000.00; it has no price here."


async def test_a_book_without_prices_shows_quantities_and_cost_and_invents_nothing():
    one = await stage(spec=UNPRICED)
    reply = await one.call("positions")
    assert lead(reply).startswith("4 positions that cost $15,300.00. This account has no prices here")
    assert {r[0]: r[1:] for r in tables(reply)[0].rows}["AAPL"] == ("20", "150.00", "3,000.00")
    labels = {f.label for f in reply.facts}
    assert not {x for x in labels if x.endswith((" value", " weight", " P/L", "P/L today", " last"))} - {"realised P/L"}
    assert "day P/L" not in labels
    assert "simulated" not in everything(reply)
    summary = await one.call("portfolio-summary")
    assert lead(summary) == "Account mine has $14,813.50 in cash and 4 positions that cost $15,300.00; there are no prices for it here."
    assert not unsupported(summary)


async def test_one_missing_price_is_left_out_of_totals_and_said():
    one = await stage()
    one.market.no_quote("XOM")
    one.market._bars = {k: v for k, v in one.market._bars.items() if k[0] != "XOM"}
    reply = await one.call("positions")
    assert lead(reply).startswith("4 positions worth $19,100.00")
    assert "XOM has no price and is in no total." in everything(reply)
    assert tables(reply)[-1].title == "Quantities and cost"


async def test_an_empty_account_says_so_and_what_to_type():
    for spec, says in ((AccountSpec("new", Mode.PAPER), "foliopilot import FILE.csv"),):
        one = await stage(entries=[], waiting=[], spec=spec)
        for name in ("positions", "portfolio-summary", "stops", "exposure", "profit-loss", "performance", "what-happened", "what-to-do"):
            reply = await one.call(name)
            assert lead(reply) == "Account new holds no position; it has $0.00 in cash."
            assert says in everything(reply)
    rich = await stage(entries=[LEDGER[0]], waiting=[])
    assert "#buy SPY 5" in everything(await rich.call("positions"))


async def test_the_summary_is_the_account_in_one_look():
    reply = await (await stage()).call("portfolio-summary")
    assert lead(reply) == "Account main is worth $36,913.50; down $290.00 (−0.78%) today."
    said = keyed(reply)
    assert said["Cash"] == "$14,813.50 (40.1%)"
    assert said["Buying power"] == "$14,163.50"  # less 10 KO at 65
    assert said["Invested"] == "$22,100.00 (gross 59.87%)"
    assert said["Largest"] == "NVDA, 27.1% of equity"
    assert said["Open orders"] == "3, 2 of them protective"
    assert not unsupported(reply)


async def test_a_halt_is_said_in_the_summary():
    one = await stage()
    await one.floor.killswitch.pull("me", "main")
    assert keyed(await one.call("portfolio-summary"))["Trading"].startswith("HALTED")


async def test_stops_show_how_far_and_who_has_none():
    waiting = [
        order("s1-1", "AAPL", OrderType.STOP, quantity="20", stop=D("170.00")),
        order("s2-1", "NVDA", OrderType.STOP, quantity="20", stop=D("190.00")),
        order("s2-2", "NVDA", OrderType.STOP, quantity="30", stop=D("198.00")),
        order("s2-3", "NVDA", OrderType.STOP, quantity="30", stop=D("185.00")),
        order("s3-1", "XOM", OrderType.TRAILING, quantity="30", trail_percent=D("0.02")),
    ]
    reply = await (await stage(waiting=waiting)).call("stops")
    assert lead(reply) == "3 of 4 positions have a stop; the nearest is NVDA's, 1.00% away."
    assert [r[0] for r in tables(reply)[0].rows] == ["NVDA", "AAPL", "XOM"]
    assert tables(reply)[0].rows[2][2:] == ("2%", "–")
    assert "Without a stop: BTC." in everything(reply)
    assert buttons(reply)[0].payload == "#set-stops"
    assert not unsupported(reply)
    none = await (await stage(waiting=[])).call("stops")
    assert lead(none) == "0 of 4 positions have a stop."
    trail = [order("s3-1", "XOM", OrderType.TRAILING, quantity="30", trail=D("3.10"))]
    assert tables(await (await stage(waiting=trail)).call("stops"))[0].rows[0][2] == "3.10↓"


async def test_a_short_is_a_negative_value_and_gains_when_the_price_falls():
    spec = AccountSpec("main", Mode.PAPER, shorting=True)
    reply = await (await stage(entries=[LEDGER[0], sold(2, "2025-10-01", "KO", "12", "80")], waiting=[], spec=spec)).call("positions")
    assert value(reply, "KO value") == D(-840)
    assert value(reply, "KO P/L") == D(120)
    assert value(reply, "KO P/L %") == D("12.5000")
