"""How it went: profit and loss over a span, and the account's performance against the market."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from decimal import Decimal

from commands.context import Ctx
from commands.registry import Symbol, command
from commands.slash import track
from commands.slash.holdings import DAY, WHY, empty, write_totals
from commands.slash.rows import rows, write_facts
from commands.slash.sheet import Sheet, as_of, bare, day_text, moment, moved_text, named, plural, ratio
from commands.slash.spans import Span, window
from commands.slash.track import Made, Point
from domain.chat import Block, Button, Buttons, KeyValues, Reply, Table, Text, Tone
from domain.errors import NoPrice
from domain.ledger import EntryKind
from domain.money import ZERO, money_text
from domain.portfolio import Portfolio
from trading.risk.metrics import MARKET

SHOWN = 8
ENOUGH_SESSIONS = 5  # returns below which a fall says nothing
ENOUGH_FOR_VOLATILITY = 20
ENOUGH_ROUNDS = 5  # closed trades below which a hit rate says nothing
OTHER_SPANS = (Button("Week", "/profit-loss week"), Button("Year", "/profit-loss ytd"), Button("All", "/profit-loss all"))


@command("Results", examples=("/profit-loss", "/profit-loss week", "/profit-loss AAPL all"))
async def profit_loss(ctx: Ctx, symbol: Symbol | None = None, span: Span = "today") -> Reply:
    """What you made or lost: realised, unrealised, fees, by position and by sector, or on one symbol."""
    portfolio = await ctx.portfolio()
    if not ctx.floor.book.entries:
        return empty(ctx, portfolio)
    sheet = Sheet.of(portfolio)
    result = await track.made(ctx, portfolio, window(ctx.hub, span, portfolio.at))
    if not portfolio.quotes and (portfolio.positions or span != "all"):
        return _booked_only(ctx, sheet, portfolio, result)
    if symbol is not None:
        return _on_one(ctx, sheet, portfolio, result, symbol)
    suffix = result.window.suffix
    base = result.equity_then + max(result.flows, ZERO)
    total = sheet.money(f"P/L {suffix}", result.total, "equity now - equity then - deposits + withdrawals", _ends(sheet, portfolio, result))
    share = sheet.percent(f"P/L {suffix} %", ratio(result.total, base), "P/L / (equity then + deposits)")
    write_totals(sheet, portfolio)
    lead = f"You are {moved_text(total.lstrip('−'), result.total)} ({share}) {suffix}{_loudest(result)}."
    parts = tuple((s, bare(pl, sign=True)) for s, pl in list(result.parts.items())[:SHOWN])
    for name, pl in result.parts.items():
        sheet.money(f"{name} P/L {suffix}", pl, DAY.replace("the previous close", "the start").replace("today's", "its"))
    mark = " (simulated)" if portfolio.simulated else ""
    blocks: list[Block] = [Text(lead, Tone.LEAD), KeyValues(_split(sheet, result))]
    if parts:
        blocks.append(Table(("Sym", "P/L $"), parts, (1,), title=f"By position{mark}"))
        blocks.append(Table(("Sector", "P/L $"), _sectors(sheet, portfolio, result), (1,), title=f"By sector{mark}"))
    if len(result.parts) > SHOWN:
        blocks.append(Text(f"The {SHOWN} largest of {len(result.parts)} positions.", Tone.QUIET))
    if result.unknown:
        blocks.append(Text(f"Without a price, so in no total: {named(result.unknown)}.", Tone.WARNING))
    since = Text(f"Counted from {moment(result.since, ctx.zone)}.", Tone.QUIET)
    buttons = tuple(b for b in OTHER_SPANS if not b.payload.endswith(span))
    return Reply((*blocks, since, as_of(portfolio, ctx.zone), Buttons((*buttons, WHY))), facts=sheet.facts)


@command("Results", examples=("/performance", "/performance month"))
async def performance(ctx: Ctx, span: Span = "all") -> Reply:
    """How well you did: time-weighted return, largest fall, against SPY, hit rate and profit factor."""
    portfolio = await ctx.portfolio()
    if not ctx.floor.book.entries:
        return empty(ctx, portfolio)
    if not portfolio.spec.priced or not portfolio.complete:
        missing = f": {named(portfolio.unpriced)} has no price" if portfolio.unpriced and portfolio.spec.priced else ""
        raise NoPrice(f"A return needs a price for every position{missing or '; this account has none here'}.", example="/profit-loss all")
    sheet = Sheet.of(portfolio)
    chosen = window(ctx.hub, span, portfolio.at)
    points = await track.line(ctx, portfolio, chosen)
    rates = track.returns(points)
    if rates is None or not rates:
        raise NoPrice("No money was paid in before the first trade, so there is nothing a return could be of.", example="/profit-loss all")
    grown = track.growth(rates)
    formula = "product over sessions of value / (value before + deposits) - 1"
    total = sheet.percent("time-weighted return", grown, formula, _series_inputs(sheet, points))
    versus = await _versus(ctx, sheet, points[0], grown)
    lead = f"Your time-weighted return is {total} {chosen.suffix}{versus}."
    figures = [*_fall(sheet, points, rates, ctx.zone), *_trades(ctx, sheet, points[0])]
    write_totals(sheet, portfolio)
    first = Text(f"From {moment(points[0].at, ctx.zone)}: {plural(len(rates), 'session')}.", Tone.QUIET)
    buttons = Buttons((Button("P/L", f"/profit-loss {span}"), WHY))
    return Reply((Text(lead, Tone.LEAD), KeyValues(tuple(figures)), first, as_of(portfolio, ctx.zone), buttons), facts=sheet.facts)


def _booked_only(ctx: Ctx, sheet: Sheet, portfolio: Portfolio, result: Made) -> Reply:
    """The answer where nothing has a price: what is booked, and that the rest is not known."""
    suffix = result.window.suffix
    booked = sheet.money(f"realised P/L {suffix}", result.realised, "price gains of closing trades + dividends - fees", sign=True)
    sheet.money("realised P/L", portfolio.realised, "price gains of closing trades + dividends - fees")
    lead = f"Realised P/L {suffix} is {booked}; this account has no prices here, so unrealised P/L is not known."
    fees = sheet.money(f"fees {suffix}", result.fees, "sum of the fees paid")
    values = KeyValues((("Realised", booked), ("of it fees", fees), ("Trades", sheet.count(f"trades {suffix}", result.trades))))
    return Reply((Text(lead, Tone.LEAD), values, as_of(portfolio, ctx.zone), Buttons((WHY,))), facts=sheet.facts)


def _on_one(ctx: Ctx, sheet: Sheet, portfolio: Portfolio, result: Made, symbol: str) -> Reply:
    """What one symbol made: held now, or traded in the span."""
    suffix, pl = result.window.suffix, result.parts.get(symbol)
    if symbol in result.unknown:
        raise NoPrice(f"{symbol} has no price at one end of that span, so its P/L is not known.", example="/profit-loss all")
    if pl is None:
        lead = Text(f"You neither held nor traded {symbol} {suffix}, so it made nothing.", Tone.LEAD)
        return Reply((lead, Buttons((Button("All of it", f"/profit-loss {symbol} all"),))), facts=sheet.facts)
    made = sheet.money(f"{symbol} P/L {suffix}", pl, "value now - value at the start + cash of its entries", sign=True)
    write_facts(sheet, portfolio, [r for r in rows(portfolio) if r.symbol == symbol])
    later = [e for e in ctx.floor.book.entries if e.symbol == symbol and (result.window.start is None or e.at > result.window.start)]
    values = [("P/L", made), ("Trades", sheet.count(f"{symbol} trades {suffix}", sum(1 for e in later if e.kind is EntryKind.TRADE)))]
    values.append(("Fees, inside it", sheet.money(f"{symbol} fees {suffix}", sum((e.fee for e in later), ZERO), "sum of the fees paid")))
    lead = Text(f"You are {moved_text(money_text(abs(pl), sheet.currency), pl)} on {symbol} {suffix}.", Tone.LEAD)
    buttons = Buttons((Button("All", f"/profit-loss {symbol} all"), Button("Position", f"/positions {symbol}"), WHY))
    return Reply((lead, KeyValues(tuple(values)), as_of(portfolio, ctx.zone), buttons), facts=sheet.facts)


def _ends(sheet: Sheet, portfolio: Portfolio, result: Made) -> tuple[tuple[str, str], ...]:
    money = (("equity now", portfolio.equity), ("equity then", result.equity_then), ("deposits - withdrawals", result.flows))
    return tuple((name, money_text(value, sheet.currency)) for name, value in money)


def _loudest(result: Made) -> str:
    """The position that did most in the direction of the whole, as the end of a sentence."""
    along = [(s, pl) for s, pl in result.parts.items() if pl * result.total > 0]
    if not along or len(result.parts) == 1:
        return ""
    symbol, pl = along[0]
    return f"; {symbol} alone is {money_text(pl, sign=True)}"


def _split(sheet: Sheet, result: Made) -> tuple[tuple[str, str], ...]:
    """The parts of the whole, which add up to it."""
    suffix = result.window.suffix
    whole = result.window.start is None
    realised = sheet.money(f"realised P/L {suffix}", result.realised, "price gains of closing trades + dividends - fees", sign=True)
    name = "unrealised P/L" if whole else f"unrealised P/L change {suffix}"
    unrealised = sheet.money(name, result.unrealised, f"P/L {suffix} - realised P/L {suffix}", sign=True)
    out = [("Realised", realised), ("Unrealised" if whole else "Unrealised, change", unrealised)]
    if result.dividends:
        out.append(("of it dividends", sheet.money(f"dividends {suffix}", result.dividends, "sum of dividends", sign=True)))
    out.append(("Fees, inside realised", sheet.money(f"fees {suffix}", result.fees, "sum of the fees paid")))
    out.append(("Trades", sheet.count(f"trades {suffix}", result.trades, "trades in the ledger since the start of the span")))
    return tuple(out)


def _sectors(sheet: Sheet, portfolio: Portfolio, result: Made) -> tuple[tuple[str, str], ...]:
    sums: dict[str, Decimal] = {}
    for symbol, pl in result.parts.items():
        instrument = portfolio.instruments.get(symbol)
        sector = instrument.sector if instrument else "Unknown"
        sums[sector] = sums.get(sector, ZERO) + pl
    ordered = sorted(sums.items(), key=lambda kv: (-abs(kv[1]), kv[0]))
    for sector, pl in ordered:
        sheet.money(f"{sector} P/L {result.window.suffix}", pl, "sum of the P/L of its positions")
    return tuple((sector, bare(pl, sign=True)) for sector, pl in ordered[:SHOWN])


def _series_inputs(sheet: Sheet, points: Sequence[Point]) -> tuple[tuple[str, str], ...]:
    first, last = points[0], points[-1]
    paid = sum((p.flow for p in points), ZERO)
    ends = (("value at the start", first.value), ("value now", last.value), ("deposits - withdrawals", paid))
    return (*((name, money_text(value, sheet.currency)) for name, value in ends), ("sessions", str(len(points) - 1)))


async def _versus(ctx: Ctx, sheet: Sheet, first: Point, grown: Decimal) -> str:
    """The market's return over the same time, as the middle of a sentence; nothing where it has no price."""
    before = (await ctx.hub.prices_at((MARKET,), first.at)).get(MARKET)
    quote = await ctx.hub.quote(MARKET)
    if before is None or quote is None or before <= 0:
        return ""
    market = quote.last / before - 1
    inputs = ((f"{MARKET} then", money_text(before)), (f"{MARKET} now", money_text(quote.last)))
    text = sheet.percent(f"{MARKET} return", market, "last / price at the start - 1, dividends not counted", inputs)
    ahead = sheet.percent(f"return less {MARKET}", grown - market, f"time-weighted return - {MARKET} return")
    return f", {ahead.lstrip('−+').removesuffix('%')} points {'ahead of' if grown >= market else 'behind'} {MARKET} ({text})"


def _fall(sheet: Sheet, points: Sequence[Point], rates: Sequence[Decimal], zone: tzinfo) -> list[tuple[str, str]]:
    if len(rates) < ENOUGH_SESSIONS:
        return [("Largest fall", f"withheld: {plural(len(rates), 'session')}, it takes {ENOUGH_SESSIONS}")]
    fall = track.deepest(points, rates)
    depth = sheet.percent("max drawdown", -fall.depth, "lowest of growth line / its highest value before - 1", at=fall.bottom)
    out = [("Largest fall", f"{depth}, {day_text(fall.top, zone)} to {day_text(fall.bottom, zone)}" if fall.depth else "none")]
    best, worst = max(rates), min(rates)
    when = {rate: point.at for point, rate in zip(points[1:], rates, strict=True)}
    out.append(("Best session", f"{sheet.percent('best session', best, at=when[best])}, {day_text(when[best], zone)}"))
    out.append(("Worst session", f"{sheet.percent('worst session', worst, at=when[worst])}, {day_text(when[worst], zone)}"))
    if len(rates) < ENOUGH_FOR_VOLATILITY:
        out.append(("Volatility", f"withheld: {plural(len(rates), 'session')}, it takes {ENOUGH_FOR_VOLATILITY}"))
    else:
        yearly = track.yearly_volatility(rates)
        text = sheet.percent("annualised volatility", yearly, "sample deviation of session returns * sqrt(252)", sign=False)
        out.append(("Volatility", f"{text} a year"))
    return out


def _trades(ctx: Ctx, sheet: Sheet, first: Point) -> list[tuple[str, str]]:
    """Hit rate and profit factor of the holdings closed in the span, or why they are withheld."""
    closed = track.rounds(ctx, first.at)
    count = sheet.count("closed trades", len(closed), "holdings opened and fully closed in the span")
    out = [("Closed trades", count)]
    if len(closed) < ENOUGH_ROUNDS:
        return [*out, ("Hit rate", f"withheld: {plural(len(closed), 'closed trade')}, it takes {ENOUGH_ROUNDS}")]
    won = [r.realised for r in closed if r.realised > 0]
    lost = [-r.realised for r in closed if r.realised < 0]
    rate = sheet.percent(
        "hit rate", Decimal(len(won)) / len(closed), "closed trades with a gain after fees / closed trades", sign=False, places=0
    )
    out.append(("Hit rate", f"{rate} ({len(won)} of {len(closed)})"))
    if not lost:
        return [*out, ("Profit factor", "withheld: no closed trade lost")]
    factor = (sum(won, ZERO) / sum(lost, ZERO)).quantize(Decimal("0.01"))
    inputs = (("gains", money_text(sum(won, ZERO))), ("losses", money_text(sum(lost, ZERO))))
    sheet.add("profit factor", factor, "score", "sum of gains / sum of losses over closed trades", inputs)
    return [*out, ("Profit factor", str(factor))]
