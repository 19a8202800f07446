"""Claims: the tickets somebody is sending or changing right now, which everybody else leaves alone until that is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Claims:
    """Who is at work, by ticket; counted, because two may try at once."""

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()

    def __contains__(self, ticket_id: str) -> bool:
        return ticket_id in self._held

    def __len__(self) -> int:
        return len(self._held)

    @contextmanager
    def claim(self, ticket_id: str) -> Iterator[None]:
        """Hold a ticket for the block."""
        self._held[ticket_id] += 1
        try:
            yield
        finally:
            self._held[ticket_id] -= 1
            if not self._held[ticket_id]:
                del self._held[ticket_id]
