"""The exits' part of the `#` grammar: trailing stops that wait, ladders, break-even, time exits, and taking exits back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from commands import amounts
from commands.words import Word, shown
from domain.chat import Action, Amount, Rung, Unit, Verb
from domain.errors import GrammarError
from domain.money import HUNDRED, plain

VERBS = {"ladder": Verb.LADDER, "breakeven": Verb.BREAKEVEN, "exit": Verb.EXIT, "exits": Verb.EXITS_OFF}
DEFAULT_TRAIL = Amount(Decimal(2), Unit.ATR)
MOST_RUNGS = 5
LONGEST = {"d": 365, "h": 999}

_EXIT = re.compile(r"exit-([a-z0-9]{1,12})\Z")
_SPAN = re.compile(r"([1-9][0-9]{0,2})(d|h)\Z")
_SPAN_WORDS = {"day": "d", "days": "d", "hour": "h", "hours": "h"}
_RELATIVE = frozenset({Unit.PERCENT, Unit.ATR})
_RUNG = frozenset({Unit.PRICE, Unit.PERCENT})
_PERCENT = frozenset({Unit.PERCENT})


def reads(verb: Verb, after: Sequence[Word]) -> bool:
    """True for a line that is read here: the verbs of exits, and `trailing` without a distance or with an offset."""
    if verb is Verb.TRAILING:
        return not after or after[0].lower == "after" or (len(after) > 1 and after[1].lower == "after")
    return verb in VERBS.values()


def action(symbol: str, verb: Verb, words: Sequence[Word]) -> Action:
    """What such a line says; `words` begin with the verb. Raises GrammarError naming the word that does not fit."""
    match verb:
        case Verb.TRAILING:
            return _trailing(symbol, words)
        case Verb.LADDER:
            return _ladder(symbol, words)
        case Verb.BREAKEVEN:
            example = f"#{symbol} breakeven 5%"
            words = [word for word in words if word.lower != "after"]
            _present(words, "the gain from which the stop moves to the average price (5%)", example)
            gain = amounts.amount(words[1], _PERCENT, "the gain from which the stop moves to the average price (5%)", example)
            return _ended(Action(verb, symbol, gain), words[2:])
        case Verb.EXIT:
            return _time(symbol, words)
        case _:
            if len(words) < 2 or words[1].lower != "off":
                token = shown((words[1] if len(words) > 1 else words[0]).text)
                raise GrammarError(
                    f"“{token}”: `/exits` lists them, `#{symbol} exits off` takes them back.", token=token, example=f"#{symbol} exits off"
                )
            return _ended(Action(verb, symbol), words[2:])


def taken_back(head: Word, rest: Sequence[Word]) -> Action:
    """`#exit-ID remove`; raises GrammarError."""
    match = _EXIT.match(f"exit-{head.lower[len('exit-') :]}")
    if match is None:
        token = shown(head.text)
        raise GrammarError(f"“{token}” is not an exit's id: `/exits` lists them.", token=token, example="#exit-ab12cd34 remove")
    if not rest or rest[0].name != Verb.REMOVE:
        token = shown((rest[0] if rest else head).text)
        example = f"#exit-{match[1]} remove"
        raise GrammarError(f"“{token}”: an exit can be removed, or set anew from its symbol.", token=token, example=example)
    return _ended(Action(Verb.REMOVE, match[1]), rest[1:])


def _trailing(symbol: str, words: Sequence[Word]) -> Action:
    example = f"#{symbol} trailing 2% after 3%"
    after, distance = list(words[1:]), DEFAULT_TRAIL
    if after and after[0].lower != "after":
        wanted = "a percentage (2%) or multiples of the average true range (2atr)"
        distance = _below_all(amounts.amount(after[0], _RELATIVE, wanted, example), after[0], example)
        after = after[1:]
    if not after:
        return Action(Verb.TRAILING, symbol, distance)
    wanted = "the gain from which it follows: a percentage (3%) or multiples of the average true range (1atr)"
    _present(after, wanted, example)
    offset = _below_all(amounts.amount(after[1], _RELATIVE, wanted, example), after[1], example)
    return _ended(Action(Verb.TRAILING, symbol, distance, after=offset), after[2:])


def _ladder(symbol: str, words: Sequence[Word]) -> Action:
    example = f"#{symbol} ladder 5% 50% 10% 50%"
    _present(words, "a price (185) or a gain (10%), and the share of the position to sell there (50%)", example)
    rest = [_bare(word) for word in words[1:]]
    rungs: list[Rung] = []
    while rest:
        if len(rungs) == MOST_RUNGS:
            raise GrammarError(
                f"“{shown(rest[0].text)}”: a ladder has at most {MOST_RUNGS} steps.", token=shown(rest[0].text), example=example
            )
        at = amounts.amount(_unsigned(rest[0]), _RUNG, "a price (185) or a gain (10%)", example)
        _present(rest, f"the share of the position to sell at {at.text()} (50%)", example)
        share = amounts.amount(rest[1], _PERCENT, "the share of the position (50%)", example)
        total = sum((r.share.value for r in rungs), share.value)
        if total > HUNDRED:
            token = shown(rest[1].text)
            raise GrammarError(f"“{token}” makes {plain(total)}% of the position: at most 100%.", token=token, example=example)
        rungs.append(Rung(at, share))
        rest = rest[2:]
    return Action(Verb.LADDER, symbol, rungs=tuple(rungs))


def _time(symbol: str, words: Sequence[Word]) -> Action:
    example, wanted = f"#{symbol} exit 10d", "a time from now (10d, 6h), close or earnings"
    _present(words, wanted, example)
    word, used = words[1], 2
    text = word.lower
    if text.isdigit() and len(words) > 2 and words[2].lower in _SPAN_WORDS:
        text, used = f"{text}{_SPAN_WORDS[words[2].lower]}", 3
    span = _SPAN.match(text)
    if text not in ("close", "earnings") and (span is None or int(span[1]) > LONGEST[span[2]]):
        raise GrammarError(f"“{shown(word.text)}” is not when to get out: write {wanted}.", token=shown(word.text), example=example)
    return _ended(Action(Verb.EXIT, symbol, when=text), words[used:])


def _present(words: Sequence[Word], wanted: str, example: str) -> None:
    if len(words) < 2:
        token = shown(words[0].text)
        raise GrammarError(f"“{token}” needs {wanted}.", token=token, example=example)


def _ended(found: Action, left: Sequence[Word]) -> Action:
    if left:
        token = shown(left[0].text)
        raise GrammarError(f"“{token}” is left over: the line ends before it.", token=token, example=found.line())
    return found


def _below_all(amount: Amount, word: Word, example: str) -> Amount:
    if amount.unit is Unit.PERCENT and amount.value >= HUNDRED:
        token = shown(word.text)
        raise GrammarError(f"“{token}” is all of the price: it must be under 100%.", token=token, example=example)
    return amount


def _bare(word: Word) -> Word:
    """Steps may be told apart by commas."""
    text = word.text.rstrip(",")
    return word._replace(text=text, lower=text.lower())


def _unsigned(word: Word) -> Word:
    """A gain may be written with its plus."""
    text = word.text.removeprefix("+") if word.text.endswith("%") else word.text
    return word._replace(text=text, lower=text.lower())
