"""What could be lost: value at risk and expected shortfall three ways, where they come from, and a risk score for each position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from statistics import fmean
from typing import Literal

from commands.context import Ctx
from commands.registry import Symbol, command
from commands.slash.holdings import WHY, empty
from commands.slash.sheet import Sheet, as_of, bare_percent, unpriced_note
from copilot.correlate import link
from domain.chat import Block, Button, Buttons, KeyValues, Reply, Table, Text, Tone
from domain.errors import NoPosition, NoPrice, SourceFailed
from domain.money import money_text
from domain.portfolio import Portfolio
from trading.risk import metrics, tails
from trading.risk.matrix import ReturnMatrix, Share
from trading.risk.metrics import BookReturns
from trading.risk.score import CORRELATION_POINTS, NEWS_POINTS, VOLATILITY_POINTS, Score, scores

SHOWN = 8
NEWS_SPAN = timedelta(hours=24)
LEVELS = (0.95, 0.99)
NOTHING = tails.Tail(0.0, 0.0)
FINE = Decimal("0.01")
METHODS = (
    ("Historical", "historical", tails.historical, "what today's positions would have lost on past days"),
    ("Normal", "normal", tails.parametric, "a normal law of their mean and deviation"),
    ("Fat tails", "Cornish-Fisher", tails.cornish_fisher, "that law corrected for skewness and fat tails"),
)


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything one answer is written from, computed once."""

    portfolio: Portfolio
    returns: BookReturns
    matrix: ReturnMatrix
    shares: tuple[Share, ...]
    scores: tuple[Score, ...]

    @property
    def days(self) -> int:
        """How many daily returns it rests on."""
        return len(self.returns.at)


@command("Portfolio", examples=("/risk-analysis", "/risk-analysis all", "/risk-analysis NVDA"))
async def risk_analysis(ctx: Ctx, of: Symbol | None = None, rows: Literal["top", "all"] = "top") -> Reply:
    """What a bad day costs: value at risk, expected shortfall, where they come from, and a risk score for each position."""
    portfolio = await ctx.portfolio()
    if not portfolio.positions:
        return empty(ctx, portfolio)
    analysis = await _analysed(ctx, portfolio)
    return _one(ctx, analysis, of) if of is not None else _book(ctx, analysis, most=None if rows == "all" else SHOWN)


async def _analysed(ctx: Ctx, portfolio: Portfolio) -> Analysis:
    if not any(s in portfolio.quotes for s in (p.symbol for p in portfolio.positions)):
        raise NoPrice(f"Account {portfolio.spec.name} has no prices here, so its risk is not known.", example="/positions")
    returns = await metrics.book_returns(portfolio, ctx.hub)
    if len(returns.at) < tails.ENOUGH:
        said = f"There are {len(returns.at)} days that all your positions have closes for; a risk figure takes {tails.ENOUGH}."
        raise NoPrice(said, example="/exposure")
    matrix = ReturnMatrix.of(returns)
    found = scores(returns.weights, matrix.volatilities(), matrix.to_the_rest(), await _tones(ctx, tuple(returns.weights)))
    return Analysis(portfolio, returns, matrix, matrix.shares(), found)


async def _tones(ctx: Ctx, symbols: tuple[str, ...]) -> Mapping[str, float]:
    """The mean tone of what was published on each symbol in the last day; a source that fails leaves it unknown."""
    now = ctx.clock.now()
    try:
        items = await ctx.news.news(now - NEWS_SPAN, now)
    except SourceFailed:
        return {}
    heard: dict[str, list[float]] = {s: [] for s in symbols}
    for found in link(items, ctx.hub.instruments(), symbols):
        if found.company:
            for symbol in found.symbols:
                heard.setdefault(symbol, []).append(found.tone)
    return {s: fmean(tones) if tones else 0.0 for s, tones in heard.items()}


def _book(ctx: Ctx, analysis: Analysis, most: int | None) -> Reply:
    portfolio, sheet = analysis.portfolio, Sheet.of(analysis.portfolio)
    series: list[float] = analysis.matrix.series().tolist()
    lost = _methods(sheet, analysis, series)
    lead = _lead(sheet, analysis)
    mark = " (simulated)" if portfolio.simulated else ""
    blocks: list[Block] = [Text(lead, Tone.LEAD)]
    blocks.append(Table(("One day", "VaR 95", "ES 95", "VaR 99"), lost, (1, 2, 3), title=f"Loss in {portfolio.spec.currency}{mark}"))
    blocks.append(KeyValues(_figures(sheet, analysis, series), title="The book"))
    shown = analysis.shares[:most]
    levels = {s.symbol: s for s in analysis.scores}
    cells = tuple(_row(sheet, share, levels[share.symbol], analysis) for share in shown)
    blocks.append(Table(("Sym", "Wt %", "Tail %", "Score"), cells, (1, 2, 3), title="Where it comes from"))
    if len(shown) < len(analysis.shares):
        blocks.append(Text(f"… and {len(analysis.shares) - len(shown)} more: `/risk-analysis all`", Tone.QUIET))
    if analysis.returns.missing:
        blocks.append(Text(f"Not in these figures, for want of history: {', '.join(analysis.returns.missing)}.", Tone.WARNING))
    top = analysis.shares[0].symbol
    buttons = Buttons((Button(f"{top} in detail", f"/risk-analysis {top}"), Button("Exposure", "/exposure"), WHY))
    return Reply((*blocks, *unpriced_note(portfolio), as_of(portfolio, ctx.zone), buttons), facts=sheet.facts)


def _lead(sheet: Sheet, analysis: Analysis) -> str:
    tail = tails.historical(analysis.matrix.series()) or NOTHING
    equity, top = analysis.portfolio.equity, analysis.shares[0]
    var = sheet.money("VaR 95 historical", _decimal(tail.var) * equity)
    share = sheet.percent("VaR 95 historical of equity", _decimal(tail.var), sign=False)
    said = f"One day in twenty costs this book more than {var} ({share} of your equity)"
    if tail.shortfall <= 0 or top.tail <= 0:
        return f"{said}, as the last {analysis.days} days went."
    part = sheet.percent(f"{top.symbol} part of the tail", _decimal(top.tail / tail.shortfall), sign=False, places=0)
    return f"{said}, as the last {analysis.days} days went; {top.symbol} brings {part} of the loss on such days."


def _methods(sheet: Sheet, analysis: Analysis, series: Sequence[float]) -> tuple[tuple[str, ...], ...]:
    equity = analysis.portfolio.equity
    inputs = (("equity", money_text(equity, sheet.currency)), ("days", str(analysis.days)))
    out = []
    for shown, name, method, how in METHODS:
        near, far = (method(series, level) or NOTHING for level in LEVELS)
        figures = ((f"VaR 95 {name}", near.var), (f"ES 95 {name}", near.shortfall), (f"VaR 99 {name}", far.var))
        texts = (sheet.money(label, _decimal(value) * equity, f"{how}, times equity", inputs) for label, value in figures)
        out.append((shown, *(text.replace("$", "").partition(".")[0] for text in texts)))
    return tuple(out)


def _figures(sheet: Sheet, analysis: Analysis, series: Sequence[float]) -> tuple[tuple[str, str], ...]:
    days = (("days", str(analysis.days)),)
    volatility = sheet.percent(
        "annualised volatility",
        _decimal(metrics.volatility(series) or 0.0),
        "sample deviation of daily returns * sqrt(252)",
        days,
        sign=False,
    )
    fall = sheet.percent(
        "max drawdown at today's weights",
        _decimal(metrics.max_drawdown(series)),
        "deepest fall of the compounded returns",
        days,
        sign=False,
    )
    rows = [("Volatility", f"{volatility} a year"), ("Deepest fall", f"{fall} at today's weights")]
    ratio = analysis.matrix.diversification()
    if ratio is not None:
        formula = "sum of |weight| * volatility / volatility of the book (Choueifaty and Coignard 2008)"
        rows.append(
            ("Diversification", f"{sheet.score('diversification ratio', _decimal(ratio, FINE), 'score', formula)} (1 = moves as one)")
        )
    spread = metrics.concentration(analysis.portfolio)
    if spread is not None:
        formula = "1 / sum of (|value| / gross value)^2, after Hirschman 1945"
        effective = sheet.score("effective positions", spread.effective.quantize(Decimal("0.1")), "count", formula)
        index = sheet.score(
            "concentration index", spread.index.quantize(Decimal("0.0001")), "score", "sum of squared shares of gross value"
        )
        rows.append(("Spread like", f"{effective} equal positions (HHI {index})"))
    return tuple(rows)


def _row(sheet: Sheet, share: Share, score: Score, analysis: Analysis) -> tuple[str, ...]:
    total = sum(s.tail for s in analysis.shares)
    part = _decimal(share.tail / total) if total > 0 else Decimal(0)
    sheet.percent(f"{share.symbol} weight", _decimal(share.weight), "value / equity", sign=False)
    sheet.percent(f"{share.symbol} share of the tail", part, "its mean loss on the worst days / the book's")
    _score_fact(sheet, score)
    points = f"{_decimal(score.points, Decimal(1))} {score.level.value}"
    return share.symbol, bare_percent(_decimal(share.weight), sign=False, places=1), bare_percent(part, sign=False, places=0), points


def _one(ctx: Ctx, analysis: Analysis, symbol: str) -> Reply:
    """One position: its score with the parts, and what it brings to the book's risk."""
    share = next((s for s in analysis.shares if s.symbol == symbol), None)
    if share is None:
        held = ", ".join(s.symbol for s in analysis.shares[:SHOWN])
        raise NoPosition(f"{symbol} is not in your risk figures; these are: {held}.", example=f"/risk-analysis {analysis.shares[0].symbol}")
    sheet, equity = Sheet.of(analysis.portfolio), analysis.portfolio.equity
    score = next(s for s in analysis.scores if s.symbol == symbol)
    alone = sheet.money(f"{symbol} VaR 95 alone", _decimal(share.alone) * equity, "historical value at risk of the position by itself")
    component = sheet.money(
        f"{symbol} component VaR 95", _decimal(share.component) * equity, "weight * marginal VaR, normal law; sums to the book's"
    )
    tail = sheet.money(
        f"{symbol} part of ES 95", _decimal(share.tail) * equity, "its mean loss on the book's worst days; sums to the book's"
    )
    volatility = sheet.percent(
        f"{symbol} volatility", _decimal(share.volatility), "sample deviation of daily returns * sqrt(252)", sign=False
    )
    _score_fact(sheet, score)
    parts = (
        ("Volatility", _part(sheet, symbol, "volatility", score.volatility, VOLATILITY_POINTS)),
        ("Moves with the rest", _part(sheet, symbol, "correlation", score.correlation, CORRELATION_POINTS)),
        ("Bad news, 24 h", _part(sheet, symbol, "news", score.news, NEWS_POINTS)),
    )
    lead = f"{symbol} has a risk score of {_decimal(score.points, Decimal(1))} of 100: {score.level.value}."
    brings = (
        ("Volatility", f"{volatility} a year"),
        ("VaR 95 alone", alone),
        ("Brings to the book's VaR", component),
        ("Part of a bad day", tail),
    )
    cut = Text(f"Half of it: `#{symbol} close 50%`")
    buttons = Buttons((Button("Prepare", f"#{symbol} close 50%"), Button("The book", "/risk-analysis"), WHY))
    blocks = (
        Text(lead, Tone.LEAD),
        KeyValues(parts, title="Score"),
        KeyValues(brings, title="Risk"),
        cut,
        as_of(analysis.portfolio, ctx.zone),
    )
    return Reply((*blocks, buttons), facts=sheet.facts)


def _score_fact(sheet: Sheet, score: Score) -> None:
    formula = "volatility (50 points at 80% a year) + correlation with the rest (30 at 1) + bad news of 24 h (20 at a tone of -1)"
    sheet.score(f"{score.symbol} risk score", _decimal(score.points, Decimal(1)), "score", formula)


def _part(sheet: Sheet, symbol: str, name: str, points: float | None, most: float) -> str:
    if points is None:
        return "not known"
    return f"{sheet.score(f'{symbol} {name} points', _decimal(points, Decimal('0.1')), 'score')} of {most:.0f}"


def _decimal(value: float, step: Decimal = Decimal("0.00000001")) -> Decimal:
    return Decimal(repr(float(value))).quantize(step)
