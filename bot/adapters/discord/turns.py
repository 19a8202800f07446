"""Interactions that wait for their answer: acknowledged within the platform's three seconds, answered within its fifteen minutes.

They are kept in memory only: an answer whose interaction is gone, with an earlier program or with time, goes to direct messages.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import discord

from bot.adapters.discord import views
from bot.adapters.discord.lines import private
from bot.adapters.discord.render import Page
from bot.limits import DISCORD
from domain.ports import Clock

SOON = 1.5
"""Seconds after which a command whose answer is not there yet is acknowledged."""

MOST = 1000
MARGIN = 30.0


class Turn:
    """One interaction. `hidden` means that only its person sees that it waits for its answer."""

    def __init__(self, interaction: discord.Interaction, at: float, *, hidden: bool) -> None:
        self.interaction = interaction
        self.at = at
        self.hidden = hidden
        self.open = False  # acknowledged with “thinking…”, which the first answer replaces
        self.lock = asyncio.Lock()
        self.first = str(interaction.message.id) if interaction.message is not None else ""  # what it calls its original message

    async def acknowledge(self) -> None:
        """Say that it arrived, unless it was answered already."""
        async with self.lock:
            await self._arrived()

    async def answer(self, page: Page, *, silent: bool, hidden: bool) -> str:
        """Show one message of the answer, for its person alone where it is hidden; returns its id."""
        shown, hidden = views.shown(page), hidden and not private(self.interaction)
        async with self.lock:
            if not self._command:
                await self._arrived()
            elif not self.interaction.response.is_done():
                made = await self.interaction.response.send_message(**shown, ephemeral=hidden, silent=silent)
                self.first = str(made.message_id)
                return self.first
            elif self.open and hidden and not self.hidden:
                self.open = False  # what waits is seen by everybody, and stays so
                await self.interaction.delete_original_response()
            elif self.open:
                self.open = False
                self.first = str((await self.interaction.edit_original_response(**views.instead(page))).id)
                return self.first
            shown["content"] = page.text
            sent = await self.interaction.followup.send(**shown, ephemeral=hidden, silent=silent, wait=True)
            return str(sent.id)

    async def edit(self, message: str, page: Page) -> None:
        """Replace what one of its messages shows, or the one that was tapped."""
        shown = views.instead(page)
        async with self.lock:
            if not self._command:
                await self._arrived()
            if message == self.first:
                await self.interaction.edit_original_response(**shown)
            else:
                await self.interaction.followup.edit_message(int(message), **shown)

    @property
    def _command(self) -> bool:
        return self.interaction.type is discord.InteractionType.application_command

    async def _arrived(self) -> None:
        if self.interaction.response.is_done():
            return
        if self._command:
            self.open = True
            await self.interaction.response.defer(thinking=True, ephemeral=self.hidden)
        else:
            await self.interaction.response.defer()


class Turns:
    """Those that can still be answered, by their id and by the messages they showed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turns: OrderedDict[str, Turn] = OrderedDict()
        self._messages: OrderedDict[str, Turn] = OrderedDict()

    def begin(self, interaction: discord.Interaction, *, hidden: bool) -> Turn:
        """An interaction that came in."""
        turn = Turn(interaction, self._clock.monotonic(), hidden=hidden)
        self._turns[str(interaction.id)] = turn
        _trim(self._turns)
        if turn.first:
            self.showed(turn.first, turn)
        return turn

    def showed(self, message: str, turn: Turn) -> None:
        """A message can be edited with this interaction."""
        self._messages[message] = turn
        self._messages.move_to_end(message)
        _trim(self._messages)

    def get(self, waits: str) -> Turn | None:
        """The interaction, if it can still be answered."""
        return self._fresh(self._turns.get(waits))

    def of(self, message: str) -> Turn | None:
        """The interaction with which a message can still be edited."""
        return self._fresh(self._messages.get(message))

    def end(self, turn: Turn) -> None:
        """The platform does not know it any more."""
        turn.at = -DISCORD.token

    def _fresh(self, turn: Turn | None) -> Turn | None:
        return turn if turn is not None and self._clock.monotonic() - turn.at < DISCORD.token - MARGIN else None


def _trim(kept: OrderedDict[str, Turn]) -> None:
    while len(kept) > MOST:
        kept.popitem(last=False)
