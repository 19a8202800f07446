"""Which quotes may fire a stop: live ones that can be, and none that stands alone against its market."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from domain.market import Freshness, Quote
from tests.fakes.market import utc
from trading.exits.judge import Doubt, Judge, gap

NOW = utc("2025-10-10 14:30")
BAD_TICKS = int(os.environ.get("BAD_TICKS", "400"))  # the full figure is 1000000
D = Decimal


def quote(last: str, bid: str | None = None, ask: str | None = None, *, at: int = 0, freshness: Freshness = Freshness.LIVE) -> Quote:
    price = D(last)
    return Quote(
        "A", D(bid) if bid else price - D("0.01"), D(ask) if ask else price + D("0.01"), price, NOW + timedelta(seconds=at), "t", freshness
    )


def judged(judge: Judge, found: Quote, *, trading: bool = True, late: int = 0):
    return judge.judge(found, found.at + timedelta(seconds=late), trading=trading)


def test_a_live_quote_is_believed_with_its_trade():
    assert judged(Judge(), quote("100")).prices == (D(100),)


@pytest.mark.parametrize(
    ("found", "doubt"),
    [
        (quote("90", "101", "100"), Doubt.CROSSED),
        (quote("0"), Doubt.EMPTY),
        (quote("90", "-1", "1"), Doubt.EMPTY),
        (quote("-5", "100", "100.1"), Doubt.EMPTY),
        (quote("NaN", "100", "100.1"), Doubt.EMPTY),
        (quote("90", freshness=Freshness.STALE), Doubt.STALE),
        (quote("90", freshness=Freshness.DELAYED), Doubt.STALE),
        (quote("90", freshness=Freshness.CLOSED), Doubt.HALTED),
    ],
)
def test_what_cannot_be_a_price_of_now_fires_nothing(found, doubt):
    result = judged(Judge(), found)
    assert result.prices == ()
    assert result.doubt is doubt


def test_fifteen_seconds_are_old_and_a_closed_market_has_no_price():
    judge = Judge()
    assert judged(judge, quote("100"), late=15).prices
    assert judged(judge, quote("100"), late=16).doubt is Doubt.STALE
    assert judged(judge, quote("100"), trading=False).doubt is Doubt.CLOSED
    bars = replace(quote("100"), pace=600)
    assert judged(judge, bars, late=615).prices, "where quotes are the ends of bars"
    assert judged(judge, bars, late=616).doubt is Doubt.STALE


def test_a_lone_print_is_not_used_and_bid_and_ask_stand_for_it():
    judge = Judge()
    judged(judge, quote("100"))
    for second in range(1, 5):
        result = judged(judge, quote("90", "99.99", "100.01", at=second))
        assert result.prices == (D("99.99"),)
        assert (result.doubt, result.said) == (Doubt.PRINT, D(90))


def test_bid_and_ask_both_beyond_the_last_trade_count_too():
    assert judged(Judge(), quote("100", "99.80", "99.85")).prices == (D(100), D("99.85"))
    assert judged(Judge(), quote("100", "100.15", "100.20")).prices == (D(100), D("100.15"))


def test_a_gap_of_the_whole_market_is_believed_at_once_and_what_looks_like_a_split_at_the_second_quote():
    judge = Judge()
    judged(judge, quote("100"))
    assert judged(judge, quote("92", at=1)).prices == (D(92),)
    assert judged(judge, quote("46", at=2)).doubt is Doubt.JUMP
    assert judged(judge, quote("46", at=2)).doubt is Doubt.JUMP, "the same quote again is no second one"
    assert judged(judge, quote("45.5", at=3)).prices == (D("45.5"),)


def test_a_doubted_jump_that_is_gone_in_the_next_quote_is_forgotten():
    judge = Judge()
    judged(judge, quote("100"))
    for second in range(1, 40, 2):
        assert judged(judge, quote("50", at=second)).doubt is Doubt.JUMP
        assert judged(judge, quote("100", at=second + 1)).prices


def test_sides_alone_need_a_third_quote():
    judge = Judge()
    judged(judge, quote("100"))
    results = [judged(judge, quote("100", "80", "90", at=second)) for second in (1, 2, 3)]
    assert [r.doubt for r in results] == [Doubt.JUMP, Doubt.JUMP, Doubt.PRINT]
    assert results[2].prices == (D(90),)


def test_the_band_widens_with_time_and_volatility_and_a_split_starts_anew():
    judge = Judge(volatility={"A": 0.05})
    judged(judge, quote("100"))
    assert judged(judge, quote("74", at=7200)).prices == (D(74),), "two hours of a wild share"
    judge.forget("A")
    assert judged(judge, quote("10", at=7201)).prices == (D(10),)


def test_the_gap_is_how_far_beyond_and_never_negative():
    assert gap(D(98), D(95), falling=True) == 3
    assert gap(D(98), D(99), falling=True) == 0
    assert gap(D(110), D(112), falling=False) == 2


def bad(kind: int, good: Quote) -> Quote:
    """One of the ways a feed goes wrong."""
    low, high = good.last * D("0.8"), good.last * D("1.2")
    return (
        replace(good, last=low),
        replace(good, last=high),
        replace(good, bid=good.ask + 1, last=low),
        replace(good, last=D(0)),
        replace(good, bid=-good.bid, ask=-good.ask, last=-good.last),
        replace(good, bid=low, last=low, at=good.at - timedelta(seconds=60)),
        replace(good, bid=low, ask=low, last=low, freshness=Freshness.STALE),
        replace(good, bid=D("0.01")),
        replace(good, ask=good.ask * 100),
    )[kind]


def test_bad_ticks_at_one_percent_fire_nothing_and_no_true_trigger_is_missed():
    """The market walks; every bad tick stands beside a good one. A stop 60 ticks away fires exactly where the true price reaches it."""
    dice = np.random.default_rng(11)
    judge, price, level, anchor = Judge(), 10_000, 9_940, 10_000
    false, missed, true, number = 0, 0, 0, 0
    for at in range(BAD_TICKS * 100):
        price += int(dice.integers(-3, 4))
        good = Quote("A", D(price - 1) / 100, D(price + 1) / 100, D(price) / 100, NOW + timedelta(seconds=at), "t")
        wrong = dice.random() < 0.01
        number += wrong
        result = judge.judge(bad(int(dice.integers(9)), good) if wrong else good, good.at, trading=True)
        fires = any(p * 100 <= level for p in result.prices)
        if fires and price - 1 > level:
            false += 1
        if price <= level and not wrong:
            true += 1
            missed += not fires
        if price <= level or abs(price - anchor) > 100:  # a new stop below a new price
            anchor = price
            level = price - 60
    assert number > BAD_TICKS * 0.8
    assert true > 5
    assert (false, missed) == (0, 0)
