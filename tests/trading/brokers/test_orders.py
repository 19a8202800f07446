"""Every order type at the paper venue, against scripted bars: what fills, at which price, and what does not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.errors import Rejected
from domain.orders import OrderStatus, OrderType, Side, TimeInForce
from tests.fakes.market import bar
from tests.trading.brokers.desk import FRIDAY, MINUTE, open_desk

LIMIT, STOP, STOP_LIMIT, TRAILING = OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING
BUY, SELL = Side.BUY, Side.SELL


@pytest.mark.parametrize(
    ("side", "kind", "terms", "prices", "filled"),
    [
        # limits: touched is not through; inside at the limit; the open jumped it: at the open
        (BUY, LIMIT, {"limit": "98"}, ("99", "99.5", "98", "99"), None),
        (BUY, LIMIT, {"limit": "98"}, ("99", "99.5", "97.99", "99"), "98"),
        (BUY, LIMIT, {"limit": "98"}, ("97", "97.5", "96", "97"), "97"),
        (SELL, LIMIT, {"limit": "102"}, ("101", "102", "100", "101"), None),
        (SELL, LIMIT, {"limit": "102"}, ("101", "102.01", "100", "101"), "102"),
        (SELL, LIMIT, {"limit": "102"}, ("103", "104", "102", "103"), "103"),
        # stops: reached when touched; the open jumped it: at the open, worse
        (SELL, STOP, {"stop": "95"}, ("97", "98", "95.01", "96"), None),
        (SELL, STOP, {"stop": "95"}, ("97", "98", "95", "96"), "95"),
        (SELL, STOP, {"stop": "95"}, ("90", "91", "89", "90"), "90"),
        (BUY, STOP, {"stop": "105"}, ("103", "105", "102", "104"), "105"),
        (BUY, STOP, {"stop": "105"}, ("110", "111", "109", "110"), "110"),
        # stop-limits: like a stop, but never beyond the limit
        (SELL, STOP_LIMIT, {"stop": "95", "limit": "94"}, ("97", "98", "93", "94"), "95"),
        (SELL, STOP_LIMIT, {"stop": "95", "limit": "94"}, ("94.5", "94.6", "93", "94"), "94.5"),
        (SELL, STOP_LIMIT, {"stop": "95", "limit": "94"}, ("90", "91", "89", "90"), None),
        (SELL, STOP_LIMIT, {"stop": "95", "limit": "94"}, ("90", "94.5", "89", "90"), "94"),
        (BUY, STOP_LIMIT, {"stop": "105", "limit": "104"}, ("103", "106", "102", "105"), None),
        # trailing: the worse end of the bar first, then the better end lifts the stop, and the close may fall through it
        (SELL, TRAILING, {"trail": "2"}, ("100", "101", "98.01", "100"), None),
        (SELL, TRAILING, {"trail": "2"}, ("100", "110", "98", "109"), "98"),
        (SELL, TRAILING, {"trail": "2"}, ("100", "110", "99", "108"), "108"),
        (SELL, TRAILING, {"trail": "2"}, ("97", "97.5", "96", "97"), "97"),
        (SELL, TRAILING, {"trail_percent": "0.02"}, ("99", "99.5", "98", "99"), "98"),
        (BUY, TRAILING, {"trail": "2"}, ("100", "102", "99", "100"), "102"),
        (BUY, TRAILING, {"trail": "2"}, ("100", "101", "90", "92"), "92"),
    ],
)
async def test_one_bar(side: Side, kind: OrderType, terms: dict[str, str], prices: tuple[str, ...], filled: str | None) -> None:
    desk = await open_desk(AAPL="10")
    await desk.send("o", side, "10", kind, **terms)
    desk.market.add(bar("AAPL", FRIDAY, *prices))
    await desk.till(FRIDAY + MINUTE)
    if filled is None:
        assert (await desk.of("o")).status is OrderStatus.ACCEPTED
    else:
        assert await desk.price("o") == Decimal(filled)


async def test_a_trailing_stop_follows_and_never_goes_back() -> None:
    desk = await open_desk(AAPL="10")
    await desk.send("t", SELL, "10", TRAILING, trail="2")
    levels = []
    for n, prices in enumerate([("100", "103", "100", "103"), ("103", "103", "102", "102"), ("102", "106", "102", "106")]):
        desk.market.add(bar("AAPL", FRIDAY + n * MINUTE, *prices))
        await desk.till(FRIDAY + (n + 1) * MINUTE)
        levels.append((await desk.of("t")).stop)
    assert levels == [Decimal("101.00"), Decimal("101.00"), Decimal("104.00")]


async def test_a_trailing_stop_sent_without_any_price_starts_at_the_first_open() -> None:
    desk = await open_desk(AAPL="10")
    desk.market.no_quote("AAPL")
    report = await desk.send("t", SELL, "10", TRAILING, trail="2", reduce_only=True)
    assert report.stop is None
    desk.market.add(bar("AAPL", FRIDAY, "100", "100", "99", "99"))
    await desk.till(FRIDAY + MINUTE)
    assert (await desk.of("t")).stop == Decimal(98)


async def test_a_stop_limit_left_behind_by_a_gap_rests_as_a_limit() -> None:
    desk = await open_desk(AAPL="10")
    await desk.send("s", SELL, "10", STOP_LIMIT, stop="95", limit="94")
    desk.market.add(bar("AAPL", FRIDAY, "90"), bar("AAPL", FRIDAY + MINUTE, "92", "94.01", "92", "93"))
    await desk.till(FRIDAY + MINUTE)
    assert (await desk.of("s")).filled == 0
    await desk.till(FRIDAY + 2 * MINUTE)
    assert await desk.price("s") == 94


async def test_a_market_order_takes_the_other_side_of_the_spread() -> None:
    desk = await open_desk(AAPL="10")
    await desk.send("b", BUY, "10")
    await desk.send("s", SELL, "20")
    assert await desk.price("b") == Decimal("100.01")
    assert await desk.price("s") == Decimal("99.99")
    assert await desk.cash() == Decimal(100_000) - Decimal("1000.10") + Decimal("1999.80")


async def test_a_marketable_limit_trades_at_once_at_the_ask() -> None:
    desk = await open_desk()
    await desk.send("b", BUY, "10", LIMIT, limit="105")
    assert await desk.price("b") == Decimal("100.01")


async def test_a_limit_at_the_bid_rests() -> None:
    desk = await open_desk()
    assert (await desk.send("b", BUY, "10", LIMIT, limit="99.99")).status is OrderStatus.ACCEPTED


async def test_a_stop_the_market_has_passed_trades_at_once() -> None:
    desk = await open_desk(AAPL="10")
    await desk.send("s", SELL, "5", STOP, stop="101")
    assert await desk.price("s") == Decimal("99.99")
    report = await desk.send("l", SELL, "5", STOP_LIMIT, stop="101", limit="100.50")
    assert report.status is OrderStatus.ACCEPTED


async def test_bars_under_way_at_arrival_are_not_traded_in() -> None:
    desk = await open_desk(AAPL="10")
    desk.market.add(bar("AAPL", FRIDAY, "80"))
    desk.clock.set(FRIDAY + MINUTE / 2)
    await desk.send("s", SELL, "10", STOP, stop="95")
    await desk.till(FRIDAY + MINUTE)
    assert (await desk.of("s")).status is OrderStatus.ACCEPTED


async def test_in_one_bar_the_stop_comes_before_the_target_and_the_open_before_both() -> None:
    desk = await open_desk(AAPL="10")
    await desk.send("target", SELL, "10", LIMIT, limit="105", reduce_only=True)
    await desk.send("stop", SELL, "10", STOP, stop="95", reduce_only=True)
    desk.market.add(bar("AAPL", FRIDAY, "100", "106", "94", "100"))
    await desk.till(FRIDAY + MINUTE)
    assert await desk.price("stop") == 95
    assert (await desk.of("target")).status is OrderStatus.CANCELLED

    other = await open_desk(AAPL="10")
    await other.send("target", SELL, "10", LIMIT, limit="105", reduce_only=True)
    await other.send("stop", SELL, "10", STOP, stop="95", reduce_only=True)
    other.market.add(bar("AAPL", FRIDAY, "107", "107", "94", "100"))
    await other.till(FRIDAY + MINUTE)
    assert await other.price("target") == 107
    assert (await other.of("stop")).status is OrderStatus.CANCELLED


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"kind": LIMIT}, "bad_price"),
        ({"kind": STOP}, "bad_price"),
        ({"kind": STOP_LIMIT, "stop": "95"}, "bad_price"),
        ({"kind": TRAILING}, "bad_price"),
        ({"kind": TRAILING, "trail": "2", "trail_percent": "0.02"}, "bad_price"),
        ({"kind": TRAILING, "trail_percent": "1"}, "bad_price"),
        ({"kind": LIMIT, "limit": "-1"}, "bad_price"),
        ({"kind": LIMIT, "limit": "0.004"}, "bad_price"),
        ({"symbol": "ZZZZ"}, "unknown_symbol"),
        ({"quantity": "0"}, "bad_quantity"),
        ({"quantity": "-1"}, "bad_quantity"),
        ({"quantity": "0.5"}, "bad_quantity"),
        ({"symbol": "BTC", "quantity": "0.00001"}, "bad_quantity"),
        ({"symbol": "NVDA"}, "no_price"),
        ({"side": SELL}, "short_not_allowed"),
        ({"side": SELL, "reduce_only": True}, "no_position"),
        ({"quantity": "1001"}, "insufficient_cash"),
    ],
)
async def test_what_is_refused(terms: dict[str, object], code: str) -> None:
    desk = await open_desk()
    given = {"side": BUY, "quantity": "1", "kind": OrderType.MARKET} | terms
    with pytest.raises(Rejected) as refusal:
        await desk.send("r", **given)  # type: ignore[arg-type]
    assert refusal.value.code == code
    assert refusal.value.message
    if code != "unknown_symbol":
        assert (await desk.of("r")).status is OrderStatus.REJECTED
        assert (await desk.send("r", BUY, "1")).status is OrderStatus.REJECTED, "the same id is the same order"
    assert await desk.cash() == 100_000


async def test_prices_are_put_on_the_tick_never_to_the_worse() -> None:
    desk = await open_desk(AAPL="10")
    assert (await desk.send("b", BUY, "1", LIMIT, limit="98.019")).limit == Decimal("98.01")
    assert (await desk.send("s", SELL, "1", LIMIT, limit="101.991")).limit == Decimal("102.00")
    assert (await desk.send("t", SELL, "1", STOP, stop="95.006")).stop == Decimal("95.01")


async def test_a_day_order_keeps_its_tif() -> None:
    desk = await open_desk()
    await desk.send("d", BUY, "1", LIMIT, limit="90", tif=TimeInForce.DAY)
    await desk.till(FRIDAY + 400 * MINUTE)
    assert (await desk.of("d")).status is OrderStatus.EXPIRED
