"""Claims without a number: who rose or fell, who is largest, and what moved whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from copilot.guarding.figures import direction
from copilot.guarding.ground import MARKET, Ground
from copilot.guarding.reading import plainly
from domain.money import ZERO

_LARGEST = re.compile(r"\b(?:largest|biggest|most|best|strongest|top|leading|main|heaviest)\b", re.I)
_SMALLEST = re.compile(r"\b(?:smallest|worst|weakest|least|lightest|drags?|losers?|laggards?|detractors?|hurt)\b", re.I)
_RANKED = re.compile(r"\b(?:second|third|fourth|two|three)[\s-](?:largest|biggest|best|worst)\b", re.I)
_EITHER = re.compile(r"\b(?:mover|part|of (?:it|that))\b", re.I)
_OF_VALUE = re.compile(r"\b(?:position|holding|weight|allocation|exposure)s?\b", re.I)
_OF_RESULT = re.compile(
    r"\b(?:gain|gainer|loss|loser|contribut\w+|mover|performer|p/l|profit|drag|part|winner|of (?:it|that|the)|came from|driver)\w*\b", re.I
)
_CAUSE = re.compile(
    r"\b(?:because(?: of)?|due to|driven by|thanks to|owing to|caused by|explained by|on (?:news|reports?|word|fears|hopes)|"
    r"amid|following|after (?:news|reports?|the|a|an)|as (?:investors|traders|markets?)|triggered by|reacting to|wegen|à cause|"
    r"debido a|因为|由于)\b|因为|由于",
    re.I,
)
_MAY = re.compile(r"\b(?:may|might|could|likely|probably)\b.{0,20}\b(?:explain|be behind|reflect)", re.I)
_OWN = re.compile(r"\b(?:the (?:broad(?:er)? )?market|sector|own move|trades?|fees?|dividends?|market move|no news|stop)\b", re.I)
_QUOTED = re.compile(r"[“\"«]([^”\"»\n]{3,}?)[”\"»]")
_NONE = re.compile(r"\b(?:no news|nothing explains|not explained|found no|without news)\b", re.I)
_MOST_OF = re.compile(r"\bmost (?:of (?:it|that|this|the)|came|comes)\b|\bmostly (?:from|by|on)\b", re.I)
MOST = Decimal("0.5")
_EVENT = re.compile(
    r"\b(?:upgrad|downgrad|announc|launch|acquir|merg|resign|su(?:ed|es|ing)\b|won\b|wins\b|sign(?:s|ed)\b|recall|beat(?:s|en)?\b|"
    r"warn|agreed|approv|reject|"
    r"investigat|unveil|guid(?:ed|ance)|layoff|lays? off|laid off|hack|delay|halt|buyback|split\b|dividend cut|hired|appoint|strike|"
    r"fined|banned)\w*",
    re.I,
)
_WORD = re.compile(r"[a-z]{4,}")
LEAST_SHARED = 0.6
_SPELL = r"(?:day|days|stretch|session|week|month|run|time|start|finish)"
_BRIGHT = re.compile(rf"\b(?:good|great|strong|solid|nice|fine|happy|positive|winning|green) {_SPELL}\b", re.I)
_GLOOMY = re.compile(rf"\b(?:bad|rough|tough|poor|weak|ugly|painful|hard|negative|losing|red) {_SPELL}\b", re.I)
_MOVES = re.compile(
    r"\b(?:rose|fell|gained|lost|climbed|dropped|slid|rallied|declined|jumped|slipped|was up|was down|were up|were down|is up|"
    r"is down|went up|went down|"
    r"did (?:best|worst|well|badly)|outperformed|underperformed|suffered|surged|plunged|tumbled)\b",
    re.I,
)


def quoted_rightly(ground: Ground, sentence: str) -> str:
    """Why a quotation in the sentence is none; empty where every one is a headline that was told, or words of the brief."""
    for match in _QUOTED.finditer(sentence):
        words = plainly(match[1]).rstrip("….").strip()
        if len(words.split()) < 3 and not any(c.isdigit() for c in words):
            continue
        if not any(h.words.startswith(words) or (words.startswith(h.words) and len(h.words) > 20) for h in ground.headlines):
            return "quotes what was not told"
    return ""


def without_quotations(sentence: str) -> str:
    """The sentence with its quotations blanked, so that their numbers and names are nobody's claim."""
    return _QUOTED.sub(lambda m: " " * len(m.group()), sentence)


def moved_rightly(ground: Ground, sentence: str, numbered: bool) -> str:
    """Why what the sentence says of rises and falls is not so; empty where it is, or where a number with a sign carries it."""
    total = sum(ground.results.values(), ZERO)
    for mood, sign in ((_BRIGHT, 1), (_GLOOMY, -1)):
        if mood.search(sentence) and total * sign < 0 and not ground.mentioned(sentence):
            return "turns the result around"
    if numbered or not _MOVES.search(sentence):
        return ""
    said = direction(sentence)
    if re.search(r"\b(?:outperformed|surged|rallied|did (?:best|well))\b", sentence, re.I):
        said = 1
    if re.search(r"\b(?:underperformed|plunged|tumbled|suffered|did (?:worst|badly))\b", sentence, re.I):
        said = -1
    if not said:
        return ""
    named = ground.mentioned(sentence)
    if not named and re.search(r"\b(?:you|your (?:account|book|portfolio))\b", sentence, re.I):
        return "" if total * said >= 0 else "turns the result around"
    for symbol in named:
        value = ground.moves.get(symbol, ground.results.get(symbol))
        if symbol == MARKET and ground.brief.market_move is not None:
            value = ground.brief.market_move
        if value is None or value * said < 0:
            return f"says of {symbol} what is not known"
    return ""


def ranked_rightly(ground: Ground, sentence: str) -> str:
    """Why who is called largest or smallest is not; empty where they are, or where nobody is called so."""
    large, small = bool(_LARGEST.search(sentence)), bool(_SMALLEST.search(sentence))
    named = [s for s in ground.mentioned(sentence) if s in ground.values or s in ground.results]
    if not (large or small) or not named:
        return ""
    if _RANKED.search(sentence):
        return "ranks what is not ranked"
    if _MOST_OF.search(sentence):
        total = sum(ground.results.values(), ZERO)
        made = [ground.results[s] for s in named if s in ground.results]
        return "" if total and made and max(v / total for v in made) >= MOST else "says of a part that it is most"
    leader = min(named, key=lambda s: _position(sentence, s, ground))
    tables = []
    if _OF_VALUE.search(sentence):
        tables.append({s: abs(v) for s, v in ground.values.items()})
    if _OF_RESULT.search(sentence) or not tables:
        tables.append(dict(ground.results))
        tables.append(dict(ground.moves))
    for table in tables:
        if leader in table and _is_end(table, leader, sentence, small=small):
            return ""
    return f"calls {leader} what it is not"


def _is_end(table: Mapping[str, Decimal], leader: str, sentence: str, *, small: bool) -> bool:
    """True where a symbol is at the end of a table that is meant: the lower one of what fell, either one of who moved most."""
    low, high = min(table.values()), max(table.values())
    if small or direction(sentence) < 0:
        return table[leader] == low
    return table[leader] == high or (bool(_EITHER.search(sentence)) and table[leader] == low)


def _position(sentence: str, symbol: str, ground: Ground) -> int:
    at = sentence.find(symbol)
    if at >= 0:
        return at
    return next((m.start() for m in re.finditer(r"\S+(?:\s\S+)?", sentence) if symbol in ground.names.found(m.group())), len(sentence))


def caused_rightly(ground: Ground, sentence: str) -> str:
    """Why a cause that the sentence gives is none that was told; empty where it was, or where it gives none.

    A headline is a cause only of the move that it may explain; the market, a sector, trades, fees and positions are parts of the result.
    """
    match = _CAUSE.search(sentence)
    likely = _MAY.search(sentence)
    quoted = [plainly(q).rstrip("….").strip() for q in _QUOTED.findall(sentence)]
    named = {s for s in ground.mentioned(without_quotations(sentence)) if s != MARKET}
    told = [h for h in ground.headlines if any(h.words.startswith(q) or q.startswith(h.words) for q in quoted if len(q.split()) >= 3)]
    if (match or likely or told) and told and named:
        wrong = [s for s in named if not any(s in (h.explains if (match or likely) else h.symbols | h.explains) for h in told)]
        return f"ties {wrong[0]} to news that is not tied to it" if wrong else ""
    if match is None and not told and _EVENT.search(sentence):
        return "" if _headlined(ground, sentence, frozenset(named)) else "tells of an event that was not told"
    if match is None or _NONE.search(sentence):
        return ""
    cause = sentence[match.end() :]
    if _OWN.search(cause) or ground.mentioned(cause):
        return _parts(ground, sentence, cause)
    return "" if _headlined(ground, cause, frozenset(named), explained=True) else "gives a cause that was not told"


def _headlined(ground: Ground, text: str, named: frozenset[str], *, explained: bool = False) -> bool:
    """True where most words of a text are those of one headline on all that are named, which `explained` wants to be tied to their move."""
    words = set(_WORD.findall(plainly(text)))
    for headline in ground.headlines:
        of = headline.explains if explained else headline.symbols | headline.explains
        if words and len(words & set(_WORD.findall(headline.words))) / len(words) >= LEAST_SHARED and (not named or named <= of):
            return True
    return False


def _parts(ground: Ground, sentence: str, cause: str) -> str:
    """A position as the cause of the result: its own result must have the sign of what it is said to have done."""
    said = direction(sentence)
    for symbol in ground.mentioned(cause):
        result = ground.results.get(symbol)
        if result is None and symbol != MARKET:
            return f"gives {symbol} as a cause, of which nothing is known"
        if result is not None and said and result * said < 0:
            return f"gives {symbol} as a cause of the opposite"
    return ""
