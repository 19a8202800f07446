"""The numbers of a sentence: what each is worth, in which unit, with which sign, and how exactly it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """What a number counts."""

    MONEY = "money"
    PERCENT = "percent"
    SIGMA = "sigma"
    SHARES = "shares"
    TIMES = "times"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written: its size, an explicit sign (0 for none), its kind, the step of its last digit, and how loosely it is meant.

    `loose` is 0 for a number meant as written, 1 for "about", 2 for "more than", −2 for "less than".
    """

    start: int
    end: int
    size: Decimal
    sign: int
    kind: Kind
    step: Decimal
    loose: int
    spelled: bool = False


_SCALE = {
    "k": 3, "thousand": 3, "tausend": 3, "mil": 3, "mille": 3, "m": 6, "mn": 6, "million": 6, "millones": 6, "millionen": 6, "b": 9,
    "bn": 9, "billion": 9, "万": 4, "亿": 8,
}  # fmt: skip
_UNITS = {
    "%": Kind.PERCENT, "percent": Kind.PERCENT, "per cent": Kind.PERCENT, "prozent": Kind.PERCENT, "por ciento": Kind.PERCENT,
    "percentage point": Kind.PERCENT, "percentage points": Kind.PERCENT, "pp": Kind.PERCENT, "bp": Kind.PERCENT, "bps": Kind.PERCENT,
    "basis points": Kind.PERCENT, "basis point": Kind.PERCENT, "σ": Kind.SIGMA, "sigma": Kind.SIGMA, "sigmas": Kind.SIGMA,
    "standard deviations": Kind.SIGMA, "share": Kind.SHARES, "shares": Kind.SHARES, "dollars": Kind.MONEY, "dollar": Kind.MONEY,
    "usd": Kind.MONEY, "cents": Kind.MONEY, "x": Kind.TIMES, "times": Kind.TIMES,
}  # fmt: skip
_HUNDREDTHS = frozenset({"bp", "bps", "basis points", "basis point", "cents"})
_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
    "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "dozen": 12, "hundred": 100,
    "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5,
}  # fmt: skip
_SHARES_OF = {
    "half": "50", "a third": "33.3", "one third": "33.3", "two thirds": "66.7", "two-thirds": "66.7", "a quarter": "25",
    "one quarter": "25",
    "three quarters": "75", "three-quarters": "75", "a fifth": "20", "a tenth": "10", "one fifth": "20", "a sixth": "16.7",
}  # fmt: skip
_FOLD = {"twice": "2", "double": "2", "doubled": "2", "triple": "3", "tripled": "3", "halved": "0.5"}

_units = "|".join(sorted((re.escape(u) for u in _UNITS if u != "%" and u != "σ"), key=len, reverse=True))
_scales = "|".join(sorted(_SCALE, key=len, reverse=True))
NUMBER = re.compile(
    rf"(?P<sign>[+−-]\s?)?(?P<money>US\$|[$€£]|USD\s)?\s?(?P<inner>[+−-])?"
    rf"(?P<digits>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d{{1,3}}(?:\.\d{{3}})+(?:,\d+)?(?!\d)|\d+(?:[.,]\d+)?)"
    rf"(?:\s?(?P<scale>{_scales})(?![A-Za-z]))?(?:\s?(?P<sign_unit>[%σ])|[\s-]?(?P<unit>{_units})\b)?",
    re.I,
)
_FRACTIONS = re.compile(r"\b(" + "|".join(sorted(map(re.escape, _SHARES_OF), key=len, reverse=True)) + r")\b", re.I)
_FOLDS = re.compile(r"\b(" + "|".join(_FOLD) + r")\b", re.I)
_SPELLED = re.compile(rf"\b({'|'.join(_WORDS)})\b(?:[\s-](?P<unit>{_units})\b)?", re.I)
_MORE = re.compile(
    r"(?:more than|over|above|at least|just over|upwards of|exceed(?:s|ed|ing)?|mehr als|über|más de|plus de|超过)\s*(?:a\s+)?$", re.I
)
_LESS = re.compile(r"(?:less than|under|below|at most|just under|nearly|almost|close to|fast|knapp|casi|presque|不到)\s*(?:a\s+)?$", re.I)
_ABOUT = re.compile(
    r"(?:about|around|roughly|some|approximately|approx\.|circa|ca\.|~|≈|etwa|rund|ungefähr|unos|alrededor de|environ|约|大约)\s*$", re.I
)
_NAMES = re.compile(
    r"S&P\s?500|Nasdaq[\s-]?100|Russell\s?[23]000|Dow\s?(?:Jones\s?)?30|\bVaR\s?9[59]\b%?|9[59]%\s(?:VaR|value at risk)|\b(?:1|"
    r"one)[\s-]day\b|\b24/7\b|"
    r"\b24[\s-]hours?\b",
    re.I,
)


def unnamed(sentence: str) -> str:
    """The sentence with blanks where a number is part of a name, so that what stands elsewhere keeps its place."""
    return _NAMES.sub(lambda m: re.sub(r"\d", " ", m.group()), sentence)


def numbers(sentence: str) -> Iterator[Number]:
    """Every number of a sentence whose dates, lines and names are blanked, spelled ones too, in no order."""
    taken = []
    for match in NUMBER.finditer(sentence):
        taken.append((match.start(), match.end()))
        yield _number(match, sentence)
    for pattern, table, kind in ((_FRACTIONS, _SHARES_OF, Kind.PERCENT), (_FOLDS, _FOLD, Kind.TIMES)):
        for match in pattern.finditer(sentence):
            taken.append((match.start(), match.end()))
            size = Decimal(table[match[1].lower()])
            yield Number(match.start(), match.end(), size, 0, kind, size / 10, _loose(sentence[: match.start()]) or 1, spelled=True)
    for match in _SPELLED.finditer(sentence):
        if not any(a <= match.start() < b for a, b in taken):
            kind = _UNITS[match["unit"].lower()] if match["unit"] else Kind.PLAIN
            size = Decimal(_WORDS[match[1].lower()])
            yield Number(match.start(), match.end(), size, 0, kind, Decimal(1), _loose(sentence[: match.start()]))


def _number(match: re.Match[str], sentence: str) -> Number:
    written = match["digits"]
    digits = _decimal(written)
    scale = Decimal(10) ** _SCALE[match["scale"].lower()] if match["scale"] else Decimal(1)
    unit = (match["unit"] or match["sign_unit"] or "").lower()
    if unit in _HUNDREDTHS:
        scale /= 100
    kind = Kind.MONEY if match["money"] else _UNITS.get(unit, Kind.PLAIN)
    sign = (match["sign"] or match["inner"] or "").strip()
    before = sentence[match.start() - 1] if match.start() else " "
    if sign in ("-", "−") and before.isalnum():
        sign = ""  # a hyphen: `two-day`, `10-12`
    step = Decimal(1).scaleb(int(digits.as_tuple().exponent)) * scale
    return Number(match.start(), match.end(), digits * scale, {"": 0, "+": 1}.get(sign, -1), kind, step, _loose(sentence[: match.start()]))


def _decimal(written: str) -> Decimal:
    """`1,089.66`, `1.089,66` and `0,96` as what they mean; a point or comma before three digits parts thousands."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", written):
        return Decimal(written.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?|\d{1,3}(?:\.\d{3})+,\d+", written):
        return Decimal(written.replace(".", "").replace(",", "."))
    return Decimal(written.replace(",", "."))


def _loose(before: str) -> int:
    if _MORE.search(before):
        return 2
    if _LESS.search(before):
        return -2
    return 1 if _ABOUT.search(before) else 0
