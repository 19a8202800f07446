"""The glossary: what a word means, its formula, and the reader's own number where there is one."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from commands.context import Ctx
from commands.slash.holdings import write_day
from commands.slash.rows import Row, rows, stop_text, write_facts
from commands.slash.sheet import Sheet, plural, price_text, ratio
from domain.money import ZERO, money_text, percent_text
from domain.portfolio import Portfolio
from market.indicators import atr
from trading.risk import metrics, tails

ATR_SESSIONS = 60


@dataclass(frozen=True, slots=True)
class Term:
    """One entry: its name, how else it is called, what it says, its formula, whose figure is `yours`, and a line to `attempt`."""

    name: str
    also: tuple[str, ...]
    says: str
    formula: str
    yours: str
    attempt: str


@cache
def glossary() -> tuple[Term, ...]:
    """Every entry of the shipped file."""
    data = json.loads(Path(__file__).with_name("glossary.json").read_text(encoding="utf-8"))
    return tuple(Term(d["term"], tuple(d["also"]), d["says"], d["formula"], d["yours"], d.get("try", "")) for d in data)


def find(text: str) -> Term | None:
    """The entry a text names, in any case, with or without an article or a plural; None when there is none."""
    wanted = _plain(text)
    names = {_plain(name): term for term in reversed(glossary()) for name in (*term.also, term.name)}
    return names.get(wanted) or names.get(wanted.removesuffix("s"))


def near(text: str, most: int = 3) -> tuple[str, ...]:
    """The entries nearest to a text, best first."""
    wanted = _plain(text)[:40]
    names = {_plain(name): term.name for term in glossary() for name in (*term.also, term.name)}
    inside = [term for name, term in names.items() if wanted and (wanted in name.split() or name in wanted.split())]
    close = [names[name] for name in difflib.get_close_matches(wanted, names, n=most * 2, cutoff=0.6)]
    return tuple(dict.fromkeys(inside + close))[:most]


async def yours(ctx: Ctx, portfolio: Portfolio, sheet: Sheet, term: Term) -> str:
    """The reader's own figure for an entry as a sentence, or nothing where there is none; the figure goes to the sheet."""
    if not portfolio.positions and term.yours not in ("cash", "equity", "buying power", "mode", "shorting"):
        return ""
    found = rows(portfolio)
    if term.yours in ("VaR", "expected shortfall", "volatility", "beta"):
        return await _risk(ctx, portfolio, sheet, term.yours)
    top = found[0] if found and found[0].quote is not None else None
    if top is not None and term.yours in ("weight", "average price", "spread", "ATR", "stop"):
        return await _of_position(ctx, portfolio, sheet, top, term.yours)
    return _of_account(portfolio, sheet, found, term.yours)


def _of_account(portfolio: Portfolio, sheet: Sheet, found: Sequence[Row], name: str) -> str:
    """The figures that follow from the snapshot alone."""
    priced = bool(portfolio.quotes) or not found
    match name:
        case "cash":
            return f"You have {sheet.money('cash', portfolio.cash, 'sum of the ledger amounts')} in cash."
        case "buying power":
            return f"Yours is {sheet.money('buying power', portfolio.buying_power, 'cash - open buy orders, at least zero')}."
        case "positions":
            return f"You hold {sheet.count('positions', len(found))}."
        case "realised P/L":
            return f"Yours is {sheet.money('realised P/L', portfolio.realised, 'closing trades + dividends - fees', sign=True)}."
        case "mode":
            return f"Account {portfolio.spec.name} is a {portfolio.spec.mode} account on the broker {portfolio.spec.broker}."
        case "shorting":
            return f"Account {portfolio.spec.name} {'allows' if portfolio.spec.shorting else 'does not allow'} short sales."
        case _ if priced:
            return _of_prices(portfolio, sheet, found, name)
    return ""


def _of_prices(portfolio: Portfolio, sheet: Sheet, found: Sequence[Row], name: str) -> str:
    match name:
        case "equity":
            return f"Yours is {sheet.money('equity', portfolio.equity, 'cash + value of the positions')}."
        case "unrealised P/L":
            total = sum((r.unrealised for r in found), ZERO)
            return f"Yours is {sheet.money('unrealised P/L', total, 'sum of (last - average price) * quantity', sign=True)}."
        case "day P/L":
            return f"You are {write_day(sheet, portfolio)} today."
        case "gross exposure":
            gross = ratio(portfolio.gross_exposure, portfolio.equity)
            return f"Yours is {sheet.percent('gross exposure', gross, 'sum of |value| / equity', sign=False)}."
        case "net exposure":
            net = ratio(portfolio.net_exposure, portfolio.equity)
            return f"Yours is {sheet.percent('net exposure', net, 'sum of value / equity', sign=False)}."
        case "effective positions":
            spread = metrics.concentration(portfolio)
            if spread is None:
                return ""
            effective = sheet.score("effective positions", spread.effective.quantize(Decimal("0.1")), "count", "1 / sum of squared shares")
            return f"Your {plural(len(found), 'position')} spread like {effective} equal ones."
        case "sector":
            sector, value = next(iter(portfolio.sectors().items()), ("", ZERO))
            share = sheet.percent(f"{sector} gross weight", ratio(value, portfolio.equity), "sum of |value| / equity", sign=False)
            return f"Your largest is {sector} with {share} of equity."
    return ""


async def _of_position(ctx: Ctx, portfolio: Portfolio, sheet: Sheet, top: Row, name: str) -> str:
    """The figure of the largest position, which stands as the example."""
    symbol, quote = top.symbol, top.quote
    write_facts(sheet, portfolio, (top,))
    if name == "weight":
        return f"Your largest is {symbol} with {percent_text(top.weight, sign=False)}."
    if name == "average price":
        return f"Your {symbol} cost ${price_text(top.paid)} on average."
    if name == "stop":
        return f"Your largest position, {symbol}, " + (
            f"has its stop at {stop_text(top)}." if top.stop else f"has none: `#{symbol} stop 5%`"
        )
    if name == "spread" and quote is not None:
        return f"{symbol}'s is ${sheet.price(f'{symbol} spread', quote.spread, formula='ask - bid', at=quote.at)} now."
    value = atr(await ctx.hub.closes(symbol, ATR_SESSIONS))
    if value is None:
        return ""
    text = sheet.money(f"{symbol} ATR14", value, "Wilder's mean of 14 true ranges")
    return f"{symbol} usually moves {text} a day."


async def _risk(ctx: Ctx, portfolio: Portfolio, sheet: Sheet, name: str) -> str:
    """The figures that need a history of daily returns; said to be withheld when there is too little of it."""
    if not portfolio.quotes:
        return ""
    returns = await metrics.book_returns(portfolio, ctx.hub, extra=(metrics.MARKET,))
    days, market = len(returns.at), returns.by_symbol.get(metrics.MARKET)
    if days < tails.ENOUGH:
        return f"Yours is withheld: {plural(days, 'common daily return')}, it takes {tails.ENOUGH}."
    series = returns.series
    if name == "beta":
        value = metrics.beta(series, market) if market is not None else None
        if value is None:
            return ""
        shown = sheet.score("beta", Decimal(str(value)).quantize(Decimal("0.01")), "score", f"over {days} days, at today's weights")
        return f"Yours is {shown} to {metrics.MARKET} over {days} days."
    if name == "volatility":
        spread = Decimal(str(metrics.volatility(series) or 0.0))
        return f"Your book's is {sheet.percent('volatility', spread, f'over {days} days, at today’s weights', sign=False)} a year."
    part = tails.historical_var(series) if name == "VaR" else tails.expected_shortfall(series)
    loss = Decimal(str(part or 0.0)) * portfolio.equity
    label = "1-day VaR 95" if name == "VaR" else "1-day expected shortfall 95"
    return f"Yours for one day is {sheet.money(label, loss, f'over {days} daily returns at today’s weights', _equity(portfolio))}."


def _equity(portfolio: Portfolio) -> tuple[tuple[str, str], ...]:
    return (("equity", money_text(portfolio.equity, portfolio.spec.currency)),)


def _plain(text: str) -> str:
    words = " ".join(text.lower().replace("’", "'").replace("-", " ").replace("_", " ").strip(" ?.!`\"'").split())
    for opening in ("what is ", "what's ", "what does ", "my ", "the ", "an ", "a "):
        words = words.removeprefix(opening)
    return words.removesuffix(" mean")
