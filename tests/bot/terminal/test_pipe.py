"""One line in, one answer out."""

import io

from bot.adapters.terminal.conversation import Conversation
from bot.adapters.terminal.pipe import LONGEST_LINE, Pipe
from domain.chat import Reply, Text
from domain.clock import ManualClock
from tests.bot.terminal.desk import ORIGIN, START, Desk


class Ticking(ManualClock):
    """A clock that moves by what is slept."""

    async def sleep(self, seconds):
        from datetime import timedelta

        self.set(self.now() + timedelta(seconds=seconds))


async def talk(data: bytes, updates=None):
    desk, clock, sink = Desk(), Ticking(START), io.StringIO()
    looks = []

    async def nothing():
        looks.append(clock.now())
        return 0

    conversation = Conversation(desk.handle, desk.open_cards, ORIGIN, clock, "s")
    pipe = Pipe(conversation, io.BytesIO(data), sink, clock=clock, updates=updates or nothing)
    await pipe.serve()
    return desk, sink.getvalue(), looks, pipe


async def test_every_line_has_an_answer_and_empty_lines_none():
    desk, out, _, pipe = await talk(b"one\n\n  \ntwo")
    assert [i.text for i in desk.heard] == ["one", "two"]
    assert out == "heard one\n\nheard two\n\n"
    await pipe.publish(())
    await pipe.edit("", "", Reply((Text("edited"),)))


async def test_a_confirmation_waits_two_seconds_for_the_first_update_and_no_longer():
    _, out, looks, _ = await talk(b"card a\nyes\nnext\n")
    assert "Sent." in out
    assert 30 <= len(looks) <= 60
    assert out.endswith("heard next\n\n")


async def test_an_update_ends_the_wait():
    looks = []

    async def second_look():
        looks.append(1)
        return len(looks) >= 2

    await talk(b"card a\nyes\n", second_look)
    assert len(looks) == 2


async def test_bytes_that_are_not_utf8_are_answered():
    desk, out, _, _ = await talk(b"\xff\xfe/positions\nnext\n")
    assert "�" in desk.heard[0].text
    assert out.count("heard") == 2


async def test_a_line_of_ten_megabytes_is_one_line_and_is_not_kept():
    desk, _, _, _ = await talk(b"a" * 10_000_000 + b"\nnext\n")
    assert [len(i.text) for i in desk.heard] == [LONGEST_LINE + 1, 4]
