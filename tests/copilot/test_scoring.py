"""Scoring: known answers to the cent, two books replayed side by side, nothing from the future, once for each horizon."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.odds import brier, reliability, updated, wilson
from copilot.outcome import due_at
from copilot.scoring import Scoring
from domain.advice import HORIZONS, Adoption, Advice, AdvisedLeg
from domain.clock import ManualClock
from domain.market import Bar, Timeframe
from domain.money import cents
from market import calendar
from market.hub import Hub
from storage import recommendations
from storage.snapshot import open_memory
from storage.store import Store
from tests.fakes.market import FakeMarket, bar, utc
from trading.commission import Commission
from trading.jobs import Turn

D = Decimal
NOON = utc("2025-10-08 16:00")  # a Wednesday, 12:00 in New York
FEES = Commission(equity=D("0.001"))


def day(symbol: str, on: str, *prices: str) -> Bar:
    """A session's bar from `open high low close`, or one price for all."""
    session = calendar.require(date.fromisoformat(on))
    opened, high, low, close = (D(p) for p in (prices * 4 if len(prices) == 1 else prices))
    return Bar(symbol, session.open, session.close, opened, high, low, close, D(1000))


def advised(*legs: AdvisedLeg, at: datetime = NOON, id: str = "r1", rule: str = "concentration", **changes: object) -> Advice:
    made = Advice(id, "main", rule, "AAPL", "#AAPL close 50%", at, legs, (), D(10_000), D(500), D("0.5"), calibrated=False)
    return replace(made, **changes)  # type: ignore[arg-type]


def trim(**changes: object) -> AdvisedLeg:
    """Sell 10 of AAPL at 99.90, worth 1000, for a dollar."""
    return replace(AdvisedLeg("AAPL", D(-10), D(-1000), price=D("99.90"), fee=D("1.00")), **changes)  # type: ignore[arg-type]


@dataclass
class Lab:
    """A scripted market, a store with advice, and the job on a clock."""

    market: FakeMarket
    clock: ManualClock
    store: Store
    job: Scoring

    async def show(self, *shown: Advice) -> None:
        async with self.store.write() as tx:
            for one in shown:
                assert await recommendations.add(tx, one)

    async def run(self, at: datetime) -> str:
        if at > self.clock.now():
            self.clock.set(at)
        return await self.job.run(Turn("score", at, NOON))

    async def gains(self) -> dict[int, Decimal]:
        async with self.store.read() as tx:
            return {s.horizon: s.gain for s in await recommendations.scores(tx, "main")}


@pytest.fixture
async def lab() -> Lab:
    clock = ManualClock(NOON)
    market, store = FakeMarket(clock), await open_memory()
    return Lab(market, clock, store, Scoring(Hub(market, clock), store, clock, "main", FEES))


def test_a_horizon_ends_with_whole_sessions() -> None:
    assert due_at(NOON, 1) == utc("2025-10-09 20:00"), "shown inside a session: the next one is the first whole one"
    assert due_at(utc("2025-10-08 12:00"), 1) == utc("2025-10-08 20:00"), "shown before the open"
    assert due_at(utc("2025-10-08 21:00"), 1) == utc("2025-10-09 20:00"), "shown after the close"
    assert due_at(utc("2025-10-11 12:00"), 1) == utc("2025-10-13 20:00"), "shown on a Saturday"
    assert due_at(NOON, 5) == utc("2025-10-15 20:00")
    assert due_at(NOON, 20) == utc("2025-11-05 21:00"), "winter time by then"
    assert due_at(utc("2036-12-30 16:00"), 20) is None


async def test_a_trim_is_worth_what_the_price_fell_less_spread_and_fee(lab: Lab) -> None:
    await lab.show(advised(trim()))
    lab.market.add(day("AAPL", "2025-10-09", "95"), day("AAPL", "2025-10-15", "104"), size=Timeframe.DAY)
    lab.market.add(day("SPY", "2025-10-09", "510"), size=Timeframe.DAY)
    assert await lab.run(utc("2025-10-09 20:20")) == "1 scores written, 0 settled"
    assert await lab.gains() == {1: D("48.00")}, "10 * (99.90 - 95) - 1"
    async with lab.store.read() as tx:
        (score,) = await recommendations.scores(tx, "main")
    assert (score.of_value, score.of_equity, score.market) == (D("0.048"), D("0.0048"), D("0.02"))
    assert (score.due, score.at) == (utc("2025-10-09 20:00"), utc("2025-10-09 20:20"))
    assert await lab.run(utc("2025-10-15 20:20")) == "1 scores written, 1 settled"
    assert await lab.gains() == {1: D("48.00"), 5: D("-42.00")}, "10 * (99.90 - 104) - 1"


async def test_a_purchase_earns_what_it_rises(lab: Lab) -> None:
    await lab.show(advised(AdvisedLeg("SPY", D(4), D(2000), price=D("500.10"), fee=D("2.00"))))
    lab.market.add(day("SPY", "2025-10-09", "505"), size=Timeframe.DAY)
    await lab.run(utc("2025-10-09 20:20"))
    assert await lab.gains() == {1: D("17.60")}, "4 * (505 - 500.10) - 2"


async def test_a_stop_fills_at_its_level_or_at_the_gap(lab: Lab) -> None:
    touched = AdvisedLeg("AAPL", D(-10), D(-1000), stop=D(90))
    await lab.show(advised(touched), advised(replace(touched, symbol="NVDA"), id="r2"), advised(replace(touched, symbol="XOM"), id="r3"))
    lab.market.add(day("AAPL", "2025-10-09", "98", "99", "88", "85"), day("XOM", "2025-10-09", "98", "99", "91", "92"), size=Timeframe.DAY)
    lab.market.add(day("NVDA", "2025-10-09", "87", "88", "84", "86"), size=Timeframe.DAY)
    await lab.run(utc("2025-10-09 20:20"))
    async with lab.store.read() as tx:
        found = {s.advice: s.gain for s in await recommendations.scores(tx, "main")}
    assert found["r1"] == D("49.10"), "10 * (90 - 85), less a fee of 0.1% of 900"
    assert found["r2"] == D("9.13"), "10 * (87 - 86), less a fee of 0.1% of 870"
    assert found["r3"] == 0, "not reached: no difference"


async def test_what_happened_before_it_was_shown_fills_nothing(lab: Lab) -> None:
    await lab.show(advised(AdvisedLeg("AAPL", D(-10), D(-1000), stop=D(90))))
    lab.market.add(day("AAPL", "2025-10-08", "98", "99", "80", "98"), day("AAPL", "2025-10-09", "95"), size=Timeframe.DAY)
    lab.market.add(bar("AAPL", utc("2025-10-08 15:59"), "80"), bar("AAPL", utc("2025-10-08 16:00"), "95"))
    await lab.run(utc("2025-10-09 20:20"))
    assert await lab.gains() == {1: D(0)}, "the low of the day came in the minute before"
    lab.market.add(bar("AAPL", utc("2025-10-08 16:01"), "91", "91", "89", "91"))
    await lab.show(advised(AdvisedLeg("AAPL", D(-10), D(-1000), stop=D(90)), id="r2"))
    await lab.run(utc("2025-10-09 20:20"))
    async with lab.store.read() as tx:
        found = {s.advice: s.gain for s in await recommendations.scores(tx, "main")}
    assert found["r2"] == D("-50.90"), "10 * (90 - 95), less 0.90"


async def test_doing_nothing_keeps_the_stop_that_stands(lab: Lab) -> None:
    await lab.show(advised(trim(standing=D(95))))
    lab.market.add(day("AAPL", "2025-10-09", "98", "99", "90", "91"), size=Timeframe.DAY)
    await lab.run(utc("2025-10-09 20:20"))
    assert await lab.gains() == {1: D("48.95")}, "10 * (99.90 - 95) - 1, and 0.95 that the other sale would have cost"


async def test_a_short_position_is_scored_the_other_way_round(lab: Lab) -> None:
    await lab.show(advised(AdvisedLeg("AAPL", D(10), D(1000), stop=D(110))))
    lab.market.add(day("AAPL", "2025-10-09", "105", "112", "104", "115"), size=Timeframe.DAY)
    await lab.run(utc("2025-10-09 20:20"))
    assert await lab.gains() == {1: D("48.90")}, "10 * (115 - 110) - 1.10"


async def test_coins_are_scored_at_the_close_of_the_exchange(lab: Lab) -> None:
    await lab.show(advised(AdvisedLeg("BTC", D("-0.5"), D(-500), stop=D(900))))
    lab.market.add(bar("BTC", utc("2025-10-08 18:00"), "950"), bar("BTC", utc("2025-10-09 19:59"), "890", "890", "870", "880"))
    lab.market.add(bar("BTC", utc("2025-10-09 20:00"), "100"))
    await lab.run(utc("2025-10-09 20:20"))
    assert await lab.gains() == {1: D("4.55")}, "0.5 * (890 - 880) less 0.1% of 445, half a cent up"


async def test_a_horizon_waits_for_its_price_and_is_written_once(lab: Lab) -> None:
    await lab.show(advised(trim()))
    assert await lab.run(utc("2025-10-09 20:20")) == "0 scores written, 0 settled"
    lab.market.add(day("AAPL", "2025-10-08", "99"), size=Timeframe.DAY)
    assert await lab.run(utc("2025-10-09 20:25")) == "0 scores written, 0 settled", "the close of another session is not its close"
    lab.market.add(day("AAPL", "2025-10-09", "95"), size=Timeframe.DAY)
    assert await lab.run(utc("2025-10-09 20:30")) == "1 scores written, 0 settled"
    assert await lab.run(utc("2025-10-09 20:31")) == "0 scores written, 0 settled"
    assert list(await lab.gains()) == [1]
    assert await lab.run(utc("2026-12-30 21:20")) == "0 scores written, 1 settled", "too old to be asked about any more"


def prices(symbol: str, seed: int, first: Decimal, days: int) -> list[Bar]:
    """A seeded walk of sessions from the day it is shown on, with gaps and wide days."""
    bars, last, on = [], first, date(2025, 10, 8)
    for k in range(days):
        dice = [(seed * 7919 + k * 104729 + i * 1299709) % 1000 for i in range(4)]
        opened = cents(last * (1 + (D(dice[0]) - 500) / 10000))
        close = cents(opened * (1 + (D(dice[1]) - 500) / 6000))
        high, low = (cents(max(opened, close) * (1 + D(dice[2]) / 20000)), cents(min(opened, close) * (1 - D(dice[3]) / 20000)))
        session = calendar.require(on)
        bars.append(Bar(symbol, session.open, session.close, opened, high, low, close, D(1000)))
        last, on = close, calendar.following(on).day
    return bars


def two_books(leg: AdvisedLeg, bars: list[Bar], horizon: int) -> Decimal:
    """The reference: one book follows, one does nothing; both are replayed bar by bar and valued at the last close."""
    sessions = [b for b in bars if b.start > NOON][:horizon]
    held = -leg.quantity  # what is held of the part that the advice speaks of
    follow, nothing = [D(0), held], [D(0), held]
    if leg.price is not None:
        follow = [held * leg.price - leg.fee, D(0)]
    for book, level in ((follow, leg.stop), (nothing, leg.standing)):
        for one in sessions:
            if book[1] and level is not None and (one.low <= level if held > 0 else one.high >= level):
                fill = (min if held > 0 else max)(one.open, level)
                fee = (abs(held) * fill * D("0.001")).quantize(D("0.01"), rounding="ROUND_HALF_UP")
                book[:] = [held * fill - fee, D(0)]
    last = sessions[-1].close
    return cents(follow[0] + follow[1] * last - nothing[0] - nothing[1] * last)


@given(
    seed=st.integers(0, 10_000),
    quantity=st.sampled_from([D(-7), D(-10), D(3), D(10)]),
    now=st.booleans(),
    stop=st.integers(2, 12),
    standing=st.none() | st.integers(2, 12),
)
async def test_every_score_is_the_difference_of_two_books(seed: int, quantity: Decimal, now: bool, stop: int, standing: int | None) -> None:
    side = 1 if quantity < 0 else -1
    leg = AdvisedLeg("AAPL", quantity, quantity * 100, standing=None if standing is None else D(100) - side * standing)
    leg = replace(leg, price=D(100) - side * D("0.05"), fee=D("0.70")) if now else replace(leg, stop=D(100) - side * stop)
    bars = prices("AAPL", seed, D(100), 24)
    clock = ManualClock(NOON)
    market, store = FakeMarket(clock), await open_memory()
    market.add(*bars, size=Timeframe.DAY)
    job = Scoring(Hub(market, clock), store, clock, "main", FEES)
    async with store.write() as tx:
        await recommendations.add(tx, advised(leg))
    clock.set(utc("2025-11-06 12:00"))
    await job.score()
    async with store.read() as tx:
        found = {s.horizon: s.gain for s in await recommendations.scores(tx, "main")}
    assert found == {h: two_books(leg, bars, h) for h in HORIZONS}


async def test_no_later_bar_changes_a_score() -> None:
    """The same scores come out on the day, months later with everything that came after, and with all of that taken away."""
    leg, bars = AdvisedLeg("AAPL", D(-10), D(-1000), stop=D(97), standing=D(90)), prices("AAPL", 11, D(100), 60)
    due = [at for h in HORIZONS if (at := due_at(NOON, h)) is not None]
    outcomes = []
    for until in ("day by day", "long after", "cut off"):
        clock = ManualClock(NOON)
        market, store = FakeMarket(clock), await open_memory()
        market.add(*(b for b in bars if until != "cut off" or b.end <= due[-1]), size=Timeframe.DAY)
        job = Scoring(Hub(market, clock), store, clock, "main", FEES)
        async with store.write() as tx:
            await recommendations.add(tx, advised(leg))
        for at in due if until == "day by day" else [datetime(2025, 11, 28, tzinfo=UTC)]:
            clock.set(at + timedelta(minutes=20))
            await job.score()
        async with store.read() as tx:
            outcomes.append({s.horizon: (s.gain, s.of_value, s.due) for s in await recommendations.scores(tx, "main")})
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert len(outcomes[0]) == 3


async def test_what_nobody_followed_is_ignored_once_its_window_has_passed(lab: Lab) -> None:
    await lab.show(advised(trim()))
    assert await lab.run(utc("2025-10-15 19:59")) == "0 scores written, 0 settled"
    assert await lab.run(utc("2025-10-15 20:20")) == "0 scores written, 1 settled"
    async with lab.store.read() as tx:
        found = await recommendations.get(tx, "main", "r1")
    assert found is not None
    assert (found.adoption, found.settled) == (Adoption.IGNORED, utc("2025-10-15 20:00"))


def test_intervals_and_calibration_have_known_answers() -> None:
    assert wilson(8, 14) == (D("0.3259"), D("0.7862")), "0.571 of 14"
    assert wilson(0, 10) == (D(0), D("0.2775"))
    assert wilson(0, 0) == (D(0), D(1))
    assert brier([]) is None
    assert brier([(D("0.5"), True), (D("0.5"), False)]) == D("0.25")
    assert brier([(D("0.9"), True), (D("0.2"), False)]) == D("0.025")
    (low, high) = reliability([(D("0.45"), True), (D("0.48"), False), (D(1), True)])
    assert (low.low, low.high, low.count, low.said, low.came) == (D("0.4"), D("0.5"), 2, D("0.465"), D("0.5"))
    assert (high.count, high.came) == (1, D(1))
    assert updated(D("0.5"), 0, 0) == D("0.5")
    assert updated(D("0.5"), 14, 20) == D("0.6")
