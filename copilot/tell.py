"""The sentences of composed answers: each figure written through `Figures`, headlines quoted as other people's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from copilot.advised import suggested
from copilot.attribution import Part
from copilot.brief import Brief, Trade
from copilot.correlate import Impact
from copilot.figures import Figures, Inputs
from copilot.quoting import quote
from copilot.recommendation import EVEN, Recommendation
from domain.chat import Block, Button, Buttons, Text, Tone
from domain.market import Freshness
from domain.money import ZERO

HEADLINE = 90
TELLING = Decimal("0.30")  # a share of the P/L worth naming
NO_RECORD = "no record yet"
MOST_TRADES = 4
MOST_SUGGESTIONS = 3
WHY = Button("Why", "/why")
_REALISED = "price gain of what was closed - fees"
_PL_SHARE = "P/L / (equity at the start + deposits)"
MOST_INPUTS = 5
_PL_OF = "its market + sector + own move + trades + fees + dividends + currency"
_FIELDS = {
    "the market": "market",
    "sectors": "sector",
    "your stocks' own moves": "own",
    "trades inside the span": "trades",
    "fees": "fees",
    "dividends": "dividends",
    "currency": "currency",
}
_PL = "equity at the end - equity at the start - deposits + withdrawals"


def figures_of(brief: Brief) -> Figures:
    """The sheet of an answer from a brief; its source says so when prices are simulated."""
    source = "ledger and simulated prices" if brief.simulated else "ledger and prices" if brief.priced else "ledger"
    return Figures(brief.at, source, brief.portfolio.spec.currency)


def up_or_down(figures: Figures, label: str, amount: Decimal, formula: str = "", inputs: Inputs = ()) -> str:
    """`up $12.00`, `down $412.30`, `unchanged`."""
    text = figures.money(label, amount, formula, inputs)
    if not amount:
        return f"unchanged ({text})"
    return f"{'up' if amount > 0 else 'down'} {text.lstrip('−')}"


def result(brief: Brief, figures: Figures) -> str:
    """`down $412.30 (−0.83%) yesterday`, over the span; the percentage is of the equity it began with and what was paid in."""
    made = brief.attribution
    total = made.total if made else ZERO
    base = brief.then.equity + max(brief.flows, ZERO)
    start, flows = ("equity at the start", f"{brief.then.equity:.2f}"), ("deposits less withdrawals", f"{brief.flows:.2f}")
    inputs = (start, flows)
    end = ("equity at the end", f"{brief.then.equity + brief.flows + total:.2f}")
    amount = up_or_down(figures, f"P/L {brief.span.suffix}", total, _PL, (end, start, flows))
    verb = (
        amount if base <= 0 else f"{amount} ({figures.percent(f'P/L {brief.span.suffix} %', total / base, _PL_SHARE, inputs, sign=True)})"
    )
    return f"{verb} {brief.span.suffix}"


def largest(brief: Brief, figures: Figures, total: Decimal) -> str:
    """`; NVDA is 66% of it`: the symbol that made most of the P/L, where one did."""
    made = brief.attribution
    if made is None or not made.parts or not total:
        return ""
    first = max(made.parts, key=lambda p: (p.total * (1 if total > 0 else -1), p.symbol))
    if first.total * total <= 0:
        return ""
    share = first.total / total
    if share > 1 or share < TELLING:
        made_text = result_of(brief, figures, first)
        return f"; {first.symbol} alone made {made_text}" if share > 1 else f"; most came from {first.symbol}, {made_text}"
    return f"; {first.symbol} is {figures.percent(f'{first.symbol} share of P/L', share, 'its P/L / P/L', places=0)} of it"


def result_of(brief: Brief, figures: Figures, part: Part) -> str:
    """What one symbol made over the span; behind it the parts that it is the sum of."""
    named = ("market", part.market), ("sector", part.sector), ("own move", part.own), ("trades", part.trades), ("fees", part.fees)
    inputs = [(name, f"{value:+.2f}") for name, value in (*named, ("dividends", part.dividends), ("currency", part.currency)) if value]
    return figures.money(f"{part.symbol} P/L {brief.span.suffix}", part.total, _PL_OF, inputs, sign=True)


def share_of_kind(brief: Brief, name: str, value: Decimal) -> Inputs:
    """What a part of the result is made of: the move of the market, and what the largest positions had of it."""
    made = brief.attribution
    field = _FIELDS.get(name)
    if made is None or field is None:
        return ()
    rows = sorted(((getattr(p, field), p.symbol) for p in made.parts), key=lambda row: (-abs(row[0]), row[1]))[:MOST_INPUTS]
    shown = [(symbol, f"{had:+.2f}") for had, symbol in rows if had]
    rest = value - sum((had for had, _ in rows), ZERO)
    moved = [("SPY move", f"{brief.market_move * 100:+.2f}%")] if field == "market" and brief.market_move is not None else []
    return (*moved, *shown, *([("all others", f"{rest:+.2f}")] if rest else []))


def mark(brief: Brief) -> str:
    """What the first line adds where prices are generated."""
    return " Prices are simulated." if brief.simulated else ""


def movers(brief: Brief, figures: Figures, most: int = 3) -> list[str]:
    """A sentence for each of the largest movers, tied to its news where an item may explain it."""
    made = brief.attribution
    if made is None:
        return []
    return [mover(brief, figures, part) for part in made.parts[:most] if part.total]


def mover(brief: Brief, figures: Figures, part: Part) -> str:
    """`NVDA −$210.40, price −2.31%: “headline” may explain it (−2.4σ beyond the market).`"""
    money = result_of(brief, figures, part)
    move = "" if part.move is None else f", price {figures.percent(f'{part.symbol} price move', part.move, 'last / first - 1', sign=True)}"
    impact = brief.news_for(part.symbol)
    if impact is not None:
        return f"{part.symbol} {money}{move}: {explained(brief, figures, impact)}"
    return f"{part.symbol} {money}{move}: {_unexplained(brief, part)}"


def explained(brief: Brief, figures: Figures, impact: Impact) -> str:
    """The headline that may explain a move, how unusual the move was and when the item came."""
    sigma = figures.score(
        f"{impact.symbol} abnormal move",
        impact.sigma,
        "sigma",
        "(move - beta * market move) / daily sigma, after the item",
        (("item", impact.item.id),),
    )
    direction = "beyond" if impact.sigma else "with"
    said = quoted(impact.item.headline)
    return f"{said} ({when(brief, impact.item.at)}) may explain it; the move after it is {sigma}σ {direction} the market."


def _unexplained(brief: Brief, part: Part) -> str:
    if brief.missing and "news" in brief.missing:
        return "the news source did not answer, so I cannot say why."
    shares = (("the market", part.market), ("its sector", part.sector), ("your trades in it", part.trades), ("its own move", part.own))
    name, value = max(shares, key=lambda kv: kv[1] * (1 if part.total > 0 else -1))
    if value * part.total <= 0:
        return "no news that explains it."
    return "no news on it; it is mostly " + name + "." if name != "its own move" else "its own move; I found no news that explains it."


def quoted(headline: str) -> str:
    """Somebody else's words in quotation marks, short, on one line."""
    return f"“{quote(headline, HEADLINE)}”"


def when(brief: Brief, at: datetime) -> str:
    """`Thu 9 Oct 11:32`, in the reader's zone."""
    local = at.astimezone(brief.zone)
    return f"{local:%a} {local.day} {local:%b} {local:%H:%M}"


def trades(brief: Brief, figures: Figures) -> str | None:
    """What was traded in the span and what it booked; None without trades."""
    if not brief.trades:
        return None
    shown = [_trade(brief, figures, k, t) for k, t in enumerate(brief.trades[-MOST_TRADES:], 1)]
    more = len(brief.trades) - len(shown)
    tail = f" and {figures.count('more trades', more)} more" if more > 0 else ""
    fees = sum((t.fee for t in brief.trades), ZERO)
    booked = sum((t.realised for t in brief.trades), ZERO)
    paid = f", fees of {figures.money('fees of trades', fees)} included" if fees else ""
    return f"You {', '.join(shown)}{tail}. Realised {figures.money('realised by trades', booked, _REALISED, sign=True)}{paid}."


def _trade(brief: Brief, figures: Figures, k: int, trade: Trade) -> str:
    quantity = figures.quantity(f"trade {k} {trade.symbol} quantity", trade.quantity, brief.portfolio.instruments.get(trade.symbol))
    price = figures.money(f"trade {k} {trade.symbol} price", trade.price)
    amount = quantity if quantity.endswith(trade.symbol) else f"{quantity.split()[0]} {trade.symbol}"
    return f"{'bought' if trade.side.sign > 0 else 'sold'} {amount} at {price}"


def suggestion(figures: Figures, advice: Recommendation) -> str:
    """`Trim NVDA to 20%: `#NVDA close 35%`.` with its numbers kept as facts."""
    for number in advice.numbers:
        figures.add(number.label, number.value, number.unit, number.formula or f"the {advice.rule} rule")
    figures.line(advice.action)
    return suggested(advice)


def suggestions(brief: Brief, figures: Figures, most: int = MOST_SUGGESTIONS) -> str | None:
    """What can be done, one line each; None when no rule asks for anything."""
    if not brief.recommendations:
        return None
    return "What can be done:\n" + "\n".join(f"• {suggestion(figures, r)} {behind(figures, r)}" for r in brief.recommendations[:most])


def named(advice: Recommendation) -> str:
    """`stop missing rule`."""
    return f"{advice.rule.replace('_', ' ')} rule"


def record(figures: Figures, advice: Recommendation) -> str:
    """`my last 14 trims: 57% right, not distinguishable from chance, −$3.20 on average`, or that there is no record yet."""
    found = advice.record
    if not found.decided:
        return NO_RECORD
    if found.decided == 1:
        return f"its only one that made a difference so far was {'right' if found.right else 'wrong'}"
    kind = advice.plural or "suggestions"
    count = figures.count(f"{kind} scored after five sessions", found.decided, "those that were worth more or less than doing nothing")
    rate = Decimal(found.right) / found.decided
    inputs = (("right", str(found.right)), ("scored", str(found.decided)), ("95% interval", f"{found.low} to {found.high}"))
    right = figures.percent(f"{kind} right", rate, "worth more than doing nothing / scored, after five sessions", inputs, places=0)
    chance = (
        ", not distinguishable from chance" if found.by_chance else ", better than chance" if found.low > EVEN else ", worse than chance"
    )
    formula = "average of P/L of following - P/L of doing nothing, after five sessions"
    gain = figures.money(f"{kind}, average gain", found.gain, formula, sign=True)
    return f"my last {count} {kind}: {right} right{chance}, {gain} on average"


def behind(figures: Figures, advice: Recommendation) -> str:
    """`(concentration rule: no record yet)`, where there is no room for more."""
    return f"({named(advice)}: {record(figures, advice)})"


def standing(figures: Figures, advice: Recommendation) -> str:
    """What stands behind a suggestion: the rule, its record, its confidence and where that is from, what would change its mind."""
    source = "from its record" if advice.calibrated else "the rule's prior"
    formula = "(prior * 20 + right) / (20 + scored)" if advice.calibrated else "stated by the rule before it has a record"
    sure = figures.percent(f"{advice.key} confidence", advice.confidence, formula, places=0)
    return f"({named(advice)}; {record(figures, advice)}; confidence {sure}, {source}; what would change it: {advice.mind}.)"


def prepare(advice: Sequence[Recommendation]) -> Buttons:
    """A [Prepare] button for each line, which draws the card and never executes, and [Why]."""
    plain = len(advice) == 1
    made = tuple(
        Button("Prepare" if plain else f"Prepare {r.symbol or r.action.verb}", r.line) for r in advice if len(r.line.encode()) <= 64
    )
    return Buttons((*made, WHY))


def ahead(brief: Brief, figures: Figures) -> str | None:
    """Reports of what is held and large releases in the next sessions; None when nothing is scheduled."""
    events = [f"{r.symbol} reports {when(brief, r.at)}" for r in brief.earnings[:3]]
    events += [f"{e.name} {when(brief, e.at)}" for e in brief.economic if e.importance >= 2][:2]
    return f"Ahead: {'; '.join(events)}." if events else None


def risk(brief: Brief, figures: Figures) -> str | None:
    """The one-day value at risk; None where it cannot be computed."""
    if brief.value_at_risk is None:
        return None
    money = figures.money(
        "1-day VaR 95", brief.value_at_risk * brief.portfolio.equity, "5% quantile of daily returns with today's positions * equity"
    )
    share, days = figures.percent("1-day VaR 95 %", brief.value_at_risk), figures.count("days", 20, "1 / 5%")
    return f"On one day in {days} you may lose {money} or more ({share} of equity)."


def closing(brief: Brief) -> Text:
    """The quiet last line: the instant, what prices are worth, what did not answer."""
    local = brief.at.astimezone(brief.zone)
    zone = str(brief.zone).rsplit("/", 1)[-1].replace("_", " ")
    parts = [f"As of {local:%H:%M} {zone}, {local:%a} {local.day} {local:%b} {local.year}"]
    if brief.simulated:
        parts.append("simulated prices and news")
    for word, freshness in (("delayed", Freshness.DELAYED), ("stale", Freshness.STALE)):
        names = [s for s, q in brief.portfolio.quotes.items() if q.freshness is freshness]
        if names:
            parts.append(f"{word}: {', '.join(names[:4])}")
    if brief.missing:
        parts.append(f"no answer from: {', '.join(brief.missing)}")
    if brief.attribution is not None and brief.attribution.unknown:
        parts.append(f"without a price, so in no total: {', '.join(brief.attribution.unknown[:4])}")
    return Text("; ".join(parts) + ".", Tone.QUIET)


def weight(brief: Brief, figures: Figures, symbol: str) -> str:
    """A position's share of equity."""
    return figures.percent(f"{symbol} weight", brief.portfolio.weight(symbol), "market value / equity", places=1)


def paragraphs(*texts: str | None) -> tuple[Block, ...]:
    """The texts that are there, a paragraph each."""
    return tuple(Text(t) for t in texts if t)
