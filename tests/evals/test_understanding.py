"""The understanding set as a test: no card where none was asked for, and the scores on the split that is never tuned on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from copilot.meaning import Known, Propose
from copilot.understand import understand
from tests.evals.understanding import BLIND, HARDER, Verdict, blind, by_category, demo, harder, lines, score, table, verdicts, world

SAMPLE = Path(__file__).parents[2] / "../shared/data/copilot/prompts_sample.jsonl"


@pytest.fixture(scope="module")
def judged() -> list[Verdict]:
    return verdicts()


def test_no_card_is_drawn_up_where_none_was_asked_for(judged: list[Verdict]) -> None:
    assert [v.line.text for v in judged if v.false_ticket] == []


def test_a_card_that_is_drawn_up_is_the_right_one(judged: list[Verdict]) -> None:
    assert [(v.line.text, v.got) for v in judged if v.got.startswith("#") and not v.right] == []


@pytest.mark.parametrize(("level", "floor"), [("plain", 0.95), ("hard", 0.85)])
@pytest.mark.parametrize("split", ["dev", "held-out"])
def test_enough_is_understood(judged: list[Verdict], level: str, floor: float, split: str) -> None:
    right, of = score(judged, level, split)
    assert of >= 75
    assert right / of >= floor, table(judged)


@pytest.fixture(scope="module")
def unseen() -> list[Verdict]:
    return blind()


def test_no_card_is_drawn_up_where_none_was_asked_for_in_the_blind_set(unseen: list[Verdict]) -> None:
    assert [v.line.text for v in unseen if v.false_ticket] == []


def test_a_card_drawn_up_in_the_blind_set_is_the_right_one(unseen: list[Verdict]) -> None:
    assert [(v.line.text, v.got) for v in unseen if v.got.startswith("#") and not v.right] == []


@pytest.mark.parametrize("split", ["dev", "held-out"])
def test_enough_of_the_blind_set_is_understood(unseen: list[Verdict], split: str) -> None:
    chosen = [v for v in unseen if v.line.split == split]
    assert len(chosen) >= 150
    assert sum(v.right for v in chosen) / len(chosen) >= 0.88, by_category(unseen)


def test_the_blind_set_has_no_line_twice() -> None:
    found = lines(BLIND)
    assert len({line.text for line in found}) == len({line.id for line in found}) == len(found) >= 300


@pytest.fixture(scope="module")
def leaning() -> list[Verdict]:
    return harder()


def test_no_card_is_drawn_up_where_none_was_asked_for_in_the_harder_set(leaning: list[Verdict]) -> None:
    assert [(v.line.before, v.line.text, v.got) for v in leaning if v.false_ticket] == []


def test_a_card_drawn_up_in_the_harder_set_is_the_right_one(leaning: list[Verdict]) -> None:
    assert [(v.line.before, v.line.text, v.got) for v in leaning if v.got.startswith("#") and not v.right] == []


@pytest.mark.parametrize(("level", "floor"), [("plain", 0.95), ("hard", 0.85)])
@pytest.mark.parametrize("split", ["dev", "held-out"])
def test_enough_of_the_harder_set_is_understood(leaning: list[Verdict], level: str, floor: float, split: str) -> None:
    right, of = score(leaning, level, split)
    assert of >= 90
    assert right / of >= floor, by_category(leaning)


def test_the_harder_set_is_large_and_has_no_line_twice() -> None:
    found = lines(HARDER)
    assert len({(line.before, line.text) for line in found}) == len({line.id for line in found}) == len(found) >= 400
    assert {line.category for line in found} >= {"followup", "several", "condition", "amounts", "es", "de", "fr", "zh"}


def test_a_line_takes_under_two_milliseconds(judged: list[Verdict]) -> None:
    times = sorted(v.seconds for v in judged)
    assert times[len(times) // 2] < 0.002, table(judged)


def test_the_set_is_large_and_has_no_line_twice() -> None:
    found = lines()
    assert len(found) >= 400
    assert len({line.text for line in found}) == len({line.id for line in found}) == len(found)


ORDERS = sorted({line.text for line in lines() if line.wants_ticket and "?" not in line.text})
UNSEEN = sorted({line.text for line in lines(BLIND) if line.wants_ticket and "?" not in line.text})
TURNS = (
    "don't {}",
    "please do not {}",
    "never {}",
    "should I {}?",
    "would you ever {}?",
    "can I {}?",
    "what if I {}",
    "my brother says {}",
    'he wrote "{}"',
    "> {}",
    "fwd: {}",
    "analysts recommend: {}",
    "if it rains {}",
    "I was going to {}",
    "tomorrow {}",
    "I might {}",
    "{} or should I wait?",
    "{} unless it recovers",
    "{} except on Mondays",
    "is it wise to {}",
    "why would I {}",
    "the news says {}",
    "no need to {}",
)


@pytest.mark.parametrize("turn", TURNS)
def test_an_order_turned_round_is_never_drawn_up(turn: str) -> None:
    known = world()
    turned = [turn.format(order) for order in ORDERS]
    assert [t for t in turned if isinstance(understand(t, known), Propose)] == []
    known, turned = demo(), [turn.format(order) for order in UNSEEN]
    assert [t for t in turned if isinstance(understand(t, known), Propose)] == []


# What a public sample of prompts may become; anything else there has only to be no card.
MEANT: dict[str, set[str]] = {
    "account": {"portfolio-summary"},
    "positions": {"positions"},
    "portfolio_summary": {"portfolio-summary"},
    "orders": {"orders"},
    "news": {"news"},
    "news_impact": {"news", "what-happened"},
    "quote": {"quote", "positions"},
    "performance": {"performance", "profit-loss"},
    "exposure": {"exposure"},
    "risk": {"exposure"},
    "recommend": {"what-to-do"},
    "trades": {"journal", "orders", "profit-loss"},
    "market_hours": {"status"},
}
TICKETS = {"order_sell", "order_buy", "close_position"}
NOT_ONE_ORDER = {"ladder"}


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample of prompts is not beside the project")
def test_the_sample_of_prompts_is_understood() -> None:
    known: Known = world()
    wrong = []
    for line in SAMPLE.read_text(encoding="utf-8").splitlines():
        prompt = json.loads(line)
        meaning = understand(prompt["text"], known)
        wants = prompt["intent"] in TICKETS and not NOT_ONE_ORDER & set(prompt["slots"])
        if isinstance(meaning, Propose) != wants:
            wrong.append((prompt["text"], meaning))
        if prompt["intent"] in MEANT and getattr(meaning, "command", None) not in MEANT[prompt["intent"]]:
            wrong.append((prompt["text"], meaning))
    assert wrong == []
