"""Sentences about one open order by its id: taking it back, or changing its limit, its stop or its size."""

from __future__ import annotations

import re
from decimal import Decimal

from copilot.meaning import AskBack
from domain.chat import Action, Amount, Unit, Verb
from domain.money import ZERO

_ID = r"(?:order )?(?:with )?(?:id |number |no )?(?:# |- )?(?P<id>[a-z0-9]+)(?P<leg>(?: - | )[0-9]{1,2}(?![0-9.]))?"
_CANCEL = re.compile(rf"(?:cancel|kill|scrap|withdraw|pull|delete|remove) {_ID}")
_CHANGE = r"(?:change|modify|move|set|raise|lower|update|edit|adjust|amend|bump|drop|make)"
_WHAT = r"(?P<what>limit|stop|stop loss|price|quantity|size|amount)(?: price)?"
_TO = r"(?: up| down)? (?:to|at|=) \$?(?P<value>[0-9]+(?:\.[0-9]+)?)(?P<shares> shares?| units?)?"
_MODIFY = (
    re.compile(rf"{_CHANGE} {_WHAT} (?:of|on|for) (?=order ){_ID}{_TO}"),
    re.compile(rf"{_CHANGE} (?=order ){_ID}(?: is)?(?: {_WHAT})?{_TO}"),
    re.compile(rf"{_CHANGE} (?=order ){_ID} {_WHAT} \$?(?P<value>[0-9]+(?:\.[0-9]+)?)(?P<shares> shares?)?"),
)
_ABOUT = re.compile(r"(cancel|kill|scrap|withdraw|modify|change)\b.*\border\b|cancel( it| that)?$")
_LONGEST_ID = 12


def order_line(words: str) -> Action | AskBack | None:
    """The action on the order named, a question where the order or the price is not clear, or None where no order is spoken of."""
    if (match := _CANCEL.fullmatch(words)) is not None and (target := _target(match)) is not None:
        return Action(Verb.CANCEL, target=target)
    for pattern in _MODIFY:
        if (match := pattern.fullmatch(words)) is not None and (target := _target(match)) is not None:
            return _modified(target, match["what"], Decimal(match["value"]), shares=bool(match["shares"]))
    if _ABOUT.match(words):
        return AskBack("Which order? `/orders` shows their ids.", ("/orders", "#cancel-all"))
    return None


def _target(match: re.Match[str]) -> str | None:
    """The id as the house writes it (`k3x9-1`); None for a plain word or a number that may be a quantity."""
    name, leg = match["id"], (match["leg"] or "").strip(" -")
    if len(name) > _LONGEST_ID or not (leg or any(c.isdigit() for c in name)):
        return None
    if not any(c.isalpha() for c in name) and "order" not in match[0]:
        return None
    return f"{name}-{leg}" if leg else name


def _modified(target: str, what: str | None, value: Decimal, *, shares: bool) -> Action | AskBack:
    if value <= ZERO:
        return AskBack("That cannot be traded. What should it be?", ())
    if shares or what in ("quantity", "size", "amount"):
        return Action(Verb.MODIFY, target, Amount(value, Unit.SHARES))
    limit, stop = Action(Verb.MODIFY, target, limit=value), Action(Verb.MODIFY, target, stop=value)
    match what:
        case "limit":
            return limit
        case "stop" | "stop loss":
            return stop
        case _:
            return AskBack("Its limit, its stop, or the number of shares?", (limit.line(), stop.line()))
