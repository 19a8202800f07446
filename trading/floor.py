"""The floor: one account's trading core, put together and kept going."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from domain.errors import BrokerError
from domain.events import DemoMoved, Event, JobFailed
from domain.orders import ExitIntent, ResumeIntent
from domain.portfolio import AccountSpec
from domain.ports import Broker, Calendar, Clock, Ids, NewsSource
from market.hub import Hub
from storage.store import Store
from trading.assessment import Assessor
from trading.away import Away
from trading.backoff import PatientBroker
from trading.book import Book
from trading.bus import Alerts, Bus, Listener, no_alerts
from trading.commission import Commission
from trading.differences import Difference, compare
from trading.execution import Execution
from trading.exits import Exits, Holding
from trading.firing import Firing
from trading.guarding import Guard
from trading.guardlimits import Guarded, GuardLimits
from trading.guards import Guards, open_guards
from trading.jobs import Jobs
from trading.killswitch import KillSwitch
from trading.line import Line
from trading.marks import Reading
from trading.monitor import Monitor
from trading.outage import Outages
from trading.protection import Protection
from trading.readiness import Readiness
from trading.rebasing import Rebasing
from trading.reconcile import Reconciler
from trading.record import Failpoint, Record, unbroken
from trading.risk.limitbook import LimitBook
from trading.risk.limits import Limits, defaults
from trading.risk.surroundings import Lookout, Losses
from trading.schedule import Schedule
from trading.standing import Resuming, Standing
from trading.stops import StopBook
from trading.tickets import IsOwner, Terms, TicketDesk, owner_in_terminal
from trading.watch import Concerns, Watch, tagged

log = logging.getLogger(__name__)

WHO = "floor"


@dataclass(slots=True)
class Floor:
    """Everything that trades for one account. `start` first; then `pulse` every second, live or simulated."""

    spec: AccountSpec
    hub: Hub
    book: Book
    broker: Broker
    bus: Bus
    desk: TicketDesk
    execution: Execution
    killswitch: KillSwitch
    guards: Guards
    store: Store
    clock: Clock
    ids: Ids
    watch: Watch
    monitor: Monitor
    limits: LimitBook
    lookout: Lookout
    reconciler: Reconciler
    outages: Outages
    schedule: Schedule
    away: Away | None
    news: NewsSource | None = None
    calendar: Calendar | None = None
    differences: tuple[Difference, ...] = ()
    _failing: set[str] = field(default_factory=set)

    async def start(self) -> None:
        """Load the book, find out what became of everything that was under way, expire open cards, and reconcile with the broker.

        Start-up after a crash is the same code. Nothing may be opened until book and broker agree.
        """
        await self.book.load()
        await self.limits.load()
        await self.guards.load()
        await self._tried("recover", self.execution.recover)
        await self.desk.expire_by_restart()
        await self._tried("reconcile", self.reconciler.start)
        await self._tried("monitor", self.monitor.load)
        if self.away is not None:
            await self._tried("away", self.away.begin)

    async def pulse(self) -> None:
        """Everything the core does in a round, one after the other. A failure of one is logged with a reference and hurts no other."""
        for job, work in self._round():
            await self._tried(job, work)

    def _round(self) -> tuple[tuple[str, Callable[[], Awaitable[object]]], ...]:
        return (
            *((("away", self.away.look),) if self.away is not None else ()),  # before anything acts on what is seen now
            ("poll", self.execution.poll),
            ("reconcile", self.reconciler.round),
            ("expire", self.desk.expire),
            ("watch", self.watch.round),
            ("monitor", self.monitor.round),
            *self.guards.rounds(),
            ("jobs", self.schedule.run_due),
            *((("heartbeat", self.away.beat),) if self.away is not None else ()),
        )

    async def compare(self) -> tuple[Difference, ...]:
        """Where book and broker differ in cash or quantities now; a broker that cannot be reached leaves what was known. It only looks."""
        try:
            state = await self.broker.state()
        except BrokerError as error:
            log.warning("the broker's books cannot be read: %s", error)
            return self.differences
        self.differences = compare(self.book.holdings, state)
        return self.differences

    async def _tried(self, job: str, work: Callable[[], Awaitable[object]]) -> None:
        """Told once when it begins to fail, and again only after it has worked in between."""
        try:
            await work()
        except Exception:
            reference = self.ids.new()
            log.exception("%s failed (%s)", job, reference)
            if job in self._failing:
                return
            self._failing.add(job)
            await self._tell(job, reference)
        else:
            self._failing.discard(job)

    async def _tell(self, job: str, reference: str) -> None:
        try:
            async with self.bus.unit(who=WHO) as unit:
                unit.emit(JobFailed(self.clock.now(), self.spec.name, job, reference))
        except Exception:
            log.exception("the failure %s could not be journalled", reference)
            self._failing.discard(job)  # so that it is told when the database works again


def guard_limits(limits: Limits) -> GuardLimits:
    """The limits that stand guard all the time, from the account's."""
    return GuardLimits(
        daily_loss=limits.daily_loss,
        drawdown=limits.drawdown,
        breaker_cooldown=timedelta(hours=float(limits.breaker_cooldown_hours)),
        orders_a_minute=limits.orders_a_minute,
        orders_a_day=limits.orders_a_day,
        notional_a_day=limits.notional_a_day,
        position=limits.weight_blocking,
        sector=limits.sector,
        gross=limits.gross,
        net=limits.net,
    )


def losses(reading: Reading | None) -> Losses | None:
    """What the breaker reads, for the checks."""
    return None if reading is None else Losses(reading.daily_loss, reading.drawdown)


def _renewing(book: Book, lookout: Lookout) -> Listener:
    async def moved(event: Event) -> None:
        if isinstance(event, DemoMoved):
            book.renew()
            lookout.renew()

    return moved


def open_floor(
    spec: AccountSpec,
    hub: Hub,
    store: Store,
    clock: Clock,
    ids: Ids,
    broker: Broker,
    *,
    news: NewsSource | None = None,
    calendar: Calendar | None = None,
    concerns: Concerns = tagged,
    alerts: Alerts = no_alerts,
    limits: Limits | None = None,
    guarded: Guarded | None = None,
    commission: Commission | None = None,
    is_owner: IsOwner = owner_in_terminal,
    failpoint: Failpoint = unbroken,
    terms: Terms | None = None,
    wall: Clock | None = None,
) -> Floor:
    """Put a floor together; nothing is read, sent or started until `start`.

    `commission` is what the card announces as fees; `limits` are the defaults, by the account's mode where there are none; `wall` is the
    machine's clock where the house runs on another one.
    """
    line = Line(broker, clock)
    bus = Bus(store, alerts)
    book = Book(spec, hub, store, clock)
    killswitch = KillSwitch(book, bus, clock)
    stops = StopBook()
    exits = Exits(hub, stops)
    limitbook = LimitBook(spec, store, bus, clock, limits or defaults(spec))
    guards = open_guards(book, hub, store, bus, clock, killswitch, guarded or (lambda: guard_limits(limitbook.current)), failpoint)
    standing = Standing({ResumeIntent: Resuming(killswitch), ExitIntent: Holding(exits, bus, clock), **guards.changes()})
    record = Record(book, hub, store, bus, standing, clock, broker.traits.name, failpoint)
    patient = PatientBroker(line, clock)
    execution = Execution(book, patient, record, guards.trading, standing, clock, failpoint)
    execution.protect = Protection(book, store, bus, record, execution.changes, broker.traits, clock).keep
    lookout = Lookout(book, hub, store, news=news, calendar=calendar, measure=lambda: losses(guards.breaker.reading))
    readiness = Readiness()
    assessor = Assessor(book, hub, limitbook, commission or Commission(), lookout, guards.trading, readiness, broker.traits)
    desk = TicketDesk(book, store, bus, assessor, execution, clock, ids, guards, is_owner=is_owner, failpoint=failpoint, terms=terms)
    outages = Outages(line, book, bus, clock)
    rebasing = Rebasing(book, hub, store, bus, clock, execution, desk)
    reconciler = Reconciler(book, hub, store, bus, clock, line, outages, execution, record, readiness, rebasing)
    firing = Firing(book, hub, store, bus, desk, patient, exits, commission or Commission(), clock)
    guard = Guard(book, hub, store, bus, desk, exits, firing, clock)
    monitor = Monitor(book, hub, store, bus, exits, stops, firing, guard, clock)
    bus.subscribe(_renewing(book, lookout))
    watch = Watch(book, hub, store, bus, clock, news, calendar, concerns)
    return Floor(
        spec=spec,
        hub=hub,
        book=book,
        broker=line,
        bus=bus,
        desk=desk,
        execution=execution,
        killswitch=killswitch,
        store=store,
        clock=clock,
        ids=ids,
        reconciler=reconciler,
        outages=outages,
        watch=watch,
        monitor=monitor,
        guards=guards,
        limits=limitbook,
        lookout=lookout,
        news=news,
        calendar=calendar,
        away=Away(book, hub, store, bus, clock, wall=wall),
        schedule=Schedule(Jobs({}), store, bus, clock, ids, spec.name),  # the root knows what the jobs do
    )
