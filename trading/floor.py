"""The floor: one account's trading core, put together and kept going."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from domain.errors import BrokerError
from domain.events import DemoMoved, Event, JobFailed
from domain.orders import ExitIntent, ResumeIntent
from domain.portfolio import AccountSpec
from domain.ports import Broker, Calendar, Clock, Ids, NewsSource
from market.hub import Hub
from storage.store import Store
from trading.assessment import Assessor
from trading.authority import Authority
from trading.away import Away
from trading.backoff import PatientBroker
from trading.book import Book
from trading.bus import Alerts, Bus, Listener, no_alerts
from trading.commission import Commission
from trading.execution import Execution
from trading.exits.failed_stops import FailedStops
from trading.exits.firing import Firing
from trading.exits.held import Exits, Holding
from trading.exits.monitor import Monitor
from trading.exits.protection import Protection
from trading.exits.stops import StopBook
from trading.guards.killswitch import KillSwitch
from trading.guards.safeguards import Guards, open_guards
from trading.jobs import Jobs
from trading.line import Line
from trading.reconciling.adjusting import Adjusting
from trading.reconciling.differences import Difference, compare
from trading.reconciling.outage import Outages
from trading.reconciling.readiness import Readiness
from trading.reconciling.reconciler import Reconciler
from trading.record import Failpoint, Record, unbroken
from trading.risk.limitbook import LimitBook
from trading.risk.limits import Limits, defaults
from trading.risk.surroundings import Lookout
from trading.schedule import Schedule
from trading.standing import Resuming, Standing
from trading.tickets import Terms, TicketDesk
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
            *self.guards.rounds(),
            ("monitor", self.monitor.round),
            ("watch", self.watch.round),
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


def _renewing(book: Book, lookout: Lookout) -> Listener:
    async def moved(event: Event) -> None:
        if isinstance(event, DemoMoved):
            book.renew()
            lookout.renew()

    return moved


@dataclass(frozen=True, slots=True)
class _Given:
    """What a floor may be opened with besides what it stands on."""

    news: NewsSource | None
    calendar: Calendar | None
    concerns: Concerns
    limits: Limits
    commission: Commission
    authority: Authority | None
    failpoint: Failpoint
    terms: Terms | None
    wall: Clock | None


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
    commission: Commission | None = None,
    authority: Authority | None = None,
    failpoint: Failpoint = unbroken,
    terms: Terms | None = None,
    wall: Clock | None = None,
) -> Floor:
    """Put a floor together; nothing is read, sent or started until `start`.

    `commission` is what the card announces as fees; `limits` are the defaults, by the account's mode where there are none; `wall` is the
    machine's clock where the house runs on another one.
    """
    given = _Given(news, calendar, concerns, limits or defaults(spec), commission or Commission(), authority, failpoint, terms, wall)
    return _assembled(Book(spec, hub, store, clock), hub, store, Bus(store, alerts), clock, ids, Line(broker, clock), given)


def _assembled(book: Book, hub: Hub, store: Store, bus: Bus, clock: Clock, ids: Ids, line: Line, given: _Given) -> Floor:
    limits = LimitBook(book.spec, store, bus, clock, given.limits)
    killswitch, readiness = KillSwitch(book, bus, clock), Readiness()
    guards = open_guards(book, hub, store, bus, clock, killswitch, lambda: limits.current, given.failpoint)
    stops = StopBook()
    exits = Exits(hub, stops)
    standing = Standing({ResumeIntent: Resuming(killswitch), ExitIntent: Holding(exits, bus, clock), **guards.changes()})
    patient = PatientBroker(line, clock)
    record = Record(book, hub, store, bus, standing, clock, line.traits.name, given.failpoint)
    execution = Execution(book, patient, record, guards.trading, standing, clock, given.failpoint)
    line.gate = execution.gate
    protection = Protection(book, store, bus, record, execution.changes, line.traits, clock, exits.protects)
    execution.protect = protection.keep
    lookout = Lookout(book, hub, store, news=given.news, calendar=given.calendar, measure=guards.losses)
    assessor = Assessor(book, hub, limits, given.commission, lookout, guards.trading, readiness, line.traits)
    who, fail, terms = given.authority, given.failpoint, given.terms
    desk = TicketDesk(book, store, bus, assessor, execution, clock, ids, guards, authority=who, failpoint=fail, terms=terms)
    outages = Outages(line, book, bus, clock)
    adjusting = Adjusting(book, hub, store, bus, clock, execution, desk)
    firing = Firing(book, hub, store, bus, desk, patient, exits, given.commission, clock)
    failed = FailedStops(book, hub, store, bus, desk, exits, firing, clock, lambda: protection.bare)
    reconciler = Reconciler(book, hub, store, bus, clock, line, outages, execution, record, readiness, adjusting)
    bus.subscribe(_renewing(book, lookout))
    return Floor(
        spec=book.spec,
        hub=hub,
        book=book,
        broker=line,
        bus=bus,
        desk=desk,
        execution=execution,
        killswitch=killswitch,
        guards=guards,
        store=store,
        clock=clock,
        ids=ids,
        watch=Watch(book, hub, store, bus, clock, given.news, given.calendar, given.concerns),
        monitor=Monitor(book, hub, store, bus, exits, stops, firing, failed, reconciler, clock),
        limits=limits,
        lookout=lookout,
        reconciler=reconciler,
        outages=outages,
        schedule=Schedule(Jobs({}), store, bus, clock, ids, book.spec.name),  # the root knows what the jobs do
        away=Away(book, hub, store, bus, clock, wall=given.wall),
        news=given.news,
        calendar=given.calendar,
    )
