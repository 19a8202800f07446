"""What a language model is asked and what comes of it, whoever made it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question of an earlier line and what was answered to it."""

    asked: str
    answered: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model is given: `rules` that never change, the `facts` of the brief, what was said `before`, the line as `question`."""

    rules: str
    facts: str
    before: tuple[Exchange, ...]
    question: str


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of its answer, as it comes."""

    text: str


@dataclass(frozen=True, slots=True)
class Looked:
    """It called a tool."""

    tool: str
    arguments: str


Piece = Words | Looked


@dataclass(frozen=True, slots=True)
class Spent:
    """What an answer took: tokens read and written, as its server counts them, else as an upper bound of our own."""

    read: int = 0
    written: int = 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.read + other.read, self.written + other.written)
