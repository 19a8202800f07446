"""The library's client with our ears: what it hears goes to one listener, and nothing is kept that could be asked for again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

import discord
from discord import app_commands

log = logging.getLogger(__name__)

discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody speaks here, so what voice needs is not missing


ESSENTIAL = frozenset({"READY", "RESUMED"})
"""Events without which a session is none; any other one that cannot be read is passed over."""


class Ears(Protocol):
    """Who is told what came in."""

    async def message(self, message: discord.Message) -> None:
        """Somebody wrote something that we can see."""
        ...

    async def tapped(self, interaction: discord.Interaction) -> None:
        """A button was tapped."""
        ...

    async def filled(self, interaction: discord.Interaction) -> None:
        """A window was filled in."""
        ...

    async def ready(self, shard: int) -> None:
        """A session of a shard began that does not continue an earlier one: what was written in between nobody told us."""
        ...


class Client(discord.AutoShardedClient):
    """One connection, in as many shards as the platform wants. Buttons are no objects of ours: they work after a restart too."""

    tree: app_commands.CommandTree[Any]

    def __init__(self, ears: Ears, *, contents: bool) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=contents)
        super().__init__(
            intents=intents,
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=60.0,
        )
        self._ears = ears
        for event, parse in self._connection.parsers.items():
            if event not in ESSENTIAL:
                self._connection.parsers[event] = _passing_over(event, parse)

    async def on_message(self, message: discord.Message) -> None:
        """The library calls this for every message."""
        await self._ears.message(message)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """The library calls this for every interaction; commands and their completions it hands to the tree itself."""
        if interaction.type is discord.InteractionType.component:
            await self._ears.tapped(interaction)
        elif interaction.type is discord.InteractionType.modal_submit:
            await self._ears.filled(interaction)

    async def on_shard_ready(self, shard: int) -> None:
        """The library calls this once for each new session of a shard; direct messages come to the first."""
        await self._ears.ready(shard)

    async def on_error(self, event: str, /, *args: Any, **more: Any) -> None:
        """Whatever one event brings, the next one is heard."""
        log.exception("%s from Discord could not be handled", event)


def _passing_over(event: str, parse: Callable[[Any], None]) -> Callable[[Any], None]:
    """The library's reader of an event, without the end of the connection that it makes of what it cannot read."""

    def read(data: Any) -> None:
        try:
            parse(data)
        except Exception:
            log.warning("%s from Discord cannot be read and is passed over", event, exc_info=True)

    return read
