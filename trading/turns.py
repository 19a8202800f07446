"""Turns: tickets that may open are judged and written one after the other, so that two at once never pass where only one fits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from domain.orders import Intent, Order, OrderIntent, ReplaceIntent


def _nothing() -> None:
    """The end of a turn that nobody waits for."""


class Turns:
    """The queue of one account. What only closes, protects or cancels never stands in it."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def turn(self, intents: Sequence[Intent], orders: Sequence[Order]) -> AsyncIterator[Callable[[], None]]:
        """From the assessment on: it ends when its end is called (the orders are in the book then, so the next one counts them), or with
        the block. `orders` are the open ones, which say whether a change may open.
        """
        if not any(_may_open(i, orders) for i in intents):
            yield _nothing
            return
        await self._lock.acquire()
        held = True

        def over() -> None:
            nonlocal held
            if held:
                held = False
                self._lock.release()

        try:
            yield over
        finally:
            over()


def _may_open(intent: Intent, orders: Sequence[Order]) -> bool:
    """True for what is not sure to reduce: two sales that each only take from a holding could cross zero together."""
    if isinstance(intent, ReplaceIntent):
        return not any(o.client_id == intent.client_id and o.reduce_only for o in orders)
    return isinstance(intent, OrderIntent) and not intent.reduce_only
