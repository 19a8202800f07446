"""Who the ticket desk listens to, as it is told from outside: trading knows no roles."""

from __future__ import annotations

from typing import Protocol

from domain.tickets import Origin


class Authority(Protocol):
    """Answers for persons, from what is known now; it raises nothing."""

    def owns(self, origin: Origin) -> bool:
        """True for an owner of the account."""
        ...

    def answers(self, origin: Origin, asked: Origin) -> bool:
        """True when a card that `asked` asked for may be answered from `origin`."""
        ...


class Keyboard:
    """The authority of a house that knows nobody else: whoever sits at the terminal owns it, and everybody answers their own cards."""

    def owns(self, origin: Origin) -> bool:
        """True in the terminal."""
        return origin.platform == "terminal"

    def answers(self, origin: Origin, asked: Origin) -> bool:
        """True for the one who asked."""
        return (origin.platform, origin.person) == (asked.platform, asked.person)
