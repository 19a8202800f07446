"""What an account was worth at each session's close: one journal line a session, from which days can be compared for ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from domain import codec
from domain.portfolio import Portfolio
from market import calendar
from storage import journal
from storage.store import Store, Tx
from trading.book import Book
from trading.bus import Bus, Note
from trading.jobs import Turn

WHO = "marks"
KIND = "equity_mark"
MOST = 31


@dataclass(frozen=True, slots=True)
class EquityMark:
    """An account at a close: equity, cash and gross exposure in its currency. Not `complete` where a holding had no price."""

    day: date
    at: datetime
    equity: Decimal
    cash: Decimal
    gross: Decimal
    complete: bool


async def newest(tx: Tx, account: str, limit: int) -> list[EquityMark]:
    """The latest marks of an account, newest first."""
    return [codec.loads(EquityMark, line.body) for line in await journal.lines(tx, account, limit=limit, kinds=(KIND,))]


class EquityMarks:
    """Marks one account; doing it again marks nothing twice."""

    def __init__(self, book: Book, store: Store, bus: Bus) -> None:
        self._book = book
        self._store = store
        self._bus = bus

    async def mark(self, turn: Turn) -> str:
        """Mark every session that closed since the last turn, at its close, at most a month of them; raises what the prices raise."""
        account = self._book.spec.name
        async with self._store.read() as tx:
            last = next(iter(await newest(tx, account, 1)), None)
        days = calendar.sessions(turn.since.astimezone(calendar.NEW_YORK).date(), turn.due.astimezone(calendar.NEW_YORK).date())
        due = [s for s in days if turn.since < s.close <= turn.due and (last is None or s.day > last.day)][-MOST:]
        marks = [marked(s.day, await self._book.as_of(s.close)) for s in due]
        async with self._bus.unit(who=WHO) as unit:
            for mark in marks:
                unit.note(Note(mark.at, account, KIND, mark))
        return f"{len(marks)} closes marked"


def marked(day: date, portfolio: Portfolio) -> EquityMark:
    """The mark of an account as it was."""
    return EquityMark(day, portfolio.at, portfolio.equity, portfolio.cash, portfolio.gross_exposure, portfolio.complete)
