"""B: the demo world as a newcomer meets it: its banner, its book, its clock and its levers."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app import wiring
from domain.clock import ManualClock, SystemClock
from domain.ledger import EntryKind
from domain.market import Timeframe
from domain.money import cents
from market import calendar
from tests.journeys.chat import NOW, chat, figures

HOUR = timedelta(hours=1)
CENT = Decimal("0.01")


def test_the_demo_of_today_begins_at_half_past_ten_of_the_latest_completed_session():
    start = calendar.latest_completed(SystemClock().now()).open + HOUR
    assert (start.astimezone(calendar.NEW_YORK).hour, start.astimezone(calendar.NEW_YORK).minute) == (10, 30)


async def test_the_banner_says_demo_simulated_market_and_the_simulated_time(tmp_path):
    async with chat(tmp_path) as reader:
        said = await reader.banner()
        again = await reader.banner()
    assert "DEMO, SIMULATED MARKET" in said.splitlines()[0]
    assert "Wed 2025-03-05 10:30 EST, simulated" in said
    assert "PAPER" not in said
    assert "not investment advice" in said
    assert "not investment advice" not in again


async def test_the_book_is_a_dozen_positions_a_fifth_in_cash_and_one_just_above_its_stop(tmp_path):
    async with chat(tmp_path) as reader:
        book = await reader.book()
        entries = reader.house.floor.book.entries
    assert 10 <= len(book.positions) <= 14
    assert Decimal("0.18") < book.cash / book.equity < Decimal("0.22")
    distances = {
        p.symbol: 1 - stop.stop / book.quotes[p.symbol].last for p in book.positions if (stop := book.stop(p.symbol)) and stop.stop
    }
    assert all(d > 0 for d in distances.values())
    assert min(distances.values()) < Decimal("0.02")
    assert sorted(distances.values())[1] > Decimal("0.04")
    sold = {e.symbol for e in entries if e.kind is EntryKind.TRADE} - {p.symbol for p in book.positions}
    assert len(sold) >= 2, "some trades are closed"
    assert entries[0].kind is EntryKind.DEPOSIT
    assert calendar.sessions(entries[0].at.date(), NOW.date())[119:], "the ledger covers 120 sessions"


async def test_every_trade_of_the_book_could_have_been_made_and_its_cash_adds_up(tmp_path):
    """The ledger by itself: each price inside that day's range and a little, cash and quantities its plain sum."""
    async with chat(tmp_path) as reader:
        book, entries = await reader.book(), reader.house.floor.book.entries
        for entry in entries:
            if entry.kind is not EntryKind.TRADE or entry.symbol is None:
                continue
            day = entry.at.replace(hour=0, minute=0)
            bars = await reader.house.floor.hub.bars(entry.symbol, Timeframe.DAY, day - timedelta(days=1), NOW)
            bar = next(b for b in bars if b.start <= entry.at <= b.end)
            assert bar.low * Decimal("0.998") <= entry.price <= bar.high * Decimal("1.002"), entry
    assert book.cash == sum((e.amount for e in entries), Decimal(0))
    held: dict[str, Decimal] = {}
    for entry in entries:
        if entry.symbol and entry.side:
            held[entry.symbol] = held.get(entry.symbol, Decimal(0)) + entry.side.sign * entry.quantity
    assert {s: q for s, q in held.items() if q} == {p.symbol: p.quantity for p in book.positions}
    assert book.equity == book.cash + sum(p.quantity * book.quotes[p.symbol].last for p in book.positions)


async def test_positions_shows_the_very_figures_of_the_book(tmp_path):
    async with chat(tmp_path) as reader:
        book = await reader.book()
        reply = await reader.reply("/positions all")
        said = figures(reply)
        text = await reader.say("/positions all")
    for position in book.positions:
        symbol = position.symbol
        gain = (book.quotes[symbol].last - position.average_price) * position.quantity
        value = next(v for label, v in said.items() if label.startswith(f"{symbol} ") and "value" in label)
        assert abs(value - book.value(symbol)) < CENT
        assert f"{cents(gain):+,.2f}".replace("-", "−") in text, symbol
    assert "simulated" in text


async def test_a_shock_moves_the_price_the_profit_and_the_news_by_what_was_typed(tmp_path):
    async with chat(tmp_path) as reader:
        before, quote = await reader.book(), await reader.quote("NVDA")
        said = await reader.say("/demo shock NVDA -8%")
        after, moved = await reader.book(), await reader.quote("NVDA")
        quantity = before.position("NVDA").quantity
        assert abs(moved.last / quote.last - Decimal("0.92")) < Decimal("0.0002")
        lost = quantity * (quote.last - moved.last)
        assert before.equity - after.equity == lost
        assert before.day_total - after.day_total == lost
        assert f"${quote.last:,.2f} to ${moved.last:,.2f}" in said
        assert f"down ${lost:,.2f}" in said
        others = [p.symbol for p in before.positions if p.symbol != "NVDA"]
        assert all(before.quotes[s].last == after.quotes[s].last for s in others)
        await reader.later(minutes=1)
        news = await reader.say("/news NVDA")
        assert "drops 8.0%" in news
        assert "simulated" in news
        assert "−8.0%" in await reader.say("/demo")


async def test_a_shock_through_a_stop_fires_it_and_the_fill_is_pushed(tmp_path):
    async with chat(tmp_path) as reader:
        book = await reader.book()
        stop = book.stop("UNH")
        await reader.say("/demo shock UNH -6%")
        pushed = await reader.later(minutes=3)
        fill = next(e for e in reversed(reader.house.floor.book.entries) if e.symbol == "UNH")
        assert await reader.held("UNH") == 0
        assert fill.price < stop.stop, "the price jumped over the stop: the fill is below it"
        assert fill.quantity == book.position("UNH").quantity
        paid = book.position("UNH").average_price
        result = cents((fill.price - paid) * fill.quantity - fill.fee)
        lead = next(p for p in pushed if p.startswith("Stop filled"))
        assert f"sold {fill.quantity} UNH at ${fill.price:,.2f}" in lead
        assert f"{result:+,.2f}".replace("+", "+$").replace("-", "−$") in lead
        assert "UNH" not in await reader.say("/orders")
        assert await reader.whole()


async def test_forward_moves_the_world_and_meets_every_minute_on_the_way(tmp_path):
    async with chat(tmp_path) as reader:
        said = await reader.say("/demo forward 2h")
        assert "12:30" in said
        assert reader.house.demo.now() == NOW + 2 * HOUR
        said = await reader.say("/demo forward 1d")
        assert "Thu 6 Mar" in said
        book = await reader.book()
        assert f"{book.equity:,.2f}" in said
        for wrong in (
            "/demo forward",
            "/demo forward -2h",
            "/demo forward 2 parsecs",
            "/demo forward 9000d",
            "/demo shock",
            "/demo rewind",
        ):
            reply = await reader.reply(wrong)
            assert reply.failure is not None, wrong
        assert reader.house.demo.now() == NOW + 26 * HOUR


@pytest.mark.parametrize("line", ["/demo shock NVDA", "/demo shock NVDA -100%", "/demo shock NOPE -8%", "/demo shock NVDA NaN"])
async def test_a_shock_that_cannot_be_is_refused_and_nothing_moves(tmp_path, line):
    async with chat(tmp_path) as reader:
        before = await reader.book()
        reply = await reader.reply(line)
        assert reply.failure is not None
        assert (await reader.book()).equity == before.equity


async def test_a_restart_resumes_at_the_later_instant_and_keeps_the_shocks(tmp_path):
    async with chat(tmp_path, still=False, account="demo") as reader:
        began = reader.house.demo.now()
        start = calendar.latest_completed(SystemClock().now()).open + HOUR
        assert timedelta(0) <= began - start < timedelta(minutes=1)
        old = await reader.quote("NVDA")
        await reader.say("/demo forward 2h")
        await reader.say("/demo shock NVDA -8%")
        left, price, held = reader.house.demo.now(), await reader.quote("NVDA"), await reader.held("NVDA")
    assert price.last < old.last
    async with chat(tmp_path, still=False, account="demo") as reader:
        assert timedelta(0) <= reader.house.demo.now() - left < timedelta(minutes=1)
        assert abs((await reader.quote("NVDA")).last / price.last - 1) < Decimal("0.01")
        assert await reader.held("NVDA") == held
        assert "NVDA −8.0%" in await reader.say("/demo")


async def test_a_machine_whose_clock_was_set_back_does_not_take_the_world_back(tmp_path, monkeypatch):
    async with chat(tmp_path, still=False, account="demo") as reader:
        left = reader.house.demo.now()
    monkeypatch.setattr(wiring, "SystemClock", lambda: ManualClock(datetime(2024, 1, 3, 12, tzinfo=UTC)))
    async with chat(tmp_path, still=False, account="demo") as reader:
        assert reader.house.demo.now() >= left
    later = left + timedelta(days=9)
    monkeypatch.setattr(wiring, "SystemClock", lambda: ManualClock(later))
    async with chat(tmp_path, still=False, account="demo") as reader:
        assert reader.house.demo.now() >= calendar.latest_completed(later).open + HOUR
        assert "positions worth" in await reader.say("/positions")


async def test_demo_levers_are_refused_where_nothing_may_change(tmp_path):
    async with chat(tmp_path, read_only=True) as reader:
        before = await reader.book()
        for line in ("/demo forward 2h", "/demo shock NVDA -8%"):
            reply = await reader.reply(line)
            assert reply.failure is not None
            assert reply.failure.code == "read_only"
        assert reader.house.demo.now() == NOW
        assert (await reader.book()).equity == before.equity
        assert (await reader.reply("/demo")).failure is None


async def test_another_seed_is_another_market_and_the_same_seed_the_same(tmp_path):
    answers = []
    for seed in (7, 7, 8):
        async with chat(tmp_path, configured={"seed": seed}) as reader:
            answers.append(await reader.say("/positions all"))
    assert answers[0] == answers[1] != answers[2]
