"""Amounts in words and figures, typing errors, and what cannot be read for sure."""

from __future__ import annotations

from decimal import Decimal

import pytest

from copilot.vocabulary import close_to, mended
from copilot.words import Kind, clean, tokens


def read(text: str) -> list[tuple[Kind, Decimal | str]]:
    found = tokens(text, is_name=lambda w: False)
    return [(t.kind, t.value if t.value is not None else t.low) for t in found]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("fifty", 50),
        ("twenty-five", 25),
        ("twenty five", 25),
        ("two hundred and fifty", 250),
        ("one hundred and twenty", 120),
        ("a hundred", 100),
        ("two thousand", 2000),
        ("ten thousand five hundred", 10500),
        ("a dozen", 12),
        ("1,000", 1000),
        ("2k", 2000),
        ("1.5k", 1500),
        ("2 thousand", 2000),
        ("0.5", Decimal("0.5")),
        (".5", Decimal("0.5")),
    ],
)
def test_numbers(text: str, value: object) -> None:
    assert read(text) == [(Kind.NUMBER, value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [("$500", 500), ("500 dollars", 500), ("$2.5k", 2500), ("500$", 500), ("a hundred bucks", 100), ("$1 million", 10**6)],
)
def test_money(text: str, value: object) -> None:
    assert read(text) == [(Kind.MONEY, value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [("half", 50), ("a third", 33), ("two thirds", 67), ("a quarter", 25), ("three quarters", 75), ("1/3", 33), ("a tenth", 10)],
)
def test_fractions_are_whole_percent(text: str, value: object) -> None:
    assert read(text) == [(Kind.FRACTION, value)]


@pytest.mark.parametrize(
    ("text", "value"), [("50%", 50), ("50 percent", 50), ("fifty percent", 50), ("2.5 pct", Decimal("2.5")), ("5 per cent", 5)]
)
def test_percent(text: str, value: object) -> None:
    assert read(text) == [(Kind.PERCENT, value)]


@pytest.mark.parametrize("text", ["1e309", "１０", "12abc", "1.000", "99999999999999999999", "5/3", "€500", "1,00", "10MSFT"])
def test_what_cannot_be_read_for_sure_is_junk(text: str) -> None:
    assert Kind.JUNK in {kind for kind, _ in read(text)} or not any(isinstance(v, Decimal) for _, v in read(text))


def test_short_forms_are_spelled_out() -> None:
    assert [v for _, v in read("im down 2day, y u ask")] == ["i", "am", "down", "today", ",", "y", "you", "ask"]
    assert [v for _, v in read("why's p/l vs S&P 500")] == ["why", "is", "pnl", "vs", "benchmark"]
    assert [v for _, v in read("don't can't I'd")] == ["do", "not", "can", "not", "i", "would"]


@pytest.mark.parametrize(
    ("typed", "meant"), [("postions", "positions"), ("clsoe", "close"), ("yesterdya", "yesterday"), ("sel", "sell"), ("happend", "happen")]
)
def test_typing_errors_are_mended(typed: str, meant: str) -> None:
    assert mended(typed) == meant


@pytest.mark.parametrize("word", ["tell", "sells", "closing", "buyer", "by", "fell", "train", "exist", "xyz", "closed", "drop"])
def test_words_that_are_right_are_left_alone(word: str) -> None:
    assert mended(word) is None


def test_one_slip_apart() -> None:
    assert close_to("apple", "appel")
    assert close_to("apple", "aple")
    assert close_to("aple", "apple")
    assert not close_to("apple", "maple tree")
    assert not close_to("abcd", "badc")


def test_hidden_characters_show() -> None:
    assert clean("sell\u202eall\u200b") == "sell\ufffdall\ufffd"
    assert clean("“it’s” 🚀") == '"it\'s"  '
