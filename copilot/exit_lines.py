"""Sentences about exits: profit taken in steps, a stop that moves to break even, and getting out at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from copilot.drawn import symbol_of
from copilot.meaning import AskBack, Known
from copilot.phrases import listed
from copilot.slots import Item, Slots, low
from copilot.symbols import Mention, SymbolIndex
from copilot.words import Kind
from domain.chat import Action, Amount, Rung, Unit, Verb
from domain.money import HUNDRED, ZERO, plain

_DROPPED = listed("my our the a an of please thanks now position shares stock off its their")
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_ONE = r"(?:SYM|it|them|that)"
_PART = (
    rf"(?:other )?(?P<share{{0}}>{_NUMBER}%|rest|remainder)(?: {_ONE})?(?: more)?"
    rf" (?:(?:at|when|once)(?: it (?:is|hits|reaches))?)(?: up)? (?P<at{{0}}>{_NUMBER}%?)(?: up)?"
)
_STEP = re.compile(_PART.format(""))
_LADDER = re.compile(
    rf"(?:sell|close|take|trim|exit|scale out|take profit on)(?: {_ONE}:?)? "
    rf"(?P<steps>{_PART.format(0)}(?:(?:, and then|, and|, then|,| and then| and| then)(?: (?:sell|close))? {_PART.format(1)})+)[.!]?"
)
_WHEN = r",? (?:once|when|after|if|as soon as|at)"
_STOP = rf"(?:stop(?: loss)?s?(?: (?:on|for|under) {_ONE})?|{_ONE} stop(?: loss)?|{_ONE})"
_EVEN = re.compile(
    rf"(?:move|set|put|raise|bring|lift|change|shift|trail) {_STOP}(?: up)?"
    rf" (?:to|at) (?:break ?- ?even|breakeven|break even|cost|entry|entry price)(?: (?:on|for) {_ONE})?(?P<gain>{_WHEN} .*?)?[.!]?"
)
_GAIN = re.compile(rf"{_WHEN}(?: (?:it|SYM|price))?(?: (?:is|has|goes|gets|gained|gains|up|risen|by))* (?P<gain>{_NUMBER})%(?: up| gain)?")
_TRAIL = re.compile(
    rf"(?:trail|put a trailing stop on|trailing stop on) {_ONE}(?: by| at)? (?P<by>{_NUMBER})%{_WHEN}"
    rf" (?:{_ONE} |it is |it has |is |has |price )*(?:up|gained|risen|made) (?P<after>{_NUMBER})%[.!]?"
)
_TIME = re.compile(
    rf"(?:get(?: me| us)? out|exit|close|sell|dump|liquidate|be out)(?: all)? {_ONE}"
    rf"(?: before(?: next)? (?P<event>close|bell|closing bell|market closes|end day|earnings|report|results|earnings report)"
    rf"|(?: in| after) (?P<span>{_NUMBER}) (?P<unit>days?|hours?))[.!]?"
)
_REPORTS = ("earnings", "report", "results")


def exit_line(rest: Sequence[Item], known: Known, index: SymbolIndex) -> Action | AskBack | None:
    """The exit a sentence asks for, a question where its instrument, share, price or time is not clear, or None where it asks for none."""
    words = _written(rest)
    mentions = [item for item in rest if isinstance(item, Mention)]
    slots = Slots(mentions=mentions, pronoun=not mentions)
    if (match := _LADDER.fullmatch(words)) is not None:
        symbol = symbol_of(slots, known, index, selling=True)
        return symbol if isinstance(symbol, AskBack) else _ladder(symbol, match["steps"])
    if (match := _EVEN.fullmatch(words)) is not None:
        symbol = symbol_of(slots, known, index, selling=True)
        return symbol if isinstance(symbol, AskBack) else _break_even(symbol, match["gain"])
    if (match := _TRAIL.fullmatch(words)) is not None:
        symbol = symbol_of(slots, known, index, selling=True)
        by, after = (Amount(Decimal(match[name]), Unit.PERCENT) for name in ("by", "after"))
        return symbol if isinstance(symbol, AskBack) else Action(Verb.TRAILING, symbol, by, after=after)
    if (match := _TIME.fullmatch(words)) is not None:
        symbol = symbol_of(slots, known, index, selling=True)
        return symbol if isinstance(symbol, AskBack) else _timed(symbol, match)
    return None


def _written(rest: Sequence[Item]) -> str:
    """The sentence with `SYM` for an instrument and plain figures: `sell half of apple at $260` is `sell 50% of SYM at 260`."""
    parts: list[str] = []
    for item in rest:
        if isinstance(item, Mention):
            parts.append("SYM")
        elif item.kind in (Kind.NUMBER, Kind.MONEY) and item.value is not None:
            parts.append(plain(item.value))
        elif item.kind in (Kind.PERCENT, Kind.FRACTION) and item.value is not None:
            parts.append(f"{plain(item.value)}%")
        else:
            parts.append(low(item))
    return re.sub(r" ([,.!:])", r"\1", " ".join(part for part in parts if part not in _DROPPED))


def _ladder(symbol: str, steps: str) -> Action | AskBack:
    rungs: list[Rung] = []
    left = HUNDRED
    for step in _STEP.finditer(steps):
        share = Decimal(step["share"].rstrip("%")) if step["share"].endswith("%") else left
        at = Decimal(step["at"].rstrip("%"))
        if share <= ZERO or at <= ZERO or share > left:
            return AskBack(
                f"The parts of {symbol} make more than all of it, or none. Which part at which price?",
                (f"#{symbol} ladder 5% 50% 10% 50%",),
            )
        left -= share
        rungs.append(Rung(Amount(at, Unit.PERCENT if step["at"].endswith("%") else Unit.PRICE), Amount(share, Unit.PERCENT)))
    return Action(Verb.LADDER, symbol, rungs=tuple(rungs))


def _break_even(symbol: str, condition: str | None) -> Action | AskBack:
    gain = _GAIN.fullmatch(condition) if condition else None
    if gain is None or not ZERO < Decimal(gain["gain"]) < HUNDRED:
        return AskBack(
            f"From which gain on should {symbol}'s stop stand at the price you paid?",
            (f"#{symbol} breakeven 3%", f"#{symbol} breakeven 5%"),
        )
    return Action(Verb.BREAKEVEN, symbol, Amount(Decimal(gain["gain"]), Unit.PERCENT))


def _timed(symbol: str, match: re.Match[str]) -> Action | AskBack:
    if match["span"] is not None:
        span, unit = match["span"], match["unit"][0]
        if "." in span or not 0 < int(span) <= {"d": 365, "h": 999}[unit]:
            return AskBack(f"When should {symbol} be closed? In whole days or hours.", (f"#{symbol} exit 10d", f"#{symbol} exit 6h"))
        return Action(Verb.EXIT, symbol, when=f"{int(span)}{unit}")
    return Action(Verb.EXIT, symbol, when="earnings" if match["event"].endswith(_REPORTS) else "close")
