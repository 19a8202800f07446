"""Replies as messages and embeds: what the platform's rules take, nothing lost, the first words as the message's own text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.discord import render, views
from bot.adapters.discord.render import Page, pages
from bot.limits import DISCORD
from domain.chat import Block, Button, Buttons, Chart, Code, KeyValues, Reply, ReplyKind, Table, Text, Tone
from domain.facts import Fact
from tests.bot.replies import BLOCKS, WORDS
from tests.servers import discord_rules
from tests.servers.discord_rules import checked_message, checked_modal

MARKUP = re.compile(r"[\s\\*`\u200b]")


async def sent(reply: Reply) -> list[dict[str, Any]]:
    """The pages as they go over the wire; raises what the platform refuses."""
    found = []
    for page in pages(reply):
        embed, view = views.embed(page), views.buttons(page)
        body: dict[str, Any] = {"content": page.text, "embeds": [embed.to_dict()] if embed else [], "components": view.to_components()}
        checked_message(body)
        found.append(body)
    return found


def words(page: Page) -> str:
    return "\n".join([page.text, page.description, *(f"{f.name} {f.value}" for f in page.fields)])


@settings(deadline=None)
@given(first=WORDS.filter(lambda t: bool(t.strip())), blocks=st.lists(BLOCKS, max_size=8))
async def test_whatever_a_reply_holds_the_platform_takes_every_page(first: str, blocks: list[Block]) -> None:
    reply = Reply((Text(first, Tone.LEAD), *blocks))
    assert await sent(reply)
    shown = pages(reply)
    assert MARKUP.sub("", shown[0].text).startswith(MARKUP.sub("", first)[:40])
    everything = MARKUP.sub("", "".join(map(words, shown)))
    for block in blocks:
        if isinstance(block, Code):
            assert MARKUP.sub("", block.text.replace("```", "'''")) in everything


async def test_a_text_of_exactly_the_limit_is_taken_and_one_more_is_not() -> None:
    checked_message({"content": "x" * DISCORD.text})
    with pytest.raises(discord_rules.Refused):
        checked_message({"content": "x" * (DISCORD.text + 1)})
    (page,) = await sent(Reply((Text("x" * 5000, Tone.LEAD),)))
    assert len(str(page["content"])) <= DISCORD.text


async def test_an_embed_holds_six_thousand_and_a_field_a_thousand_and_twenty_four() -> None:
    rows = tuple((f"Row {n}", "y" * 900) for n in range(12))
    made = pages(Reply((Text("Many", Tone.LEAD), KeyValues(rows))))
    assert len(made) == 2
    assert all(p.size <= DISCORD.embed and all(len(f.value) <= DISCORD.field for f in p.fields) for p in made)
    few = pages(Reply((Text("Many", Tone.LEAD), KeyValues(tuple((f"Row {n}", "1") for n in range(60))))))
    assert [len(p.fields) for p in few] == [25, 25, 10]


async def test_a_label_has_eighty_and_a_payload_comes_once_and_whole_or_not_at_all() -> None:
    buttons = (
        Button("l" * 200, "/a"),
        Button("twice", "/a"),
        Button("long", "/" + "b" * 200),
        *(Button(f"{n}", f"/{n}") for n in range(40)),
    )
    made = pages(Reply((Text("Pick", Tone.LEAD), Buttons(buttons))))[-1].buttons
    flat = [b for row in made for b in row]
    assert [len(row) for row in made] == [5, 5, 5, 5, 5]
    assert (len(flat[0].label), flat[0].label[-1], flat[1].payload) == (DISCORD.label, "…", "/0")
    await sent(Reply((Text("Pick", Tone.LEAD), Buttons(buttons))))


def test_what_a_picture_shows_is_described_in_at_most_a_thousand_and_twenty_four() -> None:
    chart = Chart("AAPL", ("a", "b"), (Decimal(1), Decimal(2)), "USD", "It rose. " * 300)
    first, *_ = render.illustrated(Reply((Text("AAPL", Tone.LEAD), chart)), b"png")
    (file,) = views.files(first)
    assert 900 < len(first.alternative) <= DISCORD.alternative == 1024
    assert file.description == first.alternative


def test_markup_mentions_and_links_of_others_stay_text() -> None:
    told = "@everyone <@11> <t:0> [AAPL](https://evil.example) **bold** # no heading"
    (page,) = pages(Reply((Text("News", Tone.LEAD), Text(told))))
    assert page.description == r"@everyone \<@11> \<t:0> \[AAPL](https://evil.example) \*\*bold\*\* # no heading"


def test_lines_to_type_are_code_and_tables_keep_their_columns() -> None:
    table = Table(("Sym", "P/L"), (("AAPL", "+1.00"), ("NVDA", "−20.00")), (1,))
    (page,) = pages(Reply((Text("Trim `#NVDA close 35%`", Tone.LEAD), table, Code("```x"), Text("quiet", Tone.QUIET))))
    assert page.text == "**Trim `#NVDA close 35%`**"
    frame, code, quiet = page.description.split("\n\n")
    assert [len(line) for line in frame.strip("`").strip().splitlines()[-2:]] == [len("NVDA  −20.00")] * 2
    assert (code, quiet) == ("```\n'''x\n```", "*quiet*")


@pytest.mark.parametrize(
    ("reply", "colour"),
    [
        (Reply((Text("x", Tone.LEAD),), facts=(Fact("pl", "day P/L", Decimal(-3), "USD", datetime(2026, 1, 1, tzinfo=UTC)),)), render.BAD),
        (Reply((Text("x", Tone.LEAD),), facts=(Fact("pl", "day P/L", Decimal(3), "USD", datetime(2026, 1, 1, tzinfo=UTC)),)), render.GOOD),
        (Reply((Text("x", Tone.LEAD),)), render.PLAIN),
        (Reply((Text("x", Tone.BAD),)), render.BAD),
        (Reply((Text("x", Tone.WARNING),)), render.CAREFUL),
        (Reply((Text("x", Tone.LEAD),), kind=ReplyKind.ERROR), render.CAREFUL),
    ],
)
def test_the_colour_is_the_result(reply: Reply, colour: int) -> None:
    assert {p.colour for p in pages(reply)} == {colour}


async def test_a_window_asks_for_the_word_or_the_price_that_its_button_names() -> None:
    for payload, label in (("word:CLOSE:confirm:abc:0123", "Type CLOSE"), ("price:#buy AAPL 2", "Limit price")):
        data = views.window(payload).to_dict()
        checked_modal(data)
        assert (data["custom_id"], data["components"][0]["label"]) == (payload, label)


def test_a_reply_without_words_and_a_chart_are_shown_too() -> None:
    assert pages(Reply(()))[0].text == "…"
    chart = Chart("AAPL", ("a", "b"), (Decimal(1), Decimal(2)), "USD", "AAPL rose.")
    assert "AAPL" in pages(Reply((chart,)))[0].description
