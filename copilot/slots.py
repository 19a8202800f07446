"""What an instruction carries: instruments, amounts, prices and the words nobody understood, read from one sentence's tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from copilot.phrases import listed
from copilot.symbols import Mention
from copilot.words import Kind, Token
from domain.chat import Amount, Unit

Item = Token | Mention

# Words that carry nothing in an order; everything else must be understood, or nothing is drawn up.
FILLERS = listed(
    """
    of my the a an share shares stock unit units coin coins position holding stake in into worth from me please now right today
    immediately asap order just more extra additional company name by with on up out off thanks thank you and to for i have own
    hold we got at price as well go ahead all's do also then day
    """
)
_WHOLE = frozenset({"all", "everything", "whole", "entire", "completely", "entirely", "fully", "total", "remaining", "rest", "every"})
_EVERYTHING = frozenset({"everything", "portfolio", "positions", "stocks", "holdings", "account", "equity"})
_PRONOUNS = frozenset({"it", "that", "this", "them", "those", "these", "one"})
_COUNTED = ("share", "shares", "units", "coins")
_SPENT = ("of", "into", "in", "worth")
_QUIET_MARKS = frozenset(",.!:\"'")
PRICE_AFTER = frozenset({"at", "@", "limit", "price", "for"})


@dataclass(slots=True)
class Slots:
    """One instruction taken apart; `unread` are the words that were not understood."""

    mentions: list[Mention] = field(default_factory=list)
    amounts: list[Amount] = field(default_factory=list)
    fraction: bool = False  # the percent was said as a fraction
    piece: bool = False  # `half a bitcoin`, and not half of what there is
    thousands: bool = False  # a bare `2k`: shares or dollars?
    limits: list[Decimal] = field(default_factory=list)
    whole: bool = False
    everything: bool = False
    pronoun: bool = False
    definite: bool = False  # `my apple`, `the tesla position`
    some: bool = False
    gtc: bool = False
    market: bool = False
    limit_word: bool = False
    unread: list[str] = field(default_factory=list)


def items(found: Sequence[Token], mentions: Sequence[Mention]) -> list[Item]:
    """Tokens with the named instruments put in their place."""
    out: list[Item] = []
    i = 0
    starts = {m.start: m for m in mentions}
    while i < len(found):
        if i in starts:
            out.append(starts[i])
            i = starts[i].end
        else:
            out.append(found[i])
            i += 1
    return out


def low(item: Item | None) -> str:
    """A token's word; empty for an instrument or nothing."""
    return item.low if isinstance(item, Token) else ""


def read(rest: Sequence[Item], *, fillers: frozenset[str] = FILLERS, priced: bool = True) -> Slots:
    """Fill the slots of one instruction. With `priced` a number after `at` or `limit` is a limit price, else every number is an amount."""
    slots = Slots()
    for i, item in enumerate(rest):
        before = [low(r) for r in rest[max(0, i - 3) : i]]
        following = low(rest[i + 1]) if i + 1 < len(rest) else ""
        if isinstance(item, Mention):
            slots.mentions.append(item)
            slots.definite |= bool(before) and before[-1] in ("my", "the", "our")
        elif item.kind in (Kind.NUMBER, Kind.MONEY) and item.value is not None:
            if priced and _is_price(before, following):
                slots.limits.append(item.value)
            else:
                slots.amounts.append(_amount(item, following, before))
                slots.thousands |= _shares_or_dollars(item, following)
        elif item.kind in (Kind.PERCENT, Kind.FRACTION) and item.value is not None:
            slots.amounts.append(Amount(item.value, Unit.PERCENT))
            slots.fraction |= item.kind is Kind.FRACTION
            slots.piece |= item.kind is Kind.FRACTION and following in ("a", "an")
        elif not _word(slots, item, following, before, fillers):
            slots.unread.append(item.raw)
    return slots


def _is_price(before: Sequence[str], following: str) -> bool:
    if not before:
        return False
    if before[-1] in PRICE_AFTER - {"for"}:
        return True
    return (before[-1] in ("of", "is") and any(b in ("price", "limit") for b in before[:-1])) or following == "limit"


def _shares_or_dollars(item: Token, following: str) -> bool:
    """True for `2k nvidia` and `$5 shares`: either may be meant."""
    if item.kind is Kind.MONEY:
        return following in _COUNTED
    return _thousands(item) and following not in (*_COUNTED, *_SPENT)


def _thousands(item: Token) -> bool:
    return item.kind is Kind.NUMBER and item.raw[-1:].lower() in ("k", "m")


def _amount(item: Token, following: str, before: Sequence[str]) -> Amount:
    """`2k of`, `2k into` and `2k worth` are dollars: nobody counts thousands of shares so."""
    value = item.value if item.value is not None else Decimal(0)
    if item.kind is Kind.MONEY or (_thousands(item) and following in _SPENT and "atr" not in before):
        return Amount(value, Unit.MONEY)
    return Amount(value, Unit.ATR if following in ("atr", "atrs") else Unit.SHARES)


def _word(slots: Slots, item: Token, following: str, before: Sequence[str], fillers: frozenset[str]) -> bool:
    """Take in one word or mark; False when it is not understood."""
    word = item.low
    previous = before[-1] if before else ""
    known = True
    if word in _WHOLE or word in _EVERYTHING:
        slots.whole |= word in _WHOLE
        slots.everything |= word in _EVERYTHING
    elif word in _PRONOUNS:
        slots.pronoun = True
    elif word in ("some", "few", "couple", "bit", "little"):
        slots.some = True
    elif word in ("gtc", "market", "limit"):
        slots.gtc |= word == "gtc"
        slots.market |= word == "market"
        slots.limit_word |= word == "limit"
    elif word in ("atr", "atrs"):
        known = bool(slots.amounts) and slots.amounts[-1].unit is Unit.ATR
    elif word == "better":
        known = previous == "or"
    elif word == "or":
        known = following == "better"
    elif item.kind is Kind.MARK:
        known = word in _QUIET_MARKS or word == "@"
    else:
        known = item.kind is Kind.WORD and word in fillers
    if word in ("position", "stake", "holding") and previous in ("my", "the", "our"):
        slots.definite = True
    return known
