"""Consequence and assessment: what the card says is what a fill would book."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from domain.errors import NoSuchOrder, SourceFailed
from domain.events import OrderFilled
from domain.market import Timeframe
from domain.orders import CancelIntent, OrderIntent, OrderType, ReplaceIntent, ResumeIntent, Side, TimeInForce
from domain.tickets import Change, Ticket
from market import calendar
from tests.fakes.market import bar
from tests.trading.stage import START, Stage, bought, buy, close, deposit, limit, market_order, stage, stop

D = Decimal


def changes(ticket: Ticket) -> dict[str, Change]:
    return {c.label: c for c in ticket.consequence.changes}


def with_history(world: Stage, *symbols: str, sessions: int = 80) -> None:
    """Daily bars before the stage begins, each closing one percent up or two down."""
    found = calendar.sessions((START - timedelta(days=200)).date(), (START - timedelta(days=1)).date())[-sessions:]
    for symbol in symbols:
        price = D(100)
        for number, session in enumerate(found):
            price = price * (D("1.01") if number % 3 else D("0.98"))
            daily = bar(symbol, session.open, str(price.quantize(D("0.01"))), volume="1000", size=Timeframe.DAY)
            world.market.add(daily, size=Timeframe.DAY)


def percent(fraction: Decimal) -> Decimal:
    return (fraction * 100).quantize(D("0.0001"))


async def test_before_and_after_of_a_close() -> None:
    world = await stage(deposit("100000"), bought("AAPL", "100", "170"), bought("NVDA", "20", "100"))
    ticket = await world.propose(close("AAPL", "50"))
    rows = changes(ticket)
    assert list(rows) == ["AAPL weight", "Technology exposure", "Cash", "Gross exposure"]
    equity = D(100000 - 17000 - 2000) + 18200 + 2400
    assert rows["AAPL weight"].before == percent(D(18200) / equity)
    assert rows["AAPL weight"].after == percent(D(9100) / (equity - D("0.50")))
    assert (rows["Cash"].after - rows["Cash"].before, rows["Cash"].unit) == (D("9099.50"), "USD")
    assert rows["Gross exposure"].after == D(9100 + 2400)
    assert rows["Technology exposure"].after == percent(D(11500) / (equity - D("0.50")))


@pytest.mark.parametrize("intent", [close("AAPL", "10"), close("BTC", "0.2"), market_order("BTC", Side.SELL, "0.5")])
async def test_the_estimate_is_what_a_fill_at_that_price_books(intent: OrderIntent) -> None:
    world = await stage()
    ticket = await world.propose(intent)
    leg = ticket.consequence.legs[0]
    await world.confirm(ticket)
    fills = [e for e in world.events if isinstance(e, OrderFilled)]
    slipped = sum(((leg.price or D(0)) - e.fill.price) * e.fill.quantity for e in fills)
    fees = sum((e.fill.fee for e in fills), D(0))
    assert leg.realised is not None
    assert leg.fee is not None
    assert abs(sum((e.realised for e in fills), D(0)) - (leg.realised - slipped + leg.fee - fees)) <= D("0.005")
    assert abs(leg.fee - fees) < D("0.05")


async def test_opening_realises_nothing_and_shows_its_fee() -> None:
    world = await stage()
    leg = (await world.propose(OrderIntent("BTC", Side.BUY, notional=D(7001)))).consequence.legs[0]
    assert (leg.realised, leg.fee, leg.quantity, leg.basis) == (None, D("7.00"), D("0.1000"), "ask")
    assert leg.sentence == "buy 0.1 BTC at market"


async def test_a_protective_order_changes_no_figure_and_says_what_it_would_realise() -> None:
    world = await stage()
    ticket = await world.propose(stop("AAPL", "10", "160"))
    leg = ticket.consequence.legs[0]
    assert ticket.consequence.changes == ()
    assert (leg.price, leg.basis, leg.realised) == (D(160), "stop", D(-100))
    assert leg.sentence == "sell 10 AAPL stop $160.00 gtc"


async def test_a_limit_order_is_shown_as_if_filled_at_its_limit() -> None:
    world = await stage()
    ticket = await world.propose(limit("XOM", Side.BUY, "10", "100"))
    rows = changes(ticket)
    assert rows["Cash"].after == rows["Cash"].before - 1000
    assert ticket.consequence.legs[0].sentence == "buy 10 XOM limit $100.00 gtc"


async def test_legs_of_one_ticket_meet_what_the_ones_before_left() -> None:
    world = await stage()
    ticket = await world.propose(close("AAPL", "6"), close("AAPL", "6"))
    assert [leg.realised for leg in ticket.consequence.legs] == [D("71.94"), D("47.96")]
    assert changes(ticket)["AAPL weight"].after == 0


async def test_orphans_are_named_unless_the_ticket_takes_them_back() -> None:
    world = await stage()
    name = f"{(await world.do(stop('AAPL', '10', '160'))).id}-1"
    assert (await world.propose(close("AAPL", "5"))).consequence.orphans == ()
    assert (await world.propose(close("AAPL", "10"))).consequence.orphans == (f"{name}: sell 10 AAPL stop $160.00 gtc",)
    both = await world.propose(CancelIntent(name, "AAPL"), close("AAPL", "10"))
    assert both.consequence.orphans == ()
    assert both.consequence.legs[0].sentence == f"cancel order {name}: sell 10 AAPL stop $160.00 gtc"


async def test_changes_and_releases_in_words() -> None:
    world = await stage()
    trailing = OrderIntent("NVDA", Side.SELL, OrderType.TRAILING, D(20), trail_percent=D("0.05"), tif=TimeInForce.GTC, reduce_only=True)
    name = f"{(await world.do(trailing)).id}-1"
    leg = (await world.propose(ReplaceIntent(name, "NVDA", trail=D(3)))).consequence.legs[0]
    assert leg.sentence.endswith("trailing 5% gtc becomes sell 20 NVDA trailing $3.00 gtc")
    other = f"{(await world.do(limit('XOM', Side.BUY, '2', '100'))).id}-1"
    leg = (await world.propose(ReplaceIntent(other, "XOM", limit=D(101), quantity=D(3)))).consequence.legs[0]
    assert (leg.price, leg.basis, leg.quantity) == (D(101), "limit", D(3))
    target = OrderIntent("AAPL", Side.SELL, OrderType.LIMIT, D(10), limit=D(200), reduce_only=True)
    assert (await world.propose(target)).consequence.legs[0].sentence == "sell 10 AAPL target $200.00"
    entry = OrderIntent("XOM", Side.BUY, OrderType.STOP_LIMIT, D(1), stop=D(115), limit=D(116))
    assert (await world.propose(entry)).consequence.legs[0].sentence == "buy 1 XOM stop $115.00 limit $116.00"
    assert (await world.propose(ResumeIntent())).consequence.legs[0].sentence == "allow trading again"
    with pytest.raises(NoSuchOrder):
        await world.propose(ReplaceIntent("none-1", "AAPL", limit=D(1)))


async def test_value_at_risk_before_and_after() -> None:
    world = await stage(deposit("100000"), bought("AAPL", "100", "170"), bought("NVDA", "100", "100"))
    with_history(world, "AAPL", "NVDA")
    row = changes(await world.propose(close("AAPL", "100")))["1-day VaR 95"]
    assert abs(row.before - D("604.00")) < 3  # two percent of 30,200
    assert abs(row.after - D("240.00")) < 1
    assert row.unit == "USD"


async def test_an_order_that_is_large_for_the_market_is_found() -> None:
    world = await stage(deposit("1000000"))
    with_history(world, "AAPL")
    assert "order_volume" in {f.code for f in (await world.propose(buy("AAPL", "500"))).findings}


async def test_without_a_history_the_card_comes_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    world = await stage()
    with_history(world, "AAPL", "NVDA", "BTC")

    def fails(*_: object) -> object:
        raise SourceFailed("history is down")

    world.hub.closes = fails  # type: ignore[method-assign, assignment]
    ticket = await world.propose(close("AAPL", "1"))
    assert "1-day VaR 95" not in changes(ticket)
    assert "no value at risk" in caplog.text
    assert "no volume history" in caplog.text


async def test_an_account_without_equity_has_no_weights() -> None:
    world = await stage(bought("AAPL", "10", "200"), shorting=True)
    with_history(world, "AAPL")
    rows = changes(await world.propose(close("AAPL", "10")))
    assert rows["AAPL weight"].before == 0
    assert "1-day VaR 95" not in rows
