"""The stop book against a naive reference that looks at every exit at every tick: the same fires from both entrances, and never looser."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading.exits.stops import SLACK, StopBook

TICK, STEP = 0.01, 0.02
SYMBOLS = ("A", "B", "C")
TICKS = int(os.environ.get("STOP_TICKS", "60000"))


@dataclass
class One:
    """An exit as the reference keeps it: everything in prices times sign."""

    id: str
    symbol: str
    sign: int
    kind: str
    level: float | None = None
    distance: float | None = None
    fraction: float = 0.0
    mark: float | None = None
    arm: float | None = None
    gone: bool = False

    def stands(self) -> float | None:
        if self.kind != "trail":
            return self.level
        if self.mark is None:
            return None
        raw = self.mark - self.distance if self.distance is not None else self.mark * (1 - self.sign * self.fraction)
        return math.floor(raw / TICK + 0.5) * TICK


class Reference:
    """Looks at all of them, one after the other."""

    def __init__(self) -> None:
        self.all: list[One] = []

    def tick(self, symbol: str, price: float) -> set[str]:
        fired: set[str] = set()
        slack = TICK * SLACK
        for one in self.all:
            if one.gone or one.symbol != symbol:
                continue
            x, level = one.sign * price, one.stands()
            reached = level is not None and (level - slack <= x if one.kind == "target" else level + slack >= x)
            if reached:
                one.gone = True
                fired.add(one.id)
            elif one.kind == "trail" and one.mark is None:
                one.mark = x if one.arm is not None and one.arm - slack <= x else None
            elif one.kind == "trail" and one.mark is not None and one.mark + STEP - slack <= x:
                one.mark = x
        return fired


PRICES = st.integers(9500, 10500).map(lambda n: n / 100)
EXITS = st.lists(
    st.tuples(
        st.sampled_from(SYMBOLS),
        st.booleans(),
        st.sampled_from(["stop", "target", "distance", "fraction", "armed", "armed fraction"]),
        st.integers(1, 400),
    ),
    max_size=40,
)
WALKS = st.lists(st.tuples(st.sampled_from(SYMBOLS), st.integers(-30, 30)), max_size=200)


def build(exits: list[tuple[str, bool, str, int]]) -> tuple[StopBook, Reference]:
    book, reference = StopBook(), Reference()
    for symbol in SYMBOLS:
        book.index(symbol, tick=TICK, step=STEP)
    for number, (symbol, long, kind, cents) in enumerate(exits):
        put(book, reference, f"e{number}", symbol, kind, cents, long=long)
    return book, reference


def put(book: StopBook, reference: Reference, id: str, symbol: str, kind: str, cents: int, *, long: bool) -> None:
    sign = 1 if long else -1
    one = One(id, symbol, sign, "trail")
    match kind:
        case "stop" | "target":
            away = -cents / 100 if (kind == "stop") == long else cents / 100
            price = round(100 + away, 2)
            (book.stop if kind == "stop" else book.target)(id, symbol, price, long=long)
            one.kind, one.level = kind, sign * price
        case "distance" | "armed":
            one.distance = cents / 100
            if kind == "armed":
                price = round(100 + sign * 0.5, 2)
                book.trail(id, symbol, long=long, distance=one.distance, arm=price)
                one.arm = sign * price
            else:
                book.trail(id, symbol, long=long, distance=one.distance, mark=100.0)
                one.mark = sign * 100.0
        case _:
            one.fraction = cents / 10_000
            if kind == "fraction":
                book.trail(id, symbol, long=long, fraction=one.fraction, mark=100.0)
                one.mark = sign * 100.0
            else:
                price = round(100 + sign * 0.5, 2)
                book.trail(id, symbol, long=long, fraction=one.fraction, arm=price)
                one.arm = sign * price
    reference.all.append(one)


def walked(steps: list[tuple[str, int]]) -> list[tuple[str, float]]:
    at = dict.fromkeys(SYMBOLS, 10_000)
    ticks = []
    for symbol, step in steps:
        at[symbol] = max(at[symbol] + step, 1)
        ticks.append((symbol, at[symbol] / 100))
    return ticks


@settings(max_examples=300, deadline=None)
@given(EXITS, WALKS, st.integers(1, 64))
def test_both_entrances_and_the_reference_fire_the_same(exits, steps, size):
    one, reference = build(exits)
    many, _ = build(exits)
    ticks = walked(steps)
    levels: dict[str, float] = {}
    fired, expected = [], []
    for symbol, price in ticks:
        fired.append({h.id for h in one.tick(symbol, price)})
        expected.append(reference.tick(symbol, price))
        for move in one.moves():
            sign = next(o.sign for o in reference.all if o.id == move.id)
            assert move.was is None or (move.level - move.was) * sign > 0, "never looser"
            assert move.id not in levels or move.was == levels[move.id]
            levels[move.id] = move.level
    assert fired == expected
    symbols = np.array([many.index(s) for s, _ in ticks], dtype=np.intp)
    prices = np.array([p for _, p in ticks], dtype=np.float64)
    hits = [h for start in range(0, len(ticks), size) for h in many.batch(symbols[start : start + size], prices[start : start + size])]
    assert {h.id for h in hits} == set().union(*expected)
    assert len(hits) == len({h.id for h in hits})
    for live in reference.all:
        stands = live.stands()
        if not live.gone and live.kind == "trail" and stands is not None and live.id in levels:
            assert levels[live.id] == pytest.approx(live.sign * stands)
    assert len(one) == len(many) == sum(not o.gone for o in reference.all)


def test_random_walks_of_many_ticks_fire_as_the_reference():
    dice = np.random.default_rng(5)
    kinds = ["stop", "distance", "fraction", "armed", "target"]
    exits = [(SYMBOLS[n % 3], bool(dice.integers(2)), kinds[n % 5], int(dice.integers(50, 900))) for n in range(60)]
    book, reference = build(exits)
    names = dice.integers(0, 3, TICKS)
    walk = walked([(SYMBOLS[n], int(s)) for n, s in zip(names, dice.integers(-2, 3, TICKS), strict=True)])
    symbols = np.array([book.index(s) for s, _ in walk], dtype=np.intp)
    hits = book.batch(symbols, np.array([p for _, p in walk]))
    expected = set().union(*(reference.tick(s, p) for s, p in walk))
    assert {h.id for h in hits} == expected
    assert expected, "something fired"


def test_a_symbol_nobody_watches_and_prices_that_are_none_change_nothing():
    book = StopBook()
    assert book.tick("A", 1.0) == []
    assert book.batch(np.array([], dtype=np.intp), np.array([])) == []
    book.index("A", tick=TICK)
    book.stop("s", "A", 90.0)
    book.trail("t", "A", distance=1.0, mark=100.0)
    for price in (0.0, -1.0, math.nan, math.inf):
        assert book.tick("A", price) == []
        assert book.batch(np.array([0], dtype=np.intp), np.array([price])) == []
    assert book.moves() == []
    with pytest.raises(ValueError, match="not a level"):
        book.stop("x", "A", 0.0)


def test_what_is_dropped_or_replaced_is_watched_no_more():
    book = StopBook()
    book.stop("s", "A", 90.0)
    book.stop("s", "A", 80.0)
    assert book.tick("A", 85.0) == []
    assert "s" in book
    book.drop("s")
    book.drop("s")
    assert "s" not in book
    assert book.tick("A", 1.0) == []
    assert len(book) == 0


def test_a_restored_trailing_stop_stands_where_it_stood():
    book = StopBook()
    book.index("A", tick=TICK, step=STEP)
    book.trail("f", "A", fraction=0.02, level=98.0)
    book.trail("d", "A", distance=2.0, level=98.0)
    assert book.tick("A", 100.01) == []
    assert book.moves() == [], "a step has to be gone first"
    assert book.tick("A", 101.0) == []
    assert {(m.id, m.was, round(m.level, 2)) for m in book.moves()} == {("f", 98.0, 98.98), ("d", 98.0, 99.0)}
    assert [(h.id, round(h.level, 2)) for h in book.tick("A", 98.99)] == [("d", 99.0)]


def test_reached_says_which_level_a_price_would_meet_and_changes_nothing():
    book = StopBook()
    book.stop("s", "A", 90.0)
    book.target("t", "A", 110.0)
    book.target("short", "A", 80.0, long=False)
    assert book.reached("A", 100.0) is None
    assert book.reached("B", 100.0) is None
    assert book.reached("A", 89.0) == 90.0
    assert book.reached("A", 120.0) == 110.0
    book.drop("s")
    assert book.reached("A", 79.0) == 80.0
    assert len(book) == 2
