"""Exits in one's own words: the line they draw up, and what is asked back."""

from __future__ import annotations

import pytest

from copilot.meaning import AskBack, Known, Propose
from copilot.understand import understand
from tests.evals.understanding import COMMANDS, HELD, world

KNOWN = world()


def said(text: str, last: str | None = "AAPL") -> object:
    return understand(text, Known(KNOWN.instruments, HELD, COMMANDS, last, KNOWN.index))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("sell half of apple at 260 and half at 280", "#AAPL ladder 260 50% 280 50%"),
        ("sell a third of my aapl at $260, a third at $280 and the rest at $300", "#AAPL ladder 260 33% 280 33% 300 34%"),
        ("take half of nvidia at 10% and the rest at 20%", "#NVDA ladder 10% 50% 20% 50%"),
        ("sell half my nvda when it hits 250 and the other half at 300", "#NVDA ladder 250 50% 300 50%"),
        ("sell 25% of my apple once it is up 5%, 25% at 10% and the rest at 15%", "#AAPL ladder 5% 25% 10% 25% 15% 50%"),
        ("sell half at 260 and half at 280", "#AAPL ladder 260 50% 280 50%"),
        ("move my stop on apple to break even once it is up 3%", "#AAPL breakeven 3%"),
        ("please move the stop to break-even when it is 4% up", "#AAPL breakeven 4%"),
        ("put the stop on NVDA at break even after 5%", "#NVDA breakeven 5%"),
        ("raise my stop on apple to my entry price once it has gained 2.5%", "#AAPL breakeven 2.5%"),
        ("set aapl to breakeven at 3%", "#AAPL breakeven 3%"),
        ("get me out of nvidia before earnings", "#NVDA exit earnings"),
        ("get out of tesla before the next earnings report please", "#TSLA exit earnings"),
        ("close apple before the close", "#AAPL exit close"),
        ("exit my aapl in 10 days", "#AAPL exit 10d"),
        ("sell AAPL after 5 hours", "#AAPL exit 5h"),
    ],
)
def test_an_exit_said_in_words_is_its_line(text: str, line: str) -> None:
    meaning = said(text)
    assert isinstance(meaning, Propose), meaning
    assert meaning.action.line() == line
    assert meaning.said == text


@pytest.mark.parametrize(
    ("text", "asked", "offered"),
    [
        ("move my stop on apple to break even", "From which gain", ("#AAPL breakeven 3%", "#AAPL breakeven 5%")),
        ("move my stop to break even once it is up nicely", "From which gain", ("#AAPL breakeven 3%", "#AAPL breakeven 5%")),
        ("sell half my apple at 0 and half at 10", "make more than all of it, or none", ("#AAPL ladder 5% 50% 10% 50%",)),
        ("sell 80% of my apple at 260 and 80% at 280", "make more than all", ("#AAPL ladder 5% 50% 10% 50%",)),
        ("exit it in 1.5 days", "whole days or hours", ("#AAPL exit 10d", "#AAPL exit 6h")),
        ("exit apple in 400 days", "whole days or hours", ("#AAPL exit 10d", "#AAPL exit 6h")),
    ],
)
def test_what_is_missing_is_asked(text: str, asked: str, offered: tuple[str, ...]) -> None:
    meaning = said(text)
    assert isinstance(meaning, AskBack), meaning
    assert asked in meaning.question
    assert meaning.options == offered


@pytest.mark.parametrize(
    "text",
    [
        "should I sell half of apple at 260 and half at 280?",
        "don't move my stop to break even",
        "close everything before the close",
        "sell apple before the close at 200",
        "sell half of apple at 260 and all at 280",
        '"get me out of nvidia before earnings"',
        "is it wise to get out of nvidia before earnings?",
        "my brother says sell half of apple at 260 and half at 280",
    ],
)
def test_nothing_else_becomes_an_exit(text: str) -> None:
    meaning = said(text)
    assert not isinstance(meaning, Propose), meaning


@pytest.mark.parametrize("text", ["sell half of it at 260 and half at 280", "move my stop to break even", "sell it in 10 days"])
def test_of_what_is_asked_where_nothing_was_spoken_of(text: str) -> None:
    meaning = said(text, last=None)
    assert isinstance(meaning, AskBack), meaning
    assert meaning.question.startswith("Which one?")
