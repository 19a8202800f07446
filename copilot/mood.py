"""How a sentence is meant: asked for, asked about, denied, reported, conditional or hearsay; only what is asked for becomes a card."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_VERB = (
    r"(sell|buy|close|dump|exit|liquidate|trim|reduce|cut|purchase|cancel|stop out|ditch|unload|offload|"
    r"get out|get rid|set|put|move|raise|take profits?|flatten|short|"
    r"selling|buying|closing|dumping|exiting|liquidating|trimming|reducing|cutting|purchasing|cancelling|"
    r"canceling|sold|bought|closed|dumped|exited|liquidated)"
)
_PAST = (
    r"(sold|bought|closed|dumped|exited|liquidated|trimmed|reduced|cancelled|canceled|purchased|unloaded|"
    r"ditched|placed|got rid|got out|cashed)"
)


class Mood(StrEnum):
    """Why a sentence is no instruction."""

    NEGATED = "negated"
    CONDITIONAL = "conditional"
    REPORT = "report"
    HEARSAY = "hearsay"
    WISH = "wish"
    ASKED = "asked"


_RULES: tuple[tuple[Mood, re.Pattern[str]], ...] = (
    (
        Mood.HEARSAY,
        re.compile(
            r"\b(says?|said|told|tells|wrote|writes|recommends?|recommending|suggests|thinks|wants me|tweeted|posted|"
            r"heard|rumou?rs?|according|advised|advises|urges|claims?)\b.*\b"
            + _VERB
            + r"\b|\b(everybody|everyone|people|reddit|analysts?|cramer|they|he|she|brother|friend|wife|husband|boss|"
            r"article|broker)\b.*\b(is|are|am|want|wants|keep|should|has|have) " + _VERB + r"\b"
        ),
    ),
    (
        Mood.NEGATED,
        re.compile(
            r"\b(not|never|no need|hold off|without|rather than|instead of|avoid|refrain|nobody|neither|nor|against|"
            r"(?<!emergency )stop)\b(?! (loss|at|of|on|for|under|below|out|all|trading)).{0,40}?\b" + _VERB + r"\b"
        ),
    ),
    (Mood.NEGATED, re.compile(r"\b(did|do|does) not (ask|tell|want|order) (you|anybody|anyone)\b")),
    (
        Mood.CONDITIONAL,
        re.compile(
            r"(?<!^)\b(when|while|before|after)\b(?! i open)|^when (?!do |does |did |is |are |was |will |should |can |"
            r"would )|\b(if|once|unless|until|whenever|as soon as|in case|provided|assuming)\b"
        ),
    ),
    (
        Mood.REPORT,
        re.compile(
            rf"^((i|we|you) )?((have|had|just|already|did|was|were|has|am|recently|finally|almost|nearly) )*{_PAST}\b|"
            rf"^(?!show|list|give|find|get|display|tell|pull|filter|what|which|how|did|have).*\b(i|we) ((have|had|just|"
            rf"already|almost|nearly|finally) )*{_PAST}\b|"
            r"^i (was|am|have been) (going|about|thinking|planning)|\balready (sold|bought|closed|cancelled|did)\b"
        ),
    ),
    (
        Mood.WISH,
        re.compile(
            rf"\b(will|would(?! like)|might|may|could|going to|wish|maybe|perhaps|thinking|planning|considering|"
            rf"consider|tomorrow|later|someday|eventually|probably|next (week|month|year))\b.*\b{_VERB}\b"
            rf"|\b{_VERB}\b.*\b(tomorrow|later|next (week|month|year|monday|friday))\b|^(maybe|perhaps)\b"
        ),
    ),
)
_QUESTION = re.compile(
    r"^((and|so|but|or|ok|hey|hi) )*(should|shall|would|could|can|may|might|must|do|does|did|is|are|am|was|"
    r"were|has|have|had|will|what|why|when|where|which|who|how|any)\b"
)
_REQUEST = re.compile(r"^((and|so|ok|hey|hi|hello|please) )*((can|could|will) you|would you (please|kindly))\b")
_TRIGGER = re.compile(
    r"^(?:please )?(?:sell|close|dump|exit|get me out of|get out of)(?: (?:all|all of|my|all my|"
    r"the))* SYM(?: (?:position|shares|stock))? (?:if|when|once) (?:it|SYM|the price|price|that)"
    r" (?:ever )?(?:drops|falls|goes|gets|dips|sinks|slides|hits|reaches|trades|drop|fall|go|is|loses|"
    r"breaks)(?: down)?(?: (?P<way>to|below|under|beneath|by|at|down to|through))?"
    r" (?P<price>\$?[0-9][0-9.,]*)(?P<percent> ?%)?(?: or (?:below|lower|less))?[ .!]*$"
)
_DOWNWARD = re.compile(r"\b(drops?|falls?|dips|sinks|slides|loses|below|under|beneath|breaks|down)\b")


@dataclass(frozen=True, slots=True)
class Trigger:
    """`sell SYM if it drops to 170`: the level, in percent or as a price."""

    level: str
    percent: bool


def request(words: str) -> bool:
    """True for `can you sell …`: a question in form, an instruction in meaning."""
    return bool(_REQUEST.match(words))


def mood(words: str, *, question: bool) -> Mood | None:
    """Why the sentence is no instruction, or None. `words` are as understood, instruments written `SYM`."""
    for found, pattern in _RULES:
        if pattern.search(words):
            return None if found is Mood.WISH and request(words) and " you " in words else found
    if (question or _QUESTION.match(words)) and not request(words):
        return Mood.ASKED
    return None


def trigger(words: str) -> Trigger | None:
    """The stop meant by a conditional sale on the way down, or None where it is anything else."""
    match = _TRIGGER.match(words)
    if match is None or not _DOWNWARD.search(words):
        return None
    if match["percent"] and match["way"] not in (None, "by"):
        return None
    if not match["percent"] and match["way"] == "by":
        return None
    return Trigger(match["price"].rstrip(".,").replace(",", "").lstrip("$"), bool(match["percent"]))
