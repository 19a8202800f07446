"""The line to the broker: every call has a deadline, and who uses it can see whether anybody answers at the other end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from domain.clock import within
from domain.errors import BrokerDown, OutcomeUnknown, Rejected, Throttled
from domain.orders import Order
from domain.ports import Broker, BrokerState, BrokerTraits, Clock, OrderReport

T = TypeVar("T")

BARRED = "barred"  # the code of what the gate refused
FAILURES = 5  # so many seconds in which nothing but failures came, and the line is dead
SILENCE = timedelta(seconds=10)  # or so long: a call that hangs takes five, so a dead line is known within 15 s
FIRST_WAIT, LONGEST_WAIT = 1.0, 15.0


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody has answered since `since`; `reason` is the last thing that was heard of it."""

    since: datetime
    reason: str


def nothing_against(order: Order) -> str:
    """The gate that lets everything through."""
    return ""


class Line:
    """The Broker port over a broker.

    An order, change or cancel without an answer in time (`answers_within` of its traits) is OutcomeUnknown, a question BrokerDown. A
    refusal is an answer. Once the line `is_dead`, questions are asked again after 1, 2, 4, 8 and then every 15 seconds (monotonic) and
    raise BrokerDown at once in between; what a person sends is always tried. `gate` is asked right before an order or change leaves:
    what it says against it is raised as Rejected.
    """

    def __init__(self, broker: Broker, clock: Clock) -> None:
        self._broker = broker
        self._clock = clock
        self.gate: Callable[[Order], str] = nothing_against
        self._silence: Silence | None = None
        self._failures = 0
        self._counted = float("-inf")
        self._heard = False
        self._dead = False
        self._wait = FIRST_WAIT
        self._next = float("-inf")

    @property
    def traits(self) -> BrokerTraits:
        """What the venue can do."""
        return self._broker.traits

    @property
    def silence(self) -> Silence | None:
        """Since when and why nobody answers; None after an answer, and before anybody was asked."""
        return self._silence

    @property
    def heard(self) -> bool:
        """True when the last asking for updates was answered."""
        return self._heard

    def is_dead(self) -> bool:
        """Look whether the silence has lasted long enough to call the line dead, and remember it."""
        silence = self._silence
        if silence is not None and not self._dead:
            self._dead = self._failures >= FAILURES or self._clock.now() - silence.since >= SILENCE
            self._next = self._clock.monotonic() + self._wait if self._dead else self._next
        return self._dead

    def lost(self, since: datetime, reason: str) -> None:
        """Begin with a line that was dead when the program stopped; it is tried at once."""
        self._silence, self._dead = Silence(since, reason), True

    async def submit(self, order: Order) -> OrderReport:
        """See the port; OutcomeUnknown when no answer comes in time."""
        return await self._send(self._gated(order, self._broker.submit), f"order {order.client_id}")

    async def cancel(self, client_id: str) -> OrderReport:
        """See the port; OutcomeUnknown when no answer comes in time."""
        return await self._send(self._broker.cancel(client_id), f"the cancel of order {client_id}")

    async def replace(self, order: Order) -> OrderReport:
        """See the port; OutcomeUnknown when no answer comes in time."""
        return await self._send(self._gated(order, self._broker.replace), f"the change of order {order.client_id}")

    async def find(self, client_id: str) -> OrderReport | None:
        """See the port; BrokerDown when no answer comes in time."""
        self._may_ask()
        return await self._ask(self._broker.find(client_id))

    async def state(self) -> BrokerState:
        """See the port; BrokerDown when no answer comes in time."""
        self._may_ask()
        return await self._ask(self._broker.state())

    async def updates(self) -> Sequence[OrderReport]:
        """See the port; BrokerDown when no answer comes in time."""
        self._heard = False
        self._may_ask()
        reports = await self._ask(self._broker.updates())
        self._heard = True
        return reports

    def _may_ask(self) -> None:
        """On a dead line one question goes through when its time has come; raises BrokerDown for all others."""
        silence, now = self._silence, self._clock.monotonic()
        if not self._dead or silence is None:
            return
        if now < self._next:
            raise BrokerDown(f"nobody has answered since {silence.since:%H:%M:%S} UTC; asked again in {self._next - now:.0f} s")
        self._wait = min(self._wait * 2, LONGEST_WAIT)
        self._next = now + self._wait

    async def _gated(self, order: Order, call: Callable[[Order], Awaitable[OrderReport]]) -> OrderReport:
        """The last question before an order leaves; nothing waits between it and the call, so a halt that came first is first."""
        if why := self.gate(order):
            raise Rejected(why, code=BARRED)
        return await call(order)

    async def _send(self, call: Awaitable[T], what: str) -> T:
        try:
            return await self._watched(call)
        except TimeoutError as error:
            raise OutcomeUnknown(f"{error} to {what}") from error

    async def _ask(self, call: Awaitable[T]) -> T:
        try:
            return await self._watched(call)
        except TimeoutError as error:
            raise BrokerDown(str(error)) from error

    async def _watched(self, call: Awaitable[T]) -> T:
        began = self._clock.now()
        try:
            answer = await within(self._clock, self._broker.traits.answers_within, call)
        except (Rejected, Throttled):
            self._answered()
            raise
        except Exception as error:
            self._missed(began, str(error) or type(error).__name__)
            raise
        self._answered()
        return answer

    def _answered(self) -> None:
        self._silence, self._failures, self._dead = None, 0, False
        self._wait, self._next = FIRST_WAIT, float("-inf")

    def _missed(self, began: datetime, reason: str) -> None:
        """Several failures within a second are one: many orders asked for at once are not a long silence."""
        now = self._clock.monotonic()
        if now - self._counted >= 1 or self._silence is None:
            self._failures, self._counted = self._failures + 1, now
        self._silence = Silence(self._silence.since if self._silence else began, reason)
