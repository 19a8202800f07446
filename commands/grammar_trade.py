"""The tail of a buy or sell: `[limit 240] [stop 225|5%|2atr] [target 260|8%] [gtc|day]`, in any order, each once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from commands import amounts
from commands.words import Word, shown
from domain.chat import Action, Amount, Unit, Verb
from domain.errors import GrammarError
from domain.money import HUNDRED
from domain.orders import TimeInForce

_EXITS = {
    "stop": (frozenset({Unit.PRICE, Unit.PERCENT, Unit.ATR}), "a price (170) or a distance from the entry (5%, 2atr)", "stop 5%"),
    "target": (frozenset({Unit.PRICE, Unit.PERCENT}), "a price (190) or a distance from the entry (8%)", "target 8%"),
}


def tail(verb: Verb, symbol: str, amount: Amount, after: Sequence[Word]) -> tuple[Action, Sequence[Word]]:
    """The trade with what follows its amount, and the words that are left over; raises GrammarError naming the word that does not fit."""
    line = f"#{verb} {symbol} {amount.text()}"
    limit: Decimal | None = None
    tif: TimeInForce | None = None
    exits: dict[str, Amount] = {}
    while after:
        word = after[0].lower
        if word == "limit" and limit is None:
            example = f"{line} limit 240"
            limit = amounts.price(_following(after, "a price", example), example)
        elif word in _EXITS and word not in exits:
            exits[word] = _exit(after, line)
        elif word in ("gtc", "day") and tif is None:
            tif, after = TimeInForce(word), after[1:]
            continue
        else:
            break
        after = after[2:]
    day = tif or TimeInForce.DAY
    return Action(verb, symbol, amount, limit=limit, tif=day, stop_at=exits.get("stop"), target_at=exits.get("target")), after


def _exit(after: Sequence[Word], line: str) -> Amount:
    units, wanted, shape = _EXITS[after[0].lower]
    example = f"{line} {shape}"
    word = _following(after, wanted, example)
    amount = amounts.amount(word, units, wanted, example)
    if amount.unit is Unit.PERCENT and amount.value >= HUNDRED:
        token = shown(word.text)
        raise GrammarError(f"“{token}” would be a price of zero: it must be under 100%.", token=token, example=example)
    return amount


def _following(after: Sequence[Word], wanted: str, example: str) -> Word:
    if len(after) < 2:
        raise GrammarError(f"“{after[0].text}” needs {wanted}.", token=after[0].text, example=example)
    return after[1]
