"""The dates, weekdays and times of a sentence, in the five languages that are answered in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

_MONTHS = (
    "jan|january|januar|janvier|enero", "feb|february|februar|février|febrero", "mar|march|märz|mars|marzo", "apr|april|avril|abril",
    "may|mai|mayo", "jun|june|juni|juin|junio", "jul|july|juli|juillet|julio", "aug|august|août|agosto",
    "sep|sept|september|septembre|septiembre", "oct|october|oktober|octobre|octubre", "nov|november|novembre|noviembre",
    "dec|december|dezember|décembre|diciembre",
)  # fmt: skip
_DAYS = (
    "mon|monday|montag|lundi|lunes", "tue|tues|tuesday|dienstag|mardi|martes", "wed|wednesday|mittwoch|mercredi|miércoles",
    "thu|thur|thurs|thursday|donnerstag|jeudi|jueves", "fri|friday|freitag|vendredi|viernes", "sat|saturday|samstag|samedi|sábado",
    "sun|sunday|sonntag|dimanche|domingo",
)  # fmt: skip
_MONTH = {word: k for k, words in enumerate(_MONTHS, 1) for word in words.split("|")}
_DAY = {word: k for k, words in enumerate(_DAYS) for word in words.split("|")}
_months = "|".join(sorted(_MONTH, key=len, reverse=True))
_days = "|".join(sorted(_DAY, key=len, reverse=True))
_YEAR = r"(?:,?\s+(?:de\s+)?(?P<year>(?:19|20)\d\d))?"
_PATTERNS = tuple(
    re.compile(p, re.I)
    for p in (
        r"\b(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b",
        r"\b(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>(?:19|20)\d\d)\b",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.|er)?\s+(?:of\s+|de\s+)?(?P<month>{_months})\b\.?{_YEAR}",
        rf"\b(?P<month>{_months})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?!\s?[%$]){_YEAR}",
        r"(?:(?P<year>(?:19|20)\d\d)年)?(?P<month>\d{1,2})月(?P<day>\d{1,2})日",
    )
)
_TIME = re.compile(
    r"\b(?P<hour>\d{1,2})(?::(?P<minute>\d\d))(?::\d\d)?\s?(?P<half>[ap]\.?m\b\.?)?|\b(?P<hour2>\d{1,2})\s?(?P<half2>[ap]\.?m\b\.?)", re.I
)
_WEEKDAY = re.compile(rf"\b({_days})\b\.?", re.I)
_NOT_A_DAY = frozenset({"sun", "sat", "mon", "wed", "mar"})
_ALONE = re.compile(rf"\b(?:in|since|until|by|for|im|en)\s+({_months})\b(?:\s+(?P<year>(?:19|20)\d\d))?", re.I)
_BARE_YEAR = re.compile(r"(?<![$€£\d.,])\b((?:19|20)\d\d)\b(?![\d.,]*\d|\s?[%$])")


@dataclass(frozen=True, slots=True)
class When:
    """A moment as written; what is not written is None. `time` is `HH:MM` by the 24-hour clock."""

    start: int
    end: int
    day: tuple[int, int] | None = None
    year: int | None = None
    month: int | None = None
    weekday: int | None = None
    time: str | None = None


def whens(sentence: str) -> Iterator[When]:
    """Every moment of a sentence; each stretch is read once."""
    taken: list[tuple[int, int]] = []

    def free(match: re.Match[str]) -> bool:
        if any(a < match.end() and match.start() < b for a, b in taken):
            return False
        taken.append(match.span())
        return True

    for pattern in _PATTERNS:
        for match in pattern.finditer(sentence):
            month = int(match["month"]) if match["month"].isdigit() else _MONTH[match["month"].lower()]
            if free(match):
                year = int(match["year"]) if match["year"] else None
                yield When(*match.span(), day=(month, int(match["day"])), year=year)
    for match in _TIME.finditer(sentence):
        if free(match):
            yield When(*match.span(), time=_clock(match))
    for match in _ALONE.finditer(sentence):
        if free(match):
            yield When(*match.span(), month=_MONTH[match[1].lower()], year=int(match["year"]) if match["year"] else None)
    for match in _WEEKDAY.finditer(sentence):
        word = match[1].lower()
        if (word not in _NOT_A_DAY or match[1][0].isupper()) and free(match):
            yield When(*match.span(), weekday=_DAY[word])
    for match in _BARE_YEAR.finditer(sentence):
        if free(match):
            yield When(*match.span(), year=int(match[1]))


def blanked(sentence: str, found: list[When]) -> str:
    """The sentence with its moments blanked, so that no number is looked for in them."""
    for when in found:
        sentence = sentence[: when.start] + " " * (when.end - when.start) + sentence[when.end :]
    return sentence


def clock(at: datetime) -> str:
    """An instant's time of day as `HH:MM`, in its own zone."""
    return f"{at:%H:%M}"


def _clock(match: re.Match[str]) -> str:
    hour = int(match["hour"] or match["hour2"])
    half = (match["half"] or match["half2"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return f"{hour:02}:{match['minute'] or '00'}"
