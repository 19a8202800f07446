"""The order of lines: those of a person in a chat one after the other, all others beside them; one that takes long holds up nobody."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from domain.chat import Incoming

AT_ONCE = 32
MOST_LONG = 4
"""Lines of one lane that may take long beside each other; the next one waits."""

Work = Callable[[Incoming, Callable[[], None]], Awaitable[None]]
"""What is done with a line; it calls what it is given once it knows that it takes long."""


@dataclass(eq=False, slots=True)
class _Lane:
    """What one person said in one chat and is not handled yet."""

    name: str
    waiting: deque[Incoming] = field(default_factory=deque)
    working: bool = False  # somebody takes the next line when the one at hand is done
    long: int = 0

    @property
    def ready(self) -> bool:
        return bool(self.waiting) and not self.working and self.long < MOST_LONG


class Lanes:
    """Lines to be worked on. `add` returns at once."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._lanes: dict[str, _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(AT_ONCE)

    def add(self, line: Incoming) -> None:
        """A line behind those that its person said in that chat before."""
        name = f"{line.origin.chat} {line.origin.person}"
        lane = self._lanes.setdefault(name, _Lane(name))
        lane.waiting.append(line)
        self._go_on(lane)

    async def idle(self) -> None:
        """Wait until every line is worked on."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Stop where it stands."""
        for lane in self._lanes.values():
            lane.waiting.clear()
        for task in self._tasks:
            task.cancel()
        await self.idle()

    def _go_on(self, lane: _Lane) -> None:
        if not lane.ready:
            return
        lane.working = True
        task = asyncio.create_task(self._run(lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, lane: _Lane) -> None:
        """Line after line, until there is none or one takes long: then somebody else takes the next."""
        long = False

        def takes_long() -> None:
            nonlocal long
            if not long:
                long = True
                lane.working, lane.long = False, lane.long + 1
                self._room.release()
                self._go_on(lane)

        try:
            while lane.waiting and not long:
                await self._room.acquire()
                try:
                    await self._work(lane.waiting.popleft(), takes_long)
                finally:
                    if not long:
                        self._room.release()
        finally:
            if long:
                lane.long -= 1
            else:
                lane.working = False
            self._go_on(lane)
            if not (lane.working or lane.long):
                self._lanes.pop(lane.name, None)
