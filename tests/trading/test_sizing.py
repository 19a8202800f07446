"""Sizing: money and fractions become whole lots, never more than was asked for, and a refusal says what to type."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import BadArgument, NoPrice
from domain.market import Quote
from domain.orders import OrderIntent, OrderType, Side
from domain.portfolio import AccountSpec, Mode, Portfolio, Position
from tests.fakes.market import coin, share
from tests.trading.stage import ACCOUNT, START
from trading.sizing import concrete, part_of_holding, reference_price, share_of_equity, units_for

D = Decimal
TSLA = share("TSLA")
BTC = coin("BTC")


def portfolio(held: str = "10", ask: str = "242.10", *, priced: bool = True) -> Portfolio:
    quotes = {
        "TSLA": Quote("TSLA", D(ask) - D("0.02"), D(ask), D(ask), START, "t"),
        "BTC": Quote("BTC", D(69990), D(70010), D(70000), START, "t"),
    }
    position = Position("TSLA", D(held), D(200), D(0), D(0), START)
    spec = AccountSpec(ACCOUNT, Mode.PAPER)
    return Portfolio(spec, START, D(10000), (position,), (), quotes if priced else {}, {"TSLA": TSLA, "BTC": BTC})


def test_money_becomes_whole_shares_rounded_down() -> None:
    sized = concrete(OrderIntent("TSLA", Side.BUY, notional=D(2000)), portfolio())
    assert (sized.quantity, sized.notional) == (D(8), D(2000))


def test_a_coin_is_bought_in_fractions() -> None:
    assert concrete(OrderIntent("BTC", Side.BUY, notional=D(100)), portfolio()).quantity == D("0.0014")


def test_a_limit_is_the_price_it_is_sized_at() -> None:
    intent = OrderIntent("TSLA", Side.BUY, OrderType.LIMIT, notional=D(2000), limit=D(200))
    assert concrete(intent, portfolio(priced=False)).quantity == D(10)


@pytest.mark.parametrize(
    ("intent", "says", "example"),
    [
        (OrderIntent("TSLA", Side.BUY, notional=D(20)), "$20.00 buys less than one share of TSLA (ask $242.10)", "#buy TSLA 1"),
        (OrderIntent("TSLA", Side.SELL, notional=D(20)), "sells less than one share", "#sell TSLA 1"),
        (OrderIntent("BTC", Side.BUY, notional=D(1)), "less than 0.0001 BTC", "#buy BTC 0.0001"),
        (OrderIntent("TSLA", Side.BUY, quantity=D("1.5")), "trades in steps of one share", "#buy TSLA 1"),
        (OrderIntent("TSLA", Side.SELL, quantity=D("0.5")), "trades in steps of one share", "#sell TSLA 1"),
        (OrderIntent("BTC", Side.BUY, quantity=D("0.00015")), "trades in steps of 0.0001 BTC", "#buy BTC 0.0001"),
        (OrderIntent("TSLA", Side.BUY), "How much TSLA", "#buy TSLA 1"),
        (OrderIntent("TSLA", Side.BUY, quantity=D("1e15")), "not a quantity", "#buy TSLA 1"),
        (OrderIntent("TSLA", Side.BUY, quantity=D(0)), "not a quantity", "#buy TSLA 1"),
        (OrderIntent("TSLA", Side.BUY, quantity=D("NaN")), "not a quantity", "#buy TSLA 1"),
        (OrderIntent("TSLA", Side.BUY, notional=D("1e30")), "not a quantity", "#buy TSLA 1"),
    ],
)
def test_what_does_not_trade_says_what_to_type(intent: OrderIntent, says: str, example: str) -> None:
    with pytest.raises(BadArgument) as refused:
        concrete(intent, portfolio())
    assert says in refused.value.message
    assert refused.value.example == example
    assert example in refused.value.message


def test_a_quantity_that_trades_stays_as_it_is() -> None:
    assert concrete(OrderIntent("TSLA", Side.BUY, quantity=D("3.0")), portfolio()).quantity == 3


def test_prices_and_their_basis() -> None:
    quote = portfolio().quotes["TSLA"]
    assert reference_price(OrderIntent("TSLA", Side.BUY), quote) == (D("242.10"), "ask")
    assert reference_price(OrderIntent("TSLA", Side.SELL), quote) == (D("242.08"), "bid")
    assert reference_price(OrderIntent("TSLA", Side.SELL, OrderType.STOP, stop=D(200)), None) == (D(200), "stop")
    trailing = OrderIntent("TSLA", Side.SELL, OrderType.TRAILING, trail=D(5))
    assert reference_price(trailing, quote) == (D("237.10"), "stop")
    assert reference_price(OrderIntent("TSLA", Side.BUY, OrderType.TRAILING, trail_percent=D("0.1")), quote) == (D("266.310"), "stop")
    with pytest.raises(NoPrice):
        reference_price(OrderIntent("TSLA", Side.BUY), None)
    with pytest.raises(NoPrice, match="bid of TSLA is 0"):
        reference_price(OrderIntent("TSLA", Side.SELL), Quote("TSLA", D(0), D(1), D(1), START, "t"))


def test_a_share_of_equity_needs_every_price() -> None:
    assert share_of_equity(D("0.05"), portfolio()) == (D(10000) + D(2421)) * D("0.05")
    with pytest.raises(NoPrice, match="no price for TSLA"):
        share_of_equity(D("0.05"), portfolio(priced=False))


def test_parts_of_a_holding() -> None:
    assert part_of_holding(D("0.5"), "TSLA", portfolio("11")) == 5
    assert part_of_holding(D(1), "TSLA", portfolio("-11")) == 11
    assert part_of_holding(D(1), "TSLA", portfolio("0.5")) == D("0.5")  # a fraction that came from elsewhere can be closed
    with pytest.raises(BadArgument, match=r"33% of 1 TSLA is less than one share: type #TSLA close\."):
        part_of_holding(D("0.33"), "TSLA", portfolio("1"))
    with pytest.raises(BadArgument):
        part_of_holding(D("0.33"), "BTC", portfolio())


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.decimals("0.01", "1000000", places=2), st.decimals("0.01", "5000", places=2), st.sampled_from(("TSLA", "BTC")))
def test_never_more_than_the_money(money: Decimal, ask: Decimal, symbol: str) -> None:
    held = portfolio(ask=str(ask + D("0.02")))
    intent = OrderIntent(symbol, Side.BUY, notional=money)
    price, _ = reference_price(intent, held.quotes[symbol])
    lot = held.instruments[symbol].lot
    try:
        quantity = units_for(money, intent, held)
    except BadArgument:
        assert money < price * lot
    else:
        assert quantity * price <= money < (quantity + lot) * price
        assert quantity % lot == 0
