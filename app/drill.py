"""Rehearsals: a copy of the reader's book in memory, a market and a clock of its own, and the real trading core upon them."""

from __future__ import annotations

import importlib
from dataclasses import replace
from datetime import timedelta, tzinfo
from functools import partial

from bot.courier import Courier
from commands import alerts
from copilot.concerns import concerns
from domain.chat import Reply
from domain.clock import ManualClock
from domain.errors import NoPrice
from domain.ids import SequentialIds
from domain.portfolio import AccountSpec
from domain.ports import Broker, Clock
from market.hub import Hub
from storage.snapshot import copy_store
from storage.store import Store
from trading.drill import LEAD_IN, CutLine, Drill, DrillKind, DrillMarket, DrillReport, blow_at, rehearse
from trading.floor import Floor, open_floor

LEFT_BEHIND = frozenset({"journal", "journal_head", "inbox", "outbox", "usage", "leases"})
"""Tables a rehearsal does without: it writes its own journal and outbox, which are thrown away with it."""


class Rehearsals:
    """Plays drills on copies of one floor's book; the floor itself is only read."""

    def __init__(self, live: Floor, zone: tzinfo) -> None:
        self._live = live
        self._zone = zone

    async def run(self, drill: Drill) -> DrillReport:
        """One rehearsal from the book as it stands now. Raises NoPrice for a book without prices."""
        portfolio = await self._live.book.snapshot(fresh=True)
        if not portfolio.spec.priced or not portfolio.complete:
            raise NoPrice("A drill needs a price for every position.", example="/positions")
        blow = blow_at(portfolio)
        clock = ManualClock(blow - LEAD_IN)
        market = DrillMarket(self._live.hub.source, portfolio.quotes, clock, drill, blow)
        finer = {s: i.lot for s, i in self._live.hub.instruments().items()}
        hub = Hub(market, clock, finer)
        spec = replace(self._live.spec, broker="paper")
        store = await copy_store(self._live.store, without=LEFT_BEHIND)
        try:
            broker = await _venue(spec, hub, store, clock, self._live, drill)
            told = partial(alerts.pushed, zone=self._zone)
            floor = open_floor(spec, hub, store, clock, SequentialIds("d"), broker, concerns=concerns(hub), alerts=told)
            courier = Courier(store, clock, spec.name, _nowhere, zone=self._zone)
            return await rehearse(floor, clock, drill, blow, courier.run_once)
        finally:
            await store.close()


async def _nowhere(reply: Reply, *, silent: bool) -> None:
    """The phone of a rehearsal: it takes everything and shows nothing."""


async def _venue(spec: AccountSpec, hub: Hub, store: Store, clock: Clock, live: Floor, drill: Drill) -> Broker:
    """The paper venue on the copy; a book that trades elsewhere is opened there as it is held."""
    venue = importlib.import_module("trading.brokers.paper").build(spec, hub, store, clock)
    if live.spec.broker != "paper":
        await venue.seed(live.book.holdings.cash, {p.symbol: p.quantity for p in live.book.holdings.positions})
        for order in live.book.orders:
            await venue.submit(order)
    made: Broker = venue
    if drill.kind is DrillKind.BROKER_DOWN:
        begins = clock.now() + LEAD_IN
        made = CutLine(venue, clock, begins, begins + (drill.lasts or timedelta(0)))
    return made
