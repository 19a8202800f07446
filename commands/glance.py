"""Quick quotes for a conversation with somebody else: prices of the market alone, nothing of the account that asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from commands.slash.sheet import moved_text
from domain.instruments import Instrument
from domain.market import Quote
from domain.money import money_text, percent_text
from market.hub import Hub

MOST = 8
LONGEST = 40


@dataclass(frozen=True, slots=True)
class Glance:
    """One instrument: its symbol, a line to choose it by, and what is said of it where it is chosen."""

    symbol: str
    title: str
    text: str


async def glances(hub: Hub, text: str, limit: int = MOST) -> Sequence[Glance]:
    """The instruments that a text may mean, best first, each with its price; those without a price are left out."""
    found = _meant(hub, text.strip().lstrip("$")[:LONGEST].lower())[:limit]
    symbols = [i.symbol for i in found]
    quotes, before = await hub.quotes(symbols), await hub.previous_closes(symbols)
    made = []
    for one in found:
        quote = quotes.get(one.symbol)
        if quote is not None:
            close = before.get(one.symbol)
            change = quote.last / close - 1 if close else None
            move = f", {moved_text(percent_text(abs(change), sign=False), change)} today" if change is not None else ""
            title = f"{one.symbol} {money_text(quote.last, one.currency)}{move}"
            made.append(Glance(one.symbol, title, _said(one, quote, move)))
    return made


def _said(one: Instrument, quote: Quote, move: str) -> str:
    mark = "; simulated, no real market" if quote.simulated else ""
    return f"{one.name} ({one.symbol}) is at {money_text(quote.last, one.currency)}{move}. As of {quote.at:%Y-%m-%d %H:%M} UTC{mark}."


def _meant(hub: Hub, text: str) -> list[Instrument]:
    """By the beginning of the symbol, then of the name or an alias, then by what is spelled nearly so."""
    every = list(hub.instruments().values())
    begins = [i for i in every if i.symbol.lower().startswith(text)]
    named = [i for i in every if any(word.startswith(text) for word in (i.name.lower(), *i.aliases))] if text else []
    near = hub.nearest(text) if len(text) > 2 else ()
    return list({i.symbol: i for i in (*sorted(begins, key=lambda i: len(i.symbol)), *named, *near)}.values())
