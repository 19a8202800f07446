"""The wire to the broker: requests and answers that are lost, late, doubled, refused or hang, and reports that come twice or not at all."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.clock import ManualClock
from domain.errors import BrokerDown, BrokerError, OutcomeUnknown, Rejected, Throttled
from domain.orders import Order, OrderType
from domain.ports import Broker, BrokerState, BrokerTraits, OrderReport
from tests.simulation.dice import Dice
from tests.simulation.doom import Doom

PLAIN = frozenset({OrderType.MARKET, OrderType.LIMIT})
TIMEOUT = 5.0  # an adapter's own deadline for an answer

Witness = Callable[[str, Order], Awaitable[None]]
"""Looks at the world at the instant something leaves for the broker."""


@dataclass
class Late:
    """A request under way; it arrives at an instant of true time."""

    at: datetime
    client_id: str
    arrive: Callable[[], Awaitable[OrderReport]]


class Wire:
    """Outlives every process. `faults[call]` is what happens to the next calls of that name."""

    def __init__(self, clock: ManualClock, dice: Dice, *, unique: bool, plain: bool, fired: Callable[[str], None]) -> None:
        self.clock = clock
        self.fired = fired
        self.venue: Broker = None  # type: ignore[assignment]
        self.witness: Witness = None  # type: ignore[assignment]
        self.faults: dict[str, deque[str]] = defaultdict(deque)
        self.reports: deque[str] = deque()
        self.on_fills: Callable[[], None] = lambda: None  # what happens when executions that nobody was told of are handed over
        self.held: list[OrderReport] = []
        self.told: dict[str, dict[str, Doom]] = {}  # executions that were handed to a process, and to which
        self.late: list[Late] = []
        self.down_until: datetime | None = None
        self.delivered: Counter[str] = Counter()
        self.doubled: Counter[str] = Counter()
        self.refused: set[str] = set()
        self.overdue: set[str] = set()
        self.changed: set[str] = set()
        self.jumped = timedelta(0)
        self._dice = dice
        self._unique = unique
        self._plain = plain  # knows neither stops nor positions, so that the program holds every stop itself

    @property
    def traits(self) -> BrokerTraits:
        traits = replace(self.venue.traits, ids_unique_for_ever=self._unique)
        return replace(traits, order_types=PLAIN, keeps_within_position=False) if self._plain else traits

    def now(self) -> datetime:
        """True time: the clock without its jumps."""
        return self.clock.now() - self.jumped

    async def due(self) -> None:
        """Let arrive what has been under way long enough."""
        for late in sorted((one for one in self.late if one.at <= self.now()), key=lambda one: one.at):
            self.late.remove(late)
            try:
                await late.arrive()
            except BrokerError:
                continue

    def disconnected(self) -> bool:
        return self.down_until is not None and self.now() < self.down_until

    def heal(self) -> None:
        self.faults.clear()
        self.reports.clear()
        self.down_until = None

    def next(self, call: str) -> str:
        if self.disconnected():
            self.fired("disconnect")
            raise BrokerDown("the venue is unreachable")
        return self.faults[call].popleft() if self.faults[call] else "ok"

    async def pause(self) -> None:
        for _ in range(self._dice.below(3)):
            await asyncio.sleep(0)

    async def change(self, call: str, client_id: str, arrive: Callable[[], Awaitable[OrderReport]]) -> OrderReport:
        """A call that changes something at the venue, as it goes today."""
        fault = self.next(call)
        if fault != "ok":
            self.fired(fault)
        await self.pause()
        match fault:
            case "ok":
                return await arrive()
            case "broker down":
                raise BrokerDown("the venue is unreachable")
            case "throttled":
                raise Throttled("429", after=float(self._dice.between(1, 5)))
            case "rejected" if call == "submit":
                if self.delivered[client_id]:
                    return await arrive()  # it has it, and does not refuse what it has
                self.refused.add(client_id)
                raise Rejected("the venue does not want it", code="unwanted")
            case "rejected":
                raise Rejected("the venue does not want it", code="unwanted")
            case "odd answer":
                if self._dice.chance(50):
                    await arrive()
                raise ValueError("truncated JSON")
            case "request late":
                self.late.append(Late(self.now() + timedelta(seconds=self._dice.between(1, 59)), client_id, arrive))
            case "request very late":  # longer than anybody waits for it
                self.overdue.add(client_id)
                self.late.append(Late(self.now() + timedelta(seconds=self._dice.between(61, 300)), client_id, arrive))
            case "hang":
                if self._dice.chance(50):
                    await arrive()
                await self.clock.sleep(TIMEOUT)
            case "response lost":
                await arrive()
            case "cut off":
                self.down_until = self.now() + timedelta(seconds=self._dice.one_of((20, 100, 200)))
                if self._dice.chance(50):
                    await arrive()
                else:
                    self.late.append(Late(self.now() + timedelta(seconds=self._dice.between(1, 59)), client_id, arrive))
            case "request doubled":
                self.doubled[client_id] += 1
                await arrive()
                return await arrive()
            case "server error":
                if self._dice.chance(50):
                    await arrive()
            case "request lost":
                pass
        raise OutcomeUnknown(f"no answer to {call}")

    async def ask(self, call: str) -> None:
        """A call that only reads."""
        fault = self.next(call)
        await self.pause()
        if fault == "ok":
            return
        self.fired(fault)
        match fault:
            case "broker down":
                raise BrokerDown("the venue is unreachable")
            case "throttled":
                raise Throttled("429", after=1.0)
            case "hang":
                await self.clock.sleep(TIMEOUT)
        raise OutcomeUnknown(f"no answer to {call}")

    def mangled(self, told: list[OrderReport]) -> list[OrderReport]:
        """Reports as they come through."""
        if not self.reports:
            told, self.held = list(reversed([*self.held, *told])) if self.held else told, []
            return told
        if not told:
            return told
        fault = self.reports.popleft()
        self.fired(fault)
        match fault:
            case "reports repeated":
                return told + told
            case "reports reordered":
                return list(reversed(told)) + told[:1]
            case "reports held":
                self.held += told  # they come with the next, the latest first
                return []
            case "reports hollow":
                return [replace(r, fills=()) for r in told]
            case _:  # reports missing
                return told[1:]


class WireView:
    """The Broker port of one process."""

    def __init__(self, wire: Wire, doom: Doom) -> None:
        self._wire = wire
        self._doom = doom

    @property
    def traits(self) -> BrokerTraits:
        return self._wire.traits

    async def submit(self, order: Order) -> OrderReport:
        wire = self._wire

        async def arrive() -> OrderReport:
            if order.client_id in wire.refused:
                raise Rejected("the venue does not want it", code="unwanted")
            wire.delivered[order.client_id] += 1
            try:
                return await wire.venue.submit(order)
            except BrokerDown:
                wire.delivered[order.client_id] -= 1  # a venue on the program's own database, which refused: nothing was taken
                raise

        return await self._change("submit", order, arrive)

    async def cancel(self, client_id: str) -> OrderReport:
        self._doom.passing("before cancel")
        report = await self._wire.change("cancel", client_id, lambda: self._wire.venue.cancel(client_id))
        self._doom.passing("after cancel")
        return report

    async def replace(self, order: Order) -> OrderReport:
        self._wire.changed.add(order.client_id)
        return await self._change("replace", order, lambda: self._wire.venue.replace(order))

    async def find(self, client_id: str) -> OrderReport | None:
        await self._ask("find")
        return await self._wire.venue.find(client_id)

    async def state(self) -> BrokerState:
        await self._ask("state")
        return await self._wire.venue.state()

    async def updates(self) -> Sequence[OrderReport]:
        await self._ask("updates")
        reports = self._wire.mangled(list(await self._wire.venue.updates()))
        if any(fill.id not in self._wire.told.get(r.client_id, {}) for r in reports for fill in r.fills):
            self._wire.on_fills()
        for report in reports:
            told = self._wire.told.setdefault(report.client_id, {})
            told.update({fill.id: self._doom for fill in report.fills})
        return reports

    async def _change(self, call: str, order: Order, arrive: Callable[[], Awaitable[OrderReport]]) -> OrderReport:
        self._doom.passing(f"before {call}")
        await self._wire.witness(call, order)
        report = await self._wire.change(call, order.client_id, arrive)
        self._doom.passing(f"after {call}")
        return report

    async def _ask(self, call: str) -> None:
        self._doom.passing(f"before {call}")
        await self._wire.ask(call)
        self._doom.passing(f"after {call}")
