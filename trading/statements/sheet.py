"""The rows of a transactions file under the headings brokers use, whatever its encoding, its separator and the titles above."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.errors import BadLine, ImportRefused

EXAMPLE = "date,symbol,side,quantity,price,fees"
NEEDED = ("date", "symbol", "quantity", "price")
_HEADER_WITHIN = 20  # brokers put titles above the headings
_HEADINGS: Mapping[str, str] = {
    "date": "trade date, date, transaction date, run date, activity date, datetime, date time, executed at, execution time, filled at, "
    "timestamp, date executed, execution date, order date, created at, time, settlement date",
    "clock": "time, trade time, execution time, time of day",
    "symbol": "symbol, ticker, ticker symbol, stock symbol, instrument, security, stock, asset",
    "side": "side, action, type, transaction type, buy sell, direction, trans code, transaction, operation, activity",
    "quantity": "quantity, qty, shares, units, number of shares, no of shares, filled qty, filled quantity, size, volume",
    "price": "price, fill price, price per share, trade price, share price, unit price, execution price, avg price, average price, "
    "avg fill price, t price, rate",
    "amount": "amount, net amount, total amount, cash amount, total, value, proceeds",
    "currency": "currency, ccy",
}
_FEES = (
    "fees, fee, commission, commissions, charges, costs, comm, fees comm, commission fee, commission fees, comm fee, commission and fees"
)
_SPELLINGS: Mapping[str, Sequence[str]] = {what: [s.strip() for s in text.split(",")] for what, text in _HEADINGS.items()}
_FEE_SPELLINGS = frozenset(s.strip() for s in _FEES.split(","))


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its number in the file, its cells by meaning (`date clock symbol side quantity price amount currency`), and its fee cells.

    The needed meanings are always there; the others when the file has such a heading.
    """

    number: int
    cells: Mapping[str, str]
    fees: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's rows in its order, and the rows that are too short or too long."""

    lines: tuple[Line, ...]
    bad: tuple[BadLine, ...]


def read(data: bytes | str) -> Sheet:
    """The rows of a file; raises ImportRefused when it is empty, has no headings, no rows, or a row that cannot be told from the next."""
    text = _decoded(data)
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    places: dict[str, int] = {}
    fees: tuple[int, ...] = ()
    width = seen = 0
    lines: list[Line] = []
    bad: list[BadLine] = []
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if not width:
                seen += 1
                places, fees = _places(row)
                width = len(row) if all(what in places for what in NEEDED) else 0
                if not width and seen > _HEADER_WITHIN:
                    break
            elif len(row) < width or any(cell.strip() for cell in row[width:]):
                bad.append(BadLine(reader.line_num, f"has {len(row)} values where there are {width} headings"))
            else:
                lines.append(Line(reader.line_num, {what: row[i] for what, i in places.items()}, tuple(row[i] for i in fees)))
    except csv.Error as error:
        fault = BadLine(reader.line_num or 1, f"cannot be read as a row ({error})")
        raise ImportRefused.whole("The file", [fault], example=EXAMPLE) from error
    if not width:
        raise _headless(text, delimiter)
    if not lines and not bad:
        raise ImportRefused("The file has headings but no transactions.", example=EXAMPLE)
    return Sheet(tuple(lines), tuple(bad))


def _decoded(data: bytes | str) -> str:
    if isinstance(data, str):
        text = data.removeprefix("\ufeff")
    elif data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    else:
        text = data.decode("utf-8-sig", errors="replace")  # what was no UTF-8 spoils its cell, and the cell its line
    if not text.strip():
        raise ImportRefused("The file is empty.", example=EXAMPLE)
    return text


def _delimiter(text: str) -> str:
    head = [line for line in text[:20_000].splitlines()[:_HEADER_WITHIN] if line.strip()]
    return max(",;\t|", key=lambda mark: max((line.count(mark) for line in head), default=0))


def _places(row: Sequence[str]) -> tuple[dict[str, int], tuple[int, ...]]:
    """Where each meaning stands among headings, and where fees do; the first spelling of the list wins."""
    names = [re.sub(r"[^a-z]+", " ", re.sub(r"\(.*?\)", "", cell[:60].lower())).strip() for cell in row]
    seen = {name: i for i, name in reversed(list(enumerate(names)))}
    places: dict[str, int] = {}
    for what, spellings in _SPELLINGS.items():
        place = next((seen[s] for s in spellings if s in seen and seen[s] not in places.values()), None)
        if place is not None:
            places[what] = place
    return places, tuple(i for i, name in enumerate(names) if name in _FEE_SPELLINGS)


def _headless(text: str, delimiter: str) -> ImportRefused:
    first = next(line for line in text.splitlines() if line.strip())[:400].split(delimiter)
    places, _ = _places(first)
    missing = ", ".join(what for what in NEEDED if what not in places)
    found = ", ".join(cell.strip()[:20] for cell in first[:10])
    return ImportRefused(
        f"The file lacks headings for {missing}; its first line has: {found}.",
        lines=(BadLine(1, f"no heading for {missing}"),),
        example=EXAMPLE,
    )
