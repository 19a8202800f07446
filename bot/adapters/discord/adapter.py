"""The adapter: messages, commands and taps in, embeds and windows out, on one bot."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta

import discord
from discord.gateway import DiscordWebSocket, KeepAliveHandler
from yarl import URL

from bot.adapters.discord import lines, slash, views
from bot.adapters.discord.client import Client
from bot.adapters.discord.lines import PLATFORM
from bot.adapters.discord.places import Places
from bot.adapters.discord.render import PRICE, WORD, Page, illustrated
from bot.adapters.discord.turns import SOON, Turn, Turns
from bot.limits import DISCORD
from bot.pictures import picture
from bot.platform import Inlet
from commands.palette import Suggestion
from domain.chat import PLAINLY, CommandSpec, Incoming, Manner, Reply, ReplyKind
from domain.clock import SystemClock
from domain.errors import ChatGone, SetupError, StorageFailed
from domain.ports import Clock

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
MISSED = timedelta(hours=1)
"""How far back messages are asked for that were written while nobody listened."""

MOST_MISSED = 50
BUSY = 429
UNKNOWN_BOT = "Discord does not know this token; the developer portal shows a new one under Bot, Reset Token."
NO_CONTENTS = (
    "Discord does not let this bot read messages on servers: switch on Message Content Intent in the developer portal under Bot, "
    "or take FOLIOPILOT_DISCORD_CONTENTS out."
)
NOT_TAKEN = "That could not be written down here, so nothing was done. Send it again in a moment."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """The bot's token, whether it reads what is written on servers, and where the platform is: another address for tests and proxies."""

    token: str
    contents: bool = False
    base: str = ""


def build(settings: Settings, clock: Clock) -> Discord:
    """An adapter on a house's clock; nothing connects before `open`."""
    if settings.base:
        discord.http.Route.BASE = settings.base
    return Discord(settings, clock)


class Discord:
    """One bot. A line is written down first; only then is a tap or a command acknowledged, always within the platform's time."""

    inlet: Inlet

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._wall = SystemClock()
        self._client = Client(self, contents=settings.contents)
        self._turns = Turns(self._wall)
        self._places = Places(lambda: self._client)
        self._commands: Sequence[CommandSpec] = ()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def platform(self) -> str:
        """Its name in origins."""
        return PLATFORM

    @property
    def described(self) -> str:
        """The bot's name, and what it reads on servers."""
        read = "reads what begins with # on servers" if self._settings.contents else "reads on servers only what names it"
        return f"{self._client.user} answers; it {read}"

    def link(self, word: str) -> str:
        """Discord has no address that begins with a word."""
        return ""

    async def open(self) -> None:
        """Say hello. Raises SetupError for a token that the platform does not know."""
        if self._client.is_closed():
            self._client = Client(self, contents=self._settings.contents)
            self._grow()
        try:
            await self._client.login(self._settings.token)
            if self._settings.base:  # where the library goes when a session is lost
                _, gateway, _ = await self._client.http.get_bot_gateway()
                DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway)
        except discord.LoginFailure:
            await self._client.close()
            raise SetupError(UNKNOWN_BOT) from None
        except BaseException:
            await self._client.close()
            raise

    async def close(self) -> None:
        """Let go of the platform."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.close()
        for thread in threading.enumerate():  # a connection that was just being made is not closed with the others
            if isinstance(thread, KeepAliveHandler):
                thread.stop()

    async def serve(self) -> None:
        """Listen until cancelled. The library comes back by itself after most troubles; after the others we do."""
        pause = FIRST_PAUSE
        while True:
            since = self._wall.monotonic()
            try:
                await self._connected()
                log.warning("Discord ended the connection")
            except discord.PrivilegedIntentsRequired:
                raise SetupError(NO_CONTENTS) from None
            except Exception as error:
                log.warning("no connection to Discord: %s", error)
            await self._client.close()
            pause = FIRST_PAUSE if self._wall.monotonic() - since > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
            await self._wall.sleep(pause)
            await self._again()

    async def send(self, chat: str, reply: Reply, manner: Manner = PLAINLY) -> str:
        """Show a reply as one message or more, the buttons under the last, whose id is returned; where it was asked if that waits.

        Only its person sees there what is not for a group, and what refuses something. Where a channel takes nothing, ChatGone names the
        direct messages of who asked.
        """
        message = ""
        hidden = not manner.group or reply.kind is ReplyKind.ERROR
        for number, page in enumerate(illustrated(reply, await picture(reply))):
            turn = self._turns.get(manner.waits)
            message = await self._answered(turn, page, manner, hidden=hidden) if turn is not None else ""
            try:
                message = message or await self._places.send(chat, page, manner, number)
            except ChatGone as gone:
                asker = await self._places.author(chat, manner.under) if manner.group and not manner.topic else ""
                raise ChatGone(str(gone), now=asker) from gone
        return message

    async def edit(self, chat: str, message: str, reply: Reply) -> bool:
        """Replace what a message shows; what does not fit it follows as messages of its own. False where it is not there any more."""
        first, *more = illustrated(reply, await picture(reply))
        turn = self._turns.of(message)
        try:
            if turn is not None:
                await turn.edit(message, first)
            else:
                await self._places.edit(chat, message, first)
        except (discord.NotFound, ChatGone) as error:
            if isinstance(error, ChatGone) and "-" not in message:
                raise
            log.info("message %s for %s is not there any more: %s", message, chat, error)
            return False
        for number, page in enumerate(more):
            await self._places.send(chat, page, Manner(silent=True), number)
        return True

    async def publish(self, commands: Sequence[CommandSpec]) -> None:
        """Make the slash commands known. Everybody sees their names; what they do is for those who were let in."""
        self._commands = commands
        self._grow()
        await self._client.tree.sync()

    async def menu(self, chat: str, commands: Sequence[CommandSpec]) -> None:
        """Discord has one menu for everybody."""

    async def typing(self, chat: str) -> None:
        """Show that an answer is being worked out."""
        await self._places.typing(chat)

    async def noticed(self, chat: str, message: str) -> None:
        """Nothing: a command is answered where it was asked, and a direct message is noticed."""

    async def delete(self, chat: str, message: str) -> bool:
        """Take a message away: one of its own, and on a server where it manages messages those of others."""
        return await self._places.delete(chat, message)

    # what comes in

    async def message(self, message: discord.Message) -> None:
        """Somebody wrote something: it is kept, however long that takes."""
        line = self._said(message)
        while line is not None:
            try:
                await self.inlet.keep([line])
                return
            except StorageFailed as error:
                log.warning("a message from Discord cannot be kept yet: %s", error)
                await self._wall.sleep(FIRST_PAUSE)

    async def commanded(self, interaction: discord.Interaction, text: str) -> None:
        """A slash command."""
        await self._taken(interaction, self._asked(interaction, text))

    async def tapped(self, interaction: discord.Interaction) -> None:
        """A button: what asks for a word or a price opens a window, the rest is a line."""
        payload = views.payload(interaction)
        line = self._asked(interaction, "", payload)
        if line is not None and payload.startswith((WORD, PRICE)) and self.inlet.known(line.origin):
            await self._quietly(interaction.response.send_modal(views.window(payload)))
            return
        await self._taken(interaction, line)

    async def filled(self, interaction: discord.Interaction) -> None:
        """A window that was filled in."""
        text, payload = lines.filled(*views.entered(interaction))
        await self._taken(interaction, self._asked(interaction, text, payload))

    def completed(self, interaction: discord.Interaction, text: str) -> Sequence[Suggestion]:
        """What a line that begins so may become."""
        line = self._asked(interaction, text)
        return self.inlet.complete(line.origin, text, DISCORD.choices) if line is not None else ()

    async def ready(self, shard: int) -> None:
        """Ask for what was written to us while nobody listened; what was kept before is not kept again."""
        for chat in [*(self.inlet.chats() if shard == 0 else ()), *self._rooms(shard)]:
            try:
                missed = await self._places.since(chat, self._wall.now() - MISSED, MOST_MISSED)
                await self.inlet.keep([line for m in missed if (line := self._said(m)) is not None])
            except Exception as error:
                log.warning("what %s wrote meanwhile is not known: %s", chat, error)

    def _rooms(self, shard: int) -> Sequence[str]:
        """The open channels of the servers of a shard."""
        found = [self._client.get_channel(int(group)) for group in self.inlet.groups() if group.isdecimal()]
        return [lines.place(one) for one in found if isinstance(one, discord.TextChannel) and one.guild.shard_id == shard]

    def _grow(self) -> None:
        """Give the client its commands, once they are known."""
        if self._commands:
            self._client.tree = slash.tree(self._client, self._commands, self.commanded, self.completed)

    def _said(self, message: discord.Message) -> Incoming | None:
        """What a message says to us; on a server nobody is answered who was not let in and did not name us."""
        me = self._client.user
        try:
            line = lines.said(message, me.id, self._clock.now(), self._wall.now()) if me is not None else None
        except Exception:
            log.warning("a message from Discord cannot be read and is passed over", exc_info=True)
            return None
        if line is None or not line.group or self.inlet.known(line.origin):
            return line
        return lines.aside(line) if me in message.mentions else None

    def _asked(self, interaction: discord.Interaction, text: str, payload: str | None = None) -> Incoming | None:
        """What an interaction says; None for one that cannot be read."""
        try:
            line = lines.asked(interaction, text, self._clock.now(), payload)
        except Exception:
            log.warning("an interaction cannot be read and is passed over", exc_info=True)
            return None
        return line if self.inlet.known(line.origin) else lines.aside(line)

    async def _taken(self, interaction: discord.Interaction, line: Incoming | None) -> None:
        """Keep a line, then acknowledge: a tap at once, a command when its answer takes longer than a moment."""
        if line is None:
            return
        hidden = not lines.private(interaction) and not (line.group and self.inlet.shown(line))
        turn = self._turns.begin(interaction, hidden=hidden)
        soon = self._begin(self._soon(turn))
        try:
            await self.inlet.keep([line])
        except StorageFailed as error:
            log.warning("an interaction cannot be kept: %s", error)
            soon.cancel()
            await turn.answer(Page(NOT_TAKEN), silent=False, hidden=True)
            return
        if turn.interaction.type is not discord.InteractionType.application_command:
            await self._quietly(turn.acknowledge())

    async def _soon(self, turn: Turn) -> None:
        await self._wall.sleep(SOON)
        await self._quietly(turn.acknowledge())

    async def _quietly(self, work: Awaitable[object]) -> None:
        """One that the platform does not know any more needs no acknowledgement: its answer goes to direct messages."""
        try:
            await work
        except discord.HTTPException as error:
            log.info("an interaction was not acknowledged: %s", error)

    async def _answered(self, turn: Turn, page: Page, manner: Manner, *, hidden: bool) -> str:
        """Show a page where it was asked for; empty where the platform takes no answer to the interaction.

        It may be over, or answered: what the library sent again after a fault had arrived all the same.
        """
        try:
            message = await turn.answer(page, silent=manner.silent, hidden=hidden)
        except discord.HTTPException as error:
            if not 400 <= error.status < 500 or error.status == BUSY:
                raise
            log.info("an interaction is over before its answer, which goes to direct messages: %s", error)
            self._turns.end(turn)
            return ""
        self._turns.showed(message, turn)
        return message

    async def _connected(self) -> None:
        """Listen until the library gives up. In a task of its own, for while it comes back it would swallow that we are cancelled."""
        task = asyncio.create_task(self._client.connect(reconnect=True))
        try:
            await asyncio.wait({task})
        finally:
            if not task.done():
                await asyncio.shield(self._client.close())
        await task

    async def _again(self) -> None:
        """A new client, for the library's is used up; tried until it is in."""
        pause = FIRST_PAUSE
        while True:
            try:
                await self.open()
                return
            except SetupError:
                raise
            except Exception as error:
                log.warning("Discord does not answer: %s", error)
                await self._wall.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def _begin(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
