"""An answer in the making at the terminal: rewritten in its place until the answer comes, and Ctrl-C stops it."""

from __future__ import annotations

import asyncio
import shutil
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from prompt_toolkit.output import Output

from commands.draft import Draft
from domain.chat import Reply, Text, Tone
from domain.clock import SystemClock

FIRST, EVERY = 0.15, 0.2
"""Seconds that an answer has before what there is of it is shown, and between two states of it."""

MARGIN = 2
HINT = Text("Ctrl-C stops this.", Tone.QUIET)


class Live:
    """A few lines at the cursor that are taken back before anything else is printed."""

    def __init__(self, output: Output, render: Callable[[Reply], str]) -> None:
        self._output = output
        self._render = render
        self._wall = SystemClock()
        self._rows = 0

    @asynccontextmanager
    async def following(self, draft: Draft) -> AsyncIterator[None]:
        """Show how a draft grows while the block runs. Meanwhile Ctrl-C stops the draft and not the program."""
        task = asyncio.create_task(self._follow(draft))
        try:
            with interrupted(draft.stop):
                yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            self._take_back()
            self._output.flush()

    async def _follow(self, draft: Draft) -> None:
        await self._wall.sleep(FIRST)
        while True:
            reply = await draft.grown()
            lines = self._render(Reply((*reply.blocks, HINT))).splitlines()
            lines = lines[-max(shutil.get_terminal_size().lines - MARGIN, 1) :]
            self._take_back()
            self._output.write_raw("".join(f"{line}\r\n" for line in lines))
            self._output.flush()
            self._rows = len(lines)
            await self._wall.sleep(EVERY)

    def _take_back(self) -> None:
        if self._rows:
            self._output.cursor_up(self._rows)
            self._output.erase_down()
            self._rows = 0


@contextmanager
def interrupted(stop: Callable[[], None]) -> Iterator[None]:
    """Have Ctrl-C call `stop` while the block runs; outside of the main thread, which alone hears signals, nothing changes."""
    loop = asyncio.get_running_loop()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(stop))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
