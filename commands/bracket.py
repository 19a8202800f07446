"""The exits of a bracket on its card: where they stand, what is lost at the stop and won at the target, and when they are placed."""

from __future__ import annotations

from domain.chat import Block, Text, Tone
from domain.facts import Fact
from domain.money import money_text, percent_text
from domain.tickets import Ticket
from trading import brackets

PLACED = "is placed as the entry fills, for what has filled, and stays until it is reached or taken back."
BOTH = "Stop and target are placed as the entry fills, each for what has filled; what one of them closes, the other gives up."
FORMULA = "(exit price - entry price) × quantity, less the fees of both"


def rows(ticket: Ticket, currency: str) -> tuple[tuple[str, str], ...]:
    """Two rows for each exit: its price and distance from the entry, and the money it would leave; empty without exits."""
    found: list[tuple[str, str]] = []
    for one in brackets.exits(ticket):
        price = money_text(one.leg.price, currency) if one.leg.price is not None else "–"
        found.append((one.word.capitalize(), f"{price} ({percent_text(one.distance)} from the entry), gtc"))
        found.append((f"At the {one.word}", money_text(one.outcome, currency, sign=True)))
    return tuple(found)


def note(ticket: Ticket) -> tuple[Block, ...]:
    """When the exits are placed, in one sentence."""
    words = [one.word for one in brackets.exits(ticket)]
    if not words:
        return ()
    return (Text(BOTH if len(words) > 1 else f"The {words[0]} {PLACED}", Tone.QUIET),)


def facts(ticket: Ticket, currency: str) -> tuple[Fact, ...]:
    """The risk at the stop and the reward at the target."""
    return tuple(
        Fact(f"leg{one.leg.leg}.outcome", f"P/L at the {one.word} {one.leg.symbol}", one.outcome, currency, ticket.created, formula=FORMULA)
        for one in brackets.exits(ticket)
    )
