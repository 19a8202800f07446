"""Which market a run sees and on which clock: the demo world, a file of bars, or none for a book without prices."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.settings import Settings
from domain.clock import ManualClock, SystemClock, WorldClock
from domain.errors import BadArgument, SetupError
from domain.instruments import Instrument
from domain.ports import Calendar, Clock, MarketData, NewsSource
from market import calendar
from market.world.listing import instruments as universe
from storage.world import WorldState

YEARS = range(2001, 2036)  # what the session table covers, less a year of history to look back on and one to look ahead to
OPENING = timedelta(hours=1)  # the demo begins at 10:30 New York, an hour after the open


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asked for. `still` stops the clock: `ask` answers about one instant."""

    account: str | None = None
    now: datetime | None = None
    replay: Path | None = None
    at: datetime | None = None
    speed: float = 1.0
    zone: str = "America/New_York"
    book: Path | None = None
    simulated: bool = False
    still: bool = False

    @property
    def throwaway(self) -> bool:
        """True when nothing of this run is kept."""
        return self.still or self.simulated or self.now is not None or self.replay is not None or self.book is not None

    def check(self) -> None:
        """Refuse options that contradict each other; raises BadArgument with a correct line."""
        if self.replay is not None and self.at is None:
            raise BadArgument(
                "--replay needs --at: the instant at which it begins.", example="--replay bars.csv --at 2025-10-10T14:00-04:00"
            )
        if self.replay is None and self.at is not None:
            raise BadArgument("--at goes with --replay; the demo's instant is --now.", example="--now 2025-10-10T14:00-04:00")
        if self.replay is not None and (self.now is not None or self.simulated):
            raise BadArgument("--replay brings its own time and prices: leave --now and --simulated out.")
        if self.replay is not None and self.account is not None:
            raise BadArgument("--replay trades a throw-away book: leave --account out, or give --book FILE.")
        if self.book is not None and self.account is not None:
            raise BadArgument("--book is a book of its own: leave --account out.")
        for option, at in (("--now", self.now), ("--at", self.at)):
            if at is not None and at.year not in YEARS:
                said = f"{option} {at.date().isoformat()} lies outside the exchange calendar here, {YEARS[0]} to {YEARS[-1]}."
                raise BadArgument(said, example=f"{option} 2025-10-10T14:00-04:00")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise BadArgument(f"{self.zone} is not a time zone.", example="--zone Europe/Berlin") from error


@dataclass(frozen=True, slots=True)
class World:
    """A market and its clock. `next_open` says that a market order fills at the next bar's open; `movable` is the demo's generator."""

    source: MarketData
    news: NewsSource
    calendar: Calendar
    clock: Clock
    next_open: bool = False
    movable: Any = None


def demo_instant(wall: datetime, stored: WorldState | None) -> datetime:
    """10:30 New York of the latest completed session, or the instant last stored where that is later: the demo never goes back.

    A machine whose clock cannot be right resumes where it was; on a first start SetupError says what to type.
    """
    if wall.year not in YEARS:
        if stored is not None:
            return stored.instant
        said = f"This machine's clock says {wall.date().isoformat()}; the exchange calendar here covers {YEARS[0]} to {YEARS[-1]}."
        raise SetupError(f"{said} Set the clock, or name an instant.", example="foliopilot chat --now 2025-03-05T10:30-05:00")
    start = calendar.latest_completed(wall).open + OPENING
    return max(start, stored.instant) if stored is not None else start


def demo(settings: Settings, at: datetime, state: WorldState | None, *, still: bool) -> World:
    """The generated market at an instant, with the shocks stored so far."""
    clock: Clock = ManualClock(at) if still else WorldClock(at)
    seed = state.seed if state is not None else settings.seed
    source, news = _generated(clock, seed, state.shocks if state is not None else ())
    return World(source, news, news, clock, movable=source)


def replay(wanted: Wanted, *, still: bool) -> World:
    """A file of bars as the market, from `--at` on; news and calendar have nothing to say about it."""
    at = cast(datetime, wanted.at)
    clock: Clock = ManualClock(at) if still else WorldClock(at, speed=wanted.speed)
    module = importlib.import_module("market.sources.replay")
    silent = importlib.import_module("market.news.silent").Silent()
    source = cast(MarketData, module.build(wanted.replay, clock, zone=ZoneInfo(wanted.zone), known=universe()))
    return World(source, silent, silent, clock, next_open=True)


def unpriced(symbols: frozenset[str], settings: Settings, wanted: Wanted) -> World:
    """A reader's own book: no prices unless simulated ones were asked for; on the machine's clock, or from `--now` on."""
    system = SystemClock()
    clock: Clock = system
    if wanted.still:
        clock = ManualClock(wanted.now or system.now())
    elif wanted.now is not None:
        clock = WorldClock(wanted.now)
    silent = importlib.import_module("market.news.silent").Silent()
    if wanted.simulated:
        source, news = _generated(clock, settings.seed, ())
        return World(source, news, news, clock)
    known: Mapping[str, Instrument] = universe()
    nothing = importlib.import_module("market.sources.unpriced")
    return World(nothing.Unpriced(known, symbols), silent, silent, clock)


def _generated(clock: Clock, seed: int, shocks: tuple[Any, ...]) -> tuple[Any, Any]:
    source = importlib.import_module("market.sources.embedded").build(clock, seed=seed, shocks=shocks)
    news = importlib.import_module("market.news.embedded").build(source)
    return source, news
