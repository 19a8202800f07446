"""Lines that lean on the one before: `and Tesla?`, `why?`, `do it`, `half of that`. What they lean on is given; nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from copilot.intents import span_of
from copilot.meaning import AskBack, Call, Chat, Known, Meaning, Propose, Question, QuestionKind, Topic, spoken_of
from copilot.questions import sector_of
from copilot.slots import Item, low
from copilot.symbols import Mention
from copilot.words import Kind, Token
from domain.chat import Action, Amount, Unit, Verb
from domain.money import HUNDRED

_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_SOFT = r"(?:(?:ok|okay|yes|yeah|yep|sure|alright|right|fine|then|please|just|actually|no|rather|hmm|and|now)[ ,]*)*"
_END = r"(?: (?:please|then|now|instead|too|as well|thanks|for me))*"
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
_ORDINAL = rf"(?P<which>{'|'.join(_ORDINALS)}|last)(?: (?:one|suggestion|thing|line))?"
_WHY = re.compile(
    rf"{_SOFT}(?:but )?(?:why|how come|why(?: is)? that|why so|(?:more |the )?details?|(?:tell me )?more|go on|explain (?:that|this)"
    rf"|how so|why the {_ORDINAL}){_END}"
)
_DO = re.compile(
    rf"{_SOFT}(?:(?:(?:let us|i will|i would|can you|could you) )?"
    rf"(?:do|prepare|draw up|go ahead with|go with|go for|take|pick|make|show me the card for) )?"
    rf"(?:(?P<it>it|that|this|so|that one|this one)|(?P<all>both|all(?: of)?(?: them| it)?|them(?: all)?|everything)|(?:the )?{_ORDINAL}"
    rf"|(?:number|no|option) (?P<number>\d|one|two|three|four|five|six)){_END}"
)
_GO = re.compile(rf"{_SOFT}(?:go ahead|go for it|let us do (?:it|that)|do (?:it|so)|prepare (?:it|the card))" + _END)
_ACTS = re.compile(r"\b(?:do|prepare|draw|go|take|pick|make|first|second|third|fourth|fifth|last|number|option)\b")
_SCALED = re.compile(
    rf"{_SOFT}(?:do |make it |only )?(?P<scale>half|double|triple|twice|a third|a quarter)(?: of)? (?:that|it|this)(?: amount)?{_END}"
)
_WHOLE = re.compile(rf"{_SOFT}(?:make it |close )?(?:all of (?:it|them)|all|everything|the whole (?:thing|position)){_END}")
_SAME = re.compile(rf"{_SOFT}(?:(?:do )?(?:the )?same (?:for|with|on|to)|(?:also )?(?:for|with|on)) SYM{_END}")
_AMOUNT = re.compile(
    rf"{_SOFT}(?:(?:make (?:it|that)|only|tighter|wider|closer|set it to|change it to|at|with|rather)[ ,]*)*#N(?: shares?)?{_END}"
)
_LIMIT = re.compile(rf"{_SOFT}(?:at|(?:with|at) a limit (?:of|at)|limit(?: of| at)?|for at most) #N{_END}")
_EXIT_TOO = re.compile(rf"{_SOFT}(?:also )?(?:a |the )?(?P<exit>stop|target)(?: loss)? (?:at|of|to) #N{_END}")
_ABOUT = re.compile(
    rf"{_SOFT}(?:(?:what|how) about |(?:and )?(?:for|on|of|in|with) )?(?:my |the )?SYM(?: s| is)?(?: stock| shares| position)?{_END}"
)
_WHEN = re.compile(
    rf"{_SOFT}(?:(?:what|how) about |(?:for|over|in|during|since) )?(?:the |this |last |past |a |one |all |so far )*"
    rf"(?:today|yesterday|week|month|year|ytd|time|year to date|weekly|monthly){_END}"
)
_MOVE = re.compile(rf"{_SOFT}(?:what |how )?(?:about |if |by )?#P{_END}")
_MARKET = re.compile(rf"{_SOFT}(?:is (?:it|that|this) )?(?:just |only |all |mostly |because of |due to )+(?:the )?(?:whole )?market{_END}")
_SECTOR = re.compile(rf"{_SOFT}(?:(?:what|how) about )?\w+(?: \w+)?$")
_FACET = re.compile(
    rf"{_SOFT}(?:what about |how about )?(?:any |its |the |a |show |me |see )*"
    rf"(?P<facet>news|headlines|chart|price|quote|stops?|position)(?: (?:on|of|for) (?:it|that))?{_END}"
)
_FACETS = {
    "news": "news",
    "headlines": "news",
    "chart": "chart",
    "price": "quote",
    "quote": "quote",
    "stop": "stops",
    "stops": "stops",
    "position": "positions",
}
_OTHER = re.compile(rf"{_SOFT}(?:what about |how about )?(?:the )?other(?: one)?s?{_END}")
_SCALES = {
    "half": Decimal("0.5"),
    "double": Decimal(2),
    "triple": Decimal(3),
    "twice": Decimal(2),
    "a third": Decimal(1) / 3,
    "a quarter": Decimal("0.25"),
}
_SHOWN = {"what-happened": "profit-loss", "portfolio-summary": "positions", "performance": "profit-loss", "what-to-do": "profit-loss"}
"""What is shown of one instrument, where the command before speaks of the whole book."""

_OF_ONE = frozenset({"quote", "chart", "news", "positions", "profit-loss", "stops", "orders", "explain", "exits", "watch"})
_OF_A_SPAN = frozenset({"what-happened", "profit-loss", "performance", "chart"})
_NOTHING = (
    "There is nothing before this that I could do. Ask “what can be done?”, then say “do the first one”; I only ever prepare the card."
)


def follow_up(items: Sequence[Item], words: str, known: Known) -> Meaning | None:
    """What a short line means after the one before; None where it stands on its own.

    `words` are the sentence's, instruments written `SYM`. “do it” only ever prepares a card, and where there is nothing to lean on that is
    said.
    """
    shape = _shape(items)
    if _WHY.fullmatch(words):
        return Call("why")
    before = known.before
    action = before.meaning.action if before is not None and isinstance(before.meaning, Propose) else None
    if action is not None and (changed := _changed(items, words, shape, action)) is not None:
        return changed
    if (_DO.fullmatch(words) and _ACTS.search(words)) or _GO.fullmatch(words):
        return _done(words, known)
    if _SCALED.fullmatch(words):
        return _scaled_offer(words, known)
    if _OTHER.fullmatch(words):
        return AskBack("Which other one? Name it.", ())
    if before is None or before.meaning is None:
        return None
    return _asked_again(items, words, shape, before.meaning)


def _shape(items: Sequence[Item]) -> str:
    """The words with each number written `#N` and each percentage `#P`, so that patterns stay short."""
    out = []
    for item in items:
        if isinstance(item, Mention):
            out.append("SYM")
        elif item.kind in (Kind.NUMBER, Kind.MONEY, Kind.FRACTION):
            out.append("#N")
        elif item.kind is Kind.PERCENT:
            out.append("#P")
        elif item.kind is not Kind.MARK:
            out.append(low(item))
    return " ".join(out)


def _done(words: str, known: Known) -> Meaning:
    """`do it`, `the second one`: the card of a line that the last answer offered."""
    offered = known.before.offered if known.before is not None else ()
    match = _DO.fullmatch(words)
    if not offered:
        return Chat(_NOTHING, Topic.NOTED)
    if match is not None and match["all"]:
        return AskBack("One at a time, please: each line draws up one card. Which first?", tuple(a.line() for a in offered[:4]))
    which = match["which"] if match is not None else None
    if match is not None and match["number"] is not None:
        at = _NUMBERS.get(match["number"]) or int(match["number"])
    else:
        at = 1 if which is None else len(offered) if which == "last" else _ORDINALS.index(which) + 1
    if not 1 <= at <= len(offered):
        return AskBack(f"The last answer offers {len(offered)}. Which one?", tuple(a.line() for a in offered[:4]))
    return Propose(offered[at - 1], words)


def _scaled_offer(words: str, known: Known) -> Meaning:
    """`half of that` after a suggestion: its line with half the amount, asked back, for the rule said another."""
    offered = known.before.offered if known.before is not None else ()
    match = _SCALED.fullmatch(words)
    if not offered or match is None:
        return Chat(_NOTHING, Topic.NOTED)
    scaled = _scaled(offered[0], _SCALES[match["scale"]])
    return AskBack(f"Of `{offered[0].line()}`?", (scaled.line(),) if scaled is not None else (offered[0].line(),))


def _scaled(action: Action, by: Decimal) -> Action | None:
    """The action with its amount scaled; a full close by a fraction is that fraction of it, and nothing is more than all."""
    if action.verb is Verb.CLOSE:
        share = (action.amount.value if action.amount is not None and action.amount.unit is Unit.PERCENT else HUNDRED) * by
        if action.amount is None or action.amount.unit is Unit.PERCENT:
            share = share.quantize(Decimal(1)) if share != share.to_integral_value() else share
            return None if share > HUNDRED else replace(action, amount=None if share == HUNDRED else Amount(share, Unit.PERCENT))
    if action.amount is None or action.verb not in (Verb.BUY, Verb.SELL, Verb.CLOSE):
        return None
    return replace(action, amount=Amount(action.amount.value * by, action.amount.unit))


def _changed(items: Sequence[Item], words: str, shape: str, action: Action) -> Meaning | None:
    """The last card's line with another amount, instrument or limit; a new card, never a change of the old one."""
    said = words
    match = _SCALED.fullmatch(words)
    if match is not None:
        scaled = _scaled(action, _SCALES[match["scale"]])
        return Propose(scaled, said) if scaled is not None else AskBack("Of how much? Say the amount.", (action.line(),))
    if _WHOLE.fullmatch(words) and action.verb is Verb.CLOSE:
        return Propose(replace(action, amount=None), said)
    mention = next((i for i in items if isinstance(i, Mention)), None)
    if mention is not None and len(mention.symbols) == 1 and mention.sure and (_SAME.fullmatch(words) or _ABOUT.fullmatch(words)):
        if action.target is None or action.limit is not None or (action.amount is not None and action.amount.unit is Unit.PRICE):
            return AskBack("At which price there? A price belongs to one instrument.", ())
        return Propose(replace(action, target=mention.symbols[0]), said)
    number = next((i for i in items if isinstance(i, Token) and i.value is not None), None)
    if number is None or number.value is None or mention is not None:
        return None
    if (exit_ := _EXIT_TOO.fullmatch(shape.replace("#P", "#N"))) is not None and action.target is not None:
        unit = Unit.PERCENT if number.kind is Kind.PERCENT else Unit.PRICE
        return Propose(Action(Verb.STOP if exit_["exit"] == "stop" else Verb.TARGET, action.target, Amount(number.value, unit)), said)
    if _LIMIT.fullmatch(shape) and action.verb in (Verb.BUY, Verb.SELL) and number.kind in (Kind.NUMBER, Kind.MONEY):
        return Propose(replace(action, limit=number.value), said)
    if _AMOUNT.fullmatch(shape.replace("#P", "#N")):
        return _resized(action, number, said)
    return None


def _resized(action: Action, number: Token, said: str) -> Meaning | None:
    value = number.value or Decimal(0)
    if action.verb in (Verb.STOP, Verb.TARGET, Verb.TRAILING):
        unit = Unit.PERCENT if number.kind is Kind.PERCENT else Unit.PRICE
        return None if action.verb is Verb.TRAILING and unit is Unit.PRICE else Propose(replace(action, amount=Amount(value, unit)), said)
    if action.verb not in (Verb.BUY, Verb.SELL, Verb.CLOSE) or not value:
        return None
    unit = {Kind.PERCENT: Unit.PERCENT, Kind.FRACTION: Unit.PERCENT, Kind.MONEY: Unit.MONEY}.get(number.kind, Unit.SHARES)
    if unit is Unit.SHARES and action.amount is not None and action.amount.unit is Unit.MONEY:
        unit = Unit.MONEY
    if unit is Unit.PERCENT and value > HUNDRED:
        return None
    if action.verb is Verb.CLOSE and unit is Unit.PERCENT and value == HUNDRED:
        return Propose(replace(action, amount=None), said)
    return Propose(replace(action, amount=Amount(value, unit)), said)


def _asked_again(items: Sequence[Item], words: str, shape: str, before: Meaning) -> Meaning | None:
    """The question before, of another instrument, another span, another move."""
    mention = next((i for i in items if isinstance(i, Mention)), None)
    if mention is not None:
        if not (_ABOUT.fullmatch(words) and mention.symbols):
            return None
        return _of_symbol(before, mention.symbols[0])
    if _MOVE.fullmatch(shape) and isinstance(before, Question) and before.kind is QuestionKind.WHAT_IF:
        percent = next(i.raw for i in items if isinstance(i, Token) and i.kind is Kind.PERCENT)
        return replace(before, text=re.sub(r"\d+(?:\.\d+)?\s?%", percent, before.text))
    if _MARKET.fullmatch(words):
        return Call("profit-loss", {"span": of} if (of := _span(before)) else {})
    if (sector := sector_of(words)) is not None and _SECTOR.match(words) and _weighs(before):
        return Question(QuestionKind.SHARE, None, words, sector, "today")
    if (facet := _FACET.fullmatch(words)) is not None and (symbol := spoken_of(before)) is not None:
        return Call(_FACETS[facet["facet"]], {"symbol": symbol})
    span = span_of(words) or ("ytd" if "year" in words else None)
    if span is None or not _WHEN.fullmatch(words):
        return None
    if isinstance(before, Call) and before.command == "chart" and "year" in words:
        return Call("chart", {**before.arguments, "span": "year"})
    if isinstance(before, Call) and before.command in _OF_A_SPAN:
        command = "profit-loss" if before.command == "what-happened" and span in ("month", "ytd", "all") else before.command
        return Call(command, {**before.arguments, "span": span})
    if isinstance(before, Question):
        return replace(before, span=span)
    return Call("what-happened" if span in ("today", "yesterday", "week") else "profit-loss", {"span": span})


def _span(before: Meaning) -> str:
    """The span the question before was about; empty where it was about none."""
    match before:
        case Call(arguments=given):
            return given.get("span", "")
        case Question(span=span):
            return span
        case _:
            return ""


def _weighs(before: Meaning) -> bool:
    """True where the question before was what weighs how much."""
    return (isinstance(before, Call) and before.command == "exposure") or (
        isinstance(before, Question) and before.kind in (QuestionKind.TOO_HEAVY, QuestionKind.SHARE)
    )


def _of_symbol(before: Meaning, symbol: str) -> Meaning | None:
    match before:
        case Question(kind=QuestionKind.TOO_HEAVY | QuestionKind.SHARE):
            return replace(before, symbol=symbol, sector=None, kind=QuestionKind.SHARE)
        case Question(kind=QuestionKind.RISK | QuestionKind.HOURS | QuestionKind.RANK):
            return Call("profit-loss", {"symbol": symbol})
        case Question():
            return replace(before, symbol=symbol, sector=None)
        case Call(command=command, arguments=given):
            command = command if command in _OF_ONE else _SHOWN.get(command, "quote")
            kept = {k: v for k, v in given.items() if k == "span" and command in _OF_A_SPAN}
            return Call(command, {"topic" if command == "explain" else "symbol": symbol, **kept})
        case _:
            return None
