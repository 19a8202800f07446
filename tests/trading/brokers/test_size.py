"""How much trades, at what cost, and what keeps the account within its cash and its position."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.errors import Rejected
from domain.instruments import AssetClass
from domain.orders import OrderStatus, OrderType, Side
from domain.portfolio import AccountSpec, Mode
from tests.fakes.market import INSTRUMENTS, bar, share
from tests.trading.brokers.desk import FLAT, FRIDAY, MINUTE, MONDAY_OPEN, open_desk
from tests.trading.brokers.test_sessions import EVENING
from trading.brokers.simulated.fills import FillModel
from trading.commission import Commission

LIMIT, STOP = OrderType.LIMIT, OrderType.STOP
BUY, SELL = Side.BUY, Side.SELL
SHORTING = AccountSpec("main", Mode.PAPER, shorting=True)


async def test_an_order_large_against_the_bar_fills_in_parts() -> None:
    desk = await open_desk(AAPL="250")
    await desk.send("s", SELL, "250", STOP, stop="95")
    for n in range(3):
        desk.market.add(bar("AAPL", FRIDAY + n * MINUTE, "94", volume="1000"))
    states = []
    for n in range(3):
        await desk.till(FRIDAY + (n + 1) * MINUTE)
        report = await desk.of("s")
        states.append((report.status, report.filled))
    assert states == [(OrderStatus.PARTIAL, Decimal(100)), (OrderStatus.PARTIAL, Decimal(200)), (OrderStatus.FILLED, Decimal(250))]
    assert [f.id for f in (await desk.of("s")).fills] == ["s.1", "s.2", "s.3"]


async def test_a_large_market_order_takes_what_a_recent_bar_gives_and_goes_on() -> None:
    desk = await open_desk()
    desk.market.add(bar("AAPL", FRIDAY - MINUTE, "100", volume="1000"), bar("AAPL", FRIDAY, "101", volume="5000"))
    report = await desk.send("b", BUY, "300")
    assert (report.status, report.filled) == (OrderStatus.PARTIAL, Decimal(100))
    await desk.till(FRIDAY + MINUTE)
    assert (await desk.of("b")).filled == 300
    assert (await desk.of("b")).average_price == (Decimal("100.01") * 100 + 101 * 200) / 300


async def test_orders_of_one_symbol_share_a_bars_volume() -> None:
    desk = await open_desk(EVENING)
    await desk.send("a", BUY, "80")
    await desk.send("b", BUY, "80")
    desk.market.add(bar("AAPL", MONDAY_OPEN, "100", volume="1000"))
    await desk.till(MONDAY_OPEN + MINUTE)
    assert ((await desk.of("a")).filled, (await desk.of("b")).filled) == (Decimal(80), Decimal(20))


async def test_a_bar_without_volume_trades_only_when_prices_moved() -> None:
    desk = await open_desk(EVENING)
    await desk.send("a", BUY, "80")
    desk.market.add(bar("AAPL", MONDAY_OPEN, "100", volume="0"), bar("AAPL", MONDAY_OPEN + MINUTE, "100", "101", "99", "100", volume="0"))
    await desk.till(MONDAY_OPEN + MINUTE)
    assert (await desk.of("a")).filled == 0
    await desk.till(MONDAY_OPEN + 2 * MINUTE)
    assert (await desk.of("a")).filled == 80


async def test_size_moves_the_price_by_the_square_root_of_its_share() -> None:
    model = FillModel(participation=Decimal(1), impact=Decimal("0.01"), half_spread=Decimal(0))
    desk = await open_desk(model=model, AAPL="1000")
    desk.market.add(bar("AAPL", FRIDAY - MINUTE, "100", volume="10000"))
    await desk.send("b", BUY, "100")  # 1% of the volume: a tenth of the impact
    assert await desk.price("b") == Decimal("100.11")
    await desk.send("s", SELL, "400")  # 4%: a fifth
    assert await desk.price("s") == Decimal("99.79")


async def test_in_a_bar_crossing_costs_half_a_spread_and_a_limit_holds() -> None:
    model = FillModel(impact=Decimal(0), half_spread=Decimal("0.001"))
    desk = await open_desk(EVENING, model=model, AAPL="30")
    await desk.send("b", BUY, "10")
    await desk.send("s", SELL, "10")
    await desk.send("l", SELL, "10", OrderType.STOP_LIMIT, stop="101", limit="99.95")
    desk.market.add(bar("AAPL", MONDAY_OPEN, "100"))
    await desk.till(MONDAY_OPEN + MINUTE)
    assert [await desk.price(n) for n in "bsl"] == [Decimal("100.10"), Decimal("99.90"), Decimal("99.95")]


async def test_an_open_between_two_ticks_is_never_bettered() -> None:
    desk = await open_desk(EVENING, AAPL="10")
    await desk.send("b", BUY, "10")
    await desk.send("s", SELL, "10")
    desk.market.add(bar("AAPL", MONDAY_OPEN, "100.004", "100.006", "100.004", "100.006"))
    await desk.till(MONDAY_OPEN + MINUTE)
    assert [await desk.price(n) for n in "bs"] == [Decimal("100.01"), Decimal("100.00")]


async def test_commission_by_asset_class() -> None:
    desk = await open_desk()
    await desk.send("a", BUY, "10")
    await desk.send("b", BUY, "0.1", symbol="BTC")
    assert (await desk.of("a")).fills[0].fee == 0
    assert (await desk.of("b")).fills[0].fee == Decimal("5.00")
    assert await desk.cash() == Decimal(100_000) - Decimal("1000.10") - Decimal("5000.50") - 5


def test_commission_figures() -> None:
    model = Commission(equity=Decimal("0.0001"), minimum=Decimal(1))
    assert model.fee(share("AAPL"), Decimal(10), Decimal(100)) == 1
    assert model.fee(share("SPY", kind=AssetClass.ETF), Decimal(1000), Decimal("123.45")) == Decimal("12.35")
    assert Commission().fee(share("AAPL"), Decimal(10), Decimal(100)) == 0
    assert Commission().rate(INSTRUMENTS[4]) == Decimal("0.0010")


async def test_open_buys_hold_their_cash() -> None:
    desk = await open_desk(cash="1000")
    await desk.send("a", BUY, "8", LIMIT, limit="90")
    with pytest.raises(Rejected) as refusal:
        await desk.send("b", BUY, "4", LIMIT, limit="90")
    assert "$360.00" in refusal.value.message
    assert "$280.00" in refusal.value.message
    await desk.broker.cancel("a")
    assert (await desk.send("c", BUY, "4", LIMIT, limit="90")).status is OrderStatus.ACCEPTED


@pytest.mark.parametrize(("kind", "terms"), [(STOP, {"stop": "120"}), (OrderType.TRAILING, {"trail": "20"})])
async def test_a_waiting_buy_holds_cash_at_its_trigger(kind: OrderType, terms: dict[str, str]) -> None:
    desk = await open_desk(cash="1000")
    with pytest.raises(Rejected):
        await desk.send("a", BUY, "9", kind, **terms)
    assert (await desk.send("b", BUY, "8", kind, **terms)).status is OrderStatus.ACCEPTED


async def test_cash_that_runs_out_at_the_open_ends_the_order() -> None:
    desk = await open_desk(EVENING, cash="1010")
    await desk.send("a", BUY, "10")
    desk.market.add(bar("AAPL", MONDAY_OPEN, "150"))
    await desk.till(MONDAY_OPEN + MINUTE)
    report = await desk.of("a")
    assert (report.status, report.filled) == (OrderStatus.CANCELLED, Decimal(6))
    assert "cash" in report.reason
    assert await desk.cash() == 110


async def test_cash_that_does_not_pay_for_one_ends_the_order_unfilled() -> None:
    desk = await open_desk(EVENING, cash="110")
    await desk.send("a", BUY, "1")
    desk.market.add(bar("AAPL", MONDAY_OPEN, "150"))
    await desk.till(MONDAY_OPEN + MINUTE)
    assert (await desk.of("a")).status is OrderStatus.CANCELLED
    assert await desk.cash() == 110


async def test_cash_pays_for_the_fee_too() -> None:
    desk = await open_desk(cash="50005")
    with pytest.raises(Rejected):
        await desk.send("a", BUY, "1", symbol="BTC")
    desk.market.quote("BTC", "49000", "49000")
    await desk.send("b", BUY, "1", LIMIT, symbol="BTC", limit="49900")
    assert await desk.cash() == Decimal(50005) - 49000 - 49


async def test_exits_shrink_with_the_position_and_end_with_it() -> None:
    desk = await open_desk(AAPL="100")
    await desk.send("stop", SELL, "100", STOP, stop="95", reduce_only=True)
    await desk.send("target", SELL, "150", LIMIT, limit="110", reduce_only=True)
    assert (await desk.of("target")).quantity == 100, "cut to the position on arrival"
    await desk.send("half", SELL, "60")
    assert [(await desk.of(n)).quantity for n in ("stop", "target")] == [40, 40]
    assert "size of the position" in (await desk.of("stop")).reason
    await desk.send("rest", SELL, "40", reduce_only=True)
    assert [(await desk.of(n)).status for n in ("stop", "target")] == [OrderStatus.CANCELLED] * 2
    assert "closed" in (await desk.of("target")).reason
    assert await desk.position() == 0


async def test_a_target_that_fills_in_parts_shrinks_the_stop_in_parts() -> None:
    desk = await open_desk(AAPL="100")
    await desk.send("stop", SELL, "100", STOP, stop="95", reduce_only=True)
    await desk.send("target", SELL, "100", LIMIT, limit="110", reduce_only=True)
    desk.market.add(bar("AAPL", FRIDAY, "111", volume="600"), bar("AAPL", FRIDAY + MINUTE, "111", volume="600"))
    await desk.till(FRIDAY + MINUTE)
    assert ((await desk.of("stop")).quantity, (await desk.of("target")).filled) == (Decimal(40), Decimal(60))
    await desk.till(FRIDAY + 2 * MINUTE)
    assert (await desk.of("stop")).status is OrderStatus.CANCELLED
    assert await desk.position() == 0


async def test_plain_sells_promise_each_share_once_and_never_go_short() -> None:
    desk = await open_desk(AAPL="100")
    await desk.send("a", SELL, "60", LIMIT, limit="110")
    with pytest.raises(Rejected):
        await desk.send("b", SELL, "50", LIMIT, limit="110")
    await desk.send("stop", SELL, "100", STOP, stop="95", reduce_only=True)
    desk.market.add(bar("AAPL", FRIDAY, "90"), bar("AAPL", FRIDAY + MINUTE, "120"))
    await desk.till(FRIDAY + 2 * MINUTE)
    assert (await desk.of("a")).status is OrderStatus.CANCELLED
    assert await desk.position() == 0


async def test_an_account_that_allows_it_sells_short_within_its_equity() -> None:
    desk = await open_desk(spec=SHORTING, cash="10000")
    with pytest.raises(Rejected):
        await desk.send("big", SELL, "101")
    await desk.send("a", SELL, "60")
    assert await desk.position() == -60
    with pytest.raises(Rejected) as refusal:
        await desk.send("b", SELL, "41")
    assert refusal.value.code == "insufficient_cash"
    await desk.send("c", SELL, "39")
    await desk.send("cover", BUY, "99", reduce_only=True)
    assert await desk.position() == 0


async def test_a_buy_back_is_always_paid_and_a_flip_is_not() -> None:
    desk = await open_desk(spec=SHORTING, cash="1000", AAPL="-20")
    await desk.send("cover", BUY, "15")
    assert await desk.position() == -5
    assert await desk.cash() < 0
    with pytest.raises(Rejected):
        await desk.send("flip", BUY, "30")


async def test_a_flip_at_a_gap_buys_back_and_opens_what_cash_pays() -> None:
    desk = await open_desk(EVENING, spec=SHORTING, cash="3000", AAPL="-5")
    await desk.send("flip", BUY, "20")
    desk.market.add(bar("AAPL", MONDAY_OPEN, "200"))
    await desk.till(MONDAY_OPEN + MINUTE)
    assert (await desk.of("flip")).status is OrderStatus.CANCELLED
    assert await desk.position() == 10
    assert await desk.cash() == 0


async def test_replace_is_checked_like_an_arrival() -> None:
    desk = await open_desk(cash="1000", AAPL="10")
    await desk.send("b", BUY, "5", LIMIT, limit="90")
    for quantity, price, code in (
        ("12", "90", "insufficient_cash"),
        ("0", "90", "bad_quantity"),
        ("1.5", "90", "bad_quantity"),
        ("5", "0", "bad_price"),
    ):
        with pytest.raises(Rejected) as refusal:
            await desk.broker.replace(desk.order("b", BUY, quantity, LIMIT, limit=price))
        assert refusal.value.code == code
    assert (await desk.broker.replace(desk.order("b", BUY, "11", LIMIT, limit="90"))).quantity == 11, "its own cash counts as free"
    await desk.send("s", SELL, "10", STOP, stop="95", reduce_only=True)
    assert (await desk.broker.replace(desk.order("s", SELL, "99", STOP, stop="96"))).quantity == 10
    report = await desk.broker.replace(desk.order("b", BUY, "9", LIMIT, limit="100.01"))
    assert report.status is OrderStatus.FILLED, "a price that meets the market trades at once"


async def test_replacing_a_trail_keeps_what_it_has_seen() -> None:
    desk = await open_desk(AAPL="10")
    await desk.send("t", SELL, "10", OrderType.TRAILING, trail="5")
    desk.market.add(bar("AAPL", FRIDAY, "100", "120", "100", "120"))
    await desk.till(FRIDAY + MINUTE)
    report = await desk.broker.replace(desk.order("t", SELL, "10", OrderType.TRAILING, trail_percent="0.1"))
    assert report.stop == 108


async def test_costs_never_make_a_price_vanish() -> None:
    desk = await open_desk(EVENING, model=FillModel(half_spread=Decimal("0.9")), AAPL="10")
    await desk.send("s", SELL, "10")
    desk.market.add(bar("AAPL", MONDAY_OPEN, "0.01", "0.02", "0.01", "0.01"))
    await desk.till(MONDAY_OPEN + MINUTE)
    assert await desk.price("s") == Decimal("0.01")


def test_the_defaults_are_a_free_share_broker_and_a_coin_exchange() -> None:
    assert FillModel().commission == Commission()
    assert FLAT.participation == Decimal("0.10")
