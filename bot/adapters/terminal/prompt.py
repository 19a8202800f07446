"""The terminal with a person at it: prompt_toolkit with the palette as completion menu, a status line, and alerts above the prompt."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import ANSI
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.styles import Style

from bot.adapters.terminal.conversation import Conversation
from bot.adapters.terminal.live import Live
from bot.plain import render
from commands import keys
from commands.draft import Draft
from commands.palette import Suggestion
from domain.chat import PLAINLY, CommandSpec, Manner, Reply, Tone

LEAVING = frozenset({"exit", "quit", "bye", ":q"})
WIDEST = 100
STYLE = Style.from_dict({"bottom-toolbar": "noreverse bg:#303030 #d0d0d0", "prompt": "bold"})
_COLOURS = {
    Tone.LEAD: "\x1b[1m",
    Tone.GOOD: "\x1b[32m",
    Tone.BAD: "\x1b[31m",
    Tone.WARNING: "\x1b[33m",
    Tone.QUIET: "\x1b[90m",
}


def painted(text: str, tone: Tone) -> str:
    """Colour by tone, with codes that every terminal since the VT100 knows."""
    code = _COLOURS.get(tone)
    return f"{code}{text}\x1b[0m" if code and text else text


class PaletteCompleter(Completer):
    """The palette as a menu: lines that begin with `/` or `#`."""

    def __init__(self, search: Callable[[str], Sequence[Suggestion]]) -> None:
        self._search = search

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Whole-line completions, each with its group and help."""
        text = document.text_before_cursor.lstrip()
        if text[:1] not in ("/", "#"):
            return
        for found in self._search(text):
            yield Completion(found.line, start_position=-len(text), display_meta=f"{found.group} · {found.help}")


class Lines(FileHistory):
    """What was typed, for the arrow keys of the next session too; what looks like a key is not kept."""

    def append_string(self, string: str) -> None:
        """See `History`."""
        if keys.found(string) is None:
            super().append_string(string)


class Prompt:
    """A chat for one person. Ctrl-C asks before it leaves, Ctrl-D leaves; the session's history is kept in `history` where one is given."""

    platform = "terminal"

    def __init__(
        self,
        conversation: Conversation,
        *,
        search: Callable[[str], Sequence[Suggestion]],
        status: Callable[[], str],
        history: Path | None = None,
        session: PromptSession[str] | None = None,
    ) -> None:
        kept: History = Lines(str(history)) if history else InMemoryHistory()
        self._conversation = conversation
        self._session: PromptSession[str] = session or PromptSession()
        self._session.history = kept
        self._session.default_buffer.history = kept
        self._session.completer = PaletteCompleter(search)
        self._session.complete_while_typing = True
        self._session.bottom_toolbar = lambda: ANSI(f" {status()}")
        self._session.refresh_interval = 1.0
        self._session.style = STYLE
        self._live = Live(self._session.output, self._rendered)
        self._answering = asyncio.Lock()

    async def serve(self) -> None:
        """Answer lines until the reader leaves."""
        with patch_stdout(raw=True):
            while True:
                try:
                    line = await self._session.prompt_async("› ")
                except KeyboardInterrupt:
                    if await self._asked_to_leave():
                        return
                    continue
                except EOFError:
                    return
                if line.strip().lower() in LEAVING:
                    return
                if line.strip():
                    async with self._answering:
                        draft = Draft()
                        async with self._live.following(draft):
                            turn = await self._conversation.say(line, draft)
                        await self.send("", turn.reply)

    async def send(self, chat: str, reply: Reply, manner: Manner = PLAINLY) -> str:
        """Print a reply above the prompt."""
        self._conversation.shown(reply)
        print_formatted_text(ANSI(self._rendered(reply) + "\n"), output=self._session.output)
        return ""

    async def push(self, chat: str, reply: Reply, *, silent: bool) -> str:
        """Print an alert above the prompt, never between a line and its answer, and ring the terminal's bell unless `silent`."""
        async with self._answering:
            shown = await self.send(chat, reply)
            if not silent:
                self._session.output.bell()
                self._session.output.flush()
            return shown

    async def edit(self, chat: str, message: str, reply: Reply) -> bool:
        """What scrolled by stays; the new state is printed."""
        await self.send(chat, reply)
        return True

    async def publish(self, commands: Sequence[CommandSpec]) -> None:
        """The palette reads the registry itself."""

    def _rendered(self, reply: Reply) -> str:
        width = min(shutil.get_terminal_size().columns, WIDEST)
        return render(reply, width=width, paint=painted, number_buttons=True)

    async def _asked_to_leave(self) -> bool:
        """Ctrl-C and Ctrl-D at the question leave too."""
        asking: PromptSession[str] = PromptSession(input=self._session.input, output=self._session.output)
        try:
            answer = await asking.prompt_async("Leave? Working orders stay at the broker, alerts wait for your return. [y/N] ")
        except (KeyboardInterrupt, EOFError):
            return True
        return answer.strip().lower() in ("y", "yes")
