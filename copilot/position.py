"""Answers about one position or sector: why it moved, whether it is too heavy, what bears on it, what closing it would do."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal

from copilot import tell
from copilot.brief import Brief
from copilot.figures import Figures
from copilot.rules.concentration import LIMIT as POSITION_LIMIT
from copilot.rules.concentration import TOLERANCE
from copilot.rules.rebalancing import LIMIT as SECTOR_LIMIT
from domain.chat import Action, Amount, Button, Buttons, Reply, Table, Text, Tone, Unit, Verb
from domain.money import HUNDRED, ONE, ZERO, percent_text
from market.sectors import SHORT

MOST_ROWS = 8
MOST_NAMED = 4


def why_symbol(brief: Brief, figures: Figures, symbol: str) -> Reply:
    """Why one position made or lost money in the span."""
    made = brief.attribution
    part = next((p for p in made.parts if p.symbol == symbol), None) if made else None
    if part is None:
        return _not_held(brief, figures, symbol, "profit-loss")
    was = "were" if brief.span.past else "are"
    amount = tell.up_or_down(figures, f"{symbol} P/L {brief.span.suffix}", part.total, "value after - value before + cash from trades")
    lead = f"You {was} {amount} on {symbol} {brief.span.suffix}{_price_move(brief, figures, symbol)}.{tell.mark(brief)}"
    shares = (
        ("the market", part.market),
        ("its sector", part.sector),
        ("its own move", part.own),
        ("your trades in it", part.trades),
        ("fees", part.fees),
        ("dividends", part.dividends),
    )
    told = ", ".join(
        f"{name} {figures.money(f'{symbol} P/L from {name}', value, sign=True)}"
        for name, value in sorted(shares, key=lambda kv: (-abs(kv[1]), kv[0]))[:3]
        if value
    )
    impact = brief.news_for(symbol)
    news = tell.explained(brief, figures, impact) if impact else _other_news(brief, symbol)
    chosen = [r for r in brief.recommendations if r.symbol == symbol][:1]
    doing = f"What can be done: {tell.suggestion(figures, chosen[0])} {tell.behind(figures, chosen[0])}." if chosen else None
    blocks = (Text(lead, Tone.LEAD), *tell.paragraphs(f"It comes from: {told}." if told else None, news, doing), tell.closing(brief))
    return Reply((*blocks, tell.prepare(chosen)), command="profit-loss", facts=figures.facts)


def heavy_symbol(brief: Brief, figures: Figures, symbol: str, *, asked: bool = True) -> Reply:
    """Whether one position is too large; where that was not `asked`, how large it is."""
    portfolio = brief.portfolio
    if portfolio.position(symbol) is None:
        return _not_held(brief, figures, symbol, "exposure")
    weight = portfolio.weight(symbol)
    limit = figures.percent("largest weight wanted", POSITION_LIMIT, "the concentration rule", places=0)
    said = "No" if abs(weight) <= POSITION_LIMIT else "Barely" if abs(weight) <= POSITION_LIMIT + TOLERANCE else "Yes"
    lead = f"{said}: {symbol} is {tell.weight(brief, figures, symbol)} of your equity; above {limit} I call it too much.{tell.mark(brief)}"
    if not asked:
        worth = figures.money(f"{symbol} value", portfolio.value(symbol), "quantity * last")
        share = tell.weight(brief, figures, symbol)
        lead = f"{symbol} is {share} of your equity, {worth}; above {limit} I call it too much.{tell.mark(brief)}"
    return _trim(brief, figures, lead, symbol, weight, POSITION_LIMIT if said == "Yes" else weight, None)


def heavy_sector(brief: Brief, figures: Figures, sector: str | None, *, asked: bool = True, spread: bool = False) -> Reply:
    """Whether one sector (the largest where none is named) is too large, over what is held.

    Where that was not `asked` it says how much sits there and in what; with `spread` whether the book is diversified.
    """
    portfolio = brief.portfolio
    sums = portfolio.sectors()
    if not sums:
        return Reply(
            (Text("You hold nothing, so nothing is too heavy.", Tone.LEAD), tell.closing(brief)), command="exposure", facts=figures.facts
        )
    named = sector if sector is not None else next(iter(sums))
    equity = portfolio.equity if portfolio.equity > 0 else ONE
    share = sums.get(named, ZERO) / equity
    text = figures.percent(f"{named} share of equity", share, "sum of market values in the sector / equity", places=1)
    limit = figures.percent("largest sector wanted", SECTOR_LIMIT, "the sector rule", places=0)
    said = "Yes" if share > SECTOR_LIMIT else "No"
    lead = f"{said}: {named} is {text} of your equity; above {limit} I call it heavy.{tell.mark(brief)}"
    held = [p for p in portfolio.positions if _sector(brief, p.symbol) == named and p.quantity > 0]
    if not asked:
        lead = f"{_sits(brief, figures, named, text, [p.symbol for p in held])}{tell.mark(brief)}"
    if spread:
        lead = f"{_spread(brief, figures, named, text, limit, heavy=share > SECTOR_LIMIT)}{tell.mark(brief)}"
    rows = tuple(
        (SHORT.get(name, name), percent_text(value / equity, sign=False, places=1), _keep(figures, name, value, equity))
        for name, value in list(sums.items())[:MOST_ROWS]
    )
    table = Table(("Sector", "Share", "Value $"), rows, (1, 2))
    biggest = max(held, key=lambda p: (portfolio.value(p.symbol), p.symbol), default=None)
    if biggest is None or share <= SECTOR_LIMIT:
        blocks = (Text(lead, Tone.LEAD), table, tell.closing(brief), Buttons((tell.WHY,)))
        return Reply(blocks, command="exposure", facts=figures.facts)
    weight = portfolio.weight(biggest.symbol)
    return _trim(brief, figures, lead, biggest.symbol, weight, max(weight - (share - SECTOR_LIMIT), ZERO), table)


def _sits(brief: Brief, figures: Figures, sector: str, share: str, symbols: Sequence[str]) -> str:
    """`Financials is 4.9% of your equity, $5,587.22: JPM.`"""
    portfolio = brief.portfolio
    if not symbols:
        return f"You hold nothing in {sector}."
    worth = figures.money(f"{sector} value", portfolio.sectors().get(sector, ZERO), "sum of market values in the sector")
    first = sorted(symbols, key=lambda s: (-portfolio.value(s), s))
    named = ", ".join(f"{s} {tell.weight(brief, figures, s)}" for s in first[:MOST_NAMED]) if len(first) > 1 else first[0]
    more = f" and {figures.count('more positions', len(first) - MOST_NAMED)} more" if len(first) > MOST_NAMED else ""
    return f"{sector} is {share} of your equity, {worth}: {named}{more}."


def _spread(brief: Brief, figures: Figures, sector: str, share: str, limit: str, *, heavy: bool) -> str:
    """Whether the book is diversified, by its largest sector and its largest position."""
    portfolio = brief.portfolio
    largest = max((p.symbol for p in portfolio.positions), key=lambda s: (abs(portfolio.weight(s)), s))
    wanted = figures.percent("largest weight wanted", POSITION_LIMIT, "the concentration rule", places=0)
    said = "Not enough" if heavy or abs(portfolio.weight(largest)) > POSITION_LIMIT else "Fairly well"
    count = figures.count("positions", len(portfolio.positions))
    return (
        f"{said}: of {count} positions the largest is {largest} with {tell.weight(brief, figures, largest)} of equity (above {wanted} "
        f"I call it too much), and the largest sector is {sector} with {share} (above {limit} heavy)."
    )


def about(brief: Brief, figures: Figures, symbol: str, *, buying: bool = False) -> Reply:
    """What bears on a decision about one symbol: the rules' word first, then size, gain, stop, news and what is ahead.

    The rules look at what is held and never ask for a purchase: a reader who is `buying` hears that first.
    """
    portfolio = brief.portfolio
    held = portfolio.position(symbol)
    if held is None or symbol not in portfolio.quotes:
        return _not_held(brief, figures, symbol, "what-to-do")
    chosen = [r for r in brief.recommendations if r.symbol == symbol][:2]
    if buying:
        lead = f"None of my rules asks for more {symbol}: it is {tell.weight(brief, figures, symbol)} of your equity.{tell.mark(brief)}"
        reason = "They know size, stops, gains and dates, not where the price goes."
        if chosen:
            instead = tell.suggestion(figures, chosen[0])
            reason = f"The {tell.named(chosen[0])} asks for this instead: {instead}. {chosen[0].why} {tell.standing(figures, chosen[0])}"
    elif chosen:
        lead = f"My {tell.named(chosen[0])} says yes to this much: {tell.suggestion(figures, chosen[0])}.{tell.mark(brief)}"
        reason = f"{chosen[0].why} {tell.standing(figures, chosen[0])}"
    else:
        lead = (
            f"None of my rules asks for anything on {symbol}: it is {tell.weight(brief, figures, symbol)} of your equity.{tell.mark(brief)}"
        )
        reason = "That is no advice to hold it: the rules know size, stops, gains and dates, not where the price goes."
    gain = figures.money(f"{symbol} unrealised", portfolio.unrealised(symbol), "(last - average price) * quantity", sign=True)
    quantity = figures.quantity(f"{symbol} quantity", held.quantity, portfolio.instruments.get(symbol))
    last = figures.money(f"{symbol} last", portfolio.quotes[symbol].last)
    paid = figures.money(f"{symbol} average price", held.average_price, "the ledger")
    weight, stop = tell.weight(brief, figures, symbol), _stop(brief, figures, symbol)
    facts = f"You hold {quantity} at {last} against {paid} paid, {gain} unrealised, {weight} of equity; {stop}."
    impact = brief.news_for(symbol)
    news = tell.explained(brief, figures, impact) if impact else _other_news(brief, symbol)
    report = next((f" It reports {tell.when(brief, r.at)}." for r in brief.earnings if r.symbol == symbol), "")
    buttons = tell.prepare(chosen) if chosen else Buttons((Button("Prepare", f"#{symbol} close 50%"), tell.WHY))
    if buying:
        more = f"#buy {symbol} 5%"
        buttons = Buttons((Button("Prepare", more), tell.WHY))
        reason += f" What buying would do, its card shows before anything is sent: {figures.line(more)}."
    elif not chosen:
        reason += f" If you want less of it: {figures.line(f'#{symbol} close 50%')}."
    return Reply(
        (Text(lead, Tone.LEAD), *tell.paragraphs(reason, facts, f"{news}{report}"), tell.closing(brief), buttons),
        command="what-to-do",
        facts=figures.facts,
    )


def if_closed(brief: Brief, figures: Figures, symbol: str | None) -> Reply:
    """What closing one position, or all of them, at the last prices would book and free; fees and spread not counted."""
    portfolio = brief.portfolio
    symbols = [symbol] if symbol else [p.symbol for p in portfolio.positions if p.symbol in portfolio.quotes]
    held = [s for s in symbols if portfolio.position(s) is not None and s in portfolio.quotes]
    if not held:
        return _not_held(brief, figures, symbol or "", "what-to-do")
    booked = sum((portfolio.unrealised(s) for s in held), ZERO)
    freed = sum((portfolio.value(s) for s in held), ZERO)
    what = symbol or "everything"
    line = f"#{symbol} close" if symbol else "#close-all"
    books = figures.money(f"booked by closing {what}", booked, "(last - average price) * quantity", sign=True)
    lead = f"Closing {what} now would book {books}.{tell.mark(brief)}"
    cash = figures.money("cash after", portfolio.cash + freed, "cash + market value closed")
    now = figures.money("cash", portfolio.cash, "the ledger")
    weight = f"{symbol} goes from {tell.weight(brief, figures, symbol)} of equity to nothing, and cash" if symbol else "Cash"
    told = f"{weight} from {now} to {cash}, before fees and spread."
    doing = f"Nothing is drawn up. The card shows it exactly: {figures.line(line)}."
    blocks = (Text(lead, Tone.LEAD), *tell.paragraphs(told, doing), tell.closing(brief), Buttons((Button("Prepare", line), tell.WHY)))
    return Reply(blocks, command="what-to-do", facts=figures.facts)


def _trim(brief: Brief, figures: Figures, lead: str, symbol: str, weight: Decimal, wanted: Decimal, table: Table | None) -> Reply:
    """The answer with the line that brings a weight down, where it is above what is wanted."""
    blocks: list[Text | Table | Buttons] = [Text(lead, Tone.LEAD)]
    if table is not None:
        blocks.append(table)
    if weight <= wanted or weight <= 0:
        return Reply((*blocks, tell.closing(brief), Buttons((tell.WHY,))), command="exposure", facts=figures.facts)
    part = ((ONE - wanted / weight) * HUNDRED).quantize(ONE, rounding=ROUND_CEILING)
    action = Action(Verb.CLOSE, symbol, Amount(part, Unit.PERCENT) if part < HUNDRED else None)
    to = figures.percent(f"{symbol} weight wanted", wanted, places=1)
    blocks.append(Text(f"Trim {symbol} from {tell.weight(brief, figures, symbol)} to {to} of equity: {figures.line(action)}."))
    return Reply(
        (*blocks, tell.closing(brief), Buttons((Button("Prepare", action.line()), tell.WHY))), command="exposure", facts=figures.facts
    )


def _not_held(brief: Brief, figures: Figures, symbol: str, command: str) -> Reply:
    """The answer about something that is not in the book."""
    if not symbol:
        return Reply((Text("You hold nothing that could be closed.", Tone.LEAD), tell.closing(brief)), command=command, facts=figures.facts)
    quote = brief.portfolio.quotes.get(symbol)
    at = f"; it trades at {figures.money(f'{symbol} last', quote.last)}" if quote else ""
    lead = f"You hold no {symbol}, so it did nothing to you{at}.{tell.mark(brief)}"
    if command != "what-to-do":
        return Reply((Text(lead, Tone.LEAD), tell.closing(brief)), command=command, facts=figures.facts)
    cash = figures.money("cash", brief.portfolio.cash, "the ledger")
    line = f"#buy {symbol} 5%"
    lead = f"You hold no {symbol}{at}, and my rules look at what you hold, so they have no view on buying it.{tell.mark(brief)}"
    told = f"You have {cash} in cash. What buying would do to your book, a card shows before anything is sent: {figures.line(line)}."
    blocks = (Text(lead, Tone.LEAD), *tell.paragraphs(told, _other_news(brief, symbol, "")), tell.closing(brief))
    return Reply((*blocks, Buttons((Button("Prepare", line), tell.WHY))), command=command, facts=figures.facts)


def _other_news(brief: Brief, symbol: str, none: str | None = None) -> str:
    """Headlines on the symbol that explain nothing by themselves, or that there are none."""
    items = [linked.item for linked in brief.links if linked.company and symbol in linked.symbols]
    if not items:
        nothing = f"I found no news on {symbol} {brief.span.suffix}." if "news" not in brief.missing else "The news source did not answer."
        return nothing if none is None else none
    return f"The last headline on it: {tell.quoted(items[-1].headline)} ({tell.when(brief, items[-1].at)}); the price did little with it."


def _stop(brief: Brief, figures: Figures, symbol: str) -> str:
    found = next((s for s in brief.stops if s.symbol == symbol), None)
    if found is None:
        return "no stop limits it"
    if found.stop is None or found.gap is None:
        return "a trailing stop follows it"
    gap = figures.percent(f"{symbol} distance to stop", found.gap, "(last - stop) / last", places=1)
    return f"its stop at {figures.money(f'{symbol} stop', found.stop)} is {gap} away"


def _price_move(brief: Brief, figures: Figures, symbol: str) -> str:
    part = next((p for p in brief.attribution.parts if p.symbol == symbol), None) if brief.attribution else None
    if part is None or part.move is None:
        return ""
    return f" (price {figures.percent(f'{symbol} price move', part.move, 'last / first - 1', sign=True)})"


def _sector(brief: Brief, symbol: str) -> str:
    instrument = brief.portfolio.instruments.get(symbol)
    return instrument.sector if instrument else "Unknown"


def _keep(figures: Figures, name: str, value: Decimal, equity: Decimal) -> str:
    figures.percent(f"{name} share of equity", value / equity, places=1)
    return figures.money(f"{name} value", value, "sum of market values in the sector").replace("$", "")
