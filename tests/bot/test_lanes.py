"""The order of lines: in turn for each person, beside each other for all, and nobody waits for what takes long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from bot.lanes import AT_ONCE, MOST_LONG, Lanes
from domain.chat import Incoming
from domain.tickets import Origin

AT = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)


def line(text: str, person: str = "1", chat: str = "1") -> Incoming:
    return Incoming(text, Origin("telegram", chat, person), text, AT)


class Stage:
    """Work that lasts until it is let go; a line that begins with `long` says so."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.done: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.lanes = Lanes(self.work)

    async def work(self, one: Incoming, takes_long: Callable[[], None]) -> None:
        self.begun.append(one.text)
        gate = self.gates[one.text] = asyncio.Event()
        if one.text.startswith("long"):
            takes_long()
            takes_long()  # saying it twice changes nothing
        await gate.wait()
        if one.text.endswith("broken"):
            raise ValueError(one.text)
        self.done.append(one.text)

    async def finish(self, *texts: str) -> None:
        for text in texts:
            self.gates[text].set()
            await settled()


async def settled() -> None:
    loop = asyncio.get_running_loop()
    for _ in range(6):
        turn = loop.create_future()
        loop.call_soon(turn.set_result, None)
        await turn


async def test_lines_of_a_person_are_worked_on_in_turn_and_those_of_others_beside_them() -> None:
    stage = Stage()
    for one in (line("a"), line("b"), line("c", "2"), line("d", "1", "group")):
        stage.lanes.add(one)
    await settled()
    assert stage.begun == ["a", "c", "d"]
    await stage.finish("a")
    assert stage.begun == ["a", "c", "d", "b"]
    await stage.finish("b", "c", "d")
    await stage.lanes.idle()
    assert sorted(stage.done) == ["a", "b", "c", "d"]
    assert not stage.lanes._lanes, "nothing is kept of who said nothing more"


async def test_what_takes_long_holds_up_nobody() -> None:
    stage = Stage()
    for text in ("long 1", "a", "b"):
        stage.lanes.add(line(text))
    await settled()
    assert stage.begun == ["long 1", "a"], "the next begins beside it, and those after that still wait their turn"
    await stage.finish("a", "b", "long 1")
    await stage.lanes.idle()
    assert stage.done == ["a", "b", "long 1"]


async def test_long_work_of_one_person_is_bounded() -> None:
    stage = Stage()
    texts = [f"long {n}" for n in range(MOST_LONG + 2)]
    for text in texts:
        stage.lanes.add(line(text))
    await settled()
    assert stage.begun == texts[:MOST_LONG]
    await stage.finish("long 2")
    assert stage.begun == texts[: MOST_LONG + 1]
    for text in texts:
        await stage.finish(*({text} & stage.gates.keys()))
    await stage.lanes.idle()
    assert sorted(stage.done) == texts


async def test_long_work_takes_nobodys_room() -> None:
    stage = Stage()
    for number in range(AT_ONCE):
        stage.lanes.add(line(f"long {number}", str(number)))
    stage.lanes.add(line("a", "late"))
    await settled()
    assert "a" in stage.begun
    await stage.lanes.close()
    assert stage.done == []


async def test_work_that_breaks_lets_the_next_line_through() -> None:
    stage = Stage()
    for text in ("broken", "a", "long broken", "b"):
        stage.lanes.add(line(text))
    await settled()
    await stage.finish("broken", "a")
    await stage.finish("long broken", "b")
    await stage.lanes.idle()
    assert stage.done == ["a", "b"]
    assert not stage.lanes._lanes
