"""How a headline sounds for a price, from a lexicon and a few rules of language and of finance; and whether it tries to give orders.

Plain Python, no model: `score` is the same for the same text for ever. A headline costs well under 0.2 ms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LEXICON = Path(__file__).with_name("lexicon.txt")
NEUTRAL_BAND = 0.31  # a score within ± this says nothing clear
LONGEST = 4  # words in a phrase
MOST_TOKENS = 400  # a headline is short; what comes after is not read
_SOFTENING = 3.0  # score = sum / (|sum| + this)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NOT = _words(
    "not no never neither nor without hardly barely cannot can't won't isn't aren't wasn't weren't don't doesn't didn't ain't "
    "denies deny avoids avoid avoided unlikely"
)
_NOT_BUT_FOR_EMPHASIS = _words("only more been better")  # "never been more bullish" is bullish
_STRONGER = _words("sharply heavily very extremely massively deeply significantly dramatically huge hugely biggest steep steeply big")
_WEAKER = _words("slightly modestly marginally somewhat slight mild mildly little narrowly barely")
_TURN = _words("but however although though yet")
_ASIDE = _words("despite shrugs notwithstanding defies defying")
_UNWANTED = _words(
    "loss losses debt debts cost costs expense expenses unemployment jobless claims inflation deficit deficits layoffs cases deaths "
    "infections delinquencies defaults bankruptcies shortfall tariff tariffs rates yields churn emissions tax taxes injuries"
)
_LINKS = re.compile(r"https?://\S+|www\.\S+")
_TOKENS = re.compile(r"[+\-−]?\d+(?:[.,]\d+)*%?|[a-z]+(?:['\-][a-z0-9]+)*|52-week|[!?;:,.…]")
_SIGNED_PERCENT = re.compile(r"^([+\-−])(\d+(?:\.\d+)?)%$")

_ORDERS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(ignore|disregard|forget|override|bypass)\b.{0,40}\b(previous|prior|above|earlier|all|any|your|the|these|those)\b"
        r".{0,30}\b(instruction|instructions|prompt|prompts|rules?|guidelines|context|message|messages|directions)\b",
        r"\b(new|updated|following|hidden|secret) (system )?(instructions?|prompt)\b",
        r"\bsystem prompt\b|\byou are now\b|\bact as (a|an|the|my)\b|\bpretend (to be|you)\b|\bas an ai\b|\bjailbreak\b|\bdeveloper mode\b",
        r"(^|\s)(system|assistant|user|developer)\s*:|<\|?(im_start|im_end|system|assistant|endoftext)|\[/?inst\]|</?(system|instructions?)>",
        r"\b(sell|buy|close|dump|liquidate|short)\b.{0,25}\b(everything|all (of )?(your|my|the)? ?(positions?|holdings?|stocks?|shares)?)\b"
        r".{0,15}\b(now|immediately|right away|at once|today)\b",
        r"\b(immediately|now|please|must|urgent(ly)?)[:,!]? (sell|buy|close|liquidate|dump) (all|everything|\d+|your)\b",
        r"\b(liquidate|sell|close|dump) (all )?(your|the user'?s|my) (entire |whole )?(portfolio|account|positions?|holdings)\b",
        r"\b(confirm|approve|execute|place|submit|release|cancel) (the|this|that|an?|all|your) (pending |open )?"
        r"(order|orders|trade|trades|ticket|tickets)\b",
        r"\b(transfer|send|wire|withdraw) (all |your |the )?(funds|money|balance|cash|coins|bitcoin)\b.{0,30}\b(to|now)\b",
        r"\b(reveal|print|show|send|leak|tell me) (me )?(your|the) (api|secret|password|token|key|keys|credentials|system|hidden)\b",
        r"\b(call|use|invoke|run) the \w+ (tool|function|command)\b"
        r"|\b(user|owner|customer) (has )?(already )?(said|confirmed|approved|authori[sz]ed)\b",
        r"(^|\s)#[a-z.]{1,10} (close|stop|target|trailing)\b"
        r"|(^|\s)#(buy|sell) [a-z.]+ |#(close-all|cancel-all|emergency-stop|set-stops|take-profits|resume)\b",
        r"(^|\s)/(do|demo|emergency|import|confirm)\b",
    )
)
_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
_CONTROL = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


@dataclass(frozen=True, slots=True)
class _Term:
    weight: float
    direction: bool


def score(text: str) -> float:
    """How good a headline sounds for the price it speaks of: -1 (very bad) to 1 (very good), 0 when it says nothing."""
    tokens = _TOKENS.findall(_LINKS.sub(" ", text.replace("’", "'")).lower())[:MOST_TOKENS]
    hits = _hits(tokens, _lexicon())
    if not hits:
        return 0.0
    turn = next((i for i in range(len(tokens) - 1, -1, -1) if tokens[i] in _TURN), -1)
    total = 0.0
    for start, length, term in hits:
        weight = term.weight * _modified(tokens, start, length, term)
        if turn > 0:
            weight *= 0.5 if start < turn else 1.3
        total += weight
    if tokens[-1] == "?":
        total *= 0.6
    return total / (abs(total) + _SOFTENING)


def label(value: float) -> str:
    """`bullish`, `bearish` or `neutral` for a score."""
    if value > NEUTRAL_BAND:
        return "bullish"
    return "bearish" if value < -NEUTRAL_BAND else "neutral"


def flagged(text: str) -> bool:
    """True when a text from outside tries to instruct whoever reads it, or hides characters that turn text around.

    A flag is for showing and for keeping such a text away from a model; no safety rests on it, for nothing from outside can trade.
    """
    if _CONTROL.search(text):
        return True
    seen = " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFKC", text[:4000])).lower().split())
    return any(pattern.search(seen) for pattern in _ORDERS)


@cache
def _lexicon() -> Mapping[str, _Term]:
    terms: dict[str, _Term] = {}
    for line in LEXICON.read_text(encoding="utf-8").splitlines():
        row = line.partition("#")[0].strip()
        if not row:
            continue
        names, _, weight = row.rpartition(":")
        term = _Term(float(weight), names.startswith("~"))
        for name in names.lstrip("~ ").split(","):
            terms[name.strip()] = term
    return terms


def _hits(tokens: Sequence[str], lexicon: Mapping[str, _Term]) -> list[tuple[int, int, _Term]]:
    """Terms found, longest phrase first and without overlap, as (first token, tokens, term)."""
    found: list[tuple[int, int, _Term]] = []
    i, count = 0, len(tokens)
    while i < count:
        for length in range(min(LONGEST, count - i), 0, -1):
            term = lexicon.get(tokens[i] if length == 1 else " ".join(tokens[i : i + length]))
            if term is not None:
                found.append((i, length, term))
                i += length
                break
        else:
            signed = _SIGNED_PERCENT.match(tokens[i])
            if signed:
                size = min(0.8 + float(signed[2]) / 4, 2.5)
                found.append((i, 1, _Term(size if signed[1] == "+" else -size, direction=True)))
            i += 1
    return found


def _modified(tokens: Sequence[str], start: int, length: int, term: _Term) -> float:
    """What the words around a term make of its weight."""
    factor = 1.0
    before = tokens[max(start - 3, 0) : start]
    after = tokens[start + length : start + length + 3]
    if any(t in _NOT for t in before) and not any(t in _NOT_BUT_FOR_EMPHASIS for t in before):
        factor *= -0.6
    if any(t in _ASIDE for t in before):
        factor *= -0.2
    near = set(before[-1:]) | set(after[:1])
    if near & _STRONGER:
        factor *= 1.3
    if near & _WEAKER:
        factor *= 0.6
    if term.direction and (_unwanted(before[-2:]) or _unwanted(after[:2])):
        factor *= -0.8
    return factor


def _unwanted(words: Sequence[str]) -> bool:
    return any(w in _UNWANTED for w in words)
