"""The palette: found by prefix, word, typing error or help, and only what is possible now."""

from __future__ import annotations

import random
import string
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.index import NameIndex, within_one, words_of
from commands.palette import Palette, Shelf, Suggestion
from tests.commands import front
from tests.fakes.market import INSTRUMENTS

FIRST = [
    "market",
    "portfolio",
    "news",
    "order",
    "stop",
    "target",
    "risk",
    "option",
    "sector",
    "chart",
    "price",
    "alert",
    "watch",
    "hedge",
    "yield",
    "bond",
    "fund",
    "trade",
    "tax",
    "cash",
]
SECOND = [
    "summary",
    "history",
    "detail",
    "report",
    "today",
    "week",
    "month",
    "overview",
    "forecast",
    "compare",
    "export",
    "import",
    "preview",
    "status",
    "health",
    "score",
    "rank",
    "filter",
]
NAMES = [f"{a}-{b}" for a in FIRST for b in SECOND] + [
    f"{a}-{b}-all" for a in FIRST for b in ("find", "list", "edit", "audit", "trace", "tree")
]
NAMES = [*NAMES, *FIRST][:500]
BOOK = Shelf([Suggestion(f"/{n}", f"Shows {n.replace('-', ' ')}.", "Test") for n in NAMES])


def found(query: str) -> list[str]:
    return [s.line for s in BOOK.search(query)]


def typing_errors(name: str) -> list[str]:
    dice = random.Random(name)
    at, letter = dice.randrange(1, len(name) - 1), dice.choice(string.ascii_lowercase)
    return [
        name[:at] + name[at + 1 :],
        name[:at] + letter + name[at:],
        name[:at] + letter + name[at + 1 :],
        name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :],
    ]


def test_there_are_500_entries():
    assert len(set(NAMES)) == 500


def test_prefixes_typing_errors_and_swapped_words_are_all_in_the_first_eight():
    for name in NAMES:
        head, _, tail = name.partition("-")
        assert f"/{name}" in found(f"{head}-{tail[:3]}"), name
        assert f"/{name}" in found(" ".join(reversed(name.split("-")))), name
        for typed in typing_errors(name):
            assert f"/{name}" in found(typed), (name, typed)


def test_a_search_takes_far_less_than_a_frame():
    queries = [e for n in NAMES[::5] for e in typing_errors(n)]
    took = []
    for query in queries:
        start = time.perf_counter()
        BOOK.search(query)
        took.append(time.perf_counter() - start)
    assert sorted(took)[len(took) // 2] < 0.002


def test_help_finds_too_and_the_fuzzy_search_comes_last():
    shelf = Shelf(
        [Suggestion("/exposure", "How heavy each sector is.", "A"), Suggestion("/news", "Headlines.", "A")], ["concentration", ""]
    )
    assert [s.line for s in shelf.search("heavy")] == ["/exposure"]
    assert [s.line for s in shelf.search("concentr")] == ["/exposure"]
    assert [s.line for s in shelf.search("exsopuer")] == ["/exposure"]
    assert shelf.search("zzzzqqq") == []
    assert len(shelf.search("")) == 2


@given(st.text(max_size=300))
def test_any_text_has_at_most_eight_suggestions(text):
    assert len(BOOK.search(text)) <= 8
    for line in (text, f"/{text}", f"#{text}", f"/profit-loss {text}"):
        assert len(PALETTE.search(line)) <= 8


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_within_one_is_the_optimal_alignment_distance(one, other):
    edits = {other}
    edits |= {other[:i] + other[i + 1 :] for i in range(len(other))}
    edits |= {other[:i] + c + other[i:] for i in range(len(other) + 1) for c in "abc"}
    edits |= {other[:i] + c + other[i + 1 :] for i in range(len(other)) for c in "abc"}
    edits |= {other[:i] + other[i + 1] + other[i] + other[i + 2 :] for i in range(len(other) - 1)}
    assert within_one(one, other) == (one in edits)


def test_words_and_index():
    assert words_of("#AAPL close 50%") == ("aapl", "close", "50%")
    index = NameIndex(["a b", "b a", "ab"])
    assert index.prefixed("a") == [2, 0]
    assert index.worded(["a", "b"]) == [0, 1]
    assert index.worded(["c"]) == []
    assert index.misspelt_words(["zzz"]) == []


PALETTE = Palette(front.registry().all(), {i.symbol: i for i in INSTRUMENTS})


def lines(text: str, book=None, limit: int = 8) -> list[str]:
    return [s.line for s in PALETTE.search(text, book, limit)]


@pytest.fixture
async def room():
    return await front.room()


async def test_commands_and_their_arguments(room):
    book = room.floor.book
    assert lines("/")[0] == "/broken"
    assert lines("/pro", book) == ["/profit-loss"]
    assert lines("/loss profit", book) == ["/profit-loss"]
    assert lines("/pofit-loss", book) == ["/profit-loss"]
    assert lines("/won", book) == ["/profit-loss"]
    assert lines("/profit_loss ", book)[:5] == [
        "/profit-loss day",
        "/profit-loss month",
        "/profit-loss AAPL",
        "/profit-loss BTC",
        "/profit-loss NVDA",
    ]
    assert lines("/profit-loss month A", book) == ["/profit-loss month AAPL"]
    assert lines("/explain x", book) == []
    assert lines("") == []
    assert PALETTE.search("/help")[0] == Suggestion("/help", "What can be typed.", "Test")


async def test_only_what_is_possible_now(room):
    book = room.floor.book
    assert lines("#aapl", book)[:5] == ["#AAPL close", "#AAPL stop 5%", "#AAPL close 50%", "#AAPL target 10%", "#AAPL exit close"]
    assert "#AAPL trailing 2% after 3%" in lines("#aapl", book)
    assert "#AAPL close" in lines("#close aapl", book)
    assert "#AAPL close" in lines("#$AAPL clsoe", book)
    assert "#XOM close" not in lines("#xom", book)
    assert lines("#xom", book) == ["#buy XOM "]
    assert lines("#sell n", book)[0] == "#sell NVDA "
    assert "#resume" not in lines("#res", book)
    assert not [s for s in lines("#order", book) if s.startswith("#order-")]
    card = await room.say("#AAPL stop 140")
    await room.say(f"confirm {card.ticket.id}")
    assert lines("#order", book)[:2] == ["#order-t1-1 cancel", "#order-t1-1 modify stop "]
    assert "#cancel-all" in lines("#canc", book)
    await room.floor.killswitch.pull("me")
    assert lines("#res", book)[0] == "#resume"
    assert not [s for s in lines("#buy", book) if s.startswith("#buy")]
    assert [s.group for s in PALETTE.search("#resume", book)] == ["Actions"]


async def test_free_text_finds_both(room):
    assert "/profit-loss" in lines("profit", room.floor.book)
    assert lines("emergency", room.floor.book)[0] == "#emergency-stop"
    assert lines("btc", room.floor.book)[0].startswith("#BTC ")


def test_without_a_book_everything_general_is_offered():
    assert {"#close-all", "#cancel-all"} <= {*lines("#close-all"), *lines("#cancel-all")}
    assert "#resume" in lines("#resume")


def test_an_order_without_a_price_can_only_be_cancelled():
    order = SimpleNamespace(client_id="t9-1", symbol="AAPL", side="sell", type="trailing", limit=None, stop=None, open=True)
    book = SimpleNamespace(holdings=SimpleNamespace(positions=()), orders=(order,), halted=False)
    assert [s for s in lines("#order", book) if "order-" in s] == ["#order-t9-1 cancel"]
    assert replace(Suggestion("a", "b", "c"), line="d").line == "d"
