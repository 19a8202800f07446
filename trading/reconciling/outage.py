"""Outages: a dead line to the broker is told once, remembered across restarts, and its end is told after the books were compared."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from domain.events import BrokerDown, BrokerUp
from domain.ports import Clock
from storage import states
from trading.book import Book
from trading.bus import Bus
from trading.line import Line

log = logging.getLogger(__name__)

WHO = "line"
PART = "line"


@dataclass(frozen=True, slots=True)
class Outage:
    """An outage that was told; `since` is None when all is well."""

    since: datetime | None = None
    reason: str = ""


class Outages:
    """Follows one line. Every `BrokerUp` ends one `BrokerDown`, restarts in between included; both are written with what is remembered."""

    def __init__(self, line: Line, book: Book, bus: Bus, clock: Clock) -> None:
        self._line = line
        self._book = book
        self._bus = bus
        self._clock = clock
        self._told = Outage()

    @property
    def since(self) -> datetime | None:
        """When the broker stopped answering, from the moment it was told until its end was; None when it answers."""
        return self._told.since

    @property
    def reason(self) -> str:
        """What was last heard of the outage."""
        silence = self._line.silence
        return silence.reason if silence else self._told.reason

    @property
    def ending(self) -> bool:
        """True when the broker answers again and that is not told yet."""
        return self.since is not None and self._line.silence is None

    def load(self, told: Outage | None) -> None:
        """Begin with what an earlier process told: its outage goes on until the broker answers, which it may have done already."""
        if told is None or told.since is None:
            return
        self._told = told
        if not self._line.heard:
            self._line.lost(told.since, told.reason)

    async def begin(self) -> bool:
        """Tell an outage that has begun; False when there is none, or it was told."""
        silence = self._line.silence
        if silence is None or self.since is not None or not self._line.is_dead():
            return False
        log.error("the broker has not answered since %s: %s", silence.since, silence.reason)
        told, at, account = Outage(silence.since, silence.reason), self._clock.now(), self._book.spec.name
        async with self._bus.unit(who=WHO) as unit:
            await states.put(unit.tx, account, PART, told)
            unit.emit(BrokerDown(at, account, silence.since, silence.reason, len(self._book.holdings.positions)))
            unit.then(lambda: self._keep(told))
        return True

    async def end(self) -> None:
        """Tell that the broker answers again; whoever calls this has compared the books."""
        since, account = self.since, self._book.spec.name
        if since is None:
            return
        async with self._bus.unit(who=WHO) as unit:
            await states.put(unit.tx, account, PART, Outage())
            unit.emit(BrokerUp(self._clock.now(), account, since))
            unit.then(lambda: self._keep(Outage()))

    def _keep(self, told: Outage) -> None:
        self._told = told
