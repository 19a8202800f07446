"""An imperative sentence → a `#` action. Every word must be understood; what is missing or doubtful is asked for, never guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from copilot import drawn
from copilot.exit_lines import exit_line
from copilot.meaning import AskBack, Known, Propose
from copilot.order_lines import order_line
from copilot.phrases import listed, phrased
from copilot.slots import FILLERS, Item, low, read
from copilot.symbols import Mention, SymbolIndex
from copilot.words import Kind, Token
from domain.chat import Action, Amount, Unit, Verb

# What may stand before an instruction without changing it; longest first. `would you` alone asks an opinion and is not here.
_COURTESY = """
please
kindly
hey
hi
hello
ok
okay
alright
right
so
well
just
then
now
quick
quickly
copilot
foliopilot
bot
go ahead and
go ahead
go and
can you
could you
can you please
could you please
will you please
would you please
would you kindly
i want to
i want a
i would like a
give me a
i want you to
i would like to
i would like you to
i like to
i need to
i need you to
let us
let me
help me
help me to
place an order to
place a order to
place a market order to
place market order to
place a limit order to
place an order for
put in an order to
put in a limit order to
submit an order to
submit a market order to
submit a limit order to
enter an order to
create an order to
create a limit order to
make an order to
market order to
limit order to
make a market order to
send a market order to
send an order to
execute
do
"""
LEADS: tuple[tuple[str, ...], ...] = tuple(sorted((tuple(line.split()) for line in _COURTESY.strip().splitlines()), key=len, reverse=True))


def strip_lead(rest: Sequence[Item]) -> tuple[list[Item], bool]:
    """The items after courtesy, and whether the courtesy asked for a limit order."""
    left = list(rest)
    limited = False
    while left:
        if isinstance(left[0], Token) and left[0].kind is Kind.MARK and left[0].low in ",.!-:":
            left.pop(0)
            continue
        words = [low(item) for item in left[:7]]
        lead = next((p for p in LEADS if tuple(words[: len(p)]) == p), None)
        if lead is None:
            break
        limited |= "limit" in lead
        del left[: len(lead)]
    return left, limited


def front_verb(rest: Sequence[Item]) -> list[Item]:
    """`apple: sell half` → `sell half apple`; anything else as it is."""
    if rest and isinstance(rest[0], Mention):
        k = 1
        while k < len(rest) and low(rest[k]) in ("stock", "shares", "share", "company", "position", "and", ",", ":", "-"):
            k += 1
        if k < len(rest) and low(rest[k]) in _AFTER_SYMBOL:
            return [rest[k], rest[0], *rest[k + 1 :]]
    return list(rest)


_AFTER_SYMBOL = listed("sell buy close stop target trailing trail trim reduce dump exit liquidate")

SELL = phrased("sell off, sell, unload, offload, let go of, part with, market sell, limit sell")
CLOSE = phrased(
    """
    get me out of, get us out of, get out of, get rid of, i want out of, want out of, take me out of, sell out of,
    bail out of, bail on, cash out of, close out of, close out, close, exit, exit from, liquidate, dump, ditch, flatten,
    unwind, nuke, yeet, jettison
    """
)
REDUCE = phrased(
    """
    trim down, trim, reduce, cut back on, cut back, cut, lighten up on, lighten up, lighten, scale back, scale out of,
    scale out, scale down, shave, shrink, pare back, pare, take, halve
    """
)
BUY = phrased(
    """
    buy, purchase, acquire, grab, pick up, scoop up, scoop, snap up, get, add, invest, put, throw, load up on, top up,
    go long on, go long, increase, boost, bump up, yolo into, yolo, ape into, ape, market buy, limit buy
    """
)
_WEAK = listed("get add put throw take cut close pick exit flatten let part increase boost bump")  # also begin ordinary sentences


def instruction(rest: Sequence[Item], known: Known, index: SymbolIndex, said: str) -> Propose | AskBack | None:
    """The proposal a sentence asks for, a question back where something is missing, or None where it is no instruction."""
    rest, limited = strip_lead(rest)
    rest = _misheard(front_verb(rest))
    if not rest:
        return None
    if (question := _unsized(rest)) is not None:
        return question
    if low(rest[0]) == "short" and any(isinstance(item, Mention) for item in rest):
        return AskBack("A short sale is a sell beyond what you hold, where the account allows it: `#sell SYMBOL 50`. Shall I?", ())
    action = _batch(rest) or exit_line(rest, known, index) or _protection(rest, known, index)
    if action is None:
        action = _trade(rest, known, index, limited=limited)
    if isinstance(action, Action):
        return Propose(action, said)
    if (
        isinstance(action, AskBack)
        and not action.options
        and any(isinstance(i, Mention) and not i.sure and len(i.symbols) == 1 for i in rest)
    ):
        return _offered(action, rest, known, index, said)
    return action


def _offered(asked: AskBack, rest: Sequence[Item], known: Known, index: SymbolIndex, said: str) -> AskBack:
    """The question about a doubtful name with the line that follows from a yes."""
    meant = instruction([replace(i, sure=True) if isinstance(i, Mention) else i for i in rest], known, index, said)
    return AskBack(asked.question, (meant.action.line(),)) if isinstance(meant, Propose) else asked


def _misheard(rest: list[Item]) -> list[Item]:
    """`by 10 nvidia`: a purchase, where a number follows and nothing went before."""
    verb, amount = (*rest, None, None)[:2]
    if isinstance(verb, Token) and verb.low == "by" and isinstance(amount, Token) and amount.kind in (Kind.NUMBER, Kind.MONEY):
        return [replace(verb, low="buy", mended=True), *rest[1:]]
    return rest


def _head(rest: Sequence[Item], phrases: Sequence[str]) -> int:
    """How many items the longest matching verb phrase takes; 0 when none does."""
    words = [low(item) for item in rest[:5]]
    return max((len(p.split()) for p in phrases if words[: len(p.split())] == p.split()), default=0)


def _trade(rest: Sequence[Item], known: Known, index: SymbolIndex, *, limited: bool) -> Action | AskBack | None:
    for phrases, draw in ((CLOSE, drawn.closing), (SELL, drawn.selling), (REDUCE, drawn.reducing), (BUY, drawn.buying)):
        size = _head(rest, phrases)
        if not size:
            continue
        fillers = FILLERS | {"throw": frozenset({"at"}), "take": frozenset({"table"})}.get(low(rest[0]), frozenset())
        slots = read(rest[size:], fillers=fillers, priced=low(rest[0]) != "throw")
        slots.limit_word |= limited or low(rest[0]) == "limit"
        if low(rest[0]) == "halve":
            slots.amounts.append(Amount(drawn.HALF, Unit.PERCENT))
        weak = low(rest[0]) in _WEAK
        if low(rest[0]) == "close" and slots.everything and slots.unread and not slots.mentions:
            return AskBack("I close one position at a time, or all of them. Which?", ("/positions", "#close-all"))
        nameless = phrases is CLOSE and slots.definite  # `close my position`: which one is asked
        if weak and (slots.unread or not (slots.mentions or slots.everything or slots.pronoun or slots.amounts or nameless)):
            return None
        if weak and phrases in (BUY, REDUCE) and low(rest[0]) != "cut" and not (slots.amounts and slots.mentions):
            return None
        return draw(slots, known, index)
    return None


def _plain(rest: Sequence[Item]) -> str | None:
    """The words of a sentence without instruments as one string; None where an instrument is named."""
    if any(isinstance(item, Mention) for item in rest):
        return None
    words = [low(item) for item in rest]
    return " ".join(
        w for w in words if w not in (",", ".", "!", "please", "now", "immediately", "thanks", "right", "asap", "the", "my", "our")
    )


_BATCHES: tuple[tuple[re.Pattern[str], Verb], ...] = (
    (
        re.compile(
            r"(hit |press |push |do an |do |make an )?emergency stop|(hit |pull |flip |use |press )?kill switch( on)?|"
            r"(stop|halt|freeze|pause) (all |everything )?trading"
            r"|(stop|halt|freeze) everything|pull plug( on (all )?(trading|everything))?|shut (it|everything|"
            r"trading) down"
        ),
        Verb.EMERGENCY_STOP,
    ),
    (re.compile(r"(resume|restart)( all)?( trading)?|(start|turn) trading (again|back on)|lift halt|release kill switch"), Verb.RESUME),
    (
        re.compile(
            r"(cancel|kill|scrap|pull|withdraw|remove|delete) (everything|(all|every)( of)?( open| pending| working|"
            r" outstanding)?( stock)? (orders?|of them)|all)"
        ),
        Verb.CANCEL_ALL,
    ),
    (
        re.compile(
            r"(sell|close|liquidate|flatten|dump|exit|nuke|unwind|close out|sell off|get rid of|get me out of|"
            r"get out of)"
            r" (everything|whole thing|all of (it|them)|all( of)?( open)? (positions|stocks|holdings|shares|stock)|"
            r"(whole|entire) (portfolio|account|book)|portfolio|"
            r"everything (i have|i own|in portfolio)|every position|every single position|it all)|get me flat|go flat|"
            r"go to cash|go all cash|flatten( book)?"
        ),
        Verb.CLOSE_ALL,
    ),
)


def _batch(rest: Sequence[Item]) -> Action | AskBack | None:
    """Lines about everything at once; `sell it all` could mean one thing or all of them, and is asked back."""
    words = _plain(rest)
    if words is None:
        return None
    if re.fullmatch(r"(sell|close|dump) (it all|all of it)|sell all|close all|dump all", words):
        return AskBack("Everything, every open position? I draw up nothing until I know.", ("#close-all", "/positions"))
    for pattern, verb in _BATCHES:
        if pattern.fullmatch(words):
            return Action(verb)
    if re.fullmatch(r"(place|make|submit|enter|put in|create) (an? )?(\w+ )?(order|trade)", words):
        return AskBack("What should I draw up? For example `#buy AAPL 5` or `#AAPL close 50%`.", ("/examples",))
    return order_line(words)


def _unsized(rest: Sequence[Item]) -> AskBack | None:
    """`double my apple`, `go all in on nvidia`, `remove my stop`: meant as instructions, but the line that does it must be chosen."""
    words = " ".join("SYM" if isinstance(item, Mention) else low(item) for item in rest)
    sized = any(isinstance(item, Token) and item.kind in (Kind.NUMBER, Kind.MONEY) for item in rest)
    if not sized and re.match(r"(yolo|ape)\b", words):
        return AskBack("How much exactly? Say a number of shares or dollars, for example `#buy AAPL $1000`.", ())
    if re.match(r"(double|triple|average down|go all in|(put|invest|throw) (everything|all|it all)\b)", words):
        return AskBack("How much exactly? Say a number of shares or dollars, for example `#buy AAPL $1000`.", ())
    if re.match(
        r"(remove|cancel|delete|kill|take off|lift|drop|pull) (my |the |a |all |all my )?(SYM )?(stop|stops|"
        r"stop loss|target|targets|trailing stop)s?\b",
        words,
    ):
        return AskBack("Which order? `/stops` shows each with its id; `#order-ID cancel` takes one back.", ("/stops", "/orders"))
    return None


_PROTECT_HEADS = listed(
    """
    put set place add attach protect give use move raise lower tighten stop stops trailing trail target take profit stoploss lock
    increase bump
    make update change secure
    """
)
_PROTECT_FILLERS = FILLERS | listed(
    """
    put set place add attach protect give use move raise lower tighten stop stops loss losses trailing trail target targets take
    profit profits under below above at of to it's away from here beneath in gains via is make update change last lock those than
    least
    """
)


def _protection(rest: Sequence[Item], known: Known, index: SymbolIndex) -> Action | AskBack | None:
    """Stops, trailing stops, targets and profit-taking, whatever verb begins the sentence."""
    words = [low(item) for item in rest]
    head = words[0]
    if not (head in _PROTECT_HEADS or (isinstance(rest[0], Token) and rest[0].kind in (Kind.PERCENT, Kind.NUMBER) and len(rest) > 1)):
        return None
    stop = "stop" in words or "stops" in words
    trail = "trailing" in words or "trail" in words
    target = "target" in words or "targets" in words
    profits = ("take" in words or "lock" in words) and ("profit" in words or "profits" in words or "gains" in words)
    if (stop or trail) and (target or profits):
        return AskBack("One at a time: the stop first, or the target?", ())
    kind = "trailing" if trail else "stop" if stop else "target" if target else "profits" if profits else None
    if kind is None:
        return None
    extra = listed("up more than that is are gains least anything whatever which over winners winner") if kind == "profits" else frozenset()
    slots = read(rest, fillers=_PROTECT_FILLERS | extra, priced=False)
    return drawn.protecting(kind, slots, known, index, orders_only="stops" in words)
