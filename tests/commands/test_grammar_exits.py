"""The exits' part of the grammar: every line it has, what it forgives, what it refuses, and that what is printed parses again."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import grammar
from commands.grammar_exits import MOST_RUNGS
from domain.chat import Action, Amount, Rung, Unit, Verb
from domain.errors import GrammarError, UserError

KNOWN = frozenset({"AAPL", "BRK.B", "EXIT", "LADDER"})


def parse(line: str) -> Action:
    return grammar.parse(line, KNOWN.__contains__)


def outcome(line: str) -> Action | UserError:
    try:
        return parse(line)
    except UserError as refusal:
        return refusal


def percent(value: str) -> Amount:
    return Amount(Decimal(value), Unit.PERCENT)


def test_parses_every_line_of_it():
    atr, price = Amount(Decimal(2), Unit.ATR), Amount(Decimal(185), Unit.PRICE)
    of = {
        "#AAPL trailing 2% after 3%": Action(Verb.TRAILING, "AAPL", percent("2"), after=percent("3")),
        "#AAPL trailing 2atr after 1atr": Action(Verb.TRAILING, "AAPL", atr, after=Amount(Decimal(1), Unit.ATR)),
        "#AAPL ladder 185 50% 10% 25%": Action(Verb.LADDER, "AAPL", rungs=(Rung(price, percent("50")), Rung(percent("10"), percent("25")))),
        "#AAPL breakeven 5%": Action(Verb.BREAKEVEN, "AAPL", percent("5")),
        "#AAPL exit 10d": Action(Verb.EXIT, "AAPL", when="10d"),
        "#AAPL exit 6h": Action(Verb.EXIT, "AAPL", when="6h"),
        "#AAPL exit close": Action(Verb.EXIT, "AAPL", when="close"),
        "#BRK.B exit earnings": Action(Verb.EXIT, "BRK.B", when="earnings"),
        "#AAPL exits off": Action(Verb.EXITS_OFF, "AAPL"),
        "#exit-ab12 remove": Action(Verb.REMOVE, "ab12"),
        "#EXIT exit close": Action(Verb.EXIT, "EXIT", when="close"),
    }
    for line, action in of.items():
        assert parse(line) == action, line
        assert action.line() == line


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("#aapl trailing", "#AAPL trailing 2atr"),
        ("#aapl trailing after 3%", "#AAPL trailing 2atr after 3%"),
        ("#AAPL Ladder $185 50% +10% 50%.", "#AAPL ladder 185 50% 10% 50%"),
        ("#AAPL breakeven after 5%", "#AAPL breakeven 5%"),
        ("#AAPL ladder 5% 50%, 10% 50%", "#AAPL ladder 5% 50% 10% 50%"),
        ("#aapl exit 10 days", "#AAPL exit 10d"),
        ("#AAPL EXIT 1 hour", "#AAPL exit 1h"),
        ("#aapl Exits OFF", "#AAPL exits off"),
        ("#EXIT_AB12 Remove", "#exit-ab12 remove"),
    ],
)
def test_forgives_what_phones_do(typed, line):
    assert parse(typed).line() == line


@pytest.mark.parametrize(
    ("line", "token"),
    [
        ("#AAPL trailing 2% after", "after"),
        ("#AAPL trailing 2% after 185", "185"),
        ("#AAPL trailing 2% after 100%", "100%"),
        ("#AAPL trailing 100% after 3%", "100%"),
        ("#AAPL trailing 2% after 3% now", "now"),
        ("#AAPL ladder", "ladder"),
        ("#AAPL ladder 185", "185"),
        ("#AAPL ladder 185 10", "10"),
        ("#AAPL ladder 185 60% 195 50%", "50%"),
        ("#AAPL ladder +185 50%", "+185"),
        ("#AAPL ladder" + " 185 10%" * (MOST_RUNGS + 1), "185"),
        ("#AAPL breakeven", "breakeven"),
        ("#AAPL breakeven 5", "5"),
        ("#AAPL breakeven 5% 6%", "6%"),
        ("#AAPL exit", "exit"),
        ("#AAPL exit soon", "soon"),
        ("#AAPL exit 0d", "0d"),
        ("#AAPL exit 366d", "366d"),
        ("#AAPL exit 10d later", "later"),
        ("#AAPL exits", "exits"),
        ("#AAPL exits on", "on"),
        ("#AAPL exits off now", "now"),
        ("#exit-", "exit-"),
        ("#exit-ab12", "exit-ab12"),
        ("#exit-ab12 close", "close"),
        ("#exit-ab12 remove now", "now"),
        ("#exit-../x remove", "exit-../x"),
    ],
)
def test_refuses_and_names_the_token(line, token):
    with pytest.raises(GrammarError) as refusal:
        parse(line)
    assert refusal.value.token == token
    assert refusal.value.example
    if "ab12cd34" not in refusal.value.example:
        assert parse(refusal.value.example).line()


percents = st.builds(Amount, st.decimals(min_value="0.01", max_value="20", places=2), st.just(Unit.PERCENT))
atrs = st.builds(Amount, st.decimals(min_value="0.1", max_value=99, places=1), st.just(Unit.ATR))
prices = st.builds(Amount, st.decimals(min_value="0.01", max_value=99_999, places=2), st.just(Unit.PRICE))
actions = st.one_of(
    st.builds(Action, st.just(Verb.TRAILING), st.just("AAPL"), percents | atrs, after=st.none() | percents | atrs),
    st.builds(
        Action,
        st.just(Verb.LADDER),
        st.just("AAPL"),
        rungs=st.lists(st.builds(Rung, prices | percents, percents), min_size=1, max_size=5).map(tuple),
    ),
    st.builds(Action, st.just(Verb.BREAKEVEN), st.just("AAPL"), percents),
    st.builds(Action, st.just(Verb.EXIT), st.just("AAPL"), when=st.sampled_from(["1d", "365d", "999h", "close", "earnings"])),
    st.builds(Action, st.just(Verb.EXITS_OFF), st.just("AAPL")),
    st.builds(Action, st.just(Verb.REMOVE), st.from_regex(r"\A[a-z0-9]{1,12}\Z")),
)


@given(actions)
def test_what_is_printed_parses_to_the_same_action(action):
    assert parse(action.line()) == action
    assert parse(action.line().lower()) == action


words = st.sampled_from(
    [
        "trailing",
        "after",
        "ladder",
        "exit",
        "exits",
        "off",
        "breakeven",
        "2%",
        "185",
        "2atr",
        "10d",
        "+5%",
        "close",
        "AAPL",
        "remove",
        "exit-a1",
    ]
)


@given(st.lists(words, max_size=7).map(" ".join))
def test_any_mixture_of_words_is_an_action_or_a_refusal(text):
    for line in (f"#AAPL {text}", f"#{text}", f"#exit-{text}"):
        read = outcome(line)
        if isinstance(read, Action):
            assert parse(read.line()) == read
        else:
            assert read.example


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("#AAPL trailng 2%", "#AAPL trailing 2%"),
        ("#AAPL lader 185 50%", "#AAPL ladder 5% 50% 10% 50%"),
        ("#AAPL brekeven 5%", "#AAPL breakeven 5%"),
        ("#AAPL exti 10d", "#AAPL exit 10d"),
    ],
)
def test_a_mistyped_verb_is_answered_with_the_line_that_was_meant(line: str, meant: str) -> None:
    with pytest.raises(GrammarError) as refused:
        parse(line)
    assert refused.value.example == meant
    assert "ladder, breakeven or exit" in refused.value.message
    parse(meant)
