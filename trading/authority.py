"""Who the ticket desk listens to, as it is told from outside: trading knows no roles."""

from __future__ import annotations

from typing import Protocol

from domain.errors import NotAllowed
from domain.tickets import Origin


class Authority(Protocol):
    """Answers for persons, from what is known now; it raises nothing."""

    def owns(self, origin: Origin) -> bool:
        """True for an owner of the account."""
        ...

    def answers(self, origin: Origin, asked: Origin) -> bool:
        """True when a card that `asked` asked for may be answered from `origin`."""
        ...

    def word(self, origin: Origin, word: str | None, *, weighty: bool) -> str | None:
        """What a card asks for besides the tap: its own word, or CODE where it is weighty and the person has a second factor."""
        ...

    async def prove(self, origin: Origin, code: str) -> None:
        """Return for a right code, which is used up by that; raises WordNeeded for a wrong one, NotAllowed where none can be right."""
        ...


class Keyboard:
    """The authority of a house that knows nobody else: whoever sits at the terminal owns it, and everybody answers their own cards."""

    def owns(self, origin: Origin) -> bool:
        """True in the terminal."""
        return origin.platform == "terminal"

    def answers(self, origin: Origin, asked: Origin) -> bool:
        """True for the one who asked."""
        return (origin.platform, origin.person) == (asked.platform, asked.person)

    def word(self, origin: Origin, word: str | None, *, weighty: bool) -> str | None:
        """Its own word: nobody has a second factor."""
        return word

    async def prove(self, origin: Origin, code: str) -> None:
        """Raises NotAllowed: nobody has a second factor."""
        raise NotAllowed("Nobody here has a second factor, so no code can be right.")
