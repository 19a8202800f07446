"""Where the risk sits: by symbol, sector and asset class, gross and net, against the market."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal

from commands.context import Ctx
from commands.registry import command
from commands.slash.holdings import WHY, empty, write_totals
from commands.slash.rows import Row, rows, write_facts
from commands.slash.sheet import Sheet, as_of, bare, bare_percent, ratio, unpriced_note
from domain.chat import Block, Button, Buttons, KeyValues, Reply, Table, Text, Tone
from domain.errors import NoPrice
from domain.instruments import AssetClass
from domain.money import HUNDRED, ONE, ZERO, money_text, percent_text
from domain.portfolio import Portfolio
from market.sectors import SHORT
from trading.risk import metrics, tails

SHOWN = 8
HEAVY = Decimal("0.20")  # a position above this share of equity gets a suggestion
CLASSES = {
    AssetClass.EQUITY: "Stocks",
    AssetClass.ETF: "Funds",
    AssetClass.CRYPTO: "Crypto",
    AssetClass.FX: "Currencies",
    AssetClass.OPTION: "Options",
}


@command("Portfolio", examples=("/exposure",))
async def exposure(ctx: Ctx) -> Reply:
    """How concentrated you are: by position, sector and asset class, gross, net and beta to the market."""
    portfolio = await ctx.portfolio()
    if not portfolio.positions:
        return empty(ctx, portfolio)
    found = [r for r in rows(portfolio) if r.quote is not None]
    if not found:
        raise NoPrice(f"Account {portfolio.spec.name} has no prices here, so its exposure is not known.", example="/positions")
    sheet = Sheet.of(portfolio)
    sectors = _sector_rows(sheet, portfolio, found)
    lead = _lead(found, sectors)
    write_facts(sheet, portfolio, found)
    write_totals(sheet, portfolio)
    figures = [*_totals(sheet, portfolio), *await _beta(ctx, sheet, portfolio)]
    mark = " (simulated)" if portfolio.simulated else ""
    blocks: list[Block] = [Text(lead, Tone.LEAD)]
    blocks.append(Table(("Sector", "Value $", "Wt %"), _cells(sectors), (1, 2), title=f"By sector{mark}"))
    blocks.append(Table(("Sym", "Value $", "Wt %"), _symbol_cells(found), (1, 2), title=f"By position{mark}"))
    blocks.append(KeyValues(tuple(figures), title="Against equity"))
    advice, buttons = _advice(found)
    return Reply((*blocks, *advice, *unpriced_note(portfolio), as_of(portfolio, ctx.zone), Buttons((*buttons, WHY))), facts=sheet.facts)


def _sector_rows(sheet: Sheet, portfolio: Portfolio, found: Sequence[Row]) -> list[tuple[str, Decimal, Decimal]]:
    """Sector, net value and weight, the largest gross value first; each a fact."""
    equity = money_text(portfolio.equity, sheet.currency)
    out = []
    for sector in portfolio.sectors():
        members = [r for r in found if (r.instrument.sector if r.instrument else "Unknown") == sector]
        if not members:
            continue
        value = sum((r.value for r in members), ZERO)
        names = ", ".join(r.symbol for r in members)
        sheet.money(f"{sector} value", value, "sum of the values of its positions", (("positions", names),))
        weight = ratio(value, portfolio.equity)
        sheet.percent(f"{sector} weight", weight, "sector value / equity", (("equity", equity),))
        out.append((sector, value, weight))
    return out


def _lead(found: Sequence[Row], sectors: Sequence[tuple[str, Decimal, Decimal]]) -> str:
    sector, _, weight = sectors[0]
    top = found[0]
    lead = f"{sector} is {percent_text(weight, sign=False)} of your equity, the most of any sector"
    if len(found) == ONE:
        return f"{lead}; {top.symbol} is your only position."
    return f"{lead}; the largest position is {top.symbol} with {percent_text(top.weight, sign=False)}."


def _totals(sheet: Sheet, portfolio: Portfolio) -> list[tuple[str, str]]:
    equity = portfolio.equity
    gross = sheet.percent("gross exposure", ratio(portfolio.gross_exposure, equity), "sum of |value| / equity", sign=False)
    net = sheet.percent("net exposure", ratio(portfolio.net_exposure, equity), "sum of value / equity", sign=False)
    out = [
        ("Gross", f"{gross}, {sheet.money('gross value', portfolio.gross_exposure, 'sum of |value|')}"),
        ("Net", f"{net}, {sheet.money('positions value', portfolio.net_exposure, 'sum of quantity * last')}"),
        ("Cash", sheet.percent("cash weight", ratio(portfolio.cash, equity), "cash / equity", sign=False)),
    ]
    for kind in AssetClass:
        members = [p.symbol for p in portfolio.positions if (i := portfolio.instruments.get(p.symbol)) and i.asset_class is kind]
        value = sum((portfolio.value(s) for s in members), ZERO)
        if members and value:
            name = CLASSES[kind]
            out.append((name, sheet.percent(f"{name} weight", ratio(value, equity), "value of the class / equity", sign=False)))
    spread = metrics.concentration(portfolio)
    if spread is not None:
        figure = spread.effective.quantize(Decimal("0.1"))
        effective = sheet.score("effective positions", figure, "count", "1 / sum of (|value| / gross value)^2, after Hirschman 1945")
        out.append(("Spread like", f"{effective} equal positions"))
    return out


async def _beta(ctx: Ctx, sheet: Sheet, portfolio: Portfolio) -> list[tuple[str, str]]:
    """The book's beta over its common daily returns, or that there is too little history for one."""
    returns = await metrics.book_returns(portfolio, ctx.hub, extra=(metrics.MARKET,))
    market = returns.by_symbol.get(metrics.MARKET)
    if market is None or len(returns.at) < tails.ENOUGH:
        return [("Beta", f"withheld: fewer than {tails.ENOUGH} common daily returns")]
    value = metrics.beta(returns.series, market)
    if value is None:
        return [("Beta", f"withheld: {metrics.MARKET} never moved")]
    days = len(returns.at)
    formula = f"covariance / variance of daily returns with {metrics.MARKET} over {days} days, at today's weights, over equity"
    rounded = sheet.score("beta", Decimal(str(value)).quantize(Decimal("0.01")), "score", formula, (("days", str(days)),))
    left_out = f"; without {', '.join(returns.missing)}" if returns.missing else ""
    return [("Beta", f"{rounded} to {metrics.MARKET} over {days} days{left_out}")]


def _advice(found: Sequence[Row]) -> tuple[tuple[Block, ...], tuple[Button, ...]]:
    """The line that brings the heaviest position down to the threshold, when one is above it."""
    top = found[0]
    if top.weight <= HEAVY or not top.position.quantity > 0:
        return (), (Button("Stops", "/stops"),)
    cut = ((top.weight - HEAVY) / top.weight * HUNDRED).quantize(ONE, rounding=ROUND_CEILING)
    line = f"#{top.symbol} close {cut}%"
    return (Text(f"Trim {top.symbol} to about {percent_text(HEAVY, sign=False, places=0)}: `{line}`"),), (Button("Prepare", line),)


def _cells(sectors: Sequence[tuple[str, Decimal, Decimal]]) -> tuple[tuple[str, ...], ...]:
    return tuple((SHORT.get(s, s), bare(v), bare_percent(w, sign=False)) for s, v, w in sectors[:SHOWN])


def _symbol_cells(found: Sequence[Row]) -> tuple[tuple[str, ...], ...]:
    return tuple((r.symbol, bare(r.value), bare_percent(r.weight, sign=False)) for r in found[:SHOWN])
