"""A deadline on the Clock: a call that does not come back in time is given up, in simulated time as in real time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from domain.ports import Clock

T = TypeVar("T")


async def within(clock: Clock, seconds: float, work: Awaitable[T]) -> T:
    """What `work` gives, or TimeoutError when it has not come within so many seconds of the clock; the work is cancelled then.

    Whoever is cancelled while waiting cancels the work and lets it end first. What has come in the same instant as the deadline counts.
    """
    task = asyncio.ensure_future(work)
    timer = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((task, timer), return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait((task,))
        _seen(task)
        raise
    finally:
        timer.cancel()
    if task.done():
        return task.result()
    task.add_done_callback(_seen)
    task.cancel()
    raise TimeoutError(f"no answer within {seconds:g} s")


def _seen(task: asyncio.Future[Any]) -> None:
    """Nobody waits for this any more, so nobody else would look at how it failed."""
    if not task.cancelled():
        task.exception()
