"""Replies as pages: what the platform's rules take, nothing lost, the first words first."""

from __future__ import annotations

import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.telegram.render import pages
from domain.chat import Block, Button, Buttons, Chart, Code, Reply, Table, Text, Tone
from tests.bot.replies import BLOCKS, WORDS
from tests.servers.telegram_rules import checked_markup, checked_text


def as_sent(reply: Reply) -> list[str]:
    """The pages as the platform reads them; raises what it refuses."""
    found = []
    for page in pages(reply):
        found.append(checked_text(page.html, "HTML"))
        assert checked_text(page.text, None) == page.text
        checked_markup({"inline_keyboard": [[{"text": b.label, "callback_data": b.payload} for b in row] for row in page.keyboard]})
        assert all(1 <= len(row) <= 3 for row in page.keyboard)
    return found


@given(first=WORDS.filter(lambda t: bool(t.strip())), blocks=st.lists(BLOCKS, max_size=8))
def test_whatever_a_reply_holds_the_platform_takes_every_page(first: str, blocks: list[Block]) -> None:
    reply = Reply((Text(first, Tone.LEAD), *blocks))
    shown = as_sent(reply)
    words = re.sub(r"[\s`]", "", first)
    assert re.sub(r"[\s`]", "", shown[0]).startswith(words[:40])
    everything = re.sub(r"\s", "", "".join(shown))
    for block in blocks:
        if isinstance(block, Code):
            assert re.sub(r"\s", "", block.text) in everything


def test_the_html_and_the_text_without_it_say_the_same() -> None:
    reply = Reply((Text("Trim `#NVDA close 35%` < & >", Tone.LEAD), Text("quiet", Tone.QUIET), Text("bad", Tone.BAD)))
    (page,) = pages(reply)
    assert page.html == "<b>Trim <code>#NVDA close 35%</code> &lt; &amp; &gt;</b>\n\n<i>quiet</i>\n\n🔴 bad"
    assert page.text == "Trim #NVDA close 35% < & >\n\nquiet\n\n🔴 bad"
    assert checked_text(page.html, "HTML") == page.text


def test_buttons_stand_under_the_last_page_three_in_a_row_and_only_those_that_can_come_back() -> None:
    row = Buttons(tuple(Button(f"b{n}", f"/x {n}") for n in range(4)))
    reply = Reply((Text("lead " * 1500), row, Buttons((Button("long", "x" * 65), Button("é", "é" * 32)))))
    first, *_, last = pages(reply)
    assert first.keyboard == ()
    assert [[b.label for b in row] for row in last.keyboard] == [["b0", "b1", "b2"], ["b3"], ["é"]]


def test_a_table_and_a_chart_fit_a_phone() -> None:
    table = Table(("Sym", "Value $", "P/L $", "P/L %"), (("NVDA", "10,495.35", "+2,102.57", "+25.05"),), (1, 2, 3))
    chart = Chart("AAPL", ("Mon", "Tue"), (Decimal(1), Decimal(2)), "USD", "From 1 to 2.")
    (page,) = pages(Reply((Text("lead"), table, chart)))
    for monospaced in re.findall(r"<pre>(.*?)</pre>", page.html, re.DOTALL):
        assert all(len(line) <= 34 for line in monospaced.split("\n"))
    assert page.html.count("<pre>") == 2


def test_a_reply_of_nothing_is_still_a_message() -> None:
    assert as_sent(Reply(())) == ["…"]
    assert as_sent(Reply((Buttons((Button("Help", "/help"),)),))) == ["…"]
