"""A reader's transactions file becomes a ledger: every line or none, every bad line named."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, Decimal
from itertools import groupby

from domain.codec import instant_text
from domain.errors import BadLine, ImportRefused
from domain.ledger import Entry, EntryKind
from domain.money import CENT, ZERO, money_text, plain
from domain.orders import Side
from market.calendar import NEW_YORK
from trading.statements import cells, sheet
from trading.statements.cells import Dialect
from trading.statements.sheet import EXAMPLE, Line

SHORTS = "foliopilot import FILE --shorting"
SOURCE = "import"
_WITHIN_AN_INSTANT = (EntryKind.DEPOSIT, EntryKind.SPLIT, EntryKind.DIVIDEND, EntryKind.TRADE, EntryKind.FEE, EntryKind.WITHDRAWAL)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a file said: its entries oldest first, the opening deposit assumed for it (zero when none), and notes on how it was read.

    A file without deposits gets one as its first entry: the least, in whole cents, that keeps cash from ever going negative.
    """

    entries: tuple[Entry, ...]
    opening_cash: Decimal = ZERO
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    """A line's entry, before it has its id."""

    number: int
    entry: Entry


def parse(data: bytes | str, account: str, *, shorting: bool = False, today: date | None = None) -> Statement:
    """The ledger entries of a transactions file for an account.

    Headings in their usual spellings, any order; comma, semicolon, tab or bar between values. A day without a time is 16:00 New York.
    Entry ids come from a line's content and, for identical lines, their count: reading a file again gives the same ids, two identical
    lines are two transactions. Raises ImportRefused with every bad line; a sale of more than is held then is one unless `shorting`,
    and so is one dated after `today` in New York.
    """
    found = sheet.read(data)
    dialect, notes = _dialect(found.lines)
    bad = list(found.bad)
    read: list[_Read] = []
    for line in found.lines:
        try:
            read.append(_Read(line.number, _past(_entry(line, account, dialect), today)))
        except ValueError as error:
            bad.append(BadLine(line.number, str(error)))
    ordered, oversold = _ordered(read, shorting)
    if not bad:  # with a line missing, what is held is not known
        bad = oversold
    if bad:
        raise ImportRefused.whole("The file", bad, example=SHORTS if bad is oversold else EXAMPLE)
    entries, repeated = _named(ordered)
    if repeated:
        notes.append(
            f"{repeated} line{'s repeat' if repeated > 1 else ' repeats'} another exactly; each counts as a transaction of its own."
        )
    return _opened(entries, account, notes)


def _dialect(lines: Sequence[Line]) -> tuple[Dialect, list[str]]:
    """How the file writes dates and numbers, decided once for all lines, and what to tell the reader of it."""
    notes: list[str] = []
    numbers = [cell for line in lines for cell in (line.cells["quantity"], line.cells["price"], line.cells.get("amount", ""), *line.fees)]
    comma = any(map(cells.comma_decimal, numbers)) and not any(re.search(r"\.[0-9]{1,2}\D*$", cell) for cell in numbers)
    if comma:
        notes.append("Numbers were read with decimal commas: 1.234,50 is one thousand two hundred thirty-four and a half.")
    dates = [(line.number, line.cells["date"]) for line in lines]
    marks = [mark for _, text in dates if (mark := cells.numeric_day(text))]
    if not marks:
        return Dialect(comma=comma), notes
    day_first, shown = cells.day_order(dates)
    why = f"as line {shown} shows"
    if day_first is None:
        day_first, why = marks[0] == ".", "nothing in the file decides it"
    notes.append(f"Dates were read as {'day/month/year' if day_first else 'month/day/year'}: {why}.")
    return Dialect(day_first, comma), notes


def _entry(line: Line, account: str, dialect: Dialect) -> Entry:
    """The entry of a line, still without id; raises ValueError with the reason why not."""
    found = line.cells
    currency = found.get("currency", "").strip().upper()
    if currency not in ("", "USD", "$"):
        raise ValueError(f"is in {currency[:10]}; an account here is in USD")
    quantity = _optional("quantity", found["quantity"], dialect)
    kind, side = _kind(found.get("side"), quantity)
    at = cells.instant(found["date"], found.get("clock", ""), NEW_YORK, dialect)
    fee = sum((abs(_optional("fee", cell, dialect) or ZERO) for cell in line.fees), ZERO)
    entry = Entry(id="", account=account, at=at, kind=kind, amount=ZERO, fee=fee, source=SOURCE)
    if side is not None:
        return _trade(entry, found, side, quantity, dialect)
    name = cells.symbol(found["symbol"]) if found["symbol"].strip(" -") else None
    if kind is EntryKind.SPLIT:
        if name is None or quantity is None or quantity <= 0:
            raise ValueError("a split needs its symbol and, as quantity, the new shares per old one")
        return replace(entry, symbol=name, quantity=quantity, amount=-fee)
    return _cash(entry, name, _amount(found, quantity, dialect))


def _past(entry: Entry, today: date | None) -> Entry:
    """The entry; raises ValueError when it lies after today."""
    day = entry.at.astimezone(NEW_YORK).date()
    if today is not None and day > today:
        raise ValueError(f"is dated {day.isoformat()}, after {today.isoformat()}, which is the day here")
    return entry


def _trade(entry: Entry, found: Mapping[str, str], side: Side, quantity: Decimal | None, dialect: Dialect) -> Entry:
    name = cells.symbol(found["symbol"])
    if not quantity:
        raise ValueError("the quantity is missing" if quantity is None else "the quantity is zero")
    if quantity < 0 and side is Side.BUY:
        raise ValueError(f"buys a negative quantity, {plain(quantity)}")
    price = _optional("price", found["price"], dialect)
    if price is None or price <= 0:
        raise ValueError("the price is missing" if price is None else f"the price {plain(price)} is not above zero")
    shares = abs(quantity)
    return replace(entry, symbol=name, side=side, quantity=shares, price=price, amount=-side.sign * shares * price - entry.fee)


def _cash(entry: Entry, name: str | None, amount: Decimal | None) -> Entry:
    """A deposit, withdrawal, dividend or fee; what it costs may stand under its fees alone."""
    if entry.kind is EntryKind.FEE and amount is None and entry.fee:
        amount, entry = entry.fee, replace(entry, fee=ZERO)
    if not amount:
        raise ValueError("the amount is missing" if amount is None else "the amount is zero")
    if entry.kind is EntryKind.DEPOSIT and amount < 0:
        raise ValueError(f"deposits a negative amount, {plain(amount)}")
    if entry.kind in (EntryKind.WITHDRAWAL, EntryKind.FEE):
        amount = -abs(amount)
    kept = name if entry.kind in (EntryKind.DIVIDEND, EntryKind.FEE) else None
    return replace(entry, symbol=kept, amount=amount - entry.fee)


def _kind(text: str | None, quantity: Decimal | None) -> tuple[EntryKind, Side | None]:
    """A line's kind; in a file without any side, a negative quantity is a sale."""
    if text is not None:
        return cells.kind(text)
    return EntryKind.TRADE, Side.SELL if quantity is not None and quantity < 0 else Side.BUY


def _optional(what: str, text: str, dialect: Dialect) -> Decimal | None:
    try:
        return cells.number(text, dialect) if cells.bare(text).strip("-–— ") else None
    except ValueError as error:
        raise ValueError(f"the {what} {error}") from error


def _amount(found: Mapping[str, str], quantity: Decimal | None, dialect: Dialect) -> Decimal | None:
    """The money of a line that is no trade: its amount, else its price and quantity, where one alone is enough."""
    amount = _optional("amount", found.get("amount", ""), dialect)
    if amount is not None:
        return amount
    price = _optional("price", found["price"], dialect)
    if price is None or quantity is None:
        return quantity if price is None else price
    return price * quantity


def _ordered(read: Sequence[_Read], shorting: bool) -> tuple[list[_Read], list[BadLine]]:
    """The lines oldest first, and those that sell more than is held then.

    Lines of one instant keep the file's order (turned round when the file runs from new to old), unless that would sell what the same
    instant buys: then buys come first.
    """
    newest_first = len(read) > 1 and read[0].entry.at > read[-1].entry.at
    rows = sorted(reversed(read) if newest_first else read, key=lambda r: r.entry.at)
    held: dict[str, Decimal] = {}
    ordered: list[_Read] = []
    bad: list[BadLine] = []
    for _, group in groupby(rows, key=lambda r: r.entry.at):
        now = list(group)
        after, short = _followed(now, held)
        if short and not shorting:
            now.sort(key=lambda r: (_WITHIN_AN_INSTANT.index(r.entry.kind), r.entry.side is Side.SELL))
            after, short = _followed(now, held)
        held.update(after)
        ordered += now
        bad += [] if shorting else short
    return ordered, bad


def _followed(rows: Sequence[_Read], held: Mapping[str, Decimal]) -> tuple[dict[str, Decimal], list[BadLine]]:
    """What is held of the rows' symbols after them, and the rows that sell more than is held; those take nothing."""
    after: dict[str, Decimal] = {}
    short: list[BadLine] = []
    for row in rows:
        entry = row.entry
        if entry.symbol is None:
            continue
        before = after.get(entry.symbol, held.get(entry.symbol, ZERO))
        if entry.kind is EntryKind.SPLIT:
            after[entry.symbol] = before * entry.quantity
        elif entry.side is not None:
            if entry.side is Side.SELL and entry.quantity > before:
                day = entry.at.astimezone(NEW_YORK).date().isoformat()
                have = plain(before) if before > 0 else "none"
                short.append(BadLine(row.number, f"sells {plain(entry.quantity)} {entry.symbol} when {have} is held on {day}"))
                continue
            after[entry.symbol] = before + entry.side.sign * entry.quantity
    return after, short


def _named(rows: Sequence[_Read]) -> tuple[list[Entry], int]:
    """The entries with their ids, and how many repeat another line exactly."""
    counts: dict[str, int] = {}
    named: list[Entry] = []
    for row in rows:
        e = row.entry
        figures = (plain(e.quantity), plain(e.price), plain(e.fee), plain(e.amount))
        content = "|".join((instant_text(e.at), e.kind, e.symbol or "", e.side or "", *figures))
        counts[content] = counts.get(content, 0) + 1
        digest = hashlib.sha256(f"{content}|{counts[content]}".encode()).hexdigest()[:20]
        named.append(replace(e, id=f"{SOURCE}-{digest}"))
    return named, len(rows) - len(counts)


def _opened(entries: Sequence[Entry], account: str, notes: list[str]) -> Statement:
    """The statement, with an assumed opening deposit where the file has no deposit of its own and needs one."""
    cash = lowest = ZERO
    for entry in entries:
        cash += entry.amount
        lowest = min(lowest, cash)
    needed = (-lowest).quantize(CENT, rounding=ROUND_CEILING)
    if any(e.kind is EntryKind.DEPOSIT for e in entries):
        if needed:
            notes.append(f"Its deposits do not cover its purchases: cash goes down to {money_text(lowest)} on the way.")
        return Statement(tuple(entries), ZERO, tuple(notes))
    if not needed:
        return Statement(tuple(entries), ZERO, tuple(notes))
    opening = Entry(f"{SOURCE}-opening", account, entries[0].at, EntryKind.DEPOSIT, needed, source=f"{SOURCE}: assumed")
    return Statement((opening, *entries), needed, tuple(notes))
