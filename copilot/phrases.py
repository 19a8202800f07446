"""Word lists as they are written in this room: one string of words, read once."""

from __future__ import annotations


def listed(words: str) -> frozenset[str]:
    """The words of a string, as a set."""
    return frozenset(words.split())


def numbered(words: str, *, first: int = 1, step: int = 1) -> dict[str, int]:
    """The words of a string as the numbers they count, from `first` in steps."""
    return {word: first + k * step for k, word in enumerate(words.split())}


def phrased(phrases: str) -> tuple[str, ...]:
    """The phrases of a string, which are parted by commas."""
    return tuple(phrase for part in phrases.split(",") if (phrase := " ".join(part.split())))
