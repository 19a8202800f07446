"""An index of short names: found by prefix, by the beginnings of its words in any order, and in spite of one typing error."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

_WORDS = re.compile(r"[^\s\-_/#:.,|]+")
LAST = "\U0010ffff"


def words_of(text: str) -> tuple[str, ...]:
    """The words of a name, lower case, split at blanks and hyphens."""
    return tuple(_WORDS.findall(text.lower()))


class NameIndex:
    """Names by number, in the order given; every search returns numbers, best first, without repeats."""

    def __init__(self, names: Sequence[str]) -> None:
        self.words = [words_of(n) for n in names]
        self.names = [" ".join(w) for w in self.words]
        self._by_name = sorted((name, number) for number, name in enumerate(self.names))
        by_word: dict[str, set[int]] = {}
        for number, found in enumerate(self.words):
            for word in found:
                by_word.setdefault(word, set()).add(number)
        self._words = sorted(by_word)
        self._numbers = {word: frozenset(numbers) for word, numbers in by_word.items()}
        self._near_names = _deletions((n, number) for number, n in enumerate(self.names))
        self._near_words = _deletions((w, number) for number, w in enumerate(self._words))

    def prefixed(self, query: str) -> list[int]:
        """Names that begin with the query, the exact one first, then the shortest."""
        start = bisect_left(self._by_name, (query, -1))
        found: list[tuple[int, int]] = []
        for name, number in self._by_name[start:]:
            if not name.startswith(query):
                break
            found.append((len(name), number))
        return [number for _, number in sorted(found)]

    def worded(self, query: Sequence[str]) -> list[int]:
        """Names of which every query word begins a word, in any order; shortest first."""
        found: frozenset[int] | None = None
        for word in query:
            numbers = self._beginning(word)
            found = numbers if found is None else found & numbers
            if not found:
                return []
        return sorted(found or (), key=self._by_length)

    def misspelt(self, query: str) -> list[int]:
        """Names that are the query but for one letter added, left out, replaced or swapped with its neighbour."""
        return sorted((n for n in _near(query, self._near_names) if within_one(query, self.names[n])), key=self._by_length)

    def misspelt_words(self, query: Sequence[str]) -> list[int]:
        """Names of which every query word begins a word, or is one but for one typing error."""
        found: frozenset[int] | None = None
        for word in query:
            numbers = self._beginning(word)
            for near in _near(word, self._near_words):
                candidate = self._words[near]
                if len(word) > 2 and within_one(word, candidate):
                    numbers |= self._numbers[candidate]
            found = numbers if found is None else found & numbers
            if not found:
                return []
        return sorted(found or (), key=self._by_length)

    def _beginning(self, word: str) -> frozenset[int]:
        start, end = bisect_left(self._words, word), bisect_left(self._words, word + LAST)
        return frozenset().union(*(self._numbers[w] for w in self._words[start:end]))

    def _by_length(self, number: int) -> tuple[int, int]:
        return len(self.names[number]), number


def within_one(one: str, other: str) -> bool:
    """True when two texts are equal but for one letter added, left out, replaced, or swapped with its neighbour."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    at = next((i for i, letter in enumerate(one) if letter != other[i]), len(one))
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    if one[at + 1 :] == other[at + 1 :]:
        return True
    return one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]


def _deletions(texts: Iterable[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    """Every text and every text with one letter left out, with the numbers it stands for."""
    found: dict[str, set[int]] = {}
    for text, number in texts:
        for variant in _variants(text):
            found.setdefault(variant, set()).add(number)
    return {variant: tuple(numbers) for variant, numbers in found.items()}


def _variants(text: str) -> Iterator[str]:
    yield text
    for i in range(len(text)):
        yield text[:i] + text[i + 1 :]


def _near(query: str, table: dict[str, tuple[int, ...]]) -> set[int]:
    found: set[int] = set()
    for variant in _variants(query):
        found.update(table.get(variant, ()))
    return found
