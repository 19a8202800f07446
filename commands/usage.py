"""What is used and how it ends, counted beside the answers: names and outcomes, never text, never on the path of an answer."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from domain.errors import StorageFailed
from domain.ports import Clock
from storage import usage
from storage.store import Store

log = logging.getLogger(__name__)

ROWS = 2000


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a command or verb and its outcome: `answer`, `ticket`, `question`, or an error's code."""

    at: datetime
    name: str
    outcome: str


class UsageBuffer:
    """Rows waiting to be written: `note` only remembers, `flush` writes them all in one transaction. The oldest go when 2,000 wait."""

    def __init__(self, store: Store, clock: Clock, account: str) -> None:
        self._store = store
        self._clock = clock
        self._account = account
        self._rows: deque[Use] = deque(maxlen=ROWS)

    def note(self, name: str, outcome: str) -> None:
        """Remember one use; nothing is written now."""
        self._rows.append(Use(self._clock.now(), name, outcome))

    @property
    def waiting(self) -> int:
        """How many rows are not written yet."""
        return len(self._rows)

    async def flush(self) -> int:
        """Write what waits and return how many rows; when the database refuses, they stay for the next time and 0 is returned."""
        rows = tuple(self._rows)
        if not rows:
            return 0
        self._rows.clear()
        try:
            async with self._store.write() as tx:
                for row in rows:
                    await usage.record(tx, row.at, self._account, row.name, row.outcome)
        except StorageFailed:
            log.warning("usage rows stay in memory: the database refused them", exc_info=True)
            self._rows = deque((*rows, *self._rows), maxlen=ROWS)
            return 0
        return len(rows)
