"""A model's text as it will be seen and as it is checked: the same characters, sentence by sentence, clause by clause."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_SENTENCE = re.compile(r"(?<=[.!?])[\"”’)]*\s+(?=[^\sa-z])|(?<=[。！？])")
_SHORT = re.compile(
    r"(?:\b(?:vs|approx|e\.g|i\.e|inc|corp|co|ltd|st|no|ca|mr|ms|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec)|\b[A-Z]|[ap]\.m)\.$",
    re.I,
)
_CLAUSE = re.compile(
    r"[;:()]|,(?=\s)|\s[–—-]\s|[，、；：]|\b(?:and|but|while|whereas|although|though|then|und|aber|y|pero|et|mais)\b", re.I
)
_MARK = re.compile(r"^\s*(?:[•*-]|\d{1,2}[.)])\s+")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒﹣－", "−"))


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, with the mark of a list before it and whether it begins a line."""

    text: str
    mark: str
    first: bool


def clean(text: str) -> str:
    """The text without what cannot be seen, compatible forms as plain ones, every digit an ASCII one: what is read is what is checked."""
    plain = "".join(_shown(c) for c in unicodedata.normalize("NFKC", text).translate(_DASHES))
    return re.sub(r"(?<=\d)\s*−(?=\d)", "−", plain)


def sentences(text: str) -> Iterator[list[Sentence]]:
    """The lines of a cleaned text as lists of sentences; an empty list is an empty line."""
    for line in text.split("\n"):
        mark = _MARK.match(line)
        body = line[mark.end() :] if mark else line
        parts = [p for p in _split(body.strip()) if p]
        yield [Sentence(p, mark.group() if mark and not k else "", not k) for k, p in enumerate(parts)]


def clauses(sentence: str) -> list[tuple[int, int]]:
    """Where its clauses begin and end."""
    bounds, start = [], 0
    for match in _CLAUSE.finditer(sentence):
        bounds.append((start, match.start()))
        start = match.end()
    return [*bounds, (start, len(sentence))]


def plainly(sentence: str) -> str:
    """A sentence as it is compared: lower case, one blank between words, no quotation marks."""
    return " ".join(re.sub(r"[\"“”'’`*_]", "", sentence).lower().split()).rstrip(".!")


def _shown(char: str) -> str:
    if char == "\n":
        return char
    kind = unicodedata.category(char)
    if kind in ("Cc", "Cf", "Co", "Cs", "Cn"):
        return " " if char == "\t" else ""
    if kind == "Nd":
        return str(unicodedata.digit(char))
    return " " if kind in ("Zs", "Zl", "Zp") else char


def _split(line: str) -> list[str]:
    parts: list[str] = []
    start = 0
    for match in _SENTENCE.finditer(line):
        before = line[start : match.end()].rstrip()
        if _SHORT.search(before) or before.count("“") > before.count("”"):
            continue
        parts.append(before)
        start = match.end()
    return [*parts, line[start:].strip()]
