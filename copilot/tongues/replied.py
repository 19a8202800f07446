"""A composed answer in Spanish, German, French or Chinese, from templates: the same figures, lines and buttons in other words.

A sentence for which there is no template stays in English, and no figure is written anew: what stands in a group is put where the template
wants it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from domain.chat import Block, KeyValues, Reply, Table, Text

LANGUAGES = ("es", "de", "fr", "zh")
_SENTENCE_START = re.compile(r"(^|[.!?]\s+|\n(?:• )?)([a-záéíóúñäöüàâçèêëîïôûœ])")


@dataclass(frozen=True, slots=True)
class Templates:
    """One language: patterns of English with what they become, labels of rows, and the names of spans."""

    sentences: tuple[tuple[re.Pattern[str], str], ...]
    labels: Mapping[str, str]
    spans: Mapping[str, str]


def replied(reply: Reply, language: str) -> Reply:
    """The reply with its sentences and labels in a language; facts, lines to type, buttons and cards are as they were."""
    if reply.ticket is not None or language not in LANGUAGES:
        return reply
    found = templates(language)
    return replace(reply, blocks=tuple(_block(block, found) for block in reply.blocks))


@cache
def templates(language: str) -> Templates:
    """The templates of a language, read at their first use."""
    column = LANGUAGES.index(language) + 1
    sentences: list[tuple[re.Pattern[str], str]] = []
    labels: dict[str, str] = {}
    spans: dict[str, str] = {}
    english = ""
    for line in resources.files("copilot.tongues").joinpath("sentences.txt").read_text(encoding="utf-8").split("\n"):
        kind, _, rest = line.partition(": ")
        if kind == "en":
            english = rest
        elif kind == language:
            sentences.append((re.compile(english.replace("{span}", _SPAN)), rest))
        elif kind in ("label", "span"):
            cells = [cell.strip() for cell in rest.split("|")]
            (labels if kind == "label" else spans)[cells[0]] = cells[column]
    return Templates(tuple(sentences), labels, spans)


_SPAN = r"(?P<span>yesterday|today|this week|this month|this year)"


def _block(block: Block, found: Templates) -> Block:
    match block:
        case Text(text, tone):
            return Text(_told(text, found), tone)
        case KeyValues(rows, title):
            return KeyValues(tuple((found.labels.get(label, label), value) for label, value in rows), title)
        case Table(headings, rows, numeric, title):
            return Table(tuple(found.labels.get(h, h) for h in headings), rows, numeric, title)
        case _:
            return block


def _told(text: str, found: Templates) -> str:
    for pattern, template in found.sentences:
        text = pattern.sub(lambda match, template=template: _filled(match, template, found), text)  # type: ignore[misc]
    return _SENTENCE_START.sub(lambda m: m[1] + m[2].upper(), text)


def _filled(match: re.Match[str], template: str, found: Templates) -> str:
    named = match.groupdict()
    plain = [g for k, g in enumerate(match.groups(), 1) if k != match.re.groupindex.get("span")]
    for k, group in enumerate(plain, 1):
        template = template.replace(f"{{{k}}}", group or "")
    return template.replace("{span}", found.spans.get(named.get("span") or "", named.get("span") or ""))
