"""Charts as pictures: the same bytes for the same chart, its words beside it, and text where there is none."""

from __future__ import annotations

import importlib.util
from decimal import Decimal

import pytest

from bot.adapters.telegram.render import illustrated
from bot.pictures import alternative, drawn, picture, told
from domain.chat import Chart, Reply, Text, Tone

CHART = Chart("AAPL", ("Mon", "Tue", "Wed"), (Decimal(1), Decimal(3), Decimal(2)), "USD", "From 1 to 2; high 3.")
REPLY = Reply((Text("AAPL doubled.", Tone.LEAD), CHART))


async def test_a_chart_becomes_the_same_picture_every_time() -> None:
    made = await picture(REPLY)
    assert made == drawn(CHART)
    assert made[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(made[16:20]), int.from_bytes(made[20:24])) == (864, 480)
    falling = drawn(Chart("AAPL", ("Mon", "Tue"), (Decimal(3), Decimal(2)), "USD", "Fell."))
    assert falling != made


async def test_nothing_is_drawn_of_one_value_and_where_nothing_can_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await picture(Reply((Chart("AAPL", ("Mon",), (Decimal(1),), "USD", ""),))) == b""
    assert await picture(Reply((Text("no chart"),))) == b""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert await picture(REPLY) == b""


def test_its_words_stand_beneath_it_and_a_text_too_long_for_that_goes_without() -> None:
    (page,) = illustrated(REPLY, b"png")
    assert (page.picture, page.text) == (b"png", "AAPL doubled.\n\nFrom 1 to 2; high 3.")
    assert alternative(REPLY) == "AAPL: From 1 to 2; high 3."
    assert not any(isinstance(block, Chart) for block in told(REPLY).blocks)
    longer = Reply((*REPLY.blocks, Text("word " * 300)))
    assert [bool(p.picture) for p in illustrated(longer, b"png")] == [False]
