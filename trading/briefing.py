"""What there is to say at the points of a trading day, of the reader's own positions: facts, no forecast."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from domain.errors import SourceFailed
from domain.events import MarketNoted
from domain.money import ONE, ZERO, money_text, percent_text
from domain.portfolio import Portfolio
from domain.ports import Calendar, Clock
from market import calendar
from storage.store import Store
from trading import equity_marks
from trading.book import Book
from trading.bus import Bus
from trading.jobs import Turn

WHO = "briefing"
OVERNIGHT = Decimal("0.01")  # a smaller move since the close is not worth a word
GAPPED = Decimal("0.02")
NEAR = Decimal("0.03")
MOST = 4
SESSIONS = 5
IMPORTANT = 2


class Briefing:
    """Writes the notes of one account; nothing held means nothing to say."""

    def __init__(self, book: Book, store: Store, bus: Bus, clock: Clock, events: Calendar | None) -> None:
        self._book = book
        self._store = store
        self._bus = bus
        self._clock = clock
        self._events = events

    async def ahead(self, turn: Turn) -> str:
        """Before the open: what is scheduled, what moved overnight, which stops are near."""
        portfolio = await self._book.snapshot(fresh=True)
        session = calendar.session(turn.due.astimezone(calendar.NEW_YORK).date())
        if not portfolio.positions or session is None:
            return "nothing is held"
        opens = (
            f"The market opens at {clock_text(session.open)} and closes {'early, ' if session.early else ''}at {clock_text(session.close)}"
        )
        said = [
            *await self._scheduled(portfolio, session.close),
            *moves(portfolio, OVERNIGHT, "since the last close"),
            *stops_near(portfolio),
        ]
        lead = f"{opens}; {'this touches you' if said else 'nothing is scheduled for what you hold, and nothing moved much overnight'}."
        return await self._note(turn, (lead, *said))

    async def opened(self, turn: Turn) -> str:
        """After the open: positions that opened far from their close; a quiet open is not mentioned."""
        portfolio = await self._book.snapshot(fresh=True)
        said = moves(portfolio, GAPPED, "since the last close")
        if not said:
            return f"no position moved {percent_text(GAPPED, sign=False, places=0)} at the open"
        total = portfolio.day_total
        return await self._note(turn, (f"The market is open; you stand at {money_text(total, sign=True)} against the close.", *said))

    async def closed(self, turn: Turn) -> str:
        """After the close: the day's result, what made it, and the way over the last sessions."""
        portfolio = await self._book.snapshot(fresh=True)
        if not portfolio.positions and not portfolio.today:
            return "nothing is held, nothing was traded"
        day = portfolio.day_total
        before = portfolio.equity - day
        share = f" ({percent_text(day / before)})" if before > 0 else ""
        lines = [f"The session has closed: today {money_text(day, sign=True)}{share}, at {money_text(portfolio.equity)}."]
        parts = sorted(((portfolio.day_pl(s), s) for s in portfolio.day_symbols), key=lambda p: (-abs(p[0]), p[1]))[:MOST]
        if parts:
            lines.append("Made by " + ", ".join(f"{symbol} {money_text(pl, sign=True)}" for pl, symbol in parts) + ".")
        if portfolio.unpriced:
            lines.append(f"Without a price, and not counted: {', '.join(portfolio.unpriced)}.")
        async with self._store.read() as tx:
            past = [m for m in await equity_marks.newest(tx, self._book.spec.name, SESSIONS) if m.complete]
        if len(past) == SESSIONS and portfolio.complete:
            way = f"from {money_text(past[-1].equity)} to {money_text(portfolio.equity)}"
            lines.append(f"Since the close of {past[-1].day:%a %d %b} your equity went {way}, money paid in or out included.")
        return await self._note(turn, tuple(lines))

    async def _note(self, turn: Turn, lines: tuple[str, ...]) -> str:
        async with self._bus.unit(who=WHO) as unit:
            unit.emit(MarketNoted(self._clock.now(), self._book.spec.name, turn.job, lines))
        return lines[0]

    async def _scheduled(self, portfolio: Portfolio, until: datetime) -> list[str]:
        """Releases and the reports of held companies up to the close, and reports right after it; a calendar that fails says so."""
        if self._events is None:
            return []
        now, held = self._clock.now(), {p.symbol for p in portfolio.positions}
        try:
            releases = [e for e in await self._events.economic(now, until) if e.importance >= IMPORTANT]
            reports = [e for e in await self._events.earnings(now, until + timedelta(hours=8)) if e.symbol in held]
        except SourceFailed:
            return ["The calendar does not answer: what is scheduled today is not known."]
        said = [f"{e.name} at {clock_text(e.at)}" for e in releases[:MOST]]
        said += [f"{e.symbol} reports {'before the open' if e.session == 'before' else 'after the close'}" for e in reports[:MOST]]
        return [f"Today: {'; '.join(said)}."] if said else []


def moves(portfolio: Portfolio, least: Decimal, over: str) -> Sequence[str]:
    """The largest moves of held instruments against their previous close, from `least` on, as one sentence or none."""
    found = []
    for position in portfolio.positions:
        quote, close = portfolio.quotes.get(position.symbol), portfolio.previous_close.get(position.symbol)
        if quote is not None and close and abs(quote.last / close - ONE) >= least:
            found.append((quote.last / close - ONE, position.symbol))
    found.sort(key=lambda m: (-abs(m[0]), m[1]))
    return [f"Moved {over}: {', '.join(f'{symbol} {percent_text(move)}' for move, symbol in found[:MOST])}."] if found else []


def stops_near(portfolio: Portfolio) -> Sequence[str]:
    """Stops at the broker that a move of 3% would reach, nearest first, as one sentence or none."""
    found = []
    for position in portfolio.positions:
        order, quote = portfolio.stop(position.symbol), portfolio.quotes.get(position.symbol)
        if order is not None and order.stop is not None and quote is not None and quote.last > ZERO:
            distance = abs(quote.last - order.stop) / quote.last
            if distance <= NEAR:
                found.append((distance, position.symbol, order.stop))
    found.sort()
    said = (f"{symbol} {percent_text(away, sign=False)} from {money_text(level)}" for away, symbol, level in found[:MOST])
    return [f"Stops near: {', '.join(said)}."] if found else []


def clock_text(at: datetime) -> str:
    """An instant as the exchange's wall clock shows it, its zone named."""
    return f"{at.astimezone(calendar.NEW_YORK):%H:%M %Z}"
