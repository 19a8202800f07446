"""The notes of the day: of what is held, true to the cent, and silent when there is nothing to say."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from domain.errors import SourceFailed
from domain.events import MarketNoted
from domain.market import EarningsDate, EconomicEvent, Timeframe
from domain.orders import OrderIntent
from market import calendar
from storage import journal
from tests.fakes.market import bar, utc
from tests.trading.stage import ACCOUNT, START, Stage, bought, deposit, stage, stop
from trading.briefing import Briefing
from trading.equity_marks import EquityMarks, newest
from trading.jobs import Turn

D = Decimal
SHARES = (deposit("100000"), bought("AAPL", "10", "170"), bought("NVDA", "20", "100"))


class Diary:
    """A calendar of what a test writes into it."""

    def __init__(self) -> None:
        self.reports: list[EarningsDate] = []
        self.releases: list[EconomicEvent] = []
        self.failing = False

    async def earnings(self, start: datetime, end: datetime) -> list[EarningsDate]:
        if self.failing:
            raise SourceFailed("no calendar")
        return [e for e in self.reports if start <= e.at < end]

    async def economic(self, start: datetime, end: datetime) -> list[EconomicEvent]:
        if self.failing:
            raise SourceFailed("no calendar")
        return [e for e in self.releases if start <= e.at < end]


def turn(job: str, due: str, since: datetime = START) -> Turn:
    return Turn(job, utc(due), since)


async def day(*entries: object, stops: tuple[OrderIntent, ...] = ()) -> tuple[Stage, Diary, Briefing]:
    """Friday 10 October, 10:30 in New York; the closes of Thursday are AAPL 180 and NVDA 121."""
    world = await stage(*(entries or SHARES))  # type: ignore[arg-type]
    thursday = calendar.require(utc("2025-10-09").date())
    for symbol, close in (("AAPL", "180"), ("NVDA", "121")):
        world.market.add(bar(symbol, thursday.close - timedelta(minutes=1), close))
    for one in stops:
        ticket = await world.propose(one)
        await world.confirm(ticket)
        await world.floor.pulse()
    diary = Diary()
    return world, diary, Briefing(world.floor.book, world.store, world.floor.bus, world.clock, diary)


def told(world: Stage) -> list[tuple[str, tuple[str, ...]]]:
    return [(e.part, e.lines) for e in world.events if isinstance(e, MarketNoted)]


async def test_before_the_open(monkeypatch: pytest.MonkeyPatch) -> None:
    world, diary, briefing = await day(stops=(stop("NVDA", "20", "117.5"),))
    world.clock.set(utc("2025-10-13 12:30"))
    monkeypatch.setattr(world.hub, "previous_closes", lambda _: _closes({"AAPL": D(180), "NVDA": D(121)}))
    diary.releases = [
        EconomicEvent("c1", utc("2025-10-13 12:45"), "CPI", 3),
        EconomicEvent("c2", utc("2025-10-13 14:00"), "a survey", 1),
        EconomicEvent("c3", utc("2025-10-14 12:30"), "PPI", 3),
    ]
    diary.reports = [
        EarningsDate("AAPL", utc("2025-10-13 20:30"), "after"),
        EarningsDate("XOM", utc("2025-10-13 20:30"), "after"),
        EarningsDate("NVDA", utc("2025-10-13 13:00"), "before"),
    ]
    await briefing.ahead(turn("pre-market", "2025-10-13 12:30"))
    ((part, lines),) = told(world)
    assert part == "pre-market"
    assert lines == (
        "The market opens at 09:30 EDT and closes at 16:00 EDT; this touches you.",
        "Today: CPI at 08:45 EDT; AAPL reports after the close; NVDA reports before the open.",
        "Moved since the last close: AAPL +1.11%.",
        "Stops near: NVDA 2.08% from $117.50.",
    )


async def _closes(closes: dict[str, Decimal]) -> dict[str, Decimal]:
    return closes


async def test_a_quiet_morning_a_half_day_and_a_calendar_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    world, diary, briefing = await day()
    monkeypatch.setattr(world.hub, "previous_closes", lambda _: _closes({"AAPL": D(182), "NVDA": D(120)}))
    world.clock.set(utc("2025-11-28 13:30"))
    await briefing.ahead(turn("pre-market", "2025-11-28 13:30"))
    assert told(world)[0][1] == (
        "The market opens at 09:30 EST and closes early, at 13:00 EST; "
        "nothing is scheduled for what you hold, and nothing moved much overnight.",
    )
    diary.failing = True
    await briefing.ahead(turn("pre-market", "2025-11-28 13:30"))
    assert told(world)[1][1][1] == "The calendar does not answer: what is scheduled today is not known."
    silent = Briefing(world.floor.book, world.store, world.floor.bus, world.clock, None)
    await silent.ahead(turn("pre-market", "2025-11-28 13:30"))
    assert len(told(world)[2][1]) == 1


async def test_nothing_held_is_nothing_said() -> None:
    world, _, briefing = await day(deposit("1000"))
    assert await briefing.ahead(turn("pre-market", "2025-10-10 12:30")) == "nothing is held"
    assert await briefing.closed(turn("close", "2025-10-10 20:05")) == "nothing is held, nothing was traded"
    assert told(world) == []


async def test_after_the_open_only_gaps_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    world, _, briefing = await day()
    assert await briefing.opened(turn("open", "2025-10-10 13:35")) == "no position moved 2% at the open"
    monkeypatch.setattr(world.hub, "previous_closes", lambda _: _closes({"AAPL": D(200), "NVDA": D(120)}))
    await briefing.opened(turn("open", "2025-10-10 13:35"))
    assert told(world) == [
        ("open", ("The market is open; you stand at −$180.00 against the close.", "Moved since the last close: AAPL −9.00%."))
    ]


async def test_after_the_close(monkeypatch: pytest.MonkeyPatch) -> None:
    world, _, briefing = await day()
    monkeypatch.setattr(world.hub, "previous_closes", lambda _: _closes({"AAPL": D(180), "NVDA": D(121)}))
    await briefing.closed(turn("close", "2025-10-10 20:05"))
    portfolio = await world.floor.book.snapshot()
    assert portfolio.day_total == 0
    ((_, lines),) = told(world)
    assert lines[0] == f"The session has closed: today $0.00 (0.00%), at ${portfolio.equity:,.2f}."
    assert lines[1] == "Made by AAPL +$20.00, NVDA −$20.00."


async def test_the_way_over_a_week_and_what_has_no_price() -> None:
    world, _, briefing = await day()
    marks = EquityMarks(world.floor.book, world.store, world.floor.bus)
    world.clock.set(utc("2025-10-17 21:00"))
    for session in calendar.sessions(utc("2025-10-01").date(), utc("2025-10-17").date()):
        for symbol in ("AAPL", "NVDA"):
            world.market.add(bar(symbol, session.close - timedelta(days=1), "100", size=Timeframe.DAY), size=Timeframe.DAY)
    assert await marks.mark(turn("end-of-day", "2025-10-16 20:15")) == "5 closes marked"
    assert await marks.mark(turn("end-of-day", "2025-10-16 20:15")) == "0 closes marked", "again marks nothing twice"
    async with world.store.read() as tx:
        found = await newest(tx, ACCOUNT, 9)
        assert await journal.verify(tx) is None
    assert [m.day.isoformat() for m in found] == ["2025-10-16", "2025-10-15", "2025-10-14", "2025-10-13", "2025-10-10"]
    await briefing.closed(turn("close", "2025-10-17 20:05"))
    world.market.quote("NVDA", "99.99", "100.01", "100")
    world.hub.clear()
    await briefing.closed(turn("close", "2025-10-17 20:05"))
    first, second = (lines for _, lines in told(world))
    assert all(m.complete for m in found)
    assert first[-1].startswith("Since the close of Fri 10 Oct your equity went from $")
    assert first[0] == "The session has closed: today +$1,220.00 (+1.23%), at $100,520.00."
    assert "money paid in or out included" in first[-1]
    assert second[1] == "Made by AAPL +$820.00, NVDA $0.00."
