"""The limit watch: each crossing is told once, trembling is not a crossing, and a restart repeats nothing."""

from __future__ import annotations

from decimal import Decimal

from domain.events import FRACTION, LimitNeared
from domain.market import Freshness
from tests.trading.guards.stage import btc, limit, measured
from tests.trading.stage import Stage, bought, deposit, stage
from trading.risk import engine

D = Decimal


def told(world: Stage, *codes: str) -> list[tuple[str, str, bool]]:
    found = [e for e in world.events if isinstance(e, LimitNeared) and (not codes or e.code in codes)]
    return [(e.code, e.about, e.crossed) for e in found]


async def see(world: Stage, price: str, *, freshness: Freshness = Freshness.LIVE) -> None:
    """Let BTC stand there for a minute."""
    btc(world, price, freshness=freshness)
    await world.pass_time(61)


async def test_near_then_crossed_each_once() -> None:
    world = await measured()
    limit(world, weight_blocking=D("0.40"), sector=D(1))
    await world.pass_time(61)
    assert told(world) == [("position_size", "BTC", False)], "33% of 40%"
    await see(world, "80000")
    await see(world, "80000")
    assert len(told(world)) == 1, "36%"
    await see(world, "100000")
    await see(world, "100000")
    assert told(world) == [("position_size", "BTC", False), ("position_size", "BTC", True)], "41%"


async def test_one_jump_over_both_is_told_as_crossed_alone() -> None:
    world = await measured()
    limit(world, weight_blocking=D("0.50"), sector=D(1))
    await see(world, "200000")
    assert told(world, "position_size") == [("position_size", "BTC", True)]


async def test_trembling_around_a_limit_is_told_once_and_falling_back_arms_it_again() -> None:
    world = await measured()
    limit(world, weight_blocking=D("0.40"), sector=D(1))
    for price in ("98000", "93000", "98000", "93000", "98000"):  # 40.9% and 39.7%
        await see(world, price)
    assert told(world, "position_size") == [("position_size", "BTC", True)]
    await see(world, "60000")  # 29.8%: under four fifths less the margin
    await see(world, "98000")
    assert told(world, "position_size") == [("position_size", "BTC", True), ("position_size", "BTC", True)]


async def test_a_restart_repeats_nothing() -> None:
    world = await measured()
    limit(world, weight_blocking=D("0.40"), sector=D(1))
    await see(world, "100000")
    before = told(world)
    await world.restart()
    limit(world, weight_blocking=D("0.40"), sector=D(1))
    await see(world, "100000")
    assert told(world) == before


async def test_sector_gross_net_and_losses_are_watched() -> None:
    world = await measured()
    limit(world, weight_blocking=D(9), sector=D("0.34"), gross=D("0.40"), net=D("0.38"), daily_loss=D("0.06"))
    await see(world, "59000")
    assert set(told(world)) == {
        ("sector_exposure", "Crypto", False),
        ("gross_exposure", "the account", False),
        ("net_exposure", "the account", False),
        ("daily_loss", "today", False),
    }
    (loss,) = [e for e in world.events if isinstance(e, LimitNeared) and e.code == "daily_loss"]
    assert round(loss.value, 4) == D("0.0521")
    assert loss.limit == D("0.06")


async def test_its_codes_are_those_of_the_checks_and_a_broad_fund_is_no_sector() -> None:
    world = await measured(deposit("100000"), bought("SPY", "80", "500"), bought("BTC", "0.5", "60000"))
    limit(world, weight_blocking=D("0.1"), sector=D("0.1"), gross=D("0.1"), net=D("0.1"), daily_loss=D("0.01"), drawdown=D("0.01"))
    await see(world, "59000")
    found = [e for e in world.events if isinstance(e, LimitNeared)]
    assert {e.code for e in found} == {"position_size", "sector_exposure", "gross_exposure", "net_exposure", "daily_loss", "drawdown"}
    assert {e.code for e in found} <= set(engine.registered())
    assert {e.unit for e in found} == {FRACTION}
    assert [e.about for e in found if e.code == "sector_exposure"] == ["Crypto"]


async def test_it_looks_once_a_minute() -> None:
    world = await measured()
    limit(world, weight_blocking=D("0.40"), sector=D(1))
    await world.pass_time(1)
    before = told(world)
    btc(world, "100000")
    await world.pass_time(50, step=5)
    assert told(world) == before
    await world.pass_time(10)
    assert len(told(world)) == len(before) + 1


async def test_a_doubtful_snapshot_says_nothing_nor_does_a_source_that_fails() -> None:
    world = await measured()
    limit(world, weight_blocking=D("0.40"), sector=D(1), daily_loss=D(9), drawdown=D(9))
    await see(world, "1000000", freshness=Freshness.STALE)
    world.market.failing = True
    await world.pass_time(61)
    assert told(world) == []


async def test_a_limit_of_nothing_and_an_account_without_prices_are_not_watched() -> None:
    world = await measured()
    limit(world, weight_blocking=D(0), sector=D(0), gross=D(0), net=D(0), daily_loss=D(9), drawdown=D(9))
    await see(world, "100000")
    assert told(world) == []
    unpriced = await stage()
    unpriced.floor.book.spec = type(unpriced.spec)(unpriced.spec.name, unpriced.spec.mode, priced=False)
    await unpriced.floor.guards.limitwatch.round()
    assert told(unpriced) == []
