"""The prompt with a person at it, typed through prompt_toolkit's own pipe input."""

import asyncio
from contextlib import asynccontextmanager

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from bot.adapters.terminal.conversation import Conversation
from bot.adapters.terminal.prompt import PaletteCompleter, Prompt, painted
from commands.palette import Suggestion
from domain.chat import Reply, Text, Tone
from domain.clock import ManualClock
from tests.bot.terminal.desk import ORIGIN, START, Desk

FOUND = Suggestion("/positions", "What you hold.", "Portfolio")


@asynccontextmanager
async def prompt(history=None):
    desk = Desk()
    with create_pipe_input() as keys:
        session: PromptSession[str] = PromptSession(input=keys, output=DummyOutput())
        talk = Conversation(desk.handle, desk.open_cards, ORIGIN, ManualClock(START), "s")
        made = Prompt(talk, search=lambda text: [FOUND], status=lambda: "demo", history=history, session=session)
        yield desk, keys, made


async def test_lines_are_answered_until_control_d(tmp_path):
    async with prompt(tmp_path / "history") as (desk, keys, made):
        keys.send_text("hello\n\nthere\n\x04")
        await asyncio.wait_for(made.serve(), 10)
        assert [i.text for i in desk.heard] == ["hello", "there"]
        assert "+hello" in (tmp_path / "history").read_text()
        await made.publish(())
        await made.edit("", "", Reply((Text("edited"),)))


async def test_control_c_asks_and_n_stays(tmp_path):
    async with prompt() as (desk, keys, made):
        keys.send_text("\x03")
        serving = asyncio.create_task(made.serve())
        await asyncio.sleep(0.3)
        keys.send_text("n\n")
        await asyncio.sleep(0.3)
        keys.send_text("still here\n")
        await asyncio.sleep(0.3)
        keys.send_text("\x03")
        await asyncio.sleep(0.3)
        keys.send_text("y\n")
        await asyncio.wait_for(serving, 10)
        assert [i.text for i in desk.heard] == ["still here"]


async def test_control_c_twice_leaves():
    async with prompt() as (_, keys, made):
        keys.send_text("\x03")
        serving = asyncio.create_task(made.serve())
        await asyncio.sleep(0.3)
        keys.send_text("\x03")
        await asyncio.wait_for(serving, 10)
        assert serving.done()


async def test_exit_leaves():
    async with prompt() as (desk, keys, made):
        keys.send_text("Exit\n")
        await asyncio.wait_for(made.serve(), 10)
        assert desk.heard == []


class Bell(DummyOutput):
    """Counts how often it rang."""

    rung = 0

    def bell(self):
        self.rung += 1


async def test_an_alert_rings_unless_it_is_silent():
    async with prompt() as (_, _, made):
        made._session.app.output = bell = Bell()
        await made.push("", Reply((Text("loud"),)), silent=False)
        await made.push("", Reply((Text("quiet"),)), silent=True)
        assert bell.rung == 1


async def test_an_alert_waits_for_the_answer_that_is_under_way(monkeypatch):
    async with prompt() as (_, keys, made):
        said, shown, go = asyncio.Event(), [], asyncio.Event()

        async def slow(incoming, draft):
            said.set()
            await go.wait()
            return Reply((Text("the answer"),))

        async def send(chat, reply):
            shown.append(reply.blocks[0].text)
            return ""

        monkeypatch.setattr(made._conversation, "_handle", slow)
        monkeypatch.setattr(made, "send", send)
        keys.send_text("hello\n\x04")
        serving = asyncio.create_task(made.serve())
        await asyncio.wait_for(said.wait(), 10)
        pushing = asyncio.create_task(made.push("", Reply((Text("an alert"),)), silent=True))
        for _ in range(5):
            await asyncio.sleep(0)
        assert shown == []
        go.set()
        await asyncio.wait_for(asyncio.gather(serving, pushing), 10)
        assert shown == ["the answer", "an alert"]


def test_the_menu_completes_commands_and_actions_and_leaves_words_alone():
    completer = PaletteCompleter(lambda text: [FOUND])
    (found,) = completer.get_completions(Document("/pos"), CompleteEvent())
    assert (found.text, found.start_position) == ("/positions", -4)
    assert list(completer.get_completions(Document("what happened"), CompleteEvent())) == []


def test_only_tones_with_a_meaning_are_coloured():
    assert painted("down", Tone.BAD) == "\x1b[31mdown\x1b[0m"
    assert painted("plain", Tone.PLAIN) == "plain"
    assert painted("", Tone.BAD) == ""
