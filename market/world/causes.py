"""What makes prices move for a reason: earnings, releases, company and sector stories, each with its size, drawn before any price is.

Tests may look at causes; the product only ever sees the headlines and the prices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from market import calendar
from market.world import draws, releases, reports
from market.world.listing import coins, companies
from market.world.model import MARKET, STORIED, load, own_stream
from market.world.quarters import Quarter, midnight, quarter

# how much of a move has happened so many minutes after it began
RAMP = (0.0, 0.4, 0.62, 0.75, 0.83, 0.88, 0.92, 0.95, 0.97, 0.985, 1.0)
_BEFORE, _AFTER = time(7), time(16, 5)


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason. `size` is in daily sigmas of the stream it moves, `minute` the minute of the session it begins in (None: at its open).

    `symbols` are those it is about (a company) or moves noticeably (a factor); `at` is the publication, `effective` when prices begin to
    move, on the trading day `day`.
    """

    id: str
    kind: str  # report, release, story or sector
    stream: str
    symbols: tuple[str, ...]
    at: datetime
    effective: datetime
    day: date
    minute: int | None
    size: float
    about: str = ""  # which release


class Causes:
    """Every cause of a world, by stream and quarter; the same seed always has the same ones."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.of: Callable[[str, int], tuple[Cause, ...]] = lru_cache(maxsize=4096)(self._of)

    def streams(self) -> tuple[str, ...]:
        """The streams that have causes."""
        return (MARKET, *STORIED, *(own_stream(s) for s in companies()), *(own_stream(s) for s in coins()))

    def impulses(self, stream: str, n: int) -> tuple[dict[date, float], dict[date, tuple[tuple[int, float], ...]]]:
        """The sizes of a quarter's causes by day: gaps at the open, and (minute, size) within the session, in order."""
        gaps: dict[date, float] = {}
        jumps: dict[date, tuple[tuple[int, float], ...]] = {}
        for cause in self.of(stream, n):
            if cause.minute is None:
                gaps[cause.day] = gaps.get(cause.day, 0.0) + cause.size
            else:
                jumps[cause.day] = tuple(sorted((*jumps.get(cause.day, ()), (cause.minute, cause.size))))
        return gaps, jumps

    def _of(self, stream: str, n: int) -> tuple[Cause, ...]:
        block = quarter(n)
        if stream == MARKET:
            return tuple(self._release(block, row) for row in releases.scheduled(self.seed, n))
        if stream in STORIED:
            return self._stories(block, stream, load().movers(stream), "sector")
        symbol = stream.removeprefix("own:")
        if symbol in coins():
            return self._stories(block, stream, (symbol,), "story")
        company = companies().get(symbol)
        if company is None:
            return ()
        report = self._report(block, symbol)
        return (*report, *self._stories(block, stream, company.symbols, "story", tuple(c.day for c in report)))

    def _release(self, block: Quarter, row: releases.Release) -> Cause:
        session = calendar.require(row.day)
        minute = int((row.at - session.open).total_seconds() // 60) if row.at >= session.open else None
        effective = session.open if minute is None else row.at
        name = draws.name(f"{self.seed}/release/{row.id}")
        return Cause(name, "release", MARKET, load().movers(MARKET), row.at, effective, row.day, minute, row.move, row.id)

    def _report(self, block: Quarter, symbol: str) -> tuple[Cause, ...]:
        company, row = companies()[symbol], reports.report(self.seed, symbol, block.number)
        day = row.day if row.session == "before" else calendar.following(row.day).day
        session = calendar.require(day)
        name = draws.name(f"{self.seed}/report/{symbol}/{block.label()}")
        size = row.surprise * load().symbols[symbol].report_scale
        return (Cause(name, "report", own_stream(symbol), company.symbols, row.at, session.open, day, None, size),)

    def _stories(self, block: Quarter, stream: str, symbols: Sequence[str], kind: str, taken: Sequence[date] = ()) -> tuple[Cause, ...]:
        u = iter(draws.uniforms(f"{self.seed}/stories/{stream}/{block.label()}", 40))
        daily = load().streams[stream].daily
        # the first and last session stay free, so that whatever happens outside a session acts within its quarter
        free = [d for d in (block.days if daily else block.sessions)[1:-1] if d not in taken]
        found = []
        count = 2 + (next(u) < 0.5 if kind == "story" else 0)
        for i in range(count):
            day = free.pop(int(next(u) * len(free)))
            size = _size(kind, next(u)) * (1 if next(u) < 0.5 else -1)
            at, effective, minute = _moment(day, daily, next(u), next(u))
            name = draws.name(f"{self.seed}/{kind}/{stream}/{block.label()}/{i}")
            found.append(Cause(name, kind, stream, tuple(symbols), at, effective, day, minute, size))
        return tuple(sorted(found, key=lambda c: c.at))


def _size(kind: str, u: float) -> float:
    if kind == "story":
        return 1.2 + min(0.8 * releases.exponential(u), 3.5)
    return 1.2 + min(0.6 * releases.exponential(u), 2.5)


def _moment(day: date, daily: bool, how: float, when: float) -> tuple[datetime, datetime, int | None]:
    """Publication, first effect, and the minute of the session (None: at the open): three in five within the session, else outside it."""
    if daily:
        minute = 30 + int(when * 1380)
        at = midnight(day) + timedelta(minutes=minute)
        return at, at, minute
    session = calendar.require(day)
    if how < 1 - 0.4:
        minute = 5 + int(when * (session.minutes - 30))
        at = session.open + timedelta(minutes=minute)
        return at, at, minute
    if how < 0.85:
        morning = datetime.combine(day, _BEFORE, calendar.NEW_YORK) + timedelta(minutes=int(when * 145))
        return morning.astimezone(session.open.tzinfo), session.open, None
    eve = calendar.previous(day)
    return eve.close + timedelta(minutes=5 + int(when * 200)), session.open, None
