"""The guard: of a model's text only the sentences that follow from what it was told are shown, the others as the composed answer has them.

`guarded(text, ground)` with `ground_of(brief, composed, facts, lines, texts)` is all that others need.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from copilot.guarding import claims, deeds
from copilot.guarding.dates import blanked, whens
from copilot.guarding.figures import Cited, follows, place
from copilot.guarding.ground import Ground, ground_of, moment_fits, nicknames
from copilot.guarding.numbers import numbers, unnamed
from copilot.guarding.reading import Sentence, clauses, clean, plainly, sentences
from copilot.phrases import listed

__all__ = ["Ground", "Guarded", "ground_of", "guarded"]

MOST_IDLE = 2
"""Sentences of an answer that may speak of nothing in the book: a greeting, an offer; more is chatter."""

LONGEST = 400
"""Characters of a sentence; one that runs on is no answer to anybody on a phone."""

_CAPITALS = re.compile(r"(?<![\w#/])\$?[A-Z]{2,6}(?:\.[A-Z])?\b")
_KNOWN = listed(
    """
    P/L PL VAR ATR ETF ETFS CPI USD EUR GDP FOMC CEO CFO AI EPS US UK EU SEC IPO YTD P&L S&P PM AM NY EST EDT ET UTC OK ID FAQ GTC
    THE NOT AND YOU PAPER LIVE DEMO
    """
)


@dataclass(frozen=True, slots=True)
class Guarded:
    """A checked text: what is shown, how many sentences of the model's are in it, and why each of the others was taken out.

    `kept` is 0 where none of them says anything of the book: then the text is no answer.
    """

    text: str
    kept: int
    removed: tuple[str, ...]


def guarded(text: str, ground: Ground) -> Guarded:
    """A model's text without what does not follow from the ground.

    Pure, and never raises for any text. Allowed are figures as they were told or rounded to the digits written, their sums, differences
    and shares, each with its unit, its sign and of its own subject; moments, headlines, lines and advice that were told. A sentence that
    fails is replaced by the composed one on the same subject, each at most once; the first sentence by the composed first one.
    """
    cited, used = Cited(), set[int]()
    kept, idle, tied = 0, 0, 0
    removed, lines = list[str](), list[str]()
    for line in sentences(clean(text)):
        shown: list[str] = []
        for sentence in line:
            had = len(cited.figures)
            why = _fault(ground, sentence.text, cited)
            composed = plainly(sentence.text) in ground.said
            grounded = composed or len(cited.figures) > had or "#" in sentence.text or bool(ground.mentioned(sentence.text))
            idle += not grounded and not why
            if not why and not grounded and idle > MOST_IDLE:
                why = "says nothing of the book"
            tied += grounded and not why
            if not why:
                kept += 1
                used |= {k for k, (own, _) in enumerate(ground.composed) if plainly(own) == plainly(sentence.text)}
                shown.append(sentence.mark + sentence.text)
                continue
            removed.append(f"“{sentence.text[:80]}” {why}")
            instead = "" if "#" in sentence.text else _instead(ground, sentence, used, first=not (kept or lines or shown))
            if instead:
                shown.append(sentence.mark + instead)
        if shown or not line:
            lines.append(" ".join(shown))
    return Guarded(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(), kept if tied else 0, tuple(removed))


def _fault(ground: Ground, sentence: str, cited: Cited) -> str:
    """Why a sentence does not follow; empty where it does. What it cites is remembered for the next ones."""
    if len(sentence) > LONGEST:
        return "runs on"
    if plainly(sentence) in ground.said:
        _remember(ground, sentence, cited)
        return ""
    why = claims.quoted_rightly(ground, sentence) or deeds.typed_rightly(ground, sentence) or claims.caused_rightly(ground, sentence)
    bare = deeds.without_lines(claims.without_quotations(sentence))
    why = (
        why
        or deeds.forbidden(bare)
        or _strangers(ground, bare)
        or deeds.traded_rightly(ground, bare)
        or deeds.urged_rightly(ground, sentence)
    )
    if why:
        return why
    named = ground.mentioned(bare)
    moments = list(whens(bare))
    if any(not moment_fits(ground, when, named, sentence) for when in moments):
        return "names a moment that was not told"
    text = unnamed(blanked(bare, moments))
    bounds = clauses(text)
    counted = 0
    for number in sorted(numbers(text), key=lambda n: n.start):
        counted += 1
        figure = follows(ground, number, place(ground, text, bounds, number, cited), cited)
        if figure is None:
            return f"has {text[number.start : number.end].strip()}, which follows from nothing"
        cited.figures.append(figure)
    why = claims.ranked_rightly(ground, bare) or claims.moved_rightly(ground, bare, numbered=bool(counted))
    cited.subject = named or cited.subject
    return why


def _remember(ground: Ground, sentence: str, cited: Cited) -> None:
    text = unnamed(blanked(sentence, list(whens(sentence))))
    bounds = clauses(text)
    for number in numbers(text):
        figure = follows(ground, number, place(ground, text, bounds, number, cited), cited)
        if figure is not None:
            cited.figures.append(figure)
    cited.subject = ground.mentioned(sentence) or cited.subject


def _strangers(ground: Ground, sentence: str) -> str:
    """Why a name in the sentence is none that was told: a ticker or a well-known company of which nothing was said."""
    told = ground.words
    for match in _CAPITALS.finditer(sentence):
        word = match.group().lstrip("$")
        if (
            word not in told
            and word not in _KNOWN
            and (word.lower() not in ground.names.symbols)
            and not (sentence.isupper() and len(sentence) > 12)
        ):
            return f"names {word}, of which nothing was told"
    low = sentence.lower()
    for name in nicknames():
        if name in low and re.search(rf"\b{re.escape(name.title())}\b", sentence) and not _told(ground, name):
            return f"names {name.title()}, of which nothing was told"
    for symbol in ground.mentioned(sentence):
        if symbol not in told and not _told(ground, symbol.lower()):
            return f"names {symbol}, of which nothing was told"
    return ""


def _told(ground: Ground, name: str) -> bool:
    """True where a company was spoken of under any of its names."""
    return any(w.lower() == name for w in ground.words) or any(s in ground.words for s in ground.names.symbols.get(name, ()))


def _instead(ground: Ground, sentence: Sentence, used: set[int], *, first: bool) -> str:
    """The composed sentence on the same subject that was not used yet; the first one for a first one; else nothing."""
    named = ground.mentioned(sentence.text)
    order: Sequence[int] = range(len(ground.composed))
    if first:
        order = [0, *order]
    for k in order:
        own, whose = ground.composed[k] if k < len(ground.composed) else ("", frozenset())
        if k not in used and own and ((first and k == 0) or (named and whose & named)):
            used.add(k)
            return own
    return ""
