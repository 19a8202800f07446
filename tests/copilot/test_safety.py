"""Questions about what stands guard are answered by the command that shows it, and by none that changes it."""

from __future__ import annotations

import pytest

from commands.registry import Registry
from copilot.meaning import Call, Known, Meaning, Propose, Question, QuestionKind
from copilot.safety import RULES, safety_of
from copilot.understand import understand
from tests.evals.understanding import HELD, world

WORLD = world()
KNOWN = Known(WORLD.instruments, HELD, frozenset(), None, WORLD.index)


def said(text: str) -> Meaning:
    return understand(text, KNOWN)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("what are my risk limits?", "risk-limits"),
        ("am I near any limits?", "risk-limits"),
        ("why did you halt?", "breaker"),
        ("why is trading halted?", "breaker"),
        ("why can't I buy?", "breaker"),
        ("did the breaker trip?", "breaker"),
        ("is the kill switch on?", "breaker"),
        ("stop all automation", "automation"),
        ("turn off automation", "automation"),
        ("can you trade without me?", "automation"),
        ("what mandates have I signed?", "mandates"),
        ("what are my exits?", "exits"),
        ("what ladders do I have?", "exits"),
        ("what happens if a stop at the broker fails?", "emergency-exit"),
        ("are my positions safe?", "watch"),
        ("show my alerts", "alerts"),
        ("be quiet at night", "alerts"),
        ("stop sending me alerts", "alerts"),
        ("are the books right?", "reconcile"),
        ("does the book agree with the broker?", "reconcile"),
        ("any orphaned orders?", "orphans"),
        ("when is the next backup?", "jobs"),
        ("run a fire drill", "drill"),
        ("test a crash", "drill"),
        ("show the risk report", "risk-analysis"),
    ],
)
def test_a_question_about_a_guard_is_answered_by_the_command_that_shows_it(text: str, command: str) -> None:
    assert said(text) == Call(command)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("what alerts did I get?", Call("alerts", {"what": "recent"})),
        ("what did you do while I was away?", Call("alerts", {"what": "digest"})),
        ("what if the broker goes down?", Call("drill", {"what": "broker-down 10m"})),
        ("keep an eye on AAPL", Call("watch", {"symbol": "AAPL"})),
        ("do I have a trailing stop on AAPL?", Call("exits", {"symbol": "AAPL"})),
        ("what is a mandate?", Call("explain", {"topic": "mandate"})),
        ("what is the breaker?", Call("explain", {"topic": "breaker"})),
        ("is everything protected?", Call("stops")),
    ],
)
def test_what_is_asked_in_particular_is_answered_in_particular(text: str, meaning: Call) -> None:
    assert said(text) == meaning


@pytest.mark.parametrize("text", ["what would a 10% crash do to me?", "what would a market crash cost me?"])
def test_a_crash_is_a_question_of_what_if(text: str) -> None:
    meaning = said(text)
    assert isinstance(meaning, Question)
    assert meaning.kind is QuestionKind.WHAT_IF


@pytest.mark.parametrize("text", ["show limit orders", "what are my limit orders?", "is the broker connected?"])
def test_limit_orders_and_the_broker_are_not_guards(text: str) -> None:
    meaning = said(text)
    assert isinstance(meaning, Call)
    assert meaning.command in ("orders", "status")


def test_an_instruction_about_a_position_is_still_one() -> None:
    assert isinstance(said("trail my stop on AAPL by 2%"), Propose)
    asked = said("sell AMZN before the close")
    assert isinstance(asked, Propose)
    assert asked.action.line() == "#AMZN exit close"


def test_every_rule_names_a_command_that_is_there_and_only_looks() -> None:
    registry = Registry.discover()
    looks = {"recent", "digest", "broker-down 10m"}
    for command, given, _ in RULES:
        assert registry.command(command).name == command
        assert set(given.values()) <= looks
    assert safety_of("buy two shares of apple") is None
