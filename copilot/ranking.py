"""Which positions did best and which did worst: since they were bought, or over the span asked about."""

from __future__ import annotations

import re
from decimal import Decimal

from copilot import tell
from copilot.brief import Brief
from copilot.figures import Figures
from domain.chat import Buttons, Reply, Table, Text, Tone
from domain.money import ZERO, money_text

MOST_ROWS = 8
_WORST = re.compile(r"\b(worst|losers?|loss|losses|losing|weakest|laggards?|bag ?hold\w*|underwater)\b")
_BEST = re.compile(r"\b(best|winners?|winning|strongest|top|gainers?)\b")


def ranked(brief: Brief, figures: Figures, text: str, *, spanned: bool) -> Reply:
    """The best and the worst, the one asked for first; with `spanned` over the brief's span, else since each was bought."""
    made = _made(brief, spanned=spanned)
    if not made:
        return Reply((Text("You hold nothing that could be ranked.", Tone.LEAD), tell.closing(brief)), command="profit-loss")
    words = text.lower()
    worst_first = _WORST.search(words) is not None and _BEST.search(words) is None
    ordered = sorted(made.items(), key=lambda kv: (kv[1] if worst_first else -kv[1], kv[0]))
    over = brief.span.suffix if spanned else "since you bought"
    formula = "value after - value before + cash from trades" if spanned else "(last - average price) * quantity"
    said = {symbol: figures.money(f"{symbol} P/L {over}", value, formula, sign=True) for symbol, value in ordered}
    (first, _), (last, _) = ordered[0], ordered[-1]
    name, other = ("worst", "best") if worst_first else ("best", "worst")
    lead = f"Your {name} is {first}, {said[first]}{_gain(brief, figures, first, spanned=spanned)} {over}"
    lead += f"; your {other} is {last}, {said[last]}.{tell.mark(brief)}" if len(ordered) > 1 else f".{tell.mark(brief)}"
    rows = tuple(
        (symbol, money_text(value, sign=True).replace("$", ""), _gain(brief, figures, symbol, spanned=spanned).strip(" ()") or "–")
        for symbol, value in ordered[:MOST_ROWS]
    )
    headings = ("Sym", "P/L $", "P/L %")
    table = Table(headings[: 2 if spanned else 3], tuple(row[: 2 if spanned else 3] for row in rows), (1, 2)[: 1 if spanned else 2])
    return Reply(
        (Text(lead, Tone.LEAD), table, tell.closing(brief), Buttons((tell.WHY,))),
        command="profit-loss",
        facts=figures.facts,
    )


def _made(brief: Brief, *, spanned: bool) -> dict[str, Decimal]:
    if spanned:
        return {p.symbol: p.total for p in brief.attribution.parts} if brief.attribution else {}
    portfolio = brief.portfolio
    return {p.symbol: portfolio.unrealised(p.symbol) for p in portfolio.positions if p.symbol in portfolio.quotes}


def _gain(brief: Brief, figures: Figures, symbol: str, *, spanned: bool) -> str:
    """` (+44.18%)` on what was paid; empty over a span, where trades blur it."""
    portfolio = brief.portfolio
    held = portfolio.position(symbol)
    if spanned or held is None:
        return ""
    paid = abs(held.quantity) * held.average_price * portfolio.multiplier(symbol)
    if paid <= ZERO:
        return ""
    return f" ({figures.percent(f'{symbol} unrealised %', portfolio.unrealised(symbol) / paid, 'unrealised P/L / cost', sign=True)})"
