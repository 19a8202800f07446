"""An answer in the making: how far it is, for whoever shows it, and whether its reader still waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from domain.chat import Block, Reply

STOP = "stop:"
"""How the payload of [Stop] begins; the key of the line that is being answered follows."""


class Draft:
    """What long work says while it is under way. Its maker never waits for whoever shows it, who sees the newest state only.

    `through` is what is done to a state before it is seen: where others read along, figures are hidden. `began` is called at the first one.
    """

    def __init__(self) -> None:
        self.through: Callable[[Reply], Reply] = _as_it_is
        self.began: Callable[[], None] = _unseen
        self._state: Reply | None = None
        self._grew = asyncio.Event()
        self._stopped = asyncio.Event()

    @property
    def stopped(self) -> bool:
        """True when the reader wants no more of it: what is done by then is the answer."""
        return self._stopped.is_set()

    @property
    def followed(self) -> bool:
        """True where somebody can see it grow."""
        return self.began is not _unseen

    async def stopping(self) -> None:
        """Wait until the reader wants no more of it."""
        await self._stopped.wait()

    def stop(self) -> None:
        """The reader wants no more of it."""
        self._stopped.set()

    def say(self, *blocks: Block) -> None:
        """What there is of the answer now, in the place of what was said before."""
        first, self._state = self._state is None, Reply(blocks)
        self._grew.set()
        if first:
            self.began()

    async def grown(self) -> Reply:
        """Wait until there is something new, and return what there is then."""
        await self._grew.wait()
        self._grew.clear()
        assert self._state is not None  # noqa: S101 - it grew; this tells the type checker
        return self.through(self._state)


def _unseen() -> None:
    """Who is told that there is something to show, until somebody is."""


def _as_it_is(reply: Reply) -> Reply:
    return reply
