"""The chat platform of a world: it holds what was typed until that is acknowledged, and shows answers and pushes, when it works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.chat import Incoming, Reply
from tests.simulation.doom import Doom


class PhoneDown(Exception):
    """The platform did not take it, or did not say that it did."""


@dataclass(frozen=True)
class Answer:
    """What a line or tap was answered with; `at` is when the house took it up."""

    incoming: Incoming
    reply: Reply
    at: datetime


@dataclass
class Phone:
    """Outlives every process. `typed` counts how often each key came, `pushed` is what the reader was shown, in order."""

    fired: Callable[[str], None]
    waiting: list[Incoming] = field(default_factory=list)
    typed: dict[str, Incoming] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)
    answers: list[Answer] = field(default_factory=list)
    pushed: list[Reply] = field(default_factory=list)
    down: int = 0
    limited: int = 0
    unsaid: int = 0
    doubtful: int = 0  # shown, and the process died or the answer was lost before it could know

    def send(self, incoming: Incoming) -> None:
        """A person types or taps."""
        self.typed.setdefault(incoming.key, incoming)
        self.waiting.append(incoming)

    def acknowledge(self, incoming: Incoming) -> None:
        """The platform forgets it."""
        self.waiting.remove(incoming)

    def again(self, incoming: Incoming, **changes: str) -> None:
        """The platform delivers one more time: because it was not sure, or because the line was edited."""
        self.waiting.append(replace(incoming, **changes))  # type: ignore[arg-type]

    def show(self, reply: Reply, doom: Doom) -> None:
        """Push a reply; raises when it was not shown, and sometimes when it was."""
        doom.passing("before a push")
        if self.down > 0:
            self.down -= 1
            self.fired("phone down")
            raise PhoneDown("502 from the platform")
        if self.limited > 0:
            self.limited -= 1
            self.fired("phone rate-limited")
            raise PhoneDown("429, retry after 3")
        self.pushed.append(reply)
        if self.unsaid > 0:
            self.unsaid -= 1
            self.doubtful += 1
            self.fired("phone answer lost")
            raise PhoneDown("the connection broke")

    def heal(self) -> None:
        self.down = self.limited = self.unsaid = 0
