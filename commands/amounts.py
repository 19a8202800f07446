"""Numbers and amounts of a `#` line: `50`, `$2000`, `5%`, `2atr`, `239.50`; everything else is refused with the reason."""

from __future__ import annotations

import re
from decimal import Decimal

from commands.words import Word, shown
from domain.chat import Amount, Unit
from domain.errors import GrammarError
from domain.money import HUNDRED

WHOLE_DIGITS = 12
DECIMALS = 8

_AMOUNT = re.compile(r"(?P<money>\$)?(?P<number>(?P<whole>[0-9]*)(?:\.(?P<part>[0-9]+))?)(?P<unit>%|atr)?\Z", re.IGNORECASE)
_SIGNED = re.compile(r"[$]?[+-][$]?[0-9.]")
_EXPONENT = re.compile(r"[$]?[0-9.]+e[+-]?[0-9]+", re.IGNORECASE)
_COMMA = re.compile(r"[$]?[0-9]+(,[0-9]+)+(\.[0-9]+)?%?\Z")
_NOT_NUMBERS = frozenset({"nan", "snan", "inf", "infinity", "-inf", "-infinity", "+inf"})


def amount(word: Word, units: frozenset[Unit], wanted: str, example: str) -> Amount:
    """The amount a word says, in one of `units`; a bare number is shares or a price, whichever `units` has.

    `wanted` completes "… is not an amount here: write …". Raises GrammarError naming the word, with `example` as a correct line.
    """
    match = _AMOUNT.match(word.text)
    if match is None or not match["number"]:
        raise GrammarError(f"“{shown(word.text)}” {_why_not(word.lower)}: write {wanted}.", token=shown(word.text), example=example)
    value = _checked(word, match, example)
    bare = Unit.PRICE if Unit.PRICE in units else Unit.SHARES
    unit = {"%": Unit.PERCENT, "atr": Unit.ATR, "": bare}[(match["unit"] or "").lower()]
    if match["money"]:
        unit = Unit.PRICE if Unit.PRICE in units and unit is bare else Unit.MONEY if unit is bare else unit
    if unit not in units or (match["money"] and unit in (Unit.PERCENT, Unit.ATR)):
        raise GrammarError(f"“{shown(word.text)}” does not fit here: write {wanted}.", token=shown(word.text), example=example)
    if unit is Unit.PERCENT and value > HUNDRED:
        raise GrammarError(f"“{shown(word.text)}” is over 100%: write {wanted}.", token=shown(word.text), example=example)
    return Amount(value, unit)


def price(word: Word, example: str) -> Decimal:
    """The price a word says, with or without `$`; raises GrammarError naming the word."""
    return amount(word, frozenset({Unit.PRICE}), "a price such as 239.50", example).value


def looks_numeric(word: Word) -> bool:
    """True for a word that is meant as a number, well written or not."""
    return word.text.lstrip("$+-.")[:1].isdigit()


def _checked(word: Word, match: re.Match[str], example: str) -> Decimal:
    if len(match["whole"]) > WHOLE_DIGITS or len(match["part"] or "") > DECIMALS:
        raise GrammarError(
            f"“{shown(word.text)}” has too many digits: at most {WHOLE_DIGITS} before and {DECIMALS} after the point.",
            token=shown(word.text),
            example=example,
        )
    value = Decimal(match["number"])
    if value == 0:
        raise GrammarError(f"“{shown(word.text)}” is zero: an amount is more than nothing.", token=shown(word.text), example=example)
    return value


def _why_not(text: str) -> str:
    if text.lstrip("$") in _NOT_NUMBERS:
        return "is not a number"
    if _SIGNED.match(text):
        return "has a sign, and amounts are positive"
    if _EXPONENT.match(text):
        return "has an exponent, and amounts are plain decimals"
    if _COMMA.match(text):
        return "has a comma, and amounts are written without"
    return "is not an amount"
