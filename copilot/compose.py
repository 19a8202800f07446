"""Answers from the brief, without a model: the answer first with its figure, then why, then what can be done with the line that does it."""

from __future__ import annotations

import re

from copilot import danger, outlook, position, ranking, scenario, tell
from copilot.brief import Brief
from copilot.figures import Figures
from copilot.meaning import Question, QuestionKind
from domain.chat import Block, Buttons, Reply, Table, Text, Tone
from domain.money import ZERO, quantity_text

MOST_ROWS = 8
_STOP_AT = re.compile(r"\b(good|right|best|what|where)\b.*\bstop( loss)?\b")
_SPREAD = re.compile(r"\b(diversified|balanced)\b")
_LOSS = re.compile(r"\b(down|losing|lose|lost|loss|losses|red|bleeding|dragging|killing|hurting|blame)\b")


def what_happened(brief: Brief) -> Reply:
    """What the span did to the account: the figure, the largest movers with their news, the trades, and what can be done."""
    figures = tell.figures_of(brief)
    if not brief.priced:
        return _quantities_only(brief, figures, "what-happened")
    made = brief.attribution
    total = made.total if made else ZERO
    was = "were" if brief.span.past else "are"
    lead = f"You {was} {tell.result(brief, figures)}{tell.largest(brief, figures, total)}.{tell.mark(brief)}"
    if not brief.portfolio.positions and not brief.trades and not total:
        return _empty(brief, figures, "what-happened")
    market = ""
    if brief.market_move is not None:
        market = f"The market (SPY) moved {figures.percent('SPY move', brief.market_move, 'last / first - 1', sign=True)}. "
    moved = tell.movers(brief, figures)
    told = "\n".join([market.strip(), *(f"• {m}" for m in moved)]).strip() if moved else market + "None of your positions moved."
    done = tell.trades(brief, figures) or f"You traded nothing {brief.span.suffix}."
    doing = tell.suggestions(brief, figures)
    outlook = doing or tell.ahead(brief, figures)
    chosen = brief.recommendations[: tell.MOST_SUGGESTIONS]
    return Reply(
        (Text(lead, Tone.LEAD), *tell.paragraphs(told, done, outlook), tell.closing(brief), tell.prepare(chosen)),
        command="what-happened",
        facts=figures.facts,
    )


def what_to_do(brief: Brief) -> Reply:
    """What the rules suggest, the most pressing first, each with its reason, its line and what would change its mind."""
    figures = tell.figures_of(brief)
    if not brief.priced:
        return _quantities_only(brief, figures, "what-to-do")
    chosen = brief.recommendations[: tell.MOST_SUGGESTIONS]
    if not chosen:
        worth = figures.money("equity", brief.portfolio.equity, "cash + market value")
        lead = f"Nothing needs doing: none of my rules asks for anything on {worth}.{tell.mark(brief)}"
        blocks: tuple[Block, ...] = (Text(lead, Tone.LEAD), *tell.paragraphs(tell.risk(brief, figures), tell.ahead(brief, figures)))
        return Reply((*blocks, tell.closing(brief), Buttons((tell.WHY,))), command="what-to-do", facts=figures.facts)
    count = figures.count("suggestions", len(brief.recommendations), "rules that ask for something")
    things = "things" if len(brief.recommendations) > 1 else "thing"
    lead = f"{count} {things} to do; first: {tell.suggestion(figures, chosen[0])}.{tell.mark(brief)}"
    told = []
    for k, advice in enumerate(chosen):
        head = "" if k == 0 else f"{tell.suggestion(figures, advice)}. "
        told.append(f"{head}{advice.why} {tell.standing(figures, advice)}")
    return Reply(
        (Text(lead, Tone.LEAD), *tell.paragraphs(*told), tell.closing(brief), tell.prepare(chosen)),
        command="what-to-do",
        facts=figures.facts,
    )


def why_down(brief: Brief, symbol: str | None = None, *, feared: bool = False) -> Reply:
    """Why the account (or one position) is down or up over the span: the three largest parts and the news on them.

    `feared` says that the question took a loss for granted; where there is none, the answer says that first.
    """
    figures = tell.figures_of(brief)
    if not brief.priced or brief.attribution is None:
        return _quantities_only(brief, figures, "profit-loss")
    if symbol is not None:
        return position.why_symbol(brief, figures, symbol)
    made = brief.attribution
    was = "were" if brief.span.past else "are"
    fear = f"You {was} not down: you" if feared and made.total > 0 else "You"
    lead = f"{fear} {was} {tell.result(brief, figures)}{tell.largest(brief, figures, made.total)}.{tell.mark(brief)}"
    parts = [(name, value) for name, value in made.kinds[:3] if value]
    if not parts:
        return Reply(
            (Text(lead, Tone.LEAD), *tell.paragraphs("Nothing you hold moved."), tell.closing(brief)),
            command="profit-loss",
            facts=figures.facts,
        )
    shown = ", ".join(
        f"{name} {figures.money(f'P/L from {name}', value, _FORMULA[name], tell.share_of_kind(brief, name, value), sign=True)}"
        for name, value in parts
    )
    moved = tell.movers(brief, figures)
    chosen = brief.recommendations[:1]
    doing = f"What can be done: {tell.suggestion(figures, chosen[0])} {tell.behind(figures, chosen[0])}." if chosen else None
    return Reply(
        (
            Text(lead, Tone.LEAD),
            *tell.paragraphs(f"The largest parts: {shown}.{_since_bought(brief, figures)}", "\n".join(f"• {m}" for m in moved), doing),
            tell.closing(brief),
            tell.prepare(chosen),
        ),
        command="profit-loss",
        facts=figures.facts,
    )


def too_heavy(brief: Brief, sector: str | None = None, symbol: str | None = None, *, spread: bool = False) -> Reply:
    """Whether one sector or position is too large, and what would bring it back; with `spread` whether the book is diversified."""
    figures = tell.figures_of(brief)
    if not brief.priced:
        return _quantities_only(brief, figures, "exposure")
    if symbol is not None and sector is None:
        return position.heavy_symbol(brief, figures, symbol)
    return position.heavy_sector(brief, figures, sector, spread=spread and sector is None)


def share(brief: Brief, sector: str | None = None, symbol: str | None = None) -> Reply:
    """How much of the account sits in one sector or position."""
    figures = tell.figures_of(brief)
    if not brief.priced:
        return _quantities_only(brief, figures, "exposure")
    if symbol is not None and sector is None:
        return position.heavy_symbol(brief, figures, symbol, asked=False)
    return position.heavy_sector(brief, figures, sector, asked=False)


def should_i(brief: Brief, symbol: str | None = None, *, buying: bool = False) -> Reply:
    """Everything the brief knows that bears on one symbol, what the rules say about it, and no order drawn up."""
    if symbol is None:
        return what_to_do(brief)
    figures = tell.figures_of(brief)
    if not brief.priced:
        return _quantities_only(brief, figures, "what-to-do")
    return position.about(brief, figures, symbol, buying=buying)


def what_if(brief: Brief, symbol: str | None = None, *, sector: str | None = None, text: str = "") -> Reply:
    """What a supposed move, a purchase, or closing a position (or all of them) now would do; nothing is drawn up."""
    figures = tell.figures_of(brief)
    if not brief.priced:
        return _quantities_only(brief, figures, "what-to-do")
    if (move := scenario.move_in(text)) is not None:
        return scenario.if_moved(brief, figures, symbol, None if symbol else sector, move)
    if scenario.buying(text):
        return scenario.if_bought(brief, figures, symbol)
    if scenario.falling(text):
        return scenario.if_moved(brief, figures, symbol, None if symbol else sector, scenario.A_CRASH)
    return position.if_closed(brief, figures, symbol)


def risk(brief: Brief) -> Reply:
    """What a bad day may cost and what no stop limits."""
    figures = tell.figures_of(brief)
    return danger.risk(brief, figures) if brief.priced else _quantities_only(brief, figures, "exposure")


def rank(brief: Brief, text: str, *, spanned: bool) -> Reply:
    """Which positions did best and which worst."""
    figures = tell.figures_of(brief)
    if not brief.priced:
        return _quantities_only(brief, figures, "profit-loss")
    return ranking.ranked(brief, figures, text, spanned=spanned)


def answer(question: Question, brief: Brief) -> Reply:
    """The answer to a question about the book."""
    match question.kind:
        case QuestionKind.WHY_DOWN:
            return why_down(brief, question.symbol, feared=bool(_LOSS.search(question.text.lower())))
        case QuestionKind.SHOULD_I:
            if question.symbol is not None and brief.priced and _STOP_AT.search(question.text.lower()):
                found = danger.stop_at(brief, tell.figures_of(brief), question.symbol)
                if found is not None:
                    return found
            return should_i(brief, question.symbol, buying=scenario.buying(question.text))
        case QuestionKind.TOO_HEAVY:
            return too_heavy(brief, question.sector, question.symbol, spread=bool(_SPREAD.search(question.text.lower())))
        case QuestionKind.RANK:
            return rank(brief, question.text, spanned=bool(question.span))
        case QuestionKind.RISK:
            return risk(brief)
        case QuestionKind.HOURS:
            return outlook.hours(brief)
        case QuestionKind.AHEAD:
            return outlook.ahead(brief, tell.figures_of(brief), question.symbol)
        case QuestionKind.SHARE:
            return share(brief, question.sector, question.symbol)
        case QuestionKind.WHAT_IF:
            return what_if(brief, question.symbol, sector=question.sector, text=question.text)


_FORMULA = {
    "the market": "sum of beta * SPY move * value at the start",
    "sectors": "sum of tilt * (sector fund move - its beta * SPY move) * value at the start",
    "your stocks' own moves": "what neither market nor sector explains",
    "trades inside the span": "sum of side * quantity * (last price - trade price)",
    "fees": "fees paid in the span",
    "dividends": "dividends booked in the span",
    "currency": "value at the start in its own currency * change of the rate",
}


def _since_bought(brief: Brief, figures: Figures) -> str:
    """What is open stands at since it was bought: the other thing that `down` may mean."""
    portfolio = brief.portfolio
    if brief.span.past or not portfolio.positions:
        return ""
    open_now = sum((portfolio.unrealised(p.symbol) for p in portfolio.positions), ZERO)
    stands = figures.money("unrealised P/L", open_now, "sum of (last - average price) * quantity", sign=True)
    return f" Since you bought, what you hold stands at {stands}."


def _empty(brief: Brief, figures: Figures, command: str) -> Reply:
    cash = figures.money("cash", brief.portfolio.cash, "the ledger")
    lead = Text(f"Nothing: you hold no positions and traded nothing {brief.span.suffix}; cash is {cash}.", Tone.LEAD)
    return Reply((lead, tell.closing(brief)), command=command, facts=figures.facts)


def _quantities_only(brief: Brief, figures: Figures, command: str) -> Reply:
    """The answer for a book without prices: quantities, cost and trades, never a value."""
    portfolio = brief.portfolio
    if not portfolio.positions and not brief.trades:
        return _empty(brief, figures, command)
    cost = sum((p.quantity * p.average_price * portfolio.multiplier(p.symbol) for p in portfolio.positions), ZERO)
    lead = (
        f"I have no prices for this book, so no P/L: {figures.count('positions', len(portfolio.positions))} positions that cost "
        f"{figures.money('cost', cost, 'sum of quantity * average price')}."
    )
    rows = []
    for held in portfolio.positions[:MOST_ROWS]:
        figures.quantity(f"{held.symbol} quantity", held.quantity, portfolio.instruments.get(held.symbol))
        paid = figures.money(f"{held.symbol} average price", held.average_price)
        rows.append((held.symbol, quantity_text(held.quantity), paid))
    table: tuple[Block, ...] = (Table(("Sym", "Qty", "Avg cost"), tuple(rows), (1, 2)),) if rows else ()
    more = Text(f"The first {figures.count('rows', MOST_ROWS)}; `/positions all` shows every one.", Tone.QUIET)
    extra: tuple[Block, ...] = (more,) if len(portfolio.positions) > MOST_ROWS else ()
    done = tell.trades(brief, figures)
    return Reply((Text(lead, Tone.LEAD), *table, *extra, *tell.paragraphs(done), tell.closing(brief)), command=command, facts=figures.facts)
