"""What could be lost: the risk of the book in one sentence, and where a stop could stand."""

from __future__ import annotations

from decimal import Decimal

from copilot import tell
from copilot.brief import Brief
from copilot.figures import Figures
from domain.chat import Button, Buttons, Reply, Text, Tone
from domain.money import ZERO

AWAY = Decimal(2)  # ATR between the price and a stop, as `#set-stops` has it


def risk(brief: Brief, figures: Figures) -> Reply:
    """What a bad day may cost, what weighs most, and what no stop limits."""
    portfolio = brief.portfolio
    lead = tell.risk(brief, figures) or "There is too little price history to say what a bad day may cost."
    sums = portfolio.sectors()
    held = [p.symbol for p in portfolio.positions if p.symbol in portfolio.quotes]
    weighs = None
    if held and sums and portfolio.equity > 0:
        largest, (sector, value) = max(held, key=lambda s: (abs(portfolio.weight(s)), s)), next(iter(sums.items()))
        share = figures.percent(
            f"{sector} share of equity", value / portfolio.equity, "sum of market values in the sector / equity", places=1
        )
        weighs = (
            f"The largest sector is {sector} with {share}; the largest position is {largest} with {tell.weight(brief, figures, largest)}."
        )
    stopped = {s.symbol for s in brief.stops}
    bare = [s for s in held if s not in stopped]
    if bare:
        unprotected = sum((portfolio.value(s) for s in bare), ZERO)
        money = figures.money("value without a stop", unprotected, "sum of market values without a stop")
        count = figures.count("positions without a stop", len(bare))
        without = f"No stop limits {count} of your positions, worth {money}: {figures.line('#set-stops')}."
        buttons = Buttons((Button("Prepare", "#set-stops"), tell.WHY))
    else:
        without, buttons = None, Buttons((tell.WHY,))
    more = "By sector, by position and against the market: `/exposure`."
    blocks = (Text(f"{lead}{tell.mark(brief)}", Tone.LEAD), *tell.paragraphs(weighs, without, more), tell.closing(brief), buttons)
    return Reply(blocks, command="exposure", facts=figures.facts)


def stop_at(brief: Brief, figures: Figures, symbol: str) -> Reply | None:
    """Where a stop for one position could stand: as far away as two ordinary days move it. None where that is not known."""
    portfolio = brief.portfolio
    held, quote, moved = portfolio.position(symbol), portfolio.quotes.get(symbol), brief.day_range.get(symbol)
    if held is None or quote is None or moved is None or not quote.last:
        return None
    away = AWAY * moved * (1 if held.quantity > 0 else -1)
    level = figures.money(f"{symbol} stop two ATR away", quote.last - away, "last - 2 * ATR14")
    share = figures.percent(f"{symbol} two ATR", abs(away) / quote.last, "2 * ATR14 / last", places=1)
    times = figures.count("ATR between", int(AWAY))
    line = f"#{symbol} stop 2atr"
    lead = f"{level} for {symbol}: {times} ATR below the last price, {share} away, so an ordinary day does not reach it.{tell.mark(brief)}"
    if held.quantity < 0:
        lead = lead.replace(" below ", " above ")
    now = next((s for s in brief.stops if s.symbol == symbol), None)
    stands = "It has none now."
    if now is not None and now.stop is not None and now.gap is not None:
        gap = figures.percent(f"{symbol} distance to stop", now.gap, "(last - stop) / last", places=1)
        stands = f"Its stop now is {figures.money(f'{symbol} stop', now.stop)}, {gap} away."
    lost = figures.money(f"{symbol} loss at that stop", abs(away * held.quantity) * portfolio.multiplier(symbol), "2 * ATR14 * quantity")
    told = f"{stands} Stopped there you would give up {lost} from here. The card shows it: {figures.line(line)}."
    blocks = (Text(lead, Tone.LEAD), Text(told), tell.closing(brief), Buttons((Button("Prepare", line), tell.WHY)))
    return Reply(blocks, command="what-to-do", facts=figures.facts)
