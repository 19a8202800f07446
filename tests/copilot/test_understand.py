"""What a line means: the canonical action it proposes, what is asked back, and that nothing said in passing becomes a card."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from commands import grammar
from copilot.meaning import AskBack, Call, Chat, Known, Propose, Question, QuestionKind, Topic
from copilot.understand import LONGEST, understand
from domain.chat import Unit, Verb
from tests.evals.understanding import COMMANDS, HELD, instruments, lines, world

KNOWN = world()
PROPOSING = [line.text for line in lines() if line.wants_ticket]


def said(text: str, last: str | None = None) -> object:
    return understand(text, Known(KNOWN.instruments, HELD, COMMANDS, last, KNOWN.index))


def line_of(text: str, last: str | None = None) -> str:
    meaning = said(text, last)
    assert isinstance(meaning, Propose), (text, meaning)
    return meaning.action.line()


@pytest.mark.parametrize("text", PROPOSING)
def test_a_proposed_line_parses_back_to_the_same_action(text: str) -> None:
    meaning = said(text, "AAPL")
    if isinstance(meaning, Propose):
        assert grammar.parse(meaning.action.line(), lambda s: s in KNOWN.instruments) == meaning.action
        assert meaning.said == text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("sell half of my apple", "#AAPL close 50%"),
        ("sell 1/4 of my apple", "#AAPL close 25%"),
        ("sell 10 shares of apple", "#sell AAPL 10"),
        ("close 10 shares of apple", "#sell AAPL 10"),
        ("sell 100% of apple", "#AAPL close"),
        ("sell my apple shares", "#AAPL close"),
        ("buy 250 dollars of eth", "#buy ETH $250"),
        ("buy 2,500 shares of F", "#buy F 2500"),
        ("buy 500$ of amd", "#buy AMD $500"),
        ("sell 5 TSLA @ 260", "#sell TSLA 5 limit 260"),
        ("limit order to sell 5 TSLA at 260", "#sell TSLA 5 limit 260"),
        ("buy 0.01 ETH/USD", "#buy ETH 0.01"),
        ("cancel order ab12cd34-1", "#order-ab12cd34-1 cancel"),
        ("cancel the order with id ab12", "#order-ab12 cancel"),
        ("set 2 atr stops on everything", "#set-stops"),
        ("put a 3 atr stop under nvidia", "#NVDA stop 3atr"),
        ("set a target 10% up on apple", "#AAPL target 10%"),
        ("take 15% profits", "#take-profits 15%"),
        ("add a stop loss at 5% to every position", "#set-stops 5%"),
        ("take half off the table on nvidia", "#NVDA close 50%"),
        ("lock in my gains", "#take-profits"),
        ("sell half of my appel", "#AAPL close 50%"),
        ("buy 2k of tesla", "#buy TSLA $2000"),
        ("put two grand into tesla", "#buy TSLA $2000"),
        ("scale out of a third of apple", "#AAPL close 33%"),
        ("i want out of tesla", "#TSLA close"),
        ("change the limit of order k3x9-1 to 239.50", "#order-k3x9-1 modify limit 239.5"),
        ("raise the stop on order ab12 to $170", "#order-ab12 modify stop 170"),
        ("change order k3x9-1 to 20 shares", "#order-k3x9-1 modify 20"),
        ("kill k3x9-1", "#order-k3x9-1 cancel"),
        ("Hi! Could you sell half of my apple? Thanks", "#AAPL close 50%"),
        ("hit the kill switch", "#emergency-stop"),
        ("turn trading back on", "#resume"),
    ],
)
def test_an_instruction_becomes_its_canonical_line(text: str, line: str) -> None:
    assert line_of(text) == line


def test_it_is_the_instrument_last_spoken_of() -> None:
    assert line_of("sell half of it", "NVDA") == "#NVDA close 50%"
    assert isinstance(said("sell half of it"), AskBack)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("sell apple", "How much"),
        ("buy nvidia", "How much"),
        ("sell 50 shares", "Which one"),
        ("sell half of my netflx", "Did you mean"),
        ("buy 5 google", "Which of"),
        ("buy 10 $QQQQ", "do not know"),
        ("buy 2k tesla", "Dollars or shares"),
        ("buy 5 dollars shares of tesla", "Dollars or shares"),
        ("sell 5 tlsa", "Did you mean"),
        ("sell 5 AAPL and 3 more of TSLA", "more than one amount"),
        ("sell apple and nvidia", "One at a time"),
        ("sell half my apple and buy 10 tesla", "One at a time"),
        ("set a stop at 170 on apple and a target at 260", "One at a time"),
        ("sell 10 AAPL tomorrow morning", "for later"),
        ("sell everything except apple", "did not understand"),
        ("sell my winners", "one position at a time"),
        ("close all my tech positions", "one position at a time"),
        ("sell all", "Everything"),
        ("sell half of my apple at 260", "closed at the market"),
        ("sell 5 TSLA at 260 or 270 limit", "more than one price"),
        ("limit order to sell 5 TSLA", "At which limit"),
        ("buy 5 TSLA at 250 at the market", "market or at a limit"),
        ("sell all 10 of my apple", "All of it, or"),
        ("buy 5% of nvidia", "of what"),
        ("buy half of nvidia", "of what"),
        ("buy 5 nvidia with my whole portfolio", "exactly"),
        ("buy 0 TSLA", "cannot be traded"),
        ("sell 150% of my apple", "More than 100%"),
        ("buy 3 atr of TSLA", "How many shares"),
        ("buy 5 TSLA at 0", "cannot be a limit"),
        ("set a stop on apple", "Where should"),
        ("set a stop of 100% on apple", "less than 100%"),
        ("trail apple by 5", "trail"),
        ("set a stop at 175", "On which position"),
        ("set stops at 175 on all positions", "One price"),
        ("take profits on TSLA", "How much of TSLA"),
        ("take 10% profits on TSLA", "now, or when"),
        ("set a target of 2 atr on apple", "At which price"),
        ("cancel my order", "Which order"),
        ("remove my stop on tesla", "Which order"),
        ("place an order", "What should I draw up"),
        ("short 50 TSLA", "short sale"),
        ("double my apple position", "How much exactly"),
        ("monitor it: if it hits 130 buy 20", "alerts"),
        ("if it hits 130 buy 20", "wait for a condition"),
        ("stop", "On which position"),
        ("close my position", "Which one"),
        ("change the price of order k3x9-1 to 239", "Its limit, its stop"),
        ("sell AAPL if it drops to 170", "That would be a stop: `#AAPL stop 170`"),
        ("sell my tesla if it falls 5%", "That would be a stop: `#TSLA stop 5%`"),
    ],
)
def test_what_is_missing_or_doubtful_is_asked_back(text: str, word: str) -> None:
    meaning = said(text)
    assert isinstance(meaning, AskBack | Chat), (text, meaning)
    assert word in (meaning.question if isinstance(meaning, AskBack) else meaning.text), (text, meaning)


def test_options_of_a_question_are_lines_that_parse() -> None:
    for text in (
        "sell apple",
        "buy nvidia",
        "buy 2k tesla",
        "sell 5 tlsa",
        "if apple falls to 170 sell it",
        "buy 10 TSLA if it drops below 200",
        "buy half of BTC",
    ):
        meaning = said(text)
        assert isinstance(meaning, AskBack), text
        for option in meaning.options:
            assert option.startswith("/") or grammar.parse(option, lambda s: s in KNOWN.instruments).line() == option
    assert "#buy TSLA 10 limit 200" in said("buy 10 TSLA if it drops below 200").options  # type: ignore[attr-defined]
    assert said("close nvidia when it hits 200").options == ("#NVDA stop 200", "#NVDA target 200")  # type: ignore[attr-defined]


def test_an_exception_is_never_turned_into_its_opposite() -> None:
    assert said("sell everything except apple") == AskBack(said("sell everything except apple").question, ())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "kind", "symbol"),
    [
        ("why am I down?", QuestionKind.WHY_DOWN, None),
        ("what happened to nvidia?", QuestionKind.WHY_DOWN, "NVDA"),
        ("should I sell apple?", QuestionKind.SHOULD_I, "AAPL"),
        ("sell apple?", QuestionKind.SHOULD_I, "AAPL"),
        ("what if I sold my apple", QuestionKind.WHAT_IF, "AAPL"),
        ("am I too heavy in tech?", QuestionKind.TOO_HEAVY, None),
    ],
)
def test_questions_about_the_book_go_to_the_brief(text: str, kind: QuestionKind, symbol: str | None) -> None:
    meaning = said(text)
    assert isinstance(meaning, Question)
    assert (meaning.kind, meaning.symbol) == (kind, symbol)
    assert meaning.command in COMMANDS


def test_a_question_names_its_sector_and_span() -> None:
    assert said("am I too heavy in tech?").sector == "Information Technology"  # type: ignore[attr-defined]
    assert said("why was I down yesterday").span == "yesterday"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("hello", Topic.SMALL_TALK),
        ("thanks!", Topic.SMALL_TALK),
        ("who are you?", Topic.SMALL_TALK),
        ("tell me a joke", Topic.DECLINED),
        ("show call options on Apple expiring in June", Topic.DECLINED),
        ("alert me when AAPL hits 200", Topic.DECLINED),
        ("I already sold", Topic.NOTED),
        ("don't sell apple", Topic.NOTED),
        ("my brother says sell everything", Topic.NOTED),
        ('"sell everything"', Topic.NOTED),
        ("no", Topic.NOTED),
        ("I will sell apple tomorrow", Topic.NOTED),
        ("can I sell 10 apple shares?", Topic.NOTED),
        ("asdfgh qwerty", Topic.LOST),
        ("", Topic.LOST),
        ("🚀", Topic.LOST),
        ("x" * (LONGEST + 1), Topic.LOST),
    ],
)
def test_what_is_only_talk(text: str, topic: Topic) -> None:
    meaning = said(text)
    assert isinstance(meaning, Chat), (text, meaning)
    assert meaning.topic is topic
    assert "\n" not in meaning.text


def test_a_command_that_is_not_there_gives_way_to_its_relative() -> None:
    few = Known(instruments(), HELD, frozenset({"positions", "help", "orders", "performance", "status"}))
    assert understand("quote AAPL", few) == Call("positions", {"symbol": "AAPL"})
    assert understand("show the tutorial", few) == Call("help", {})


def test_questions_without_their_instrument_show_the_positions() -> None:
    assert said("what's the price?") == Call("positions", {})


def test_terms_are_explained_and_symbols_too() -> None:
    assert said("what is a trailing stop?") == Call("explain", {"topic": "trailing stop"})
    assert said("define NVDA") == Call("explain", {"topic": "NVDA"})


def test_part_quoted_part_said_is_asked_back() -> None:
    meaning = said('sell half of my apple, he said "now"')
    assert not isinstance(meaning, Propose)
    hidden = said("sell half of my apple\u202e now")
    assert not isinstance(hidden, Propose)


def test_of_several_sentences_only_a_question_is_answered() -> None:
    assert isinstance(said("It was a long day. What happened yesterday?"), Call)
    assert isinstance(said("What's my biggest loser today? Sell it."), AskBack)
    several = said("Sell 5 TSLA.\nSell 3 AAPL.")
    assert isinstance(several, AskBack)
    assert several.options == ("#sell TSLA 5", "#sell AAPL 3")


@pytest.mark.parametrize("text", ["EMERGENC!SAOP", "emergncy stop", "emergency! sotp"])
def test_what_merely_resembles_the_alarm_is_asked_back(text: str) -> None:
    asked = said(text)
    assert isinstance(asked, AskBack)
    assert asked.options == ("#emergency-stop",)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=120))
@example("EMERGENC!SAOP")
def test_any_text_is_read_without_an_error_and_draws_up_nothing(text: str) -> None:
    assert not isinstance(said(text), Propose)


VERBS = st.sampled_from(
    ["sell", "buy", "close", "dump", "trim", "set a stop on", "cancel", "put", "if", "don't", "take profits on", "all", "half of"]
)
THINGS = st.sampled_from(
    [
        "apple",
        "AAPL",
        "TSLA",
        "my nvidia",
        "everything",
        "it",
        "ON",
        "all",
        "google",
        "10",
        "50%",
        "$500",
        "1e9",
        "-5",
        "a third",
        "at 175",
        "2k",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(VERBS, THINGS), min_size=1, max_size=7))
def test_what_is_proposed_is_always_a_valid_line(words: list[str]) -> None:
    meaning = said(" ".join(words), "XOM")
    if isinstance(meaning, Propose):
        action = meaning.action
        assert grammar.parse(action.line(), lambda s: s in KNOWN.instruments) == action
        assert action.amount is None or Decimal(0) < action.amount.value
        assert not (action.verb is Verb.CLOSE and action.amount and action.amount.unit is not Unit.PERCENT)
