"""The post: answers that are committed, shown in the order they were written, chat by chat, until the platform has taken them."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from functools import partial

from bot.showing import Showing
from domain.chat import Manner
from domain.errors import Busy, ChatGone, StorageFailed
from storage import answers
from storage.answers import Waiting

FIRST_RETRY = 1.0
LONGEST_RETRY = 60.0
MOST_TRIES = 12
FEW = 4
"""Answers of one chat that are read together: while they wait for their turn they are in memory."""

GRACE = 2.0
"""Seconds that the end of the program waits for what is on its way."""

log = logging.getLogger(__name__)


class Post:
    """Brings the answers of one platform. A chat that cannot be reached holds up no other one.

    A platform that takes no key with each message cannot say whether it showed what a killed program sent last: that is shown again.
    """

    def __init__(self, showing: Showing) -> None:
        self._showing = showing
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._woken: set[str] = set()
        self._closing = False

    async def recover(self) -> None:
        """Take up what an earlier program left."""
        async with self._showing.store.read() as tx:
            left = await answers.waiting(tx, self._showing.adapter.platform)
        for chat in dict.fromkeys(w.letter.chat for w in left):
            self.wake(chat)

    def wake(self, chat: str) -> None:
        """There is something to bring to a chat; it returns at once."""
        self._woken.add(chat)
        if chat not in self._tasks:
            self._tasks[chat] = asyncio.create_task(self._bring(chat))

    def recall(self, group: str) -> None:
        """What is on its way to a group, perhaps held up by the platform, is looked at again: the group is shown less than it was."""
        for chat, task in self._tasks.items():
            if chat.partition("/")[0] == group:
                task.cancel()
                task.add_done_callback(partial(self._again, chat))

    async def idle(self) -> None:
        """Wait until everything that was to be brought is, or failed for good."""
        while self._tasks:
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def close(self) -> None:
        """Stop after what is on its way, for what was shown and not noted would come again; the next program takes up the rest."""
        self._closing = True
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=GRACE)
        for task in list(self._tasks.values()):
            task.cancel()
        await self.idle()

    def _again(self, chat: str, _: asyncio.Task[None]) -> None:
        self.wake(chat)

    async def _bring(self, chat: str) -> None:
        try:
            while chat in self._woken and not self._closing:
                self._woken.discard(chat)
                while not self._closing and (left := await self._waiting(chat)):
                    for waiting in left:
                        if not self._closing:
                            await self._one(waiting)
        except Exception:
            log.exception("the answers for %s could not be brought; the next one brings them", chat)
        finally:
            del self._tasks[chat]

    async def _waiting(self, chat: str) -> list[Waiting]:
        async with self._showing.store.read() as tx:
            return await answers.waiting(tx, self._showing.adapter.platform, chat, FEW)

    async def _one(self, waiting: Waiting) -> None:
        """Show one answer, until it is shown or it is clear that it never will be; then note that, however often the database refuses."""
        tries = 0
        while not await self._tried(waiting, tries):
            tries += 1
        while True:
            try:
                async with self._showing.store.write() as tx:
                    await answers.sent(tx, waiting.id, self._showing.clock.now())
                return
            except StorageFailed as error:
                log.warning("that an answer was shown cannot be noted yet: %s", error)
                await self._showing.clock.sleep(FIRST_RETRY)

    async def _tried(self, waiting: Waiting, tries: int) -> bool:
        """One try; True when there is to be no other."""
        try:
            await self._shown(waiting)
        except Busy as busy:
            await self._showing.clock.sleep(max(busy.after, 0.1))
            return False
        except ChatGone as gone:
            if gone.now and gone.now != waiting.letter.chat:
                moved = replace(waiting.letter, chat=gone.now, group=False)  # what it may be shown was asked for where it was to go
                return await self._tried(replace(waiting, letter=moved), tries)
            log.warning("an answer for %s is dropped: %s", waiting.letter.chat, gone)
        except Exception as error:
            if tries + 1 >= MOST_TRIES:
                log.exception("an answer for %s is given up", waiting.letter.chat)
                return True
            log.warning("an answer for %s was not shown (try %s): %s", waiting.letter.chat, tries + 1, error)
            await self._showing.clock.sleep(min(FIRST_RETRY * 2**tries, LONGEST_RETRY))
            return False
        return True

    async def _shown(self, waiting: Waiting) -> None:
        letter = waiting.letter
        if letter.deletes:
            await self._showing.adapter.delete(letter.chat, letter.deletes)
        if letter.edits:
            await self._showing.replace(letter.chat, letter.edits, letter.reply, group=letter.group)
            return
        manner = Manner(under=letter.under, group=letter.group, waits=letter.waits, key=f"a{waiting.id}")
        await self._showing.show(letter.chat, letter.reply, manner)
