"""Replies of every shape, with texts that markup and limits stumble over."""

from __future__ import annotations

from hypothesis import strategies as st

from domain.chat import Button, Buttons, Code, KeyValues, Table, Text, Tone

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300) | st.sampled_from(
    ["<b>not bold</b>", "a & b &amp; c", "`#AAPL close` now", "😀" * 400, "word " * 1200, "x" * 9000, "`" * 30, "\n" * 5, "<", ">"]
)
LABEL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80)
BLOCKS = st.one_of(
    st.builds(Text, WORDS, st.sampled_from(Tone)),
    st.builds(Code, WORDS),
    st.builds(lambda rows, title: KeyValues(tuple(rows), title), st.lists(st.tuples(LABEL, WORDS), max_size=6), LABEL),
    st.builds(
        lambda rows: Table(("Sym", "Value"), tuple(rows), (1,)), st.lists(st.tuples(LABEL, st.decimals(-9, 9).map(str)), max_size=40)
    ),
    st.builds(lambda rows: Buttons(tuple(rows)), st.lists(st.builds(Button, LABEL, LABEL), max_size=12)),
)
