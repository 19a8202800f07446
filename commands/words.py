"""A typed line as words with their places, safe to show again: what cannot be in a `#` line is refused here, by name."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from domain.errors import GrammarError

LONGEST = 200
SHOWN = 40

_WORD = re.compile(r"\S+")
_PLAIN = re.compile(r"[ -~\t]*\Z")
_SEPARATOR = re.compile(r"\S*(?:;|&&|\|\|)\S*")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_EXAMPLE = "#AAPL close 50%"


class Word(NamedTuple):
    """One word as typed, without its capitals, as verbs are spelled (hyphens for underscores), and where it begins (0 is the `#`)."""

    text: str
    lower: str
    name: str
    start: int


def shown(text: str) -> str:
    """A token as it can be shown again: at most 40 characters, and characters that hide or reorder text as `U+202E`."""
    cut = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return "".join(f"U+{ord(c):04X}" if unicodedata.category(c) in _HIDDEN else c for c in cut)


def is_hidden(character: str) -> bool:
    """True for characters nobody can see: controls, bidirectional marks, joiners, surrogates."""
    return unicodedata.category(character) in _HIDDEN


def words(line: str) -> tuple[Word, ...]:
    """The words after the `#`, a trailing full stop forgiven.

    Raises GrammarError for a line without `#` or with nothing after it, over 200 characters, with characters that are not plain ASCII
    (full-width digits, controls, bidirectional marks), and for `;`, `&&` and `||`.
    """
    text = line.strip(" \t\r\n")
    if len(text) > LONGEST:
        raise GrammarError(
            f"That line is too long ({len(text):,} characters): one line is one action.", token=shown(text), example=_EXAMPLE
        )
    if not text.startswith("#"):
        raise GrammarError("An action starts with #.", token=shown(text), example=_EXAMPLE)
    if not (text.isascii() and (text.isprintable() or _PLAIN.match(text))):
        raise _strange(text)
    joined = _SEPARATOR.search(text) if ";" in text or "&&" in text or "||" in text else None
    if joined:
        raise GrammarError(
            f"“{shown(joined[0])}”: one line is one action; type the second one on a line of its own.",
            token=shown(joined[0]),
            example=_EXAMPLE,
        )
    body = text[1:].rstrip()
    body = body[:-1] if body.endswith(".") else body
    found = []
    for match in _WORD.finditer(body):
        lower = match[0].lower()
        found.append(Word(match[0], lower, lower.replace("_", "-"), match.start() + 1))
    if not found:
        raise GrammarError("A lone # does nothing: say what to do with what.", token=text[:1], example=_EXAMPLE)
    return tuple(found)


def _strange(text: str) -> GrammarError:
    """The refusal of a line with characters that are not plain ASCII, naming the word and the first such character."""
    word = next(m[0] for m in re.finditer(r"[^ \t]+", text) if not _PLAIN.match(m[0]))
    first = next(c for c in word if not _PLAIN.match(c))
    name = unicodedata.name(first, "a control character").lower()
    what = "digits must be 0 to 9" if first.isdigit() else "only plain letters, digits and signs can be in an action"
    return GrammarError(f"“{shown(word)}” contains U+{ord(first):04X} ({name}): {what}.", token=shown(word), example=_EXAMPLE)
