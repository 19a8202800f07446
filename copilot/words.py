"""A line of free text as words and numbers: short forms spelled out, typing errors mended, amounts read (`2k`, `fifty`, `a third`)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from copilot.phrases import numbered
from copilot.vocabulary import CONTRACTED, SPELLED_OUT, mended
from domain.money import HUNDRED, ONE


class Kind(StrEnum):
    """What a token is; `JUNK` is anything that cannot be read for sure, such as `1e309` or full-width digits."""

    WORD = "word"
    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"
    FRACTION = "fraction"  # value in percent
    DOLLAR_SYMBOL = "dollar_symbol"
    MARK = "mark"
    JUNK = "junk"


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or mark: `raw` as written, `low` as understood, `value` of a number; `mended` when a typing error was guessed."""

    kind: Kind
    raw: str
    low: str
    value: Decimal | None = None
    mended: bool = False

    @property
    def capitals(self) -> bool:
        """Written all in capitals."""
        return self.raw.isupper()


_TOKEN = re.compile(
    r"""(?P<money>[$€£]\s?[0-9]+(?:,[0-9]+)*(?:\.[0-9]+)?(?:\s?(?:k|m|thousand|grand|million))?(?![\w%]))
      | (?P<dollar>\$[A-Za-z]{1,6}(?:[.\-/][A-Za-z]{1,4})?(?!\w))
      | (?P<fraction>[0-9]{1,3}/[0-9]{1,3}(?![\w/]))
      | (?P<percent>[0-9]+(?:,[0-9]+)*(?:\.[0-9]+)?\s?%|\.[0-9]+\s?%)
      | (?P<atr>[0-9]+(?:\.[0-9]+)?(?=\s?atr\b))
      | (?P<number>(?:[0-9]+(?:,[0-9]+)*(?:\.[0-9]+)?|\.[0-9]+)(?:\s?(?:k|K|m|M)(?![\w']))?(?![\w%$€]))
      | (?P<after>[0-9]+(?:,[0-9]+)*(?:\.[0-9]+)?k?[$€](?!\w))
      | (?P<word>[^\W\d_]+(?:['&][^\W\d_]+)*(?:[./\-](?:USDT?|[A-Z])\b)?(?![\w]))
      | (?P<junk>[0-9_][\w.+]*|\w+)
      | (?P<mark>[^\w\s])""",
    re.VERBOSE,
)
_SCALE = {"k": Decimal(1000), "thousand": Decimal(1000), "grand": Decimal(1000), "m": Decimal(1_000_000), "million": Decimal(1_000_000)}
_ONES = numbered(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
)
_TENS = numbered("twenty thirty forty fifty sixty seventy eighty ninety", first=20, step=10)
_PARTS = {"half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fifth": 5, "fifths": 5, "tenth": 10, "tenths": 10}
_ASKING = frozenset({"how", "why", "what", "where", "when", "who"})
_MONEY_WORDS = frozenset({"dollars", "dollar", "bucks", "usd", "buck"})
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": " - ", "−": "-", "\u00a0": " ", "…": "."})
_PHRASES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bp\s?[/&]\s?l\b", re.I), "pnl"),
    (re.compile(r"\bs\s?[&]\s?p(?:\s?500)?\b", re.I), "benchmark"),
    (re.compile(r"\btl;?dr\b", re.I), "recap"),
    (re.compile(r"\bgood[- ]till?[- ](?:cancel(?:l?ed)?|cancelled)\b", re.I), "gtc"),
    (re.compile(r"\bper cent\b", re.I), "percent"),
)


def clean(text: str) -> str:
    """Typographic marks made plain and emoji dropped; control and bidirectional characters become `\\ufffd`, so nothing hides in them."""
    out = []
    for char in text.translate(_PLAIN):
        category = unicodedata.category(char)
        if char in "\n\t ":
            out.append(char)
        elif category in ("Cc", "Cf"):
            out.append("" if char in "\u200d\ufe0f\r" else "\ufffd")
        elif category in ("So", "Sk", "Mn"):
            out.append(" ")
        else:
            out.append(char)
    return "".join(out)


def tokens(text: str, *, is_name: Callable[[str], bool]) -> list[Token]:
    """The line as tokens with amounts read; a word for which `is_name` holds (a symbol, a company) is left as it is."""
    for pattern, word in _PHRASES:
        text = pattern.sub(word, text)
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        found.extend(_read(match.lastgroup or "junk", match.group(), is_name, first=not found))
    return _amounts(found)


def _read(group: str, raw: str, is_name: Callable[[str], bool], *, first: bool) -> list[Token]:
    match group:
        case "money" | "after":
            return [_number(Kind.MONEY, raw)]
        case "dollar":
            return [Token(Kind.DOLLAR_SYMBOL, raw[1:], raw[1:].lower())]
        case "fraction":
            over, under = (int(n) for n in raw.split("/"))
            if 0 < over <= under:
                return [Token(Kind.FRACTION, raw, raw, percent_of(over, under))]
            return [Token(Kind.JUNK, raw, raw)]
        case "percent":
            return [_number(Kind.PERCENT, raw)]
        case "number" | "atr":
            return [_number(Kind.NUMBER, raw)]
        case "word":
            return _word(raw, is_name, first=first)
        case "mark":
            return [Token(Kind.MARK, raw, raw)]
        case _:
            low = raw.lower()
            return [Token(Kind.WORD, raw, w) for w in SPELLED_OUT[low].split()] if low in SPELLED_OUT else [Token(Kind.JUNK, raw, low)]


def _word(raw: str, is_name: Callable[[str], bool], *, first: bool) -> list[Token]:
    low = raw.lower()
    if low in SPELLED_OUT and not (len(low) == 1 and (raw.isupper() or (low == "y" and not first))) and not is_name(raw):
        return [Token(Kind.WORD, raw, word) for word in SPELLED_OUT[low].split()]
    for ending, spelled in CONTRACTED.items():
        if low.endswith(ending) and len(low) > len(ending):
            stem = raw[: -len(ending)]
            if ending == "'d" and stem.lower() in _ASKING:  # `how'd we do` asks about the past
                spelled = "did"
            return [Token(Kind.WORD, stem, stem.lower()), Token(Kind.WORD, raw, spelled.strip())]
    if is_name(raw):
        return [Token(Kind.WORD, raw, low)]
    meant = mended(low)
    return [Token(Kind.WORD, raw, meant or low, mended=meant is not None)]


def _number(kind: Kind, raw: str) -> Token:
    text = raw.strip("$€£% ").lower()
    scale = ONE
    for word, factor in _SCALE.items():
        if text.endswith(word):
            scale, text = factor, text.removesuffix(word).strip()
            break
    digits = text.replace(",", "")
    if (
        len(digits) > 12
        or ("," in text and not re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", text))
        or raw[0] in "€£"
        or re.fullmatch(r"[1-9][0-9]{0,2}\.000", digits)
    ):
        return Token(Kind.JUNK, raw, raw)
    return Token(kind, raw, raw.lower(), Decimal(digits) * scale)


def percent_of(over: int, under: int) -> Decimal:
    """A fraction as whole percent, as the house writes it: a third is 33."""
    return (HUNDRED * over / under).quantize(ONE, rounding=ROUND_HALF_EVEN)


def _amounts(found: Sequence[Token]) -> list[Token]:
    """Number words, fractions and units joined into single tokens."""
    out: list[Token] = []
    i = 0
    while i < len(found):
        taken, token = _amount_at(found, i)
        out.append(token)
        i += taken
    return _units(out)


def _amount_at(found: Sequence[Token], i: int) -> tuple[int, Token]:
    token = found[i]
    low = [t.low for t in found[i : i + 12]]
    if token.kind is Kind.WORD and low[0] in ("a", "one") and len(low) > 1 and low[1] in _PARTS:
        return 2, replace(token, kind=Kind.FRACTION, value=percent_of(1, _PARTS[low[1]]), low=low[1], mended=found[i + 1].mended)
    if token.kind is Kind.WORD and low[0] in ("half", "third", "quarter", "fifth", "tenth"):
        return 1, replace(token, kind=Kind.FRACTION, value=percent_of(1, _PARTS[low[0]]))
    if len(low) > 1 and low[0] in ("two", "three", "four") and low[1] in _PARTS and _ONES[low[0]] < _PARTS[low[1]]:
        return 2, replace(token, kind=Kind.FRACTION, value=percent_of(_ONES[low[0]], _PARTS[low[1]]))
    if token.kind is Kind.WORD and (
        low[0] in _ONES or low[0] in _TENS or (low[0] == "a" and low[1:2] and low[1] in ("hundred", "thousand", "dozen", "grand"))
    ):
        return _number_words(found, i)
    if token.kind in (Kind.NUMBER, Kind.MONEY) and len(low) > 1 and low[1] in ("hundred", "thousand", "million"):
        scale = {"hundred": HUNDRED}.get(low[1]) or _SCALE[low[1]]
        return 2, replace(token, value=(token.value or ONE) * scale)
    return 1, token


def _number_words(found: Sequence[Token], i: int) -> tuple[int, Token]:
    """`two hundred and fifty` from position i: how many tokens it takes, and the number."""
    total, current, j = 0, 0, i
    while j < len(found):
        low = found[j].low
        following = found[j + 1].low if j + 1 < len(found) else ""
        if found[j].kind is Kind.MARK and low == "-" and j > i and following in _ONES:
            j += 1
            continue
        if low == "a" and j == i:
            current = 1
        elif low in _ONES and current % 10 == 0 and not 10 <= current % 100 < 20 and (current % 100 == 0 or _ONES[low] < 10):
            current += _ONES[low]
        elif low in _TENS and current % 100 == 0:
            current += _TENS[low]
        elif low == "dozen":
            current *= 12
        elif low == "hundred" and 0 < current < 100:
            current *= 100
        elif low == "thousand" and current:
            total, current = total + current * 1000, 0
        elif not (low == "and" and j > i and current % 100 == 0 and (following in _ONES or following in _TENS)):
            break
        j += 1
    return j - i, Token(Kind.NUMBER, " ".join(t.raw for t in found[i:j]), " ".join(t.low for t in found[i:j]), Decimal(total + current))


def _units(found: Sequence[Token]) -> list[Token]:
    """`50 percent` and `500 dollars` as one token each."""
    out: list[Token] = []
    for token in found:
        before = out[-1] if out else None
        if before is not None and before.kind is Kind.NUMBER and token.kind is Kind.WORD and token.low == "percent":
            out[-1] = replace(before, kind=Kind.PERCENT)
        elif before is not None and before.kind in (Kind.NUMBER, Kind.MONEY) and token.low in _MONEY_WORDS:
            out[-1] = replace(before, kind=Kind.MONEY)
        elif before is not None and before.kind in (Kind.NUMBER, Kind.MONEY) and before.value is not None and token.low == "grand":
            out[-1] = replace(before, kind=Kind.MONEY, value=before.value * _SCALE["grand"])
        else:
            out.append(token)
    return out
