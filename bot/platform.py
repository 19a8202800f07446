"""What a chat platform offers that is reached over a network."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from domain.chat import CommandSpec, Incoming
from domain.ports import ChatAdapter


class Platform(ChatAdapter, Protocol):
    """An adapter that is reached over a network. `keep` takes the lines that came in, and is set before `serve`."""

    keep: Callable[[Sequence[Incoming]], Awaitable[None]]

    @property
    def described(self) -> str:
        """Once it is open: who we are there, and what is worth knowing of how the bot is set up."""
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

    async def menu(self, chat: str, commands: Sequence[CommandSpec]) -> None:
        """The commands that the person of a chat may use."""
        ...

    async def delete(self, chat: str, message: str) -> bool:
        """Take a message away; False where the platform does not allow it."""
        ...
