"""The limit watch: how near an account is to its limits, told once when it comes near and once when it crosses, and again only later.

A limit is near from four fifths of it on. What was told is armed again when the value has fallen back a twentieth of the limit below where
it was told, and it is kept, so that neither a value that trembles nor a restart repeats it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from domain.errors import SourceFailed
from domain.events import LimitNeared
from domain.portfolio import Portfolio
from domain.ports import Clock
from storage import states
from storage.store import Store
from trading.book import Book
from trading.bus import Bus
from trading.guards.breaker import DAILY_LOSS, DRAWDOWN, Breaker
from trading.guards.losses import doubt
from trading.risk import exposure
from trading.risk.checks import gross, net, sector, size
from trading.risk.limits import InForce, Limits

log = logging.getLogger(__name__)

WHO = "limits"
PART = "limits_told"
EVERY = timedelta(minutes=1)
NEAR = Decimal("0.80")
BACK = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class Told:
    """A limit that was told: its code, what it is about, and whether it was crossed or only near."""

    code: str
    about: str
    crossed: bool


@dataclass(frozen=True, slots=True)
class AllTold:
    """Everything that was told and is not armed again yet."""

    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """How far a limit is used, fractions: `value` against `limit`; `code` is that of the check that refuses what goes beyond."""

    code: str
    about: str
    value: Decimal
    limit: Decimal


class LimitWatch:
    """One account's watch. `load` first; `round` looks once a minute."""

    def __init__(self, book: Book, store: Store, bus: Bus, clock: Clock, limits: InForce, breaker: Breaker) -> None:
        self._book = book
        self._store = store
        self._bus = bus
        self._clock = clock
        self._limits = limits
        self._breaker = breaker
        self._told: frozenset[Told] = frozenset()
        self._looked: datetime | None = None

    async def load(self) -> None:
        """Take up what was told already."""
        async with self._store.read() as tx:
            kept = await states.get(tx, self._book.spec.name, PART, AllTold)
        self._told = frozenset(kept.told) if kept else frozenset()

    async def round(self) -> None:
        """Look at every limit and tell what came near or was crossed since; what a doubtful snapshot says is not told."""
        now = self._clock.now()
        if not self._book.spec.priced or (self._looked is not None and now - self._looked < EVERY):
            return
        self._looked = now
        try:
            portfolio = await self._book.snapshot()
        except SourceFailed as failure:
            log.warning("the limits cannot be watched: %s", failure)
            return
        standing = exposure.standing(portfolio)
        if standing is not None and not doubt(portfolio):
            await self._compare(now, tuple(self._levels(portfolio, standing)))

    def _levels(self, portfolio: Portfolio, now: exposure.Exposure) -> Iterable[Level]:
        """Every limit with how far it is used, from one snapshot and the breaker's last reading."""
        limits = self._limits()
        yield from (Level(size.CODE, p.symbol, abs(portfolio.weight(p.symbol)), limits.weight_blocking) for p in portfolio.positions)
        yield from (Level(sector.CODE, name, weight, limits.sector) for name, weight in now.sectors.items())
        yield Level(gross.CODE, "the account", now.gross, limits.gross)
        yield Level(net.CODE, "the account", abs(now.net), limits.net)
        yield from self._losses(limits)

    def _losses(self, limits: Limits) -> Iterable[Level]:
        reading = self._breaker.reading
        if reading is None:
            return
        if reading.daily_loss is not None:
            yield Level(DAILY_LOSS, "today", reading.daily_loss, limits.daily_loss)
        yield Level(DRAWDOWN, "the account", reading.drawdown, limits.drawdown)

    async def _compare(self, now: datetime, levels: tuple[Level, ...]) -> None:
        fresh: list[LimitNeared] = []
        told: set[Told] = set()
        account = self._book.spec.name
        for level in levels:
            near, crossed = Told(level.code, level.about, crossed=False), Told(level.code, level.about, crossed=True)
            is_near, is_crossed = self._holds(near, level, NEAR), self._holds(crossed, level, Decimal(1))
            told |= {mark for mark, holds in ((near, is_near), (crossed, is_crossed)) if holds}
            news = crossed if is_crossed and crossed not in self._told else near if is_near and near not in self._told else None
            if news is not None:
                fresh.append(LimitNeared(now, account, level.code, level.about, level.value, level.limit, news.crossed))
        if told == self._told:
            return
        kept = AllTold(tuple(sorted(told, key=lambda t: (t.code, t.about, t.crossed))))
        async with self._bus.unit(who=WHO) as unit:
            await states.put(unit.tx, account, PART, kept)
            for event in fresh:
                unit.emit(event)

            def follow() -> None:
                self._told = frozenset(told)

            unit.then(follow)

    def _holds(self, mark: Told, level: Level, share: Decimal) -> bool:
        """True from a share of the limit on; once told, until it has fallen back by the margin."""
        if level.limit <= 0:
            return False
        used = level.value / level.limit
        return used >= (share - BACK if mark in self._told else share)
