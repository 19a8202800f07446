"""Files of bars for the journeys: read without the program, cut, and made."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
FIVE = timedelta(minutes=5)
HEADING = "symbol,datetime,open,high,low,close,volume"


class Row(NamedTuple):
    """One line of a file of five-minute bars; `start` is New York time."""

    symbol: str
    start: datetime
    open: Decimal
    close: Decimal
    line: str


def read(path: Path, first: date, last: date) -> list[Row]:
    """The rows of some days, in the order of the file, by nothing but the standard library."""
    days = {(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        next(file)
        return [_row(line.rstrip("\n")) for line in file if line.split(",", 2)[1][:10] in days]


def _row(line: str) -> Row:
    symbol, start, opened, _, _, closed, _ = next(csv.reader([line]))
    return Row(symbol, datetime.fromisoformat(start).replace(tzinfo=NEW_YORK), Decimal(opened), Decimal(closed), line)


def write(path: Path, rows: Iterable[Row | str]) -> Path:
    """A file of those rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADING, *(r if isinstance(r, str) else r.line for r in rows)]) + "\n", encoding="utf-8")
    return path


def made(day: date, prices: Mapping[str, tuple[float, float]], minutes: int = 5) -> Iterator[str]:
    """Bars of one session for each symbol, on a straight line from its first price to its last, with plenty of volume."""
    count = 390 // minutes
    for symbol, (first, last) in prices.items():
        for i in range(count):
            begin, end = (first + (last - first) * n / count for n in (i, i + 1))
            start = datetime(day.year, day.month, day.day, 9, 30) + timedelta(minutes=minutes * i)
            high, low = max(begin, end) + 0.01, min(begin, end) - 0.01
            yield f"{symbol},{start:%Y-%m-%d %H:%M},{begin:.2f},{high:.2f},{low:.2f},{end:.2f},1000000"
