"""The market as it touches the reader: one quote, one chart, the news."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from commands.context import Ctx
from commands.registry import Symbol, command
from commands.slash.rows import Row, rows, write_facts
from commands.slash.sheet import Sheet, day_text, moment, moved_text, plural, price_text, quote_inputs
from copilot import quoting
from copilot.correlate import names_of
from domain.chat import Button, Buttons, Chart, KeyValues, Output, Reply, Text, Tone
from domain.errors import NoPrice
from domain.instruments import Instrument
from domain.market import Bar, Freshness, NewsItem, Quote, Timeframe
from domain.money import money_text, percent_text, plain, quantity_text
from domain.portfolio import Portfolio
from market import calendar, sentiment

NEWS_DAYS = 3
NEWS_SHOWN = 6
LONGEST_HEADLINE = 140
CHART_POINTS = 12
CHART_SESSIONS = {"week": 5, "month": 21, "quarter": 63, "year": 252}
FRESH = {Freshness.LIVE: "", Freshness.DELAYED: "delayed", Freshness.STALE: "stale", Freshness.CLOSED: "the exchange is closed"}


@command("Market", examples=("/quote AAPL", "/quote bitcoin"))
async def quote(ctx: Ctx, symbol: Symbol) -> Reply:
    """The price of one instrument: last, bid, ask, today's move, and what you hold of it."""
    portfolio = await ctx.portfolio(extra=(symbol,))
    instrument = ctx.hub.instrument(symbol)
    seen = portfolio.quotes.get(symbol)
    if seen is None or instrument is None:
        raise NoPrice(f"There is no price for {symbol} here.", example="/positions")
    sheet = Sheet(seen.at, f"{seen.source} quote", instrument.currency)
    last = f"${sheet.price(f'{symbol} last', seen.last, at=seen.at)}"
    before = (await ctx.hub.previous_closes((symbol,))).get(symbol)
    move = ""
    if before:
        change = seen.last / before - 1
        inputs = (*quote_inputs(seen), ("previous close", price_text(before)))
        text = sheet.percent(f"{symbol} move today", change, "last / previous close - 1", inputs, at=seen.at)
        move = f", {moved_text(text.lstrip('+−'), change)} today"
    figures = [
        ("Bid", sheet.price(f"{symbol} bid", seen.bid, at=seen.at)),
        ("Ask", sheet.price(f"{symbol} ask", seen.ask, at=seen.at)),
        ("Spread", sheet.price(f"{symbol} spread", seen.spread, at=seen.at, formula="ask - bid")),
    ]
    if before:
        figures.append(("Previous close", sheet.price(f"{symbol} previous close", before, source="the close of the session before")))
    lead = Text(f"{instrument.name} ({symbol}) is at {last}{move}.", Tone.LEAD)
    held, line = _held(sheet, portfolio, instrument)
    note = Text(_standing(ctx, seen), Tone.QUIET)
    buttons = Buttons((Button("Chart", f"/chart {symbol}"), Button("News", f"/news {symbol}"), Button("Prepare", line)))
    return Reply((lead, KeyValues(tuple(figures)), held, note, buttons), facts=sheet.facts)


@command("Market", examples=("/chart AAPL", "/chart NVDA quarter"))
async def chart(ctx: Ctx, symbol: Symbol, span: Literal["today", "week", "month", "quarter", "year"] = "month") -> Reply:
    """The price of one instrument over time, as a picture or as text."""
    now = ctx.clock.now()
    bars = await _bars(ctx, symbol, span, now)
    if not ctx.spec.priced or len(bars) < 2:
        raise NoPrice(f"There are not enough prices of {symbol} for that chart.", example=f"/quote {symbol}")
    step = max((len(bars) + CHART_POINTS - 2) // (CHART_POINTS - 1), 1)
    thinned = [*bars[:-1:step], bars[-1]]
    sheet = Sheet(now, "simulated bars" if ctx.hub.simulated else "bars", "USD")
    first, last = bars[0], bars[-1]
    low, high = min(bars, key=lambda b: b.low), max(bars, key=lambda b: b.high)
    change = last.close / first.open - 1
    moved = sheet.percent(f"{symbol} move", change, "last close / first open - 1", _ends(first, last), at=last.end)
    begun = sheet.price(f"{symbol} first open", first.open, at=first.start)
    ended = sheet.price(f"{symbol} last close", last.close, at=last.end)
    lowest = sheet.price(f"{symbol} low", low.low, at=low.end)
    highest = sheet.price(f"{symbol} high", high.high, at=high.end)
    when = "today" if span == "today" else f"over {plural(len(bars), 'day')}"
    mark = " (simulated)" if ctx.hub.simulated else ""
    text = f"From {begun} to {ended}; low {lowest} {_when(ctx, low, span)}, high {highest} {_when(ctx, high, span)}."
    labels = tuple(_label(ctx, b, span) for b in thinned)
    picture = Chart(f"{symbol}{mark}", labels, tuple(b.close for b in thinned), "USD", text)
    lead = Text(f"{symbol} is {moved_text(moved.lstrip('+−'), change)} {when}, at ${ended}{mark}.", Tone.LEAD)
    return Reply((lead, picture, Buttons((Button("Quote", f"/quote {symbol}"), Button("Why", "/why")))), facts=sheet.facts)


@command("Market", output=Output.EXTERNAL_TEXT, examples=("/news", "/news AAPL", "/news all"))
async def news(ctx: Ctx, symbol: Symbol | None = None, which: Literal["mine", "all"] = "mine") -> Reply:
    """The headlines about what you hold, or about one symbol, with their tone and the position they touch."""
    portfolio = await ctx.portfolio(extra=(symbol,) if symbol else ())
    now = ctx.clock.now()
    told = _told(await ctx.news.news(now - timedelta(days=NEWS_DAYS), now), ctx, portfolio)
    items = [t for t in told if _wanted(t, symbol, which)]
    about = symbol or ("what you hold" if which == "mine" else "the market")
    sheet = Sheet(now, "news", ctx.spec.currency)
    count = sheet.count("headlines", len(items), f"headlines of the last {NEWS_DAYS} days about {about}")
    if not items:
        lead = Text(f"No headline about {about} in the last {NEWS_DAYS} days.", Tone.LEAD)
        return Reply((lead, Buttons((Button("All news", "/news all"),))), facts=sheet.facts)
    shown = items[:NEWS_SHOWN]
    found = {r.symbol: r for r in rows(portfolio)}
    write_facts(sheet, portfolio, [found[s] for s in dict.fromkeys(s for t in shown for s in t.held)])
    mark = ", simulated" if any(t.item.simulated for t in items) else ""
    noun = "headline" if len(items) == 1 else "headlines"
    lead = Text(f"{count} {noun} about {about} in {NEWS_DAYS} days{mark}; {_balance(items)}.", Tone.LEAD)
    lines = tuple(_line(ctx, sheet, n, t, found) for n, t in enumerate(shown, start=1))
    rest = (Text(f"{NEWS_SHOWN} of them are shown, yours first.", Tone.QUIET),) if len(items) > NEWS_SHOWN else ()
    buttons = [Button("What to do", "/what-to-do")] + ([] if which == "all" else [Button("All news", "/news all")])
    return Reply((lead, *lines, *rest, Buttons(tuple(buttons))), facts=sheet.facts)


@dataclass(frozen=True, slots=True)
class Told:
    """A headline with the symbols it is about, those of them that are held, its tone, and whether it tries to give orders."""

    item: NewsItem
    about: tuple[str, ...]
    held: tuple[str, ...]
    tone: Decimal
    flagged: bool


def _told(items: Sequence[NewsItem], ctx: Ctx, portfolio: Portfolio) -> list[Told]:
    """Each headline with what it touches, those about a holding first, the newest first; names count where nothing is tagged."""
    names = names_of(ctx.hub.instruments())
    out = []
    for item in items:
        about = item.symbols or tuple(sorted(names.found(item.headline)))
        tone = Decimal(str(sentiment.score(item.headline))).quantize(Decimal("0.01"))
        held = tuple(s for s in about if portfolio.position(s) is not None)
        out.append(Told(item, about, held, tone, sentiment.flagged(item.headline)))
    out.sort(key=lambda t: t.item.at, reverse=True)
    return sorted(out, key=lambda t: not t.held)


def _held(sheet: Sheet, portfolio: Portfolio, instrument: Instrument) -> tuple[Text, str]:
    """What the reader has of it, and the line that is nearest at hand."""
    symbol = instrument.symbol
    row = next((r for r in rows(portfolio) if r.symbol == symbol), None)
    if row is None:
        return Text(f"You hold none. To buy: `#buy {symbol} {plain(instrument.lot)}`"), f"#buy {symbol} {plain(instrument.lot)}"
    write_facts(sheet, portfolio, (row,))
    size = f"{quantity_text(row.position.quantity)} {instrument.unit}"
    pl = f"{money_text(row.unrealised, sign=True)} ({percent_text(row.gain)})"
    line = f"#{symbol} close 50%" if row.stop is not None else f"#{symbol} stop 5%"
    name = "To sell half" if row.stop is not None else "It has no stop"
    return Text(
        f"You hold {size} worth {money_text(row.value)}, {percent_text(row.weight, sign=False)} of equity, P/L {pl}. {name}: `{line}`"
    ), line


def _standing(ctx: Ctx, quote: Quote) -> str:
    """How old the quote is and what it is worth."""
    words = [f"As of {moment(quote.at, ctx.zone, seconds=True)}", "simulated" if quote.simulated else "", FRESH[quote.freshness]]
    return "; ".join(w for w in words if w) + "."


async def _bars(ctx: Ctx, symbol: str, span: str, now: datetime) -> Sequence[Bar]:
    if span != "today":
        return await ctx.hub.closes(symbol, CHART_SESSIONS[span])
    session = calendar.session(now.astimezone(calendar.NEW_YORK).date()) or calendar.latest_completed(now)
    if now <= session.open:
        session = calendar.latest_completed(now)
    return await ctx.hub.bars(symbol, Timeframe.FIVE_MINUTES, session.open, min(now, session.close))


def _ends(first: Bar, last: Bar) -> tuple[tuple[str, str], ...]:
    return (("first open", price_text(first.open)), ("last close", price_text(last.close)))


def _label(ctx: Ctx, bar: Bar, span: str) -> str:
    """A point's name: its time today, else its day; a bar is called after the day it began."""
    return f"{bar.end.astimezone(ctx.zone):%H:%M}" if span == "today" else day_text(bar.start + (bar.end - bar.start) / 2, ctx.zone)


def _when(ctx: Ctx, bar: Bar, span: str) -> str:
    return f"at {_label(ctx, bar, span)}" if span == "today" else f"on {_label(ctx, bar, span)}"


def _wanted(told: Told, symbol: str | None, which: str) -> bool:
    """Whether a headline belongs to what was asked; news of the whole market belongs to what one holds."""
    if symbol is not None:
        return symbol in told.about
    return which == "all" or not told.about or bool(told.held)


def _balance(items: Sequence[Told]) -> str:
    band = Decimal(str(sentiment.NEUTRAL_BAND))
    good, bad = sum(1 for t in items if t.tone > band), sum(1 for t in items if t.tone < -band)
    return f"{good} good in tone, {bad} bad, {len(items) - good - bad} neither"


def _line(ctx: Ctx, sheet: Sheet, number: int, told: Told, found: Mapping[str, Row]) -> Text:
    """One headline: whose words and when, its tone, and the positions it touches."""
    item = told.item
    sheet.add(f"headline {number} tone", told.tone, "score", "lexicon score from -1 (bad) to 1 (good)", (("id", item.id),), at=item.at)
    touches = ", ".join(f"{s} ({percent_text(found[s].weight, sign=False, places=1)} of equity)" for s in told.held)
    where = f"touches {touches}" if touches else f"about {', '.join(told.about[:4])}, not held" if told.about else "on the whole market"
    headline = quoting.quote(item.headline, LONGEST_HEADLINE)
    mark = ", simulated" if item.simulated and item.source != "simulated" else ""
    warning = " It tries to give orders; nobody follows them." if told.flagged else ""
    return Text(f"“{headline}”\n{quoting.quote(item.source)}{mark}, {moment(item.at, ctx.zone)}; tone {told.tone:+}; {where}.{warning}")
