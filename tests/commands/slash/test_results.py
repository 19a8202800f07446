"""Profit, loss and performance: every figure again by another way."""

from datetime import datetime
from decimal import Decimal

import pytest

from commands.slash.spans import window
from domain.errors import NoPrice
from domain.ledger import EntryKind
from domain.money import percent_text
from domain.portfolio import AccountSpec, Mode
from market import calendar
from tests.commands.actions.stage import LEDGER, PRICES, bought, entry, sold, stage
from tests.commands.slash.reading import everything, keyed, lead, tables, unsupported, value
from tests.fakes.market import utc

D = Decimal
UNPRICED = AccountSpec("mine", Mode.PAPER, priced=False)
SPANS = {"today": "today", "week": "this week", "month": "this month", "ytd": "this year", "all": "since the start"}


async def worth_at(one, at: datetime) -> Decimal:
    """The account's value at a close, the long way: every entry by hand, every price from the bars."""
    cash, held = D(0), dict[str, D]()
    for e in one.floor.book.entries:
        if e.at <= at:
            cash += e.amount
            if e.symbol and e.side:
                held[e.symbol] = held.get(e.symbol, D(0)) + e.side.sign * e.quantity
    prices = await one.floor.hub.prices_at([s for s, q in held.items() if q], at)
    return cash + sum((q * prices[s] for s, q in held.items() if q), D(0))


@pytest.mark.parametrize("span", list(SPANS))
async def test_a_span_made_what_equity_changed_less_what_was_paid_in(span):
    one = await stage()
    reply = await one.call("profit-loss", span)
    suffix = SPANS[span]
    start = window(one.floor.hub, span, one.clock.now()).start
    then = await worth_at(one, start) if start is not None else D(0)
    flows = sum((e.amount for e in LEDGER if e.kind is EntryKind.DEPOSIT and (start is None or e.at > start)), D(0))
    now = sum((e.amount for e in LEDGER), D(0)) + 20 * D(180) + 50 * D(200) + 30 * D(100) + D("0.05") * D(110000)
    made = now - then - flows
    assert abs(value(reply, f"P/L {suffix}") - made) <= D("0.01")
    assert value(reply, f"P/L {suffix} %") == (made / (then + flows) * 100).quantize(D("0.0001"))
    parts = [f.value for f in reply.facts if f.label.endswith(f" P/L {suffix}") and f.label.split(" ")[0] in PRICES]
    assert abs(sum(parts) - made) <= D("0.06")
    sectors = [f.value for f in reply.facts if f.label.endswith(f" P/L {suffix}") and f.label.split(" ")[0] not in {*PRICES, "realised"}]
    assert abs(sum(sectors) - made) <= D("0.06")
    change = "unrealised P/L" if span == "all" else f"unrealised P/L change {suffix}"
    assert abs(value(reply, f"realised P/L {suffix}") + value(reply, change) - made) <= D("0.02")
    assert not unsupported(reply)


async def test_the_day_is_the_same_figure_everywhere():
    one = await stage()
    made = await one.call("profit-loss")
    held = await one.call("positions")
    assert value(made, "P/L today") == value(held, "day P/L") == value(made, "day P/L") == D(-290)
    assert value(made, "P/L today %") == value(held, "day P/L %")
    assert lead(made) == "You are down $290.00 (−0.78%) today; NVDA alone is −$250.00."


async def test_the_whole_splits_into_realised_and_unrealised_with_fees_and_dividends_shown():
    reply = await (await stage()).call("profit-loss", "all")
    assert lead(reply) == "You are up $6,913.50 (+23.04%) since the start; NVDA alone is +$3,999.00."
    said = keyed(reply)
    assert said["Realised"] == "+$113.50"
    assert said["Unrealised"] == "+$6,800.00"
    assert said["of it dividends"] == "+$12.50"
    assert said["Fees, inside realised"] == "$9.00"
    assert value(reply, "trades since the start") == 9
    assert tables(reply)[0].rows[-1] == ("KO", "+6.00")
    assert "Counted from 11:00 New York, Mon 30 Jun 2025." in everything(reply)


async def test_one_symbol_alone():
    one = await stage()
    reply = await one.call("profit-loss", "KO", "all")
    assert lead(reply) == "You are up $6.00 on KO since the start."
    assert (value(reply, "KO fees since the start"), value(reply, "KO trades since the start")) == (D(4), 4)
    assert lead(await one.call("profit-loss", "KO")) == "You neither held nor traded KO today, so it made nothing."
    assert lead(await one.call("profit-loss", "AAPL")) == "You are up $40.00 on AAPL today."


async def test_without_prices_only_what_is_booked_is_said():
    one = await stage(spec=UNPRICED)
    reply = await one.call("profit-loss", "all")
    assert lead(reply).startswith("Realised P/L since the start is +$113.50; this account has no prices here")
    with pytest.raises(NoPrice, match="this account has none here"):
        await one.call("performance")
    closed = await stage(spec=UNPRICED, entries=LEDGER[:1], waiting=[])
    assert value(await closed.call("profit-loss", "today"), "realised P/L today") == 0


async def test_a_missing_price_is_said_and_counts_nowhere():
    one = await stage()
    one.market.no_quote("XOM")
    one.market._bars = {k: v for k, v in one.market._bars.items() if k[0] != "XOM"}
    reply = await one.call("profit-loss")
    assert "Without a price, so in no total: XOM." in everything(reply)
    assert value(reply, "P/L today") == D(-260)
    with pytest.raises(NoPrice, match="XOM has no price"):
        await one.call("performance")
    with pytest.raises(NoPrice, match="XOM has no price at one end"):
        await one.call("profit-loss", "XOM")


async def test_the_return_without_flows_is_the_change_of_value():
    """Sub-period returns multiply to end over start when nothing was paid in or out: a second way to the time-weighted return."""
    one = await stage()
    reply = await one.call("performance", "month")
    start = window(one.floor.hub, "month", one.clock.now()).start
    assert start is not None
    then = await worth_at(one, start)
    grown = D("36913.50") / then - 1
    assert value(reply, "time-weighted return") == (grown * 100).quantize(D("0.0001"))
    spy = D(600) / (await one.floor.hub.prices_at(["SPY"], start))["SPY"] - 1
    assert value(reply, "SPY return") == (spy * 100).quantize(D("0.0001"))
    ahead = percent_text(abs(grown - spy)).strip("+%")
    assert f"{ahead} points ahead of SPY ({percent_text(spy)})" in lead(reply)
    assert not unsupported(reply)


async def test_a_deposit_is_not_a_return():
    """Doubling the money in the middle leaves the return what each half made: (1 + r1)(1 + r2) - 1, each by hand."""
    entries = [
        entry(1, "2025-09-02", EntryKind.DEPOSIT, "10000"),
        bought(2, "2025-09-02", "KO", "100", "70", fee="0"),
        entry(3, "2025-09-22", EntryKind.DEPOSIT, "10000"),
    ]
    one = await stage(entries=entries, waiting=[])
    reply = await one.call("performance")
    before = calendar.previous(datetime(2025, 9, 22).date()).close
    first = (D(3000) + 100 * (await one.floor.hub.prices_at(["KO"], before))["KO"]) / 10000
    base = D(3000) + 100 * (await one.floor.hub.prices_at(["KO"], before))["KO"] + 10000
    second = (D(13000) + 100 * D(70)) / base
    assert abs(value(reply, "time-weighted return") - (first * second - 1) * 100) < D("0.001")


async def test_the_largest_fall_is_found_from_top_to_bottom():
    one = await stage()
    reply = await one.call("performance")
    points = []
    for session in calendar.sessions(datetime(2025, 6, 30).date(), datetime(2025, 10, 9).date()):
        points.append(await worth_at(one, session.close))
    points.append(D("36913.50"))
    top, worst = D(0), D(0)
    for p in points:
        top = max(top, p)
        worst = min(worst, p / top - 1)
    assert abs(value(reply, "max drawdown") - worst * 100) < D("0.0001")
    assert value(reply, "closed trades") == 2
    assert keyed(reply)["Hit rate"] == "withheld: 2 closed trades, it takes 5"


async def test_hit_rate_and_profit_factor_of_enough_closed_trades():
    pairs = [("60", "66"), ("60", "63"), ("70", "65"), ("70", "72"), ("71", "70"), ("66", "69")]
    rounds = []
    for n, (paid, got) in enumerate(pairs):
        rounds.append(bought(10 + n * 2, f"2025-08-{n * 2 + 4:02}", "KO", "10", paid))
        rounds.append(sold(11 + n * 2, f"2025-08-{n * 2 + 5:02}", "KO", "10", got))
    one = await stage(entries=[LEDGER[0], *rounds], waiting=[])
    reply = await one.call("performance")
    results = [(D(got) - D(paid)) * 10 - 2 for paid, got in pairs]
    won, lost = [r for r in results if r > 0], [-r for r in results if r < 0]
    assert keyed(reply)["Hit rate"] == f"67% ({len(won)} of {len(results)})"
    assert value(reply, "profit factor") == (sum(won) / sum(lost)).quantize(D("0.01"))
    lucky = await stage(entries=[LEDGER[0], *rounds[:4], *rounds[6:8], *rounds[10:], *rounds_more()], waiting=[])
    assert keyed(await lucky.call("performance"))["Profit factor"] == "withheld: no closed trade lost"


def rounds_more():
    return [bought(50, "2025-09-02", "XOM", "1", "10"), sold(51, "2025-09-03", "XOM", "1", "90")]


async def test_figures_with_too_little_history_are_withheld():
    entries = [entry(1, "2025-10-07", EntryKind.DEPOSIT, "10000"), bought(2, "2025-10-07", "KO", "10", "70")]
    reply = await (await stage(entries=entries, waiting=[])).call("performance")
    assert keyed(reply)["Largest fall"] == "withheld: 4 sessions, it takes 5"
    assert "Volatility" not in keyed(reply)
    broke = await stage(entries=[bought(2, "2025-10-07", "KO", "10", "70")], waiting=[])
    with pytest.raises(NoPrice, match="No money was paid in"):
        await broke.call("performance")


@pytest.mark.parametrize(
    ("now", "span", "start"),
    [
        ("2025-10-10 14:30", "today", "2025-10-09 20:00"),
        ("2025-10-10 14:30", "week", "2025-10-03 20:00"),
        ("2025-10-13 14:30", "week", "2025-10-10 20:00"),  # a Monday: the week is today
        ("2025-10-11 14:30", "today", "2025-10-09 20:00"),  # a Saturday: today is Friday's session
        ("2025-10-11 14:30", "week", "2025-10-03 20:00"),
        ("2025-10-10 14:30", "month", "2025-09-30 20:00"),
        ("2025-10-10 14:30", "ytd", "2024-12-31 21:00"),
        ("2025-11-28 16:00", "month", "2025-10-31 20:00"),
        ("2025-12-01 14:30", "month", "2025-11-28 18:00"),  # the session after Thanksgiving ends early
    ],
)
async def test_a_span_begins_at_a_close(now, span, start):
    one = await stage(at=utc(now), sessions=5)
    assert window(one.floor.hub, span, utc(now)).start == utc(start)
