"""What a line of free text turns out to mean, and what has to be known to tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from copilot.symbols import SymbolIndex
from domain.chat import Action
from domain.instruments import Instrument


@dataclass(frozen=True, slots=True)
class Known:
    """What the reader's words may refer to: instruments by symbol, the symbols held, command names, and the symbol last spoken of.

    `index` is built from the instruments where it is not given; a desk that answers many lines passes one. `before` is the line before.
    """

    instruments: Mapping[str, Instrument]
    held: frozenset[str] = frozenset()
    commands: frozenset[str] = frozenset()
    last_symbol: str | None = None
    index: SymbolIndex | None = None
    before: Before | None = None

    def symbols(self) -> SymbolIndex:
        """The index of names; the one given or a fresh one."""
        return self.index if self.index is not None else SymbolIndex(self.instruments)


class Topic(StrEnum):
    """Why the copilot only talks."""

    SMALL_TALK = "small_talk"
    DECLINED = "declined"  # not something this program does
    NOTED = "noted"  # a report, a negation or somebody else's words: nothing to do
    LOST = "lost"  # not understood


class QuestionKind(StrEnum):
    """Questions that are answered from the brief."""

    WHY_DOWN = "why_down"
    SHOULD_I = "should_i"
    TOO_HEAVY = "too_heavy"
    SHARE = "share"  # how much sits in one sector or position
    WHAT_IF = "what_if"
    RISK = "risk"
    HOURS = "hours"
    AHEAD = "ahead"
    RANK = "rank"  # which did best or worst; `span` is empty where none is named


@dataclass(frozen=True, slots=True)
class Call:
    """A `/` command with its arguments by name."""

    command: str
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Propose:
    """A `#` action to draw up as a card; `said` is the reader's own line. It is never carried out from here."""

    action: Action
    said: str


@dataclass(frozen=True, slots=True)
class AskBack:
    """A question to the reader because something is missing or unclear; `options` are lines that would answer it."""

    question: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question about the book; `symbol` where it is about one instrument, `text` the reader's line, `sector` where one is named."""

    kind: QuestionKind
    symbol: str | None = None
    text: str = ""
    sector: str | None = None
    span: str = "today"

    @property
    def command(self) -> str:
        """The registry command whose facts lead the answer."""
        return LEADS[self.kind]


@dataclass(frozen=True, slots=True)
class Chat:
    """A friendly line and nothing else."""

    text: str
    topic: Topic = Topic.SMALL_TALK


LEADS: Mapping[QuestionKind, str] = {
    QuestionKind.WHY_DOWN: "profit-loss",
    QuestionKind.SHOULD_I: "what-to-do",
    QuestionKind.TOO_HEAVY: "exposure",
    QuestionKind.SHARE: "exposure",
    QuestionKind.WHAT_IF: "what-to-do",
    QuestionKind.RANK: "profit-loss",
    QuestionKind.RISK: "exposure",
    QuestionKind.HOURS: "status",
    QuestionKind.AHEAD: "news",
}


@dataclass(frozen=True, slots=True)
class Several:
    """Questions of one line, in their order; none of them is a card."""

    meanings: tuple[Call | Question, ...]


Meaning = Call | Propose | AskBack | Question | Chat | Several


@dataclass(frozen=True, slots=True)
class Before:
    """What a line may lean on: what the one before meant, and the actions that its answer offered, in order."""

    meaning: Meaning | None = None
    offered: tuple[Action, ...] = ()


def spoken_of(meaning: Meaning | None) -> str | None:
    """The one instrument a meaning is about, so that `it` in the next line means it."""
    match meaning:
        case Question(symbol=symbol):
            return symbol
        case Call(arguments=given):
            return given.get("symbol") or None
        case Propose(action=action):
            return action.target
        case Several(meanings=meanings):
            return next((s for m in reversed(meanings) if (s := spoken_of(m)) is not None), None)
        case _:
            return None
