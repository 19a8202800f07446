"""What an account made over a window, from its ledger and the prices at both ends, and its value session by session."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from statistics import stdev

from commands.context import Ctx
from commands.slash.spans import Window
from domain.ledger import Entry, EntryKind
from domain.money import ONE, ZERO
from domain.portfolio import Portfolio
from market import calendar
from trading.holdings import Holdings, Round, fold

FLOWS = (EntryKind.DEPOSIT, EntryKind.WITHDRAWAL)
SESSIONS_A_YEAR = 252


@dataclass(frozen=True, slots=True)
class Made:
    """What a window made. `total` = `realised` + `unrealised` (its change) = equity now - equity then - `flows`, over priced symbols.

    `realised` is price gains and dividends less every fee of the window; `parts` is the P/L of each symbol; `unknown` are symbols
    without a price at one end, which are in no figure of P/L but `realised`.
    """

    window: Window
    since: datetime
    equity_then: Decimal
    flows: Decimal
    total: Decimal
    realised: Decimal
    unrealised: Decimal
    dividends: Decimal
    fees: Decimal
    parts: Mapping[str, Decimal]
    unknown: tuple[str, ...]
    trades: int


async def made(ctx: Ctx, portfolio: Portfolio, window: Window) -> Made:
    """The P/L of a window that ends at the snapshot, of an account with at least one entry; a younger one begins with its first entry."""
    entries = ctx.floor.book.entries
    start = window.start
    then = fold((e for e in entries if start is not None and e.at <= start), portfolio.multiplier)
    later = [e for e in entries if start is None or e.at > start]
    held = {p.symbol: p.quantity for p in then.positions}
    symbols = sorted(held | {p.symbol: p.quantity for p in portfolio.positions} | {e.symbol: ZERO for e in later if e.symbol})
    before = await ctx.hub.prices_at(sorted(held), start) if start is not None and held and portfolio.spec.priced else {}
    parts = {s: pl for s in symbols if (pl := _part(portfolio, s, held.get(s, ZERO), before.get(s), later)) is not None}
    loose = sum((e.amount for e in later if e.symbol is None and e.kind not in FLOWS), ZERO)
    total = sum(parts.values(), ZERO) + loose
    running = then.copy()
    realised = sum((running.add(e) for e in later), ZERO)
    worth = sum((held[s] * before[s] * portfolio.multiplier(s) for s in held if s in before), then.cash)
    return Made(
        window=window,
        since=max(start or entries[0].at, entries[0].at),
        equity_then=worth,
        flows=sum((e.amount for e in later if e.kind in FLOWS), ZERO),
        total=total,
        realised=realised,
        unrealised=total - realised,
        dividends=sum((e.amount for e in later if e.kind is EntryKind.DIVIDEND), ZERO),
        fees=sum((e.fee if e.kind is EntryKind.TRADE else -e.amount for e in later if e.kind in (EntryKind.TRADE, EntryKind.FEE)), ZERO),
        parts=dict(sorted(parts.items(), key=lambda kv: (-abs(kv[1]), kv[0]))),
        unknown=tuple(s for s in symbols if s not in parts),
        trades=sum(1 for e in later if e.kind is EntryKind.TRADE),
    )


def _part(portfolio: Portfolio, symbol: str, then: Decimal, before: Decimal | None, later: Sequence[Entry]) -> Decimal | None:
    """Value now less value then plus the cash the symbol's entries brought; None without a price at an end where it was held."""
    position, quote = portfolio.position(symbol), portfolio.quotes.get(symbol)
    if (position is not None and quote is None) or (then and before is None):
        return None
    now = position.quantity * quote.last if position and quote else ZERO
    was = then * before if before is not None else ZERO
    return (now - was) * portfolio.multiplier(symbol) + sum((e.amount for e in later if e.symbol == symbol), ZERO)


@dataclass(frozen=True, slots=True)
class Point:
    """The account's value at an instant, and the deposits less withdrawals since the point before."""

    at: datetime
    value: Decimal
    flow: Decimal


@dataclass(frozen=True, slots=True)
class Fall:
    """The deepest fall of a growth line: a fraction (0.1 is 10%), from its top to its bottom."""

    depth: Decimal
    top: datetime
    bottom: datetime


async def line(ctx: Ctx, portfolio: Portfolio, window: Window) -> tuple[Point, ...]:
    """The account's value at the window's start, at every session's close in it, and now.

    Closes are the last daily bars at or before each session's close (a coin's last UTC day). A close at which a held symbol has no price
    is left out; empty for an account without entries or without prices.
    """
    entries = ctx.floor.book.entries
    if not entries or not portfolio.spec.priced or not portfolio.complete:
        return ()
    start = max(window.start, entries[0].at) if window.start is not None else entries[0].at
    days = calendar.sessions(start.astimezone(calendar.NEW_YORK).date(), portfolio.at.astimezone(calendar.NEW_YORK).date())
    closes = [s.close for s in days if start < s.close < portfolio.at]
    daily = await _daily(ctx, entries, len(closes) + 2)
    holdings = Holdings(portfolio.multiplier)
    points: list[Point] = []
    flow, index = ZERO, 0
    opening = [start] if window.start is not None and window.start >= entries[0].at else []
    for at in [*opening, *closes]:
        while index < len(entries) and entries[index].at <= at:
            flow += entries[index].amount if entries[index].kind in FLOWS else ZERO
            holdings.add(entries[index])
            index += 1
        value = _worth(portfolio, holdings, daily, at)
        if value is not None:
            points.append(Point(at, value, flow))
            flow = ZERO
    flow += sum((e.amount for e in entries[index:] if e.kind in FLOWS), ZERO)
    points.append(Point(portfolio.at, portfolio.equity, flow))
    if not opening:
        points.insert(0, Point(start, ZERO, ZERO))
    return tuple(points)


def returns(points: Sequence[Point]) -> tuple[Decimal, ...] | None:
    """The return between neighbouring points, a flow counted at the start of its interval; None where nothing was invested.

    value / (value before + flow) - 1, the sub-period return of the time-weighted rate (GIPS, Modified for flows at the start).
    """
    out = []
    for before, after in pairwise(points):
        base = before.value + after.flow
        if base <= 0:
            return None
        out.append(after.value / base - ONE)
    return tuple(out)


def growth(rates: Sequence[Decimal]) -> Decimal:
    """The product of (1 + rate), less one."""
    return math.prod((ONE + r for r in rates), start=ONE) - ONE


def deepest(points: Sequence[Point], rates: Sequence[Decimal]) -> Fall:
    """The largest fall from a top of the time-weighted growth line to a later bottom; zero when it never fell."""
    level = top = ONE
    top_at = points[0].at
    fall = Fall(ZERO, top_at, top_at)
    for point, rate in zip(points[1:], rates, strict=True):
        level *= ONE + rate
        if level >= top:
            top, top_at = level, point.at
        elif 1 - level / top > fall.depth:
            fall = Fall(1 - level / top, top_at, point.at)
    return fall


def yearly_volatility(rates: Sequence[Decimal]) -> Decimal:
    """Sample standard deviation of session returns times the square root of 252."""
    return Decimal(str(stdev([float(r) for r in rates]) * math.sqrt(SESSIONS_A_YEAR)))


def rounds(ctx: Ctx, since: datetime) -> tuple[Round, ...]:
    """The holdings that were opened and fully closed, closed after an instant, oldest first."""
    return tuple(r for r in ctx.floor.book.holdings.closed if r.closed >= since)


async def _daily(ctx: Ctx, entries: Sequence[Entry], sessions: int) -> dict[str, tuple[list[datetime], list[Decimal]]]:
    """The closes of every symbol ever traded, with the ends of their bars."""
    out = {}
    for symbol in sorted({e.symbol for e in entries if e.symbol}):
        instrument = ctx.hub.instrument(symbol)
        wanted = sessions * 3 // 2 + 7 if instrument is not None and instrument.round_the_clock else sessions
        bars = await ctx.hub.closes(symbol, wanted)
        out[symbol] = ([b.end for b in bars], [b.close for b in bars])
    return out


def _worth(
    portfolio: Portfolio, holdings: Holdings, daily: Mapping[str, tuple[list[datetime], list[Decimal]]], at: datetime
) -> Decimal | None:
    worth = holdings.cash
    for position in holdings.positions:
        ends, closes = daily.get(position.symbol, ([], []))
        place = bisect_right(ends, at)
        if not place:
            return None
        worth += position.quantity * closes[place - 1] * portfolio.multiplier(position.symbol)
    return worth
