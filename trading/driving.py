"""Driving: which tickets somebody is sending right now, so that nobody else takes them up meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Driving(Counter[str]):
    """Tickets by how many are sending them; counted, because two taps may try at once."""

    @contextmanager
    def claim(self, ticket_id: str) -> Iterator[None]:
        """While the block runs, the rounds leave this ticket alone."""
        self[ticket_id] += 1
        try:
            yield
        finally:
            self[ticket_id] -= 1
            if not self[ticket_id]:
                del self[ticket_id]
