"""Whether a number follows from the facts: the right size to the digits written, the right unit and sign, of the right thing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations

from copilot.guarding.ground import MARKET, SIGNED, Figure, Ground
from copilot.guarding.numbers import Kind, Number
from domain.money import HUNDRED, ZERO

ABOUT = Decimal("0.04")
"""How far "about" may be from what it means, as a fraction."""

BEYOND = Decimal("0.12")
"""How far what is said to be more or less than a number may be from it."""

NEARLY_ALL = Decimal(90)
"""Percent up to which "more than half" is what somebody says who knows; beyond it is nearly all."""

ADDED = frozenset({"result", "realised", "unrealised", "value", "cash", "equity", "weight", "share", "sum"})
"""Kinds of figures that may be added, and shares taken of; a sum of prices is nothing."""

MOST_CITED = 8
PART = "P/L from "
COUNTED = frozenset({"count", "shares", "number", "score", "days"})
_PRICES = frozenset({"price", "average", "stop", "line"})
_CUES: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = tuple(
    (re.compile(pattern, re.I), frozenset(kinds.split()))
    for pattern, kinds in (
        (
            r"\bweights?\b|\bof (?:your |the )?(?:whole )?(?:book|portfolio|equity|account)\b|\bmakes? up\b|\bposition size\b",
            "weight other value equity result",
        ),
        (r"\b(?:from|to|above|below|away from) (?:its|the|your) stop\b|\bdistance\b", "gap stop line"),
        (r"\bstops?\b", "stop gap line price other"),
        (r"\baverage (?:price|cost)\b|\bcost basis\b|\bpaid\b", "average other line"),
        (r"\b(?:price|trades at|traded at|closed at|quoted at|last)\b", "price stop move line other"),
        (r"\b(?:cash|buying power)\b", "cash other"),
        (
            r"\b(?:sold|sell(?:ing)?|sale|bought|closing)\b|\btrades?\b(?! at)",
            "realised price quantity other line result",
        ),
        (r"\bequity\b", "equity weight other"),
        (r"\b(?:invested|exposure|exposed|at work)\b", "exposure value weight other"),
        (r"\bshares?\b|\bunits\b", "quantity line result"),
        (r"\b(?:VaR|value at risk|beta|volatility|drawdown|shortfall)\b", "risk other"),
        (r"\b(?:worth|valued at|market value)\b", "value equity weight other"),
        (
            r"\b(?:gain(?:ed|s|ing)?|los(?:t|s|ses|ing|es?)|made|make|earned|profits?|p/l|up|down|rose|ris(?:es|en|ing)|fell|falls?|fallen|"
            r"dropp?(?:ed|s)?|climb(?:ed|s)?|declin(?:ed|e|es)|added|adds|contribut(?:ed|es|ion)|cost you|returned|moved|move|slid|"
            r"jump(?:ed|s)|"
            r"slipped|advanced|shed|lifted|dragged|ahead|behind|finished|ended)\b",
            "result move other sigma",
        ),
        (r"\bof (?:it|that|this|the (?:gain|loss|total|result|profit|p/l))\b", "share other result"),
    )
)
_ONLY: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = (
    (
        re.compile(r"\bunreali[sz]ed\b|\bsince (?:you )?bought\b|\bon cost\b|\bpaper (?:gain|profit|loss)", re.I),
        frozenset({"unrealised", "line"}),
    ),
    (re.compile(r"\breali[sz]ed\b|\bbooked\b", re.I), frozenset({"realised"})),
)
"""Words that leave no doubt: beside them the others do not count."""

_NEGATIVE = re.compile(
    r"\b(?:lost|los(?:s|ses|ing|e[sr]?)|down|fell|falls?|fallen|falling|drop(?:ped|s)?|declin(?:ed|e|es)|slid|slipped|shed|dragged|"
    r"cost(?:s|ing)? you|g[ai]v(?:e|es|ing) (?:back|up)|weighed|behind|"
    r"negative|red|behind|minus|below the market|verlor(?:en)?|verlust|gefallen|fiel|minus|perdi(?:ó|ste|do)|pérdida|bajó|cayó|baja|perdu|"
    r"perte|baissé|"
    r"chuté|recul(?:é)?)\b|[跌亏损降]",
    re.I,
)
_POSITIVE = re.compile(
    r"\b(?:gain(?:ed|s|ing)?|up|rose|ris(?:e|es|en|ing)|made|earned|profits?|climb(?:ed|s)?|added|adds|jump(?:ed|s)|advanced|lifted|"
    r"adding|brought in|contribut(?:ed|es|ing)|positive|green|"
    r"winner|gewann|gewonnen|gewinn|gestiegen|stieg|plus|gan(?:ó|aste|ado)|ganancia|subió|sube|gagné|gain|monté|hausse|progressé)\b|[涨赚盈升]",
    re.I,
)
_WHOLE = re.compile(
    r"\b(?:you|your|account|book|portfolio|total|overall|together|equity|in all|combined|p/l)\b|\b(?:the )?(?:day|week)'s\b", re.I
)
_THE_MARKET = re.compile(r"\b(?:the (?:broad(?:er)? )?market|the index|S&P\s+|wall street)\b", re.I)
_TRADED = re.compile(r"\b(?:you|your|bought|sold|trades?|sale|purchase|filled?)\b", re.I)
_TOGETHER = re.compile(r"\b(?:together|combined|in total|total|altogether|in all|sum|both|juntos|zusammen|ensemble)\b", re.I)
_APART = re.compile(
    r"\b(?:difference|apart|gap|ahead of|behind|between|net of|less than|more than|better than|worse than|after fees)\b", re.I
)
_SHARE = re.compile(r"\b(?:of (?:it|that|this|the|your|all)|share|times|as much|as large|accounts? for|half|thirds?|quarters?)\b", re.I)
_SPANS = re.compile(r"\b(yesterday|today|this week|this month|this year|last week)\b", re.I)


@dataclass(slots=True)
class Cited:
    """What the answer has cited so far, that sums, differences and shares may be made of, and whom it spoke of last."""

    figures: list[Figure] = field(default_factory=list)
    subject: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a number stands: its sentence, its clause, the symbols before and after it in that, those of the whole sentence, and where that
    names none those of the one before.
    """

    sentence: str
    clause: str
    at: int
    before: frozenset[str]
    after: frozenset[str]
    all: frozenset[str]
    carried: frozenset[str]


def place(ground: Ground, sentence: str, bounds: Sequence[tuple[int, int]], number: Number, cited: Cited) -> Place:
    """Where a number stands in a sentence."""
    start, end = next(((a, b) for a, b in bounds if a <= number.start < b), (0, len(sentence)))
    before = _nearest(ground, sentence[start : number.start], last=True)
    after = _nearest(ground, sentence[number.end : end], last=False)
    carried: frozenset[str] = frozenset()
    if not before and not after:
        before = _nearest(ground, sentence[:start], last=True)
        after = frozenset() if before else _nearest(ground, sentence[end:], last=False)
        carried = frozenset() if before or after else cited.subject
    return Place(sentence, sentence[start:end], number.start - start, before, after, ground.mentioned(sentence), carried)


def follows(ground: Ground, number: Number, where: Place, cited: Cited) -> Figure | None:
    """The figure that a number is, or one that it was made of; None where it follows from nothing."""
    cues = _cues(where.clause) or _cues(where.sentence)
    sign = _sign(number, where)
    fits = [f for f in ground.figures if _same_unit(number, f) and _meant(number, f.value)]
    for figure in fits:
        if (
            _of_kind(figure, cues, number, where)
            and _of_subject(figure, where)
            and _signed(figure, sign, number)
            and _of_span(figure, where.sentence)
        ):
            return figure
    return _made(ground, number, where, cited, sign)


def direction(text: str) -> int:
    """1 for a text that speaks of a rise, −1 for one that speaks of a fall, 0 for both or neither."""
    down, up = bool(_NEGATIVE.search(text)), bool(_POSITIVE.search(text))
    return 0 if down == up else -1 if down else 1


def _nearest(ground: Ground, text: str, *, last: bool) -> frozenset[str]:
    """The symbol named last (or first) in a stretch of text; the market counts as the fund that stands for it."""
    places = [(m.start(), ground.mentioned(m.group())) for m in re.finditer(r"[^\s,]+(?:\s[A-Z][\w&.]*)*", text)]
    found = [(at, s) for at, s in places if s]
    found += [(m.start(), frozenset({MARKET})) for m in _THE_MARKET.finditer(text)]
    if not found:
        return frozenset()
    return (max(found, key=lambda x: x[0]) if last else min(found, key=lambda x: x[0]))[1]


def _cues(text: str) -> frozenset[str]:
    for pattern, only in _ONLY:
        if pattern.search(text):
            return only
    kinds: set[str] = set()
    for pattern, named in _CUES:
        if pattern.search(text):
            kinds |= named
    return frozenset(kinds)


def _same_unit(number: Number, figure: Figure) -> bool:
    match number.kind:
        case Kind.MONEY:
            return figure.unit in ("USD", "EUR", "GBP", "CHF") or (figure.unit == "number" and figure.kind == "line")
        case Kind.PERCENT:
            return figure.unit == "%"
        case Kind.SIGMA:
            return figure.unit == "sigma"
        case Kind.SHARES:
            return figure.unit == "shares"
        case Kind.TIMES:
            return False
        case Kind.PLAIN:
            priced = figure.kind in _PRICES and figure.unit != "%"
            return figure.unit in COUNTED or priced or (figure.unit.isupper() and figure.kind == "quantity")


def _meant(number: Number, value: Decimal) -> bool:
    """True where a number, rounded as it is written and as loosely as it is meant, is the size of a value."""
    size, off = abs(value), abs(abs(value) - number.size)
    if not number.size and value:
        return False
    if number.loose == 2:
        most = NEARLY_ALL if number.spelled else number.size * (1 + BEYOND) + number.step
        return number.size <= size <= most
    if number.loose == -2:
        return number.size * (1 - BEYOND) - number.step <= size <= number.size + number.step / 2
    return off <= number.step / 2 or (number.loose == 1 and off <= size * ABOUT)


def _of_kind(figure: Figure, cues: frozenset[str], number: Number, where: Place) -> bool:
    if number.kind is Kind.SIGMA or figure.unit == "count":
        return True
    if figure.fact.startswith("trade ") and not _TRADED.search(where.sentence):
        return False
    if figure.fact.startswith(PART) and not _named(figure.fact.removeprefix(PART), where.sentence):
        return False
    return not cues or figure.kind in cues


def _named(part: str, sentence: str) -> bool:
    """True where a sentence names a part of the result: the market, sectors, own moves, trades, fees, dividends."""
    words = set(re.findall(r"[a-z]{3,}", part.lower())) - {"the", "your", "span", "inside"}
    return any(w.rstrip("s") in sentence.lower() for w in words)


def _of_subject(figure: Figure, where: Place) -> bool:
    """True where the figure is of whom the number is said of: the symbol before it in its clause, else the one after it, else all."""
    named = where.before or where.after
    if figure.unit == "count":
        return _counted(figure, where.sentence)
    if not figure.subjects:
        if where.carried:
            return bool(_WHOLE.search(where.sentence))
        if not where.before:
            return not where.after or bool(_WHOLE.search(where.clause))
        if figure.kind == "line":
            return True
        return (where.before == {MARKET} and "market" in figure.fact) or bool(_WHOLE.search(where.clause[: where.at]))
    if figure.subjects & (where.before or where.carried):
        return True
    return bool(figure.subjects & where.after) if not where.before else bool(figure.subjects & named)


def _counted(figure: Figure, sentence: str) -> bool:
    """True where a count is of what the sentence counts: its noun stands there, and what narrows it down too, or neither does."""
    noun, *narrowing = figure.fact.lower().split(maxsplit=1)
    said = sentence.lower()
    if noun.rstrip("s") not in said:
        return False
    if not narrowing:
        return not re.search(r"\b(?:stops?|up|down|gain\w*|los\w+|rose|fell)\b", said)
    words = set(re.findall(r"[a-z]{2,}", narrowing[0])) - {"the", "of", "with", "out", "after", "shown"}
    return any(w in said for w in words)


def _sign(number: Number, where: Place) -> int:
    """The sign that is said: one written, else the word of rise or fall nearest before the number, else nearest after it."""
    if number.sign:
        return number.sign
    before, after = where.clause[: where.at], where.clause[where.at :]
    for text, last in ((before, True), (after, False), (where.sentence[: where.sentence.find(where.clause)], True)):
        found = [(m.start(), -1) for m in _NEGATIVE.finditer(text)] + [(m.start(), 1) for m in _POSITIVE.finditer(text)]
        if found:
            return (max(found) if last else min(found))[1]
    return 0


def _signed(figure: Figure, sign: int, number: Number) -> bool:
    return _agrees(figure.value, sign) if figure.kind in SIGNED else number.sign >= 0


def _of_span(figure: Figure, sentence: str) -> bool:
    said = {m.lower() for m in _SPANS.findall(sentence)}
    return not figure.span or not said or figure.span in said


def _made(ground: Ground, number: Number, where: Place, cited: Cited, sign: int) -> Figure | None:
    """A sum, a difference or a share of figures that the answer cites, or of the same kind of those whom the sentence names."""
    together, apart, share = (bool(cue.search(where.sentence)) for cue in (_TOGETHER, _APART, _SHARE))
    for unit, values in _sums(ground, where.all):
        if unit == "%" and not (together or share):
            continue
        if _unit_fits(number, unit) and any(_meant(number, v) and _agrees(v, sign) for v in values):
            return Figure(number.size, unit, where.all, "sum", "", "a sum of what is named")
    recent = [f for f in cited.figures[-MOST_CITED:] if f.kind in ADDED]
    for one, other in combinations(recent, 2):
        if one.unit != other.unit or (where.all and not where.all & (one.subjects | other.subjects)):
            continue  # of whom the sentence speaks, one of the two must be
        if _unit_fits(number, one.unit) and (
            (together and _meant(number, one.value + other.value) and _agrees(one.value + other.value, sign))
            or (apart and _meant(number, one.value - other.value))
        ):
            return one
        if share and number.kind in (Kind.PERCENT, Kind.TIMES) and one.value and other.value:
            scale = HUNDRED if number.kind is Kind.PERCENT else Decimal(1)
            if any(_meant(number, ratio * scale) for ratio in (one.value / other.value, other.value / one.value)):
                return one
    return None


def _agrees(value: Decimal, sign: int) -> bool:
    return value >= 0 if sign >= 0 else value <= 0


def _sums(ground: Ground, named: frozenset[str]) -> Iterable[tuple[str, list[Decimal]]]:
    if len(named) < 2:
        return
    currency = ground.brief.portfolio.spec.currency
    results = [ground.results[s] for s in named if s in ground.results]
    values = [ground.values[s] for s in named if s in ground.values]
    yield currency, [sum(results, ZERO), sum(values, ZERO)]
    total, equity = sum(ground.results.values(), ZERO), ground.brief.portfolio.equity
    shares = [sum(results, ZERO) / total * HUNDRED] if total else []
    yield "%", [*shares, *([sum(values, ZERO) / equity * HUNDRED] if equity > 0 else [])]
    yield "count", [Decimal(len(named))]


def _unit_fits(number: Number, unit: str) -> bool:
    if number.kind is Kind.PERCENT:
        return unit == "%"
    if number.kind is Kind.MONEY:
        return unit not in ("%", "count", "sigma", "shares")
    return number.kind is Kind.PLAIN and unit == "count"
