"""Back-off: a venue that is too busy is left alone for a while, twice as long each time, and never waited for inside a request."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from domain.errors import Throttled
from domain.orders import Order
from domain.ports import Broker, BrokerState, BrokerTraits, Clock, OrderReport

T = TypeVar("T")

FIRST = 1.0  # seconds
LONGEST = 60.0
ASKING = "ask"  # one gate for all questions: fifty orders asked for one by one are fifty requests
WAITING = "the broker is too busy; it is asked again in a moment"


def delay(name: str, attempt: int, after: float | None = None) -> float:
    """Seconds to wait after that many refusals in a row: 1, 2, 4 … up to a minute, less up to a half by a jitter that name and attempt fix.

    The same name and attempt always give the same delay, and different names spread out. What the venue asks for (`after`) is the least,
    up to the same minute.
    """
    steady = min(FIRST * 2.0 ** min(attempt - 1, 30), LONGEST)
    digest = hashlib.sha256(f"{name}/{attempt}".encode()).digest()
    jittered = steady * (0.5 + int.from_bytes(digest[:4], "big") / 2**33)
    return min(max(jittered, after or 0.0), LONGEST)


@dataclass(slots=True)
class _Refusals:
    count: int
    until: float  # on the clock's monotonic seconds


class PatientBroker:
    """A broker that is not called while it asked to be left alone: until then every call of that name raises Throttled at once.

    A submit, cancel or change is gated by its client id, all questions together. Nothing is sent again here: who asked comes back with the
    next poll, under the same id. Any other answer, also a refusal or none, ends the back-off: it was no longer for being busy.
    """

    def __init__(self, inner: Broker, clock: Clock) -> None:
        self._inner = inner
        self._clock = clock
        self._refused: dict[str, _Refusals] = {}

    @property
    def traits(self) -> BrokerTraits:
        """What the venue can do."""
        return self._inner.traits

    async def submit(self, order: Order) -> OrderReport:
        """See `Broker`."""
        return await self._gated(f"submit:{order.client_id}", lambda: self._inner.submit(order))

    async def cancel(self, client_id: str) -> OrderReport:
        """See `Broker`."""
        return await self._gated(f"cancel:{client_id}", lambda: self._inner.cancel(client_id))

    async def replace(self, order: Order) -> OrderReport:
        """See `Broker`."""
        return await self._gated(f"replace:{order.client_id}", lambda: self._inner.replace(order))

    async def find(self, client_id: str) -> OrderReport | None:
        """See `Broker`."""
        return await self._gated(ASKING, lambda: self._inner.find(client_id))

    async def state(self) -> BrokerState:
        """See `Broker`."""
        return await self._gated(ASKING, self._inner.state)

    async def updates(self) -> Sequence[OrderReport]:
        """See `Broker`."""
        return await self._gated(ASKING, self._inner.updates)

    async def _gated(self, name: str, call: Callable[[], Awaitable[T]]) -> T:
        refused = self._refused.get(name)
        if refused is not None and self._clock.monotonic() < refused.until:
            raise Throttled(WAITING, after=refused.until - self._clock.monotonic())
        try:
            answer = await call()
        except Throttled as busy:
            count, now = refused.count + 1 if refused else 1, self._clock.monotonic()
            self._refused = {n: r for n, r in self._refused.items() if r.until + LONGEST > now}  # whose orders were given up meanwhile
            self._refused[name] = _Refusals(count, now + delay(name, count, busy.after))
            raise
        except Exception:
            self._refused.pop(name, None)
            raise
        self._refused.pop(name, None)
        return answer
