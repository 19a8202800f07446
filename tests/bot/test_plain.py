"""Replies as text: nothing wider than asked, no figure cut, buttons numbered."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plain import cells, render, unpainted
from domain.chat import Button, Buttons, Chart, Code, KeyValues, Reply, Table, Text, Tone

CARD = Reply(
    (
        Text("#AAPL close 50%", Tone.LEAD),
        KeyValues((("side", "sell"), ("estimated value", "$1,150.20"))),
        Table(("", "before", "after"), (("AAPL weight", "12.00%", "6.00%"), ("cash", "$20,000.00", "$21,150.20")), numeric=(1, 2)),
        Code("#AAPL close 50%"),
        Buttons((Button("Confirm", "confirm:t1:0011"), Button("Cancel", "cancel:t1"))),
    )
)


def test_a_card_reads_top_down_with_aligned_figures_and_numbered_buttons():
    text = render(CARD, width=60, number_buttons=True)
    assert text.splitlines() == [
        "#AAPL close 50%",
        "",
        "side             sell",
        "estimated value  $1,150.20",
        "",
        "                 before       after",
        "AAPL weight      12.00%       6.00%",
        "cash         $20,000.00  $21,150.20",
        "",
        "  #AAPL close 50%",
        "",
        ".1 Confirm  .2 Cancel",
    ]
    assert "Confirm" not in render(CARD, width=60)


def test_a_narrow_table_cuts_words_and_never_figures():
    table = Table(("name", "value"), (("A very long name indeed", "$1,234,567.89"),), numeric=(1,))
    line = render(Reply((table,)), width=24).splitlines()[1]
    assert cells(line) <= 24
    assert "$1,234,567.89" in line
    assert "…" in line


def test_a_chart_is_bars_with_its_alternative():
    chart = Chart("P/L", ("AAPL", "TSLA"), (Decimal(10), Decimal(-5)), "USD", "AAPL made most.")
    lines = render(Reply((chart,)), width=40).splitlines()
    assert lines[0] == "P/L"
    assert lines[1].count("█") == 2 * lines[2].count("█")
    assert lines[-1] == "AAPL made most."
    assert render(Reply((Chart("", (), (), "USD", "Nothing yet."),))) == "Nothing yet."


def test_tones_reach_the_paint():
    seen = []

    def paint(text, tone):
        seen.append((text, tone))
        return text

    render(Reply((Text("down", Tone.BAD), KeyValues((("a", "b"),), title="T"))), paint=paint)
    assert ("down", Tone.BAD) in seen
    assert ("T", Tone.LEAD) in seen
    assert unpainted("x", Tone.GOOD) == "x"


def test_wide_and_combining_characters_are_measured_as_shown():
    assert cells("日本") == 4
    assert cells("é") == 1
    assert cells("−1") == 2


@pytest.mark.parametrize("count", [1, 12])
def test_many_buttons_wrap(count):
    reply = Reply((Buttons(tuple(Button(f"Prepare {n}", f"/{n}") for n in range(count))),))
    assert all(cells(line) <= 40 for line in render(reply, width=40, number_buttons=True).splitlines())


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=60), min_size=1, max_size=6))
def test_any_words_render(words):
    reply = Reply((Text(" ".join(words)), Table(("a", "b"), tuple((w, w) for w in words)), KeyValues(tuple((w, w) for w in words))))
    assert isinstance(render(reply, width=34), str)
