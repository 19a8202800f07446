"""Lines of four languages as English, and answers in them: the same figures in other words."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.compose import what_happened, why_down
from copilot.meaning import Propose
from copilot.tongues.replied import LANGUAGES, replied, templates
from copilot.tongues.turned import language_of, turned
from copilot.understand import understand
from domain.chat import KeyValues, Reply, Table, Text
from tests.copilot.scene import scene
from tests.evals.understanding import BLIND, HARDER, demo, lines

_FIGURE = re.compile(r"[+−]?\$?\d[\d,.]*\d%?|`[^`]+`")


def test_english_is_left_as_it_is() -> None:
    found = [*lines(), *lines(BLIND), *(line for line in lines(HARDER) if line.category not in LANGUAGES)]
    assert {line.text for line in found if language_of(line.text) is not None} <= {"¿qué pasó ayer?"}


@pytest.mark.parametrize("language", ["es", "de", "fr", "zh"])
def test_the_lines_of_a_language_are_known_by_it(language: str) -> None:
    found = [line for line in lines(HARDER) if line.category == language]
    assert len(found) >= 28
    unknown = [line.text for line in found if language_of(line.text) != language]
    assert len(unknown) <= 2, unknown  # `mis stops` alone, `mes stops` alone


def test_a_line_with_a_word_that_is_not_known_is_asked_back_and_drawn_up_by_nobody() -> None:
    known = demo()
    assert isinstance(understand("vende la mitad de mis acciones de Apple", known), Propose)
    asked = understand("vende la mitad de mis fabulosas acciones de Apple", known)
    assert not isinstance(asked, Propose)
    assert isinstance(understand("verkaufe die Hälfte meiner Apple Aktien", known), Propose)
    assert not isinstance(understand("verkaufe bloß keine meiner Apple Aktien", known), Propose)
    assert not isinstance(understand("vends seulement si besoin la moitié de mes actions Apple", known), Propose)


@given(st.text(max_size=60))
def test_no_text_makes_it_fail(text: str) -> None:
    found = turned(text)
    assert found is None or found.language in LANGUAGES


def test_every_template_has_its_four_languages_and_as_many_groups() -> None:
    counts = {language: len(templates(language).sentences) for language in LANGUAGES}
    assert len(set(counts.values())) == 1
    assert min(counts.values()) > 40
    for language in LANGUAGES:
        for pattern, template in templates(language).sentences:
            named = {int(n) for n in re.findall(r"\{(\d)\}", template)}
            plain = pattern.groups - len(pattern.groupindex)
            assert named == set(range(1, plain + 1)), (language, template)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_answer_in_another_language_has_the_same_figures_and_lines(language: str) -> None:
    stage = await scene(datetime(2025, 10, 9, 15, 30, tzinfo=UTC))
    for span in ("today", "yesterday"):
        brief = await stage.brief(span)
        for reply in (what_happened(brief), why_down(brief, feared=True)):
            other = replied(reply, language)
            assert other != reply
            assert other.facts == reply.facts
            assert sorted(_figures(other)) == sorted(_figures(reply))


def _figures(reply: Reply) -> list[str]:
    found: list[str] = []
    for block in reply.blocks:
        match block:
            case Text(text):
                found += _FIGURE.findall(text)
            case KeyValues(rows):
                found += [v for _, value in rows for v in _FIGURE.findall(value)]
            case Table(_, rows):
                found += [v for row in rows for cell in row for v in _FIGURE.findall(cell)]
            case _:
                pass
    return found
