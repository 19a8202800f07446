"""What a chat platform offers that is reached over a network, and what it is given in return."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from commands.glance import Glance
from commands.palette import Suggestion
from domain.chat import CommandSpec, Incoming
from domain.ports import ChatAdapter
from domain.tickets import Origin


class Inlet(Protocol):
    """Where an adapter brings what came in, and what it may ask."""

    async def keep(self, lines: Sequence[Incoming]) -> None:
        """Write lines down; once this returns the platform may be told. Raises StorageFailed where it is to bring them again."""
        ...

    def chats(self) -> Sequence[str]:
        """The chats of this platform that somebody was let in from."""
        ...

    def known(self, origin: Origin) -> bool:
        """True for somebody who was let in."""
        ...

    def shown(self, line: Incoming) -> bool:
        """True where the answer to a line is shown where it was said: in private, and in a group that an owner opened for so much."""
        ...

    def groups(self) -> Sequence[str]:
        """The groups of this platform that an owner opened."""
        ...

    async def glance(self, origin: Origin, text: str) -> Sequence[Glance]:
        """Quick quotes for a text, nothing of the account in them; none for a stranger."""
        ...

    async def moved(self, old: str, new: str) -> None:
        """A chat has another number now. Raises StorageFailed where that is to be brought again."""
        ...

    def complete(self, origin: Origin, text: str, limit: int) -> Sequence[Suggestion]:
        """What a line that begins so may become; nothing for a stranger."""
        ...


class Platform(ChatAdapter, Protocol):
    """An adapter that is reached over a network; `inlet` is set before `serve`."""

    inlet: Inlet

    @property
    def described(self) -> str:
        """Once it is open: who we are there, and what is worth knowing of how the bot is set up."""
        ...

    def link(self, word: str) -> str:
        """Once it is open: an address that opens a chat with us that begins with a word; empty where there are none."""
        ...

    async def open(self) -> None:
        """Connect; raises SetupError for what the reader must mend, another error where the platform does not answer."""
        ...

    async def close(self) -> None:
        """Let go."""
        ...

    async def typing(self, chat: str) -> None:
        """Show that an answer is being worked out."""
        ...

    async def noticed(self, chat: str, message: str) -> None:
        """Show under a message of a group that it was seen; its answer goes elsewhere."""
        ...

    async def menu(self, chat: str, commands: Sequence[CommandSpec]) -> None:
        """The commands that the person of a chat may use."""
        ...

    async def delete(self, chat: str, message: str) -> bool:
        """Take a message away; False where the platform does not allow it."""
        ...
