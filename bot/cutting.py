"""Long texts in parts that fit, cut between lines or words where there are any."""

from __future__ import annotations

from collections.abc import Iterable


def units(text: str) -> int:
    """The length of a text in UTF-16 units, as Telegram counts: a character beyond the basic plane is two."""
    return len(text) + sum(1 for c in text if ord(c) > 0xFFFF)


def cut(text: str, most: int) -> Iterable[str]:
    """A text in parts of at most so many UTF-16 units, at least one part; `most` is at least two."""
    rest = text
    while units(rest) > most:
        end = _fitting(rest, most)
        place = max(rest.rfind("\n", 0, end), 0) or max(rest.rfind(" ", 0, end), 0) or end
        yield rest[:place]
        rest = rest[place:].lstrip("\n ")
    yield rest


def _fitting(text: str, most: int) -> int:
    """How many characters of a text fit."""
    used = 0
    for n, character in enumerate(text):
        used += 2 if ord(character) > 0xFFFF else 1
        if used > most:
            return n
    return len(text)
