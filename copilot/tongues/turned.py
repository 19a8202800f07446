"""A line in Spanish, German, French or Chinese as the English line that the rules read; a line in English is left as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

LETTERS = ("es", "de", "fr")
"""Languages that are told by their words; Chinese is by its signs."""

_HAN = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", re.UNICODE)
_TOKEN = re.compile(r"#\S+|[$€£]?\d[\d.,]*\s?%?|[^\W\d_]+(?:['’-][^\W\d_]+)*|[^\w\s]", re.UNICODE)

_NAME = r"(?P<name>[A-Z][\w.]*)"
_ORDERS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), order)
    for pattern, order in (
        (rf"^{_NAME} (news|price)\b", r"\2 of \g<name>"),
        (r"^(yesterday|today|this week|last week|this month) (what happened)", r"\2 \1"),
        (r"^i (yesterday|today|this week|this month) (how much did i (?:make|lose))", r"\2 \1"),
        (r"^(yesterday|today|this week|this month) i (how much did i (?:make|lose))", r"\2 \1"),
        (rf"^{_NAME} (today|yesterday|this week|this month) how is\b", r"how did \g<name> do \2"),
        (rf"^{_NAME} how is\b", r"how is \g<name> doing"),
        (rf"^for {_NAME} set ([\d.]+%) stop", r"set a stop on \g<name> at \2"),
        (r"^my portfolio how is", "how is my portfolio doing"),
        (rf"^(buy|sell) ([\d.]+) shares of {_NAME}", r"\1 \2 shares of \g<name>"),
    )
)
"""How what is put into English piece by piece stands there."""


@dataclass(frozen=True, slots=True)
class Table:
    """A language: words that no English line has, and phrases with their English."""

    signs: frozenset[str]
    phrases: Mapping[str, str]


@cache
def table(language: str) -> Table:
    """The table of a language, read at its first use."""
    signs: frozenset[str] = frozenset()
    phrases: dict[str, str] = {}
    for line in resources.files("copilot.tongues").joinpath(f"{language}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("signs: "):
            signs = frozenset(line.split()[1:])
        elif "=" in line and not line.startswith("#"):
            phrase, _, english = line.partition("=")
            phrases[phrase.strip()] = english.strip()
    return Table(signs, phrases)


@dataclass(frozen=True, slots=True)
class Turned:
    """The language of a line, the line in English, and whether every word of it was known: only then may it become a card."""

    language: str
    text: str
    whole: bool


def turned(text: str) -> Turned | None:
    """The line in English, or None for one that is in English, or in a language that nobody here knows. Pure; symbols and amounts stay."""
    text = text.replace("\x00", " ")
    language = language_of(text)
    if language is None:
        return None
    if language == "zh":
        return _chinese(text)
    low = f" {' '.join(_TOKEN.findall(text.lower().replace('’', chr(39))))} "
    marks: list[str] = []
    for phrase, english in _ordered(language):
        while (at := low.find(f" {phrase} ")) >= 0:
            marks.append(english)
            low = f"{low[:at]} \x00{len(marks) - 1}\x00 {low[at + len(phrase) + 2 :]}"
    words = low.split()
    names = {w.lower(): w for w in _WORD.findall(text)}
    out, whole = [], True
    for word in words:
        if word.startswith("\x00"):
            out.append(marks[int(word.strip("\x00"))])
            continue
        raw = names.get(word, word)
        whole &= not word[0].isalpha() or raw[0].isupper()  # a name or a symbol
        out.append(raw)
    english = re.sub(r"\s+([?.!,%])", r"\1", " ".join(w for w in out if w not in ("¿", "¡")))
    return Turned(language, " ".join(english.split()), whole)


def language_of(text: str) -> str | None:
    """`es`, `de`, `fr` or `zh`; None for everything else."""
    if len(_HAN.findall(text)) >= 2:
        return "zh"
    words = [w.lower().replace("’", "'") for w in _WORD.findall(text)]
    scores = {language: sum(_weight(w, signs) for w in words) for language, signs in ((name, table(name).signs) for name in LETTERS)}
    if "¿" in text or "¡" in text:
        scores["es"] += 2
    best = max(scores, key=lambda language: scores[language])
    return best if scores[best] else None


def _weight(word: str, signs: frozenset[str]) -> int:
    return int(word in signs or any(word.startswith(f"{s}'") or word.endswith((f"-{s}",)) for s in signs if len(s) > 1))


@cache
def _ordered(language: str) -> tuple[tuple[str, str], ...]:
    """The phrases of a language, the longest first, as they stand between blanks."""
    split = ((" ".join(_TOKEN.findall(phrase.lower())), english) for phrase, english in table(language).phrases.items())
    return tuple(sorted(split, key=lambda pair: (-len(pair[0].split()), -len(pair[0]))))


def _chinese(text: str) -> Turned:
    """Words are not parted there: the longest phrase that fits is taken at each place."""
    text = text.translate(str.maketrans("？！。，、：；", "?!.,,:;"))
    out: list[str] = []
    phrases, whole, at = table("zh").phrases, True, 0
    longest = max(map(len, phrases))
    while at < len(text):
        size = next((n for n in range(min(longest, len(text) - at), 0, -1) if text[at : at + n] in phrases), 0)
        if size:
            out.append(f" {phrases[text[at : at + size]]} ")
            at += size
            continue
        whole &= not _HAN.match(text[at])
        out.append(" " if _HAN.match(text[at]) else text[at])
        at += 1
    english = " ".join("".join(out).split())
    for pattern, order in _ORDERS:
        english = pattern.sub(order, english)
    return Turned("zh", re.sub(r"\s+([?.!,%])", r"\1", english), whole)
