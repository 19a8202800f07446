"""The courier: due rows of the outbox to the reader, once and in order; what could not be shown waits and is tried again."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from domain.alerts import Alert
from domain.chat import Reply, Text, Tone
from domain.ports import Clock
from storage import outbox
from storage.store import Store

LATE = timedelta(minutes=2)
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=5)

log = logging.getLogger(__name__)


class Courier:
    """Brings the alerts of one account. `deliver` shows a reply or raises; a row leaves the outbox only after it was shown."""

    def __init__(self, store: Store, clock: Clock, account: str, deliver: Callable[[Reply], Awaitable[None]]) -> None:
        self._store = store
        self._clock = clock
        self._account = account
        self._deliver = deliver
        self._since = clock.now()
        self._resume = self._since

    async def run_once(self) -> int:
        """Deliver what is due; returns how many were shown. The first failure ends the round, and nothing overtakes what it holds up."""
        if self._clock.now() < self._resume:
            return 0
        async with self._store.read() as tx:
            rows = await outbox.due(tx, self._clock.now(), account=self._account)
        shown = 0
        for row in rows:
            try:
                await self._deliver(marked(row.alert, since=self._since))
            except Exception:
                pause = min(FIRST_RETRY * 2 ** min(row.tries, 10), LONGEST_RETRY)
                log.exception("alert %s was not shown; next try in %s", row.id, pause)
                self._resume = self._clock.now() + pause
                async with self._store.write() as tx:
                    await outbox.retry(tx, row.id, self._resume)
                return shown
            async with self._store.write() as tx:
                await outbox.delivered(tx, row.id, self._clock.now())
            shown += 1
        return shown


def marked(alert: Alert, *, since: datetime) -> Reply:
    """The alert's reply; one that is older than this courier waited for it, and says when it happened."""
    if since - alert.at <= LATE:
        return alert.reply
    note = Text(f"Told late: this happened at {alert.at:%Y-%m-%d %H:%M} UTC.", Tone.QUIET)
    return replace(alert.reply, blocks=(*alert.reply.blocks, note))
