"""Headlines, reports and releases, and the moves they come with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from statistics import fmean, pstdev

import numpy as np
import pytest

from domain.clock import ManualClock
from domain.market import NewsItem, Timeframe
from market import calendar
from market.news.embedded import EmbeddedNews, build
from market.sources.embedded import Embedded
from market.world import phrases
from market.world.causes import Cause
from market.world.listing import companies
from market.world.world import World

WORLD = World()
START, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)


@cache
def year() -> tuple[tuple[Cause, ...], tuple[NewsItem, ...]]:
    return tuple(WORLD.causes(START, END)), tuple(WORLD.news(START, END))


def news_at(now: datetime) -> EmbeddedNews:
    return build(Embedded(ManualClock(now)))


def price(symbol: str, at: datetime) -> float:
    quote = WORLD.quote(symbol, at)
    assert quote is not None
    return float(quote.last)


def test_every_cause_has_its_headline_and_most_headlines_cause_nothing() -> None:
    causes, items = year()
    ids = [item.id for item in items]
    assert len(set(ids)) == len(ids)
    assert {cause.id for cause in causes} <= set(ids)
    told = {item.id: item for item in items}
    assert all(told[cause.id].at == cause.at for cause in causes)
    assert 2.5 <= (len(items) - len(causes)) / len(causes) <= 3.5
    assert all(item.simulated and item.source == "simulated" for item in items)


def test_two_years_have_what_two_years_have() -> None:
    kinds = {kind: [c for c in year()[0] if c.kind == kind] for kind in ("report", "release", "story", "sector")}
    assert 36 * 8 <= len(kinds["report"]) <= 37 * 8
    names = [c.about.partition("-")[0] for c in kinds["release"]]
    assert {name: names.count(name) for name in set(names)} == {"cpi": 24, "jobs": 24, "gdp": 8, "fomc": 16}
    assert 700 < len(kinds["story"]) < 900
    assert len(kinds["sector"]) == 13 * 2 * 8


def test_tags_are_given_to_half_of_the_company_items_only() -> None:
    names = {company.name: company.symbols for company in companies().values()}
    about = [(item, name) for item in year()[1] for name in names if f"{name} " in f"{item.headline} "]
    tagged = [item for item, name in about if item.symbols]
    assert 0.4 < len(tagged) / len(about) < 0.6
    assert all(item.symbols in ((), names[name]) for item, name in about)
    kind = {cause.id: cause.kind for cause in year()[0]}
    assert not any(item.symbols for item in year()[1] if kind.get(item.id) in ("release", "sector"))


def test_stories_within_the_session_move_their_company_in_the_minutes_after() -> None:
    moved, expected = [], []
    for cause in year()[0]:
        if cause.kind == "story" and cause.minute is not None and cause.symbols[0] in companies() and cause.at.month in (2, 8, 11):
            symbol = cause.symbols[0]
            moved.append(np.log(price(symbol, cause.at + timedelta(minutes=11)) / price(symbol, cause.at)))
            expected.append(WORLD.expected_move(cause, symbol))
    assert len(moved) > 60
    assert np.corrcoef(moved, expected)[0, 1] > 0.85
    assert 0.8 < np.polyfit(expected, moved, 1)[0] < 1.2


def test_reports_gap_the_open() -> None:
    moved, expected = [], []
    for cause in year()[0]:
        if cause.kind == "report":
            symbol = cause.symbols[0]
            moved.append(np.log(price(symbol, cause.effective) / price(symbol, cause.effective - timedelta(minutes=1))))
            expected.append(WORLD.expected_move(cause, symbol))
            assert WORLD.quote(symbol, cause.at) == WORLD.quote(symbol, cause.at + timedelta(minutes=5))
    assert np.corrcoef(moved, expected)[0, 1] > 0.9
    assert 0.8 < np.polyfit(expected, moved, 1)[0] < 1.2


@pytest.mark.parametrize("kind", ["fomc", "cpi"])
def test_releases_move_the_market(kind: str) -> None:
    causes = [c for c in WORLD.causes(START - timedelta(days=2000), END) if c.about.startswith(kind)]
    before, after = timedelta(minutes=1) if kind == "cpi" else timedelta(0), timedelta(minutes=0 if kind == "cpi" else 12)
    moved = [np.log(price("SPY", c.effective + after) / price("SPY", c.effective - before)) for c in causes]
    expected = [WORLD.expected_move(c, "SPY") for c in causes]
    assert np.corrcoef(moved, expected)[0, 1] > 0.75
    assert calendar.NEW_YORK.utcoffset(causes[0].at.replace(tzinfo=None)) is not None
    assert {c.at.astimezone(calendar.NEW_YORK).strftime("%H:%M") for c in causes} == {"14:00" if kind == "fomc" else "08:30"}


def test_sector_stories_move_those_it_names_more_than_others() -> None:
    found: dict[bool, list[float]] = {True: [], False: []}
    for cause in year()[0]:
        if cause.kind == "sector" and cause.stream == "semis" and cause.minute is not None:
            for symbol in ("MU", "SMH", "XOM", "COST"):
                move = np.log(price(symbol, cause.at + timedelta(minutes=11)) / price(symbol, cause.at))
                found[symbol in ("MU", "SMH")].append(move * np.sign(cause.size) / np.std([0.01, -0.01]))
    assert fmean(found[True]) > 0.2
    assert abs(fmean(found[False])) < 0.15


def test_idle_headlines_move_nothing() -> None:
    causes, items = year()
    known, moves = {cause.id for cause in causes}, []
    plain = {pair[0].format(name="Apple") for pair in phrases.PLAIN}
    for item in items:
        session = calendar.session_at(item.at)
        if item.id not in known and item.headline in plain and session and item.at + timedelta(minutes=11) < session.close:
            moves.append(np.log(price("AAPL", item.at + timedelta(minutes=11)) / price("AAPL", item.at)))
    assert len(moves) > 15
    assert pstdev(moves) < 0.006


async def test_nothing_from_after_now_but_what_is_scheduled() -> None:
    now = datetime(2026, 11, 12, 13, 29, tzinfo=UTC)  # a minute before consumer prices
    source = news_at(now)
    assert all(item.at <= now for item in await source.news(now - timedelta(days=2), now + timedelta(days=2)))
    (before,) = await source.economic(now, now + timedelta(hours=1))
    (after,) = await news_at(now + timedelta(minutes=1)).economic(now, now + timedelta(hours=1))
    assert (before.actual, after.actual is not None, before.name) == (None, True, after.name)
    assert before.expected
    assert before.simulated
    assert "Consumer prices" in (await news_at(now + timedelta(minutes=1)).news(now, now + timedelta(days=1)))[-1].headline
    reports = await source.earnings(now, now + timedelta(days=30))
    assert "NVDA" in {r.symbol for r in reports}
    assert all(r.simulated and r.session in ("before", "after") and calendar.is_session(r.at.date()) for r in reports)


async def test_intervals_are_half_open_and_add_up() -> None:
    source = news_at(END)
    days = [START + timedelta(days=i) for i in range(0, 40, 5)]
    parts = [item for a, b in pairwise(days) for item in await source.news(a, b)]
    assert parts == list(await source.news(days[0], days[-1]))
    assert not await source.news(parts[3].at + timedelta(microseconds=1), parts[3].at)
    assert parts[3] in await source.news(parts[3].at, parts[3].at + timedelta(microseconds=1))
    assert parts[3] not in await source.news(parts[3].at - timedelta(hours=1), parts[3].at)


def test_reports_are_four_a_year_and_both_share_classes_have_theirs() -> None:
    dates = WORLD.earnings(START, START + timedelta(days=365))
    counts = {symbol: sum(d.symbol == symbol for d in dates) for symbol in ("AAPL", "GOOGL", "GOOG", "MU", "SPY", "BTC")}
    assert counts == {"AAPL": 4, "GOOGL": 4, "GOOG": 4, "MU": 4, "SPY": 0, "BTC": 0}


def test_releases_fall_on_sessions_for_decades() -> None:
    events = WORLD.economic(datetime(2000, 2, 1, tzinfo=UTC), datetime(2036, 12, 1, tzinfo=UTC), END)
    assert all(calendar.is_session(e.at.astimezone(calendar.NEW_YORK).date()) for e in events)
    assert len(events) == len({e.id for e in events})
    assert all((e.actual is None) == (e.at > END) for e in events)


async def test_the_source_never_shows_a_bar_that_ends_later() -> None:
    clock = ManualClock(datetime(2026, 11, 20, 15, 30, 30, tzinfo=UTC))
    source = Embedded(clock)
    far = clock.now() + timedelta(days=3)
    bars = await source.bars("AAPL", Timeframe.MINUTE, clock.now() - timedelta(hours=1), far)
    assert bars[-1].end == clock.now().replace(second=0)
    assert (await source.bars("AAPL", Timeframe.DAY, clock.now() - timedelta(days=5), far))[-1].end < clock.now()
    assert set(await source.quotes(["AAPL", "NOPE"])) == {"AAPL"}
    assert (source.name, source.simulated) == ("simulated", True)
    assert len(source.instruments()) == 52
