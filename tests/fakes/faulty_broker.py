"""A broker that goes wrong on demand: requests and answers that are lost, late, repeated or out of order, and crashes at either side."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from domain.errors import BrokerDown, OutcomeUnknown, Rejected, Throttled
from domain.orders import Order
from domain.ports import Broker, BrokerState, BrokerTraits, OrderReport


class Crash(BaseException):
    """The program is gone: no `except Exception` stops it."""


class FaultyBroker:
    """The Broker port over a working one. `faults[call]` is what happens to the next calls of that name, then all is well.

    Faults: `lost_request`, `lost_response`, `late` (arrives at `deliver`), `hang` (never answers), `down`, `throttled`, `reject`, `odd`
    (an exception nobody declared), `crash_before`, `crash_after`. `delivered` counts the submits that reached the venue, by client id.
    """

    def __init__(self, inner: Broker, *, ids_unique_for_ever: bool = True) -> None:
        self.inner = inner
        self.faults: dict[str, deque[str]] = defaultdict(deque)
        self.delivered: Counter[str] = Counter()
        self.calls: list[tuple[str, str]] = []
        self.waiting: list[Callable[[], Awaitable[OrderReport]]] = []
        self.extra: list[OrderReport] = []
        self.shuffle: Callable[[list[OrderReport]], list[OrderReport]] = lambda reports: reports
        self.after: float | None = None  # what a throttled answer asks for, in seconds
        self._unique = ids_unique_for_ever

    @property
    def traits(self) -> BrokerTraits:
        return replace(self.inner.traits, ids_unique_for_ever=self._unique, answers_within=5)

    async def submit(self, order: Order) -> OrderReport:
        async def arrive() -> OrderReport:
            self.delivered[order.client_id] += 1
            return await self.inner.submit(order)

        return await self._call("submit", order.client_id, arrive)

    async def cancel(self, client_id: str) -> OrderReport:
        return await self._call("cancel", client_id, lambda: self.inner.cancel(client_id))

    async def replace(self, order: Order) -> OrderReport:
        return await self._call("replace", order.client_id, lambda: self.inner.replace(order))

    async def find(self, client_id: str) -> OrderReport | None:
        await self._breaks("find", client_id)
        return await self.inner.find(client_id)

    async def state(self) -> BrokerState:
        await self._breaks("state", "")
        return await self.inner.state()

    async def updates(self) -> Sequence[OrderReport]:
        await self._breaks("updates", "")
        reports = [*self.extra, *await self.inner.updates()]
        self.extra = []
        return self.shuffle(reports)

    async def deliver(self) -> None:
        """Let the late requests arrive now."""
        for arrive in self.waiting:
            await arrive()
        self.waiting = []

    async def _breaks(self, call: str, client_id: str) -> None:
        self.calls.append((call, client_id))
        fault = self.faults[call].popleft() if self.faults[call] else "ok"
        if fault == "down":
            raise BrokerDown("the venue is unreachable")
        if fault == "throttled":
            raise Throttled("too many requests", after=self.after)
        if fault == "hang":
            await asyncio.Event().wait()
        if fault != "ok":
            raise OutcomeUnknown(fault)

    async def _call(self, call: str, client_id: str, arrive: Callable[[], Awaitable[OrderReport]]) -> OrderReport:
        self.calls.append((call, client_id))
        fault = self.faults[call].popleft() if self.faults[call] else "ok"
        match fault:
            case "ok":
                return await arrive()
            case "down":
                raise BrokerDown("the venue is unreachable")
            case "throttled":
                raise Throttled("too many requests", after=self.after)
            case "reject":
                raise Rejected("the venue does not want it")
            case "odd":
                raise ValueError("truncated answer")
            case "crash_before":
                raise Crash(call)
            case "crash_after":
                await arrive()
                raise Crash(call)
            case "lost_response":
                await arrive()
            case "hang":
                await asyncio.Event().wait()
            case "late":
                self.waiting.append(arrive)
        raise OutcomeUnknown(f"no answer to {call}")
