"""What if prices moved, or something were bought: reckoned on the book as it stands, with nothing drawn up."""

from __future__ import annotations

import re
from decimal import Decimal

from copilot import tell
from copilot.brief import Brief
from copilot.figures import Figures
from domain.chat import Button, Buttons, Reply, Text, Tone
from domain.money import HUNDRED, ONE, ZERO, percent_text

_NUMBER = r"(?P<number>[0-9]{1,3}(?:\.[0-9]{1,2})?) ?(?:%|percent|per cent)"
_DOWN = re.compile(
    r"\b(fall|fell|drop|crash|los[et]|dip|sink|sank|slid|tank|plung|dump|collapse|tumble|declin|correct|"
    rf"(?:go|went|goes|is|are|was|were) down)\w*\b.*?{_NUMBER}"
)
_FALL = re.compile(
    rf"{_NUMBER} (?:\w+ )?(?:fall|drop|crash|dip|slump|plunge|decline|correction|gap|sell-?off|bear market)\b"
)  # "a 10% crash"
_UP = re.compile(rf"\b(ris|rose|gain|jump|rall|climb|surg|soar|pop|(?:go|went|goes|is|are|was|were) up)\w*\b.*?{_NUMBER}")
_CRASH = re.compile(r"\b(crash|correction|sell-?off|bear market|slump|plunge)\w*\b")
_BUYING = re.compile(r"\b(buy|buying|bought|add|adding|added|purchase|more)\b")


A_CRASH = Decimal("-0.1")
"""What is supposed where a crash is asked about without its size; the answer names it."""


def move_in(text: str) -> Decimal | None:
    """The move a question supposes, as a fraction: `falls 20%` is -0.2; None where it names none, or a fall of more than everything."""
    words = text.lower()
    for pattern, sign in ((_DOWN, -ONE), (_FALL, -ONE), (_UP, ONE)):
        if (match := pattern.search(words)) is not None:
            fraction = sign * Decimal(match["number"]) / HUNDRED
            return fraction if fraction and fraction > -ONE else None
    return None


def buying(text: str) -> bool:
    """True when a question is about getting more of something."""
    return _BUYING.search(text.lower()) is not None


def falling(text: str) -> bool:
    """True when a question is about a crash of whatever size."""
    return _CRASH.search(text.lower()) is not None


def if_moved(brief: Brief, figures: Figures, symbol: str | None, sector: str | None, move: Decimal) -> Reply:
    """What a move of one position, of one sector, or of the market would do to the account, and which stop stands in its way.

    A move of the market reaches each holding times its beta over 60 sessions, 1 where that is not known.
    """
    portfolio = brief.portfolio
    priced = [p.symbol for p in portfolio.positions if p.symbol in portfolio.quotes]
    if symbol is not None:
        touched, what, formula = [s for s in priced if s == symbol], symbol, "market value * move"
    elif sector is not None:
        touched, what, formula = [s for s in priced if _sector(brief, s) == sector], sector, "sum of market values in the sector * move"
    else:
        touched, what, formula = priced, "the market", "sum of market value * beta * move"
    if not touched:
        lead = f"You hold no {what}, so that would do nothing to you.{tell.mark(brief)}"
        return Reply((Text(lead, Tone.LEAD), tell.closing(brief)), command="what-to-do", facts=figures.facts)
    whole = symbol is None and sector is None
    change = sum((portfolio.value(s) * (_beta(brief, s) if whole else ONE) * move for s in touched), ZERO)
    after = portfolio.equity + change
    verb = "fell" if move < 0 else "rose"
    size = figures.percent(f"{what} move supposed", abs(move), "as asked", places=_places(move))
    amount = figures.money(f"effect of {what} {verb} {percent_text(abs(move), sign=False)}", abs(change), formula)
    share = figures.percent("effect on equity", change / portfolio.equity if portfolio.equity > 0 else ZERO, "effect / equity", sign=True)
    left = figures.money("equity after that", after, "equity + effect")
    way = "lose" if change < 0 else "gain"
    lead = f"If {what} {verb} {size}, you would {way} {amount} ({share}); your account would be at {left}.{tell.mark(brief)}"
    how = "Each holding is taken to move by its beta to SPY of the last 60 sessions; a real day is rougher." if whole else ""
    doing = "Nothing is drawn up." + (f" To limit a fall: {figures.line(_line(brief, symbol))}." if move < 0 else "")
    blocks = (Text(lead, Tone.LEAD), *tell.paragraphs(how, _stops(brief, figures, touched, move, whole=whole), doing), tell.closing(brief))
    buttons = Buttons((Button("Prepare", _line(brief, symbol)), tell.WHY)) if move < 0 else Buttons((tell.WHY,))
    return Reply((*blocks, buttons), command="what-to-do", facts=figures.facts)


def if_bought(brief: Brief, figures: Figures, symbol: str | None) -> Reply:
    """What there is to say before a purchase: the cash, what is held already, and the line whose card shows the rest."""
    cash = figures.money("cash", brief.portfolio.cash, "the ledger")
    what = symbol or "more"
    line = f"#buy {symbol or 'SPY'} 5%"
    held = ""
    if symbol is not None and brief.portfolio.position(symbol) is not None:
        held = f"; {symbol} is {tell.weight(brief, figures, symbol)} of your equity already"
    lead = f"You have {cash} in cash to buy {what} with{held}.{tell.mark(brief)}"
    doing = (
        f"Nothing is drawn up. What it would do to weights, cash and risk, its card shows before anything is sent: {figures.line(line)}."
    )
    blocks = (Text(lead, Tone.LEAD), *tell.paragraphs(doing), tell.closing(brief))
    return Reply((*blocks, Buttons((Button("Prepare", line), tell.WHY))), command="what-to-do", facts=figures.facts)


def _stops(brief: Brief, figures: Figures, touched: list[str], move: Decimal, *, whole: bool) -> str:
    """The stops that a fall would reach on its way, at most three named."""
    if move > 0:
        return ""
    reached = [
        s for s in brief.stops if s.symbol in touched and s.gap is not None and s.gap <= -move * (_beta(brief, s.symbol) if whole else ONE)
    ]
    if not reached:
        return "No stop stands in the way of that." if not any(s.symbol in touched for s in brief.stops) else "No stop would be reached."
    named = ", ".join(f"{s.symbol} at {figures.money(f'{s.symbol} stop', s.stop)}" for s in reached[:3] if s.stop is not None)
    more = f" and {figures.count('more stops', len(reached) - 3)} more" if len(reached) > 3 else ""
    return f"On the way stops would sell: {named}{more}. What they sell loses less than this, unless the price jumps over them."


def _line(brief: Brief, symbol: str | None) -> str:
    return f"#{symbol} stop 2atr" if symbol is not None and brief.portfolio.position(symbol) is not None else "#set-stops"


def _beta(brief: Brief, symbol: str) -> Decimal:
    found = brief.loadings.get(symbol)
    return found.beta if found is not None else ONE


def _sector(brief: Brief, symbol: str) -> str:
    instrument = brief.portfolio.instruments.get(symbol)
    return instrument.sector if instrument else "Unknown"


def _places(move: Decimal) -> int:
    return 0 if move * HUNDRED == (move * HUNDRED).to_integral_value() else 2
