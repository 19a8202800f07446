"""A split's price may come before its ledger entry: what the core holds does not fire on it; a crash of that size fires all the same."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from domain.events import ExitTriggered, QuoteDoubted
from domain.exits import ExitKind, ExitRule, ExitStatus
from domain.market import Freshness, Quote
from domain.orders import ExitIntent
from storage import exits
from tests.fakes.market import utc
from tests.trading.reconciling.elsewhere import found, shelve
from tests.trading.stage import ACCOUNT, START, Stage, stage
from trading.exits.judge import SPLIT_WAIT, Doubt, Judge

D = Decimal


async def held(level: str, *, symbol: str = "AAPL", trail: str | None = None) -> Stage:
    """A stage with one exit that the core holds, and books that were compared."""
    world = await stage()
    kind = ExitKind.STOP if trail is None else ExitKind.TRAILING
    rule = ExitRule(
        "x1", ACCOUNT, symbol, kind, "", START, START + timedelta(days=90), long=True, level=D(level), trail=D(trail) if trail else None
    )
    await world.do(ExitIntent(rule, "an exit"))
    await world.pass_time(301, step=60)
    return world


def stands(world: Stage, price: str, symbol: str = "AAPL") -> None:
    world.market.quote(symbol, str(D(price) - D("0.01")), str(D(price) + D("0.01")), price)


async def stored(world: Stage) -> ExitRule:
    async with world.store.read() as tx:
        rule = await exits.get(tx, "x1")
    assert rule is not None
    return rule


@pytest.mark.parametrize(
    ("price", "quantity", "level", "trail"),
    [("9.10", "200", "8.75", ""), ("121.40", "15", "116.67", ""), ("91.20", "20", "87.50", "4.00")],
)
async def test_a_split_whose_price_comes_first_fires_nothing_and_levels_are_rebased(
    price: str, quantity: str, level: str, trail: str
) -> None:
    world = await held("175", trail="8" if trail else None)
    await shelve(world, AAPL=quantity)  # 20:1, 3:2, 2:1: the broker knows, the ledger does not yet
    stands(world, price)
    await world.pass_time(20, step=1)
    assert world.heard(ExitTriggered) == []
    assert [(f.what, f.about) for f in found(world)] == [("split", "AAPL")]
    assert world.floor.book.holdings.quantity("AAPL") == D(quantity)
    rule = await stored(world)
    assert (rule.status, rule.level, rule.trail) == (ExitStatus.ACTIVE, D(level), D(trail) if trail else None)
    await world.pass_time(600, step=10)
    assert world.heard(ExitTriggered) == []
    stands(world, str(rule.level - D("0.05")) if rule.level else "")
    await world.pass_time(2, step=1)
    assert len(world.heard(ExitTriggered)) == 1, "and it protects as before"


async def test_a_split_is_followed_before_pushed_quotes_are_compared_with_its_prices() -> None:
    world = await held("175")
    await shelve(world, AAPL="200")
    stands(world, "9.10")
    await world.floor.monitor.take([Quote("AAPL", D("9.09"), D("9.11"), D("9.10"), world.clock.now(), "pushed", Freshness.LIVE)])
    world.clock.set(world.clock.now() + timedelta(seconds=1))
    await world.floor.reconciler.round()
    for _ in range(5):
        world.clock.set(world.clock.now() + timedelta(seconds=1))
        await world.floor.monitor.take([Quote("AAPL", D("9.09"), D("9.11"), D("9.10"), world.clock.now(), "pushed", Freshness.LIVE)])
    assert world.heard(ExitTriggered) == []
    assert (await stored(world)).level == D("8.75")


async def test_a_real_crash_by_half_fires_as_soon_as_the_books_agree() -> None:
    world = await held("175")
    stands(world, "91")
    await world.pass_time(1)
    assert world.heard(ExitTriggered) == []
    assert [d.reason for d in world.heard(QuoteDoubted)] == [Doubt.SPLIT.value]  # type: ignore[attr-defined]
    await world.pass_time(3, step=1)
    (fired,) = world.heard(ExitTriggered)
    assert fired.price == D(91)  # type: ignore[attr-defined]
    assert world.floor.book.holdings.quantity("AAPL") == 0


async def test_and_within_the_bound_where_the_books_cannot_be_compared() -> None:
    world = await held("175")

    async def never() -> None:
        """Reconciliation stands still."""

    world.floor.reconciler.round = never  # type: ignore[method-assign]
    stands(world, "91")
    await world.pass_time(SPLIT_WAIT.total_seconds() - 2, step=2)
    assert world.heard(ExitTriggered) == []
    await world.pass_time(6, step=2)
    assert len(world.heard(ExitTriggered)) == 1


async def test_a_coin_is_never_split() -> None:
    world = await held("65000", symbol="BTC")
    stands(world, "35000", "BTC")
    await world.pass_time(1)
    await world.pass_time(1)
    assert len(world.heard(ExitTriggered)) == 1
    assert [d.reason for d in world.heard(QuoteDoubted)] == [Doubt.JUMP.value]  # type: ignore[attr-defined]


class TestJudge:
    NOW = utc("2025-10-10 14:30")

    def said(self, judge: Judge, last: str, second: int, *, agreed: int | None = None) -> Doubt | None:
        at = self.NOW + timedelta(seconds=second)
        quote = Quote("A", D(last) - D("0.01"), D(last) + D("0.01"), D(last), at, "t", Freshness.LIVE)
        since = None if agreed is None else self.NOW + timedelta(seconds=agreed)
        return judge.judge(quote, at, trading=True, splits=True, agreed=since).doubt

    def test_an_agreement_from_before_says_nothing_and_one_since_lets_it_through(self) -> None:
        judge = Judge()
        assert self.said(judge, "100", 0, agreed=0) is None
        assert [self.said(judge, "50", n, agreed=1) for n in (1, 2, 3)] == [Doubt.SPLIT] * 3
        assert self.said(judge, "50.1", 4, agreed=4) is None
        assert self.said(judge, "50.2", 5, agreed=4) is None

    def test_a_price_that_comes_back_was_no_split_and_the_next_one_waits_anew(self) -> None:
        judge = Judge()
        assert self.said(judge, "100", 0) is None
        assert self.said(judge, "50", 1) is Doubt.SPLIT
        assert self.said(judge, "100", 2) is None
        assert self.said(judge, "50", 70, agreed=3) is Doubt.SPLIT, "the wait begins with it"

    def test_a_weekend_wide_enough_to_hold_a_split_does_not_let_it_through(self) -> None:
        judge = Judge()
        assert self.said(judge, "100", 0) is None
        assert self.said(judge, "66.7", 3 * 86_400) is Doubt.SPLIT
