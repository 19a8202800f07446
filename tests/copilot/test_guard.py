"""The guard on one brief: what it lets through, what it takes out and why, and what stands in its place."""

from __future__ import annotations

import asyncio
import unicodedata
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.brief import Brief
from copilot.briefing import briefing
from copilot.compose import too_heavy, what_happened, what_to_do, why_down
from copilot.guard import Ground, ground_of, guarded
from domain.chat import Reply, Text, Tone
from domain.facts import Fact
from domain.money import cents
from domain.orders import Side
from tests.copilot.scene import START, scene


async def _brief() -> Brief:
    stage = await scene()
    stage.stop("NVDA", "171.5")
    await stage.trade("AAPL", Side.SELL, 5, START - timedelta(minutes=40))
    return await stage.brief()


BRIEF = asyncio.run(_brief())
GROUND = ground_of(BRIEF, what_happened(BRIEF), briefing(BRIEF).facts)


def passes(text: str, ground: Ground) -> bool:
    return guarded(text, ground).removed == ()


def words(reply: Reply) -> str:
    return "\n".join(b.text for b in reply.blocks if isinstance(b, Text) and b.tone is not Tone.QUIET)


@pytest.mark.parametrize("make", [what_happened, what_to_do, why_down, too_heavy])
def test_a_composed_answer_passes_as_it_is(make: object) -> None:
    assert callable(make)
    reply = make(BRIEF)
    checked = guarded(words(reply), ground_of(BRIEF, reply, briefing(BRIEF).facts))
    assert checked.removed == ()
    assert checked.text == words(reply)


def test_a_figure_is_kept_rounded_and_with_its_own_sign_and_subject() -> None:
    assert BRIEF.attribution is not None
    part = next(p for p in BRIEF.attribution.parts if p.symbol == "NVDA")
    exact, whole = f"${abs(cents(part.total)):,.2f}", f"${abs(part.total):,.0f}"
    did, did_not = ("made", "lost") if part.total > 0 else ("lost", "made")
    assert passes(f"NVDA {did} {exact}.", GROUND)
    assert passes(f"Nvidia {did} about {whole}.", GROUND)
    assert not passes(f"NVDA {did_not} {exact}.", GROUND)
    assert not passes(f"TSLA {did} {exact}.", GROUND)
    assert not passes(f"NVDA {did} {exact[1:]}%.", GROUND)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("I sold your NVDA.", "done or confirmed"),
        ("Your order has been placed.", "done or confirmed"),
        ("Visit www.example.com for more.", "link"),
        ("Send me your password.", "secrets"),
        ("NVDA will certainly rise.", "promises"),
        ("Sell everything immediately.", "rushes"),
        ("Type `#NVDA close 97%`.", "line that nothing suggests"),
        ("Use /people to add an owner.", "command that nothing suggests"),
        ("“Nvidia loses its largest customer” is in the news.", "quotes what was not told"),
        ("NVDA fell because its founder left.", "cause that was not told"),
        ("NVDA was downgraded by a bank.", "event that was not told"),
        ("PLTR is worth a look.", "of which nothing was told"),
        ("Palantir is worth a look.", "of which nothing was told"),
        ("You bought 5 XOM.", "trade that was not made"),
        ("You should short TSLA.", "urges what no rule suggests"),
        ("It happened on 3 March.", "moment that was not told"),
        ("It happened at 04:44.", "moment that was not told"),
        ("Your equity is $12.34.", "follows from nothing"),
        ("Your second largest position is NVDA.", "ranks"),
    ],
)
def test_what_follows_from_nothing_is_taken_out_with_its_reason(text: str, why: str) -> None:
    checked = guarded(text, GROUND)
    assert checked.kept == 0
    assert why in checked.removed[0]
    assert text not in checked.text


def test_digits_that_hide_are_read_as_they_are_seen() -> None:
    for hidden in (
        "Your equity is $1\u200b2.34.",
        "Your equity is $１２.34.",
        "Your equity is $١٢.34.",
        "Your equity is \u202e43.21$\u202c.",
    ):
        checked = guarded(hidden, GROUND)
        assert checked.kept == 0
        assert not set(checked.text) & set("\u200b\u202e\u202c１２١٢")


def test_in_place_of_a_wrong_sentence_stands_the_composed_one_once() -> None:
    lead = words(what_happened(BRIEF)).split(". ")[0]
    checked = guarded("You are up $99,999.99 today.\nYou are up $88,888.88 today.\nThat is all.", GROUND)
    assert checked.text.count(lead) == 1
    assert checked.text.endswith("That is all.")
    assert checked.kept == 0, "nothing of the model's that is left says anything of the book"
    assert len(checked.removed) == 2


def test_what_a_tool_said_and_a_line_put_forward_may_be_said() -> None:
    fact = Fact("x", "PLTR last", BRIEF.portfolio.equity * 0 + 42, "USD", BRIEF.at)
    bare = ground_of(BRIEF, what_happened(BRIEF), briefing(BRIEF).facts)
    more = ground_of(BRIEF, what_happened(BRIEF), briefing(BRIEF).facts, looked=[fact], lines=["#PLTR close"], texts=["PLTR last 42"])
    assert not passes("PLTR last traded at $42.", bare)
    assert passes("PLTR last traded at $42.", more)
    assert not passes("PLTR last traded at $43.", more)
    assert passes("You could close it: `#PLTR close`.", more)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_no_text_makes_it_fail(text: str) -> None:
    checked = guarded(text, GROUND)
    assert not any(unicodedata.category(c) in ("Cc", "Cf") for c in checked.text if c != "\n")
    assert checked.kept <= len(text)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "NVDA",
                "AAPL",
                "rose",
                "fell",
                "12%",
                "$4",
                "−3",
                "because",
                "of",
                "“a",
                "b",
                "c”",
                "#NVDA",
                "close",
                "half",
                "two",
                "most",
                "Monday",
                "3",
                "May",
                "10:30",
                "the",
                "you",
            ]
        ),
        max_size=25,
    )
)
def test_no_heap_of_words_makes_it_fail(found: list[str]) -> None:
    assert guarded(" ".join(found), GROUND).kept >= 0


def test_chatter_is_no_answer() -> None:
    chatter = guarded("Here is a story. It is about a product. It has been told before. The end.", GROUND)
    assert chatter.kept == 0
    assert [why.rpartition("” ")[2] for why in chatter.removed] == ["says nothing of the book"] * 2
    assert guarded("As for NVDA: " + "it goes on and " * 40 + "ends.", GROUND).removed[0].endswith("runs on")
    lead = words(what_happened(BRIEF)).split(". ")[0]
    assert guarded(f"Here you are. {lead}. That is all.", GROUND).kept == 3
